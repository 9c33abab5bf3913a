/* Do the aggregate operators fold groups of rows in order and tell the exact value of each entry?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/text/exact.h"
#include "operators/aggregates.h"

#include <string.h>

enum { SCALE = 2, ENTRIES = 3, ROWS = 8, STATE_BYTES = 64 };

static const struct tide_aggregate *const all[] = {
    &tide_aggregate_sum,  &tide_aggregate_count,  &tide_aggregate_min,   &tide_aggregate_max,
    &tide_aggregate_mean, &tide_aggregate_stddev, &tide_aggregate_first, &tide_aggregate_last,
};

/* Three entries whose rows are interleaved; entry 1 gets a single row. */
static const struct {
    int entry;
    int units;
} rows[ROWS] = {{0, 150}, {1, -725}, {0, -50}, {2, 0}, {0, 300}, {2, -1}, {0, 300}, {2, -2}};

/* NULL: the value is NULL. */
static const struct {
    const struct tide_aggregate *aggregate;
    const char *values[ENTRIES];
} expected[] = {
    {&tide_aggregate_stddev, {"1.658312", NULL, "0.01"}},
    {&tide_aggregate_mean, {"1.75", "-7.25", "-0.01"}},
    {&tide_aggregate_sum, {"7", "-7.25", "-0.03"}},
    {&tide_aggregate_count, {"4", "1", "3"}},
    {&tide_aggregate_min, {"-0.5", "-7.25", "-0.02"}},
    {&tide_aggregate_max, {"3", "-7.25", "0"}},
    {&tide_aggregate_first, {"1.5", "-7.25", "0"}},
    {&tide_aggregate_last, {"3", "-7.25", "-0.02"}},
};

struct fixture {
    struct tide_entry entries[ENTRIES];
    _Alignas(16) unsigned char states[ENTRIES][STATE_BYTES];
};

/* Folds the rows in groups of at most group_rows; states begin as garbage. */
static void fold_rows(struct fixture *fixture, const struct tide_aggregate *aggregate,
                      size_t group_rows)
{
    memset(fixture, 0, sizeof *fixture);
    memset(fixture->states, 0xA5, sizeof fixture->states);
    assert_true(aggregate->state_bytes <= STATE_BYTES);
    for (size_t start = 0; start < ROWS; start += group_rows) {
        void *states[ROWS];
        tide_int128 values[ROWS];
        uint8_t fresh[ROWS];
        size_t count = 0;
        for (size_t i = start; i < start + group_rows && i < ROWS; i++, count++) {
            struct tide_entry *entry = &fixture->entries[rows[i].entry];
            states[count] = fixture->states[rows[i].entry];
            values[count] = rows[i].units;
            fresh[count] = entry->count == 0;
            entry->sum += rows[i].units;
            entry->count++;
        }
        if (aggregate->fold) aggregate->fold(states, values, fresh, NULL, count);
    }
}

static void assert_value(const struct tide_aggregate *aggregate, const struct fixture *fixture,
                         int entry, const char *text)
{
    const void *state = aggregate->state_bytes ? fixture->states[entry] : NULL;
    struct tide_value value = aggregate->value(&fixture->entries[entry], state, SCALE);
    assert_int_equal(value.null, text == NULL);
    if (!text) return;
    char printed[TIDE_DECIMAL_TEXT_BYTES + 1];
    printed[tide_decimal_print(printed, value.units, value.scale)] = '\0';
    assert_string_equal(printed, text);
}

static void values_do_not_depend_on_how_rows_are_grouped(void **state)
{
    (void)state;
    for (size_t group_rows = 1; group_rows <= ROWS; group_rows++) {
        for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
            struct fixture fixture;
            print_message("%s in groups of %zu\n", expected[i].aggregate->name, group_rows);
            fold_rows(&fixture, expected[i].aggregate, group_rows);
            for (int entry = 0; entry < ENTRIES; entry++)
                assert_value(expected[i].aggregate, &fixture, entry, expected[i].values[entry]);
        }
    }
}

/* Folds the rows of a set, one by one. */
static void fold_set(struct fixture *fixture, const struct tide_aggregate *aggregate, unsigned set)
{
    memset(fixture, 0, sizeof *fixture);
    memset(fixture->states, 0xA5, sizeof fixture->states);
    for (size_t i = 0; i < ROWS; i++) {
        if (!(set >> i & 1)) continue;
        struct tide_entry *entry = &fixture->entries[rows[i].entry];
        void *const states[] = {fixture->states[rows[i].entry]};
        const tide_int128 values[] = {rows[i].units};
        const uint8_t fresh[] = {entry->count == 0};
        const uint64_t row_numbers[] = {i};
        if (entry->count == 0) entry->first_row = i;
        entry->sum += rows[i].units;
        entry->count++;
        if (aggregate->fold) aggregate->fold(states, values, fresh, row_numbers, 1);
    }
}

