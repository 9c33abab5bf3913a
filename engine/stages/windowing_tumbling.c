/*
 * Tumbling windows: a pane each, with the keys in the order in which they were first seen, which is
 * the order they come out in.
 *
 * Rows are folded in groups: first all hashes, with the slots they lead to called into cache, then
 * the updates. So the cache misses of a group overlap.
 */
#include "engine/stages/worker.h"

enum { GROUP_ROWS = 32, PREFETCH_ENTRIES = 8 };

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
    struct bounds bounds = {.start_ms = worker->plan->window->start(&worker->plan->shape, time_ms)};
    if (__builtin_add_overflow(bounds.start_ms, worker->plan->shape.size_ms, &bounds.end_ms))
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
    uint64_t size = (uint64_t)worker->plan->shape.size_ms;
    for (unsigned i = 0; i < 2; i++) {
        struct tide_pane *pane = worker->recent[i];
        if (TIDE_LIKELY(pane && (uint64_t)time_ms - (uint64_t)pane->start_ms < size)) return pane;
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
        aggregates[i]->fold(states, group->amounts, group->fresh, NULL, count);
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
        group->amounts[i] = amount;
        entry->sum += amount;
        entry->count++;
    }
    if (worker->states.stateful) fold_states(worker, group, count);
    return true;
}

static bool fold(struct tide_worker *worker, uint32_t begin, uint32_t *end)
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

/* The row of a window that has fired already fires its key there again. */
static bool fold_noted(struct tide_worker *worker, const struct tide_note *note)
{
    const struct bounds bounds = bounds_of(worker, tide_batch_window_time(worker->batch, note->at));
    const struct tide_pane *pane =
        tide_window_store_open_held(&worker->store, bounds.start_ms, bounds.end_ms);
    uint32_t end = note->at + 1;
    if (!pane || !fold(worker, note->at, &end)) return false;
    uint64_t hash;
    const struct tide_key key = tide_worker_key(worker, note->at, &hash);
    const struct tide_entry *entry = tide_pane_find(pane, &key, hash);
    TIDE_ASSERT(entry);
    return tide_worker_add_due(worker, &(struct tide_due){.start_ms = pane->start_ms,
                                                          .end_ms = pane->end_ms,
                                                          .entry = entry,
                                                          .states = tide_pane_states(pane, entry)});
}

static bool deadline(const struct tide_worker *worker, int64_t *fire_ms)
{
    const struct tide_pane *first = tide_window_store_first(&worker->store);
    if (first) *fire_ms = first->end_ms - 1;
    return first != NULL;
}

/* The next entry, from `entry` on, whose sum lies in the bounds. */
static uint32_t skip_quiet(const struct tide_pane *pane, uint32_t entry,
                           const struct tide_rule *rule)
{
    const tide_int128 lowest = rule->lowest, highest = rule->highest;
    while (entry < pane->entry_count &&
           (pane->entries[entry].sum < lowest || pane->entries[entry].sum > highest))
        entry++;
    return entry;
}

/* The entries of a window from where the firing stands. */
static enum tide_progress fire_pane(struct tide_worker *worker, const struct tide_pane *pane)
{
    struct tide_firing *firing = &worker->firing;
    struct tide_due due = {.start_ms = pane->start_ms, .end_ms = pane->end_ms};
    for (; firing->next < pane->entry_count; firing->next++) {
        if (worker->terms.is_quick) {
            uint32_t next = skip_quiet(pane, firing->next, &worker->terms.rules->rules[0]);
            worker->counts.results += next - firing->next;
            firing->next = next;
            if (next == pane->entry_count) break;
        }
        due.entry = &pane->entries[firing->next];
        due.states = tide_pane_states(pane, due.entry);
        __builtin_prefetch(due.entry + PREFETCH_ENTRIES);
        enum tide_progress progress = tide_worker_emit(worker, &due);
        if (progress != TIDE_DONE) return progress;
    }
    return TIDE_DONE;
}

/* The window that has just fired is closed, or kept for the rows that may still come. */
static bool retire_first(struct tide_worker *worker)
{
    const struct tide_pane *pane = tide_window_store_first(&worker->store);
    if (!tide_plan_is_gone(worker->plan, pane->end_ms, worker->firing.fire_ms))
        return tide_window_store_hold_first(&worker->store);
    worker->recent[0] = worker->recent[1] = NULL;
    tide_window_store_close_first(&worker->store);
    return true;
}

static void forget(struct tide_worker *worker, int64_t watermark_ms)
{
    for (const struct tide_pane *pane;
         (pane = tide_window_store_first_held(&worker->store)) != NULL;) {
        if (!tide_plan_is_gone(worker->plan, pane->end_ms, watermark_ms)) break;
        worker->recent[0] = worker->recent[1] = NULL;
        tide_window_store_close_first_held(&worker->store);
    }
}

/* Every window that time has passed, by end; in each the keys in the order of their first rows. */
static enum tide_progress fire(struct tide_worker *worker)
{
    struct tide_firing *firing = &worker->firing;
    for (const struct tide_pane *pane; (pane = tide_window_store_first(&worker->store)) != NULL;) {
        if (pane->end_ms - 1 > firing->fire_ms) break;
        enum tide_progress progress = fire_pane(worker, pane);
        if (progress != TIDE_DONE) return progress;
        if (!retire_first(worker)) return TIDE_STARVED;
        firing->next = 0;
        worker->counts.windows++;
    }
    forget(worker, firing->watermark_ms);
    return TIDE_DONE;
}

static bool init(struct tide_worker *worker)
{
    return tide_window_store_init(&worker->store, worker->states.stride, &worker->seed);
}

static void fini(struct tide_worker *worker)
{
    tide_window_store_fini(&worker->store);
}

static uint64_t window_count(const struct tide_worker *worker)
{
    return worker->store.open.count;
}

static uint64_t entry_count(const struct tide_worker *worker)
{
    return tide_window_store_entry_count(&worker->store);
}

static size_t bytes(uint32_t state_stride)
{
    (void)state_stride;
    return tide_window_store_bytes(0);
}

const struct tide_windowing tide_windowing_tumbling = {
    .bytes = bytes,
    .init = init,
    .fini = fini,
    .deadline = deadline,
    .fold = fold,
    .fold_noted = fold_noted,
    .fire = fire,
    .forget = forget,
    .window_count = window_count,
    .entry_count = entry_count,
};
