/*
 * interleave: which of several inputs brings the next row: the one whose greatest event time is
 *           least, of equal ones the first.
 * Owns:     its heap.
 * Threads:  one.
 * Blocks:   never; allocates in init only.
 * Errors:   init returns false without memory.
 * Limits:   at least one input.
 *
 * So no input runs ahead of the others in event time, and the order of the rows is decided by the
 * rows alone, whatever the timing. And the least of the inputs' watermarks is always that of the
 * input that is next, for it has the least of the greatest times.
 */
#ifndef TIDE_FLOW_INTERLEAVE_H
#define TIDE_FLOW_INTERLEAVE_H

#include "engine/base/memory.h"

#include <stdbool.h>
#include <stdint.h>

#define TIDE_INTERLEAVE_NO_TIME INT64_MIN /* no row yet: before every time */

struct tide_interleave {
    int64_t *greatest_ms; /* by input */
    unsigned *heap;       /* the inputs that may be next, the next one on top */
    unsigned heap_count, input_count;
};

/* What init allocates. */
size_t tide_interleave_bytes(unsigned input_count);

/* All inputs may be next, and none has had a row yet. */
TIDE_MUST_USE bool tide_interleave_init(struct tide_interleave *interleave, unsigned input_count);
void tide_interleave_fini(struct tide_interleave *interleave); /* a zeroed one is fine */

/* The input that is next. There must be one. */
static inline unsigned tide_interleave_next(const struct tide_interleave *interleave)
{
    TIDE_ASSERT(interleave->heap_count > 0);
    return interleave->heap[0];
}

/* The input that would be next without the one that is: the bound up to which that one stays. There
 * must be two. */
static inline unsigned tide_interleave_second(const struct tide_interleave *interleave)
{
    TIDE_ASSERT(interleave->heap_count > 1);
    const unsigned *heap = interleave->heap;
    if (interleave->heap_count == 2) return heap[1];
    int64_t left_ms = interleave->greatest_ms[heap[1]], right_ms = interleave->greatest_ms[heap[2]];
    return left_ms < right_ms || (left_ms == right_ms && heap[1] < heap[2]) ? heap[1] : heap[2];
}

/* The input that is next has reached `time_ms`, not below what it had. O(log inputs). */
void tide_interleave_advance(struct tide_interleave *interleave, int64_t time_ms);

/* The input will not be next for now, or never again. */
void tide_interleave_remove(struct tide_interleave *interleave, unsigned input);

/* An input that was removed may be next again. */
void tide_interleave_add(struct tide_interleave *interleave, unsigned input);

#endif
