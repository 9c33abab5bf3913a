/*
 * count_store: a worker's windows of so many rows: for each key the rows that have not made a whole
 *           one yet, and the whole ones that have still to go out.
 * Owns:     its keys, and the list of whole windows.
 * Threads:  one: the worker's.
 * Blocks:   never; allocates when more keys are there than ever before.
 * Errors:   init and enter without memory; load: damaged, or without memory.
 * Limits:   as key_table.h; TIDE_COUNT_WHOLE_MAX whole windows at a time. Keys without a row in an
 *           unfinished window are forgotten.
 */
#ifndef TIDE_STATE_COUNT_STORE_H
#define TIDE_STATE_COUNT_STORE_H

#include "engine/state/key_table.h"
#include "engine/state/pane_snapshot.h"

enum { TIDE_COUNT_WHOLE_MAX = 32 };

/* The rows of a key since its last whole window. The aggregates' states lie behind it. */
struct tide_count_key {
    struct tide_key_record head;
    struct tide_entry entry; /* count 0: none, and states are garbage; mark: how often it is in the
                                list of whole windows */
};

/* A whole window. The aggregates' states lie behind it. */
struct tide_count_whole {
    struct tide_entry entry;
    struct tide_count_key *key;
    uint64_t last_row;
    int64_t last_time_ms; /* event time of that row */
    int64_t watermark_ms; /* before it */
};

struct tide_count_store {
    struct tide_key_table keys;
    char *whole;
    uint32_t whole_count;
    uint32_t state_stride;
};

size_t tide_count_store_bytes(uint32_t state_stride); /* what init allocates */
TIDE_MUST_USE bool tide_count_store_init(struct tide_count_store *store, uint32_t state_stride);
void tide_count_store_fini(struct tide_count_store *store); /* a zeroed one is fine */

/* The record of a key, added if need be with its entry empty; NULL without memory. */
TIDE_MUST_USE struct tide_count_key *
tide_count_store_enter(struct tide_count_store *store, const struct tide_key *key, uint64_t hash);

/* The rows of a key are a whole window: it moves to the list, and the key begins anew. */
struct tide_count_whole *tide_count_store_finish(struct tide_count_store *store,
                                                 struct tide_count_key *key);

/* Empties the list, and forgets those of its keys that have no rows by now. */
void tide_count_store_settle(struct tide_count_store *store);

/* For checkpoints: how many keys, then each with its aggregates' states. No whole window waits. */
void tide_count_store_save(const struct tide_count_store *store, struct tide_snapshot *snapshot);

/* Adds what tide_get_entry has read, with its states, which are next: less than row_limit rows.
 * NULL: damaged, or without memory. */
TIDE_MUST_USE struct tide_count_key *tide_count_store_load(struct tide_count_store *store,
                                                           const struct tide_entry *entry,
                                                           const struct tide_key *key,
                                                           uint64_t hash, uint64_t row_limit,
                                                           struct tide_snapshot_reader *reader);

static inline char *tide_count_key_states(struct tide_count_key *key)
{
    return (char *)(key + 1);
}

static inline struct tide_count_whole *tide_count_store_whole(const struct tide_count_store *store,
                                                              uint32_t i)
{
    return (struct tide_count_whole *)(store->whole +
                                       i * (sizeof(struct tide_count_whole) + store->state_stride));
}

#endif
