/*
 * flink_timers: timers that come out in the order in which Flink's come out, equal ones too.
 * Owns:     its heap; the timers are their owners'.
 * Threads:  one.
 * Blocks:   never; allocates when more timers stand than ever before.
 * Errors:   add and reserve return false without memory.
 * Limits:   2^31 timers.
 *
 * Flink's HeapPriorityQueueSet, as far as it shows: one binary heap over all keys, compared by time
 * alone, so that equal timers leave it in an order that follows from what was added and removed
 * before. A timer is one object, so that adding it twice is the set's "already there".
 */
#ifndef TIDE_FLOW_FLINK_TIMERS_H
#define TIDE_FLOW_FLINK_TIMERS_H

#include "engine/base/assert.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tide_flink_timer {
    int64_t time_ms;
    void *owner; /* not looked at */
    uint32_t at; /* its place in the heap, from 1; 0: it does not stand */
};

struct tide_flink_timers {
    struct tide_flink_timer **heap; /* heap[0] is not used, as there */
    uint32_t count, capacity;
};

/* A zeroed one is empty and ready. */
void tide_flink_timers_fini(struct tide_flink_timers *timers);

/* Nothing happens if the timer stands already. Its time must not change while it stands. */
TIDE_MUST_USE bool tide_flink_timers_add(struct tide_flink_timers *timers,
                                         struct tide_flink_timer *timer);

/* Nothing happens if the timer does not stand. */
void tide_flink_timers_remove(struct tide_flink_timers *timers, struct tide_flink_timer *timer);

/* For what is restored: room for so many timers, which are put where they stood before; and are all
 * there, none before the one above it? False from reserve: no memory; from put: there is no such
 * place, or it is taken. */
TIDE_MUST_USE bool tide_flink_timers_reserve(struct tide_flink_timers *timers, uint32_t count);
TIDE_MUST_USE bool tide_flink_timers_put(struct tide_flink_timers *timers,
                                         struct tide_flink_timer *timer, uint32_t at);
bool tide_flink_timers_are_whole(const struct tide_flink_timers *timers);

/* The one that comes out next, or NULL. */
static inline struct tide_flink_timer *
tide_flink_timers_first(const struct tide_flink_timers *timers)
{
    return timers->count > 0 ? timers->heap[1] : NULL;
}

#endif
