/* Are throughput, speed-up, efficiency and shares what their names say, also of nothing? */
#include "engine/instruments/bench/analysis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check_near(double got, double expected)
{
    if (got < expected - 1e-9 || got > expected + 1e-9) fail_msg("%.9f, not %.9f", got, expected);
}

static void nothing_measured_divides_by_nothing(void **state)
{
    (void)state;
    struct tide_level_figures levels[2] = {{.parallelism = 1}, {.parallelism = 2}};
    const struct tide_bench_series series = {.levels = levels, .level_count = 2};
    check_near(tide_level_rows_per_s(&levels[0]), 0);
    check_near(tide_level_mb_per_s(&levels[0]), 0);
    check_near(tide_series_speedup(&series, 1), 0);
    struct tide_stage_shares shares = tide_level_shares(&levels[0], TIDE_STAGE_WORKER);
    check_near(shares.busy, 0);
    check_near(shares.ring_mean, 0);
    assert_int_equal(shares.stage_count, 0);
}

static void throughput_is_by_the_median(void **state)
{
    (void)state;
    const struct tide_level_figures level = {
        .rows = 1000, .input_bytes = 3000000, .wall_s = {.least = 1, .median = 2, .most = 4}};
    check_near(tide_level_rows_per_s(&level), 500);
    check_near(tide_level_mb_per_s(&level), 1.5);
}

static void speedup_and_efficiency_are_against_the_first_level(void **state)
{
    (void)state;
    struct tide_level_figures levels[3] = {
        {.parallelism = 2, .wall_s = {.median = 3}},
        {.parallelism = 4, .wall_s = {.median = 2}},
        {.parallelism = 8, .wall_s = {.median = 6}},
    };
    const struct tide_bench_series series = {.levels = levels, .level_count = 3};
    check_near(tide_series_speedup(&series, 0), 1);
    check_near(tide_series_efficiency(&series, 0), 1);
    check_near(tide_series_speedup(&series, 1), 1.5);
    check_near(tide_series_efficiency(&series, 1), 0.75);
    check_near(tide_series_speedup(&series, 2), 0.5);
    check_near(tide_series_efficiency(&series, 2), 0.125);
}

static void shares_are_of_the_longest_stage(void **state)
{
    (void)state;
    static const struct tide_stage_figures stages[] = {
        {.kind = TIDE_STAGE_PARSER, .wall_s = 4, .busy_s = 3, .core_s = -1, .cpu_s = 1},
        {.kind = TIDE_STAGE_WORKER,
         .wall_s = 4,
         .busy_s = 2,
         .input_s = 1,
         .room_s = 1,
         .core_s = 0.5,
         .cpu_s = 1.5,
         .ring_mean = 2,
         .ring_most = 3,
         .ring_slots = 16},
        {.kind = TIDE_STAGE_WORKER,
         .wall_s = 2,
         .busy_s = 1,
         .input_s = 1,
         .core_s = 0.5,
         .cpu_s = 1,
         .ring_mean = 6,
         .ring_most = 9,
         .ring_slots = 16},
    };
    const struct tide_level_figures level = {.stages = stages, .stage_count = 3};
    struct tide_stage_shares workers = tide_level_shares(&level, TIDE_STAGE_WORKER);
    assert_int_equal(workers.stage_count, 2);
    check_near(workers.busy, 3.0 / 8);
    check_near(workers.busy_most, 0.5);
    check_near(workers.input, 0.25);
    check_near(workers.room, 0.125);
    check_near(workers.core, 0.125);
    check_near(workers.cpu_s, 2.5);
    check_near(workers.ring_mean, 4);
    assert_int_equal(workers.ring_most, 9);
    struct tide_stage_shares parser = tide_level_shares(&level, TIDE_STAGE_PARSER);
    check_near(parser.busy, 0.75);
    check_near(parser.core, -1); /* the system did not tell */
    assert_int_equal(parser.ring_slots, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_measured_divides_by_nothing),
        cmocka_unit_test(throughput_is_by_the_median),
        cmocka_unit_test(speedup_and_efficiency_are_against_the_first_level),
        cmocka_unit_test(shares_are_of_the_longest_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
