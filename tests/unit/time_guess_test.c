/* Is each form of time guessed as a format that reads it, and nothing guessed of other texts? */
#include "engine/instruments/profile/time_guess.h"

#include "engine/text/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "chance.h"

static const struct tide_zone utc = {.fixed = true, .name = "UTC"};

static void texts_that_are_no_times_give_no_guess(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",       "x",       "12",         "1.5",     "2024-05",   "1/2",
        "a/b/c",  "1,5",     "12345",      "1/2/3/4", "10:",       "%Y-%m-%d",
        "10/10%", "Mon 1 2", "1-2-2024 x", "\x1b/",   "1/2/20245", "99999999999999999999"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct tide_time_guesses guesses;
        tide_time_guess(&guesses, texts[i], strlen(texts[i]));
        if (guesses.count > 0) fail_msg("'%s' was taken for %s", texts[i], guesses.formats[0]);
    }
}

static void the_likeliest_format_comes_first(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"31/12/2024", "%d/%m/%Y"},
        {"1.2.2024 9:05", "%d.%m.%Y %H:%M"},
        {"13-Nov-2012", "%d-%b-%Y"},
        {"Nov 13, 2012 10:00:00", "%b %d, %Y %H:%M:%S"},
        {"10/Oct/2000:13:55:36 -0700", "%d/%b/%Y:%H:%M:%S %z"},
        {"2024/05/01 10:00:00.5", "%Y/%m/%d %H:%M:%S.%f"},
        {"2024-05-11 10:00", "%Y-%m-%d %H:%M"},
        {"2024-05-11T10:00:00+0200", "%Y-%m-%dT%H:%M:%S%z"},
        {"5/6/2024 1:02:03 PM", "%d/%m/%Y %I:%M:%S %p"},
        {"00:00:00", "%H:%M:%S"},
        {"1715421600", "epoch-s"},
        {"1715421600.25", "epoch-s"},
        {"1715421600123", "epoch-ms"},
        {"1715421600123456", "epoch-us"},
        {"20240511", "%Y%m%d"},
        {"20240511100000", "%Y%m%d%H%M%S"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tide_time_guesses guesses;
        struct tide_time_format format;
        struct tide_error error = {0};
        int64_t time_ms;
        tide_time_guess(&guesses, cases[i][0], strlen(cases[i][0]));
        if (guesses.count == 0) fail_msg("no guess at '%s'", cases[i][0]);
        assert_string_equal(guesses.formats[0], cases[i][1]);
        assert_true(tide_time_format_init(&format, guesses.formats[0], &utc, &error));
        assert_true(tide_time_parse(&format, cases[i][0], strlen(cases[i][0]), &time_ms));
    }
}

static void both_orders_of_day_and_month_are_given(void **state)
{
    (void)state;
    struct tide_time_guesses guesses;
    tide_time_guess(&guesses, "05/06/2024", 10);
    assert_int_equal(guesses.count, 2);
    assert_string_equal(guesses.formats[1], "%m/%d/%Y");
}

static void any_text_gives_formats_that_are_allowed(void **state)
{
    (void)state;
    static const char bytes[] = "0123456789999/-.:, TZAPMapmJan+%\x80";
    struct chance chance = chance_begin();
    for (unsigned i = 0; i < 200000; i++) {
        char text[80];
        const uint32_t count = chance_below(&chance, sizeof text);
        for (uint32_t j = 0; j < count; j++)
            text[j] = bytes[chance_below(&chance, sizeof bytes - 1)];
        struct tide_time_guesses guesses;
        tide_time_guess(&guesses, text, count);
        for (unsigned j = 0; j < guesses.count; j++) {
            struct tide_time_format format;
            struct tide_error error = {0};
            if (!tide_time_format_init(&format, guesses.formats[j], &utc, &error))
                fail_msg("'%.*s' gives '%s': %s", (int)count, text, guesses.formats[j], error.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_that_are_no_times_give_no_guess),
        cmocka_unit_test(the_likeliest_format_comes_first),
        cmocka_unit_test(both_orders_of_day_and_month_are_given),
        cmocka_unit_test(any_text_gives_formats_that_are_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
