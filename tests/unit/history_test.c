/* Does a window look back at the right ones, also when it fires again, and is no more kept than
 * that needs? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/state/history.h"
#include "tests/unit/chance.h"

#include <string.h>

static struct tide_key key_of(uint64_t number)
{
    return (struct tide_key){.words = {number + 1, 0}, .bytes = 8};
}

static struct tide_history_record *open_record(struct tide_history *history, uint64_t number)
{
    struct tide_key key = key_of(number);
    struct tide_history_record *record = tide_history_open(history, &key, number * 77);
    assert_non_null(record);
    return record;
}

static struct tide_span span_at(int64_t start_ms)
{
    return (struct tide_span){start_ms, start_ms + 10};
}

static void put(struct tide_history *history, int64_t start_ms, int64_t sum, int64_t watermark_ms)
{
    assert_true(
        tide_history_put(history, open_record(history, 0), span_at(start_ms), sum, watermark_ms));
}

/* What the window that starts there looks back at, as a text. */
static void assert_before(struct tide_history *history, struct tide_span span, const char *expected)
{
    uint32_t count;
    char text[256] = "";
    const tide_int128 *sums = tide_history_before(history, open_record(history, 0), span, &count);
    for (uint32_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%lld", i ? " " : "",
                 (long long)sums[i]);
    assert_string_equal(text, expected);
}

static void a_key_without_windows_has_nothing_to_look_back_at(void **state)
{
    (void)state;
    struct tide_history history;
    assert_true(tide_history_init(&history, 3, -1));
    assert_before(&history, span_at(0), "");
    tide_history_fini(&history);
}

static void a_window_looks_back_at_the_latest_of_its_key(void **state)
{
    (void)state;
    struct tide_history history;
    assert_true(tide_history_init(&history, 3, -1));
    assert_true(tide_history_put(&history, open_record(&history, 1), span_at(0), 99, 9));
    static const char *const expected[] = {"0", "0 1", "0 1 2", "1 2 3", "2 3 4"};
    for (int64_t i = 0; i < 5; i++) {
        put(&history, 10 * i, i, 10 * i + 9);
        assert_before(&history, span_at(10 * i + 10), expected[i]);
    }
    tide_history_fini(&history);
}

/* Count windows may begin and end at the same times and are not the same for that. */
static void windows_that_fire_once_are_never_taken_for_one_another(void **state)
{
    (void)state;
    struct tide_history history;
    assert_true(tide_history_init(&history, 3, -1));
    for (int64_t i = 0; i < 3; i++) put(&history, 0, i, 0);
    assert_before(&history, span_at(0), "0 1 2");
    tide_history_fini(&history);
}

static void a_window_that_fires_again_looks_back_from_its_place(void **state)
{
    (void)state;
    struct tide_history history;
    assert_true(tide_history_init(&history, 2, 1000));
    for (int64_t i = 0; i < 5; i++) put(&history, 10 * i, i, 10 * i + 9);
    assert_before(&history, span_at(30), "1 2");
    put(&history, 30, 33, 60);
    assert_before(&history, span_at(30), "1 2");
    assert_before(&history, span_at(40), "2 33");
    assert_before(&history, span_at(50), "33 4");
    assert_before(&history, span_at(0), "");
    assert_before(&history, span_at(10), "0");
    tide_history_fini(&history);
}

/* A row in time for a window that nobody has seen yet, behind later ones. */
static void a_window_born_late_has_its_place_by_first_firing(void **state)
{
    (void)state;
    struct tide_history history;
    assert_true(tide_history_init(&history, 2, 1000));
    put(&history, 100, 1, 109);
    put(&history, 110, 2, 119);
    assert_before(&history, span_at(0), "1 2");
    put(&history, 0, 3, 119);
    assert_before(&history, span_at(0), "1 2");
    assert_before(&history, span_at(120), "2 3");
    assert_before(&history, span_at(110), "1");
    tide_history_fini(&history);
}

