/* Does every bit of a key and of the seed count, does the hash read no byte beyond the key, and do
 * both of its halves spread keys evenly? */
#include "engine/text/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "chance.h"

enum { KEYS = 64000 };

static struct tide_hash_seed draw_seed(struct chance *chance)
{
    return (struct tide_hash_seed){{chance_next(chance), chance_next(chance)}};
}

static void no_flipped_bit_goes_unnoticed(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    for (size_t bytes = TIDE_KEY_INLINE_BYTES + 1; bytes <= 100; bytes++) {
        const struct tide_hash_seed seed = draw_seed(&chance);
        char *key = test_malloc(bytes); /* exactly: a read beyond it is found by the sanitizer */
        for (size_t i = 0; i < bytes; i++) key[i] = (char)chance_next(&chance);
        uint64_t hash = tide_hash_bytes(&seed, key, bytes);
        assert_true(hash == tide_hash_bytes(&seed, key, bytes));
        for (size_t bit = 0; bit < 8 * bytes; bit++) {
            key[bit / 8] ^= (char)(1 << bit % 8);
            if (tide_hash_bytes(&seed, key, bytes) == hash) fail_msg("bit %zu of %zu", bit, bytes);
            key[bit / 8] ^= (char)(1 << bit % 8);
        }
        test_free(key);
    }
    const struct tide_hash_seed seed = draw_seed(&chance);
    for (unsigned bit = 0; bit < 64; bit++) {
        assert_true(tide_hash_inline(&seed, 1ull << bit, 9) != tide_hash_inline(&seed, 0, 9));
        assert_true(tide_hash_inline(&seed, 9, 1ull << bit) != tide_hash_inline(&seed, 9, 0));
    }
}

static void length_counts_even_where_the_bytes_are_alike(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    const struct tide_hash_seed seed = draw_seed(&chance);
    static const char alike[200];
    for (size_t bytes = 17; bytes < 199; bytes++)
        assert_true(tide_hash_bytes(&seed, alike, bytes) !=
                    tide_hash_bytes(&seed, alike, bytes + 1));
}

static void another_seed_gives_another_hash(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    static const char key[] = "a key of some length";
    for (unsigned i = 0; i < 1000; i++) {
        struct tide_hash_seed a = draw_seed(&chance), b = a;
        b.words[i % 2] ^= 1ull << i % 64;
        assert_true(tide_hash_inline(&a, 7, 8) != tide_hash_inline(&b, 7, 8));
        assert_true(tide_hash_bytes(&a, key, sizeof key) != tide_hash_bytes(&b, key, sizeof key));
    }
}

/* No bucket of many may hold more than twice its share; chance alone would need 30 deviations. */
static void check_spread(const uint64_t hashes[], uint32_t bucket_count)
{
    static unsigned by_route[64], by_low_bits[64];
    memset(by_route, 0, sizeof by_route);
    memset(by_low_bits, 0, sizeof by_low_bits);
    for (unsigned i = 0; i < KEYS; i++) {
        uint32_t route = tide_hash_route(hashes[i], bucket_count);
        assert_in_range(route, 0, bucket_count - 1);
        by_route[route]++;
        by_low_bits[hashes[i] % bucket_count]++;
    }
    for (uint32_t i = 0; i < bucket_count; i++) {
        assert_in_range(by_route[i], KEYS / bucket_count / 2, 2 * KEYS / bucket_count);
        assert_in_range(by_low_bits[i], KEYS / bucket_count / 2, 2 * KEYS / bucket_count);
    }
}

static void numbered_keys_are_spread_evenly_by_both_halves(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    static uint64_t hashes[KEYS];
    static const char *const forms[] = {"%u", "tx%u", "account-%06u",
                                        "a-long-beginning-and-then-%u"};
    for (unsigned form = 0; form < 4; form++) {
        const struct tide_hash_seed seed = draw_seed(&chance);
        for (unsigned i = 0; i < KEYS; i++) {
            char text[64];
            uint64_t words[2] = {0, 0};
            size_t bytes = (size_t)snprintf(text, sizeof text, forms[form], i);
            if (bytes <= TIDE_KEY_INLINE_BYTES) memcpy(words, text, bytes);
            hashes[i] = bytes <= TIDE_KEY_INLINE_BYTES ? tide_hash_inline(&seed, words[0], words[1])
                                                       : tide_hash_bytes(&seed, text, bytes);
        }
        for (uint32_t buckets = 2; buckets <= 64; buckets *= 2) check_spread(hashes, buckets);
    }
}

/* As even as chance would be, whatever the seed: of so few keys the busiest worker of eight
 * has 1.12 times its share in the middle, and more than 1.35 times in one of thousands of draws. */
