/*
 * Tumbling windows: a pane each, with the keys in the order in which they were first seen, which is
 * the order they come out in.
 */
#include "engine/stages/worker_snapshot.h"

enum { PREFETCH_ENTRIES = 8 };

/* The row of a window that has fired already fires its key there again. */
static bool fold_noted(struct tide_worker *worker, const struct tide_note *note)
{
    const struct tide_window_bounds bounds =
        tide_worker_slice(worker, tide_batch_window_time(worker->batch, note->at));
    const struct tide_pane *pane =
        tide_window_store_open_held(&worker->store, bounds.start_ms, bounds.end_ms);
    uint32_t end = note->at + 1;
    if (!pane || !tide_worker_fold_panes(worker, note->at, &end)) return false;
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
        if (worker->process) tide_worker_process_prefetch(worker, pane, firing->next);
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

/* Windows that have fired are held. */
static bool settle(struct tide_worker *worker)
{
    for (const struct tide_pane *pane; (pane = tide_window_store_first(&worker->store)) != NULL;) {
        if (pane->end_ms - 1 > worker->firing.fire_ms) break;
        if (!tide_window_store_hold_first(&worker->store)) return false;
    }
    forget(worker, worker->firing.watermark_ms);
    return tide_window_store_sort(&worker->store);
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
    .fold = tide_worker_fold_panes,
    .fold_noted = fold_noted,
    .fire = fire,
    .forget = forget,
    .save = tide_worker_save_panes,
    .load = tide_worker_load_panes,
    .settle = settle,
    .window_count = window_count,
    .entry_count = entry_count,
};
