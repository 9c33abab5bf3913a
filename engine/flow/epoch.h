/*
 * epoch: a stretch of input rows and what the watermark did in it, written once and shared by all
 *           workers.
 * Owns:     the pool owns its epochs.
 * Threads:  the parser opens, appends and seals; workers read steps their batch vouches for, and
 *           leave.
 * Blocks:   never; allocates in init only.
 * Errors:   init returns false without memory; open NULL = all epochs are still being read
 *           (back-pressure).
 * Limits:   step_capacity steps and row_capacity rows an epoch.
 *
 * A step is a row whose watermark, or whose arrival, lets something fire. Telling each of N workers
 * of each step would cost N messages a step; a log for the whole run would grow with it. So steps
 * are written here once, a batch says up to which one its worker may read, and an epoch is used
 * again when every worker has left it.
 */
#ifndef TIDE_FLOW_EPOCH_H
#define TIDE_FLOW_EPOCH_H

#include "engine/flow/ring.h"

struct tide_step {
    uint64_t row;         /* after this row, counted from 0 over the whole input, ... */
    int64_t watermark_ms; /* ... the watermark is this, ... */
    int64_t before_ms;    /* ... and was this */
    int64_t fire_ms;      /* windows with an end - 1 up to this fire: on the event clock the
                             watermark, on the others processing time - 1 */
    bool is_before;       /* processing time has moved: it comes before the row */
};

/* Does the step come before this row? */
static inline bool tide_step_precedes(const struct tide_step *step, uint64_t row)
{
    return step->row < row || (step->row == row && step->is_before);
}

struct tide_epoch {
    _Alignas(TIDE_PARTY_BYTES) _Atomic uint32_t
        reader_count; /* workers that have not left yet; 0 = free */
    _Alignas(TIDE_PARTY_BYTES) uint64_t
        rules_version; /* in force for every emission of this epoch */
    uint64_t row_begin;
    uint32_t step_count; /* the parser's; workers use their batch's */
    struct tide_step *steps;
};

struct tide_epoch_pool {
    struct tide_epoch *epochs;
    struct tide_step *steps;
    unsigned epoch_count, next;
    uint32_t step_capacity;
    uint64_t row_capacity;
};

/* What init allocates. */
size_t tide_epoch_pool_bytes(unsigned epoch_count, uint32_t step_capacity);

TIDE_MUST_USE bool tide_epoch_pool_init(struct tide_epoch_pool *pool, unsigned epoch_count,
                                        uint32_t step_capacity, uint64_t row_capacity);
void tide_epoch_pool_fini(struct tide_epoch_pool *pool); /* a zeroed one is fine */

/* An empty epoch that `reader_count` workers will read, or NULL while the oldest one is still in
 * use. */
struct tide_epoch *tide_epoch_open(struct tide_epoch_pool *pool, unsigned reader_count,
                                   uint64_t row_begin, uint64_t rules_version);

/* A worker is done with the epoch. Returns true for the last one: the parser may be waiting for it.
 */
TIDE_MUST_USE bool tide_epoch_leave(struct tide_epoch *epoch);

/* The first of steps[begin, end) whose watermark, or fire_ms, is at least this, or that does not
 * precede the row; end if there is none. O(log n). */
uint32_t tide_epoch_find_watermark(const struct tide_epoch *epoch, uint32_t begin, uint32_t end,
                                   int64_t watermark_ms);
uint32_t tide_epoch_find_fire(const struct tide_epoch *epoch, uint32_t begin, uint32_t end,
                              int64_t fire_ms);
uint32_t tide_epoch_find_row(const struct tide_epoch *epoch, uint32_t begin, uint32_t end,
                             uint64_t row);

#endif
