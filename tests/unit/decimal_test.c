/* Are amounts read exactly, judged on their value and not on their digits, and printed as the
 * shortest text of the same value? */
#include "engine/text/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct tide_decimal_format six = {.scale = 6};
static const struct tide_decimal_format six_comma = {.scale = 6, .comma = true};

/* From the heap, so that a reader that looks past the end is caught by the sanitizer. */
static enum tide_decimal_status parse(const struct tide_decimal_format *format, const char *text,
                                      tide_int128 *units)
{
    size_t bytes = strlen(text);
    char *copy = malloc(bytes ? bytes : 1);
    assert_non_null(copy);
    memcpy(copy, text, bytes);
    enum tide_decimal_status status = tide_decimal_parse(format, copy, bytes, units);
    free(copy);
    return status;
}

static void check_refused(const struct tide_decimal_format *format, enum tide_decimal_status want,
                          const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        tide_int128 units;
        enum tide_decimal_status status = parse(format, texts[i], &units);
        if (status != want) fail_msg("'%s': status %d", texts[i], (int)status);
    }
}

#define CHECK_REFUSED(format, want, texts)                                                         \
    check_refused(format, want, texts, sizeof(texts) / sizeof *(texts))

static void texts_that_are_no_amount_are_malformed(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        ".",
        "-",
        "+",
        "$",
        "-$",
        "()",
        "(",
        ")",
        "(5",
        "5)",
        "(-5)",
        "(+5)",
        "-(5)",
        "((5))",
        "$(5)",
        "( 5)",
        "--5",
        "+-5",
        "-$-5",
        "$$5",
        "- 5",
        "$ 5",
        "5$",
        "5-",
        "5 5",
        "1.2.3",
        "..5",
        "abc",
        "0x10",
        "nan",
        "inf",
        "1_000",
        "1e",
        "1e+",
        "e5",
        ".e5",
        "1e5.0",
        "1e1e1",
        "1 e5",
        "1,23",
        "1,2345",
        "1234,567",
        "1,234,56",
        "1,,234",
        ",123",
        "1,234,",
        "1,234567",
        "1.5,000",
        "12,34,567",
        "\xc2"
        "5",
        "\xe2\x82"
        "5",
        "\xa3"
        "5",
        "5\xc2\xa3",
        "5\n",
    };
    CHECK_REFUSED(&six, TIDE_DECIMAL_MALFORMED, texts);
    static const char *const comma_texts[] = {"1,234.56", "1.23", "1.2345", "1,2,3",
                                              ".",        ",",    ".5"};
    CHECK_REFUSED(&six_comma, TIDE_DECIMAL_MALFORMED, comma_texts);
}

static void a_nonzero_digit_beyond_the_scale_is_too_fine(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0.0000001",
        "1e-7",
        "1e-9",
        "-1.0000001",
        "(0.0000005)",
        "1e-999999999",
        "1e-99999999999999999999999999",
        "123456789012345678901234567890.0000001", /* and too long */
        "1.00000000000000000000000000000000000000000000000001",
    };
    CHECK_REFUSED(&six, TIDE_DECIMAL_TOO_FINE, texts);
    static const struct tide_decimal_format whole = {.scale = 0};
    static const char *const whole_texts[] = {"0.5", "5e-1", "1.01"};
    CHECK_REFUSED(&whole, TIDE_DECIMAL_TOO_FINE, whole_texts);
}

static void more_than_27_digits_at_the_scale_are_out_of_range(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "1000000000000000000000",
        "-1000000000000000000000",
        "1e21",
        "1e999999999",
        "1e99999999999999999999999999",
        "1,000,000,000,000,000,000,000",
        "9999999999999999999999999999999999999999999999999999999999999999",
    };
    CHECK_REFUSED(&six, TIDE_DECIMAL_OUT_OF_RANGE, texts);
    static const struct tide_decimal_format finest = {.scale = 18};
    static const char *const finest_texts[] = {"1000000000", "1e9", "123456789012345678"};
    CHECK_REFUSED(&finest, TIDE_DECIMAL_OUT_OF_RANGE, finest_texts);
}

struct amount_case {
    const char *text;
    int64_t units;
};

static void check_amounts(const struct tide_decimal_format *format, const struct amount_case *cases,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        tide_int128 units = -1;
        enum tide_decimal_status status = parse(format, cases[i].text, &units);
        if (status != TIDE_DECIMAL_OK || units != cases[i].units)
            fail_msg("'%s': status %d, units %lld", cases[i].text, (int)status, (long long)units);
    }
}

