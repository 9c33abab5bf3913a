/* Is a stage's busy time parted into computing, being held up and waiting for a core, with nothing
 * lost and nothing below zero? */
#include "engine/instruments/bench/figures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chance.h"
#include "near.h"

#define NEAR 1e-12

static void level_without_stages_has_no_span_and_no_stage(void **state)
{
    (void)state;
    const struct tide_level_figures level = {.parallelism = 2};
    assert_near(tide_level_span_s(&level), 0, 0);
    assert_null(tide_level_stage(&level, TIDE_STAGE_PARSER));
}

static void unknown_name_is_no_kind(void **state)
{
    (void)state;
    enum tide_stage_kind kind = TIDE_STAGE_SINK;
    assert_false(tide_stage_kind_of("", &kind));
    assert_false(tide_stage_kind_of("work", &kind));
    assert_false(tide_stage_kind_of("workers", &kind));
    assert_int_equal(kind, TIDE_STAGE_SINK);
}

static void every_kind_has_its_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TIDE_STAGE_KINDS; i++) {
        enum tide_stage_kind kind = TIDE_STAGE_KINDS;
        assert_true(tide_stage_kind_of(tide_stage_kind_name((enum tide_stage_kind)i), &kind));
        assert_int_equal(kind, i);
    }
}

/* Threads look about while they wait, so the processor time may be more than they were busy. */
static void looking_about_while_waiting_is_not_computing(void **state)
{
    (void)state;
    struct tide_stage_time time = tide_stage_time(
        &(struct tide_stage_figures){.wall_s = 1, .busy_s = 0.3, .cpu_s = 0.7, .core_s = 0.2});
    assert_near(time.computing_s, 0.3, NEAR);
    assert_near(time.for_core_s, 0, NEAR);
    assert_near(time.held_s, 0, NEAR);
}

static void what_is_neither_computing_nor_queueing_is_held(void **state)
{
    (void)state;
    struct tide_stage_time time = tide_stage_time(
        &(struct tide_stage_figures){.wall_s = 1, .busy_s = 0.9, .cpu_s = 0.2, .core_s = 0.3});
    assert_near(time.computing_s, 0.2, NEAR);
    assert_near(time.for_core_s, 0.3, NEAR);
    assert_near(time.held_s, 0.4, NEAR);
    assert_near(time.needed_s, 0.6, NEAR);
}

static void queue_that_is_not_known_counts_as_held(void **state)
{
    (void)state;
    struct tide_stage_time time = tide_stage_time(
        &(struct tide_stage_figures){.wall_s = 1, .busy_s = 0.9, .cpu_s = 0.2, .core_s = -1});
    assert_near(time.for_core_s, 0, NEAR);
    assert_near(time.held_s, 0.7, NEAR);
}

static void parts_add_up_to_what_was_busy(void **state)
{
    (void)state;
    struct chance chance = {7};
    for (unsigned i = 0; i < 10000; i++) {
        struct tide_stage_figures stage = {.busy_s = chance_below(&chance, 12) / 10.0 - 0.1,
                                           .cpu_s = chance_below(&chance, 12) / 10.0 - 0.1,
                                           .core_s = chance_below(&chance, 12) / 10.0 - 0.1};
        struct tide_stage_time time = tide_stage_time(&stage);
        double busy_s = stage.busy_s > 0 ? stage.busy_s : 0;
        assert_true(time.computing_s >= 0 && time.held_s >= 0 && time.for_core_s >= 0);
        assert_near(time.computing_s + time.held_s + time.for_core_s, busy_s, NEAR);
        assert_near(time.needed_s, busy_s - time.for_core_s, NEAR);
    }
}

static void neediest_worker_stands_for_all(void **state)
{
    (void)state;
    const struct tide_stage_figures stages[] = {
        {.kind = TIDE_STAGE_PARSER, .wall_s = 1, .busy_s = 1, .cpu_s = 1},
        {.kind = TIDE_STAGE_WORKER, .index = 0, .wall_s = 1, .busy_s = 0.2, .cpu_s = 0.2},
        {.kind = TIDE_STAGE_WORKER, .index = 1, .wall_s = 2, .busy_s = 0.9, .core_s = 0.9},
        {.kind = TIDE_STAGE_WORKER, .index = 2, .wall_s = 1, .busy_s = 0.5, .cpu_s = 0.3},
    };
    const struct tide_level_figures level = {.stages = stages, .stage_count = 4};
    assert_ptr_equal(tide_level_stage(&level, TIDE_STAGE_WORKER), &stages[3]);
    assert_ptr_equal(tide_level_stage(&level, TIDE_STAGE_PARSER), &stages[0]);
    assert_null(tide_level_stage(&level, TIDE_STAGE_SINK));
    assert_near(tide_level_span_s(&level), 2, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(level_without_stages_has_no_span_and_no_stage),
        cmocka_unit_test(unknown_name_is_no_kind),
        cmocka_unit_test(every_kind_has_its_name),
        cmocka_unit_test(looking_about_while_waiting_is_not_computing),
        cmocka_unit_test(what_is_neither_computing_nor_queueing_is_held),
        cmocka_unit_test(queue_that_is_not_known_counts_as_held),
        cmocka_unit_test(parts_add_up_to_what_was_busy),
        cmocka_unit_test(neediest_worker_stands_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
