/*
 * Rows are folded in groups: first all hashes, with the slots they lead to called into cache, then
 * the updates. So the cache misses of a group overlap.
 */
#include "engine/stages/worker.h"

enum { GROUP_ROWS = 32 };

struct group {
    struct tide_pane *panes[GROUP_ROWS];
    uint64_t hashes[GROUP_ROWS];
    /* For aggregates with state: where each row's entry is, by index because entries move. */
    uint32_t entries[GROUP_ROWS];
    uint8_t fresh[GROUP_ROWS];
    tide_int128 amounts[GROUP_ROWS];
};

struct bounds {
    int64_t start_ms, end_ms;
};

static struct bounds bounds_of(const struct tide_worker *worker, int64_t time_ms)
{
    struct bounds bounds = {.start_ms = worker->plan->window->start(&worker->window, time_ms)};
    if (__builtin_add_overflow(bounds.start_ms, worker->window.size_ms, &bounds.end_ms))
        bounds.end_ms = INT64_MAX;
    return bounds;
}

static struct tide_pane *open_pane(struct tide_worker *worker, int64_t time_ms)
{
    const struct bounds bounds = bounds_of(worker, time_ms);
    struct tide_pane *pane = tide_window_store_open(&worker->store, bounds.start_ms, bounds.end_ms);
    if (!pane) return NULL;
    if (worker->recent[0] != pane) {
        worker->recent[1] = worker->recent[0];
        worker->recent[0] = pane;
    }
    return pane;
}

/* Nearly always one of the two latest: unsigned arithmetic makes "start <= time < start + size" one
 * comparison. */
static inline struct tide_pane *pane_of(struct tide_worker *worker, int64_t time_ms)
{
    uint64_t size = (uint64_t)worker->window.size_ms;
    for (unsigned i = 0; i < 2; i++) {
        struct tide_pane *pane = worker->recent[i];
        if (TIDE_LIKELY(pane && (uint64_t)time_ms - (uint64_t)pane->start_ms < size)) return pane;
    }
    return open_pane(worker, time_ms);
}

static struct tide_key key_of(const struct tide_batch *batch, const struct tide_row *row,
                              uint32_t mark)
{
    if (!(mark & TIDE_MARK_LONG_KEY))
        return (struct tide_key){{row->key[0], row->key[1]}, tide_key_inline_bytes(row->key)};
    const char *text = batch->side + (row->key[0] >> 32);
    return (struct tide_key){{(uint64_t)(uintptr_t)text, row->key[1]}, (uint32_t)row->key[0]};
}

static inline tide_int128 amount_of(const struct tide_batch *batch, const struct tide_row *row,
                                    uint32_t mark)
{
    if (TIDE_LIKELY(!(mark & TIDE_MARK_WIDE_AMOUNT))) return row->amount;
    tide_int128 amount;
    memcpy(&amount, batch->side + row->amount, sizeof amount);
    return amount;
}

/* The aggregates that keep state beside the entries: one call each for the group. */
static void fold_states(struct tide_worker *worker, struct group *group, size_t count)
{
    const struct tide_aggregate *const *aggregates = worker->plan->registry->aggregates;
    void *states[GROUP_ROWS];
    for (unsigned i = 0; aggregates[i]; i++) {
        if (!(worker->states.stateful >> i & 1)) continue;
        for (size_t j = 0; j < count; j++) {
            const struct tide_pane *pane = group->panes[j];
            states[j] = pane->states + (size_t)group->entries[j] * pane->state_stride +
                        worker->states.offsets[i];
        }
        aggregates[i]->fold(states, group->amounts, group->fresh, count);
    }
}

/* The entry of a row's key in its window, made if it is not there. NULL without memory. */
static struct tide_entry *enter(struct tide_worker *worker, struct tide_pane *pane,
                                const struct tide_row *row, uint32_t mark, uint64_t hash)
{
    struct tide_key key = key_of(worker->batch, row, mark);
    struct tide_entry *entry = tide_pane_find(pane, &key, hash);
    if (entry) return entry;
    entry = tide_pane_add(pane, &key, hash, &worker->store.seed);
    if (!entry) return NULL;
    entry->first_time_ms = row->time_ms;
    entry->first_row = worker->batch->row_base + (mark & TIDE_MARK_ROW);
    return entry;
}

/* The panes and hashes of a group, with the slots on their way into cache. */
static bool prepare_group(struct tide_worker *worker, struct group *group,
                          const struct tide_row *rows, const uint32_t *marks, uint32_t count)
{
    const struct tide_hash_seed seed = worker->store.seed;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t hash = tide_hash_inline(&seed, rows[i].key[0], rows[i].key[1]);
        if (TIDE_UNLIKELY(marks[i] & TIDE_MARK_LONG_KEY)) hash = rows[i].key[1];
        struct tide_pane *pane = pane_of(worker, rows[i].time_ms);
        if (TIDE_UNLIKELY(!pane)) return false;
        tide_pane_prefetch(pane, hash);
        group->hashes[i] = hash;
        group->panes[i] = pane;
    }
    return true;
}

