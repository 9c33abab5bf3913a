/* Does the order of Flink go on after a save and a load as if nothing had been, equal timers too,
 * and is what cannot be refused? */
#include "planned.h"

#include "chance.h"
#include "engine/stages/flink_order.h"

#include <stdio.h>

enum { KEYS = 25, ROWS = 1500, DELAY_MS = 60 };

static const struct tide_hash_seed seeds[] = {{{0x9E3779B97F4A7C15u, 0xC2B2AE3D27D4EB4Fu}},
                                              {{0x165667B19E3779F9u, 0x27D4EB2F165667C5u}}};

struct job {
    const struct tide_plan *plan;
    const struct tide_hash_seed *seed;
    struct tide_flink_order order;
};

static void begin(struct job *job, const struct tide_plan *plan, const struct tide_hash_seed *seed)
{
    *job = (struct job){.plan = plan, .seed = seed};
    assert_true(tide_flink_order_init(&job->order, plan));
}

static void take(struct job *job, unsigned number, uint64_t row, int64_t time_ms,
                 int64_t watermark_ms)
{
    char text[32];
    uint64_t hash;
    struct tide_key key = {
        .bytes = (uint32_t)snprintf(text, 32, number % 3 ? "k%u" : "a long key with the number %u",
                                    number)};
    if (key.bytes <= TIDE_KEY_INLINE_BYTES) {
        memcpy(key.words, text, key.bytes);
        hash = tide_hash_inline(job->seed, key.words[0], key.words[1]);
    } else {
        hash = tide_hash_bytes(job->seed, text, key.bytes);
        key.words[0] = (uint64_t)(uintptr_t)text;
        key.words[1] = hash;
    }
    const struct tide_flink_row flink_row = {row, time_ms, watermark_ms, time_ms, watermark_ms};
    assert_true(tide_flink_order_row(&job->order, &flink_row, &key, hash));
}

/* The same in another run. */
static void move(struct job *job, uint64_t row_count)
{
    struct tide_snapshot snapshot = {.bytes = NULL};
    struct job next;
    tide_flink_order_save(&job->order, &snapshot);
    assert_false(snapshot.has_failed);
    begin(&next, job->plan, job->seed == &seeds[0] ? &seeds[1] : &seeds[0]);
    struct tide_snapshot_reader reader = {
        .at = snapshot.bytes, .end = snapshot.bytes + snapshot.count, .row_count = row_count};
    bool loaded = tide_flink_order_load(&next.order, next.seed, &reader);
    assert_null(reader.damage);
    assert_true(loaded);
    assert_ptr_equal(reader.at, reader.end);
    tide_snapshot_fini(&snapshot);
    tide_flink_order_fini(&job->order);
    *job = next;
}

static void assert_same(struct job *job, struct job *moved, int64_t time_ms,
                        bool (*next)(struct tide_flink_order *, int64_t, struct tide_flink_fired *))
{
    for (;;) {
        struct tide_flink_fired fired, other;
        bool fires = next(&job->order, time_ms, &fired);
        assert_int_equal(next(&moved->order, time_ms, &other), fires);
        if (!fires) return;
        assert_int_equal(fired.end_ms, other.end_ms);
        assert_int_equal(fired.first_row, other.first_row);
    }
}

static void go_on_as_if_nothing_had_been(const struct tide_plan *plan, struct chance *chance)
{
    struct job job, moved;
    int64_t now_ms = 0, watermark_ms = INT64_MIN;
    begin(&job, plan, &seeds[0]);
    begin(&moved, plan, &seeds[1]);
    for (uint64_t row = 0; row < ROWS; row++) {
        unsigned key = chance_below(chance, KEYS);
        now_ms += chance_is(chance, 3) ? chance_below(chance, 20) : 0; /* many at one time */
        int64_t time_ms = now_ms - chance_below(chance, 2 * DELAY_MS);
        take(&job, key, row, time_ms, watermark_ms);
        take(&moved, key, row, time_ms, watermark_ms);
        if (now_ms - DELAY_MS > watermark_ms && chance_is(chance, 4)) {
            watermark_ms = now_ms - DELAY_MS;
            assert_same(&job, &moved, watermark_ms, tide_flink_order_next);
            assert_same(&job, &moved, watermark_ms, tide_flink_order_next_silence);
        }
        if (chance_is(chance, 10)) move(&moved, row + 1);
    }
    assert_same(&job, &moved, INT64_MAX, tide_flink_order_next);
    assert_same(&job, &moved, INT64_MAX, tide_flink_order_next_silence);
    assert_int_equal(job.order.keys.count, moved.order.keys.count);
    tide_flink_order_fini(&job.order);
    tide_flink_order_fini(&moved.order);
}

