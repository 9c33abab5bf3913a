/* Do whole windows wait in order while their keys begin anew, and are keys without rows forgotten?
 */
#include "counted_memory.h"

#include "engine/state/count_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { STRIDE = 16 };

static const char long_text[] = "a key of more than sixteen bytes";

static struct tide_count_key *enter(struct tide_count_store *store, uint64_t number)
{
    struct tide_key key = {.words = {number, 0}, .bytes = 8};
    if (number == 0)
        key = (struct tide_key){{(uint64_t)(uintptr_t)long_text, 99}, sizeof long_text - 1};
    struct tide_count_key *entered = tide_count_store_enter(store, &key, number ? number : 99);
    assert_non_null(entered);
    return entered;
}

static void fold(struct tide_count_key *key, int amount)
{
    key->entry.sum += amount;
    key->entry.count++;
    *(int *)(void *)tide_count_key_states(key) = amount;
}

static void key_without_rows_is_forgotten_only_when_its_windows_are_out(void **state)
{
    (void)state;
    struct tide_count_store store;
    assert_true(tide_count_store_init(&store, STRIDE));
    for (uint64_t number = 0; number < 3; number++) {
        struct tide_count_key *key = enter(&store, number);
        fold(key, 7);
        fold(key, 8);
        const struct tide_count_whole *whole = tide_count_store_finish(&store, key);
        assert_int_equal(whole->entry.count, 2);
        assert_true(whole->entry.sum == 15);
        assert_int_equal(*(const int *)(const void *)(whole + 1), 8);
        assert_int_equal(key->entry.count, 0);
    }
    fold(enter(&store, 1), 9); /* this one has begun anew */
    assert_int_equal(store.keys.count, 3);
    assert_memory_equal(tide_entry_key(&tide_count_store_whole(&store, 0)->entry), long_text,
                        sizeof long_text - 1);
    tide_count_store_settle(&store);
    assert_int_equal(store.whole_count, 0);
    assert_int_equal(store.keys.count, 1);
    assert_int_equal(enter(&store, 1)->entry.count, 1);
    assert_true(enter(&store, 1)->entry.sum == 9);
    tide_count_store_fini(&store);
}

static void key_may_be_whole_as_often_as_the_list_is_long(void **state)
{
    (void)state;
    struct tide_count_store store;
    assert_true(tide_count_store_init(&store, STRIDE));
    for (int i = 0; i < TIDE_COUNT_WHOLE_MAX; i++) {
        struct tide_count_key *key = enter(&store, 5);
        fold(key, i);
        tide_count_store_finish(&store, key)->last_row = (uint64_t)i;
    }
    for (uint32_t i = 0; i < TIDE_COUNT_WHOLE_MAX; i++) {
        const struct tide_count_whole *whole = tide_count_store_whole(&store, i);
        assert_int_equal(whole->last_row, i);
        assert_true(whole->entry.sum == (int)i);
    }
    tide_count_store_settle(&store);
    assert_int_equal(store.keys.count, 0);
    assert_int_equal(enter(&store, 5)->entry.mark, 0);
    tide_count_store_fini(&store);
}

static void init_holds_what_it_says_and_without_memory_says_no(void **state)
{
    (void)state;
    struct tide_count_store store;
    uint64_t before = counted_held;
    for (int64_t left = 0; left < 2; left++) {
        counted_left = left;
        assert_false(tide_count_store_init(&store, STRIDE));
        counted_left = INT64_MAX;
        tide_count_store_fini(&store);
        assert_int_equal(counted_held, before);
    }
    assert_true(tide_count_store_init(&store, STRIDE));
    assert_int_equal(counted_held - before, tide_count_store_bytes(STRIDE));
    const struct tide_key key = {.words = {1, 0}, .bytes = 8};
    counted_left = 0;
    assert_null(tide_count_store_enter(&store, &key, 1));
    counted_left = INT64_MAX;
    tide_count_store_fini(&store);
    assert_int_equal(counted_held, before);
}

static void fini_of_a_zeroed_store_is_fine(void **state)
{
    (void)state;
    struct tide_count_store store = {0};
    tide_count_store_fini(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_without_rows_is_forgotten_only_when_its_windows_are_out),
        cmocka_unit_test(key_may_be_whole_as_often_as_the_list_is_long),
        cmocka_unit_test(init_holds_what_it_says_and_without_memory_says_no),
        cmocka_unit_test(fini_of_a_zeroed_store_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
