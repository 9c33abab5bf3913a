/*
 * What Flink does, by its classes: WindowOperator.processElement and onEventTime, EventTimeTrigger,
 * MergingWindowSet, TimeWindow.mergeWindows. Two things are easily missed: with an allowed lateness
 * each window has a second timer, which lets nothing out but takes part in the heap; and sessions
 * that merge set the timer of the new window before they delete the others', in the order of a
 * java.util.HashSet.
 */
#include "engine/stages/flink_parts.h"

#include "engine/base/memory.h"

#include <string.h>

size_t tide_flink_order_bytes(void)
{
    return tide_key_table_bytes(0, sizeof(struct tide_flink_key));
}

bool tide_flink_order_init(struct tide_flink_order *order, const struct tide_plan *plan)
{
    *order = (struct tide_flink_order){.plan = plan, .watermark_ms = INT64_MIN};
    return tide_key_table_init(&order->keys, sizeof(struct tide_flink_key));
}

static void free_windows(struct tide_flink_key *key)
{
    for (struct tide_flink_window *window = key->first, *next; window; window = next) {
        next = window->next;
        tide_free(window);
    }
}

void tide_flink_order_fini(struct tide_flink_order *order)
{
    uint32_t number = 0;
    for (struct tide_flink_key *key; (key = tide_key_table_next(&order->keys, number));) {
        number = key->head.number + 1;
        free_windows(key);
    }
    tide_key_table_fini(&order->keys);
    tide_flink_timers_fini(&order->windows);
    tide_flink_timers_fini(&order->silences);
    *order = (struct tide_flink_order){0};
}

int64_t tide_flink_gone_ms(const struct tide_plan *plan, int64_t end_ms)
{
    int64_t lateness_ms = plan->clock == TIDE_CLOCK_EVENT ? plan->lateness_ms : 0, gone_ms;
    return __builtin_add_overflow(end_ms - 1, lateness_ms, &gone_ms) ? INT64_MAX : gone_ms;
}

static void drop(struct tide_flink_order *order, struct tide_flink_window *window)
{
    struct tide_flink_window **place = &window->key->first;
    while (*place != window) place = &(*place)->next;
    *place = window->next;
    tide_flink_timers_remove(&order->windows, &window->fire);
    tide_flink_timers_remove(&order->windows, &window->clean_up);
    tide_free(window);
}

static void forget_if_empty(struct tide_flink_order *order, struct tide_flink_key *key)
{
    if (!key->first && key->silence.at == 0) tide_key_table_remove(&order->keys, key);
}

bool tide_flink_order_next(struct tide_flink_order *order, int64_t time_ms,
                           struct tide_flink_fired *fired)
{
    for (struct tide_flink_timer *timer;
         (timer = tide_flink_timers_first(&order->windows)) && timer->time_ms <= time_ms;) {
        struct tide_flink_window *window = timer->owner;
        struct tide_flink_key *key = window->key;
        const bool fires = timer == &window->fire;
        *fired = (struct tide_flink_fired){window->end_ms, window->first_row};
        tide_flink_timers_remove(&order->windows, timer);
        if (timer->time_ms == tide_flink_gone_ms(order->plan, window->end_ms)) {
            drop(order, window);
            forget_if_empty(order, key);
        }
        if (fires) return true;
    }
    return false;
}

bool tide_flink_order_next_silence(struct tide_flink_order *order, int64_t watermark_ms,
                                   struct tide_flink_fired *fired)
{
    struct tide_flink_timer *timer = tide_flink_timers_first(&order->silences);
    if (!timer || timer->time_ms > watermark_ms) return false;
    struct tide_flink_key *key = timer->owner;
    *fired = (struct tide_flink_fired){timer->time_ms, key->active_row};
    tide_flink_timers_remove(&order->silences, timer);
    forget_if_empty(order, key);
    return true;
}

/* The first place at or behind this one of a key's list where a window with this end is or would
 * be. */
static struct tide_flink_window **find_place(struct tide_flink_window **place, int64_t end_ms)
{
    while (*place && (*place)->end_ms > end_ms) place = &(*place)->next;
    return place;
}