static const char *const plans[][6] = {
    {"--window", "tumbling:10ms", "--inactive", "30ms"},
    {"--window", "tumbling:20ms", "--allowed-lateness", "50ms"},
    {"--window", "sliding:30ms/7ms", "--allowed-lateness", "10ms"},
    {"--window", "session:9ms"},
    {"--window", "session:9ms", "--allowed-lateness", "40ms", "--inactive", "15ms"},
    {"--window", "session:9ms", "--allowed-lateness", "300000000d"},
    {"--window", "count:3", "--inactive", "15ms"},
};

enum { PLANS = sizeof plans / sizeof plans[0] };

static void moved_orders_go_on_as_those_that_stayed(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    for (size_t i = 0; i < PLANS; i++) {
        struct planned planned;
        const char *words[8] = {NULL};
        for (unsigned j = 0; j < 6; j++) words[j] = plans[i][j];
        plan_begin(&planned, words);
        for (unsigned round = 0; round < 5; round++)
            go_on_as_if_nothing_had_been(&planned.plan, &chance);
        plan_end(&planned);
    }
}

/* --- what cannot be --- */

static void make_small(const struct tide_plan *plan, struct tide_snapshot *snapshot)
{
    struct job job;
    begin(&job, plan, &seeds[0]);
    for (unsigned row = 0; row < 8; row++) take(&job, row % 3, row, row * 13 % 40, INT64_MIN);
    *snapshot = (struct tide_snapshot){.bytes = NULL};
    tide_flink_order_save(&job.order, snapshot);
    tide_flink_order_fini(&job.order);
}

static const char *try_load(const struct tide_plan *plan, const char *bytes, size_t count)
{
    struct job job;
    struct tide_flink_fired fired;
    begin(&job, plan, &seeds[1]);
    struct tide_snapshot_reader reader = {.at = bytes, .end = bytes + count, .row_count = 8};
    if (tide_flink_order_load(&job.order, job.seed, &reader)) {
        assert_null(reader.damage);
        for (unsigned row = 8; row < 60; row++) take(&job, row % 4, row, row * 13 % 70, row / 2);
        while (tide_flink_order_next(&job.order, INT64_MAX, &fired)) continue;
        while (tide_flink_order_next_silence(&job.order, INT64_MAX, &fired)) continue;
    } else {
        assert_non_null(reader.damage);
    }
    tide_flink_order_fini(&job.order);
    return reader.damage;
}

static void what_is_torn_is_refused_and_what_is_flipped_refused_or_harmless(void **state)
{
    (void)state;
    for (size_t i = 0; i < PLANS; i++) {
        struct planned planned;
        struct tide_snapshot snapshot;
        const char *words[8] = {NULL};
        unsigned refused = 0;
        for (unsigned j = 0; j < 6; j++) words[j] = plans[i][j];
        plan_begin(&planned, words);
        make_small(&planned.plan, &snapshot);
        assert_null(try_load(&planned.plan, snapshot.bytes, snapshot.count));
        for (size_t count = 0; count < snapshot.count; count++) {
            char *copy = tide_alloc(count ? count : 1); /* so that reading beyond it is seen */
            memcpy(copy, snapshot.bytes, count);
            assert_non_null(try_load(&planned.plan, copy, count));
            tide_free(copy);
        }
        for (size_t bit = 0; bit < snapshot.count * 8; bit++) {
            snapshot.bytes[bit / 8] ^= (char)(1 << bit % 8);
            refused += try_load(&planned.plan, snapshot.bytes, snapshot.count) != NULL;
            snapshot.bytes[bit / 8] ^= (char)(1 << bit % 8);
        }
        assert_in_range(refused, snapshot.count, snapshot.count * 8);
        tide_snapshot_fini(&snapshot);
        plan_end(&planned);
    }
}

