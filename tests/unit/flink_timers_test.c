/* Do equal timers come out in the order in which a real Flink's did? */
#include "engine/flow/flink_timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "chance.h"

enum { NAMES_MAX = 128 };

/* Timers with one letter each; `times` gives the time of each in turn. */
struct letters {
    struct tide_flink_timer timers[NAMES_MAX];
    struct tide_flink_timers heap;
};

static void add(struct letters *letters, char name, int64_t time_ms)
{
    struct tide_flink_timer *timer = &letters->timers[(unsigned char)name];
    timer->time_ms = time_ms;
    assert_true(tide_flink_timers_add(&letters->heap, timer));
}

static void add_all(struct letters *letters, const char *names, int64_t time_ms)
{
    for (; *names; names++) add(letters, *names, time_ms);
}

/* What comes out up to and with time_ms. */
static void assert_order(struct letters *letters, int64_t time_ms, const char *names)
{
    char order[NAMES_MAX + 1] = "";
    size_t count = 0;
    struct tide_flink_timer *first;
    while ((first = tide_flink_timers_first(&letters->heap)) && first->time_ms <= time_ms) {
        order[count++] = (char)(first - letters->timers);
        tide_flink_timers_remove(&letters->heap, first);
    }
    order[count] = '\0';
    assert_string_equal(order, names);
}

static void timer_that_does_not_stand_is_not_removed(void **state)
{
    (void)state;
    struct letters letters = {0};
    add_all(&letters, "ab", 5);
    tide_flink_timers_remove(&letters.heap, &letters.timers['c']);
    tide_flink_timers_remove(&letters.heap, &letters.timers['a']);
    tide_flink_timers_remove(&letters.heap, &letters.timers['a']);
    assert_int_equal(letters.heap.count, 1);
    assert_order(&letters, 5, "b");
    assert_null(tide_flink_timers_first(&letters.heap));
    tide_flink_timers_fini(&letters.heap);
}

static void timer_added_twice_comes_out_once(void **state)
{
    (void)state;
    struct letters letters = {0};
    add_all(&letters, "abab", 5);
    assert_order(&letters, 5, "ab");
    add_all(&letters, "a", 6);
    assert_order(&letters, 6, "a");
    tide_flink_timers_fini(&letters.heap);
}

/* flink/golden/order_5keys_endonly */
static void last_leaf_follows_the_first_of_equal_timers(void **state)
{
    (void)state;
    struct letters letters = {0};
    add_all(&letters, "abcde", 9999);
    assert_order(&letters, INT64_MAX, "aedcb");
    tide_flink_timers_fini(&letters.heap);
}

/* flink/golden/order_5keys */
static void timer_of_the_row_that_fires_the_others_changes_their_order(void **state)
{
    (void)state;
    struct letters letters = {0};
    add_all(&letters, "abcde", 9999);
    add(&letters, 'z', 29999);
    assert_order(&letters, 18999, "abedc");
    assert_order(&letters, INT64_MAX, "z");
    tide_flink_timers_fini(&letters.heap);
}

/* flink/golden/order_20keys */
static void twenty_equal_timers_come_out_as_in_flink(void **state)
{
    (void)state;
    struct letters letters = {0};
    add_all(&letters, "ABCDEFGHIJKLMNOPQRST", 9999);
    add(&letters, 'z', 29999);
    assert_order(&letters, 18999, "ABTSRQDONMLKJIHGFEPC");
    tide_flink_timers_fini(&letters.heap);
}

/* flink/golden/order_2ends */
static void two_ends_that_interleave_come_out_as_in_flink(void **state)
{
    (void)state;
    struct letters letters = {0};
    const char *names = "axbyczd";
    for (unsigned i = 0; names[i]; i++) add(&letters, names[i], i % 2 == 0 ? 9999 : 19999);
    add(&letters, 'q', 49999);
    assert_order(&letters, 38999, "acdbxyz");
    tide_flink_timers_fini(&letters.heap);
}

/* Whatever is removed in between: never a later timer before an earlier one, and each once. */
static void times_come_out_ascending_with_removals_in_between(void **state)
{
    (void)state;
    enum { TIMERS = 500, ROUNDS = 200 };
    static struct tide_flink_timer timers[TIMERS];
    struct tide_flink_timers heap = {0};
    struct chance chance = chance_begin();
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned standing = 0;
        for (unsigned i = 0; i < TIMERS; i++) {
            timers[i].time_ms = chance_below(&chance, 40);
            assert_true(tide_flink_timers_add(&heap, &timers[i]));
        }
        for (unsigned i = 0; i < TIMERS / 2; i++)
            tide_flink_timers_remove(&heap, &timers[chance_below(&chance, TIMERS)]);
        for (unsigned i = 0; i < TIMERS; i++) standing += timers[i].at > 0;
        assert_int_equal(heap.count, standing);
        int64_t last_ms = INT64_MIN;
        for (struct tide_flink_timer *first; (first = tide_flink_timers_first(&heap)); standing--) {
            assert_true(first->time_ms >= last_ms);
            last_ms = first->time_ms;
            tide_flink_timers_remove(&heap, first);
        }
        assert_int_equal(standing, 0);
    }
    tide_flink_timers_fini(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timer_that_does_not_stand_is_not_removed),
        cmocka_unit_test(timer_added_twice_comes_out_once),
        cmocka_unit_test(last_leaf_follows_the_first_of_equal_timers),
        cmocka_unit_test(timer_of_the_row_that_fires_the_others_changes_their_order),
        cmocka_unit_test(twenty_equal_timers_come_out_as_in_flink),
        cmocka_unit_test(two_ends_that_interleave_come_out_as_in_flink),
        cmocka_unit_test(times_come_out_ascending_with_removals_in_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
