/*
 * guard: programs run to their end while SIGINT, SIGTERM and SIGHUP wait to be asked for.
 * Owns:     between begin and end the signal mask of the thread, and what SIGCHLD does.
 * Threads:  the only one of the process.
 * Blocks:   run does, until the program ends or a signal comes.
 * Errors:   a signal is exit 128 + its number; a program that cannot be started, exit 1.
 * Limits:   none.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_GUARD_H
#define TIDE_INSTRUMENTS_BENCH_GUARD_H

#include "engine/base/process.h"

#include <signal.h>

struct tide_bench_guard {
    sigset_t signals, before;
    struct sigaction child_before;
};

/* What is ignored by then stays ignored. */
void tide_bench_guard_begin(struct tide_bench_guard *guard);
void tide_bench_guard_end(const struct tide_bench_guard *guard);

/* False, with the error set, if a signal has come that asks for the end. */
TIDE_MUST_USE bool tide_bench_guard_check(const struct tide_bench_guard *guard,
                                          struct tide_error *error);

/* Runs the program, which leads its own group. A signal stops it and all it has started, and waits
 * for them. False: not started, or stopped. */
TIDE_MUST_USE bool tide_bench_guard_run(const struct tide_bench_guard *guard,
                                        struct tide_program program, struct tide_process_end *end,
                                        struct tide_error *error);

#endif
