/* Is every time in the window that Flink puts it in, below zero and at the ends of 64 bits too, and
 * does a window fire at the watermark that reaches its end - 1? The assignments marked (F) are
 * facts of Flink's own tests (TumblingEventTimeWindowsTest, TimeWindowTest); negative offsets are
 * given there as offset modulo size. */
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
    static const char *const texts[] = {"",          "10",     "0",       "0s",     "0+1s",
                                        "10s+",      "10s+x",  "10s+-1s", "10s-1s", "+1s",
                                        "10s+1s+1s", "10s 1s", "10s/5s"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct tide_window_shape shape;
        struct tide_error error = {0};
        if (tide_window_tumbling.parse(texts[i], &shape, &error)) fail_msg("'%s'", texts[i]);
        assert_int_equal(error.exit, TIDE_EXIT_USAGE);
    }
}

static void shape_is_read_and_its_offset_brought_below_the_size(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t size_ms, offset_ms;
    } cases[] = {
        {"10s", 10000, 0},
        {"1h+15min", 3600000, 900000},
        {"1d+16h", 86400000, 57600000},
        {"5s+5s", 5000, 0},
        {"5s+12s", 5000, 2000},
        {"1ms", 1, 0},
        {"1ms+7ms", 1, 0},
        {"5s+0", 5000, 0},
        {"4611686018427387904ms+1ms", (int64_t)1 << 62, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tide_window_shape shape;
        struct tide_error error = {0};
        assert_true(tide_window_tumbling.parse(cases[i].text, &shape, &error));
        assert_int_equal(shape.size_ms, cases[i].size_ms);
        assert_int_equal(shape.slide_ms, cases[i].size_ms);
        assert_int_equal(shape.offset_ms, cases[i].offset_ms);
    }
}

static const struct {
    int64_t size_ms, offset_ms, time_ms, start_ms;
} assignments[] = {
    {5000, 0, 0, 0},
    {5000, 0, 4999, 0},
    {5000, 0, 5000, 5000}, /* (F) */
    {5000, 100, 100, 100},
    {5000, 100, 5099, 100},
    {5000, 100, 5100, 5100}, /* (F) */
    {5000, 4900, 0, -100},
    {5000, 4900, 4899, -100},
    {5000, 4900, 4900, 4900}, /* (F) -100 */
    {5000, 1000, 1000, 1000},
    {5000, 1000, 5999, 1000},
    {5000, 1000, 6000, 6000}, /* (F) */
    {7, 0, 1, 0},
    {7, 0, 6, 0},
    {7, 0, 7, 7}, /* (F) */
    {7, 0, 8, 7},
    {7, 3, 1, -4},
    {7, 3, 2, -4}, /* (F) */
    {7, 3, 3, 3},
    {7, 3, 9, 3},
    {7, 3, 10, 10}, /* (F) */
    {7, 5, 1, -2},
    {7, 5, -2, -2},
    {7, 5, 3, -2}, /* (F) -2 */
    {7, 5, 4, -2},
    {7, 5, 7, 5},
    {7, 5, 12, 12},                                     /* (F) -2 */
    {86400000, 57600000, 1470902048450, 1470844800000}, /* (F) -8 h */
    {10000, 0, -1, -10000},
    {10000, 0, -10000, -10000},
    {10000, 0, -10001, -20000},
    {10000, 1, 0, -9999},
    {10000, 9999, -2, -10001},
    {10000, 9999, -1, -1},
    {1, 0, -1, -1},
    {1, 0, INT64_MAX, INT64_MAX},
    {1, 0, INT64_MIN, INT64_MIN},
    {10, 0, INT64_MAX, INT64_MAX - 7},
    {10, 0, INT64_MIN + 8, INT64_MIN + 8},
    {10, 0, INT64_MIN, INT64_MIN}, /* would start 2 below */
    {(int64_t)1 << 62, 0, -1, -((int64_t)1 << 62)},
};

static void time_is_in_the_window_below_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof assignments / sizeof assignments[0]; i++) {
        const struct tide_window_shape shape = {assignments[i].size_ms, assignments[i].size_ms,
                                                assignments[i].offset_ms, 0};
        int64_t start_ms = tide_window_tumbling.start(&shape, assignments[i].time_ms);
        if (start_ms != assignments[i].start_ms)
            fail_msg("case %zu: %lld instead of %lld", i, (long long)start_ms,
                     (long long)assignments[i].start_ms);
    }
}

static void watermark_fires_at_the_end_minus_one(void **state)
{
    (void)state;
    static const struct {
        int64_t size_ms, offset_ms, watermark_ms, next_ms;
    } cases[] = {
        {10000, 0, 0, 9999},
        {10000, 0, 9998, 9999},
        {10000, 0, 9999, 19999},
        {10000, 0, -1, 9999},
        {10000, 0, -2, -1},
        {10000, 0, -10001, -1},
        {10000, 3, 0, 2},
        {10000, 3, 2, 10002},
        {1, 0, 5, 6},
        {1, 0, INT64_MAX - 1, INT64_MAX},
        {10, 0, INT64_MAX, INT64_MAX},
        {10, 0, INT64_MAX - 8, INT64_MAX},
        {10, 0, INT64_MAX - 9, INT64_MAX - 8},
        {10, 0, INT64_MIN, INT64_MIN + 7},
        {1, 0, INT64_MIN, INT64_MIN + 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct tide_window_shape shape = {cases[i].size_ms, cases[i].size_ms,
                                                cases[i].offset_ms, 0};
        int64_t next_ms = tide_window_tumbling.next_fire(&shape, cases[i].watermark_ms);
        if (next_ms != cases[i].next_ms)
            fail_msg("case %zu: %lld instead of %lld", i, (long long)next_ms,
                     (long long)cases[i].next_ms);
    }
}

static void every_time_is_covered_once_and_fires_once(void **state)
{
    (void)state;
    for (int64_t size = 1; size <= 9; size++) {
        for (int64_t offset = 0; offset < size; offset++) {
            const struct tide_window_shape shape = {size, size, offset, 0};
            for (int64_t time = -40; time <= 40; time++) {
                int64_t start = tide_window_tumbling.start(&shape, time);
                assert_true(start <= time && time < start + size);
                assert_int_equal((start - offset) % size, 0);
                assert_int_equal(tide_window_tumbling.next_fire(&shape, time - 1),
                                 start + size - 1);
                const struct tide_window_bounds slice = tide_window_tumbling.slice(&shape, time);
                assert_int_equal(slice.start_ms, start);
                assert_int_equal(slice.end_ms, start + size);
            }
        }
    }
}

static void most_windows_over_a_span_are_counted(void **state)
{
    (void)state;
    for (int64_t size = 1; size <= 9; size++) {
        const struct tide_window_shape shape = {size, size, size / 2, 0};
        for (int64_t span = 0; span <= 30; span++) {
            int64_t most = 0;
            for (int64_t first = -20; first <= 20; first++) {
                int64_t starts = tide_window_tumbling.start(&shape, first + span) -
                                 tide_window_tumbling.start(&shape, first);
                if (starts / size + 1 > most) most = starts / size + 1;
            }
            assert_int_equal(tide_window_tumbling.count_over(&shape, span), most);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_shape_is_refused),
        cmocka_unit_test(shape_is_read_and_its_offset_brought_below_the_size),
        cmocka_unit_test(time_is_in_the_window_below_it),
        cmocka_unit_test(watermark_fires_at_the_end_minus_one),
        cmocka_unit_test(every_time_is_covered_once_and_fires_once),
        cmocka_unit_test(most_windows_over_a_span_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
