/*
 * Sliding windows: rows are folded into slices, and the total of each key over the slices of the
 * window that fires next slides along. A row that comes when some of its windows have fired is
 * counted anew for those that have not, and the others that are not gone are made anew from their
 * slices: such rows are few.
 */
#include "engine/stages/worker_snapshot.h"

enum { ENTRIES_FIRST = 16, ENTRIES_MAX = 1 << 30, AHEAD = 24 };

static int64_t minus(int64_t time_ms, int64_t span_ms)
{
    return time_ms < INT64_MIN + span_ms ? INT64_MIN : time_ms - span_ms;
}

/* The window whose end - 1 this is. */
static struct tide_window_bounds window_of(const struct tide_worker *worker, int64_t fire_ms)
{
    return (struct tide_window_bounds){minus(fire_ms, worker->plan->shape.size_ms - 1),
                                       fire_ms == INT64_MAX ? INT64_MAX : fire_ms + 1};
}

static int64_t next_fire(const struct tide_worker *worker, int64_t passed_ms)
{
    return worker->plan->window->next_fire(&worker->plan->shape, passed_ms);
}

/* Where the last window that holds a time ends. */
static int64_t last_end(const struct tide_worker *worker, int64_t time_ms)
{
    const struct tide_window_shape *shape = &worker->plan->shape;
    return tide_window_end(shape, worker->plan->window->start(shape, time_ms));
}

/* The first window to fire is the first one of the earliest slice, unless time has passed it. */
static bool deadline(const struct tide_worker *worker, int64_t *fire_ms)
{
    const struct tide_sliding *sliding = &worker->sliding;
    const struct tide_pane *first = tide_key_totals_first_counted(&sliding->totals);
    if (!first) first = tide_window_store_first(&worker->store);
    if (!first || sliding->passed_ms == INT64_MAX) return false;
    int64_t first_ms = next_fire(worker, first->start_ms - 1),
            next_ms = next_fire(worker, sliding->passed_ms);
    *fire_ms = first_ms > next_ms ? first_ms : next_ms;
    return true;
}

static void forget(struct tide_worker *worker, int64_t watermark_ms)
{
    struct tide_key_totals *totals = &worker->sliding.totals;
    for (const struct tide_pane *pane; (pane = tide_key_totals_first_kept(totals)) != NULL;) {
        if (!tide_plan_is_gone(worker->plan, last_end(worker, pane->start_ms), watermark_ms)) break;
        TIDE_CHECK(tide_window_store_first_held(&worker->store) == pane);
        worker->recent[0] = worker->recent[1] = NULL;
        tide_key_totals_forget_first(totals);
        tide_window_store_close_first_held(&worker->store);
    }
}

/* Windows with an end - 1 up to here fire no more as a whole: slices that are in no other are not
 * counted, and new ones within them are held at once. */
static void pass(struct tide_worker *worker, int64_t passed_ms)
{
    struct tide_sliding *sliding = &worker->sliding;
    if (passed_ms <= sliding->passed_ms) return;
    const int64_t next_ms = next_fire(worker, passed_ms),
                  passed_end_ms = minus(next_ms, worker->plan->shape.slide_ms - 1);
    sliding->passed_ms = passed_ms;
    sliding->counted_ms = passed_ms == INT64_MAX ? INT64_MAX : window_of(worker, next_ms).start_ms;
    if (sliding->reach_ms < passed_end_ms) sliding->reach_ms = passed_end_ms;
    tide_key_totals_drop(&sliding->totals, sliding->counted_ms);
    forget(worker, passed_ms);
}

/* --- rows with notes --- */

/* Room for entries that are due. The old ones are lost. */
static bool reserve_entries(struct tide_worker *worker, uint64_t count)
{
    struct tide_sliding *sliding = &worker->sliding;
    if (count <= sliding->entry_capacity) return true;
    if (count > ENTRIES_MAX) return false;
    uint32_t capacity = sliding->entry_capacity ? sliding->entry_capacity : ENTRIES_FIRST;
    while (capacity < count) capacity *= 2;
    tide_free(sliding->entries);
    tide_free(sliding->states);
    sliding->entry_capacity = 0;
    sliding->entries =
        tide_alloc_aligned(TIDE_LINE_BYTES, (size_t)capacity * sizeof *sliding->entries);
    sliding->states = tide_alloc_aligned(16, (size_t)capacity * worker->states.stride + 16);
    if (!sliding->entries || !sliding->states) return false;
    sliding->entry_capacity = capacity;
    return true;
}

/* The windows of a time that have been passed and are not gone: *first_ms is the end - 1 of the
 * first; how many. */