static void every_form_of_an_amount_is_read(void **state)
{
    (void)state;
    static const struct amount_case cases[] = {
        {"3200", 3200000000},
        {"-3.5", -3500000},
        {"+4", 4000000},
        {".5", 500000},
        {"5.", 5000000},
        {"-.5", -500000},
        {"1e3", 1000000000},
        {"1E+3", 1000000000},
        {"1e-6", 1},
        {"5.e1", 50000000},
        {".5e1", 5000000},
        {" \t3200\t ", 3200000000},
        {"1,234.56", 1234560000},
        {"1,234", 1234000000},
        {"12,345,678", 12345678000000},
        {"123,456.", 123456000000},
        {"1,234e-3", 1234000},
        {"\xc2\xa3"
         "1,234.56",
         1234560000},
        {"$5", 5000000},
        {"\xe2\x82\xac"
         "5",
         5000000},
        {"-$5", -5000000},
        {"$-5", -5000000},
        {"+\xe2\x82\xac"
         "3",
         3000000},
        {"\xe2\x82\xac-3", -3000000},
        {"(123.45)", -123450000},
        {"($1,234.56)", -1234560000},
        {"(1e2)", -100000000},
        {" (5) ", -5000000},
        {"0", 0},
        {"-0", 0},
        {"(0)", 0},
        {"0.0000000000", 0},
        {"1.50000000", 1500000},
        {"0000000000000000000000000000000012", 12000000},
        {"0.000001", 1},
        {"999999999999.999999", 999999999999999999},
    };
    check_amounts(&six, cases, sizeof cases / sizeof *cases);
}

static void a_decimal_comma_swaps_the_marks(void **state)
{
    (void)state;
    static const struct amount_case cases[] = {
        {"1.234,56", 1234560000}, {"1.234", 1234000000}, {"3,5", 3500000},         {",5", 500000},
        {"5,", 5000000},          {"-1,5e1", -15000000}, {"(1.000)", -1000000000},
    };
    check_amounts(&six_comma, cases, sizeof cases / sizeof *cases);
}

static void exponents_of_any_size_are_judged_on_the_value(void **state)
{
    (void)state;
    static const struct amount_case cases[] = {
        {"0e999999999", 0},
        {"0.000e-99999999999999999999999", 0},
        {"1000000e-6", 1000000},
        {"10000000000000000000000000000000000000000e-40", 1000000},
        {"0.0000000000000000000000000000000000000001e40", 1000000},
        {"1e000000000000000000000000000000000001", 10000000},
    };
    check_amounts(&six, cases, sizeof cases / sizeof *cases);
}

static void twenty_seven_digits_fit_exactly(void **state)
{
    (void)state;
    tide_int128 units, limit = (tide_int128)tide_power_of_ten(27);
    assert_int_equal(parse(&six, "999999999999999999999.999999", &units), TIDE_DECIMAL_OK);
    assert_true(units == limit - 1);
    assert_int_equal(parse(&six, "-999,999,999,999,999,999,999.999999", &units), TIDE_DECIMAL_OK);
    assert_true(units == 1 - limit);
    static const struct tide_decimal_format finest = {.scale = 18};
    assert_int_equal(parse(&finest, "999999999", &units), TIDE_DECIMAL_OK);
    assert_true(units == limit - (tide_int128)tide_power_of_ten(18));
}

typedef size_t print_function(char *out, tide_int128 units, unsigned scale);

static void check_print(print_function *print, tide_int128 units, unsigned scale, const char *want)
{
    char out[TIDE_DECIMAL_TEXT_BYTES + 1];
    memset(out, '#', sizeof out);
    size_t bytes = print(out, units, scale);
    assert_int_equal(out[TIDE_DECIMAL_TEXT_BYTES], '#');
    if (bytes != strlen(want) || memcmp(out, want, bytes) != 0)
        fail_msg("got %.*s, want %s", (int)bytes, out, want);
}

