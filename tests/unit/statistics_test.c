/* Are median, quartiles, deviation and outliers those of the textbook, whatever the order, the
 * count and the outliers? */
#include "engine/instruments/bench/statistics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chance.h"
#include "near.h"

#define NEAR 1e-12

static void no_value_gives_zeroes(void **state)
{
    (void)state;
    struct tide_summary summary = {.count = 7, .median = 7};
    tide_summarise(NULL, 0, &summary);
    assert_int_equal(summary.count, 0);
    assert_int_equal(summary.outliers, 0);
    assert_near(summary.median, 0, 0);
    assert_near(tide_summary_noise(&summary), 0, 0);
}

static void one_value_is_everything(void **state)
{
    (void)state;
    double value[] = {3};
    struct tide_summary summary;
    tide_summarise(value, 1, &summary);
    assert_near(summary.least, 3, 0);
    assert_near(summary.quartile_low, 3, 0);
    assert_near(summary.median, 3, 0);
    assert_near(summary.most, 3, 0);
    assert_near(summary.deviation, 0, 0);
}

static void two_values_have_their_mean_as_median(void **state)
{
    (void)state;
    double values[] = {5, 1};
    struct tide_summary summary;
    tide_summarise(values, 2, &summary);
    assert_near(summary.least, 1, 0);
    assert_near(summary.quartile_low, 2, NEAR);
    assert_near(summary.median, 3, NEAR);
    assert_near(summary.quartile_high, 4, NEAR);
    assert_near(summary.most, 5, 0);
    assert_near(summary.deviation, 2, NEAR);
}

/* R: quantile(x, type = 7) and mad(x, constant = 1) of these. */
static void values_of_a_textbook_come_out(void **state)
{
    (void)state;
    double values[] = {9, 1, 4, 2, 6, 4};
    struct tide_summary summary;
    tide_summarise(values, 6, &summary);
    assert_near(summary.quartile_low, 2.5, NEAR);
    assert_near(summary.median, 4, NEAR);
    assert_near(summary.quartile_high, 5.5, NEAR);
    assert_near(summary.deviation, 2, NEAR);
    assert_near(tide_summary_noise(&summary), 1.4826 * 2 / 4, NEAR);
    assert_int_equal(summary.outliers, 0);
}

static void far_values_are_outliers_and_do_not_move_the_middle(void **state)
{
    (void)state;
    double values[] = {1.01, 1.00, 250, 0.99, 1.02, 0.98, 1.00, 0.001};
    struct tide_summary summary;
    tide_summarise(values, 8, &summary);
    assert_int_equal(summary.outliers, 2);
    assert_near(summary.median, 1.00, NEAR);
    assert_near(summary.deviation, 0.015, 1e-9);
    assert_near(summary.most, 250, 0);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double plain_median(double values[], unsigned count)
{
    qsort(values, count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static void deviation_is_the_median_of_the_sorted_distances(void **state)
{
    (void)state;
    struct chance chance = {20240511};
    for (unsigned round = 0; round < 2000; round++) {
        double values[40], distances[40];
        unsigned count = 1 + chance_below(&chance, 40);
        for (unsigned i = 0; i < count; i++)
            values[i] = chance_below(&chance, round % 2 ? 10 : 1000000);
        struct tide_summary summary;
        tide_summarise(values, count, &summary);
        for (unsigned i = 0; i < count; i++) distances[i] = fabs(values[i] - summary.median);
        assert_near(summary.median, plain_median(values, count), 1e-9);
        assert_near(summary.deviation, plain_median(distances, count), 1e-9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_value_gives_zeroes),
        cmocka_unit_test(one_value_is_everything),
        cmocka_unit_test(two_values_have_their_mean_as_median),
        cmocka_unit_test(values_of_a_textbook_come_out),
        cmocka_unit_test(far_values_are_outliers_and_do_not_move_the_middle),
        cmocka_unit_test(deviation_is_the_median_of_the_sorted_distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
