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
    uint64_t row_numbers[GROUP_ROWS];
    tide_int128 amounts[GROUP_ROWS];
};

struct tide_window_bounds tide_worker_slice(const struct tide_worker *worker, int64_t time_ms)
{
    return worker->plan->window->slice(&worker->plan->shape, time_ms);
}

static struct tide_pane *open_pane(struct tide_worker *worker, int64_t time_ms)
{
    const struct tide_window_bounds bounds = tide_worker_slice(worker, time_ms);
    struct tide_pane *pane = tide_window_store_open(&worker->store, bounds.start_ms, bounds.end_ms);
    if (!pane) return NULL;
    if (worker->recent[0] != pane) {
        worker->recent[1] = worker->recent[0];
        worker->recent[0] = pane;
    }
    return pane;
}

/* Nearly always one of the two latest: unsigned arithmetic makes "start <= time < end" one
 * comparison. */
static inline struct tide_pane *pane_of(struct tide_worker *worker, int64_t time_ms)
{
    for (unsigned i = 0; i < 2; i++) {
        struct tide_pane *pane = worker->recent[i];
        if (TIDE_LIKELY(pane && (uint64_t)time_ms - (uint64_t)pane->start_ms <
                                    (uint64_t)pane->end_ms - (uint64_t)pane->start_ms))
            return pane;
    }
    return open_pane(worker, time_ms);
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
        aggregates[i]->fold(states, group->amounts, group->fresh, group->row_numbers, count);
    }
}

/* The entry of a row's key in its window, made if it is not there. NULL without memory. */
static struct tide_entry *enter(struct tide_worker *worker, struct tide_pane *pane, uint32_t at)
{
    const struct tide_batch *batch = worker->batch;
    uint64_t hash;
    const struct tide_key key = tide_worker_key(worker, at, &hash);
    struct tide_entry *entry = tide_pane_find(pane, &key, hash);
    if (entry) return entry;
    entry = tide_pane_add(pane, &key, hash, &worker->seed);
    if (!entry) return NULL;
    entry->first_time_ms = batch->rows[at].time_ms;
    entry->first_row = tide_batch_row_number(batch, at);
    return entry;
}

/* The panes and hashes of a group, with the slots on their way into cache. */
static bool prepare_group(struct tide_worker *worker, struct group *group, uint32_t begin,
                          uint32_t count)
{
    const struct tide_hash_seed seed = worker->seed;
    const struct tide_batch *batch = worker->batch;
    const struct tide_row *rows = batch->rows + begin;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t hash = tide_hash_inline(&seed, rows[i].key[0], rows[i].key[1]);
        if (TIDE_UNLIKELY(batch->marks[begin + i] & TIDE_MARK_LONG_KEY)) hash = rows[i].key[1];
        struct tide_pane *pane = pane_of(worker, tide_batch_window_time(batch, begin + i));
        if (TIDE_UNLIKELY(!pane)) return false;
        tide_pane_prefetch(pane, hash);
        group->hashes[i] = hash;
        group->panes[i] = pane;
    }
    return true;
}

/* Rows with short keys and narrow amounts, when nothing but sums and counts is kept: nearly all
 * rows there are. */
static bool fold_plain(struct tide_worker *worker, const struct group *group, uint32_t begin,
                       uint32_t count)
{
    const struct tide_batch *batch = worker->batch;
    const struct tide_row *rows = batch->rows + begin;
    const uint32_t *marks = batch->marks + begin;
    const uint64_t row_base = batch->row_base;
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
            entry = enter(worker, pane, begin + i);
            if (!entry) return false;
            entry->sum += amount;
            entry->count++;
        }
    }
    return true;
}

static bool fold_any(struct tide_worker *worker, struct group *group, uint32_t begin,
                     uint32_t count)
{
    const struct tide_batch *batch = worker->batch;
    for (uint32_t i = 0; i < count; i++) {
        struct tide_entry *entry = enter(worker, group->panes[i], begin + i);
        if (TIDE_UNLIKELY(!entry)) return false;
        tide_int128 amount = tide_batch_amount(batch, begin + i);
        group->entries[i] = (uint32_t)(entry - group->panes[i]->entries);
        group->fresh[i] = entry->count == 0;
        group->row_numbers[i] = tide_batch_row_number(batch, begin + i);
        group->amounts[i] = amount;
        entry->sum += amount;
        entry->count++;
    }
    if (worker->states.stateful) fold_states(worker, group, count);
    return true;
}

bool tide_worker_fold_panes(struct tide_worker *worker, uint32_t begin, uint32_t *end)
{
    struct group group;
    const bool is_plain = !worker->states.stateful && !(worker->batch->flags & TIDE_BATCH_MARKED);
    for (uint32_t at = begin; at < *end; at += GROUP_ROWS) {
        uint32_t count = *end - at < GROUP_ROWS ? *end - at : GROUP_ROWS;
        if (!prepare_group(worker, &group, at, count)) return false;
        bool folded =
            is_plain ? fold_plain(worker, &group, at, count) : fold_any(worker, &group, at, count);
        if (!folded) return false;
    }
    worker->counts.rows += *end - begin;
    return true;
}
