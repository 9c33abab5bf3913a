/*
 * Rows are folded in groups: first all hashes, with the slots they lead to called into cache, then the updates. So the
 * cache misses of a group overlap.
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

static struct tide_pane *open_pane(struct tide_worker *worker, int64_t time_ms)
{
    int64_t start_ms = worker->plan->window->start(&worker->window, time_ms), end_ms;
    if (__builtin_add_overflow(start_ms, worker->window.size_ms, &end_ms)) end_ms = INT64_MAX;
    struct tide_pane *pane = tide_window_store_open(&worker->store, start_ms, end_ms);
    if (!pane) return NULL;
    if (worker->recent[0] != pane) {
        worker->recent[1] = worker->recent[0];
        worker->recent[0] = pane;
    }
    return pane;
}

/* Nearly always one of the two latest: unsigned arithmetic makes "start <= time < start + size" one comparison. */
static inline struct tide_pane *pane_of(struct tide_worker *worker, int64_t time_ms)
{
    uint64_t size = (uint64_t)worker->window.size_ms;
    for (unsigned i = 0; i < 2; i++) {
        struct tide_pane *pane = worker->recent[i];
        if (TIDE_LIKELY(pane && (uint64_t)time_ms - (uint64_t)pane->start_ms < size)) return pane;
    }
    return open_pane(worker, time_ms);
}

static inline uint64_t hash_of(const struct tide_worker *worker, const struct tide_row *row, uint32_t mark)
{
    if (TIDE_UNLIKELY(mark & TIDE_MARK_LONG_KEY)) return row->key[1];
    return tide_hash_inline(&worker->store.seed, row->key[0], row->key[1]);
}

static struct tide_key key_of(const struct tide_batch *batch, const struct tide_row *row, uint32_t mark)
{
    if (!(mark & TIDE_MARK_LONG_KEY))
        return (struct tide_key){{row->key[0], row->key[1]}, tide_key_inline_bytes(row->key)};
    const char *text = batch->side + (row->key[0] >> 32);
    return (struct tide_key){{(uint64_t)(uintptr_t)text, row->key[1]}, (uint32_t)row->key[0]};
}

static inline struct tide_entry *find(const struct tide_pane *pane, const struct tide_batch *batch,
                                      const struct tide_row *row, uint32_t mark, uint64_t hash)
{
    if (TIDE_LIKELY(!(mark & TIDE_MARK_LONG_KEY))) return tide_pane_find_inline(pane, row->key, hash);
    struct tide_key key = key_of(batch, row, mark);
    return tide_pane_find(pane, &key, hash);
}

static inline tide_int128 amount_of(const struct tide_batch *batch, const struct tide_row *row, uint32_t mark)
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
        if (!(worker->stateful >> i & 1)) continue;
        for (size_t j = 0; j < count; j++) {
            const struct tide_pane *pane = group->panes[j];
            states[j] = pane->states + (size_t)group->entries[j] * pane->state_stride + worker->state_offsets[i];
        }
        aggregates[i]->fold(states, group->amounts, group->fresh, count);
    }
}

static bool fold_group(struct tide_worker *worker, struct group *group, uint32_t begin, uint32_t count)
{
    const struct tide_batch *batch = worker->batch;
    const struct tide_row *rows = batch->rows + begin;
    const uint32_t *marks = batch->marks + begin;
    for (uint32_t i = 0; i < count; i++) {
        group->hashes[i] = hash_of(worker, &rows[i], marks[i]);
        group->panes[i] = pane_of(worker, rows[i].time_ms);
        if (TIDE_UNLIKELY(!group->panes[i])) return false;
        tide_pane_prefetch(group->panes[i], group->hashes[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        struct tide_pane *pane = group->panes[i];
        struct tide_entry *entry = find(pane, batch, &rows[i], marks[i], group->hashes[i]);
        bool fresh = !entry;
        if (fresh) {
            struct tide_key key = key_of(batch, &rows[i], marks[i]);
            entry = tide_pane_add(pane, &key, group->hashes[i], &worker->store.seed);
            if (TIDE_UNLIKELY(!entry)) return false;
            entry->first_time_ms = rows[i].time_ms;
            entry->first_row = batch->row_base + (marks[i] & TIDE_MARK_ROW);
        }
        tide_int128 amount = amount_of(batch, &rows[i], marks[i]);
        entry->sum += amount;
        entry->count++;
        if (worker->stateful) {
            group->entries[i] = (uint32_t)(entry - pane->entries);
            group->fresh[i] = fresh;
            group->amounts[i] = amount;
        }
    }
    if (worker->stateful) fold_states(worker, group, count);
    return true;
}

bool tide_worker_fold(struct tide_worker *worker, uint32_t begin, uint32_t end)
{
    struct group group;
    for (uint32_t at = begin; at < end; at += GROUP_ROWS) {
        uint32_t count = end - at < GROUP_ROWS ? end - at : GROUP_ROWS;
        if (!fold_group(worker, &group, at, count)) return false;
    }
    worker->counts.rows += end - begin;
    return true;
}
