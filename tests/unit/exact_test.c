/* Are mean and deviation the exactly rounded ones, on 128 bits as well as beyond? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/text/exact.h"

#include <stdlib.h>
#include <string.h>

/* Expected texts come from Python: fractions.Fraction and math.isqrt, half-even. */
struct sample {
    unsigned scale;
    const char *units;
    const char *mean, *stddev;
};

static const struct sample samples[] = {
    {2, "-1 1", "0", "0.014142"},
    {7, "-1 -2 -3 -4", "0", "0"},
    {7, "-5 0", "0", "0"},
    {7, "-15 -15", "-0.000002", "0"},
    {7, "-5 0 5", "0", "0"},
    {7, "-15 0 15", "0", "0.000002"},
    {7, "-25 0 25", "0", "0.000002"},
    {7, "-4 0 4", "0", "0"},
    {7, "-6 0 6", "0", "0.000001"},
    {7, "9999995 19999990 29999985", "1.999999", "1"},
    {0, "5 5 5", "5", "0"},
    {0, "1 2", "1.5", "0.707107"},
    {0, "2 4 4 4 5 5 7 9", "5", "2.13809"},
    {6, "3200000000 8500000000", "5850", "3747.66594"},
    {18, "1 -1", "0", "0"},
    {18, "499999999999 0 -499999999999", "0", "0"},
    {18, "500000000000 0 -500000000000", "0", "0"},
    {18, "500000000001 0 -500000000001", "0", "0.000001"},
    {18, "1500000000000 0 -1500000000000", "0", "0.000002"},
    {0, "18446744073709551615 18446744073709551617", "18446744073709551616", "1.414214"},
    {0, "-18446744073709551616 18446744073709551616", "0", "26087635650665564424.699144"},
    {6, "999999999999999999999999998 999999999999999999999999999", "999999999999999999999.999998",
     "0.000001"},
    {0, "999999999999999999999999999 -999999999999999999999999999", "0",
     "1414213562373095048801688722.795485"},
    {6, "999999999999999999999999999 -999999999999999999999999999", "0",
     "1414213562373095048801.688723"},
    {18, "999999999999999999999999999 -999999999999999999999999999 0", "0", "1000000000"},
    {18, "100000000000000500000000000 100000000000000000000000000 99999999999999500000000000",
     "100000000", "0"},
    {18, "100000000000001500000000000 100000000000000000000000000 99999999999998500000000000",
     "100000000", "0.000002"},
};

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

struct sums {
    tide_int128 sum;
    struct tide_squares squares;
    uint64_t count;
};

static void add(struct sums *sums, tide_int128 value)
{
    sums->sum += value;
    sums->count++;
    tide_squares_add(&sums->squares, value);
}

static struct sums read_units(const char *text)
{
    struct sums sums = {0};
    while (*text) {
        bool negative = *text == '-';
        tide_int128 value = 0;
        for (text += negative; *text >= '0' && *text <= '9'; text++)
            value = value * 10 + (*text - '0');
        add(&sums, negative ? -value : value);
        if (*text == ' ') text++;
    }
    return sums;
}

static void assert_prints(tide_int128 units, const char *expected)
{
    char text[TIDE_DECIMAL_TEXT_BYTES + 1];
    text[tide_decimal_print(text, units, 6)] = '\0';
    assert_string_equal(text, expected);
}

static void mean_and_stddev_are_rounded_half_even(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        const struct sample *sample = &samples[i];
        struct sums sums = read_units(sample->units);
        print_message("%u: %s\n", sample->scale, sample->units);
        assert_prints(tide_exact_mean(sums.sum, sums.count, sample->scale, 6), sample->mean);
        assert_prints(tide_exact_stddev(sums.sum, &sums.squares, sums.count, sample->scale, 6),
                      sample->stddev);
    }
}

static unsigned read_list(const char *text, tide_int128 list[])
{
    unsigned count = 0;
    char *copy = strdup(text), *rest = copy;
    for (const char *word; (word = strsep(&rest, " "));) list[count++] = read_units(word).sum;
    free(copy);
    return count;
}

static void a_list_has_the_mean_and_stddev_of_its_sums(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        const struct sample *sample = &samples[i];
        tide_int128 list[8];
        unsigned count = read_list(sample->units, list), decimals = 6;
        print_message("%u: %s\n", sample->scale, sample->units);
        assert_prints(tide_exact_list_mean(list, count, sample->scale, &decimals), sample->mean);
        assert_prints(tide_exact_list_stddev(list, count, sample->scale, &decimals),
                      sample->stddev);
        assert_int_equal(decimals, 6);
    }
}

/* Answers that need more than 128 bits with six decimals: 38 digits are as many as there are. */
static void a_list_of_huge_values_gives_what_decimals_fit(void **state)
{
    (void)state;
    const tide_int128 most = (tide_int128)tide_power_of_ten(38);
    const tide_int128 list[] = {most, -most, most, most};
    unsigned decimals = 6;
    assert_true(tide_exact_list_mean(list, 4, 0, &decimals) == most / 2);
    assert_int_equal(decimals, 0);
    decimals = 6;
    assert_true(tide_exact_list_stddev(list, 4, 0, &decimals) == most);
    assert_int_equal(decimals, 0);
    decimals = 6;
    assert_true(tide_exact_list_mean(list, 2, 0, &decimals) == 0);
    assert_int_equal(decimals, 6);
    assert_true(tide_exact_list_mean(list, 4, 2, &decimals) == most / 2);
    assert_int_equal(decimals, 2);
}

