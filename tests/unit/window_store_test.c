/* Is an open window found by its start, does the earliest come first, and is room used again? */
#include "engine/state/window_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chance.h"
#include "child.h"

enum { WINDOWS_MAX = 300, SIZE_MS = 10 };

static const struct tide_hash_seed seed = {{3, 5}};

static struct tide_pane *open_at(struct tide_window_store *store, int64_t start_ms)
{
    struct tide_pane *pane = tide_window_store_open(store, start_ms, start_ms + SIZE_MS);
    assert_non_null(pane);
    return pane;
}

static void enter_key(struct tide_window_store *store, struct tide_pane *pane, uint64_t word)
{
    struct tide_key key = {{word, 0}, 1};
    assert_non_null(tide_pane_add(pane, &key, tide_hash_inline(&seed, word, 0), &store->seed));
}

static void close_when_nothing_is_open(void)
{
    struct tide_window_store store;
    if (tide_window_store_init(&store, 0, &seed)) tide_window_store_close_first(&store);
}

static void closing_what_is_not_open_is_a_bug_that_stops_the_process(void **state)
{
    (void)state;
    assert_true(aborts(close_when_nothing_is_open));
}

static void empty_store_has_no_first_window(void **state)
{
    (void)state;
    struct tide_window_store store;
    assert_true(tide_window_store_init(&store, 0, &seed));
    assert_null(tide_window_store_first(&store));
    assert_int_equal(tide_window_store_entry_count(&store), 0);
    open_at(&store, 5);
    tide_window_store_close_first(&store);
    assert_null(tide_window_store_first(&store));
    tide_window_store_fini(&store);
}

static void same_start_is_the_same_window(void **state)
{
    (void)state;
    struct tide_window_store store;
    static const int64_t starts_ms[] = {0, -10, 10, INT64_MIN, INT64_MAX - SIZE_MS, 1};
    struct tide_pane *panes[6];
    assert_true(tide_window_store_init(&store, 0, &seed));
    for (unsigned i = 0; i < 6; i++) panes[i] = open_at(&store, starts_ms[i]);
    for (unsigned i = 0; i < 6; i++) {
        assert_ptr_equal(open_at(&store, starts_ms[i]), panes[i]);
        assert_int_equal(panes[i]->start_ms, starts_ms[i]);
        assert_int_equal(panes[i]->end_ms, starts_ms[i] + SIZE_MS);
    }
    assert_int_equal(store.open.count, 6);
    assert_int_equal(tide_window_store_first(&store)->start_ms, INT64_MIN);
    tide_window_store_fini(&store);
}

static void reopened_window_is_empty_and_warm(void **state)
{
    (void)state;
    struct tide_window_store store;
    assert_true(tide_window_store_init(&store, 16, &seed));
    struct tide_pane *first = open_at(&store, 0), *second = open_at(&store, 10);
    enter_key(&store, first, 1);
    enter_key(&store, second, 1);
    enter_key(&store, second, 2);
    assert_int_equal(tide_window_store_entry_count(&store), 3);
    tide_window_store_close_first(&store);
    assert_int_equal(tide_window_store_entry_count(&store), 2);
    tide_window_store_close_first(&store);
    assert_ptr_equal(open_at(&store, 20), second); /* the one closed last is still in cache */
    assert_int_equal(second->entry_count, 0);
    assert_int_equal(second->start_ms, 20);
    assert_ptr_equal(open_at(&store, 0), first);
    tide_window_store_fini(&store);
}

/* Opens and closes by chance, against a plain list of starts. */
static void earliest_window_is_closed_first(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    struct tide_window_store store;
    int64_t open_ms[WINDOWS_MAX];
    unsigned count = 0;
    assert_true(tide_window_store_init(&store, 0, &seed));
    for (unsigned step = 0; step < 20000; step++) {
        unsigned target = step / 5000 % 2 ? WINDOWS_MAX - 1 : 10; /* grows and shrinks */
        if (count == 0 || (count < target && chance_is(&chance, 2))) {
            int64_t start_ms = ((int64_t)chance_below(&chance, 2000) - 1000) * SIZE_MS;
            unsigned i = 0;
            while (i < count && open_ms[i] != start_ms) i++;
            struct tide_pane *pane = open_at(&store, start_ms);
            assert_int_equal(pane->start_ms, start_ms);
            assert_int_equal(pane->entry_count, i < count); /* one key each */
            if (i < count) continue;
            enter_key(&store, pane, (uint64_t)start_ms + 20000);
            open_ms[count++] = start_ms;
        } else {
            unsigned least = 0;
            for (unsigned i = 1; i < count; i++)
                if (open_ms[i] < open_ms[least]) least = i;
            assert_int_equal(tide_window_store_first(&store)->start_ms, open_ms[least]);
            tide_window_store_close_first(&store);
            open_ms[least] = open_ms[--count];
        }
        assert_int_equal(store.open.count, count);
        assert_int_equal(tide_window_store_entry_count(&store), count);
    }
    tide_window_store_fini(&store);
}

