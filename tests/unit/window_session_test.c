/* Is the gap of sessions read, and may a session end at any time from a row's on? */
#include "engine/base/error.h"
#include "operators/windows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void wrong_gap_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "0",
                                        "0s",
                                        "10",
                                        "-1s",
                                        "+1s",
                                        "10s+1s",
                                        "10s/5s",
                                        "1.5s",
                                        "10 s",
                                        "4611686018427387905ms"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct tide_window_shape shape;
        struct tide_error error = {0};
        if (tide_window_session.parse(texts[i], &shape, &error)) fail_msg("'%s'", texts[i]);
        assert_int_equal(error.exit, TIDE_EXIT_USAGE);
    }
}

static void gap_is_the_size(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t gap_ms;
    } cases[] = {{"1ms", 1},
                 {"10s", 10000},
                 {"30min", 1800000},
                 {"4611686018427387904ms", (int64_t)1 << 62}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tide_window_shape shape;
        struct tide_error error = {0};
        assert_true(tide_window_session.parse(cases[i].text, &shape, &error));
        assert_int_equal(shape.size_ms, cases[i].gap_ms);
        assert_int_equal(shape.offset_ms, 0);
        assert_int_equal(shape.row_count, 0);
    }
}

static void row_alone_starts_at_its_time_and_any_watermark_may_fire(void **state)
{
    (void)state;
    static const int64_t times[] = {INT64_MIN, -10001, -1, 0, 1, 9999, INT64_MAX - 1};
    const struct tide_window_shape shape = {.size_ms = 10000};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        assert_int_equal(tide_window_session.start(&shape, times[i]), times[i]);
        assert_int_equal(tide_window_session.next_fire(&shape, times[i]), times[i] + 1);
    }
    assert_int_equal(tide_window_session.next_fire(&shape, INT64_MAX), INT64_MAX);
}

/* Rows of one key a millisecond further apart than the gap are sessions of their own. */
static void most_sessions_of_a_key_over_a_span_are_counted(void **state)
{
    (void)state;
    for (int64_t gap = 1; gap <= 9; gap++) {
        const struct tide_window_shape shape = {.size_ms = gap};
        for (int64_t span = 0; span <= 60; span++) {
            uint64_t most = 0;
            for (int64_t time = 0; time <= span; time += gap + 1) most++;
            assert_int_equal(tide_window_session.count_over(&shape, span), most);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_gap_is_refused),
        cmocka_unit_test(gap_is_the_size),
        cmocka_unit_test(row_alone_starts_at_its_time_and_any_watermark_may_fire),
        cmocka_unit_test(most_sessions_of_a_key_over_a_span_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
