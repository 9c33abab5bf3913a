/* Is the next row always that of the input whose greatest time is least? */
#include "engine/flow/interleave.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chance.h"
#include "child.h"

enum { INPUTS_MAX = 11, NONE = INPUTS_MAX };

static void ask_when_none_is_left(void)
{
    struct tide_interleave interleave;
    if (!tide_interleave_init(&interleave, 1)) return;
    tide_interleave_remove(&interleave, 0);
    tide_interleave_next(&interleave);
}

static void go_back_in_time(void)
{
    struct tide_interleave interleave;
    if (!tide_interleave_init(&interleave, 1)) return;
    tide_interleave_advance(&interleave, 5);
    tide_interleave_advance(&interleave, 4);
}

static void remove_twice(void)
{
    struct tide_interleave interleave;
    if (!tide_interleave_init(&interleave, 2)) return;
    tide_interleave_remove(&interleave, 1);
    tide_interleave_remove(&interleave, 1);
}

static void misuse_stops_the_process(void **state)
{
    (void)state;
    assert_true(aborts(ask_when_none_is_left));
    assert_true(aborts(go_back_in_time));
    assert_true(aborts(remove_twice));
}

static void inputs_without_rows_come_first_in_the_order_given(void **state)
{
    (void)state;
    struct tide_interleave interleave;
    assert_true(tide_interleave_init(&interleave, 3));
    assert_int_equal(tide_interleave_next(&interleave), 0);
    tide_interleave_advance(&interleave, -1000);
    assert_int_equal(tide_interleave_next(&interleave), 1);
    tide_interleave_advance(&interleave, 0);
    assert_int_equal(tide_interleave_next(&interleave), 2);
    tide_interleave_fini(&interleave);
}

static void of_equal_inputs_the_first_one_given_is_next(void **state)
{
    (void)state;
    struct tide_interleave interleave;
    assert_true(tide_interleave_init(&interleave, 4));
    for (unsigned i = 0; i < 4; i++) tide_interleave_advance(&interleave, 7);
    assert_int_equal(tide_interleave_next(&interleave), 0);
    assert_int_equal(tide_interleave_second(&interleave), 1);
    tide_interleave_remove(&interleave, 0);
    assert_int_equal(tide_interleave_next(&interleave), 1);
    tide_interleave_add(&interleave, 0);
    assert_int_equal(tide_interleave_next(&interleave), 0);
    tide_interleave_fini(&interleave);
}

struct naive {
    int64_t greatest_ms[INPUTS_MAX];
    bool is_in[INPUTS_MAX];
    unsigned count;
};

static unsigned least_but(const struct naive *naive, unsigned passed_over)
{
    unsigned least = NONE;
    for (unsigned i = 0; i < naive->count; i++)
        if (naive->is_in[i] && i != passed_over &&
            (least == NONE || naive->greatest_ms[i] < naive->greatest_ms[least]))
            least = i;
    return least;
}

static void check(const struct naive *naive, const struct tide_interleave *interleave)
{
    unsigned least = least_but(naive, NONE), second = least_but(naive, least);
    if (least == NONE) assert_int_equal(interleave->heap_count, 0);
    else assert_int_equal(tide_interleave_next(interleave), least);
    if (least != NONE && second != NONE)
        assert_int_equal(tide_interleave_second(interleave), second);
}

static void choice_is_that_of_a_naive_search(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    for (unsigned count = 1; count <= INPUTS_MAX; count++) {
        struct naive naive = {.count = count};
        struct tide_interleave interleave;
        assert_true(tide_interleave_init(&interleave, count));
        for (unsigned i = 0; i < count; i++) {
            naive.greatest_ms[i] = TIDE_INTERLEAVE_NO_TIME;
            naive.is_in[i] = true;
        }
        for (unsigned step = 0; step < 4000; step++) {
            unsigned input = chance_below(&chance, count), next = least_but(&naive, NONE);
            check(&naive, &interleave);
            if (chance_below(&chance, 20) == 0) {
                naive.is_in[input] = !naive.is_in[input];
                if (naive.is_in[input]) tide_interleave_add(&interleave, input);
                else tide_interleave_remove(&interleave, input);
            } else if (next != NONE) {
                int64_t before_ms = naive.greatest_ms[next];
                if (before_ms == TIDE_INTERLEAVE_NO_TIME) before_ms = -50;
                naive.greatest_ms[next] = before_ms + chance_below(&chance, 4);
                tide_interleave_advance(&interleave, naive.greatest_ms[next]);
            }
        }
        tide_interleave_fini(&interleave);
    }
}

static void fini_of_a_zeroed_interleave_is_fine(void **state)
{
    (void)state;
    struct tide_interleave interleave = {0};
    tide_interleave_fini(&interleave);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(misuse_stops_the_process),
        cmocka_unit_test(inputs_without_rows_come_first_in_the_order_given),
        cmocka_unit_test(of_equal_inputs_the_first_one_given_is_next),
        cmocka_unit_test(choice_is_that_of_a_naive_search),
        cmocka_unit_test(fini_of_a_zeroed_interleave_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
