#include "engine/state/history.h"

#include <string.h>

enum { CAPACITY_FIRST = 4 };

static size_t window_bytes(bool fires_twice)
{
    return sizeof(tide_int128) + (fires_twice ? sizeof(struct tide_span) : 0);
}

uint64_t tide_history_record_bytes(uint32_t kept_count, bool fires_twice)
{
    uint64_t capacity = CAPACITY_FIRST;
    while (capacity - capacity / 4 < (uint64_t)kept_count + 1) capacity *= 2;
    return sizeof(struct tide_history_record) + capacity * window_bytes(fires_twice);
}

bool tide_history_init(struct tide_history *history, uint32_t depth, int64_t lateness_ms)
{
    TIDE_ASSERT(depth >= 1 && depth <= TIDE_HISTORY_DEPTH_MAX);
    *history = (struct tide_history){.depth = depth, .lateness_ms = lateness_ms};
    return tide_key_table_init(&history->table, sizeof(struct tide_history_record));
}

void tide_history_fini(struct tide_history *history)
{
    for (struct tide_history_record *record = tide_key_table_next(&history->table, 0); record;
         record = tide_key_table_next(&history->table, record->head.number + 1))
        tide_free(record->sums);
    tide_key_table_fini(&history->table);
}

struct tide_history_record *tide_history_open(struct tide_history *history,
                                              const struct tide_key *key, uint64_t hash)
{
    bool is_new;
    return tide_key_table_put(&history->table, key, hash, &is_new);
}

static bool fires_twice(const struct tide_history *history)
{
    return history->lateness_ms >= 0;
}

/* The first window at or behind `at` that is known by this span; record->end if there is none. */
static uint32_t find(const struct tide_history_record *record, uint32_t at, struct tide_span span)
{
    if (!record->spans) return record->end;
    while (at < record->end &&
           (record->spans[at].start_ms != span.start_ms || record->spans[at].end_ms != span.end_ms))
        at++;
    return at;
}

static uint32_t find_place(const struct tide_history_record *record, struct tide_span span)
{
    return find(record, record->begin + record->settled, span);
}

const tide_int128 *tide_history_before(const struct tide_history *history,
                                       const struct tide_history_record *record,
                                       struct tide_span span, uint32_t *count)
{
    uint32_t place = find_place(record, span);
    *count = place - record->begin < history->depth ? place - record->begin : history->depth;
    return *count > 0 ? record->sums + (place - *count) : NULL;
}

/* Everything moves to the front of a block of this capacity, which may be its own. */
static bool move_to_front(struct tide_history_record *record, uint32_t capacity, bool has_spans)
{
    const uint32_t count = record->end - record->begin;
    tide_int128 *sums = record->sums;
    if (capacity != record->capacity) sums = tide_alloc(capacity * window_bytes(has_spans));
    if (!sums) return false;
    struct tide_span *spans = has_spans ? (struct tide_span *)(void *)(sums + capacity) : NULL;
    if (count > 0) {
        memmove(sums, record->sums + record->begin, count * sizeof *sums);
        if (has_spans) memmove(spans, record->spans + record->begin, count * sizeof *spans);
    }
    if (sums != record->sums) tide_free(record->sums);
    record->sums = sums;
    record->spans = spans;
    record->capacity = capacity;
    record->begin = 0;
    record->end = count;
    return true;
}

static bool make_room(struct tide_history_record *record, bool has_spans)
{
    if (record->end < record->capacity) return true;
    uint32_t capacity = record->capacity ? record->capacity : CAPACITY_FIRST;
    bool is_worth_moving = record->begin >= capacity / 4;
    if (record->capacity && !is_worth_moving) capacity *= 2;
    return move_to_front(record, capacity, has_spans);
}

static void take_out(struct tide_history_record *record, uint32_t at)
{
    uint32_t behind = record->end - at - 1;
    memmove(record->sums + at, record->sums + at + 1, behind * sizeof *record->sums);
    memmove(record->spans + at, record->spans + at + 1, behind * sizeof *record->spans);
    record->end--;
}

/* Forgets the windows that nothing looks back at any more. */
static void settle(const struct tide_history *history, struct tide_history_record *record,
                   int64_t watermark_ms)
{
    if (!fires_twice(history)) record->settled = record->end - record->begin;
    for (uint32_t at; (at = record->begin + record->settled) < record->end; record->settled++) {
        int64_t gone_ms;
        if (__builtin_add_overflow(record->spans[at].end_ms - 1, history->lateness_ms, &gone_ms))
            gone_ms = INT64_MAX;
        if (gone_ms > watermark_ms) break;
    }
    if (record->settled <= history->depth) return;
    record->begin += record->settled - history->depth;
    record->settled = history->depth;
}

bool tide_history_put(struct tide_history *history, struct tide_history_record *record,
                      struct tide_span span, tide_int128 sum, int64_t watermark_ms)
{
    uint32_t place = find_place(record, span);
    if (place == record->end) {
        if (!make_room(record, fires_twice(history))) return false;
        place = record->end++;
        if (record->spans) record->spans[place] = span;
    } else {
        for (uint32_t at = place + 1; (at = find(record, at, span)) < record->end;)
            take_out(record, at);
    }
    record->sums[place] = sum;
    settle(history, record, watermark_ms);
    return true;
}

void tide_history_move(struct tide_history *history, const struct tide_key *key, uint64_t hash,
                       struct tide_span from, struct tide_span to)
{
    struct tide_history_record *record = tide_key_table_find(&history->table, key, hash);
    if (!record) return;
    for (uint32_t at = find_place(record, from); at < record->end; at = find(record, at + 1, from))
        record->spans[at] = to;
}