struct tide_flink_window *tide_flink_add_window(struct tide_flink_key *key,
                                                struct tide_flink_window **place, int64_t start_ms,
                                                int64_t end_ms, uint64_t first_row)
{
    struct tide_flink_window *window = tide_alloc_zeroed(1, sizeof *window);
    if (!window) return NULL;
    *window = (struct tide_flink_window){.fire.owner = window,
                                         .clean_up.owner = window,
                                         .key = key,
                                         .next = *place,
                                         .start_ms = start_ms,
                                         .end_ms = end_ms,
                                         .first_row = first_row};
    *place = window;
    return window;
}

/* EventTimeTrigger.onElement: a window that time has passed fires at once instead. */
static bool set_fire(struct tide_flink_order *order, struct tide_flink_window *window,
                     int64_t passed_ms)
{
    if (window->end_ms - 1 <= passed_ms) return true;
    window->fire.time_ms = window->end_ms - 1;
    return tide_flink_timers_add(&order->windows, &window->fire);
}

/* WindowOperator.registerCleanupTimer. Without a lateness that is the same timer. */
static bool set_clean_up(struct tide_flink_order *order, struct tide_flink_window *window)
{
    int64_t time_ms = tide_flink_gone_ms(order->plan, window->end_ms);
    if (time_ms == window->end_ms - 1 || time_ms == INT64_MAX) return true;
    window->clean_up.time_ms = time_ms;
    return tide_flink_timers_add(&order->windows, &window->clean_up);
}

static bool set_timers(struct tide_flink_order *order, struct tide_flink_window *window,
                       int64_t passed_ms)
{
    return set_fire(order, window, passed_ms) && set_clean_up(order, window);
}

/* SlidingEventTimeWindows.assignWindows: the newest first. */
static bool assign(struct tide_flink_order *order, const struct tide_flink_row *row,
                   struct tide_flink_key *key)
{
    const struct tide_plan *plan = order->plan;
    int64_t start_ms = plan->window->start(&plan->shape, row->time_ms);
    for (struct tide_flink_window **place = &key->first;;) {
        int64_t end_ms = tide_window_end(&plan->shape, start_ms);
        if (end_ms <= row->time_ms) return true;
        place = find_place(place, end_ms);
        if (tide_flink_gone_ms(plan, end_ms) > row->passed_ms) {
            bool stands = *place && (*place)->end_ms == end_ms;
            if (!stands && !tide_flink_add_window(key, place, start_ms, end_ms, row->number))
                return false;
            if (!set_timers(order, *place, row->passed_ms)) return false;
        }
        if (__builtin_sub_overflow(start_ms, plan->shape.slide_ms, &start_ms)) return true;
    }
}

/* The bucket of a java.util.HashSet<TimeWindow> of up to twelve windows. */
static unsigned bucket_of(const struct tide_flink_window *window)
{
    uint64_t mixed = (uint64_t)window->start_ms + (uint64_t)window->end_ms;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    uint32_t hash = (uint32_t)(mixed ^ mixed >> 31);
    return (hash ^ hash >> 16) & 15;
}

enum { MERGED_MAX = 2 }; /* sessions that one row can touch: they do not touch each other */

struct merger {
    struct tide_flink_window *windows[MERGED_MAX]; /* by start */
    unsigned count;
    int64_t start_ms, end_ms;
    uint64_t first_row;
};

static struct merger find_merger(const struct tide_flink_key *key, int64_t start_ms, int64_t end_ms,
                                 uint64_t row)
{
    struct merger merger = {.start_ms = start_ms, .end_ms = end_ms, .first_row = row};
    for (struct tide_flink_window *window = key->first; window && window->end_ms >= start_ms;
         window = window->next) {
        if (window->start_ms > end_ms) continue;
        TIDE_ASSERT(merger.count < MERGED_MAX);
        if (merger.count++ > 0) merger.windows[1] = merger.windows[0];
        merger.windows[0] = window;
        if (window->start_ms < merger.start_ms) merger.start_ms = window->start_ms;
        if (window->end_ms > merger.end_ms) merger.end_ms = window->end_ms;
        if (window->first_row < merger.first_row) merger.first_row = window->first_row;
    }
    return merger;
}

