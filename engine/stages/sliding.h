/*
 * sliding: what a worker keeps for sliding windows beside its panes, each of which is a slice.
 * Owns:     the totals of the window that fires next, and what is on its way out.
 * Threads:  the worker's.
 * Blocks:   never.
 * Errors:   none of its own.
 * Limits:   as key_totals.h.
 *
 * Slices whose windows have all still to fire are open in the worker's store. When the first of
 * them fires a slice is counted: held in the store, and in the row of the totals. It is kept there
 * until its last window is gone. All rows for a counted slice have notes.
 */
#ifndef TIDE_STAGES_SLIDING_H
#define TIDE_STAGES_SLIDING_H

#include "engine/state/key_totals.h"
#include "engine/state/row_order.h"
#include "engine/state/window.h"

struct tide_sliding {
    struct tide_key_totals totals;
    int64_t passed_ms; /* windows with an end - 1 up to here have fired, or never will as a whole */
    int64_t counted_ms; /* where the first window starts that has not: earlier slices are kept */
    int64_t reach_ms;   /* slices that start earlier are not open any more */

    /* The window that is firing, by its end - 1, and what goes out of it. */
    bool is_firing;
    int64_t fire_ms;
    struct tide_row_order order;

    /* Entries made for results that are due, and the aggregates' states beside them. */
    struct tide_entry *entries;
    char *states;
    uint32_t entry_capacity;
};

struct tide_worker;

/* What is open: windows with rows that have still to fire, and results they would give.
 * TIDE_OPEN_UNKNOWN without memory to find out. */
uint64_t tide_sliding_window_count(const struct tide_worker *worker);
uint64_t tide_sliding_entry_count(const struct tide_worker *worker);

#endif
