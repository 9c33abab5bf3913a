/*
 * run_side: the command line of a run whose results are to be compared.
 * Owns:     its argument list and label; the words are borrowed.
 * Threads:  any.
 * Blocks:   never; allocates in init.
 * Errors:   exit 1: out of memory.
 * Limits:   none of its own.
 */
#ifndef TIDE_INSTRUMENTS_COMPARE_RUN_SIDE_H
#define TIDE_INSTRUMENTS_COMPARE_RUN_SIDE_H

#include "engine/instruments/compare/side.h"
#include "engine/plan/options.h"

struct tide_run_side {
    struct tide_side side;
    char label[64];
    char parallelism[32], order[32]; /* as arguments */
    char **given;                    /* the options of `run` that are passed on, as arguments */
    const char **arguments;
};

/* What sets a run apart from others with the same options. */
struct tide_run_kind {
    unsigned parallelism;
    const char *order;
    const char *output; /* "--results=-", or another that prints to standard output */
    const char *format; /* "--format=F", whatever was given; NULL: what was given */
};

/* Is this an option of `run` that is not passed on: another output, or what a run says of itself?
 */
bool tide_run_side_drops(unsigned id);

/* A run with the options that were given, on their operands. The options must outlive it. */
TIDE_MUST_USE bool tide_run_side_init(struct tide_run_side *run, const struct tide_options *options,
                                      const struct tide_run_kind *kind, struct tide_error *error);
void tide_run_side_fini(struct tide_run_side *run); /* a zeroed one is fine */

#endif
