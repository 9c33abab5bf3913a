/* Are places as dense as the rate says, and rows as far behind them as the disorder says? */
#include "engine/instruments/generate/times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shape_given.h"

#include <math.h>
#include <string.h>

enum { DRAWS = 400000 };

static struct tide_times read_times(const char *text)
{
    struct shape_given given;
    struct tide_times times = {0};
    if (!tide_disorder_read(&times, shape_given(&given, text), SHAPE))
        fail_msg("%s", given.error.text);
    return times;
}

static void texts_that_are_no_disorder_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "5",
                                        "x",
                                        "uniform",
                                        "uniform:",
                                        "normal:1s",
                                        "exponential:5",
                                        "367d",
                                        "exponential:367d",
                                        "exponential:1s:2s"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct shape_given given;
        struct tide_times times;
        if (tide_disorder_read(&times, shape_given(&given, texts[i]), SHAPE))
            fail_msg("'%s' was taken", texts[i]);
        check_refusal(&given, "");
    }
}

static void places_lie_where_division_puts_them(void **state)
{
    (void)state;
    static const uint64_t rates[] = {1, 3, 7, 999, 1000, 1001, 1500, 64000, 1000000000};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct tide_times times = {.rate = rates[i]};
        struct tide_place place = tide_place_first(&times);
        for (uint64_t row = 0; row < 10000; row++) {
            assert_int_equal(place.time_ms, tide_first_ms + (int64_t)(row * 1000 / rates[i]));
            tide_place_next(&place);
        }
    }
}

/* How many of the draws are behind by from .. to - 1 ms; none lies outside the bound. */
static unsigned count_behind(const struct tide_times *times, int64_t from_ms, int64_t to_ms)
{
    struct tide_random random = {.state = 31};
    unsigned count = 0;
    for (int i = 0; i < DRAWS; i++) {
        int64_t behind_ms = tide_times_behind_ms(times, tide_random_next(&random));
        assert_true(behind_ms >= 0 && behind_ms <= times->disorder_ms);
        count += behind_ms >= from_ms && behind_ms < to_ms;
    }
    return count;
}

static void check_share(unsigned count, double share)
{
    double expected = DRAWS * share, deviation = sqrt(expected * (1 - share));
    if (fabs(count - expected) > 5 * deviation) fail_msg("%u, not %.1f", count, expected);
}

static void uniform_disorder_is_as_likely_everywhere(void **state)
{
    (void)state;
    struct tide_times times = read_times("999ms"), same = read_times("uniform:999ms");
    for (int tenth = 0; tenth < 10; tenth++) {
        unsigned count = count_behind(&times, 100 * tenth, 100 * tenth + 100);
        check_share(count, 0.1);
        assert_int_equal(count, count_behind(&same, 100 * tenth, 100 * tenth + 100));
    }
}

static void exponential_disorder_halves_with_each_tenth(void **state)
{
    (void)state;
    struct tide_times times = read_times("exponential:9999ms");
    for (int tenth = 0; tenth < 10; tenth++)
        check_share(count_behind(&times, 1000 * tenth, 1000 * tenth + 1000),
                    exp2(-tenth - 1) / (1 - exp2(-10)));
}

static void no_disorder_is_none(void **state)
{
    (void)state;
    struct tide_times times = read_times("0"), exponential = read_times("exponential:0");
    assert_int_equal(count_behind(&times, 0, 1), DRAWS);
    assert_int_equal(count_behind(&exponential, 0, 1), DRAWS);
}

static void the_greatest_draw_stays_within_the_bound(void **state)
{
    (void)state;
    static const char *const texts[] = {"exponential:1ms", "exponential:366d", "1ms", "366d"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct tide_times times = read_times(texts[i]);
        assert_int_equal(tide_times_behind_ms(&times, UINT64_MAX), times.disorder_ms);
        assert_int_equal(tide_times_behind_ms(&times, 0), 0);
    }
}

static void a_late_row_is_beyond_the_bound(void **state)
{
    (void)state;
    struct tide_times times = {.late_beyond_ms = 5000, .late_by_ms = 3};
    assert_int_equal(tide_times_late_ms(&times, 0), 5001);
    assert_int_equal(tide_times_late_ms(&times, 2), 5003);
    assert_int_equal(tide_times_late_ms(&times, 3), 5001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_that_are_no_disorder_are_refused),
        cmocka_unit_test(places_lie_where_division_puts_them),
        cmocka_unit_test(uniform_disorder_is_as_likely_everywhere),
        cmocka_unit_test(exponential_disorder_halves_with_each_tenth),
        cmocka_unit_test(no_disorder_is_none),
        cmocka_unit_test(the_greatest_draw_stays_within_the_bound),
        cmocka_unit_test(a_late_row_is_beyond_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
