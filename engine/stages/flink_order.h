/*
 * flink_order: the order in which a Flink job at parallelism 1 would let the same windows out.
 * Owns:     its heaps of timers, and of each key the windows that stand.
 * Threads:  one: the sink's.
 * Blocks:   never; allocates for each key and each of its windows, frees them when they are gone.
 * Errors:   init and row return false without memory; load: damaged, or without memory.
 * Limits:   2^31 windows and keys.
 *
 * Flink's WindowOperator, as far as it has to do with timers: each row in turn assigns windows and
 * sets their timers, a move of time takes those out that it passes. Two heaps are two operators:
 * that of the windows and, behind it, that of --inactive.
 */
#ifndef TIDE_STAGES_FLINK_ORDER_H
#define TIDE_STAGES_FLINK_ORDER_H

#include "engine/flow/flink_timers.h"
#include "engine/plan/plan.h"
#include "engine/state/key_table.h"
#include "engine/state/snapshot.h"

struct tide_flink_order {
    const struct tide_plan *plan;
    struct tide_key_table keys;
    struct tide_flink_timers windows;
    struct tide_flink_timers silences; /* of --inactive: a timer a key */
    int64_t watermark_ms;              /* that has let silences fire */
};

/* A row that is not late. */
struct tide_flink_row {
    uint64_t number;
    int64_t time_ms;   /* by which windows take it: processing time on the clocks that go by it */
    int64_t passed_ms; /* windows with an end - 1 up to this had fired before it */
    int64_t event_ms;
    int64_t watermark_ms; /* before it */
};

/* A result: the end of its window and the first row of its key there. A silence: its deadline and
 * the row that set it. */
struct tide_flink_fired {
    int64_t end_ms;
    uint64_t first_row;
};

size_t tide_flink_order_bytes(void); /* what init allocates */
TIDE_MUST_USE bool tide_flink_order_init(struct tide_flink_order *order,
                                         const struct tide_plan *plan);
void tide_flink_order_fini(struct tide_flink_order *order); /* a zeroed one is fine */

/* Lets time pass up to time_ms until the next window fires; false: none does. */
bool tide_flink_order_next(struct tide_flink_order *order, int64_t time_ms,
                           struct tide_flink_fired *fired);

/* The next key whose silence the watermark ends. */
bool tide_flink_order_next_silence(struct tide_flink_order *order, int64_t watermark_ms,
                                   struct tide_flink_fired *fired);

/* Rows come in their order, each when all that fires before it has come out. */
TIDE_MUST_USE bool tide_flink_order_row(struct tide_flink_order *order,
                                        const struct tide_flink_row *row,
                                        const struct tide_key *key, uint64_t hash);

/* For checkpoints, in flink_snapshot.c: each key with its windows, and each timer with its place in
 * the heap, on which the order of equal ones depends. load takes an order that init has made. */
void tide_flink_order_save(const struct tide_flink_order *order, struct tide_snapshot *snapshot);
TIDE_MUST_USE bool tide_flink_order_load(struct tide_flink_order *order,
                                         const struct tide_hash_seed *seed,
                                         struct tide_snapshot_reader *reader);

#endif
