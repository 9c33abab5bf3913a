/*
 * key_counts: how many rows each key has, exactly, and what that means for N workers.
 * Owns:     the table of keys.
 * Threads:  one.
 * Blocks:   never; allocates when a key is new.
 * Errors:   add: out of memory, or more keys than a window may have.
 * Limits:   memory grows with the distinct keys: 100 to 200 bytes each; TIDE_PANE_ENTRIES_MAX keys.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_KEY_COUNTS_H
#define TIDE_INSTRUMENTS_PROFILE_KEY_COUNTS_H

#include "engine/state/pane.h"

enum { TIDE_SKEW_DRAWS_MAX = 33, TIDE_SKEW_LEVELS = 4 };

struct tide_key_counts {
    struct tide_hash_seed seed;
    struct tide_pane *pane; /* entries: only key and count are used */
    uint64_t row_count;
};

/* Rows of the busiest of `workers`, in millionths of the mean (1000000: all have the same), over
 * several seeds of the hash: each run draws a new one. */
struct tide_skew {
    unsigned workers, draws;
    uint64_t least, median, greatest;
};

TIDE_MUST_USE bool tide_key_counts_init(struct tide_key_counts *counts,
                                        const struct tide_hash_seed *seed);
void tide_key_counts_fini(struct tide_key_counts *counts); /* a zeroed one is fine */

/* hash: as tide_key_counts_hash gives it. */
TIDE_MUST_USE bool tide_key_counts_add(struct tide_key_counts *counts, const struct tide_key *key,
                                       uint64_t hash);

/* The key of a row as it is added; text may be longer than the row carries inline. */
void tide_key_counts_key(const struct tide_key_counts *counts, const char *text, size_t bytes,
                         struct tide_key *key, uint64_t *hash);

/* Once the slot of a hash is near, asks for the entry that it most likely leads to. */
static inline void tide_key_counts_prefetch(const struct tide_key_counts *counts, uint64_t hash)
{
    const struct tide_pane *pane = counts->pane;
    const uint32_t entry = (uint32_t)pane->slots[(uint32_t)hash & pane->slot_mask];
    if (entry > 0) __builtin_prefetch(&pane->entries[entry - 1], 1);
}

static inline uint64_t tide_key_counts_keys(const struct tide_key_counts *counts)
{
    return counts->pane->entry_count;
}

/* The `capacity` keys with most rows, falling; of equal ones those that came first. Returns how
 * many there are. */
unsigned tide_key_counts_top(const struct tide_key_counts *counts,
                             const struct tide_entry *entries[], unsigned capacity);

/* How many of the keys with most rows hold `percent` of all rows together. False without memory. */
TIDE_MUST_USE bool tide_key_counts_holding(const struct tide_key_counts *counts, unsigned percent,
                                           uint64_t *key_count);

/* Of 2, 4, 8, ... workers. draws: 1 .. TIDE_SKEW_DRAWS_MAX. */
void tide_key_counts_skew(const struct tide_key_counts *counts, unsigned draws,
                          struct tide_skew skews[TIDE_SKEW_LEVELS]);

/* Rows of each of `workers` under a seed. */
void tide_key_counts_loads(const struct tide_key_counts *counts, const struct tide_hash_seed *seed,
                           unsigned workers, uint64_t loads[]);

#endif
