/*
 * command: command lines, quoted as for a shell: of a run to be measured, and to show to the user.
 * Owns:     nothing; texts belong to the caller (tide_free).
 * Threads:  any.
 * Blocks:   never.
 * Errors:   NULL without memory, the error being set.
 * Limits:   none.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_COMMAND_H
#define TIDE_INSTRUMENTS_BENCH_COMMAND_H

#include "engine/instruments/bench/sweep.h"

/* A run of this very program, even if its file is replaced meanwhile, with its outputs in the work
 * folder. */
TIDE_MUST_USE char *tide_bench_command_run(const struct tide_bench_job *job,
                                           const struct tide_bench_case *item,
                                           struct tide_error *error);

/* `tidemark compare` of the case with parallelism 1. */
TIDE_MUST_USE char *tide_bench_command_compare(const struct tide_bench_job *job,
                                               const struct tide_bench_case *item,
                                               struct tide_error *error);

/* tidemark and the words; words ends with NULL. */
TIDE_MUST_USE char *tide_bench_command_join(const char *const words[], struct tide_error *error);

#endif
