/*
 * process: another program, started with an argument list, and how it ended.
 * Owns:     the process until it has been waited for.
 * Threads:  one per struct.
 * Blocks:   wait does, until the program ends.
 * Errors:   exit 1, naming the program and, if it is missing, the Debian package it comes in.
 * Limits:   none of its own.
 */
#ifndef TIDE_BASE_PROCESS_H
#define TIDE_BASE_PROCESS_H

#include "engine/base/error.h"

#include <stdint.h>
#include <sys/types.h>

/* What to run. */
struct tide_program {
    const char *const *arguments; /* [0] is looked for in PATH unless it holds a slash; ends with
                                     NULL */
    const char *package;          /* to name when it is missing; NULL: none */
    int streams[3];               /* its standard input, output and error; -1: /dev/null */
    bool leads_group; /* in a process group of its own, so that what it starts is stopped with it;
                         signals of the terminal do not reach it then */
};

struct tide_process {
    pid_t pid; /* 0: not running */
    bool leads_group;
};

struct tide_process_end {
    int status; /* exit status; 128 + signal if a signal ended it */
    double user_s, system_s;
    long peak_memory_kib; /* of resident memory */
};

/* Path of the program that is running, for starting itself once more. */
extern const char tide_process_self[];

/* Starts it with no signal blocked or ignored. The caller's streams stay the caller's to close. */
TIDE_MUST_USE bool tide_process_start(struct tide_process *process,
                                      const struct tide_program *program, struct tide_error *error);

/* Waits for the end. False only if there is nothing to wait for. */
TIDE_MUST_USE bool tide_process_wait(struct tide_process *process, struct tide_process_end *end,
                                     struct tide_error *error);

/* Ends it by SIGTERM, if it runs, and waits; of one that leads a group, all that are in it. */
void tide_process_stop(struct tide_process *process);

#endif
