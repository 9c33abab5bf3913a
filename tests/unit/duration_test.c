/* Does every duration a user may write become the right number of milliseconds, and every other
 * text an error? */
#include "engine/plan/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void text_that_is_no_duration_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",     "s",     "10",  "-1s",   "+1s",   "1.5s", "1 s",
                                        " 1s",  "1s ",   "1S",  "1sec",  "1mins", "1w",   "s1",
                                        "0x1s", "1e3ms", "1us", "1h30m", "10ms5", "1\ts"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct tide_error error = {0};
        int64_t duration_ms = -7;
        if (tide_duration_parse(texts[i], strlen(texts[i]), &duration_ms, &error))
            fail_msg("'%s' was taken as %lld ms", texts[i], (long long)duration_ms);
        assert_int_equal(error.exit, TIDE_EXIT_USAGE);
        assert_int_equal(duration_ms, -7);
    }
}

static void duration_past_the_limit_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"4611686018427387905ms", "4611686018427388s",
                                        "53375995584d", "99999999999999999999999999ms",
                                        "99999999999999999999d"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct tide_error error = {0};
        int64_t duration_ms;
        assert_false(tide_duration_parse(texts[i], strlen(texts[i]), &duration_ms, &error));
        assert_non_null(strstr(error.text, "too long"));
    }
}

static void duration_becomes_milliseconds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"0", 0},
        {"0s", 0},
        {"00", 0},
        {"1ms", 1},
        {"250ms", 250},
        {"10s", 10000},
        {"5m", 300000},
        {"5min", 300000},
        {"1h", 3600000},
        {"2d", 172800000},
        {"007s", 7000},
        {"4611686018427387904ms", (int64_t)1 << 62},
        {"53375995583d", 53375995583 * 86400000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tide_error error = {0};
        int64_t duration_ms;
        assert_true(
            tide_duration_parse(cases[i].text, strlen(cases[i].text), &duration_ms, &error));
        assert_int_equal(duration_ms, cases[i].ms);
    }
}

static void only_the_given_bytes_are_read(void **state)
{
    (void)state;
    struct tide_error error = {0};
    int64_t duration_ms;
    assert_true(tide_duration_parse("10s+3s", 3, &duration_ms, &error));
    assert_int_equal(duration_ms, 10000);
}

static void text_of_a_duration_reads_as_the_same(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0"},
                 {1, "1ms"},
                 {999, "999ms"},
                 {1000, "1s"},
                 {90000, "90s"},
                 {60000, "1min"},
                 {3600000, "1h"},
                 {5400000, "90min"},
                 {86400000, "1d"},
                 {90000000, "25h"},
                 {INT64_C(1) << 62, "4611686018427387904ms"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[TIDE_DURATION_TEXT_BYTES];
        struct tide_error error = {0};
        int64_t duration_ms;
        tide_duration_text(text, cases[i].ms);
        assert_string_equal(text, cases[i].text);
        assert_true(tide_duration_parse(text, strlen(text), &duration_ms, &error));
        assert_int_equal(duration_ms, cases[i].ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_that_is_no_duration_is_refused),
        cmocka_unit_test(duration_past_the_limit_is_refused),
        cmocka_unit_test(duration_becomes_milliseconds),
        cmocka_unit_test(only_the_given_bytes_are_read),
        cmocka_unit_test(text_of_a_duration_reads_as_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
