/*
 * error: the text and the exit status of the first thing that went wrong.
 * Owns:     its text, inline.
 * Threads:  one struct belongs to one thread; the pipeline latches the first of several.
 * Blocks:   never; allocates nothing, so that running out of memory can be reported.
 * Errors:   is one.
 * Limits:   a text is cut to TIDE_ERROR_BYTES - 1 bytes.
 */
#ifndef TIDE_BASE_ERROR_H
#define TIDE_BASE_ERROR_H

#include "engine/base/assert.h"

#include <stdbool.h>
#include <stddef.h>

enum { TIDE_ERROR_BYTES = 1024 };

/* Exit statuses as the user sees them. */
enum tide_exit {
    TIDE_EXIT_OK = 0,
    TIDE_EXIT_FAILED = 1,     /* I/O, memory, a stage */
    TIDE_EXIT_USAGE = 2,      /* wrong options */
    TIDE_EXIT_POLICY = 3,     /* the data broke a policy the user set */
    TIDE_EXIT_DIFFERENCE = 4, /* compare or bench found outputs that differ */
    TIDE_EXIT_SIGINT = 130,
    TIDE_EXIT_SIGTERM = 143,
};

struct tide_error {
    enum tide_exit exit;         /* TIDE_EXIT_OK while nothing has gone wrong */
    bool quiet;                  /* nothing to print: the reader of standard output went away */
    char text[TIDE_ERROR_BYTES]; /* one line, no line end, no "tidemark: " in front */
};

/* Sets exit status and text, printf-like. Returns false, so that a caller can `return
 * tide_error_set(...)`. An error that is set already is kept: the first one counts. */
bool tide_error_set(struct tide_error *error, enum tide_exit exit, const char *format, ...)
    TIDE_PRINTF(3, 4);

/* As tide_error_set with TIDE_EXIT_FAILED, then ": " and the text of errno_value. */
bool tide_error_system(struct tide_error *error, int errno_value, const char *format, ...)
    TIDE_PRINTF(3, 4);

/* "out of memory" for `what`; exit 1. */
bool tide_error_memory(struct tide_error *error, const char *what);

#endif
