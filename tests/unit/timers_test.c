/* Do timers come up by deadline and then by order, whatever is added, moved away or swept out in
 * between? */
#include "counted_memory.h"

#include "chance.h"
#include "engine/state/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { TIMERS = 500 };

/* The same, simply: all in a row, the least one searched for. */
struct naive {
    struct tide_timer timers[TIMERS];
    unsigned count;
};

static unsigned naive_first(const struct naive *naive)
{
    unsigned least = 0;
    for (unsigned i = 1; i < naive->count; i++) {
        const struct tide_timer *a = &naive->timers[i], *b = &naive->timers[least];
        if (a->deadline_ms < b->deadline_ms ||
            (a->deadline_ms == b->deadline_ms && a->order < b->order))
            least = i;
    }
    return least;
}

static void assert_same_first(const struct tide_timers *timers, const struct naive *naive)
{
    const struct tide_timer *first = tide_timers_first(timers);
    assert_int_equal(timers->count, naive->count);
    if (naive->count == 0) {
        assert_null(first);
        return;
    }
    const struct tide_timer *expected = &naive->timers[naive_first(naive)];
    assert_int_equal(first->deadline_ms, expected->deadline_ms);
    assert_int_equal(first->order, expected->order);
    assert_ptr_equal(first->owner, expected->owner);
}

static void empty_queue_has_no_first(void **state)
{
    (void)state;
    struct tide_timers timers = {0};
    assert_null(tide_timers_first(&timers));
    assert_int_equal(tide_timers_bytes(0), 0);
    tide_timers_fini(&timers);
}

static void without_memory_nothing_is_added_and_nothing_lost(void **state)
{
    (void)state;
    struct tide_timers timers = {0};
    unsigned refused = 0;
    uint64_t before = counted_held;
    for (unsigned i = 0; i < TIMERS; i++) {
        counted_left = 0;
        bool is_in = tide_timers_add(&timers, (struct tide_timer){TIMERS - i, i, NULL});
        counted_left = INT64_MAX;
        refused += !is_in;
        if (!is_in) assert_true(tide_timers_add(&timers, (struct tide_timer){TIMERS - i, i, NULL}));
        assert_int_equal(timers.count, i + 1);
        assert_int_equal(counted_held - before, tide_timers_bytes(i + 1));
    }
    assert_true(refused > 1);
    for (unsigned i = 0; i < TIMERS; i++) {
        assert_int_equal(tide_timers_first(&timers)->deadline_ms, i + 1);
        tide_timers_remove_first(&timers);
    }
    tide_timers_fini(&timers);
    assert_int_equal(counted_held, before);
}

static bool is_even(const struct tide_timer *timer, void *context)
{
    ++*(unsigned *)context;
    return timer->order % 2 == 0;
}

static void keep_evens(struct naive *naive)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < naive->count; i++)
        if (naive->timers[i].order % 2 == 0) naive->timers[kept++] = naive->timers[i];
    naive->count = kept;
}

static void timers_come_up_as_in_a_plain_list(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    struct tide_timers timers = {0};
    static struct naive naive;
    uint64_t order = 0;
    for (unsigned round = 0; round < 40000; round++) {
        int64_t deadline_ms = (int64_t)chance_below(&chance, 60) - 30;
        uint32_t action = chance_below(&chance, 1000);
        if (action < 500 && naive.count < TIMERS) {
            struct tide_timer timer = {deadline_ms, order++, (void *)(uintptr_t)order};
            assert_true(tide_timers_add(&timers, timer));
            naive.timers[naive.count++] = timer;
        } else if (action < 800 && naive.count) {
            struct tide_timer *first = &naive.timers[naive_first(&naive)];
            tide_timers_rearm_first(&timers, deadline_ms, order);
            first->deadline_ms = deadline_ms;
            first->order = order++;
        } else if (action < 998 && naive.count) {
            naive.timers[naive_first(&naive)] = naive.timers[naive.count - 1];
            naive.count--;
            tide_timers_remove_first(&timers);
        } else if (action >= 998) {
            unsigned asked = 0;
            tide_timers_keep_only(&timers, is_even, &asked);
            assert_int_equal(asked, naive.count);
            keep_evens(&naive);
        }
        assert_same_first(&timers, &naive);
    }
    tide_timers_fini(&timers);
}

static void deadlines_at_both_ends_of_64_bits_are_in_order(void **state)
{
    (void)state;
    static const int64_t deadlines[] = {INT64_MAX, 0, INT64_MIN, -1, 1, INT64_MAX - 1};
    static const int64_t sorted[] = {INT64_MIN, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
    struct tide_timers timers = {0};
    for (unsigned i = 0; i < 6; i++)
        assert_true(tide_timers_add(&timers, (struct tide_timer){deadlines[i], i, NULL}));
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(tide_timers_first(&timers)->deadline_ms, sorted[i]);
        tide_timers_remove_first(&timers);
    }
    tide_timers_fini(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_queue_has_no_first),
        cmocka_unit_test(without_memory_nothing_is_added_and_nothing_lost),
        cmocka_unit_test(timers_come_up_as_in_a_plain_list),
        cmocka_unit_test(deadlines_at_both_ends_of_64_bits_are_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
