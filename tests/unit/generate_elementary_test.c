/* Are logarithm and exponential right to the last bits, and are these the bits every machine has?
 */
#include "engine/instruments/generate/elementary.h"

#include "engine/instruments/generate/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "child.h"

#include <math.h>
#include <string.h>

enum { DRAWS = 200000 };
static const double precision = 8 * 0x1p-53; /* a few units in the last place */

static void check_near(double is, long double expected, double argument)
{
    if (fabsl((long double)is - expected) > fabsl(expected) * precision)
        fail_msg("at %a: %a, not %La", argument, is, expected);
}

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void log_of_zero(void)
{
    volatile double x = tide_log(0);
    (void)x;
}

static void log_below_zero(void)
{
    volatile double x = tide_log(-1);
    (void)x;
}

static void a_logarithm_of_what_has_none_is_a_bug(void **state)
{
    (void)state;
    assert_true(aborts(log_of_zero));
    assert_true(aborts(log_below_zero));
}

static void an_exponent_beyond_the_range_counts_as_its_end(void **state)
{
    (void)state;
    assert_true(tide_exp(1e9) == tide_exp(700));
    assert_true(tide_exp(-1e9) == tide_exp(-700));
    assert_true(tide_exp(-1e9) > 0);
}

static void both_agree_with_wider_arithmetic(void **state)
{
    (void)state;
    struct tide_random random = {.state = 7};
    for (int i = 0; i < DRAWS; i++) {
        double unit = tide_random_unit(tide_random_next(&random));
        double x = 1400 * unit - 700, small = (unit + 0x1p-53) * 3;
        check_near(tide_exp(x), expl(x), x);
        check_near(tide_exp(unit), expl(unit), unit);
        check_near(tide_log(tide_exp(x)), logl(tide_exp(x)), x);
        if (small != 1) check_near(tide_log(small), logl(small), small);
    }
}

static void ratios_stay_accurate_near_zero(void **state)
{
    (void)state;
    assert_true(tide_log1p_ratio(0) == 1 && tide_expm1_ratio(0) == 1);
    struct tide_random random = {.state = 8};
    for (int i = 0; i < DRAWS; i++) {
        double t = 2 * tide_random_unit(tide_random_next(&random)) - 1 + 0x1p-53;
        for (double scale = 1; scale > 0x1p-60; scale /= 1024) {
            double x = t * scale;
            if (x == 0 || x <= -1) continue;
            check_near(tide_log1p_ratio(x), log1pl(x) / x, x);
            check_near(tide_expm1_ratio(x), expm1l(x) / x, x);
        }
    }
}

/* What another compiler, build or machine must give too. */
static void the_bits_are_these(void **state)
{
    (void)state;
    struct tide_random random = {.state = 9};
    uint64_t sum = 0;
    for (int i = 0; i < DRAWS; i++) {
        double unit = tide_random_unit(tide_random_next(&random)) + 0x1p-53;
        sum = sum * 31 + bits_of(tide_log(unit));
        sum = sum * 31 + bits_of(tide_exp(40 * unit - 20));
        sum = sum * 31 + bits_of(tide_log1p_ratio(2 * unit - 1 + 0x1p-20));
        sum = sum * 31 + bits_of(tide_expm1_ratio(2 * unit - 1));
    }
    assert_int_equal(sum, UINT64_C(0x539cac9f189c8e28));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_logarithm_of_what_has_none_is_a_bug),
        cmocka_unit_test(an_exponent_beyond_the_range_counts_as_its_end),
        cmocka_unit_test(both_agree_with_wider_arithmetic),
        cmocka_unit_test(ratios_stay_accurate_near_zero),
        cmocka_unit_test(the_bits_are_these),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
