/* Do keys come as often as their shape says? The seeds are fixed, so a count lies within its bound
 * or it does not, today as tomorrow; the bounds are five standard deviations. */
#include "engine/instruments/generate/keys.h"

#include "engine/instruments/generate/shape_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shape_given.h"

#include <math.h>
#include <string.h>

enum { DRAWS = 400000, KEYS_MAX = 1000 };

static struct tide_keys read_keys(const char *text, uint64_t count)
{
    struct shape_given given;
    struct tide_keys keys;
    if (!tide_keys_read(&keys, shape_given(&given, text), SHAPE, count))
        fail_msg("%s", given.error.text);
    return keys;
}

static void count_keys(const struct tide_keys *keys, uint32_t counts[KEYS_MAX + 1])
{
    struct tide_random random = {.state = 11};
    memset(counts, 0, (KEYS_MAX + 1) * sizeof *counts);
    for (uint64_t row = 0; row < DRAWS; row++) {
        uint64_t key = tide_keys_draw(keys, &random, row);
        assert_in_range(key, 1, keys->count);
        counts[key]++;
    }
}

static void check_share(uint32_t count, double share)
{
    double expected = DRAWS * share, deviation = sqrt(expected * (1 - share));
    if (fabs(count - expected) > 5 * deviation + 1)
        fail_msg("%u of %d, not about %.1f", count, DRAWS, expected);
}

static void texts_that_are_no_shape_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",        "Uniform",   "zipf",           "zipf:",
        "zipf:0",  "zipf:-1",   "zipf:10.000001", "zipf:1e1",
        "zipf:x",  "hot",       "hot:",           "hot:101%",
        "hot:x%",  "uniform:1", "unique:",        "zipf:1.0000001",
        "zipff:1", "zipf:1:2",  "zipf: 1",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct shape_given given;
        struct tide_keys keys;
        if (tide_keys_read(&keys, shape_given(&given, texts[i]), SHAPE, 10))
            fail_msg("'%s' was taken", texts[i]);
        check_refusal(&given, "'");
    }
}

static void a_skew_over_no_number_of_keys_is_refused(void **state)
{
    (void)state;
    struct shape_given given;
    struct tide_keys keys;
    assert_false(tide_keys_read(&keys, shape_given(&given, "zipf:1"), SHAPE, 0));
    check_refusal(&given, "--keys is 0");
}

static void uniform_keys_are_equally_likely(void **state)
{
    (void)state;
    static uint32_t counts[KEYS_MAX + 1];
    struct tide_keys keys = read_keys("uniform", 100);
    count_keys(&keys, counts);
    for (unsigned key = 1; key <= 100; key++) check_share(counts[key], 0.01);
}

static void zipf_keys_fall_with_the_power_of_their_rank(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double exponent;
        unsigned count;
    } cases[] = {{"zipf:1", 1, 1000}, {"zipf:1.1", 1.1, 1000},   {"zipf:0.5", 0.5, 100},
                 {"zipf:2", 2, 50},   {"zipf:0.999999", 1, 300}, {"zipf:0.000001", 0, 40},
                 {"zipf:10", 10, 20}, {"zipf:1.000001", 1, 2},   {"zipf:3", 3, 1}};
    static uint32_t counts[KEYS_MAX + 1];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tide_keys keys = read_keys(cases[i].text, cases[i].count);
        double sum = 0;
        for (unsigned key = 1; key <= cases[i].count; key++) sum += pow(key, -cases[i].exponent);
        count_keys(&keys, counts);
        for (unsigned key = 1; key <= cases[i].count; key++)
            check_share(counts[key], pow(key, -cases[i].exponent) / sum);
    }
}

/* Of the least skew that many keys allow, half the rows lie in the upper half of the keys. */
static void zipf_needs_no_table_however_many_keys(void **state)
{
    (void)state;
    const uint64_t count = UINT64_C(1000000000000);
    struct tide_keys flat = read_keys("zipf:0.000001", count), steep = read_keys("zipf:1", count);
    struct tide_random random = {.state = 12};
    uint32_t upper = 0, first = 0;
    for (uint64_t row = 0; row < DRAWS; row++) {
        uint64_t key = tide_keys_draw(&flat, &random, row);
        assert_in_range(key, 1, count);
        upper += key > count / 2;
        first += tide_keys_draw(&steep, &random, row) == 1;
    }
    check_share(upper, 0.5);
    check_share(first, 1 / (log(1e12) + 0.5772156649)); /* the harmonic number of so many */
}

static void a_hot_key_has_its_share_and_the_others_the_rest(void **state)
{
    (void)state;
    static uint32_t counts[KEYS_MAX + 1];
    struct tide_keys keys = read_keys("hot:30%", 11);
    count_keys(&keys, counts);
    check_share(counts[1], 0.3);
    for (unsigned key = 2; key <= 11; key++) check_share(counts[key], 0.07);
    keys = read_keys("hot:0%", 3);
    count_keys(&keys, counts);
    assert_int_equal(counts[1], 0);
    keys = read_keys("hot:100", 3);
    count_keys(&keys, counts);
    assert_int_equal(counts[1], DRAWS);
    keys = read_keys("hot:10%", 1);
    count_keys(&keys, counts);
    assert_int_equal(counts[1], DRAWS);
}

static void unique_keys_are_the_rows_and_take_no_draw(void **state)
{
    (void)state;
    struct tide_keys unique = read_keys("unique", 5), none = read_keys("uniform", 0);
    struct tide_random random = {.state = 13};
    for (uint64_t row = 0; row < 100; row++) {
        assert_int_equal(tide_keys_draw(&unique, &random, row), row + 1);
        assert_int_equal(tide_keys_draw(&none, &random, row), row + 1);
    }
    assert_int_equal(random.state, 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_that_are_no_shape_are_refused),
        cmocka_unit_test(a_skew_over_no_number_of_keys_is_refused),
        cmocka_unit_test(uniform_keys_are_equally_likely),
        cmocka_unit_test(zipf_keys_fall_with_the_power_of_their_rank),
        cmocka_unit_test(zipf_needs_no_table_however_many_keys),
        cmocka_unit_test(a_hot_key_has_its_share_and_the_others_the_rest),
        cmocka_unit_test(unique_keys_are_the_rows_and_take_no_draw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
