/*
 * What is open among sliding windows: they are not kept one by one, so they are found by their
 * slices, from the first to the last.
 */
#include "engine/stages/worker.h"

#include <stdlib.h>

static int by_start(const void *a, const void *b)
{
    const struct tide_pane *const *first = a, *const *second = b;
    return ((*first)->start_ms > (*second)->start_ms) - ((*first)->start_ms < (*second)->start_ms);
}

/* The slices of windows that have still to fire, by start; NULL without memory. */
static struct tide_pane **list_slices(const struct tide_worker *worker, uint32_t *count)
{
    const struct tide_key_totals *totals = &worker->sliding.totals;
    const struct tide_pane_heap *open = &worker->store.open;
    const uint32_t counted = totals->end - totals->older;
    *count = counted + open->count;
    struct tide_pane **slices = tide_alloc(*count * sizeof *slices);
    if (!slices) return NULL;
    memcpy(slices, totals->panes + totals->older, counted * sizeof *slices);
    memcpy(slices + counted, open->panes, open->count * sizeof *slices);
    qsort(slices + counted, open->count, sizeof *slices, by_start);
    return slices;
}

/* The windows of a slice behind those seen already, whose last one has this end - 1. */
static uint64_t count_windows(const struct tide_worker *worker, const struct tide_pane *slice,
                              int64_t *seen_ms)
{
    const struct tide_plan *plan = worker->plan;
    const struct tide_window_shape *shape = &plan->shape;
    int64_t first_ms = plan->window->next_fire(shape, slice->start_ms - 1),
            next_ms = plan->window->next_fire(shape, *seen_ms),
            last_ms = tide_window_end(shape, plan->window->start(shape, slice->start_ms)) - 1;
    if (first_ms < next_ms) first_ms = next_ms;
    if (*seen_ms == INT64_MAX || first_ms > last_ms) return 0;
    *seen_ms = last_ms;
    return (uint64_t)((last_ms - first_ms) / shape->slide_ms) + 1;
}

uint64_t tide_sliding_window_count(const struct tide_worker *worker)
{
    uint32_t slice_count;
    uint64_t windows = 0;
    int64_t seen_ms = worker->sliding.passed_ms;
    struct tide_pane **slices = list_slices(worker, &slice_count);
    if (!slices) return TIDE_OPEN_UNKNOWN;
    for (uint32_t i = 0; i < slice_count; i++)
        windows += count_windows(worker, slices[i], &seen_ms);
    tide_free(slices);
    return windows;
}

/* The last window of a key that is counted. */
struct seen {
    struct tide_key_record key;
    int64_t fire_ms;
    int64_t padding;
};

/* Adds the slice's; false without memory. */
static bool count_keys(const struct tide_worker *worker, const struct tide_pane *slice,
                       struct tide_key_table *keys, uint64_t *entries)
{
    for (uint32_t i = 0; i < slice->entry_count; i++) {
        const struct tide_entry *entry = &slice->entries[i];
        const struct tide_key key = {{entry->key[0], entry->key[1]}, entry->key_bytes};
        uint64_t hash = entry->key[1];
        if (entry->key_bytes <= TIDE_KEY_INLINE_BYTES)
            hash = tide_hash_inline(&worker->seed, entry->key[0], entry->key[1]);
        bool is_new;
        struct seen *seen = tide_key_table_put(keys, &key, hash, &is_new);
        if (!seen) return false;
        if (is_new) seen->fire_ms = worker->sliding.passed_ms;
        *entries += count_windows(worker, slice, &seen->fire_ms);
    }
    return true;
}

uint64_t tide_sliding_entry_count(const struct tide_worker *worker)
{
    uint32_t slice_count;
    uint64_t entries = 0;
    struct tide_key_table keys;
    struct tide_pane **slices = list_slices(worker, &slice_count);
    bool is_known = tide_key_table_init(&keys, sizeof(struct seen)) && slices;
    for (uint32_t i = 0; is_known && i < slice_count; i++)
        is_known = count_keys(worker, slices[i], &keys, &entries);
    tide_key_table_fini(&keys);
    tide_free(slices);
    return is_known ? entries : TIDE_OPEN_UNKNOWN;
}