static void a_session_that_merges_takes_the_earliest_place(void **state)
{
    (void)state;
    struct tide_history history;
    const struct tide_key key = key_of(0);
    const struct tide_span whole = {0, 40};
    assert_true(tide_history_init(&history, 4, 1000));
    put(&history, 30, 1, 100);
    put(&history, 60, 2, 100);
    put(&history, 0, 3, 100);
    put(&history, 80, 4, 100);
    tide_history_move(&history, &key, 0, span_at(30), whole);
    tide_history_move(&history, &key, 0, span_at(0), whole);
    assert_before(&history, span_at(100), "1 2 3 4"); /* it has not fired yet */
    assert_before(&history, whole, "");
    struct tide_history_record *record = open_record(&history, 0);
    assert_true(tide_history_put(&history, record, whole, 13, 100));
    assert_before(&history, whole, "");
    assert_before(&history, span_at(100), "13 2 4");
    assert_before(&history, span_at(80), "13 2");
    tide_history_fini(&history);
}

static void moving_what_has_not_fired_does_nothing(void **state)
{
    (void)state;
    struct tide_history history;
    const struct tide_key key = key_of(0), other = key_of(5);
    assert_true(tide_history_init(&history, 4, 1000));
    put(&history, 30, 1, 100);
    tide_history_move(&history, &key, 0, span_at(60), span_at(30));
    tide_history_move(&history, &other, 5 * 77, span_at(30), span_at(60));
    assert_before(&history, span_at(30), "");
    assert_before(&history, span_at(40), "1");
    tide_history_fini(&history);
}

/* Against a list of all windows there ever were; the watermark moves on, windows fire first and
 * again as long as they may. */
static void what_is_kept_is_enough_and_not_much_more(void **state)
{
    (void)state;
    struct chance chance = {3};
    enum { WINDOWS = 4000, SIZE = 10 };
    static int64_t starts[WINDOWS], sums[WINDOWS];
    for (int round = 0; round < 12; round++) {
        struct tide_history history;
        const uint32_t depth = 1 + chance_below(&chance, 30);
        const int64_t lateness_ms = (int64_t)chance_below(&chance, 3) * 70;
        assert_true(tide_history_init(&history, depth, lateness_ms));
        struct tide_history_record *record = open_record(&history, 0);
        unsigned count = 0;
        for (int64_t watermark_ms = 0; count < WINDOWS && watermark_ms < 40000;) {
            watermark_ms += (int64_t)chance_below(&chance, 4) * 5;
            int64_t oldest = watermark_ms - lateness_ms - SIZE + 2;
            int64_t start_ms = watermark_ms - SIZE + 1 - (int64_t)chance_below(&chance, 90);
            start_ms = start_ms / SIZE * SIZE;
            if (start_ms < oldest || start_ms < 0) continue;
            unsigned place = 0;
            while (place < count && starts[place] != start_ms) place++;
            uint32_t seen, expected = place < depth ? place : depth;
            const tide_int128 *before =
                tide_history_before(&history, record, span_at(start_ms), &seen);
            assert_int_equal(seen, expected);
            for (uint32_t i = 0; i < seen; i++)
                assert_true(before[i] == sums[place - expected + i]);
            starts[place] = start_ms;
            sums[place] = (int64_t)chance_below(&chance, 1000);
            if (place == count) count++;
            assert_true(
                tide_history_put(&history, record, span_at(start_ms), sums[place], watermark_ms));
            assert_true(record->end - record->begin <= depth + lateness_ms / SIZE + 3);
        }
        assert_true(record->capacity <= 4 * (depth + lateness_ms / SIZE + 3));
        tide_history_fini(&history);
    }
}

/* --- snapshots --- */

enum { SNAPSHOT_ROWS = 1000 };

/* Loads a record for key 0 out of these words: how many windows, how many of them settled, then
 * sums and spans. NULL: it is one like any other. */
static const char *load_words(uint32_t depth, int64_t lateness_ms, uint32_t count, uint32_t settled,
                              const int64_t words[], unsigned word_count)
{
    struct tide_history history;
    struct tide_snapshot snapshot = {0};
    const struct tide_key key = key_of(0);
    assert_true(tide_history_init(&history, depth, lateness_ms));
    tide_put_u32(&snapshot, count);
    tide_put_u32(&snapshot, settled);
    for (unsigned i = 0; i < word_count; i++) tide_put_i64(&snapshot, words[i]);
    struct tide_snapshot_reader reader = {
        .at = snapshot.bytes, .end = snapshot.bytes + snapshot.count, .row_count = SNAPSHOT_ROWS};
    bool loaded = tide_history_load(&history, &key, 0, &reader);
    assert_int_equal(loaded, reader.damage == NULL);
    if (loaded) assert_ptr_equal(reader.at, reader.end);
    tide_snapshot_fini(&snapshot);
    tide_history_fini(&history);
    return reader.damage;
}

