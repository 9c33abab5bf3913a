/* Does each key that falls silent come up once, at its last activity and the pause, and in order?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/state/inactivity.h"
#include "tests/unit/chance.h"

enum { AFTER_MS = 100 };

/* Returns whether its timer is a new one before all others. */
static bool note(struct tide_inactivity *inactivity, uint64_t number, int64_t time_ms, uint64_t row)
{
    const struct tide_key key = {.words = {number + 1, 0}, .bytes = 8};
    bool is_first;
    assert_true(tide_inactivity_note(inactivity, &key, number * 77, time_ms, row, &is_first));
    return is_first;
}

static void assert_first(struct tide_inactivity *inactivity, uint64_t number, int64_t deadline_ms,
                         uint64_t row)
{
    const struct tide_inactive_key *first = tide_inactivity_first(inactivity);
    assert_non_null(first);
    assert_int_equal(first->head.key[0], number + 1);
    assert_int_equal(tide_inactivity_deadline(inactivity, first), deadline_ms);
    assert_int_equal(first->row, row);
}

static void without_activity_nothing_comes_up(void **state)
{
    (void)state;
    struct tide_inactivity inactivity = {0};
    tide_inactivity_fini(&inactivity);
    assert_true(tide_inactivity_init(&inactivity, AFTER_MS));
    assert_null(tide_inactivity_first(&inactivity));
    tide_inactivity_fini(&inactivity);
}

static void an_older_row_does_not_move_a_timer_that_stands(void **state)
{
    (void)state;
    struct tide_inactivity inactivity;
    assert_true(tide_inactivity_init(&inactivity, AFTER_MS));
    assert_true(note(&inactivity, 0, 50, 1));
    assert_false(note(&inactivity, 0, 49, 2));
    assert_false(note(&inactivity, 0, 50, 3));
    assert_first(&inactivity, 0, 150, 1);
    assert_false(note(&inactivity, 0, 51, 4));
    assert_first(&inactivity, 0, 151, 4);
    tide_inactivity_fini(&inactivity);
}

static void a_key_that_was_forgotten_begins_anew(void **state)
{
    (void)state;
    struct tide_inactivity inactivity;
    assert_true(tide_inactivity_init(&inactivity, AFTER_MS));
    note(&inactivity, 0, 50, 1);
    assert_non_null(tide_inactivity_first(&inactivity));
    tide_inactivity_forget_first(&inactivity);
    assert_null(tide_inactivity_first(&inactivity));
    assert_true(note(&inactivity, 0, 20, 2));
    assert_first(&inactivity, 0, 120, 2);
    tide_inactivity_fini(&inactivity);
}

static void keys_come_up_by_deadline_and_then_by_row(void **state)
{
    (void)state;
    struct tide_inactivity inactivity;
    assert_true(tide_inactivity_init(&inactivity, AFTER_MS));
    assert_true(note(&inactivity, 0, 50, 1));
    assert_false(note(&inactivity, 1, 60, 2));
    assert_false(note(&inactivity, 2, 60, 3));
    assert_true(note(&inactivity, 3, 40, 4));
    assert_false(note(&inactivity, 3, 60, 5));
    assert_false(note(&inactivity, 0, 70, 6));
    static const struct {
        uint64_t key, row;
        int64_t deadline_ms;
    } expected[] = {{1, 2, 160}, {2, 3, 160}, {3, 5, 160}, {0, 6, 170}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_first(&inactivity, expected[i].key, expected[i].deadline_ms, expected[i].row);
        tide_inactivity_forget_first(&inactivity);
    }
    assert_null(tide_inactivity_first(&inactivity));
    tide_inactivity_fini(&inactivity);
}

static void a_deadline_beyond_64_bits_is_the_end_of_time(void **state)
{
    (void)state;
    struct tide_inactivity inactivity;
    assert_true(tide_inactivity_init(&inactivity, (int64_t)1 << 62));
    note(&inactivity, 0, (int64_t)1 << 62, 1);
    assert_first(&inactivity, 0, INT64_MAX, 1);
    tide_inactivity_fini(&inactivity);
}