/* Rows with short keys and narrow amounts, when nothing but sums and counts is kept: nearly all
 * rows there are. */
static bool fold_plain(struct tide_worker *worker, const struct group *group,
                       const struct tide_row *rows, const uint32_t *marks, uint32_t count)
{
    const uint64_t row_base = worker->batch->row_base;
    for (uint32_t i = 0; i < count; i++) {
        struct tide_pane *pane = group->panes[i];
        const uint64_t low = rows[i].key[0], high = rows[i].key[1], hash = group->hashes[i];
        const int64_t amount = rows[i].amount;
        uint32_t free_slot;
        struct tide_entry *entry = tide_pane_find_inline(pane, low, high, hash, &free_slot);
        if (entry) {
            entry->sum += amount;
            entry->count++;
        } else if (TIDE_LIKELY(tide_pane_has_room(pane))) {
            entry = tide_pane_append(pane, free_slot, hash);
            *entry = (struct tide_entry){.key = {low, high},
                                         .sum = amount,
                                         .first_time_ms = rows[i].time_ms,
                                         .first_row = row_base + marks[i],
                                         .count = 1,
                                         .key_bytes = tide_key_inline_bytes(rows[i].key)};
        } else {
            entry = enter(worker, pane, &rows[i], marks[i], hash);
            if (!entry) return false;
            entry->sum += amount;
            entry->count++;
        }
    }
    return true;
}

static bool fold_any(struct tide_worker *worker, struct group *group, const struct tide_row *rows,
                     const uint32_t *marks, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct tide_entry *entry =
            enter(worker, group->panes[i], &rows[i], marks[i], group->hashes[i]);
        if (TIDE_UNLIKELY(!entry)) return false;
        tide_int128 amount = amount_of(worker->batch, &rows[i], marks[i]);
        group->entries[i] = (uint32_t)(entry - group->panes[i]->entries);
        group->fresh[i] = entry->count == 0;
        group->amounts[i] = amount;
        entry->sum += amount;
        entry->count++;
    }
    if (worker->states.stateful) fold_states(worker, group, count);
    return true;
}

bool tide_worker_fold(struct tide_worker *worker, uint32_t begin, uint32_t end)
{
    struct group group;
    const struct tide_batch *batch = worker->batch;
    const bool is_plain = !worker->states.stateful && !(batch->flags & TIDE_BATCH_MARKED);
    for (uint32_t at = begin; at < end; at += GROUP_ROWS) {
        uint32_t count = end - at < GROUP_ROWS ? end - at : GROUP_ROWS;
        const struct tide_row *rows = batch->rows + at;
        const uint32_t *marks = batch->marks + at;
        if (!prepare_group(worker, &group, rows, marks, count)) return false;
        bool folded = is_plain ? fold_plain(worker, &group, rows, marks, count)
                               : fold_any(worker, &group, rows, marks, count);
        if (!folded) return false;
    }
    worker->counts.rows += end - begin;
    return true;
}

bool tide_worker_fold_refire(struct tide_worker *worker)
{
    const struct tide_batch *batch = worker->batch;
    const struct tide_refire *refire = &batch->refires[worker->refire_next];
    const struct tide_row *row = &batch->rows[refire->at];
    const uint32_t mark = batch->marks[refire->at];
    const struct bounds bounds = bounds_of(worker, row->time_ms);
    const struct tide_pane *pane =
        tide_window_store_open_held(&worker->store, bounds.start_ms, bounds.end_ms);
    if (!pane || !tide_worker_fold(worker, refire->at, refire->at + 1)) return false;
    const uint64_t hash = mark & TIDE_MARK_LONG_KEY
                              ? row->key[1]
                              : tide_hash_inline(&worker->store.seed, row->key[0], row->key[1]);
    const struct tide_key key = key_of(batch, row, mark);
    const struct tide_entry *entry = tide_pane_find(pane, &key, hash);
    TIDE_ASSERT(entry);
    worker->firing = (struct tide_firing){.is_active = true,
                                          .cause_row = batch->row_base + (mark & TIDE_MARK_ROW),
                                          .watermark_ms = refire->watermark_ms,
                                          .entry = (uint32_t)(entry - pane->entries),
                                          .refired = pane};
    worker->row_next = refire->at + 1;
    worker->refire_next++;
    return true;
}
