/*
 * window_store: a worker's windows: found by start, fired by end, and then kept for as long as late
 *           rows may still come.
 * Owns:     its panes: open, held and spare.
 * Threads:  one: the worker's.
 * Blocks:   never; allocates when more windows are open or held, or larger, than ever before.
 * Errors:   init and hold false and open NULL without memory.
 * Limits:   2^31 windows.
 *
 * Spare panes are taken last in, first out, so that the open window's table is always the one that
 * is still in cache: measured at twice the speed of rotating through them.
 */
#ifndef TIDE_STATE_WINDOW_STORE_H
#define TIDE_STATE_WINDOW_STORE_H

#include "engine/state/pane.h"

/* A binary heap: the earliest start on top. */
struct tide_pane_heap {
    struct tide_pane **panes;
    uint32_t count, capacity;
};

struct tide_window_store {
    struct tide_pane_heap open;
    struct tide_pane_heap held; /* the watermark has passed them; empty without allowed lateness */
    struct tide_pane **buckets; /* of both, by start, chained through pane->next */
    uint32_t bucket_mask;
    struct tide_pane *spare;
    uint32_t state_stride;
    struct tide_hash_seed seed;
};

/* What a store without panes allocates: that of init, doubled as often as more windows are open. */
size_t tide_window_store_bytes(uint32_t open_count);

TIDE_MUST_USE bool tide_window_store_init(struct tide_window_store *store, uint32_t state_stride,
                                          const struct tide_hash_seed *seed);
void tide_window_store_fini(struct tide_window_store *store); /* a zeroed one is fine */

/* The open window that starts at start_ms, opened if need be; NULL without memory. */
TIDE_MUST_USE struct tide_pane *tide_window_store_open(struct tide_window_store *store,
                                                       int64_t start_ms, int64_t end_ms);

/* The same of one that the watermark has passed: if need be it is born held, for it never fires as
 * a whole. */
TIDE_MUST_USE struct tide_pane *tide_window_store_open_held(struct tide_window_store *store,
                                                            int64_t start_ms, int64_t end_ms);

/* The open window with the earliest end, or NULL. */
static inline struct tide_pane *tide_window_store_first(const struct tide_window_store *store)
{
    return store->open.count ? store->open.panes[0] : NULL;
}

/* The held one with the earliest end, or NULL. */
static inline struct tide_pane *tide_window_store_first_held(const struct tide_window_store *store)
{
    return store->held.count ? store->held.panes[0] : NULL;
}

/* From now on the open window with the earliest end is held. */
TIDE_MUST_USE bool tide_window_store_hold_first(struct tide_window_store *store);

/* Closes the window with the earliest end: its room becomes spare. */
void tide_window_store_close_first(struct tide_window_store *store);
void tide_window_store_close_first_held(struct tide_window_store *store);

/* Brings the entries of every window into the order of their first rows. False without memory. */
TIDE_MUST_USE bool tide_window_store_sort(struct tide_window_store *store);

/* Entries in all open windows. O(open windows). */
uint64_t tide_window_store_entry_count(const struct tide_window_store *store);

#endif
