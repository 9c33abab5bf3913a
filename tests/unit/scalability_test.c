/* Are sigma and kappa of the Universal Scalability Law found again in what was made with them, also
 * under noise, and is a fit refused where there is nothing to fit? */
#include "engine/instruments/bench/scalability.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chance.h"
#include "near.h"

#include <string.h>

enum { POINTS_MAX = 64 };

struct law {
    double lambda, sigma, kappa;
};

static double throughput(struct law law, double n)
{
    return law.lambda * n / (1 + law.sigma * (n - 1) + law.kappa * n * (n - 1));
}

/* noise: the greatest relative error, either way */
static void make_points(struct tide_usl_point points[], const unsigned ns[], unsigned count,
                        struct law law, double noise, struct chance *chance)
{
    for (unsigned i = 0; i < count; i++) {
        double off = noise > 0 ? noise * (chance_below(chance, 2001) / 1000.0 - 1) : 0;
        points[i] = (struct tide_usl_point){ns[i], throughput(law, ns[i]) * (1 + off)};
    }
}

static const unsigned doublings[] = {1, 2, 4, 8, 16, 32, 64};

static struct tide_usl fit(struct law law, const unsigned ns[], unsigned count, double noise,
                           struct chance *chance)
{
    struct tide_usl_point points[POINTS_MAX];
    struct tide_usl usl = {0};
    struct tide_error error = {0};
    make_points(points, ns, count, law, noise, chance);
    if (!tide_usl_fit(points, count, &usl, &error)) fail_msg("%s", error.text);
    return usl;
}

static void expect_refusal(const struct tide_usl_point points[], unsigned count, const char *words)
{
    struct tide_usl usl;
    struct tide_error error = {0};
    assert_false(tide_usl_fit(points, count, &usl, &error));
    if (!strstr(error.text, words)) fail_msg("no '%s' in: %s", words, error.text);
}

static void fewer_than_five_levels_are_refused(void **state)
{
    (void)state;
    const struct tide_usl_point points[] = {{1, 10}, {2, 19}, {4, 35}, {8, 60}, {8, 61}, {4, 35}};
    expect_refusal(points, 0, "there are 0");
    expect_refusal(points, 4, "there are 4");
    expect_refusal(points, 6, "there are 4"); /* the same N again is no new level */
}

static void throughput_that_is_none_is_refused(void **state)
{
    (void)state;
    static const double bad[] = {0, -1, (double)INFINITY, (double)NAN};
    for (unsigned i = 0; i < 4; i++) {
        const struct tide_usl_point points[] = {{1, 10}, {2, 19}, {4, bad[i]}, {8, 60}, {16, 90}};
        expect_refusal(points, 5, "N = 4");
    }
    const struct tide_usl_point points[] = {{0, 10}, {2, 19}, {4, 30}, {8, 60}, {16, 90}};
    expect_refusal(points, 5, "N = 0");
}

static void parameters_are_found_again(void **state)
{
    (void)state;
    static const struct law laws[] = {{20e6, 0.05, 0.001}, {1, 0.3, 0.02},
                                      {1e-3, 0.001, 1e-5}, {995.6, 0.0267, 0.000769},
                                      {7e9, 0.9, 0.1},     {3, 2, 0.5}};
    for (unsigned i = 0; i < sizeof laws / sizeof laws[0]; i++) {
        struct tide_usl usl = fit(laws[i], doublings, 7, 0, NULL);
        assert_near(usl.lambda / laws[i].lambda, 1, 1e-6);
        assert_near(usl.sigma, laws[i].sigma, 1e-6);
        assert_near(usl.kappa / laws[i].kappa, 1, 1e-4);
        assert_near(usl.r_squared, 1, 1e-9);
        assert_near(usl.error_most, 0, 1e-6);
        assert_near(tide_usl_throughput(&usl, 100) / throughput(laws[i], 100), 1, 1e-4);
    }
}

static void peak_is_where_throughput_is_greatest(void **state)
{
    (void)state;
    struct tide_usl usl = fit((struct law){1000, 0.1, 0.004}, doublings, 7, 0, NULL);
    assert_near(usl.peak, 15, 1e-6); /* sqrt(0.9 / 0.004) */
    assert_true(tide_usl_throughput(&usl, 15) > tide_usl_throughput(&usl, 14));
    assert_true(tide_usl_throughput(&usl, 15) > tide_usl_throughput(&usl, 16));
    usl = fit((struct law){1000, 1.5, 0.1}, doublings, 7, 0, NULL);
    assert_near(usl.peak, 1, 0);
}

static void straight_line_has_neither_contention_nor_peak(void **state)
{
    (void)state;
    struct tide_usl usl = fit((struct law){12.5, 0, 0}, doublings, 5, 0, NULL);
    assert_near(usl.lambda, 12.5, 1e-9);
    assert_near(usl.sigma, 0, 1e-12);
    assert_near(usl.kappa, 0, 1e-12);
    assert_near(usl.r_squared, 1, 1e-12);
}

static void better_than_linear_gives_zeroes_not_negatives(void **state)
{
    (void)state;
    const struct tide_usl_point points[] = {{1, 10}, {2, 22}, {4, 48}, {8, 100}, {16, 220}};
    struct tide_usl usl;
    struct tide_error error = {0};
    assert_true(tide_usl_fit(points, 5, &usl, &error));
    assert_near(usl.sigma, 0, 0);
    assert_near(usl.kappa, 0, 0);
    assert_near(usl.peak, 0, 0);
    assert_near(usl.lambda, 11.5716, 1e-4);
    assert_true(usl.error_most > 0.1);
}

