/*
 * job: all that one command line of `compare` asks for: which sides, against which reference, and
 *           the report on them.
 * Owns:     the comparer, and the report that is not written yet.
 * Threads:  one.
 * Blocks:   while runs run.
 * Errors:   as comparison.h and output.h; exit 2 if the operands do not go together.
 * Limits:   TIDE_COMPARE_LEVELS_MAX levels.
 */
#ifndef TIDE_INSTRUMENTS_COMPARE_JOB_H
#define TIDE_INSTRUMENTS_COMPARE_JOB_H

#include "engine/base/output.h"
#include "engine/instruments/compare/report.h"
#include "engine/plan/options.h"

enum { TIDE_COMPARE_LEVELS_MAX = 64 };

enum tide_compare_order {
    TIDE_COMPARE_GLOBAL,
    TIDE_COMPARE_KEY,
    TIDE_COMPARE_BOTH, /* global and key */
    TIDE_COMPARE_FLINK,
};

enum tide_compare_mode {
    TIDE_COMPARE_RUNS,        /* of the operands, at parallelism 1 and at others */
    TIDE_COMPARE_FILES,       /* the operands are two results, or a log and a result */
    TIDE_COMPARE_LOG_AND_RUN, /* a log, and a run of the operands */
};

/* The caller sets what comes first, all of it borrowed. */
struct tide_compare_job {
    const struct tide_options *options; /* the operands, and what is passed on to runs */
    struct tide_plan *plan;             /* of the runs */
    unsigned levels[TIDE_COMPARE_LEVELS_MAX], level_count;
    enum tide_compare_order order;
    const char *output_argument; /* of a run: "--results=-" */
    const char *log, *input;     /* NULL: not given */
    bool float32, json, quiet;
    struct tide_manner manner; /* child, and the seed */

    enum tide_compare_mode mode;
    bool is_flink; /* values are compared, not texts */
    struct tide_time_format times;
    struct tide_comparer comparer;
    unsigned compared_count;
    bool is_kept; /* everything that was promised, so far */
    FILE *report;
    char *text; /* of the report */
    size_t text_bytes, text_capacity;
    struct tide_output *out;
};

/* Looks at the operands and finds the mode. */
TIDE_MUST_USE bool tide_compare_job_init(struct tide_compare_job *job, struct tide_error *error);

/* Compares, and writes the report. */
TIDE_MUST_USE bool tide_compare_job_run(struct tide_compare_job *job, struct tide_output *out,
                                        struct tide_error *error);
void tide_compare_job_fini(struct tide_compare_job *job); /* a zeroed one is fine */

#endif
