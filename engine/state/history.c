#include "engine/state/history.h"

#include <string.h>

enum { CAPACITY_FIRST = 4, KEPT_MAX = 1 << 30 };

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

/* A key whose window is under way for the first time has none yet. */
static uint64_t count_kept(const struct tide_history *history)
{
    uint64_t count = 0;
    const struct tide_history_record *record = tide_key_table_next(&history->table, 0);
    for (; record; record = tide_key_table_next(&history->table, record->head.number + 1))
        count += record->begin < record->end;
    return count;
}

/* Only windows that may still fire again are looked for by their spans. */
static void save_record(const struct tide_history_record *record, struct tide_snapshot *snapshot)
{
    const uint32_t count = record->end - record->begin, unsettled = count - record->settled;
    char *at = tide_put_room(snapshot, TIDE_KEY_SNAPSHOT_BYTES + record->head.key_bytes + 2 * 4 +
                                           (count + (size_t)unsettled) * 16);
    if (!at) return;
    at = tide_write_key(at, tide_key_record_key(&record->head), record->head.key_bytes);
    at = tide_write_u32(at, count);
    at = tide_write_u32(at, record->settled);
    for (uint32_t i = record->begin; i < record->end; i++)
        at = tide_write_int128(at, record->sums[i]);
    for (uint32_t i = record->begin + record->settled; i < record->end; i++) {
        at = tide_write_u64(at, (uint64_t)record->spans[i].start_ms);
        at = tide_write_u64(at, (uint64_t)record->spans[i].end_ms);
    }
}

void tide_history_save(const struct tide_history *history, struct tide_snapshot *snapshot)
{
    tide_put_u64(snapshot, count_kept(history));
    const struct tide_history_record *record = tide_key_table_next(&history->table, 0);
    for (; record; record = tide_key_table_next(&history->table, record->head.number + 1))
        if (record->begin < record->end) save_record(record, snapshot);
}

/* How many windows follow, and how many of them never fire again. */
static bool load_counts(const struct tide_history *history, struct tide_snapshot_reader *reader,
                        uint32_t *count, uint32_t *settled)
{
    *count = tide_get_u32(reader);
    *settled = tide_get_u32(reader);
    if (reader->damage) return false;
    const uint64_t left = (uint64_t)(reader->end - reader->at) / sizeof(tide_int128);
    if (*count == 0 || *count > left || *count > KEPT_MAX)
        return tide_damage(reader, "a key looks back at more windows than follow");
    if (*settled > *count || *settled > history->depth ||
        (!fires_twice(history) && *settled < *count))
        return tide_damage(reader, "a key looks back further than its rules do");
    return true;
}

static bool load_windows(struct tide_history_record *record, struct tide_snapshot_reader *reader)
{
    for (uint32_t i = 0; i < record->end; i++) {
        record->sums[i] = tide_get_int128(reader);
        if (!tide_check_sum(reader, record->sums[i], reader->row_count)) return false;
    }
    for (uint32_t i = record->settled; i < record->end; i++) {
        record->spans[i].start_ms = tide_get_i64(reader);
        record->spans[i].end_ms = tide_get_i64(reader);
        if (record->spans[i].end_ms < record->spans[i].start_ms)
            return tide_damage(reader, "a window ends before it begins");
    }
    return !reader->damage;
}

bool tide_history_load(struct tide_history *history, const struct tide_key *key, uint64_t hash,
                       struct tide_snapshot_reader *reader)
{
    uint32_t count, settled, capacity = CAPACITY_FIRST;
    if (!load_counts(history, reader, &count, &settled)) return false;
    while (capacity < count) capacity *= 2;
    bool is_new;
    struct tide_history_record *record = tide_key_table_put(&history->table, key, hash, &is_new);
    if (!record) return false;
    if (!is_new) return tide_damage(reader, "a key comes twice");
    if (!move_to_front(record, capacity, fires_twice(history))) return false;
    record->end = count;
    record->settled = settled;
    return load_windows(record, reader);
}
