/* Is the watermark the least over the inputs, and does it never go back? */
#include "engine/flow/watermark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chance.h"
#include "child.h"

enum { INPUTS_MAX = 9 };

static void go_back(void)
{
    struct tide_watermark watermark;
    if (!tide_watermark_init(&watermark, 1)) return;
    tide_watermark_advance(&watermark, 0, 5);
    tide_watermark_advance(&watermark, 0, 4);
}

static void advance_an_input_that_is_not_there(void)
{
    struct tide_watermark watermark;
    if (tide_watermark_init(&watermark, 2)) tide_watermark_advance(&watermark, 2, 4);
}

static void watermark_that_goes_back_is_a_bug_that_stops_the_process(void **state)
{
    (void)state;
    assert_true(aborts(go_back));
    assert_true(aborts(advance_an_input_that_is_not_there));
}

static void nothing_is_known_until_every_input_has_spoken(void **state)
{
    (void)state;
    struct tide_watermark watermark;
    assert_true(tide_watermark_init(&watermark, 3));
    assert_int_equal(watermark.least_ms, TIDE_WATERMARK_NONE);
    assert_int_equal(tide_watermark_advance(&watermark, 0, 100), TIDE_WATERMARK_NONE);
    assert_int_equal(tide_watermark_advance(&watermark, 2, -7), TIDE_WATERMARK_NONE);
    assert_int_equal(tide_watermark_advance(&watermark, 1, 50), -7);
    tide_watermark_fini(&watermark);
}

static void input_that_has_ended_holds_nothing_back(void **state)
{
    (void)state;
    struct tide_watermark watermark;
    assert_true(tide_watermark_init(&watermark, 2));
    tide_watermark_advance(&watermark, 0, 5);
    assert_int_equal(tide_watermark_advance(&watermark, 1, TIDE_WATERMARK_END), 5);
    assert_int_equal(tide_watermark_advance(&watermark, 0, 6), 6);
    assert_int_equal(tide_watermark_advance(&watermark, 0, TIDE_WATERMARK_END), TIDE_WATERMARK_END);
    tide_watermark_fini(&watermark);
}

static void least_is_that_of_a_naive_search(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    for (unsigned count = 1; count <= INPUTS_MAX; count++) {
        struct tide_watermark watermark;
        int64_t inputs_ms[INPUTS_MAX];
        assert_true(tide_watermark_init(&watermark, count));
        for (unsigned i = 0; i < count; i++) inputs_ms[i] = TIDE_WATERMARK_NONE;
        for (unsigned step = 0; step < 5000; step++) {
            unsigned input = chance_below(&chance, count);
            if (inputs_ms[input] == TIDE_WATERMARK_NONE) inputs_ms[input] = -1000;
            inputs_ms[input] += chance_below(&chance, 3);
            int64_t least_ms = INT64_MAX;
            for (unsigned i = 0; i < count; i++)
                if (inputs_ms[i] < least_ms) least_ms = inputs_ms[i];
            assert_int_equal(tide_watermark_advance(&watermark, input, inputs_ms[input]), least_ms);
            assert_int_equal(watermark.least_ms, least_ms);
        }
        tide_watermark_fini(&watermark);
    }
}

static void fini_of_a_zeroed_watermark_is_fine(void **state)
{
    (void)state;
    struct tide_watermark watermark = {0};
    tide_watermark_fini(&watermark);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watermark_that_goes_back_is_a_bug_that_stops_the_process),
        cmocka_unit_test(nothing_is_known_until_every_input_has_spoken),
        cmocka_unit_test(input_that_has_ended_holds_nothing_back),
        cmocka_unit_test(least_is_that_of_a_naive_search),
        cmocka_unit_test(fini_of_a_zeroed_watermark_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
