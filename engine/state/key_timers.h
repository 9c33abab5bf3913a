/*
 * key_timers: timers of keys: a set by key and time that gives the one due first.
 * Owns:     its timers; the records they belong to are the caller's and must stay where they are.
 * Threads:  one: the worker that owns the keys.
 * Blocks:   never; allocates when it holds more timers than ever before.
 * Errors:   init false and add TIDE_TIMER_NO_MEMORY without memory, or past
 *           TIDE_KEY_TIMERS_MAX timers.
 * Limits:   TIDE_KEY_TIMERS_MAX timers; the room is kept until fini.
 *
 * A binary heap by when they are due, then the keys' bytes, then the order in which they were
 * added; a table of slots finds a timer by its key and time. As each timer knows its place in the
 * heap, taking one out of the middle costs as much as the first.
 */
#ifndef TIDE_STATE_KEY_TIMERS_H
#define TIDE_STATE_KEY_TIMERS_H

#include "engine/state/key_table.h"

#define TIDE_KEY_TIMERS_MAX ((uint32_t)1 << 30)

struct tide_key_timer {
    struct tide_key_record *owner;
    int64_t time_ms; /* with the owner, which timer it is */
    int64_t due_ms;  /* time_ms or later */
    uint64_t order;
    uint32_t heap_at; /* in use: its place in the heap; else the next one that is free */
};

struct tide_key_timer_leaf {
    int64_t due_ms;
    uint32_t timer;
};

struct tide_key_timers {
    struct tide_key_timer *timers;
    struct tide_key_timer_leaf *heap;
    uint32_t *slots; /* index of a timer + 1; 0 = free */
    uint32_t count, timer_count, capacity, slot_mask;
    uint32_t free_first; /* index + 1; 0: none */
    uint64_t added;
};

enum tide_timer_added { TIDE_TIMER_ADDED, TIDE_TIMER_IS_THERE, TIDE_TIMER_NO_MEMORY };

/* What this many timers take. While they grow, the old and the new ones are there for a moment. */
uint64_t tide_key_timers_bytes(uint32_t count);

TIDE_MUST_USE bool tide_key_timers_init(struct tide_key_timers *timers);
void tide_key_timers_fini(struct tide_key_timers *timers); /* a zeroed one is fine */

/* Adds a timer unless the owner has one of this time. */
TIDE_MUST_USE enum tide_timer_added tide_key_timers_add(struct tide_key_timers *timers,
                                                        struct tide_key_record *owner,
                                                        int64_t time_ms, int64_t due_ms);

/* Takes the owner's timer of this time out; false: there is none. */
bool tide_key_timers_remove(struct tide_key_timers *timers, const struct tide_key_record *owner,
                            int64_t time_ms);

/* The one that is due first, or NULL. Valid until the next call that changes something. */
static inline const struct tide_key_timer *
tide_key_timers_first(const struct tide_key_timers *timers)
{
    return timers->count ? &timers->timers[timers->heap[0].timer] : NULL;
}

#endif