#define LOAD(depth, lateness_ms, count, settled, ...)                                              \
    load_words(depth, lateness_ms, count, settled, (const int64_t[]){__VA_ARGS__},                 \
               sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static void a_record_that_cannot_be_is_refused(void **state)
{
    (void)state;
    assert_null(LOAD(2, -1, 2, 2, 7, 0, -8, -1));
    assert_null(LOAD(2, 100, 2, 1, 7, 0, 8, 0, 10, 20));
    assert_string_equal(LOAD(2, -1, 0, 0, 0), "a key looks back at more windows than follow");
    assert_string_equal(LOAD(2, -1, 2, 2, 7, 0, 8), "a key looks back at more windows than follow");
    assert_string_equal(LOAD(2, -1, UINT32_MAX, 0, 7, 0),
                        "a key looks back at more windows than follow");
    assert_string_equal(LOAD(1, -1, 2, 2, 7, 0, 8, 0),
                        "a key looks back further than its rules do");
    assert_string_equal(LOAD(2, -1, 2, 1, 7, 0, 8, 0, 10, 20),
                        "a key looks back further than its rules do");
    assert_string_equal(LOAD(2, 100, 1, 2, 7, 0), "a key looks back further than its rules do");
    assert_string_equal(LOAD(2, 100, 2, 1, 7, 0, 8, 0, 10, 9), "a window ends before it begins");
    assert_string_equal(LOAD(2, 100, 2, 1, 7, 0, 8, 0, 10), "it ends too early");
    assert_string_equal(LOAD(2, -1, 1, 1, 0, INT64_MAX), "a sum is too large for its rows");
    assert_string_equal(LOAD(2, -1, 1, 1, 0, INT64_MIN), "a sum is too large for its rows");
}

static void a_key_that_comes_twice_is_refused(void **state)
{
    (void)state;
    struct tide_history history;
    struct tide_snapshot snapshot = {0};
    const struct tide_key key = key_of(0);
    assert_true(tide_history_init(&history, 2, -1));
    open_record(&history, 0);
    tide_put_u32(&snapshot, 1);
    tide_put_u32(&snapshot, 1);
    tide_put_u64(&snapshot, 5); /* a sum: its low half, then its high one */
    tide_put_u64(&snapshot, 0);
    struct tide_snapshot_reader reader = {
        .at = snapshot.bytes, .end = snapshot.bytes + snapshot.count, .row_count = SNAPSHOT_ROWS};
    assert_false(tide_history_load(&history, &key, 0, &reader));
    assert_string_equal(reader.damage, "a key comes twice");
    tide_snapshot_fini(&snapshot);
    tide_history_fini(&history);
}

static void a_key_without_windows_is_not_saved(void **state)
{
    (void)state;
    struct tide_history history;
    struct tide_snapshot snapshot = {0};
    assert_true(tide_history_init(&history, 2, -1));
    open_record(&history, 0);
    tide_history_save(&history, &snapshot);
    assert_int_equal(snapshot.count, 8);
    put(&history, 0, 5, 9);
    tide_snapshot_clear(&snapshot);
    tide_history_save(&history, &snapshot);
    assert_int_equal(snapshot.count, 8 + TIDE_HISTORY_SNAPSHOT_BYTES + 8);
    tide_snapshot_fini(&snapshot);
    tide_history_fini(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_that_cannot_be_is_refused),
        cmocka_unit_test(a_key_that_comes_twice_is_refused),
        cmocka_unit_test(a_key_without_windows_is_not_saved),
        cmocka_unit_test(a_key_without_windows_has_nothing_to_look_back_at),
        cmocka_unit_test(a_window_looks_back_at_the_latest_of_its_key),
        cmocka_unit_test(windows_that_fire_once_are_never_taken_for_one_another),
        cmocka_unit_test(a_window_that_fires_again_looks_back_from_its_place),
        cmocka_unit_test(a_window_born_late_has_its_place_by_first_firing),
        cmocka_unit_test(a_session_that_merges_takes_the_earliest_place),
        cmocka_unit_test(moving_what_has_not_fired_does_nothing),
        cmocka_unit_test(what_is_kept_is_enough_and_not_much_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
