/*
 * run: what one measured run told: its timing by hyperfine, its counts and threads by --stats; and
 *           the medians of several.
 * Owns:     the stages and the text of the counts.
 * Threads:  one.
 * Blocks:   while the stats are read.
 * Errors:   exit 1: stats that lack something, or hold what cannot be.
 * Limits:   TIDE_BENCH_STAGES_MAX stages.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_RUN_H
#define TIDE_INSTRUMENTS_BENCH_RUN_H

#include "engine/base/error.h"
#include "engine/instruments/bench/figures.h"

enum { TIDE_BENCH_STAGES_MAX = 512 };

/* Of the whole process. */
struct tide_bench_timing {
    double wall_s, user_s, system_s;
    int status; /* the run's exit status; -1: a signal ended it */
};

struct tide_bench_run {
    struct tide_bench_timing timing;
    unsigned cores, batch_rows, ring_slots;
    uint64_t rows, results, input_bytes;
    double peak_kib, skew;
    struct tide_stage_figures *stages; /* workers by what they needed, the neediest first */
    unsigned stage_count;
    char *counts; /* the member of the stats, its members sorted by name */
};

/* Sets all but the timing. Call fini also after a failure. */
TIDE_MUST_USE bool tide_bench_run_read(struct tide_bench_run *run, const char *stats_path,
                                       struct tide_error *error);
void tide_bench_run_fini(struct tide_bench_run *run); /* a zeroed one is fine */

/* The medians of `count` runs at one parallelism, at least one, with equally many stages. stages:
 * room for runs[0].stage_count; the figures refer to it. */
TIDE_MUST_USE bool tide_bench_run_medians(const struct tide_bench_run runs[], unsigned count,
                                          unsigned parallelism, struct tide_stage_figures stages[],
                                          struct tide_level_figures *figures,
                                          struct tide_error *error);

#endif
