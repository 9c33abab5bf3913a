/*
 * pane_snapshot: entries and panes in a snapshot.
 * Owns:     nothing.
 * Threads:  one: the worker's, or the main thread before workers run.
 * Blocks:   never; allocates as the snapshot and the pane do.
 * Errors:   as snapshot.h; load false: damaged, or without memory.
 * Limits:   as pane.h.
 */
#ifndef TIDE_STATE_PANE_SNAPSHOT_H
#define TIDE_STATE_PANE_SNAPSHOT_H

#include "engine/state/snapshot.h"

enum {
    TIDE_ENTRY_SNAPSHOT_BYTES = 64, /* of an entry, without a long key */
    TIDE_PANE_SNAPSHOT_BYTES = 24,  /* of a pane without entries */
};

static inline size_t tide_entry_snapshot_bytes(const struct tide_entry *entry)
{
    const bool is_long = entry->key_bytes > TIDE_KEY_INLINE_BYTES;
    return TIDE_ENTRY_SNAPSHOT_BYTES + (is_long ? (size_t)entry->key_bytes : 0);
}

/* Its words in the order of struct tide_entry, then a long key's bytes, into that room; returns
 * where the next thing goes. Word by word: put together first, they would be read again before they
 * are written. */
static inline char *tide_write_entry(char *at, const struct tide_entry *entry)
{
    const bool is_long = entry->key_bytes > TIDE_KEY_INLINE_BYTES;
    at = tide_write_u64(at, is_long ? 0 : entry->key[0]);
    at = tide_write_u64(at, is_long ? 0 : entry->key[1]);
    at = tide_write_int128(at, entry->sum);
    at = tide_write_u64(at, (uint64_t)entry->first_time_ms);
    at = tide_write_u64(at, entry->first_row);
    at = tide_write_u64(at, entry->count);
    at = tide_write_u64(at, (uint64_t)entry->mark << 32 | entry->key_bytes);
    if (TIDE_LIKELY(!is_long)) return at;
    memcpy(at, tide_entry_key(entry), entry->key_bytes);
    return at + entry->key_bytes;
}

void tide_put_entry(struct tide_snapshot *snapshot, const struct tide_entry *entry);

/* An entry, but for its key's words, which are those of `key`. False: damaged. */
TIDE_MUST_USE bool tide_get_entry(struct tide_snapshot_reader *reader,
                                  const struct tide_hash_seed *seed, struct tide_entry *entry,
                                  struct tide_key *key, uint64_t *hash);

/* What tide_pane_save puts. */
size_t tide_pane_snapshot_bytes(const struct tide_pane *pane, uint32_t state_bytes);

/* The pane's bounds, then its entries, each with the first state_bytes of its states: all, or all
 * but what is derived. */
void tide_pane_save(const struct tide_pane *pane, uint32_t state_bytes,
                    struct tide_snapshot *snapshot);

/* Adds an entry that tide_get_entry has read, and its states, which come next. False: damaged (the
 * key is there already), or without memory. */
TIDE_MUST_USE bool tide_pane_load_entry(struct tide_pane *pane, const struct tide_entry *entry,
                                        const struct tide_key *key, uint64_t hash,
                                        const struct tide_hash_seed *seed, uint32_t state_bytes,
                                        struct tide_snapshot_reader *reader);

#endif
