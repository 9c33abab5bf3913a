/* Are the cases of a sweep every level at every combination of what is varied, and nothing that a
 * run would refuse? */
#include "engine/instruments/bench/cases.h"

#include "operators/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void check_levels(const char *text, unsigned cores, const unsigned expected[], size_t count)
{
    struct tide_bench_cases cases = {0};
    struct tide_error error = {0};
    if (!tide_bench_cases_set_levels(&cases, text, &tide_operators, cores, &error))
        fail_msg("%s", error.text);
    assert_int_equal(cases.level_count, count);
    for (size_t i = 0; i < count; i++) assert_int_equal(cases.levels[i], expected[i]);
    tide_bench_cases_fini(&cases);
}

#define CHECK_LEVELS(text, cores, ...)                                                             \
    check_levels(text, cores, (const unsigned[]){__VA_ARGS__},                                     \
                 sizeof((const unsigned[]){__VA_ARGS__}) / sizeof(unsigned))

static void texts_that_are_no_levels_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",    "0",   ",",     "1,",  "1,,2", "257", "-1",
                                        "1 2", "1,1", "2,1,2", "1-4", "x",    "1.5"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct tide_bench_cases cases = {0};
        struct tide_error error = {0};
        assert_false(tide_bench_cases_set_levels(&cases, texts[i], &tide_operators, 2, &error));
        assert_int_equal(error.exit, TIDE_EXIT_USAGE);
        tide_bench_cases_fini(&cases);
    }
}

static void more_levels_than_there_is_room_for_are_refused(void **state)
{
    (void)state;
    char text[512] = "1";
    struct tide_bench_cases cases = {0};
    struct tide_error error = {0};
    for (unsigned i = 2; i <= TIDE_BENCH_VALUES_MAX + 1; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), ",%u", i);
    assert_false(tide_bench_cases_set_levels(&cases, text, &tide_operators, 2, &error));
    assert_string_equal(error.text, "more than 32 levels");
    tide_bench_cases_fini(&cases);
}

static void what_cannot_be_varied_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "batch-rows",
                                        "=1",
                                        "batch-rows=",
                                        "batch-rows=1,",
                                        "batch-rows=65537",
                                        "batch=1",
                                        "parallelism=1",
                                        "ring-slots=5",
                                        "order=none",
                                        "order=key,global,key"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct tide_bench_cases cases = {0};
        struct tide_error error = {0};
        assert_false(tide_bench_cases_vary(&cases, texts[i], &tide_operators, &error));
        assert_int_equal(error.exit, TIDE_EXIT_USAGE);
        tide_bench_cases_fini(&cases);
    }
}

static void too_many_cases_are_refused(void **state)
{
    (void)state;
    struct tide_bench_cases cases = {.level_count = 20};
    struct tide_error error = {0};
    cases.value_counts[TIDE_BENCH_BATCH_ROWS] = 6;
    cases.value_counts[TIDE_BENCH_RING_SLOTS] = 5;
    assert_false(tide_bench_cases_list(&cases, TIDE_ORDER_GLOBAL, &error));
    assert_string_equal(error.text, "600 cases are too many, at most 512: vary less at a time");
    tide_bench_cases_fini(&cases);
}

static void levels_are_sorted(void **state)
{
    (void)state;
    CHECK_LEVELS("7", 2, 7);
    CHECK_LEVELS("8,1,256,2", 2, 1, 2, 8, 256);
}

static void the_default_goes_to_twice_the_cores(void **state)
{
    (void)state;
    CHECK_LEVELS(NULL, 1, 1, 2);
    CHECK_LEVELS(NULL, 2, 1, 2, 4);
    CHECK_LEVELS(NULL, 3, 1, 2, 4, 6);
    CHECK_LEVELS(NULL, 8, 1, 2, 4, 8, 16);
    CHECK_LEVELS(NULL, 200, 1, 2, 4, 8, 16, 32, 64, 128, 256);
}

static void nothing_varied_is_one_series(void **state)
{
    (void)state;
    struct tide_bench_cases cases = {.level_count = 2, .levels = {1, 3}};
    assert_true(tide_bench_cases_list(&cases, TIDE_ORDER_KEY, &(struct tide_error){0}));
    assert_int_equal(cases.case_count, 2);
    assert_int_equal(cases.items[1].parallelism, 3);
    assert_int_equal(cases.items[1].order, TIDE_ORDER_KEY);
    assert_null(cases.items[1].values[TIDE_BENCH_ORDER]);
    assert_true(tide_bench_cases_any_key_order(&cases));
    tide_bench_cases_fini(&cases);
}

static void every_combination_comes_once_series_by_series(void **state)
{
    (void)state;
    static const char *const expected[][2] = {
        {"64", "global"}, {"64", "key"}, {"auto", "global"}, {"auto", "key"}};
    struct tide_bench_cases cases = {.level_count = 2, .levels = {1, 3}};
    struct tide_error error = {0};
    assert_true(tide_bench_cases_vary(&cases, "order=global,key", &tide_operators, &error));
    assert_true(tide_bench_cases_vary(&cases, "batch-rows=64,auto", &tide_operators, &error));
    assert_true(tide_bench_cases_list(&cases, TIDE_ORDER_GLOBAL, &error));
    assert_int_equal(cases.series_count, 4);
    assert_int_equal(cases.case_count, 8);
    for (unsigned i = 0; i < 8; i++) {
        const struct tide_bench_case *item = &cases.items[i];
        assert_int_equal(item->series, i / 2);
        assert_int_equal(item->parallelism, i % 2 ? 3 : 1);
        assert_string_equal(item->values[TIDE_BENCH_BATCH_ROWS], expected[i / 2][0]);
        assert_null(item->values[TIDE_BENCH_RING_SLOTS]);
        assert_string_equal(item->values[TIDE_BENCH_ORDER], expected[i / 2][1]);
        assert_int_equal(item->order, i / 2 % 2 ? TIDE_ORDER_KEY : TIDE_ORDER_GLOBAL);
    }
    tide_bench_cases_fini(&cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_that_are_no_levels_are_refused),
        cmocka_unit_test(more_levels_than_there_is_room_for_are_refused),
        cmocka_unit_test(what_cannot_be_varied_is_refused),
        cmocka_unit_test(too_many_cases_are_refused),
        cmocka_unit_test(levels_are_sorted),
        cmocka_unit_test(the_default_goes_to_twice_the_cores),
        cmocka_unit_test(nothing_varied_is_one_series),
        cmocka_unit_test(every_combination_comes_once_series_by_series),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
