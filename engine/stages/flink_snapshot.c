/*
 * The order of Flink in a checkpoint. Two equal timers leave the heap by where they stand in it, so
 * the places are saved and not only the times.
 */
#include "engine/stages/flink_parts.h"

enum {
    TIMER_BYTES = 4, /* a place */
    WINDOW_BYTES = 3 * 8 + 2 * 4,
    KEY_BYTES = 4 + 4 + 8, /* without windows and silence */
};

#define TIMERS_MAX ((uint64_t)1 << 31)

static void save_window(const struct tide_flink_window *window, struct tide_snapshot *snapshot)
{
    tide_put_i64(snapshot, window->start_ms);
    tide_put_i64(snapshot, window->end_ms);
    tide_put_u64(snapshot, window->first_row);
    tide_put_u32(snapshot, window->fire.at);
    tide_put_u32(snapshot, window->clean_up.at);
}

static void save_key(const struct tide_flink_key *key, struct tide_snapshot *snapshot)
{
    uint64_t count = 0;
    tide_put_key(snapshot, tide_key_record_key(&key->head), key->head.key_bytes);
    tide_put_u32(snapshot, key->silence.at);
    if (key->silence.at > 0) {
        tide_put_i64(snapshot, key->active_ms);
        tide_put_u64(snapshot, key->active_row);
    }
    const size_t place = tide_put_later(snapshot);
    for (const struct tide_flink_window *window = key->first; window; window = window->next) {
        save_window(window, snapshot);
        count++;
    }
    tide_put_at(snapshot, place, count);
}

void tide_flink_order_save(const struct tide_flink_order *order, struct tide_snapshot *snapshot)
{
    const struct tide_flink_key *key;
    tide_put_i64(snapshot, order->watermark_ms);
    tide_put_u64(snapshot, order->windows.count);
    tide_put_u64(snapshot, order->silences.count);
    tide_put_u64(snapshot, order->keys.count);
    for (uint32_t i = 0; (key = tide_key_table_next(&order->keys, i)); i = key->head.number + 1)
        save_key(key, snapshot);
}

/* A timer that stands at this place; 0: it does not stand. */
static bool put_timer(struct tide_flink_timers *timers, struct tide_flink_timer *timer,
                      int64_t time_ms, uint32_t at, struct tide_snapshot_reader *reader)
{
    if (at == 0) return true;
    timer->time_ms = time_ms;
    if (tide_flink_timers_put(timers, timer, at)) return true;
    return tide_damage(reader, "a timer has a place that is taken, or none");
}

/* Can --window have made this one? */
static bool is_possible(const struct tide_plan *plan, int64_t start_ms, int64_t end_ms)
{
    if (start_ms >= end_ms) return false;
    switch (plan->window->kind) {
    case TIDE_WINDOW_TUMBLING:
    case TIDE_WINDOW_SLIDING:
        return plan->window->start(&plan->shape, start_ms) == start_ms &&
               tide_window_end(&plan->shape, start_ms) == end_ms;
    case TIDE_WINDOW_SESSION:
        return end_ms >= tide_window_end(&plan->shape, start_ms);
    case TIDE_WINDOW_COUNT:
        break;
    }
    return false;
}

/* May it come behind this one of the same key, which ends later? */
static bool follows(const struct tide_plan *plan, const struct tide_flink_window *later,
                    int64_t end_ms)
{
    if (plan->window->kind == TIDE_WINDOW_SESSION) return end_ms < later->start_ms;
    return end_ms < later->end_ms;
}

/* Adds a window at the end of the key's list. */
static bool load_window(struct tide_flink_order *order, struct tide_flink_key *key,
                        struct tide_flink_window **last, struct tide_snapshot_reader *reader)
{
    const struct tide_plan *plan = order->plan;
    const int64_t start_ms = tide_get_i64(reader), end_ms = tide_get_i64(reader);
    const uint64_t first_row = tide_get_row(reader);
    const uint32_t fire_at = tide_get_u32(reader), clean_up_at = tide_get_u32(reader);
    if (reader->damage) return false;
    if (!is_possible(plan, start_ms, end_ms))
        return tide_damage(reader, "a window is none of --window's");
    if (*last && !follows(plan, *last, end_ms))
        return tide_damage(reader, "a key's windows are not in the order of their ends");
    const int64_t gone_ms = tide_flink_gone_ms(plan, end_ms);
    if (clean_up_at > 0 && (gone_ms == end_ms - 1 || gone_ms == INT64_MAX))
        return tide_damage(reader, "a window has a timer that it needs not");
    struct tide_flink_window *window = tide_flink_add_window(
        key, *last ? &(*last)->next : &key->first, start_ms, end_ms, first_row);
    if (!window) return false;
    *last = window;
    return put_timer(&order->windows, &window->fire, end_ms - 1, fire_at, reader) &&
           put_timer(&order->windows, &window->clean_up, gone_ms, clean_up_at, reader);
}

static bool load_silence(struct tide_flink_order *order, struct tide_flink_key *key, uint32_t at,
                         struct tide_snapshot_reader *reader)
{
    if (!tide_plan_watches_keys(order->plan))
        return tide_damage(reader, "a key is watched without --inactive");
    key->active_ms = tide_get_i64(reader);
    key->active_row = tide_get_row(reader);
    key->silence.owner = key;
    return put_timer(&order->silences, &key->silence,
                     tide_flink_silence_ms(order->plan, key->active_ms), at, reader);
}

static bool load_key(struct tide_flink_order *order, const struct tide_hash_seed *seed,
                     struct tide_snapshot_reader *reader)
{
    struct tide_key words;
    uint64_t hash;
    bool is_new;
    if (!tide_get_key(reader, seed, &words, &hash)) return false;
    struct tide_flink_key *key = tide_key_table_put(&order->keys, &words, hash, &is_new);
    if (!key) return false;
    if (!is_new) return tide_damage(reader, "a key comes twice");
    const uint32_t silence_at = tide_get_u32(reader);
    if (silence_at > 0 && !load_silence(order, key, silence_at, reader)) return false;
    const uint64_t count = tide_get_count(reader, WINDOW_BYTES);
    if (count == 0 && silence_at == 0)
        return tide_damage(reader, "a key has neither windows nor a silence");
    struct tide_flink_window *last = NULL;
    for (uint64_t i = 0; i < count; i++)
        if (!load_window(order, key, &last, reader)) return false;
    return !reader->damage;
}

bool tide_flink_order_load(struct tide_flink_order *order, const struct tide_hash_seed *seed,
                           struct tide_snapshot_reader *reader)
{
    order->watermark_ms = tide_get_i64(reader);
    const uint64_t window_timers = tide_get_count(reader, TIMER_BYTES);
    const uint64_t silences = tide_get_count(reader, TIMER_BYTES);
    const uint64_t count = tide_get_count(reader, KEY_BYTES);
    if (reader->damage) return false;
    if (window_timers >= TIMERS_MAX || silences >= TIMERS_MAX)
        return tide_damage(reader, "it has too many timers");
    if (!tide_flink_timers_reserve(&order->windows, (uint32_t)window_timers) ||
        !tide_flink_timers_reserve(&order->silences, (uint32_t)silences))
        return false;
    for (uint64_t i = 0; i < count; i++)
        if (!load_key(order, seed, reader)) return false;
    return (tide_flink_timers_are_whole(&order->windows) &&
            tide_flink_timers_are_whole(&order->silences)) ||
           tide_damage(reader, "timers are missing, or not in their order");
}