static void same_throughput_everywhere_is_all_contention(void **state)
{
    (void)state;
    struct tide_usl usl = fit((struct law){25e6, 1, 0}, doublings, 7, 0, NULL);
    assert_near(usl.lambda / 25e6, 1, 1e-9);
    assert_near(usl.sigma, 1, 1e-6);
    assert_near(usl.kappa, 0, 1e-9);
}

static void contention_without_coherency_has_no_peak(void **state)
{
    (void)state;
    struct tide_usl usl = fit((struct law){5, 0.25, 0}, doublings, 6, 0, NULL);
    assert_near(usl.sigma, 0.25, 1e-6);
    assert_near(usl.kappa, 0, 1e-9);
    assert_true(usl.peak == 0 || usl.peak > 10000);
}

static void order_of_the_levels_does_not_matter(void **state)
{
    (void)state;
    static const unsigned mixed[] = {16, 1, 64, 4, 2, 32, 8};
    struct tide_usl usl = fit((struct law){42, 0.07, 0.002}, mixed, 7, 0, NULL);
    assert_near(usl.sigma, 0.07, 1e-6);
    assert_near(usl.kappa, 0.002, 1e-7);
}

/* Errors of up to 3 % at twelve levels: 500 times, the parameters stay near those it was made with.
 */
static void noise_moves_parameters_a_little(void **state)
{
    (void)state;
    static const unsigned ns[] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};
    const struct law law = {20e6, 0.06, 0.0015};
    struct chance chance = {4711};
    for (unsigned i = 0; i < 500; i++) {
        struct tide_usl usl = fit(law, ns, 12, 0.03, &chance);
        assert_near(usl.lambda / law.lambda, 1, 0.05);
        assert_near(usl.sigma, law.sigma, 0.02);
        assert_near(usl.kappa, law.kappa, 0.0005);
        assert_true(usl.r_squared > 0.97);
        assert_true(usl.error_most < 0.06);
    }
}

static double relative_error(const struct tide_usl_point points[], unsigned count,
                             const struct tide_usl *usl)
{
    double sum = 0;
    for (unsigned i = 0; i < count; i++) {
        double off = tide_usl_throughput(usl, points[i].parallelism) / points[i].throughput - 1;
        sum += off * off;
    }
    return sum;
}

/* Whatever the points are like, no neighbour of the answer that is allowed is better. */
static void no_parameters_nearby_fit_better(void **state)
{
    (void)state;
    struct chance chance = {99};
    for (unsigned round = 0; round < 500; round++) {
        struct tide_usl_point points[POINTS_MAX];
        struct tide_usl usl;
        struct tide_error error = {0};
        unsigned count = 5 + chance_below(&chance, 3);
        for (unsigned i = 0; i < count; i++)
            points[i] =
                (struct tide_usl_point){doublings[i], 1 + chance_below(&chance, 1000) / 10.0};
        assert_true(tide_usl_fit(points, count, &usl, &error));
        assert_true(usl.lambda > 0 && usl.sigma >= 0 && usl.kappa >= 0);
        double least = relative_error(points, count, &usl);
        for (unsigned i = 0; i < 6; i++) {
            struct tide_usl other = usl;
            double factor = i % 2 ? 1.001 : 0.999;
            if (i / 2 == 0) other.lambda *= factor;
            if (i / 2 == 1) other.sigma = other.sigma > 0 ? other.sigma * factor : 1e-4 * (i % 2);
            if (i / 2 == 2) other.kappa = other.kappa > 0 ? other.kappa * factor : 1e-6 * (i % 2);
            assert_true(relative_error(points, count, &other) >= least * (1 - 1e-9));
        }
    }
}

static void only_levels_within_the_cores_count(void **state)
{
    (void)state;
    struct tide_level_figures levels[7] = {{0}};
    struct tide_usl usl;
    struct tide_error error = {0};
    for (unsigned i = 0; i < 7; i++) {
        levels[i].parallelism = doublings[i];
        levels[i].cores = 16;
        levels[i].rows = 1000000;
        double rate = throughput((struct law){2e6, 0.1, 0.001}, doublings[i]);
        levels[i].wall_s.median = i < 5 ? 1e6 / rate : 100;
    }
    assert_true(tide_usl_fit_levels(levels, 7, &usl, &error));
    assert_int_equal(usl.point_count, 5);
    assert_near(usl.sigma, 0.1, 1e-6);
    levels[0].wall_s.median = 0;
    assert_false(tide_usl_fit_levels(levels, 7, &usl, &error));
    assert_non_null(strstr(error.text, "there are 4"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fewer_than_five_levels_are_refused),
        cmocka_unit_test(throughput_that_is_none_is_refused),
        cmocka_unit_test(parameters_are_found_again),
        cmocka_unit_test(peak_is_where_throughput_is_greatest),
        cmocka_unit_test(straight_line_has_neither_contention_nor_peak),
        cmocka_unit_test(better_than_linear_gives_zeroes_not_negatives),
        cmocka_unit_test(same_throughput_everywhere_is_all_contention),
        cmocka_unit_test(contention_without_coherency_has_no_peak),
        cmocka_unit_test(order_of_the_levels_does_not_matter),
        cmocka_unit_test(noise_moves_parameters_a_little),
        cmocka_unit_test(no_parameters_nearby_fit_better),
        cmocka_unit_test(only_levels_within_the_cores_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