static uint64_t count_passed(const struct tide_worker *worker, int64_t time_ms, int64_t *first_ms)
{
    const int64_t watermark_ms = worker->sliding.passed_ms,
                  gone_ms = minus(watermark_ms, worker->plan->lateness_ms),
                  last_ms = last_end(worker, time_ms) - 1;
    int64_t first = next_fire(worker, time_ms - 1), remains = next_fire(worker, gone_ms);
    *first_ms = first > remains ? first : remains;
    int64_t end = last_ms < watermark_ms ? last_ms : watermark_ms;
    if (end < *first_ms) return 0;
    return (uint64_t)((end - *first_ms) / worker->plan->shape.slide_ms) + 1;
}

/* A row lets its key out again in each of its windows that has been passed and is not gone. */
static bool refire(struct tide_worker *worker, uint32_t at)
{
    struct tide_sliding *sliding = &worker->sliding;
    uint64_t hash;
    const struct tide_key key = tide_worker_key(worker, at, &hash);
    int64_t fire_ms;
    const uint64_t count =
        count_passed(worker, tide_batch_window_time(worker->batch, at), &fire_ms);
    if (!reserve_entries(worker, count)) return false;
    for (uint64_t i = 0; i < count; i++, fire_ms += worker->plan->shape.slide_ms) {
        const struct tide_window_bounds window = window_of(worker, fire_ms);
        struct tide_due due = {.start_ms = window.start_ms,
                               .end_ms = window.end_ms,
                               .entry = &sliding->entries[i],
                               .states = sliding->states + (size_t)i * worker->states.stride};
        bool found = tide_key_totals_find(&sliding->totals, &key, hash, due.start_ms, due.end_ms,
                                          &sliding->entries[i], (char *)due.states);
        TIDE_ASSERT(found);
        if (!tide_worker_add_due(worker, &due)) return false;
    }
    return true;
}

/* The pane of a slice that is held, born now if there is none. */
static bool hold_slice(struct tide_worker *worker, const struct tide_window_bounds *slice)
{
    const uint32_t held_before = worker->store.held.count;
    struct tide_pane *pane =
        tide_window_store_open_held(&worker->store, slice->start_ms, slice->end_ms);
    if (!pane || worker->store.held.count == held_before) return pane != NULL;
    return tide_key_totals_insert(&worker->sliding.totals, pane, worker->sliding.counted_ms);
}

static bool fold_noted(struct tide_worker *worker, const struct tide_note *note)
{
    struct tide_sliding *sliding = &worker->sliding;
    pass(worker, note->watermark_ms);
    const struct tide_window_bounds slice =
        tide_worker_slice(worker, tide_batch_window_time(worker->batch, note->at));
    TIDE_CHECK(slice.start_ms < sliding->reach_ms);
    uint32_t end = note->at + 1;
    if (!hold_slice(worker, &slice) || !tide_worker_fold_panes(worker, note->at, &end))
        return false;
    if (slice.start_ms >= sliding->counted_ms) {
        uint64_t hash;
        const struct tide_key key = tide_worker_key(worker, note->at, &hash);
        if (!tide_key_totals_recount(&sliding->totals, &key, hash)) return false;
    }
    return worker->plan->lateness_ms == 0 || refire(worker, note->at);
}

/* --- checkpoints --- */

/* Which slices are held, and which of these are counted, follows from what has been passed. */
static bool settle(struct tide_worker *worker)
{
    struct tide_sliding *sliding = &worker->sliding;
    pass(worker, worker->firing.fire_ms);
    for (struct tide_pane *pane; (pane = tide_window_store_first(&worker->store)) != NULL;) {
        if (pane->start_ms >= sliding->reach_ms) break;
        if (!tide_window_store_hold_first(&worker->store)) return false;
        if (pane->start_ms < sliding->counted_ms ? !tide_key_totals_keep(&sliding->totals, pane)
                                                 : !tide_key_totals_add(&sliding->totals, pane))
            return false;
    }
    forget(worker, sliding->passed_ms);
    return true;
}

/* --- windows --- */

/* The keys whose sum lies in the bounds of the only rule. */
static bool collect_quick(struct tide_worker *worker)
{
    struct tide_sliding *sliding = &worker->sliding;
    const struct tide_rule *rule = &worker->terms.rules->rules[0];
    const tide_int128 lowest = rule->lowest, highest = rule->highest;
    const tide_int128 *sums = sliding->totals.sums;
    const uint32_t count = sliding->totals.table.record_count;
    for (uint32_t i = 0; i < count; i++) {
        if (TIDE_LIKELY(sums[i] < lowest || sums[i] > highest)) continue;
        const struct tide_key_total *total = tide_key_totals_at(&sliding->totals, i);
        if (!tide_key_total_is_live(total)) continue;
        if (!tide_row_order_add(&sliding->order, tide_key_total_first_row(total), i)) return false;
    }
    worker->counts.results += sliding->totals.table.count - sliding->order.count;
    return true;
}