/* Against a table that is searched from end to end. */
static void thousands_of_keys_come_up_as_in_a_plain_table(void **state)
{
    (void)state;
    enum { KEYS = 200, ROWS = 60000 };
    struct {
        int64_t last_ms;
        uint64_t row;
    } plain[KEYS] = {{0}};
    struct chance chance = {11};
    struct tide_inactivity inactivity;
    assert_true(tide_inactivity_init(&inactivity, AFTER_MS));
    for (uint64_t row = 1; row < ROWS; row++) {
        const int64_t now_ms = (int64_t)row / 3;
        const uint32_t key = chance_below(&chance, chance_is(&chance, 3) ? KEYS : 20);
        const int64_t time_ms = now_ms - chance_below(&chance, 50);
        note(&inactivity, key, time_ms, row);
        if (plain[key].row == 0 || time_ms > plain[key].last_ms) {
            plain[key].last_ms = time_ms;
            plain[key].row = row;
        }
        for (;;) {
            uint32_t least = KEYS;
            for (uint32_t i = 0; i < KEYS; i++) {
                if (plain[i].row == 0) continue;
                if (least == KEYS || plain[i].last_ms < plain[least].last_ms ||
                    (plain[i].last_ms == plain[least].last_ms && plain[i].row < plain[least].row))
                    least = i;
            }
            if (least == KEYS) break;
            assert_first(&inactivity, least, plain[least].last_ms + AFTER_MS, plain[least].row);
            if (plain[least].last_ms + AFTER_MS > now_ms) break;
            tide_inactivity_forget_first(&inactivity);
            plain[least].row = 0;
        }
    }
    assert_true(inactivity.timers.count == inactivity.keys.count);
    tide_inactivity_fini(&inactivity);
}

/* Loads the activity of a key out of two words. */
static const char *load(struct tide_inactivity *inactivity, uint64_t number, int64_t last_ms,
                        uint64_t row, uint64_t row_count)
{
    struct tide_snapshot snapshot = {0};
    const struct tide_key key = {.words = {number + 1, 0}, .bytes = 8};
    tide_put_i64(&snapshot, last_ms);
    tide_put_u64(&snapshot, row);
    struct tide_snapshot_reader reader = {
        .at = snapshot.bytes, .end = snapshot.bytes + snapshot.count, .row_count = row_count};
    bool loaded = tide_inactivity_load(inactivity, &key, number * 77, &reader);
    assert_int_equal(loaded, reader.damage == NULL);
    tide_snapshot_fini(&snapshot);
    return reader.damage;
}

static void activity_that_cannot_be_is_refused(void **state)
{
    (void)state;
    struct tide_inactivity inactivity;
    assert_true(tide_inactivity_init(&inactivity, AFTER_MS));
    assert_null(load(&inactivity, 0, 50, 4, 5));
    assert_string_equal(load(&inactivity, 1, 50, 5, 5), "a row's number is beyond the rows read");
    assert_string_equal(load(&inactivity, 0, 60, 3, 5), "a key comes twice");
    assert_string_equal(load(&inactivity, 0, 40, 3, 5), "a key comes twice");
    tide_inactivity_fini(&inactivity);
}

/* However far its timer had still to be moved. */
static void a_key_that_was_loaded_comes_up_when_it_would_have(void **state)
{
    (void)state;
    struct tide_inactivity inactivity;
    assert_true(tide_inactivity_init(&inactivity, AFTER_MS));
    assert_null(load(&inactivity, 0, 70, 6, 9));
    assert_null(load(&inactivity, 1, INT64_MAX - 1, 7, 9));
    assert_null(load(&inactivity, 2, 60, 8, 9));
    assert_true(note(&inactivity, 3, 55, 9));
    assert_false(note(&inactivity, 2, 80, 10));
    assert_first(&inactivity, 3, 155, 9);
    tide_inactivity_forget_first(&inactivity);
    assert_first(&inactivity, 0, 170, 6);
    tide_inactivity_forget_first(&inactivity);
    assert_first(&inactivity, 2, 180, 10);
    tide_inactivity_forget_first(&inactivity);
    assert_first(&inactivity, 1, INT64_MAX, 7);
    tide_inactivity_fini(&inactivity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activity_that_cannot_be_is_refused),
        cmocka_unit_test(a_key_that_was_loaded_comes_up_when_it_would_have),
        cmocka_unit_test(without_activity_nothing_comes_up),
        cmocka_unit_test(an_older_row_does_not_move_a_timer_that_stands),
        cmocka_unit_test(a_key_that_was_forgotten_begins_anew),
        cmocka_unit_test(keys_come_up_by_deadline_and_then_by_row),
        cmocka_unit_test(a_deadline_beyond_64_bits_is_the_end_of_time),
        cmocka_unit_test(thousands_of_keys_come_up_as_in_a_plain_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
