/* Are keys of every length counted one by one, and shared out to workers as a run would? */
#include "engine/instruments/profile/key_counts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "chance.h"

enum { KEYS = 700, ROWS = 30000, KEY_BYTES_MAX = 48 };

static const struct tide_hash_seed seed = {{0x9E3779B97F4A7C15u, 0xC2B2AE3D27D4EB4Fu}};
static struct tide_key_counts counts;
static char texts[KEYS][KEY_BYTES_MAX];
static uint64_t expected[KEYS];

static void add(const char *text)
{
    struct tide_key key;
    uint64_t hash;
    tide_key_counts_key(&counts, text, strlen(text), &key, &hash);
    assert_true(tide_key_counts_add(&counts, &key, hash));
}

static int set_up(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    assert_true(tide_key_counts_init(&counts, &seed));
    for (unsigned i = 0; i < KEYS; i++) {
        expected[i] = 0;
        snprintf(texts[i], sizeof texts[i], "%s%u", i % 3 ? "" : "a key that is not inline ", i);
    }
    for (unsigned i = 0; i < ROWS; i++) {
        const uint32_t key = chance_below(&chance, 1 + chance_below(&chance, KEYS));
        expected[key]++;
        add(texts[key]);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tide_key_counts_fini(&counts);
    return 0;
}

static int falling(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left < right) - (left > right);
}

static void no_rows_are_evenly_spread(void **state)
{
    (void)state;
    struct tide_key_counts empty;
    const struct tide_entry *top[3];
    struct tide_skew skews[TIDE_SKEW_LEVELS];
    assert_true(tide_key_counts_init(&empty, &seed));
    assert_int_equal(tide_key_counts_top(&empty, top, 3), 0);
    uint64_t holding = 1;
    assert_true(tide_key_counts_holding(&empty, 50, &holding));
    assert_int_equal(holding, 0);
    tide_key_counts_skew(&empty, 3, skews);
    assert_int_equal(skews[0].greatest, 1000000);
    tide_key_counts_fini(&empty);
}

static void every_key_has_its_rows_and_the_top_is_in_order(void **state)
{
    (void)state;
    const struct tide_entry *top[KEYS];
    uint64_t distinct = 0;
    for (unsigned i = 0; i < KEYS; i++) distinct += expected[i] > 0;
    assert_int_equal(tide_key_counts_keys(&counts), distinct);
    assert_int_equal(tide_key_counts_top(&counts, top, 5), 5);
    assert_int_equal(tide_key_counts_top(&counts, top, KEYS), distinct);
    for (unsigned i = 0; i < distinct; i++) {
        unsigned key = 0;
        while (strlen(texts[key]) != top[i]->key_bytes ||
               memcmp(texts[key], tide_entry_key(top[i]), top[i]->key_bytes) != 0)
            key++;
        assert_int_equal(top[i]->count, expected[key]);
        assert_true(i == 0 || top[i]->count <= top[i - 1]->count);
    }
}

static void keys_that_hold_a_share_are_the_fewest(void **state)
{
    (void)state;
    qsort(expected, KEYS, sizeof *expected, falling);
    for (unsigned percent = 1; percent <= 100; percent += 11) {
        uint64_t held = 0, keys = 0, holding;
        while (held * 100 < (uint64_t)ROWS * percent) held += expected[keys++];
        assert_true(tide_key_counts_holding(&counts, percent, &holding));
        assert_int_equal(holding, keys);
    }
}

static void loads_are_those_of_the_router(void **state)
{
    (void)state;
    for (unsigned workers = 1; workers <= 16; workers++) {
        uint64_t loads[16], naive[16] = {0};
        tide_key_counts_loads(&counts, &seed, workers, loads);
        for (unsigned i = 0; i < KEYS; i++) {
            struct tide_key key;
            uint64_t hash;
            tide_key_counts_key(&counts, texts[i], strlen(texts[i]), &key, &hash);
            naive[tide_hash_route(hash, workers)] += expected[i];
        }
        assert_memory_equal(loads, naive, workers * sizeof *loads);
    }
}

static void one_draw_of_skew_is_the_greatest_load_to_the_mean(void **state)
{
    (void)state;
    struct tide_skew skews[TIDE_SKEW_LEVELS];
    tide_key_counts_skew(&counts, 1, skews);
    for (unsigned i = 0; i < TIDE_SKEW_LEVELS; i++) {
        uint64_t loads[16], greatest = 0;
        assert_int_equal(skews[i].workers, 2u << i);
        tide_key_counts_loads(&counts, &seed, skews[i].workers, loads);
        for (unsigned j = 0; j < skews[i].workers; j++)
            if (loads[j] > greatest) greatest = loads[j];
        assert_int_equal(skews[i].least, greatest * skews[i].workers * 1000000 / ROWS);
        assert_int_equal(skews[i].median, skews[i].least);
        assert_int_equal(skews[i].greatest, skews[i].least);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_rows_are_evenly_spread),
        cmocka_unit_test_setup_teardown(every_key_has_its_rows_and_the_top_is_in_order, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(keys_that_hold_a_share_are_the_fewest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(loads_are_those_of_the_router, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_draw_of_skew_is_the_greatest_load_to_the_mean, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