static void the_shortest_exact_decimal_is_printed(void **state)
{
    (void)state;
    static const struct {
        int64_t units;
        unsigned scale;
        const char *text;
    } cases[] = {
        {9000000000, 6, "9000"},
        {5700500000, 6, "5700.5"},
        {-10000, 6, "-0.01"},
        {0, 0, "0"},
        {0, 18, "0"},
        {1, 6, "0.000001"},
        {-1, 18, "-0.000000000000000001"},
        {100, 0, "100"},
        {123456789, 8, "1.23456789"},
        {123456789, 9, "0.123456789"},
        {1234567890, 10, "0.123456789"},
        {99999999, 0, "99999999"},
        {100000000, 0, "100000000"},
        {INT64_MAX, 0, "9223372036854775807"},
        {INT64_MAX, 6, "9223372036854.775807"},
        {INT64_MIN, 18, "-9.223372036854775808"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_print(tide_decimal_print, cases[i].units, cases[i].scale, cases[i].text);
        char out[TIDE_DECIMAL_TEXT_BYTES];
        size_t bytes = tide_decimal_print64(out, cases[i].units, cases[i].scale);
        assert_int_equal(bytes, strlen(cases[i].text));
        assert_memory_equal(out, cases[i].text, bytes);
    }
}

static void sums_print_over_the_whole_of_128_bits(void **state)
{
    (void)state;
    tide_int128 greatest = (tide_int128)(~(tide_uint128)0 >> 1), least = -greatest - 1;
    check_print(tide_decimal_print, greatest, 0, "170141183460469231731687303715884105727");
    check_print(tide_decimal_print, least, 0, "-170141183460469231731687303715884105728");
    check_print(tide_decimal_print, least, 18, "-170141183460469231731.687303715884105728");
    check_print(tide_decimal_print, (tide_int128)INT64_MAX + 1, 0, "9223372036854775808");
    check_print(tide_decimal_print, (tide_int128)tide_power_of_ten(38), 18,
                "100000000000000000000");
}

static void integers_print_at_every_length(void **state)
{
    (void)state;
    for (unsigned n = 0; n < TIDE_UINT64_DIGITS_MAX; n++) {
        for (uint64_t d = 0; d <= 2; d++) {
            uint64_t value = tide_powers_of_ten[n] + d - 1;
            char want[32], out[TIDE_INT_TEXT_BYTES];
            int bytes = snprintf(want, sizeof want, "%llu", (unsigned long long)value);
            assert_int_equal(tide_uint_print(out, value), bytes);
            assert_memory_equal(out, want, (size_t)bytes);
        }
    }
    char out[TIDE_INT_TEXT_BYTES];
    assert_int_equal(tide_uint_print(out, UINT64_MAX), 20);
    assert_memory_equal(out, "18446744073709551615", 20);
    assert_int_equal(tide_int_print(out, INT64_MIN), 20);
    assert_memory_equal(out, "-9223372036854775808", 20);
    assert_int_equal(tide_int_print(out, -7), 2);
    assert_memory_equal(out, "-7", 2);
}

static tide_int128 power_of_two(unsigned n)
{
    return (tide_int128)1 << n;
}

/* The texts are what python3 prints for float(Decimal(units).scaleb(-scale)). */
static void floats_print_as_python_prints_them(void **state)
{
    (void)state;
    const struct {
        tide_int128 units;
        unsigned scale;
        const char *text;
    } cases[] = {
        {0, 6, "0.0"},
        {9000000000, 6, "9000.0"},
        {11700, 0, "11700.0"},
        {-10000, 6, "-0.01"},
        {1, 3, "0.001"},
        {1, 4, "0.0001"},
        {1, 5, "1e-05"},
        {15, 8, "1.5e-07"},
        {1, 18, "1e-18"},
        {INT64_C(1000000000000000), 0, "1000000000000000.0"},
        {INT64_C(9999999999999998), 0, "9999999999999998.0"},
        {INT64_C(9999999999999999), 0, "1e+16"},
        {INT64_C(10000000000000000), 0, "1e+16"},
        {INT64_C(12345678901234567), 0, "1.2345678901234568e+16"},
        {INT64_C(100000000000000001), 18, "0.1"},
        {INT64_C(300000000000000044), 18, "0.30000000000000004"},
        {INT64_C(9007199254740993), 0, "9007199254740992.0"},
        {power_of_two(60), 0, "1.152921504606847e+18"},
        {power_of_two(89), 0, "6.189700196426902e+26"}, /* nearest 16 digits end in 1 */
        {power_of_two(122), 0, "5.316911983139664e+36"},
        {-power_of_two(126) - power_of_two(126), 0, "-1.7014118346046923e+38"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_print(tide_decimal_print_float, cases[i].units, cases[i].scale, cases[i].text);
}

/* Random amounts: what is printed reads back as the same units; a float's text as the same double.
 */
static void printed_amounts_read_back(void **state)
{
    (void)state;
    uint64_t random = 20240511;
    for (int i = 0; i < 20000; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        struct tide_decimal_format format = {.scale = (unsigned)(random >> 59) % 19};
        int64_t value = (int64_t)random >> (random >> 33 & 63);
        char text[TIDE_DECIMAL_TEXT_BYTES + 1];
        text[tide_decimal_print(text, value, format.scale)] = '\0';
        tide_int128 units;
        assert_int_equal(parse(&format, text, &units), TIDE_DECIMAL_OK);
        assert_true(units == value);
        double exact = strtod(text, NULL);
        text[tide_decimal_print_float(text, value, format.scale)] = '\0';
        assert_true(strtod(text, NULL) == exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_that_are_no_amount_are_malformed),
        cmocka_unit_test(a_nonzero_digit_beyond_the_scale_is_too_fine),
        cmocka_unit_test(more_than_27_digits_at_the_scale_are_out_of_range),
        cmocka_unit_test(every_form_of_an_amount_is_read),
        cmocka_unit_test(a_decimal_comma_swaps_the_marks),
        cmocka_unit_test(exponents_of_any_size_are_judged_on_the_value),
        cmocka_unit_test(twenty_seven_digits_fit_exactly),
        cmocka_unit_test(the_shortest_exact_decimal_is_printed),
        cmocka_unit_test(sums_print_over_the_whole_of_128_bits),
        cmocka_unit_test(integers_print_at_every_length),
        cmocka_unit_test(floats_print_as_python_prints_them),
        cmocka_unit_test(printed_amounts_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