/* One key with these windows, and a heap of this many timers. */
struct stated {
    int64_t start_ms, end_ms;
    uint32_t fire_at, clean_up_at;
};

static void expect(const char *window, const char *lateness, unsigned timers, unsigned count,
                   const struct stated windows[], const char *damage)
{
    struct planned planned;
    struct tide_snapshot snapshot = {.bytes = NULL};
    PLAN(&planned, "--window", window, "--allowed-lateness", lateness);
    tide_put_i64(&snapshot, 0);
    tide_put_u64(&snapshot, timers);
    tide_put_u64(&snapshot, 0);
    tide_put_u64(&snapshot, 1);
    tide_put_key(&snapshot, "a", 1);
    tide_put_u32(&snapshot, 0);
    tide_put_u64(&snapshot, count);
    for (unsigned i = 0; i < count; i++) {
        tide_put_i64(&snapshot, windows[i].start_ms);
        tide_put_i64(&snapshot, windows[i].end_ms);
        tide_put_u64(&snapshot, i);
        tide_put_u32(&snapshot, windows[i].fire_at);
        tide_put_u32(&snapshot, windows[i].clean_up_at);
    }
    const char *found = try_load(&planned.plan, snapshot.bytes, snapshot.count);
    if (damage) assert_non_null(found);
    else assert_null(found);
    if (damage) assert_string_equal(found, damage);
    tide_snapshot_fini(&snapshot);
    plan_end(&planned);
}

static void what_cannot_be_is_named(void **state)
{
    (void)state;
    static const char none[] = "a window is none of --window's",
                      place[] = "a timer has a place that is taken, or none",
                      order[] = "timers are missing, or not in their order",
                      ends[] = "a key's windows are not in the order of their ends";
    static const struct stated later = {10, 20, 2, 0}, first = {0, 10, 1, 0};
    expect("tumbling:10ms", "0", 2, 2, (struct stated[]){later, first}, NULL);
    expect("tumbling:10ms", "0", 2, 2, (struct stated[]){first, later}, ends);
    expect("tumbling:10ms", "0", 2, 2, (struct stated[]){first, first}, ends);
    expect("tumbling:10ms", "0", 2, 2, (struct stated[]){{10, 20, 1, 0}, {0, 10, 2, 0}}, order);
    expect("tumbling:10ms", "0", 3, 2, (struct stated[]){later, first}, order);
    expect("tumbling:10ms", "0", 1, 2, (struct stated[]){later, first}, place);
    expect("tumbling:10ms", "0", 2, 2, (struct stated[]){{10, 20, 1, 0}, first}, place);
    expect("tumbling:10ms", "0", 1, 1, (struct stated[]){{5, 15, 1, 0}}, none);
    expect("tumbling:10ms", "0", 1, 1, (struct stated[]){{0, 20, 1, 0}}, none);
    expect("count:3", "0", 1, 1, (struct stated[]){{0, 20, 1, 0}}, none);
    expect("session:10ms", "0", 1, 1, (struct stated[]){{0, 9, 1, 0}}, none);
    expect("session:10ms", "0", 1, 1, (struct stated[]){{5, INT64_MIN, 1, 0}}, none);
    expect("session:10ms", "0", 2, 2, (struct stated[]){later, {-9, 9, 1, 0}}, NULL);
    expect("session:10ms", "0", 2, 2, (struct stated[]){later, first}, ends); /* they touch */
    expect("tumbling:10ms", "5ms", 2, 1, (struct stated[]){{0, 10, 1, 2}}, NULL);
    expect("tumbling:10ms", "0", 2, 1, (struct stated[]){{0, 10, 1, 2}},
           "a window has a timer that it needs not");
    expect("tumbling:10ms", "0", 0, 0, NULL, "a key has neither windows nor a silence");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_torn_is_refused_and_what_is_flipped_refused_or_harmless),
        cmocka_unit_test(what_cannot_be_is_named),
        cmocka_unit_test(moved_orders_go_on_as_those_that_stayed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
