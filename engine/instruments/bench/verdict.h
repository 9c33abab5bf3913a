/*
 * verdict: what binds at a level, decided by its figures, in one line of words.
 * Owns:     nothing.
 * Threads:  any; pure functions.
 * Blocks:   never.
 * Errors:   none; figures that decide nothing give a verdict that says so.
 * Limits:   the text holds at most TIDE_VERDICT_BYTES - 1 bytes, no line end.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_VERDICT_H
#define TIDE_INSTRUMENTS_BENCH_VERDICT_H

#include "engine/instruments/bench/figures.h"

enum { TIDE_VERDICT_BYTES = 320 };

enum tide_binding {
    TIDE_BINDS_UNKNOWN,    /* too short to say */
    TIDE_BINDS_INPUT,      /* the reader waits for the input */
    TIDE_BINDS_READER,     /* the reader itself */
    TIDE_BINDS_PARSER,     /* the parser */
    TIDE_BINDS_SKEW,       /* one worker has more rows than the others */
    TIDE_BINDS_ONE_WORKER, /* one worker has more to do, not more rows */
    TIDE_BINDS_WORKERS,    /* all workers */
    TIDE_BINDS_SINK,       /* the sink computing: merging, writing */
    TIDE_BINDS_OUTPUT,     /* the sink held by the output */
    TIDE_BINDS_CORES,      /* more threads want to run than there are cores */
    TIDE_BINDS_NEIGHBOURS, /* cores taken by others */
    TIDE_BINDS_NOTHING,    /* nothing clearly: hand-over between the stages */
    TIDE_BINDINGS,
};

struct tide_verdict {
    enum tide_binding binding;
    bool workers_help; /* more workers would help */
    char text[TIDE_VERDICT_BYTES];
};

void tide_verdict(const struct tide_level_figures *level, struct tide_verdict *verdict);

/* One word for machines: "parser", "skew", ... */
const char *tide_binding_name(enum tide_binding binding);

#endif
