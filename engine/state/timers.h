/*
 * timers: a queue of what is due when: the earliest deadline first, then the least order.
 * Owns:     its heap; what the timers are of is the caller's.
 * Threads:  one: the worker's.
 * Blocks:   never; allocates when it holds more timers than ever before.
 * Errors:   add returns false without memory.
 * Limits:   2^31 timers.
 *
 * A timer does not know its place, so that moving it touches nothing but the heap. What need not be
 * exact is done late: a deadline that has moved away is set anew when the old one comes up
 * (rearm_first), and timers of what is gone are swept out together when they are many (keep_only).
 * Four children a node: half the levels of a binary heap, and children side by side in two lines.
 */
#ifndef TIDE_STATE_TIMERS_H
#define TIDE_STATE_TIMERS_H

#include "engine/base/memory.h"
#include "engine/text/decimal.h"

#include <stdbool.h>
#include <stdint.h>

enum { TIDE_TIMERS_CHILDREN = 4 }; /* of the heap's node i: i * 4 + 1 and up */

struct tide_timer {
    int64_t deadline_ms;
    uint64_t order; /* among timers of one deadline; two of one order come in any order */
    void *owner;
};

struct tide_timers {
    struct tide_timer *heap;
    uint32_t count, capacity;
};

void tide_timers_fini(struct tide_timers *timers); /* a zeroed one is empty, and fine */

/* What the heap allocates that has held this many timers at once. */
uint64_t tide_timers_bytes(uint32_t count);

TIDE_MUST_USE bool tide_timers_add(struct tide_timers *timers, struct tide_timer timer);

/* The next one due, or NULL. */
static inline const struct tide_timer *tide_timers_first(const struct tide_timers *timers)
{
    return timers->count ? timers->heap : NULL;
}

/* Takes the next one due out. */
void tide_timers_remove_first(struct tide_timers *timers);

/* Gives the next one due a new deadline and order. */
void tide_timers_rearm_first(struct tide_timers *timers, int64_t deadline_ms, uint64_t order);

/* Drops all timers that `keeps` says no to. O(n). */
void tide_timers_keep_only(struct tide_timers *timers,
                           bool (*keeps)(const struct tide_timer *timer, void *context),
                           void *context);

#endif
