/* Do items go round between two parties, and is the other one woken when half of them wait for it,
 * when told so, and on a nudge, but no more often? */
#include "engine/flow/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "child.h"

struct pair {
    struct tide_waiter producer, consumer;
    struct tide_link link;
    void *items[TIDE_LINK_ITEMS_MAX];
};

static void open_pair(struct pair *pair, unsigned item_count)
{
    tide_waiter_init(&pair->producer);
    tide_waiter_init(&pair->consumer);
    for (unsigned i = 0; i < item_count; i++) pair->items[i] = &pair->items[i];
    assert_true(
        tide_link_init(&pair->link, pair->items, item_count, &pair->producer, &pair->consumer));
}

static void close_pair(struct pair *pair)
{
    tide_link_fini(&pair->link);
}

/* Was there a notification since the last look? */
static bool was_notified(struct tide_waiter *waiter)
{
    bool notified = atomic_load(&waiter->word) == TIDE_WAITER_NOTIFIED;
    tide_waiter_clear(waiter);
    return notified;
}

static void give_back_what_was_never_taken(void)
{
    static struct pair pair;
    open_pair(&pair, 2);
    tide_link_give_back(&pair.link, pair.items[0]);
}

static void more_items_than_there_are_is_a_bug_that_stops_the_process(void **state)
{
    (void)state;
    assert_true(aborts(give_back_what_was_never_taken));
}

static void take_from_an_empty_pool_returns_null(void **state)
{
    (void)state;
    static struct pair pair;
    static const unsigned counts[] = {2, 3, 5, 8, TIDE_LINK_ITEMS_MAX};
    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        open_pair(&pair, counts[i]);
        for (unsigned n = 0; n < counts[i]; n++)
            assert_ptr_equal(tide_link_take(&pair.link), pair.items[n]);
        assert_null(tide_link_take(&pair.link));
        assert_null(tide_link_receive(&pair.link));
        close_pair(&pair);
    }
}

static void items_arrive_in_order_and_come_home(void **state)
{
    (void)state;
    static struct pair pair;
    open_pair(&pair, 3);
    for (unsigned round = 0; round < 100; round++) {
        void *first = tide_link_take(&pair.link), *second = tide_link_take(&pair.link);
        tide_link_send(&pair.link, first, TIDE_WHEN_HALF);
        tide_link_send(&pair.link, second, TIDE_WHEN_HALF);
        assert_ptr_equal(tide_link_receive(&pair.link), first);
        tide_link_give_back(&pair.link, first);
        assert_ptr_equal(tide_link_receive(&pair.link), second);
        assert_null(tide_link_receive(&pair.link));
        tide_link_give_back(&pair.link, second);
    }
    close_pair(&pair);
}

static void nobody_is_woken_for_less_than_half(void **state)
{
    (void)state;
    static struct pair pair;
    open_pair(&pair, 8);
    for (unsigned i = 0; i < 3; i++)
        tide_link_send(&pair.link, tide_link_take(&pair.link), TIDE_WHEN_HALF);
    assert_false(was_notified(&pair.consumer));
    tide_link_send(&pair.link, tide_link_take(&pair.link), TIDE_WHEN_HALF);
    assert_true(was_notified(&pair.consumer));
    for (unsigned i = 0; i < 3; i++) tide_link_give_back(&pair.link, tide_link_receive(&pair.link));
    assert_false(was_notified(&pair.producer));
    tide_link_give_back(&pair.link, tide_link_receive(&pair.link));
    assert_true(was_notified(&pair.producer));
    assert_false(was_notified(&pair.consumer));
    close_pair(&pair);
}

static void count_begins_anew_after_each_waking(void **state)
{
    (void)state;
    static struct pair pair;
    open_pair(&pair, 4);
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned i = 0; i < 2; i++) {
            tide_link_send(&pair.link, tide_link_take(&pair.link), TIDE_WHEN_HALF);
            assert_int_equal(was_notified(&pair.consumer), i == 1);
        }
        for (unsigned i = 0; i < 2; i++) {
            tide_link_give_back(&pair.link, tide_link_receive(&pair.link));
            assert_int_equal(was_notified(&pair.producer), i == 1);
        }
    }
    close_pair(&pair);
}

static void urgent_item_wakes_at_once(void **state)
{
    (void)state;
    static struct pair pair;
    open_pair(&pair, 64);
    tide_link_send(&pair.link, tide_link_take(&pair.link), TIDE_NOW);
    assert_true(was_notified(&pair.consumer));
    tide_link_send(&pair.link, tide_link_take(&pair.link), TIDE_WHEN_HALF);
    assert_false(was_notified(&pair.consumer));
    close_pair(&pair);
}

static void nudge_wakes_only_for_what_was_not_told_yet(void **state)
{
    (void)state;
    static struct pair pair;
    open_pair(&pair, 64);
    tide_link_nudge_consumer(&pair.link);
    tide_link_nudge_producer(&pair.link);
    assert_false(was_notified(&pair.consumer));
    assert_false(was_notified(&pair.producer));
    tide_link_send(&pair.link, tide_link_take(&pair.link), TIDE_WHEN_HALF);
    tide_link_nudge_consumer(&pair.link);
    assert_true(was_notified(&pair.consumer));
    tide_link_nudge_consumer(&pair.link);
    assert_false(was_notified(&pair.consumer));
    tide_link_give_back(&pair.link, tide_link_receive(&pair.link));
    tide_link_nudge_producer(&pair.link);
    assert_true(was_notified(&pair.producer));
    tide_link_nudge_producer(&pair.link);
    assert_false(was_notified(&pair.producer));
    close_pair(&pair);
}

static void fini_of_a_zeroed_link_is_fine(void **state)
{
    (void)state;
    struct tide_link link = {0};
    tide_link_fini(&link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_items_than_there_are_is_a_bug_that_stops_the_process),
        cmocka_unit_test(take_from_an_empty_pool_returns_null),
        cmocka_unit_test(items_arrive_in_order_and_come_home),
        cmocka_unit_test(nobody_is_woken_for_less_than_half),
        cmocka_unit_test(count_begins_anew_after_each_waking),
        cmocka_unit_test(urgent_item_wakes_at_once),
        cmocka_unit_test(nudge_wakes_only_for_what_was_not_told_yet),
        cmocka_unit_test(fini_of_a_zeroed_link_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
