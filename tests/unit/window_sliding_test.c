/* Is every time in the windows that Flink and Beam put it in, below zero too, with gaps, and where
 * the slide does not divide the size; do these fire in their order, and is no window cut across by
 * a slice? The assignments marked (F) are facts of Flink's SlidingEventTimeWindowsTest (negative
 * offsets are given there as offset modulo slide), those marked (B) of Beam's SlidingWindowsTest.
 */
#include "engine/base/error.h"
#include "operators/windows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void wrong_shape_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",         "10s",       "10s/",      "/5s",
                                        "10s/0",    "0/5s",      "10s/5",     "10s/5s+",
                                        "10s/5s+x", "10s+1s/5s", "10s/5s-1s", "10s/5s/1s",
                                        "10s /5s",  "10s/-5s",   "0s/0s",     "10s/5s+1s+1s"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct tide_window_shape shape;
        struct tide_error error = {0};
        if (tide_window_sliding.parse(texts[i], &shape, &error)) fail_msg("'%s'", texts[i]);
        assert_int_equal(error.exit, TIDE_EXIT_USAGE);
    }
}

static void shape_is_read_and_its_offset_brought_below_the_slide(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct tide_window_shape shape;
    } cases[] = {
        {"60s/1s", {60000, 1000, 0, 0}},
        {"10s/15s", {10000, 15000, 0, 0}},
        {"1h/15min+5min", {3600000, 900000, 300000, 0}},
        {"10s/4s+4s", {10000, 4000, 0, 0}},
        {"10s/4s+9s", {10000, 4000, 1000, 0}},
        {"10s/4s+0", {10000, 4000, 0, 0}},
        {"1ms/1ms+7ms", {1, 1, 0, 0}},
        {"4611686018427387904ms/4611686018427387904ms+1ms",
         {(int64_t)1 << 62, (int64_t)1 << 62, 1, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tide_window_shape shape = {0};
        struct tide_error error = {0};
        assert_true(tide_window_sliding.parse(cases[i].text, &shape, &error));
        assert_memory_equal(&shape, &cases[i].shape, sizeof shape);
    }
}

/* The windows of a time are those from `first` to `last`, by start; first > last: it is in a gap.
 */
static const struct {
    struct tide_window_shape shape;
    int64_t time_ms, first_ms, last_ms;
} assignments[] = {
    {{5000, 1000, 0, 0}, 0, -4000, 0},
    {{5000, 1000, 0, 0}, 4999, 0, 4000},
    {{5000, 1000, 0, 0}, 5000, 1000, 5000}, /* (F) */
    {{5000, 1000, 100, 0}, 100, -3900, 100},
    {{5000, 1000, 100, 0}, 5099, 100, 4100},
    {{5000, 1000, 100, 0}, 5100, 1100, 5100}, /* (F) */
    {{5000, 1000, 900, 0}, 0, -4100, -100},
    {{5000, 1000, 900, 0}, 4899, -100, 3900},
    {{5000, 1000, 900, 0}, 4900, 900, 4900}, /* (F) -100 */
    {{5000, 1000, 500, 0}, 100, -4500, -500},
    {{5000, 1000, 500, 0}, 5499, 500, 4500},
    {{5000, 1000, 500, 0}, 5100, 500, 4500}, /* (F) */
    {{10, 5, 0, 0}, 1, -5, 0},
    {{10, 5, 0, 0}, 5, 0, 5},
    {{10, 5, 0, 0}, 9, 0, 5},
    {{10, 5, 0, 0}, 11, 5, 10}, /* (B) */
    {{7, 5, 0, 0}, 1, -5, 0},
    {{7, 5, 0, 0}, 2, 0, 0},
    {{7, 5, 0, 0}, 5, 0, 5},
    {{7, 5, 0, 0}, 9, 5, 5},
    {{7, 5, 0, 0}, 11, 5, 10}, /* (B) */
    {{3, 10, 0, 0}, 2, 0, 0},
    {{3, 10, 0, 0}, 3, 10, 0},
    {{3, 10, 0, 0}, 9, 10, 0},
    {{3, 10, 0, 0}, 10, 10, 10},
    {{3, 10, 0, 0}, 100, 100, 100}, /* (B) */
    {{10, 5, 2, 0}, 1, -8, -3},
    {{10, 5, 2, 0}, 2, -3, 2},
    {{10, 5, 2, 0}, 11, 2, 7}, /* (B) */
    {{10000, 4000, 0, 0}, -1, -8000, -4000},
    {{10000, 4000, 0, 0}, -10001, -20000, -12000},
    {{3, 10, 0, 0}, -1, 0, -10},
    {{3, 10, 9, 0}, -1, -1, -1},
    {{3, 10, 9, 0}, 2, 9, -1},
};

static void time_is_in_the_windows_that_cover_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof assignments / sizeof assignments[0]; i++) {
        const struct tide_window_shape shape = assignments[i].shape;
        const int64_t time_ms = assignments[i].time_ms;
        int64_t last_ms = tide_window_sliding.start(&shape, time_ms);
        int64_t first_ms = tide_window_sliding.next_fire(&shape, time_ms - 1) + 1 - shape.size_ms;
        if (last_ms != assignments[i].last_ms || first_ms != assignments[i].first_ms)
            fail_msg("case %zu: %lld to %lld", i, (long long)first_ms, (long long)last_ms);
        bool is_in_gap = tide_window_end(&shape, last_ms) <= time_ms;
        assert_int_equal(is_in_gap, first_ms > last_ms);
    }
}

