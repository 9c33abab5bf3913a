/* Are distances counted in the right range, and percentiles no further off than promised? */
#include "engine/instruments/profile/disorder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "chance.h"

enum { ROWS = 5000 };

static struct tide_disorder disorder;
static int64_t behind_ms[ROWS];

static int set_up(void **state)
{
    (void)state;
    memset(&disorder, 0, sizeof disorder);
    return 0;
}

static int rising(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void nothing_has_percentiles_of_nothing(void **state)
{
    (void)state;
    assert_int_equal(tide_disorder_percentile_ms(&disorder, 500), 0);
    assert_int_equal(tide_disorder_percentile_ms(&disorder, 999), 0);
}

static void the_longest_distance_there_can_be_is_counted(void **state)
{
    (void)state;
    tide_disorder_add(&disorder, INT64_MAX);
    assert_int_equal(disorder.behind_max_ms, INT64_MAX);
    assert_int_equal(disorder.ranges[TIDE_DISORDER_RANGES - 1], 1);
    assert_int_equal(tide_disorder_percentile_ms(&disorder, 500), INT64_MAX);
}

static void ranges_hold_what_is_below_their_end(void **state)
{
    (void)state;
    for (unsigned i = 0; i + 1 < TIDE_DISORDER_RANGES; i++) {
        const int64_t end_ms = tide_disorder_range_end_ms(i);
        memset(&disorder, 0, sizeof disorder);
        tide_disorder_add(&disorder, end_ms - 1);
        tide_disorder_add(&disorder, end_ms);
        assert_int_equal(i == 0 ? disorder.row_count - disorder.out_of_order : disorder.ranges[i],
                         1);
        assert_int_equal(disorder.ranges[i + 1], 1);
    }
}

static void percentiles_are_near_those_of_sorted_distances(void **state)
{
    (void)state;
    static const unsigned thousandths[] = {1, 500, 900, 990, 999, 1000};
    struct chance chance = chance_begin();
    for (unsigned i = 0; i < ROWS; i++) {
        behind_ms[i] = chance_is(&chance, 3)
                           ? 0
                           : (int64_t)(chance_next(&chance) >> 1 >> chance_below(&chance, 62));
        tide_disorder_add(&disorder, behind_ms[i]);
    }
    qsort(behind_ms, ROWS, sizeof *behind_ms, rising);
    assert_int_equal(disorder.behind_max_ms, behind_ms[ROWS - 1]);
    for (size_t i = 0; i < sizeof thousandths / sizeof *thousandths; i++) {
        const int64_t exact_ms = behind_ms[(ROWS * thousandths[i] + 999) / 1000 - 1];
        const int64_t got_ms = tide_disorder_percentile_ms(&disorder, thousandths[i]);
        assert_true(got_ms >= exact_ms);
        assert_true(got_ms - exact_ms <= exact_ms / 128);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_has_percentiles_of_nothing, set_up),
        cmocka_unit_test_setup(the_longest_distance_there_can_be_is_counted, set_up),
        cmocka_unit_test_setup(ranges_hold_what_is_below_their_end, set_up),
        cmocka_unit_test_setup(percentiles_are_near_those_of_sorted_distances, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
