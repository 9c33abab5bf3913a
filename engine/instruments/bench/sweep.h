/*
 * sweep: measures every case in turns, and proves after each run that it wrote the same.
 * Owns:     what was measured, by case and run.
 * Threads:  one.
 * Blocks:   for as long as all runs take.
 * Errors:   exit 4: outputs differ; that of a run that failed; 1: a tool, the disk, memory, an
 *           input that changed; 128 + a signal.
 * Limits:   none of its own.
 *
 * Rounds go over all cases, each round beginning with another one, instead of measuring one case
 * after the other: a machine that gets slower meanwhile then slows down all of them alike.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_SWEEP_H
#define TIDE_INSTRUMENTS_BENCH_SWEEP_H

#include "engine/instruments/bench/cases.h"
#include "engine/instruments/bench/hyperfine.h"
#include "engine/instruments/bench/proof.h"

#include <stdio.h>

/* All of it borrowed. */
struct tide_bench_job {
    const struct tide_plan *plan;     /* of the run options; inputs are regular files */
    const char *const *run_arguments; /* the same as given, NULL-terminated */
    const struct tide_bench_cases *cases;
    const struct tide_bench_guard *guard;
    const struct tide_bench_folder *folder;
    unsigned run_count, warmup_count; /* of each case; a warm-up is checked but not counted */
    bool is_cold;
    FILE *progress; /* a line a round; NULL: none */
};

struct tide_bench_measured {
    struct tide_bench_run *runs;
    struct tide_stage_figures *stages;
    struct tide_level_figures figures;
};

struct tide_bench_sweep {
    struct tide_bench_measured *cases;
    unsigned case_count, run_count;
    struct tide_proof proof;
    double cold_left_most; /* greatest share of the input that stayed in the cache before a run */
};

/* Call fini also after a failure. */
TIDE_MUST_USE bool tide_bench_sweep_run(struct tide_bench_sweep *sweep,
                                        const struct tide_bench_job *job, struct tide_error *error);
void tide_bench_sweep_fini(struct tide_bench_sweep *sweep); /* a zeroed one is fine */

#endif