/* MergingWindowSet.addWindow and its merge function, of windows that become a new one. */
static struct tide_flink_window *merge(struct tide_flink_order *order, struct tide_flink_key *key,
                                       const struct merger *merger, int64_t passed_ms)
{
    struct tide_flink_window **place = find_place(&key->first, merger->end_ms);
    struct tide_flink_window *merged =
        tide_flink_add_window(key, place, merger->start_ms, merger->end_ms, merger->first_row);
    if (!merged || !set_fire(order, merged, passed_ms)) return NULL;
    unsigned later =
        merger->count == 2 && bucket_of(merger->windows[1]) < bucket_of(merger->windows[0]);
    for (unsigned i = 0; i < merger->count; i++) drop(order, merger->windows[i ^ later]);
    return merged;
}

static bool join_session(struct tide_flink_order *order, const struct tide_flink_row *row,
                         struct tide_flink_key *key, bool *is_late)
{
    const int64_t end_ms = tide_window_end(&order->plan->shape, row->time_ms);
    const struct merger merger = find_merger(key, row->time_ms, end_ms, row->number);
    *is_late = merger.count == 0 && tide_flink_gone_ms(order->plan, end_ms) <= row->passed_ms;
    if (*is_late) return true;
    struct tide_flink_window *window = merger.windows[0];
    if (merger.count == 0)
        window = tide_flink_add_window(key, find_place(&key->first, end_ms), row->time_ms, end_ms,
                                       row->number);
    else if (window->start_ms > merger.start_ms || window->end_ms < merger.end_ms)
        window = merge(order, key, &merger, row->passed_ms);
    return window && set_timers(order, window, row->passed_ms);
}

int64_t tide_flink_silence_ms(const struct tide_plan *plan, int64_t active_ms)
{
    int64_t silence_ms;
    return __builtin_add_overflow(active_ms, plan->inactive_ms, &silence_ms) ? INT64_MAX
                                                                             : silence_ms;
}

/* A KeyedProcessFunction that deletes its timer and sets a later one when a later row comes. */
static bool note_activity(struct tide_flink_order *order, const struct tide_flink_row *row,
                          struct tide_flink_key *key)
{
    if (key->silence.at > 0 && row->event_ms <= key->active_ms) return true;
    tide_flink_timers_remove(&order->silences, &key->silence);
    key->active_ms = row->event_ms;
    key->active_row = row->number;
    key->silence.owner = key;
    key->silence.time_ms = tide_flink_silence_ms(order->plan, row->event_ms);
    return tide_flink_timers_add(&order->silences, &key->silence);
}

/* What had no text has fired all the same. A silence set in the past waits for the watermark to
 * move. */
static void catch_up(struct tide_flink_order *order, const struct tide_flink_row *row)
{
    struct tide_flink_fired fired;
    while (tide_flink_order_next(order, row->passed_ms, &fired)) continue;
    if (row->watermark_ms <= order->watermark_ms) return;
    order->watermark_ms = row->watermark_ms;
    while (tide_flink_order_next_silence(order, row->watermark_ms, &fired)) continue;
}

bool tide_flink_order_row(struct tide_flink_order *order, const struct tide_flink_row *row,
                          const struct tide_key *key, uint64_t hash)
{
    bool is_new, is_late = false, done = true;
    catch_up(order, row);
    struct tide_flink_key *windows = tide_key_table_put(&order->keys, key, hash, &is_new);
    if (!windows) return false;
    switch (order->plan->window->kind) {
    case TIDE_WINDOW_TUMBLING:
    case TIDE_WINDOW_SLIDING:
        done = assign(order, row, windows);
        break;
    case TIDE_WINDOW_SESSION:
        done = join_session(order, row, windows, &is_late);
        break;
    case TIDE_WINDOW_COUNT: /* no timers */
        break;
    }
    if (done && !is_late && tide_plan_watches_keys(order->plan))
        done = note_activity(order, row, windows);
    forget_if_empty(order, windows);
    return done;
}
