/* Are the longest jumps of event time kept, with what came in between later? */
#include "engine/instruments/profile/jumps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "chance.h"

enum { ROWS = 4000 };

static int64_t times_ms[ROWS];

/* Row i moves the greatest time: from where, 0 if it does not. */
static int64_t ahead_of(unsigned i, int64_t *from_ms)
{
    int64_t greatest_ms = times_ms[0];
    for (unsigned j = 1; j < i; j++)
        if (times_ms[j] > greatest_ms) greatest_ms = times_ms[j];
    *from_ms = greatest_ms;
    return i > 0 && times_ms[i] > greatest_ms ? times_ms[i] - greatest_ms : 0;
}

static uint64_t rows_inside(unsigned i, int64_t from_ms)
{
    uint64_t rows = 0;
    for (unsigned j = i + 1; j < ROWS; j++)
        rows += times_ms[j] > from_ms && times_ms[j] < times_ms[i];
    return rows;
}

static void feed(struct tide_jumps *jumps)
{
    int64_t greatest_ms = times_ms[0];
    for (unsigned i = 1; i < ROWS; i++) {
        if (times_ms[i] <= greatest_ms) {
            tide_jumps_add_old(jumps, times_ms[i]);
            continue;
        }
        if (tide_jumps_wants(jumps, times_ms[i] - greatest_ms)) {
            const struct tide_jump jump = {.from_ms = greatest_ms, .to_ms = times_ms[i], .line = i};
            tide_jumps_add(jumps, &jump);
        }
        greatest_ms = times_ms[i];
    }
}

static void an_empty_list_has_no_ranks(void **state)
{
    (void)state;
    struct tide_jumps jumps = {0};
    tide_jumps_add_old(&jumps, 5);
    assert_int_equal(tide_jumps_ranked(&jumps, true, 0), TIDE_JUMPS_MAX);
    assert_int_equal(tide_jumps_ranked(&jumps, false, 0), TIDE_JUMPS_MAX);
    assert_false(tide_jumps_wants(&jumps, 0));
}

static void the_ends_of_a_jump_are_not_inside_it(void **state)
{
    (void)state;
    struct tide_jumps jumps = {0};
    const struct tide_jump jump = {.from_ms = 10, .to_ms = 20};
    tide_jumps_add(&jumps, &jump);
    tide_jumps_add_old(&jumps, 10);
    tide_jumps_add_old(&jumps, 20);
    assert_int_equal(jumps.jumps[0].rows_inside, 0);
    tide_jumps_add_old(&jumps, 11);
    tide_jumps_add_old(&jumps, 19);
    assert_int_equal(jumps.jumps[0].rows_inside, 2);
}

static void the_longest_are_kept_and_count_what_falls_into_them(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    struct tide_jumps jumps = {0};
    int64_t now_ms = 0;
    for (unsigned i = 0; i < ROWS; i++) {
        now_ms += chance_below(&chance, 50);
        if (chance_is(&chance, 60)) now_ms += chance_below(&chance, 100000);
        times_ms[i] = now_ms - (chance_is(&chance, 4) ? chance_below(&chance, 200000) : 0);
    }
    feed(&jumps);
    assert_int_equal(jumps.count, TIDE_JUMPS_MAX);
    unsigned longer = 0; /* than the shortest that was kept: there must be no more than were kept */
    for (unsigned i = 1; i < ROWS; i++) {
        int64_t from_ms;
        longer += ahead_of(i, &from_ms) > jumps.ahead_least_ms;
    }
    assert_true(longer < TIDE_JUMPS_MAX);
    for (unsigned i = 0; i < jumps.count; i++) {
        const struct tide_jump *jump = &jumps.jumps[i];
        int64_t from_ms;
        assert_int_equal(ahead_of((unsigned)jump->line, &from_ms), jump->to_ms - jump->from_ms);
        assert_int_equal(from_ms, jump->from_ms);
        assert_int_equal(jump->rows_inside, rows_inside((unsigned)jump->line, from_ms));
    }
}

static void ranks_fall_and_share_out_all_jumps(void **state)
{
    (void)state;
    struct tide_jumps jumps = {0};
    for (int64_t i = 0; i < 10; i++) {
        const struct tide_jump jump = {.from_ms = i * 100, .to_ms = i * 100 + 1 + i * 3 % 10};
        tide_jumps_add(&jumps, &jump);
        if (i % 3 == 0) tide_jumps_add_old(&jumps, i * 100 + 1);
    }
    unsigned seen = 0;
    for (int silent = 0; silent < 2; silent++) {
        int64_t before_ms = INT64_MAX;
        for (unsigned rank = 0;; rank++) {
            const unsigned at = tide_jumps_ranked(&jumps, silent, rank);
            if (at == TIDE_JUMPS_MAX) break;
            const int64_t length_ms = jumps.jumps[at].to_ms - jumps.jumps[at].from_ms;
            assert_true(length_ms <= before_ms);
            assert_int_equal(jumps.jumps[at].rows_inside == 0, silent);
            before_ms = length_ms;
            seen++;
        }
    }
    assert_int_equal(seen, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_list_has_no_ranks),
        cmocka_unit_test(the_ends_of_a_jump_are_not_inside_it),
        cmocka_unit_test(the_longest_are_kept_and_count_what_falls_into_them),
        cmocka_unit_test(ranks_fall_and_share_out_all_jumps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
