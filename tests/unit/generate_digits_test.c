/* Does the table of digits print what snprintf prints? */
#include "engine/instruments/generate/digits.h"

#include "engine/instruments/generate/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

static struct tide_digits digits;

static int set_up(void **state)
{
    (void)state;
    tide_digits_init(&digits);
    return 0;
}

static void check_number(uint64_t value)
{
    char text[TIDE_INT_TEXT_BYTES + 1], expected[TIDE_INT_TEXT_BYTES + 1];
    *tide_digits_put(&digits, text, value) = '\0';
    snprintf(expected, sizeof expected, "%llu", (unsigned long long)value);
    assert_string_equal(text, expected);
}

static void check_cents(uint64_t cents)
{
    char text[TIDE_INT_TEXT_BYTES + 4], expected[TIDE_INT_TEXT_BYTES + 4];
    *tide_digits_put_cents(&digits, text, cents) = '\0';
    snprintf(expected, sizeof expected, "%llu.%02u", (unsigned long long)(cents / 100),
             (unsigned)(cents % 100));
    assert_string_equal(text, expected);
}

static void numbers_up_to_where_the_table_ends_and_beyond(void **state)
{
    (void)state;
    for (uint64_t value = 0; value < 1100000; value++) check_number(value);
}

static void numbers_of_every_length(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TIDE_UINT64_DIGITS_MAX; i++) {
        check_number(tide_powers_of_ten[i]);
        check_number(tide_powers_of_ten[i] - 1);
        check_cents(tide_powers_of_ten[i]);
        check_cents(tide_powers_of_ten[i] - 1);
    }
    check_number(UINT64_MAX);
    struct tide_random random = {.state = 3};
    for (unsigned i = 0; i < 100000; i++) check_number(tide_random_next(&random) >> (i % 64));
}

static void cents_have_two_decimals(void **state)
{
    (void)state;
    for (uint64_t cents = 0; cents < 200000; cents++) check_cents(cents);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_up_to_where_the_table_ends_and_beyond),
        cmocka_unit_test(numbers_of_every_length),
        cmocka_unit_test(cents_have_two_decimals),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