static void close_when_nothing_is_held(void)
{
    struct tide_window_store store;
    if (tide_window_store_init(&store, 0, &seed) && open_at(&store, 0))
        tide_window_store_close_first_held(&store);
}

static void closing_what_is_not_held_is_a_bug_that_stops_the_process(void **state)
{
    (void)state;
    assert_true(aborts(close_when_nothing_is_held));
}

static void held_window_is_found_and_never_the_first_to_fire(void **state)
{
    (void)state;
    struct tide_window_store store;
    assert_true(tide_window_store_init(&store, 0, &seed));
    struct tide_pane *first = open_at(&store, 0), *second = open_at(&store, 10);
    enter_key(&store, first, 1);
    enter_key(&store, second, 1);
    enter_key(&store, second, 2);
    assert_null(tide_window_store_first_held(&store));
    assert_true(tide_window_store_hold_first(&store));
    assert_ptr_equal(tide_window_store_first(&store), second);
    assert_ptr_equal(tide_window_store_first_held(&store), first);
    assert_int_equal(tide_window_store_entry_count(&store), 2); /* what has still to fire */
    assert_ptr_equal(open_at(&store, 0), first);
    assert_ptr_equal(tide_window_store_open_held(&store, 0, 10), first);
    assert_int_equal(first->entry_count, 1);
    struct tide_pane *born = tide_window_store_open_held(&store, -20, -10);
    assert_ptr_equal(tide_window_store_first(&store), second);
    assert_ptr_equal(tide_window_store_first_held(&store), born);
    tide_window_store_close_first_held(&store);
    tide_window_store_close_first_held(&store);
    assert_null(tide_window_store_first_held(&store));
    assert_ptr_equal(open_at(&store, 20), first); /* its room is spare, and empty */
    assert_int_equal(first->entry_count, 0);
    tide_window_store_fini(&store);
}

/* Opens, holds, bears and closes by chance, against plain lists of starts. */
static void held_windows_are_closed_by_end_beside_open_ones(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    struct tide_window_store store;
    enum { UNKNOWN, OPEN, HELD, STARTS = 400 };
    uint8_t known[STARTS] = {UNKNOWN};
    assert_true(tide_window_store_init(&store, 0, &seed));
    for (unsigned step = 0; step < 40000; step++) {
        int64_t at = chance_below(&chance, STARTS), first[3] = {-1, -1, -1};
        unsigned counts[3] = {0};
        for (unsigned i = STARTS; i-- > 0; first[known[i]] = i) counts[known[i]]++;
        assert_int_equal(store.open.count, counts[OPEN]);
        assert_int_equal(store.held.count, counts[HELD]);
        const struct tide_pane *open = tide_window_store_first(&store);
        const struct tide_pane *held = tide_window_store_first_held(&store);
        assert_int_equal(open ? open->start_ms : -SIZE_MS, first[OPEN] * SIZE_MS);
        assert_int_equal(held ? held->start_ms : -SIZE_MS, first[HELD] * SIZE_MS);
        bool is_growing = step / 5000 % 2 == 0;
        if (chance_is(&chance, is_growing ? 2 : 9)) {
            assert_int_equal(open_at(&store, at * SIZE_MS)->start_ms, at * SIZE_MS);
            if (known[at] == UNKNOWN) known[at] = OPEN;
        } else if (chance_is(&chance, is_growing ? 3 : 9)) {
            assert_non_null(tide_window_store_open_held(&store, at * SIZE_MS, (at + 1) * SIZE_MS));
            if (known[at] == UNKNOWN) known[at] = HELD;
        } else if (open && chance_is(&chance, 2)) {
            assert_true(tide_window_store_hold_first(&store));
            known[first[OPEN]] = HELD;
        } else if (held) {
            tide_window_store_close_first_held(&store);
            known[first[HELD]] = UNKNOWN;
        }
    }
    tide_window_store_fini(&store);
}

static void fini_of_a_zeroed_store_is_fine(void **state)
{
    (void)state;
    struct tide_window_store store = {0};
    tide_window_store_fini(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closing_what_is_not_open_is_a_bug_that_stops_the_process),
        cmocka_unit_test(closing_what_is_not_held_is_a_bug_that_stops_the_process),
        cmocka_unit_test(empty_store_has_no_first_window),
        cmocka_unit_test(same_start_is_the_same_window),
        cmocka_unit_test(reopened_window_is_empty_and_warm),
        cmocka_unit_test(earliest_window_is_closed_first),
        cmocka_unit_test(held_window_is_found_and_never_the_first_to_fire),
        cmocka_unit_test(held_windows_are_closed_by_end_beside_open_ones),
        cmocka_unit_test(fini_of_a_zeroed_store_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
