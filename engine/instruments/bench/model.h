/*
 * model: predicts the run at other parallelisms and on more cores from what each stage needed, and
 *           checks itself against levels it has not seen.
 * Owns:     nothing; borrows the levels while it is used.
 * Threads:  any; pure functions.
 * Blocks:   never.
 * Errors:   init returns false and says why when there is nothing to predict from.
 * Limits:   TIDE_MODEL_LEVELS_MAX levels.
 *
 * wall(N, C) = max(reader, parser, workers x skew / N, sink, all computing / C) + hand-over, and as
 * long as threads have to share cores, + queue. docs/instruments.md says how each is estimated.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_MODEL_H
#define TIDE_INSTRUMENTS_BENCH_MODEL_H

#include "engine/base/error.h"
#include "engine/instruments/bench/figures.h"

enum { TIDE_MODEL_LEVELS_MAX = 256, TIDE_TRUST_BYTES = 720 };

/* A cost that grows with the parallelism: base + growth x log2 N from N = 2 on. One worker alone is
 * a case of its own: its rows are not copied and its lines not merged. */
struct tide_cost {
    double alone; /* at N = 1 */
    double base, growth;
};

struct tide_model {
    struct tide_cost needed[TIDE_STAGE_KINDS]; /* seconds; of all workers together */
    struct tide_cost computing;                /* seconds on a core, of all stages together */
    double handover_s;
    double queue_s;       /* what the limiting stage waits for a core while there are ... */
    unsigned queue_cores; /* ... this many */
    const struct tide_level_figures *levels;
    unsigned level_count;
    unsigned left_out; /* the level it must not look at; level_count: none */
};

/* What keeps a prediction from being shorter. */
enum tide_limit {
    TIDE_LIMIT_READER, /* as enum tide_stage_kind */
    TIDE_LIMIT_PARSER,
    TIDE_LIMIT_WORKER,
    TIDE_LIMIT_SINK,
    TIDE_LIMIT_CORES,
};

struct tide_prediction {
    unsigned parallelism, cores;
    double wall_s;
    double skew;
    enum tide_limit limit;
    bool is_extrapolated; /* more cores than the levels had, or more workers than any of them */
};

/* levels: of one sweep of N, in any order, no N twice; they must stay. */
TIDE_MUST_USE bool tide_model_init(struct tide_model *model,
                                   const struct tide_level_figures levels[], unsigned level_count,
                                   struct tide_error *error);

void tide_model_predict(const struct tide_model *model, unsigned parallelism, unsigned cores,
                        struct tide_prediction *prediction);

/* One measured level against its prediction by a model made from the other levels only. */
struct tide_model_check {
    unsigned parallelism;
    double measured_s, predicted_s;
    double error; /* predicted / measured - 1 */
};

/* How far to trust it. */
struct tide_trust {
    unsigned check_count;
    struct tide_model_check checks[TIDE_MODEL_LEVELS_MAX]; /* in the order of the levels */
    double error_median, error_most;                       /* of their sizes */
    unsigned worst_parallelism;
    double noise;                /* median over the levels of how far runs are apart */
    char text[TIDE_TRUST_BYTES]; /* one or two sentences */
};

/* cores_most: the most cores that something is predicted for. */
void tide_model_check(const struct tide_model *model, unsigned cores_most,
                      struct tide_trust *trust);

/* "reader", "parser", "workers", "sink", "cores". */
const char *tide_limit_name(enum tide_limit limit);

#endif