/* All keys, or those of which something comes. */
static bool collect(struct tide_worker *worker)
{
    struct tide_sliding *sliding = &worker->sliding;
    const uint32_t count = sliding->totals.table.record_count;
    for (uint32_t i = 0; i < count; i++) {
        const struct tide_key_total *total = tide_key_totals_at(&sliding->totals, i);
        if (!tide_key_total_is_live(total)) continue;
        if (worker->terms.skips_quiet) {
            const struct tide_due due = {.entry = sliding->entries, .states = sliding->states};
            tide_key_totals_read(&sliding->totals, i, sliding->entries, sliding->states);
            if (tide_worker_skip(worker, &due)) continue;
        }
        if (!tide_row_order_add(&sliding->order, tide_key_total_first_row(total), i)) return false;
    }
    return true;
}

/* Counts the slices up to the window's end, and finds what goes out of it. */
static bool begin_window(struct tide_worker *worker, int64_t fire_ms)
{
    struct tide_sliding *sliding = &worker->sliding;
    const int64_t end_ms = window_of(worker, fire_ms).end_ms;
    sliding->fire_ms = fire_ms;
    for (struct tide_pane *pane; (pane = tide_window_store_first(&worker->store)) != NULL;) {
        if (pane->start_ms >= end_ms) break;
        if (!tide_window_store_hold_first(&worker->store) ||
            !tide_key_totals_add(&sliding->totals, pane))
            return false;
    }
    if (sliding->reach_ms < end_ms) sliding->reach_ms = end_ms;
    sliding->order.count = 0;
    bool ok = worker->terms.is_quick ? collect_quick(worker) : collect(worker);
    return ok && tide_row_order_sort(&sliding->order);
}

/* The keys of the window from where the firing stands. */
static enum tide_progress emit_window(struct tide_worker *worker)
{
    struct tide_sliding *sliding = &worker->sliding;
    const struct tide_row_item *items = sliding->order.items;
    const struct tide_window_bounds window = window_of(worker, sliding->fire_ms);
    const struct tide_due due = {.start_ms = window.start_ms,
                                 .end_ms = window.end_ms,
                                 .entry = sliding->entries,
                                 .states = sliding->states};
    for (uint32_t *next = &worker->firing.next; *next < sliding->order.count; ++*next) {
        if (*next + AHEAD < sliding->order.count)
            tide_key_totals_prefetch(&sliding->totals, items[*next + AHEAD].number);
        tide_key_totals_read(&sliding->totals, items[*next].number, sliding->entries,
                             sliding->states);
        enum tide_progress progress = tide_worker_emit(worker, &due);
        if (progress != TIDE_DONE) return progress;
    }
    return TIDE_DONE;
}

static enum tide_progress fire(struct tide_worker *worker)
{
    struct tide_sliding *sliding = &worker->sliding;
    int64_t fire_ms = 0;
    while (sliding->is_firing ||
           (deadline(worker, &fire_ms) && fire_ms <= worker->firing.fire_ms)) {
        if (!sliding->is_firing && !begin_window(worker, fire_ms)) return TIDE_STARVED;
        sliding->is_firing = true;
        enum tide_progress progress = emit_window(worker);
        if (progress != TIDE_DONE) return progress;
        sliding->is_firing = false;
        worker->firing.next = 0;
        worker->counts.windows++;
        pass(worker, sliding->fire_ms);
        if (tide_key_totals_are_sparse(&sliding->totals) &&
            !tide_key_totals_shrink(&sliding->totals))
            return TIDE_STARVED;
    }
    pass(worker, worker->firing.fire_ms);
    return TIDE_DONE;
}

static bool init(struct tide_worker *worker)
{
    struct tide_sliding *sliding = &worker->sliding;
    struct tide_merging merging = {.stride = worker->states.stride};
    for (uint32_t set = worker->states.stateful; set; set &= set - 1) {
        const unsigned index = (unsigned)__builtin_ctz(set);
        merging.parts[merging.count].aggregate = worker->plan->registry->aggregates[index];
        merging.parts[merging.count++].offset = worker->states.offsets[index];
    }
    sliding->passed_ms = sliding->counted_ms = sliding->reach_ms = INT64_MIN;
    return tide_window_store_init(&worker->store, tide_key_totals_pane_stride(merging.stride),
                                  &worker->seed) &&
           tide_key_totals_init(&sliding->totals, &merging, &worker->seed) &&
           reserve_entries(worker, 1);
}

static void fini(struct tide_worker *worker)
{
    struct tide_sliding *sliding = &worker->sliding;
    tide_key_totals_fini(&sliding->totals);
    tide_row_order_fini(&sliding->order);
    tide_free(sliding->entries);
    tide_free(sliding->states);
    tide_window_store_fini(&worker->store);
}

static size_t bytes(uint32_t state_stride)
{
    return tide_window_store_bytes(0) + tide_key_totals_bytes(0, state_stride) +
           ENTRIES_FIRST * (sizeof(struct tide_entry) + state_stride) + 16;
}

const struct tide_windowing tide_windowing_sliding = {
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
    .window_count = tide_sliding_window_count,
    .entry_count = tide_sliding_entry_count,
};
