/*
 * key_timers: timers of keys: a set by key and time that gives the one due first.
 * Owns:     its timers; the records they belong to are the caller's and must stay where they are.
 * Threads:  one: the worker that owns the keys.
 * Blocks:   never; allocates when it holds more timers than ever before.
 * Errors:   init false and add TIDE_TIMER_NO_MEMORY without memory, or past
 *           TIDE_KEY_TIMERS_MAX timers.
 * Limits:   TIDE_KEY_TIMERS_MAX timers; the room is kept until fini.
 *
 * A table of slots finds a timer by its key and time. A binary heap orders them: by when they are
 * due, then the keys' bytes, then the order in which they were added. A leaf holds the beginning of
 * the key, so that most comparisons look at nothing else; and no timer knows its leaf, so that a
 * leaf moves without touching one. A timer that is removed leaves a leaf behind: it goes when it
 * comes up, or when such leaves are more than half. Its owner is let go with it.
 */
#ifndef TIDE_STATE_KEY_TIMERS_H
#define TIDE_STATE_KEY_TIMERS_H

#include "engine/state/key_table.h"
#include "engine/state/snapshot.h"

#define TIDE_KEY_TIMERS_MAX ((uint32_t)1 << 30)

struct tide_key_timer {
    struct tide_key_record *owner; /* NULL: free */
    int64_t time_ms;               /* with the owner, which timer it is */
    int64_t due_ms;                /* time_ms or later */
    uint64_t order;
    uint32_t free_next; /* of a free one: the next, + 1 */
    bool is_removed;
};

struct tide_key_timer_leaf {
    int64_t due_ms;
    uint64_t key[2]; /* its first 16 bytes as numbers that sort as they do */
    uint32_t timer;
};

struct tide_key_timers {
    struct tide_key_timer *timers;
    struct tide_key_timer_leaf *heap;
    uint32_t *slots; /* index of a timer + 1; 0 = free */
    uint32_t count;  /* timers that are set */
    uint32_t leaf_count, timer_count, capacity, slot_mask;
    uint32_t free_first; /* index + 1; 0: none */
    uint64_t added;

    /* Told when a timer no longer needs its owner: it was removed, or it was the first. */
    void (*let_go)(void *context, struct tide_key_record *owner);
    void *context;
};

enum tide_timer_added { TIDE_TIMER_ADDED, TIDE_TIMER_IS_THERE, TIDE_TIMER_NO_MEMORY };

/* What this many timers take. While they grow, the old and the new ones are there for a moment. */
uint64_t tide_key_timers_bytes(uint32_t count);

TIDE_MUST_USE bool
tide_key_timers_init(struct tide_key_timers *timers,
                     void (*let_go)(void *context, struct tide_key_record *owner), void *context);
void tide_key_timers_fini(struct tide_key_timers *timers); /* a zeroed one is fine */

/* Adds a timer unless the owner has one of this time. */
TIDE_MUST_USE enum tide_timer_added tide_key_timers_add(struct tide_key_timers *timers,
                                                        struct tide_key_record *owner,
                                                        int64_t time_ms, int64_t due_ms);

/* Removes the owner's timer of this time; false: there is none. */
bool tide_key_timers_remove(struct tide_key_timers *timers, const struct tide_key_record *owner,
                            int64_t time_ms);

/* For checkpoints: how many there are, then each one's key and time. All are due at their time. */
void tide_key_timers_save(const struct tide_key_timers *timers, struct tide_snapshot *snapshot);

/* The one that is due first, or NULL. Valid until the next call that changes something. */
static inline const struct tide_key_timer *
tide_key_timers_first(const struct tide_key_timers *timers)
{
    return timers->count ? &timers->timers[timers->heap[0].timer] : NULL;
}

#endif
