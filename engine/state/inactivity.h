/*
 * inactivity: when each key was last active, and which of them have been silent for too long.
 * Owns:     a record a key, and their timers.
 * Threads:  one: the worker that owns the keys.
 * Blocks:   never; allocates when more keys are watched than ever before.
 * Errors:   init and note false without memory.
 * Limits:   as key_table.h and timers.h; a key whose timer has fired is forgotten.
 *
 * A key has one timer in the queue. Activity moves its deadline away without touching the queue;
 * the timer is set anew when the old deadline comes up.
 */
#ifndef TIDE_STATE_INACTIVITY_H
#define TIDE_STATE_INACTIVITY_H

#include "engine/state/key_table.h"
#include "engine/state/snapshot.h"
#include "engine/state/timers.h"

struct tide_inactive_key {
    struct tide_key_record head;
    int64_t last_ms; /* event time of its latest activity */
    uint64_t row;    /* that brought it */
};

struct tide_inactivity {
    struct tide_key_table keys;
    struct tide_timers timers;
    int64_t after_ms;
};

/* What watching so many keys allocates, without the bytes of keys longer than
 * TIDE_KEY_INLINE_BYTES. */
uint64_t tide_inactivity_bytes(uint32_t key_count);

TIDE_MUST_USE bool tide_inactivity_init(struct tide_inactivity *inactivity, int64_t after_ms);
void tide_inactivity_fini(struct tide_inactivity *inactivity); /* a zeroed one is fine */

/* A row of the key. *is_first: its timer is a new one, and due before all others. Without memory
 * false. */
TIDE_MUST_USE bool tide_inactivity_note(struct tide_inactivity *inactivity,
                                        const struct tide_key *key, uint64_t hash, int64_t time_ms,
                                        uint64_t row, bool *is_first);

/* When a key is silent for too long: at its last activity + after_ms. */
static inline int64_t tide_inactivity_deadline(const struct tide_inactivity *inactivity,
                                               const struct tide_inactive_key *key)
{
    int64_t deadline_ms;
    if (__builtin_add_overflow(key->last_ms, inactivity->after_ms, &deadline_ms)) return INT64_MAX;
    return deadline_ms;
}

/* The key whose deadline is the earliest, of several the one whose row came first; NULL if no key
 * is watched. */
const struct tide_inactive_key *tide_inactivity_first(struct tide_inactivity *inactivity);

/* Forgets that key. */
void tide_inactivity_forget_first(struct tide_inactivity *inactivity);

/* All keys that are watched, each at least TIDE_INACTIVITY_SNAPSHOT_BYTES, behind their number. */
enum { TIDE_INACTIVITY_SNAPSHOT_BYTES = TIDE_KEY_SNAPSHOT_BYTES + 2 * 8 };
void tide_inactivity_save(const struct tide_inactivity *inactivity, struct tide_snapshot *snapshot);

/* The activity of one of them, whose key has been read. False: damaged, or without memory. */
TIDE_MUST_USE bool tide_inactivity_load(struct tide_inactivity *inactivity,
                                        const struct tide_key *key, uint64_t hash,
                                        struct tide_snapshot_reader *reader);

#endif