static void few_numbered_keys_are_shared_evenly_under_nearly_every_seed(void **state)
{
    (void)state;
    enum {
        SEEDS = 1000,
        FEW_KEYS = 1000,
        WORKERS = 8,
        UNEVEN_ROWS = FEW_KEYS / WORKERS * 135 / 100
    };
    struct chance chance = chance_begin();
    unsigned uneven_count = 0;
    for (unsigned draw = 0; draw < SEEDS; draw++) {
        const struct tide_hash_seed seed = draw_seed(&chance);
        unsigned keys[WORKERS] = {0}, most = 0;
        for (unsigned i = 0; i < FEW_KEYS; i++) {
            uint64_t words[2] = {0, 0};
            char text[TIDE_KEY_INLINE_BYTES];
            memcpy(words, text, (size_t)snprintf(text, sizeof text, "tx%u", i + 1));
            uint64_t hash = tide_hash_inline(&seed, words[0], words[1]);
            unsigned *owned = &keys[tide_hash_route(hash, WORKERS)];
            if (++*owned > most) most = *owned;
        }
        uneven_count += most > UNEVEN_ROWS;
    }
    assert_in_range(uneven_count, 0, SEEDS / 200);
}

static void route_uses_the_whole_range_for_any_count(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    for (uint32_t count = 1; count <= 256; count++) {
        bool is_used[256] = {false};
        for (unsigned i = 0; i < 64 * count; i++) {
            uint32_t route = tide_hash_route(chance_next(&chance), count);
            assert_in_range(route, 0, count - 1);
            is_used[route] = true;
        }
        for (uint32_t i = 0; i < count; i++) assert_true(is_used[i]);
    }
}

/* The most keys of one place in a table of as many places, and of one of eight workers. */
struct crowd {
    unsigned place, worker;
};

enum { CRAFTED = 1024, WORKERS = 8, PLACE_MAX = 40, WORKER_MAX = 2 * CRAFTED / WORKERS };

static struct crowd crowd_of(const struct tide_hash_seed *seed, uint64_t keys[CRAFTED][2])
{
    struct crowd most = {0};
    unsigned places[CRAFTED] = {0}, workers[WORKERS] = {0};
    for (unsigned i = 0; i < CRAFTED; i++) {
        const uint64_t hash = tide_hash_inline(seed, keys[i][0], keys[i][1]);
        const unsigned place = ++places[hash % CRAFTED];
        const unsigned worker = ++workers[tide_hash_route(hash, WORKERS)];
        if (place > most.place) most.place = place;
        if (worker > most.worker) most.worker = worker;
    }
    return most;
}

/* Of how many of 1000 seeds do these keys crowd together? */
static unsigned crowding_seeds(struct chance *chance, uint64_t keys[CRAFTED][2])
{
    unsigned count = 0;
    for (unsigned draw = 0; draw < 1000; draw++) {
        const struct tide_hash_seed seed = draw_seed(chance);
        const struct crowd crowd = crowd_of(&seed, keys);
        count += crowd.place > PLACE_MAX || crowd.worker > WORKER_MAX;
    }
    return count;
}

/* Whoever knows the seed of one run can choose keys that all fall on one place of one worker. */
static void keys_crafted_for_one_seed_are_like_any_others_under_the_next(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    static uint64_t keys[CRAFTED][2];
    const struct tide_hash_seed known = draw_seed(&chance);
    for (unsigned found = 0; found < CRAFTED;) {
        const uint64_t low = chance_next(&chance), high = chance_next(&chance),
                       hash = tide_hash_inline(&known, low, high);
        if (hash % CRAFTED != 7 || tide_hash_route(hash, WORKERS) != 3) continue;
        keys[found][0] = low;
        keys[found++][1] = high;
    }
    assert_int_equal(crowd_of(&known, keys).place, CRAFTED);
    assert_int_equal(crowd_of(&known, keys).worker, CRAFTED);
    assert_in_range(crowding_seeds(&chance, keys), 0, 1);
}

/* Nor are there keys that need no seed: numbers in one half, or at one end of it only. A product
 * has its bad multipliers, one in so many as there are keys. */
static void keys_of_one_pattern_do_not_crowd_under_nearly_every_seed(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    static uint64_t keys[CRAFTED][2];
    for (unsigned shift = 0; shift <= 54; shift += 6) {
        for (unsigned half = 0; half < 3; half++) {
            for (uint64_t i = 0; i < CRAFTED; i++) {
                keys[i][0] = half == 1 ? 0 : i << shift;
                keys[i][1] = half == 0 ? 0 : i << shift;
            }
            const unsigned crowding = crowding_seeds(&chance, keys);
            if (crowding > 20) fail_msg("shift %u, half %u: %u of 1000", shift, half, crowding);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_flipped_bit_goes_unnoticed),
        cmocka_unit_test(length_counts_even_where_the_bytes_are_alike),
        cmocka_unit_test(another_seed_gives_another_hash),
        cmocka_unit_test(numbered_keys_are_spread_evenly_by_both_halves),
        cmocka_unit_test(few_numbered_keys_are_shared_evenly_under_nearly_every_seed),
        cmocka_unit_test(keys_crafted_for_one_seed_are_like_any_others_under_the_next),
        cmocka_unit_test(keys_of_one_pattern_do_not_crowd_under_nearly_every_seed),
        cmocka_unit_test(route_uses_the_whole_range_for_any_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