static bool starts_at(const struct tide_window_shape *shape, int64_t time)
{
    return (time - shape->offset_ms) % shape->slide_ms == 0;
}

static bool ends_at(const struct tide_window_shape *shape, int64_t time)
{
    return starts_at(shape, time - shape->size_ms);
}

/* Against the meaning itself: windows start where starts_at says. */
static void check_shape(const struct tide_window_shape *shape)
{
    for (int64_t time = -25; time <= 25; time++) {
        int64_t start = time, next = time + 1, begin = time, end = time + 1;
        while (!starts_at(shape, start)) start--;
        while (!ends_at(shape, next)) next++;
        while (!starts_at(shape, begin) && !ends_at(shape, begin)) begin--;
        while (!starts_at(shape, end) && !ends_at(shape, end)) end++;
        assert_int_equal(tide_window_sliding.start(shape, time), start);
        assert_int_equal(tide_window_sliding.next_fire(shape, time - 1), next - 1);
        const struct tide_window_bounds slice = tide_window_sliding.slice(shape, time);
        assert_int_equal(slice.start_ms, begin);
        assert_int_equal(slice.end_ms, end);
    }
}

static void starts_fires_and_slices_are_where_windows_start_and_end(void **state)
{
    (void)state;
    for (int64_t size = 1; size <= 11; size++)
        for (int64_t slide = 1; slide <= 11; slide++)
            for (int64_t offset = 0; offset < slide; offset++)
                check_shape(&(struct tide_window_shape){size, slide, offset, 0});
}

static void far_ends_saturate(void **state)
{
    (void)state;
    const int64_t most = (int64_t)1 << 62;
    const struct tide_window_shape wide = {most, most, most - 1, 0}, long_slide = {1, most, 5, 0};
    assert_int_equal(tide_window_sliding.next_fire(&wide, INT64_MAX), INT64_MAX);
    assert_int_equal(tide_window_sliding.next_fire(&wide, INT64_MAX - 1), INT64_MAX);
    assert_int_equal(tide_window_sliding.start(&wide, -most), -most - 1);
    assert_int_equal(tide_window_sliding.start(&long_slide, most), 5);
    assert_int_equal(tide_window_sliding.start(&long_slide, -most), -2 * most + 5);
    assert_int_equal(tide_window_sliding.slice(&wide, most).end_ms, 2 * (most - 1) + 1);
    assert_int_equal(tide_window_end(&wide, most - 1), 2 * (most - 1) + 1);
    assert_int_equal(tide_window_end(&wide, most), INT64_MAX);
    assert_int_equal(tide_window_sliding.count_over(&wide, INT64_MAX), 3);
}

/* Windows that hold some time of [first, last]. */
static uint64_t count_windows(const struct tide_window_shape *shape, int64_t first, int64_t last)
{
    uint64_t windows = 0;
    for (int64_t start = first - shape->size_ms; start <= last; start++)
        windows += starts_at(shape, start) && start + shape->size_ms > first;
    return windows;
}

static void most_windows_over_a_span_are_counted(void **state)
{
    (void)state;
    for (int64_t size = 1; size <= 9; size++) {
        for (int64_t slide = 1; slide <= 9; slide++) {
            const struct tide_window_shape shape = {size, slide, slide / 2, 0};
            for (int64_t span = 0; span <= 25; span++) {
                uint64_t most = 0;
                for (int64_t first = 0; first < slide; first++) {
                    uint64_t windows = count_windows(&shape, first, first + span);
                    if (windows > most) most = windows;
                }
                assert_int_equal(tide_window_sliding.count_over(&shape, span), most);
            }
        }
    }
}

/* Those from one start to the next that some window holds. */
static void slices_of_a_slide_are_counted(void **state)
{
    (void)state;
    for (int64_t size = 1; size <= 11; size++) {
        for (int64_t slide = 1; slide <= 11; slide++) {
            const struct tide_window_shape shape = {size, slide, slide / 2, 0};
            unsigned slices = 0;
            for (int64_t time = shape.offset_ms; time < shape.offset_ms + slide;
                 time = tide_window_sliding.slice(&shape, time).end_ms)
                slices += tide_window_end(&shape, tide_window_sliding.start(&shape, time)) > time;
            assert_int_equal(tide_window_slices(&shape), slices);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_shape_is_refused),
        cmocka_unit_test(shape_is_read_and_its_offset_brought_below_the_slide),
        cmocka_unit_test(time_is_in_the_windows_that_cover_it),
        cmocka_unit_test(starts_fires_and_slices_are_where_windows_start_and_end),
        cmocka_unit_test(far_ends_saturate),
        cmocka_unit_test(most_windows_over_a_span_are_counted),
        cmocka_unit_test(slices_of_a_slide_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
