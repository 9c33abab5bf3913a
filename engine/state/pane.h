/*
 * pane: the keyed state of one open window: entries in first-seen order, found through a table of
 *           slots.
 * Owns:     slots, entries, aggregate states and the bytes of long keys.
 * Threads:  one: the worker that owns the keys.
 * Blocks:   never; allocates when it grows.
 * Errors:   add returns NULL without memory, or past TIDE_PANE_ENTRIES_MAX keys.
 * Limits:   TIDE_PANE_ENTRIES_MAX keys a window a worker.
 *
 * A slot is a 32-bit tag of the hash and a 32-bit index: eight slots a cache line, and most misses
 * are seen there. The entries lie dense in the order in which the keys were first seen, which is
 * the order they come out in, and closing a window costs no more than its own keys. (The layout is
 * that of Python's compact dict, R. Hettinger.)
 */
#ifndef TIDE_STATE_PANE_H
#define TIDE_STATE_PANE_H

#include "engine/base/memory.h"
#include "engine/state/aggregate.h"
#include "engine/text/hash.h"

#define TIDE_PANE_ENTRIES_MAX ((uint32_t)1 << 31)

struct tide_key_chunk {
    struct tide_key_chunk *next;
    size_t bytes, capacity;
    char text[];
};

struct tide_pane {
    int64_t start_ms, end_ms; /* [start, end) */
    uint64_t *slots;          /* tag << 32 | index + 1; 0 = free */
    uint32_t slot_mask;
    uint32_t entry_count, entry_capacity;
    struct tide_entry *entries;
    char *states; /* state_stride bytes an entry, beside entries */
    uint32_t state_stride;
    struct tide_key_chunk *keys;
    struct tide_pane *next; /* in a pool, or in a chain of the window store */
};

/* A key as rows carry it: inline when bytes <= TIDE_KEY_INLINE_BYTES, else words[0] = address,
 * words[1] = hash. */
struct tide_key {
    uint64_t words[2];
    uint32_t bytes;
};

/* What a pane allocates that has grown to hold this many keys, without the bytes of keys longer
 * than TIDE_KEY_INLINE_BYTES. While it grows, the old and the new table are there for a moment. */
uint64_t tide_pane_bytes(uint32_t entry_count, uint32_t state_stride);

/* A small empty pane, or NULL without memory. */
TIDE_MUST_USE struct tide_pane *tide_pane_create(uint32_t state_stride);
void tide_pane_destroy(struct tide_pane *pane); /* NULL is fine */

/* Forgets all keys and keeps the room. */
void tide_pane_clear(struct tide_pane *pane, const struct tide_hash_seed *seed);

/* Adds a key that is not there; the entry's sum and count are 0 and its first row is not set.
 * Entries and states may move. */
TIDE_MUST_USE struct tide_entry *tide_pane_add(struct tide_pane *pane, const struct tide_key *key,
                                               uint64_t hash, const struct tide_hash_seed *seed);

/* Bytes of an inline key: up to its last byte that is not 0 (no key ends in one). */
static inline uint32_t tide_key_inline_bytes(const uint64_t words[2])
{
    if (words[1]) return 16 - (uint32_t)__builtin_clzll(words[1]) / 8;
    return words[0] ? 8 - (uint32_t)__builtin_clzll(words[0]) / 8 : 0;
}

static inline const char *tide_key_bytes(const struct tide_key *key)
{
    return key->bytes <= TIDE_KEY_INLINE_BYTES ? (const char *)key->words
                                               : (const char *)(uintptr_t)key->words[0];
}

static inline const char *tide_entry_key(const struct tide_entry *entry)
{
    return entry->key_bytes <= TIDE_KEY_INLINE_BYTES ? (const char *)entry->key
                                                     : (const char *)(uintptr_t)entry->key[0];
}

static inline void tide_pane_prefetch(const struct tide_pane *pane, uint64_t hash)
{
    __builtin_prefetch(&pane->slots[(uint32_t)hash & pane->slot_mask]);
}

/* The entry of an inline key, or NULL, and then *free_slot is where the search ended. Two 64-bit
 * words equal = the same key, because keys hold no NUL at their end. */
static inline struct tide_entry *tide_pane_find_inline(const struct tide_pane *pane, uint64_t low,
                                                       uint64_t high, uint64_t hash,
                                                       uint32_t *free_slot)
{
    const uint64_t *slots = pane->slots;
    const uint32_t mask = pane->slot_mask;
    for (uint32_t at = (uint32_t)hash & mask;; at = (at + 1) & mask) {
        uint64_t slot = slots[at];
        if (slot == 0) {
            *free_slot = at;
            return NULL;
        }
        if ((slot ^ hash) >> 32) continue;
        struct tide_entry *entry = &pane->entries[(uint32_t)slot - 1];
        if (TIDE_LIKELY((entry->key[0] == low) & (entry->key[1] == high) &
                        (entry->key_bytes <= TIDE_KEY_INLINE_BYTES)))
            return entry;
    }
}

/* Brings entries that were added in another order into that of their first rows. False without
 * memory; then the pane is as it was. */
TIDE_MUST_USE bool tide_pane_sort(struct tide_pane *pane, const struct tide_hash_seed *seed);

/* Is there room for one key more without growing? */
static inline bool tide_pane_has_room(const struct tide_pane *pane)
{
    return pane->entry_count < pane->entry_capacity &&
           (uint64_t)pane->entry_count * 2 <= pane->slot_mask;
}

/* The next entry, and its slot, after find_inline has ended there and has_room has said yes. The
 * caller fills the entry. */
static inline struct tide_entry *tide_pane_append(struct tide_pane *pane, uint32_t free_slot,
                                                  uint64_t hash)
{
    struct tide_entry *entry = &pane->entries[pane->entry_count++];
    pane->slots[free_slot] = hash >> 32 << 32 | pane->entry_count;
    return entry;
}

/* The entry of a key of any length, or NULL. */
struct tide_entry *tide_pane_find(const struct tide_pane *pane, const struct tide_key *key,
                                  uint64_t hash);

/* The aggregate states of an entry of this pane. (Nothing is added to NULL, not even 0: compilers
 * make one addition of it all the same.) */
static inline char *tide_pane_states(const struct tide_pane *pane, const struct tide_entry *entry)
{
    const size_t offset = (size_t)(entry - pane->entries) * pane->state_stride;
    return offset > 0 ? pane->states + offset : pane->states;
}

#endif