/* As the windows do it: first the states, then what every entry keeps. */
static void merge_entry(const struct tide_aggregate *aggregate, struct fixture *into,
                        const struct fixture *from, int entry)
{
    struct tide_entry *into_entry = &into->entries[entry];
    const struct tide_entry *from_entry = &from->entries[entry];
    if (from_entry->count == 0) return;
    if (into_entry->count == 0) {
        memcpy(into->states[entry], from->states[entry], STATE_BYTES);
        *into_entry = *from_entry;
        return;
    }
    if (aggregate->merge)
        aggregate->merge(into->states[entry], into_entry, from->states[entry], from_entry);
    into_entry->sum += from_entry->sum;
    into_entry->count += from_entry->count;
}

static void merged_parts_have_the_value_of_all_rows_however_they_were_parted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        for (unsigned set = 0; set < 1u << ROWS; set++) {
            struct fixture part, rest;
            fold_set(&part, expected[i].aggregate, set);
            fold_set(&rest, expected[i].aggregate, ~set);
            for (int entry = 0; entry < ENTRIES; entry++) {
                merge_entry(expected[i].aggregate, &part, &rest, entry);
                assert_value(expected[i].aggregate, &part, entry, expected[i].values[entry]);
            }
        }
    }
}

static void a_fresh_row_forgets_the_state_of_an_entry_before(void **state)
{
    (void)state;
    static const tide_int128 values[] = {900, -900, 7};
    static const uint8_t fresh[] = {1, 0, 1};
    const struct tide_entry entry = {.sum = 7, .count = 1};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!all[i]->fold || all[i] == &tide_aggregate_stddev) continue;
        _Alignas(16) unsigned char bytes[STATE_BYTES];
        void *const states[] = {bytes, bytes, bytes};
        all[i]->fold(states, values, fresh, NULL, 3);
        assert_true(all[i]->value(&entry, bytes, SCALE).units == 7);
    }
}

static void states_of_rows_are_possible_and_garbage_is_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const struct tide_aggregate *aggregate = all[i];
        if (!aggregate->check) continue;
        print_message("%s\n", aggregate->name);
        struct fixture fixture;
        fold_rows(&fixture, aggregate, ROWS);
        for (int entry = 0; entry < ENTRIES; entry++)
            assert_true(aggregate->check(&fixture.entries[entry], fixture.states[entry]));
        for (unsigned bit = 100; bit < 128; bit++) { /* an amount of 2^100 is none */
            struct fixture bad = fixture;
            bad.states[0][bit / 8] ^= (unsigned char)(1 << bit % 8);
            if (aggregate != &tide_aggregate_stddev)
                assert_false(aggregate->check(&bad.entries[0], bad.states[0]));
        }
        struct fixture bad = fixture;
        memset(bad.states, 0xA5, sizeof bad.states);
        assert_false(aggregate->check(&bad.entries[0], bad.states[0]));
    }
}

static void squares_are_not_too_small_for_the_sum_nor_too_large_for_the_rows(void **state)
{
    (void)state;
    struct tide_entry entry = {.sum = 6, .count = 3};
    struct tide_squares squares = {{11}};
    assert_false(tide_aggregate_stddev.check(&entry, &squares)); /* 3 x 11 < 6 x 6 */
    squares.words[0] = 12;
    assert_true(tide_aggregate_stddev.check(&entry, &squares));
    tide_squares_add(&squares, (tide_int128)tide_power_of_ten(27));
    assert_true(tide_aggregate_stddev.check(&entry, &squares));
    tide_squares_add(&squares, (tide_int128)tide_power_of_ten(27) * 2);
    assert_false(tide_aggregate_stddev.check(&entry, &squares));
}

static void every_value_has_the_scale_of_its_unit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const struct tide_aggregate *aggregate = all[i];
        struct fixture fixture;
        fold_rows(&fixture, aggregate, ROWS);
        unsigned scale = aggregate->value(&fixture.entries[0], fixture.states[0], SCALE).scale;
        if (aggregate->unit == TIDE_UNIT_AMOUNT) assert_int_equal(scale, SCALE);
        else if (aggregate->unit == TIDE_UNIT_COUNT) assert_int_equal(scale, 0);
        else assert_int_equal(scale, TIDE_AGGREGATE_MEAN_DECIMALS);
    }
}

static void tables_keep_the_promises_of_their_struct(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        assert_int_equal(all[i]->state_bytes % 16, 0);
        assert_int_equal(all[i]->fold == NULL, all[i]->state_bytes == 0);
        assert_int_equal(all[i]->merge == NULL, all[i]->state_bytes == 0);
        assert_int_equal(all[i]->check == NULL, all[i]->state_bytes == 0);
        assert_non_null(all[i]->value);
        assert_non_null(all[i]->summary);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merged_parts_have_the_value_of_all_rows_however_they_were_parted),
        cmocka_unit_test(states_of_rows_are_possible_and_garbage_is_not),
        cmocka_unit_test(squares_are_not_too_small_for_the_sum_nor_too_large_for_the_rows),
        cmocka_unit_test(a_fresh_row_forgets_the_state_of_an_entry_before),
        cmocka_unit_test(values_do_not_depend_on_how_rows_are_grouped),
        cmocka_unit_test(every_value_has_the_scale_of_its_unit),
        cmocka_unit_test(tables_keep_the_promises_of_their_struct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
