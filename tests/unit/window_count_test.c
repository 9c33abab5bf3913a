/* Is a number of rows read, and does no watermark fire windows of so many rows? */
#include "engine/base/error.h"
#include "operators/windows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void wrong_number_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",   "0",   "00", "-1",  "+1",
                                        "1s", "1.5", " 1", "1,2", "1000000000000000000"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct tide_window_shape shape;
        struct tide_error error = {0};
        if (tide_window_count.parse(texts[i], &shape, &error)) fail_msg("'%s'", texts[i]);
        assert_int_equal(error.exit, TIDE_EXIT_USAGE);
    }
}

static void number_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t row_count;
    } cases[] = {{"1", 1}, {"007", 7}, {"100", 100}, {"999999999999999999", 999999999999999999}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tide_window_shape shape;
        struct tide_error error = {0};
        assert_true(tide_window_count.parse(cases[i].text, &shape, &error));
        assert_int_equal(shape.row_count, cases[i].row_count);
        assert_int_equal(shape.size_ms, 0);
    }
}

static void time_fires_nothing_and_a_key_has_one_window(void **state)
{
    (void)state;
    const struct tide_window_shape shape = {.row_count = 3};
    assert_int_equal(tide_window_count.next_fire(&shape, INT64_MIN), INT64_MAX);
    assert_int_equal(tide_window_count.next_fire(&shape, 0), INT64_MAX);
    assert_int_equal(tide_window_count.count_over(&shape, INT64_MAX), 1);
    assert_int_equal(tide_window_count.start(&shape, -5), -5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_number_is_refused),
        cmocka_unit_test(number_is_read),
        cmocka_unit_test(time_fires_nothing_and_a_key_has_one_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
