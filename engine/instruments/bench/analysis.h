/*
 * analysis: what is made of the figures of one series: what binds at each level, what the model
 *           says of other machines, and how far to trust it.
 * Owns:     its arrays; stages belong to the sweep.
 * Threads:  any.
 * Blocks:   never.
 * Errors:   exit 1 without memory; a model or a law that cannot be had leaves its refusal.
 * Limits:   TIDE_BENCH_PREDICTIONS_MAX numbers of cores.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_ANALYSIS_H
#define TIDE_INSTRUMENTS_BENCH_ANALYSIS_H

#include "engine/instruments/bench/model.h"
#include "engine/instruments/bench/scalability.h"
#include "engine/instruments/bench/sweep.h"
#include "engine/instruments/bench/verdict.h"

enum { TIDE_BENCH_PREDICTIONS_MAX = 4 };

struct tide_bench_series {
    const struct tide_bench_case *items; /* of the series, one a level */
    const struct tide_bench_measured *measured;
    struct tide_level_figures *levels;
    struct tide_verdict *verdicts;
    unsigned level_count;
    bool has_model, has_usl;
    struct tide_model model;
    struct tide_trust trust;
    /* For the cores there are, and twice, four and eight times as many: the least N that is about
     * as fast as any. */
    struct tide_prediction predictions[TIDE_BENCH_PREDICTIONS_MAX];
    unsigned prediction_count;
    struct tide_usl usl;
    struct tide_error model_refusal, usl_refusal;
};

/* Call fini also after a failure. */
TIDE_MUST_USE bool tide_bench_series_init(struct tide_bench_series *series,
                                          const struct tide_bench_cases *cases,
                                          const struct tide_bench_sweep *sweep, unsigned index,
                                          struct tide_error *error);
void tide_bench_series_fini(struct tide_bench_series *series); /* a zeroed one is fine */

/* By the median time; 0 where nothing was measured. */
double tide_level_rows_per_s(const struct tide_level_figures *level);
double tide_level_mb_per_s(const struct tide_level_figures *level); /* unpacked; 10^6 bytes */

/* Against the series' least level, and that times as much as the workers are more. */
double tide_series_speedup(const struct tide_bench_series *series, unsigned level);
double tide_series_efficiency(const struct tide_bench_series *series, unsigned level);

/* Means over the stages of one kind, as shares of the level's span. */
struct tide_stage_shares {
    unsigned stage_count;
    double busy, busy_most, input, room, core; /* core: -1 where the system does not tell */
    double cpu_s;                              /* of all together */
    double ring_mean;
    unsigned ring_most, ring_slots; /* slots 0: no ring leads into it */
};

struct tide_stage_shares tide_level_shares(const struct tide_level_figures *level,
                                           enum tide_stage_kind kind);

#endif
