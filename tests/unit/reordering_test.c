/* Does the count of inversions agree with looking at every pair, also where places repeat, and are
 * displacements those of the definition? */
#include "engine/instruments/compare/reordering.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "chance.h"

enum { PLACES_MAX = 400, LARGE = 200000, SEED = 20240511 };

/* By definition. */
static struct tide_reordering naive(const uint32_t *places, uint32_t count)
{
    struct tide_reordering reordering = {.first_moved = count};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t moved = places[i] > i ? places[i] - i : i - places[i];
        reordering.displacement_sum += moved;
        if (moved > reordering.greatest_displacement) reordering.greatest_displacement = moved;
        if (moved > 0 && reordering.first_moved == count) reordering.first_moved = i;
        for (uint32_t j = i + 1; j < count; j++) reordering.inversions += places[i] > places[j];
    }
    if (reordering.first_moved == count) return reordering;
    reordering.place_of_moved = places[reordering.first_moved];
    uint32_t at = reordering.first_moved;
    while (at < count && places[at] != reordering.first_moved) at++;
    reordering.index_of_moved = at;
    return reordering;
}

static void check(uint32_t *places, uint32_t count)
{
    struct tide_error error = {0};
    struct tide_reordering want = naive(places, count), got;
    assert_true(tide_reordering_measure(&got, places, count, &error));
    assert_int_equal(got.inversions, want.inversions);
    assert_int_equal(got.displacement_sum, want.displacement_sum);
    assert_int_equal(got.greatest_displacement, want.greatest_displacement);
    assert_int_equal(got.first_moved, want.first_moved);
    assert_int_equal(got.place_of_moved, want.place_of_moved);
    assert_int_equal(got.index_of_moved, want.index_of_moved);
    for (uint32_t i = 1; i < count; i++) assert_true(places[i - 1] <= places[i]);
}

static void nothing_and_one_are_in_order(void **state)
{
    (void)state;
    uint32_t places[1] = {0};
    check(places, 0);
    check(places, 1);
}

static void any_permutation_counts_as_by_looking_at_every_pair(void **state)
{
    (void)state;
    struct chance chance = {SEED};
    uint32_t places[PLACES_MAX];
    for (unsigned round = 0; round < 400; round++) {
        uint32_t count = chance_below(&chance, PLACES_MAX + 1);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t other = chance_below(&chance, i + 1);
            places[i] = places[other];
            places[other] = i;
        }
        check(places, count);
    }
}

static void nearly_ordered_permutations_count_as_well(void **state)
{
    (void)state;
    struct chance chance = {SEED};
    uint32_t places[PLACES_MAX];
    for (unsigned round = 0; round < 400; round++) {
        for (uint32_t i = 0; i < PLACES_MAX; i++) places[i] = i;
        for (unsigned swaps = chance_below(&chance, 6); swaps > 0; swaps--) {
            uint32_t at = chance_below(&chance, PLACES_MAX - 40);
            uint32_t with = at + chance_below(&chance, 40), kept = places[at];
            places[at] = places[with];
            places[with] = kept;
        }
        check(places, PLACES_MAX);
    }
}

static void equal_places_are_no_inversion(void **state)
{
    (void)state;
    struct chance chance = {SEED};
    uint32_t places[PLACES_MAX];
    for (unsigned round = 0; round < 400; round++) {
        uint32_t count = chance_below(&chance, PLACES_MAX + 1);
        uint32_t values = 1 + chance_below(&chance, 20);
        for (uint32_t i = 0; i < count; i++) places[i] = chance_below(&chance, values);
        check(places, count);
    }
}

static void the_other_way_round_inverts_every_pair(void **state)
{
    (void)state;
    struct tide_error error = {0};
    struct tide_reordering reordering;
    uint32_t *places = malloc(LARGE * sizeof *places);
    assert_non_null(places);
    for (uint32_t i = 0; i < LARGE; i++) places[i] = LARGE - 1 - i;
    assert_true(tide_reordering_measure(&reordering, places, LARGE, &error));
    assert_int_equal(reordering.inversions, (uint64_t)LARGE * (LARGE - 1) / 2);
    assert_int_equal(reordering.greatest_displacement, LARGE - 1);
    assert_int_equal(reordering.place_of_moved, LARGE - 1);
    assert_int_equal(reordering.index_of_moved, LARGE - 1);
    assert_int_equal(reordering.displacement_sum, (uint64_t)LARGE * LARGE / 2);
    free(places);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_and_one_are_in_order),
        cmocka_unit_test(any_permutation_counts_as_by_looking_at_every_pair),
        cmocka_unit_test(nearly_ordered_permutations_count_as_well),
        cmocka_unit_test(equal_places_are_no_inversion),
        cmocka_unit_test(the_other_way_round_inverts_every_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
