/* Does the ring hand over every item once and in order, say so when it is full or empty, and
 * survive its indices wrapping? Two threads are the matter of tests/stress/ring_stress.c. */
#include "engine/flow/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chance.h"
#include "child.h"

static const size_t slot_counts[] = {2, 4, 8, 64, 65536};
enum { SLOT_COUNTS = sizeof slot_counts / sizeof slot_counts[0], STEPS = 20000 };

static void *item(uint64_t number)
{
    return (void *)(uintptr_t)(number + 1);
}

static void init_with_slots(size_t slot_count)
{
    struct tide_ring ring;
    if (tide_ring_init(&ring, slot_count)) tide_ring_fini(&ring);
}

static void init_without_slots(void)
{
    init_with_slots(0);
}

static void init_with_one_slot(void)
{
    init_with_slots(1);
}

static void init_with_three_slots(void)
{
    init_with_slots(3);
}

static void init_with_too_many_slots(void)
{
    init_with_slots(131072);
}

static void wrong_slot_count_is_a_bug_that_stops_the_process(void **state)
{
    (void)state;
    assert_true(aborts(init_without_slots));
    assert_true(aborts(init_with_one_slot));
    assert_true(aborts(init_with_three_slots));
    assert_true(aborts(init_with_too_many_slots));
}

static void pop_when_empty_returns_null(void **state)
{
    (void)state;
    struct tide_ring ring;
    assert_true(tide_ring_init(&ring, 2));
    assert_null(tide_ring_pop(&ring));
    assert_true(tide_ring_push(&ring, item(0)));
    assert_ptr_equal(tide_ring_pop(&ring), item(0));
    assert_null(tide_ring_pop(&ring));
    assert_null(tide_ring_pop(&ring));
    assert_true(tide_ring_valid(&ring));
    tide_ring_fini(&ring);
}

static void push_when_full_returns_false_and_leaves_the_ring_as_it_is(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SLOT_COUNTS; i++) {
        struct tide_ring ring;
        assert_true(tide_ring_init(&ring, slot_counts[i]));
        for (uint64_t n = 0; n < slot_counts[i]; n++) assert_true(tide_ring_push(&ring, item(n)));
        assert_false(tide_ring_push(&ring, item(999999)));
        assert_false(tide_ring_push(&ring, item(999999)));
        assert_int_equal(tide_ring_count(&ring), slot_counts[i]);
        assert_true(tide_ring_valid(&ring));
        for (uint64_t n = 0; n < slot_counts[i]; n++)
            assert_ptr_equal(tide_ring_pop(&ring), item(n));
        assert_null(tide_ring_pop(&ring));
        tide_ring_fini(&ring);
    }
}

static void one_free_slot_takes_one_item(void **state)
{
    (void)state;
    struct tide_ring ring;
    assert_true(tide_ring_init(&ring, 4));
    for (uint64_t n = 0; n < 4; n++) assert_true(tide_ring_push(&ring, item(n)));
    assert_ptr_equal(tide_ring_pop(&ring), item(0));
    assert_true(tide_ring_push(&ring, item(4)));
    assert_false(tide_ring_push(&ring, item(5)));
    for (uint64_t n = 1; n < 5; n++) assert_ptr_equal(tide_ring_pop(&ring), item(n));
    tide_ring_fini(&ring);
}

/* Pushes and pops by chance, from index `begin` on, against two counters. */
static void check_against_counters(struct chance *chance, size_t slot_count, uint64_t begin)
{
    struct tide_ring ring;
    uint64_t pushed = 0, popped = 0;
    assert_true(tide_ring_init(&ring, slot_count));
    atomic_store(&ring.tail, begin);
    atomic_store(&ring.head, begin);
    ring.head_seen = ring.tail_seen = begin;
    for (unsigned step = 0; step < STEPS; step++) {
        if (chance_is(chance, 2)) {
            bool has_room = pushed - popped < slot_count;
            assert_int_equal(tide_ring_push(&ring, item(pushed)), has_room);
            pushed += has_room;
        } else {
            void *expected = popped < pushed ? item(popped++) : NULL;
            assert_ptr_equal(tide_ring_pop(&ring), expected);
        }
        assert_int_equal(tide_ring_count(&ring), pushed - popped);
        assert_true(tide_ring_valid(&ring));
    }
    tide_ring_fini(&ring);
}

static void items_come_out_once_and_in_order(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    for (unsigned i = 0; i < SLOT_COUNTS; i++) check_against_counters(&chance, slot_counts[i], 0);
}

static void indices_wrap_at_two_to_the_64(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    for (unsigned i = 0; i < SLOT_COUNTS; i++)
        check_against_counters(&chance, slot_counts[i], UINT64_MAX - STEPS / 8);
}

static void valid_says_when_there_are_more_items_than_slots(void **state)
{
    (void)state;
    struct tide_ring ring;
    assert_true(tide_ring_init(&ring, 2));
    assert_true(tide_ring_valid(&ring));
    atomic_store(&ring.tail, 3);
    assert_false(tide_ring_valid(&ring));
    atomic_store(&ring.head, 4);
    assert_false(tide_ring_valid(&ring));
    atomic_store(&ring.tail, 5);
    assert_false(tide_ring_valid(&ring)); /* neither party can have looked so long ago */
    ring.head_seen = ring.tail_seen = 4;
    assert_true(tide_ring_valid(&ring));
    ring.head_seen = 3;
    assert_true(tide_ring_valid(&ring));
    ring.head_seen = 1;
    assert_false(tide_ring_valid(&ring));
    ring.head_seen = 4;
    ring.tail_seen = 6;
    assert_false(tide_ring_valid(&ring));
    tide_ring_fini(&ring);
    assert_false(tide_ring_valid(&ring));
}

static void fini_of_a_zeroed_ring_is_fine(void **state)
{
    (void)state;
    struct tide_ring ring = {0};
    tide_ring_fini(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_slot_count_is_a_bug_that_stops_the_process),
        cmocka_unit_test(pop_when_empty_returns_null),
        cmocka_unit_test(push_when_full_returns_false_and_leaves_the_ring_as_it_is),
        cmocka_unit_test(one_free_slot_takes_one_item),
        cmocka_unit_test(items_come_out_once_and_in_order),
        cmocka_unit_test(indices_wrap_at_two_to_the_64),
        cmocka_unit_test(valid_says_when_there_are_more_items_than_slots),
        cmocka_unit_test(fini_of_a_zeroed_ring_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
