/* Are amounts spread as their shape says? Seeds are fixed, bounds are five standard deviations. */
#include "engine/instruments/generate/amounts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shape_given.h"

#include <math.h>
#include <string.h>

enum { DRAWS = 400000 };

static struct tide_amounts read_amounts(const char *text)
{
    struct shape_given given;
    struct tide_amounts amounts;
    if (!tide_amounts_read(&amounts, shape_given(&given, text), SHAPE))
        fail_msg("%s", given.error.text);
    return amounts;
}

/* The share of draws below so many cents. */
static double share_below(const struct tide_amounts *amounts, double cents)
{
    struct tide_random random = {.state = 21};
    unsigned count = 0;
    for (int i = 0; i < DRAWS; i++)
        count += (double)tide_amounts_draw(amounts, tide_random_next(&random)) < cents;
    return (double)count / DRAWS;
}

static void check_share(double share, double expected)
{
    double deviation = sqrt(expected * (1 - expected) / DRAWS);
    if (fabs(share - expected) > 5 * deviation) fail_msg("%.5f, not %.5f", share, expected);
}

static void texts_that_are_no_shape_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "normal",
        "uniform:",
        "uniform:0",
        "uniform:0.001",
        "uniform:-5",
        "uniform:1000000000.01",
        "lognormal:",
        "lognormal:1000",
        "lognormal:1000/",
        "lognormal:/1",
        "lognormal:1000/5.1",
        "lognormal:1000/-1",
        "lognormal:0/1",
        "uniform:5000/1",
        "lognormal:$5/1",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct shape_given given;
        struct tide_amounts amounts;
        if (tide_amounts_read(&amounts, shape_given(&given, texts[i]), SHAPE))
            fail_msg("'%s' was taken", texts[i]);
        check_refusal(&given, "'");
    }
}

static void uniform_amounts_fill_their_range(void **state)
{
    (void)state;
    struct tide_amounts amounts = read_amounts("uniform");
    assert_int_equal(amounts.high_cents, 500000);
    for (int tenth = 1; tenth < 10; tenth++)
        check_share(share_below(&amounts, 50000 * tenth), tenth / 10.0);
    assert_true(share_below(&amounts, 500000) == 1);
    amounts = read_amounts("uniform:0.02");
    check_share(share_below(&amounts, 1), 0.5);
    assert_true(share_below(&amounts, 2) == 1);
}

/* Shares of the standard normal distribution below -2, -1, 0, 1, 2 and 3. */
static void logarithms_of_lognormal_amounts_are_normal(void **state)
{
    (void)state;
    static const double below[] = {0.022750132, 0.158655254, 0.5,
                                   0.841344746, 0.977249868, 0.998650102};
    struct tide_amounts amounts = read_amounts("lognormal:200/0.7");
    for (int i = 0; i < 6; i++)
        check_share(share_below(&amounts, 20000 * exp(0.7 * (i - 2))), below[i]);
    assert_int_equal(amounts.high_cents, llround(20000 * exp(3 * 0.7)));
}

static void without_a_sigma_all_are_the_median(void **state)
{
    (void)state;
    struct tide_amounts amounts = read_amounts("lognormal:12.34/0");
    struct tide_random random = {.state = 22};
    for (int i = 0; i < 1000; i++)
        assert_int_equal(tide_amounts_draw(&amounts, tide_random_next(&random)), 1234);
}

static void a_tail_beyond_the_greatest_amount_is_cut_off(void **state)
{
    (void)state;
    struct tide_amounts amounts = read_amounts("lognormal:1000000000/5");
    struct tide_random random = {.state = 23};
    uint64_t greatest = 0;
    for (int i = 0; i < DRAWS; i++) {
        uint64_t cents = tide_amounts_draw(&amounts, tide_random_next(&random));
        if (cents > greatest) greatest = cents;
    }
    assert_int_equal(greatest, TIDE_CENTS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_that_are_no_shape_are_refused),
        cmocka_unit_test(uniform_amounts_fill_their_range),
        cmocka_unit_test(logarithms_of_lognormal_amounts_are_normal),
        cmocka_unit_test(without_a_sigma_all_are_the_median),
        cmocka_unit_test(a_tail_beyond_the_greatest_amount_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