/* The same values, once small and once shifted so far that they are not. */
static void a_list_rounds_alike_on_both_ways(void **state)
{
    (void)state;
    uint64_t seed = 7;
    const tide_int128 shift = (tide_int128)tide_power_of_ten(30);
    for (int round = 0; round < 2000; round++) {
        tide_int128 near[30], far[30];
        unsigned scale = (unsigned)(next_random(&seed) % 13), near_decimals = 6, far_decimals = 6;
        unsigned count = 2 + (unsigned)(next_random(&seed) % 29);
        for (unsigned i = 0; i < count; i++) {
            near[i] = (tide_int128)(next_random(&seed) % 2000) - 1000;
            far[i] = near[i] + shift;
        }
        tide_int128 whole = shift / (tide_int128)tide_power_of_ten(scale) * 1000000;
        assert_true(tide_exact_list_stddev(near, count, scale, &near_decimals) ==
                    tide_exact_list_stddev(far, count, scale, &far_decimals));
        assert_true(tide_exact_list_mean(near, count, scale, &near_decimals) + whole ==
                    tide_exact_list_mean(far, count, scale, &far_decimals));
        assert_int_equal(far_decimals, 6);
    }
}

static void mean_of_the_greatest_count_is_exact(void **state)
{
    (void)state;
    assert_prints(tide_exact_mean(TIDE_INT128_MAX, UINT64_MAX, 18, 6), "9.223372");
    assert_prints(tide_exact_mean(-TIDE_INT128_MAX, UINT64_MAX, 18, 6), "-9.223372");
    assert_prints(tide_exact_mean(TIDE_INT128_MAX, UINT64_MAX, 0, 6), "9223372036854775808.5");
}

static void squares_carry_into_every_word(void **state)
{
    (void)state;
    struct tide_squares squares = {{0}};
    for (int i = 0; i < 3; i++) tide_squares_add(&squares, TIDE_INT128_MIN);
    tide_squares_add(&squares, UINT64_MAX);
    static const uint64_t extremes[] = {1, 0xfffffffffffffffe, 0, 0xc000000000000000};
    assert_memory_equal(squares.words, extremes, sizeof extremes);

    const struct tide_squares one = {{1}}, full = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, 6}};
    const uint64_t carried[] = {0, 0, 0, 7};
    squares = full;
    tide_squares_merge(&squares, &one);
    assert_memory_equal(squares.words, carried, sizeof carried);
    squares = full;
    tide_squares_merge(&squares, &full);
    const uint64_t doubled[] = {UINT64_MAX - 1, UINT64_MAX, UINT64_MAX, 13};
    assert_memory_equal(squares.words, doubled, sizeof doubled);

    squares = (struct tide_squares){{0}};
    tide_int128 most = (tide_int128)tide_power_of_ten(27) - 1;
    for (int i = 0; i < 3; i++) tide_squares_add(&squares, i & 1 ? most : -most);
    static const uint64_t amounts[] = {0xf7dcfe9290000003, 0x4f4ccb1b0ecece0c, 0x1f524b4c1f2eb4, 0};
    assert_memory_equal(squares.words, amounts, sizeof amounts);
}

/* The shift sends the sums beyond 128 bits: both ways of computing must agree. */
static void stddev_does_not_change_when_all_values_are_shifted(void **state)
{
    (void)state;
    const char *given = getenv("TIDE_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : 1;
    print_message("TIDE_SEED=%llu\n", (unsigned long long)seed);
    const tide_int128 shift = (tide_int128)tide_power_of_ten(26);
    for (int round = 0; round < 2000; round++) {
        struct sums near = {0}, far = {0};
        unsigned scale = (unsigned)(next_random(&seed) % 19);
        uint64_t count = 2 + next_random(&seed) % 40;
        for (uint64_t i = 0; i < count; i++) {
            tide_int128 value = (tide_int128)next_random(&seed) - (1 << 30);
            add(&near, value);
            add(&far, value + shift);
        }
        tide_int128 expected = tide_exact_stddev(near.sum, &near.squares, near.count, scale, 6);
        assert_true(tide_exact_stddev(far.sum, &far.squares, far.count, scale, 6) == expected);
    }
}

static void mpz_set_takes_every_extreme(void **state)
{
    (void)state;
    mpz_t number;
    mpz_init(number);
    tide_exact_mpz_set(number, TIDE_INT128_MIN);
    assert_int_equal(mpz_sizeinbase(number, 2), 128);
    assert_true(mpz_sgn(number) < 0);
    tide_exact_mpz_set(number, TIDE_INT128_MAX);
    assert_int_equal(mpz_sizeinbase(number, 2), 127);
    tide_exact_mpz_set(number, 0);
    assert_int_equal(mpz_sgn(number), 0);
    mpz_clear(number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_and_stddev_are_rounded_half_even),
        cmocka_unit_test(a_list_has_the_mean_and_stddev_of_its_sums),
        cmocka_unit_test(a_list_of_huge_values_gives_what_decimals_fit),
        cmocka_unit_test(a_list_rounds_alike_on_both_ways),
        cmocka_unit_test(mean_of_the_greatest_count_is_exact),
        cmocka_unit_test(squares_carry_into_every_word),
        cmocka_unit_test(stddev_does_not_change_when_all_values_are_shifted),
        cmocka_unit_test(mpz_set_takes_every_extreme),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
