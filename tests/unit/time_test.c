/* Are exactly the promised forms of a time read, cut towards the past, and printed back as they
 * were? */
#include "engine/text/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static const struct tide_zone utc = {.fixed = true, .name = "UTC"};
static const struct tide_zone seoul = {.fixed = true, .fixed_offset_s = 32400, .name = "+09:00"};

enum { TEN_OCLOCK_S = 1715421600 }; /* 2024-05-11 10:00:00 UTC */
static const int64_t ten_oclock_ms = INT64_C(1000) * TEN_OCLOCK_S;

static bool parse(const char *form, const struct tide_zone *zone, const char *text,
                  int64_t *time_ms)
{
    struct tide_time_format format;
    struct tide_error error = {0};
    if (!tide_time_format_init(&format, form, zone, &error)) fail_msg("%s", error.text);
    size_t bytes = strlen(text);
    /* From the heap, so that a reader that looks past the end is caught by the sanitizer. */
    char *copy = malloc(bytes ? bytes : 1);
    assert_non_null(copy);
    memcpy(copy, text, bytes);
    bool taken = tide_time_parse(&format, copy, bytes, time_ms);
    free(copy);
    return taken;
}

static void check_refused(const char *form, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t time_ms;
        if (parse(form, &utc, texts[i], &time_ms)) fail_msg("%s took '%s'", form, texts[i]);
    }
}

#define CHECK_REFUSED(form, texts) check_refused(form, texts, sizeof(texts) / sizeof *(texts))

struct time_case {
    const char *text;
    int64_t time_ms;
};

static void check_times(const char *form, const struct time_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t time_ms = -1;
        if (!parse(form, &utc, cases[i].text, &time_ms))
            fail_msg("%s refused '%s'", form, cases[i].text);
        if (time_ms != cases[i].time_ms)
            fail_msg("%s, '%s': %lld", form, cases[i].text, (long long)time_ms);
    }
}

#define CHECK_TIMES(form, cases) check_times(form, cases, sizeof(cases) / sizeof *(cases))

static void unknown_formats_and_patterns_are_wrong_usage(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "",           "Auto",  "epoch", "epoch-ns", "iso",   "%",     "%Y-%m-%",        "%Q",
        "%Y-%m-%d%E", "%%",    "100%%", "%Y %y",    "%m %b", "%j %d", "%Y-%m-%d %H %I", "%b %j",
        "%S.%f %f",   "%z %z", "%Y%Y",
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct tide_time_format format;
        struct tide_error error = {0};
        if (tide_time_format_init(&format, forms[i], &utc, &error)) fail_msg("took '%s'", forms[i]);
        assert_int_equal(error.exit, TIDE_EXIT_USAGE);
        assert_non_null(strstr(error.text, forms[i]));
    }
}

static void auto_refuses_all_but_the_listed_forms(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "2024",
        "2024-05",
        "2024-05-1",
        "2024-5-11",
        "24-05-11",
        "2024/05/11",
        "2024-05-11 ,",
        "2024-05-11T",
        "2024-05-11Z",
        "2024-05-11+09:00",
        "2024-05-11 10",
        "2024-05-11 10:00",
        "2024-05-11 10:00Z",
        "2024-05-11  10:00:00",
        "2024-05-11\t10:00:00",
        "2024-05-11t10:00:00",
        "2024-05-11_10:00:00",
        "2024-05-11 1:00:00",
        "2024-05-11 10:00:0",
        "2024-05-11 10-00-00",
        "2024-05-11 24:00:00",
        "2024-05-11 10:60:00",
        "2024-05-11 10:00:60",
        "2024-05-11 -1:00:00",
        "2024-05-11 10:00:00.",
        "2024-05-11 10:00:00.Z",
        "2024-05-11 10:00:00,5",
        "2024-05-11 10:00:00 Z",
        "2024-05-11 10:00:00z",
        "2024-05-11 10:00:00ZZ",
        "2024-05-11 10:00:00 +09:00",
        "2024-05-11 10:00:00+9:00",
        "2024-05-11 10:00:00+0900",
        "2024-05-11 10:00:00+09",
        "2024-05-11 10:00:00+24:00",
        "2024-05-11 10:00:00+09:60",
        "2024-05-11 10:00:00+09:00:00",
        "2024-05-11 10:00:00+09:00Z",
        "2024-05-11 10:00:00.5 Z",
        "2024-05-11 10:00:00.1.2",
        "2024-05-11 10:00:00 AM",
        "-2024-05-11",
        "+2024-05-11",
        "2024-00-11",
        "2024-13-11",
        "2024-05-00",
        "2024-05-32",
        "2024-04-31",
        "2023-02-29",
        "1900-02-29",
        "2024-02-30",
        "2024-05-11 1\xd9\xa1:00:00",
        "20240511",
        "1715421600",
    };
    CHECK_REFUSED("auto", texts);
}

static void auto_reads_each_listed_form(void **state)
{
    (void)state;
    static const struct time_case cases[] = {
        {"2024-05-11 10:00:00", INT64_C(1000) * TEN_OCLOCK_S},
        {"2024-05-11T10:00:00", INT64_C(1000) * TEN_OCLOCK_S},
        {" \t2024-05-11 10:00:00\t ", INT64_C(1000) * TEN_OCLOCK_S},
        {"2024-05-11 10:00:00Z", INT64_C(1000) * TEN_OCLOCK_S},
        {"2024-05-11 10:00:00.5", INT64_C(1000) * TEN_OCLOCK_S + 500},
        {"2024-05-11 10:00:00.05Z", INT64_C(1000) * TEN_OCLOCK_S + 50},
        {"2024-05-11T10:00:00.123999999999999999999", INT64_C(1000) * TEN_OCLOCK_S + 123},
        {"2024-05-11 10:00:00+09:00", INT64_C(1000) * (TEN_OCLOCK_S - 32400)},
        {"2024-05-11T10:00:00.001-03:30", INT64_C(1000) * (TEN_OCLOCK_S + 12600) + 1},
        {"2024-05-11 10:00:00-00:00", INT64_C(1000) * TEN_OCLOCK_S},
        {"2024-05-11", INT64_C(1715385600000)},
        {"1970-01-01", 0},
        {"1969-12-31 23:59:59.9999", -1}, /* cut towards the past */
        {"1969-12-31 23:59:59.0009", -1000},
        {"2024-02-29", INT64_C(1709164800000)},
        {"2000-02-29", INT64_C(951782400000)},
        {"0000-01-01", INT64_C(-62167219200000)},
        {"0000-02-29", INT64_C(-62162121600000)},
        {"0001-01-01", INT64_C(-62135596800000)},
        {"9999-12-31 23:59:59.999", INT64_C(253402300799999)},
    };
    CHECK_TIMES("auto", cases);
}

static void the_zone_reads_only_times_that_carry_none(void **state)
{
    (void)state;
    int64_t time_ms;
    assert_true(parse("auto", &seoul, "2024-05-11 10:00:00", &time_ms));
    assert_int_equal(time_ms, ten_oclock_ms - 32400000);
    assert_true(parse("auto", &seoul, "2024-05-11 10:00:00Z", &time_ms));
    assert_int_equal(time_ms, ten_oclock_ms);
    assert_true(parse("auto", &seoul, "2024-05-11", &time_ms));
    assert_int_equal(time_ms, ten_oclock_ms - 19 * 3600000);
    assert_true(parse("epoch-s", &seoul, "1715421600", &time_ms));
    assert_int_equal(time_ms, ten_oclock_ms);
    assert_true(parse("%Y-%m-%d %H:%M", &seoul, "2024-05-11 19:00", &time_ms));
    assert_int_equal(time_ms, ten_oclock_ms);
    assert_true(parse("%Y-%m-%d %H:%M %z", &seoul, "2024-05-11 11:00 +0100", &time_ms));
    assert_int_equal(time_ms, ten_oclock_ms);
}

static void epoch_forms_refuse_what_is_no_number_within_the_limit(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",    "-",   "+",     ".",    "1.",    ".5", "1e3",        "--1",
        "+-1", "1 2", "1,000", "0x10", "1.2.3", "1s", "2024-05-11",
    };
    CHECK_REFUSED("epoch-s", texts);
    CHECK_REFUSED("epoch-ms", texts);
    CHECK_REFUSED("epoch-us", texts);
    static const char *const great_s[] = {"4611686018427387.905", "-4611686018427387.905",
                                          "-4611686018427387.9041", "18446744073709551617",
                                          "340282366920938463463374607431768211457"};
    CHECK_REFUSED("epoch-s", great_s);
    static const char *const great_ms[] = {"4611686018427387905", "-4611686018427387904.5",
                                           "18446744073709551616"};
    CHECK_REFUSED("epoch-ms", great_ms);
    static const char *const great_us[] = {"4611686018427387905000", "-4611686018427387904001"};
    CHECK_REFUSED("epoch-us", great_us);
}

static void epoch_forms_are_cut_towards_the_past(void **state)
{
    (void)state;
    static const int64_t limit = INT64_C(1) << 62;
    const struct time_case s[] = {
        {"1715421600", ten_oclock_ms},
        {" +1715421600.5\t", ten_oclock_ms + 500},
        {"1.0019", 1001},
        {"-1.0019", -1002},
        {"-1.001", -1001},
        {"-1.00100000", -1001},
        {"-0.0000001", -1},
        {"-0", 0},
        {"0.999999", 999},
        {"00000000000000000000000000000000000000000000000000001", 1000},
        {"4611686018427387.9049", limit},
        {"-4611686018427387.904", -limit},
    };
    CHECK_TIMES("epoch-s", s);
    const struct time_case ms[] = {
        {"1715421600000", ten_oclock_ms},
        {"1.9", 1},
        {"-1.9", -2},
        {"-1.0", -1},
        {"4611686018427387904.9", limit},
        {"-4611686018427387904", -limit},
    };
    CHECK_TIMES("epoch-ms", ms);
    const struct time_case us[] = {
        {"1715421600000000", ten_oclock_ms},
        {"1999", 1},
        {"-1", -1},
        {"-1000", -1},
        {"-1000.1", -2},
        {"-1001", -2},
        {"999.9", 0},
        {"4611686018427387904999", limit},
        {"-4611686018427387904000", -limit},
    };
    CHECK_TIMES("epoch-us", us);
}

static void patterns_refuse_text_that_does_not_fit(void **state)
{
    (void)state;
    static const char *const dates[] = {"",           "11/05/24",    "11-05-2024",   "32/05/2024",
                                        "11/13/2024", "00/05/2024",  "11/05/2024 ,", "11/05/20245",
                                        "31/04/2024", "x11/05/2024", "11/05/",       "/05/2024"};
    CHECK_REFUSED("%d/%m/%Y", dates);
    static const char *const times[] = {"2024-05-11 24:00:00", "2024-05-11 10:60:00",
                                        "2024-05-11 10:00:60", "2024-05-1110:00:00",
                                        "2024-05-11 10:00"};
    CHECK_REFUSED("%Y-%m-%d %H:%M:%S", times);
    static const char *const halves[] = {"2024 0:30 AM", "2024 13:00 PM", "2024 1:00",
                                         "2024 1:00 XM", "2024 1:00 P"};
    CHECK_REFUSED("%Y %I:%M %p", halves);
    static const char *const days[] = {"2024 0", "2024 367", "2023 366", "2024 "};
    CHECK_REFUSED("%Y %j", days);
    static const char *const fractions[] = {"10.", "10", "10.x"};
    CHECK_REFUSED("%S.%f", fractions);
    static const char *const zones[] = {"10 +",    "10 +1", "10 +24", "10 +0960",
                                        "10 +09:", "10 z",  "10"};
    CHECK_REFUSED("%H %z", zones);
    static const char *const months[] = {"Mai", "Ma", "May2", "J"};
    CHECK_REFUSED("%b", months);
}

static void patterns_read_every_conversion(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        int64_t time_ms;
    } cases[] = {
        {"%d/%m/%Y %H:%M", "11/05/2024 10:00", INT64_C(1000) * TEN_OCLOCK_S},
        {"%d/%m/%Y %H:%M", " 11/5/2024 \t 10:0 ", INT64_C(1000) * TEN_OCLOCK_S},
        {" %d/%m/%Y %H:%M ", "11/05/2024 10:00", INT64_C(1000) * TEN_OCLOCK_S},
        {"%d.%m.%y %H:%M:%S", "11.05.24 10:00:01", INT64_C(1000) * TEN_OCLOCK_S + 1000},
        {"%y", "68", INT64_C(3092601600000)},
        {"%y", "69", INT64_C(-31536000000)},
        {"%b %d %Y %I:%M:%S %p", "may 11 2024 10:00:00 am", INT64_C(1000) * TEN_OCLOCK_S},
        {"%d-%b-%Y %I%p", "11-MAY-2024 12AM", INT64_C(1715385600000)},
        {"%d-%b-%Y %I%p", "11-May-2024 12PM", INT64_C(1715428800000)},
        {"%d-%b-%Y %I%p", "11-May-2024 1PM", INT64_C(1715432400000)},
        {"%Y-%m-%d %H:%M %p", "2024-05-11 10:00 PM", INT64_C(1000) * TEN_OCLOCK_S},
        {"%Y%m%d%H%M%S", "20240511100000", INT64_C(1000) * TEN_OCLOCK_S},
        {"%Y-%m-%dT%H:%M:%S.%f", "2024-05-11T10:00:00.1239999999",
         INT64_C(1000) * TEN_OCLOCK_S + 123},
        {"%Y-%m-%d %H:%M:%S.%f", "1969-12-31 23:59:59.9999", -1},
        {"%Y-%m-%dT%H:%M:%S%z", "2024-05-11T10:00:00Z", INT64_C(1000) * TEN_OCLOCK_S},
        {"%Y-%m-%dT%H:%M:%S%z", "2024-05-11T10:00:00+09:00",
         INT64_C(1000) * (TEN_OCLOCK_S - 32400)},
        {"%Y-%m-%dT%H:%M:%S%z", "2024-05-11T10:00:00-0330", INT64_C(1000) * (TEN_OCLOCK_S + 12600)},
        {"%Y-%m-%dT%H:%M:%S%z", "2024-05-11T10:00:00+00", INT64_C(1000) * TEN_OCLOCK_S},
        {"%Y-%j", "2024-132", INT64_C(1715385600000)},
        {"%j %Y", "366 2024", INT64_C(1735603200000)},
        {"%Y-%j", "9999-365", INT64_C(253402214400000)},
        {"100%% %Y", "100% 1970", 0},
        {"%H:%M", "10:00", INT64_C(-2208952800000)}, /* of 1900-01-01 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct time_case one = {cases[i].text, cases[i].time_ms};
        check_times(cases[i].pattern, &one, 1);
    }
}

static void check_print(struct tide_time_printer *printer, int64_t time_ms, const char *want)
{
    char out[TIDE_TIME_TEXT_BYTES + 1];
    memset(out, '#', sizeof out);
    size_t bytes = tide_time_print(printer, out, time_ms);
    assert_int_equal(out[TIDE_TIME_TEXT_BYTES], '#');
    if (bytes != strlen(want) || memcmp(out, want, bytes) != 0)
        fail_msg("%lld: got %.*s, want %s", (long long)time_ms, (int)bytes, out, want);
}

static void times_print_in_each_style(void **state)
{
    (void)state;
    static const struct {
        int64_t time_ms;
        const char *plain, *iso, *epoch;
    } cases[] = {
        {0, "1970-01-01 09:00:00", "1970-01-01T09:00:00+09:00", "0"},
        {-1, "1970-01-01 08:59:59.999", "1970-01-01T08:59:59.999+09:00", "-1"},
        {INT64_C(1000) * TEN_OCLOCK_S, "2024-05-11 19:00:00", "2024-05-11T19:00:00+09:00",
         "1715421600000"},
        {INT64_C(1000) * TEN_OCLOCK_S + 59050, "2024-05-11 19:00:59.050",
         "2024-05-11T19:00:59.050+09:00", "1715421659050"},
        {INT64_C(1000) * TEN_OCLOCK_S + 60000, "2024-05-11 19:01:00", "2024-05-11T19:01:00+09:00",
         "1715421660000"},
        {INT64_C(-62167252000000), "-0001-12-31 23:53:20", "-0001-12-31T23:53:20+09:00",
         "-62167252000000"},
        {INT64_C(-62167219200000), "0000-01-01 09:00:00", "0000-01-01T09:00:00+09:00",
         "-62167219200000"},
        {INT64_C(253402300800000), "10000-01-01 09:00:00", "10000-01-01T09:00:00+09:00",
         "253402300800000"},
        {INT64_MAX, "292278994-08-17 16:12:55.807", "292278994-08-17T16:12:55.807+09:00",
         "9223372036854775807"},
        {INT64_MIN, "-292275055-05-17 01:47:04.192", "-292275055-05-17T01:47:04.192+09:00",
         "-9223372036854775808"},
    };
    struct tide_time_printer plain, iso, epoch;
    tide_time_printer_init(&plain, TIDE_TIME_PLAIN, &seoul);
    tide_time_printer_init(&iso, TIDE_TIME_ISO, &seoul);
    tide_time_printer_init(&epoch, TIDE_TIME_STYLE_EPOCH_MS, &seoul);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_print(&plain, cases[i].time_ms, cases[i].plain);
        check_print(&iso, cases[i].time_ms, cases[i].iso);
        check_print(&epoch, cases[i].time_ms, cases[i].epoch);
    }
}

static void a_fresh_printer_remembers_no_minute(void **state)
{
    (void)state;
    static const int64_t times[] = {0, 59999, INT64_MIN, INT64_MIN + 1};
    static const char *const texts[] = {"1970-01-01T00:00:00Z", "1970-01-01T00:00:59.999Z",
                                        "-292275055-05-16T16:47:04.192Z",
                                        "-292275055-05-16T16:47:04.193Z"};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct tide_time_printer printer;
        tide_time_printer_init(&printer, TIDE_TIME_ISO, &utc);
        check_print(&printer, times[i], texts[i]);
    }
}

/* New York kept local mean time, -4:56:02, until noon of 18 November 1883: the zone's seconds make
 * local minutes that are none in UTC, and the change falls into one. */
static void a_named_zone_prints_its_own_clock(void **state)
{
    (void)state;
    struct tide_zone zone;
    struct tide_error error = {0};
    assert_true(tide_zone_init(&zone, "America/New_York", &error));
    struct tide_time_printer plain, iso;
    tide_time_printer_init(&plain, TIDE_TIME_PLAIN, &zone);
    tide_time_printer_init(&iso, TIDE_TIME_ISO, &zone);
    check_print(&plain, INT64_C(1710053999000), "2024-03-10 01:59:59");
    check_print(&plain, INT64_C(1710054000000), "2024-03-10 03:00:00");
    check_print(&iso, INT64_C(1710053999000), "2024-03-10T01:59:59-05:00");
    check_print(&iso, INT64_C(1710054000000), "2024-03-10T03:00:00-04:00");
    static const int64_t noon_ms = INT64_C(-2717650800000);
    check_print(&plain, noon_ms - 1, "1883-11-18 12:03:57.999");
    check_print(&plain, noon_ms, "1883-11-18 12:00:00");
    check_print(&plain, noon_ms - 1000, "1883-11-18 12:03:57");
    check_print(&iso, noon_ms - 1000, "1883-11-18T12:03:59-04:56");
    check_print(&iso, noon_ms, "1883-11-18T12:00:00-05:00");
}

static void printed_times_read_back(void **state)
{
    (void)state;
    struct tide_time_printer printer;
    tide_time_printer_init(&printer, TIDE_TIME_PLAIN, &seoul);
    struct tide_time_format format;
    struct tide_error error = {0};
    assert_true(tide_time_format_init(&format, "auto", &seoul, &error));
    uint64_t random = 20240511;
    for (int i = 0; i < 50000; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        int64_t time_ms =
                    (int64_t)((random >> 16) % UINT64_C(315000000000000)) - INT64_C(62000000000000),
                back;
        if (i % 2) time_ms -= time_ms % 1000;
        char text[TIDE_TIME_TEXT_BYTES];
        size_t bytes = tide_time_print(&printer, text, time_ms);
        assert_true(tide_time_parse(&format, text, bytes, &back));
        assert_true(back == time_ms);
    }
}

/* Every day of the years 0 to 2800 follows the one before, and no other day exists. */
static void days_of_the_calendar_follow_one_another(void **state)
{
    (void)state;
    int64_t expected_ms = INT64_C(-62167219200000), day_ms;
    for (unsigned year = 0; year <= 2800; year++) {
        for (unsigned month = 0; month <= 13; month++) {
            for (unsigned day = 0; day <= 32; day++) {
                if (!tide_time_day_ms(year, month, day, &day_ms)) continue;
                assert_true(day_ms == expected_ms);
                expected_ms += 86400000;
            }
        }
    }
    assert_true(tide_time_day_ms(2801, 1, 1, &day_ms) && day_ms == expected_ms);
    assert_true(expected_ms == INT64_C(26223868800000));
}

static void only_times_of_this_age_in_another_unit_are_doubted(void **state)
{
    (void)state;
    const int64_t now_s = TEN_OCLOCK_S, day_s = 86400;
    assert_null(tide_time_likelier_form(TIDE_TIME_AUTO, now_s, now_s));
    assert_null(tide_time_likelier_form(TIDE_TIME_PATTERN, now_s, now_s));
    assert_null(tide_time_likelier_form(TIDE_TIME_EPOCH_S, ten_oclock_ms, ten_oclock_ms + 5));
    assert_null(tide_time_likelier_form(TIDE_TIME_EPOCH_MS, ten_oclock_ms, ten_oclock_ms + 5));
    assert_null(tide_time_likelier_form(TIDE_TIME_EPOCH_US, ten_oclock_ms, ten_oclock_ms + 5));
    assert_null(tide_time_likelier_form(TIDE_TIME_EPOCH_MS, 0, now_s));
    assert_null(tide_time_likelier_form(TIDE_TIME_EPOCH_MS, now_s, 4200000000));
    assert_null(tide_time_likelier_form(TIDE_TIME_EPOCH_MS, 999999999, 999999999));
    assert_null(tide_time_likelier_form(TIDE_TIME_EPOCH_MS, -now_s, -now_s));
    assert_null(tide_time_likelier_form(TIDE_TIME_EPOCH_US, now_s / 1000, now_s / 1000));
    assert_null(tide_time_likelier_form(TIDE_TIME_EPOCH_S, INT64_MIN, INT64_MAX));

    assert_string_equal(tide_time_likelier_form(TIDE_TIME_EPOCH_MS, now_s, now_s + day_s),
                        "epoch-s");
    assert_string_equal(tide_time_likelier_form(TIDE_TIME_EPOCH_US, now_s, now_s + day_s),
                        "epoch-ms");
    assert_string_equal(
        tide_time_likelier_form(TIDE_TIME_EPOCH_S, ten_oclock_ms * 1000, ten_oclock_ms * 1000),
        "epoch-ms");
    assert_string_equal(
        tide_time_likelier_form(TIDE_TIME_EPOCH_MS, ten_oclock_ms * 1000, ten_oclock_ms * 1000),
        "epoch-us");
    assert_string_equal(tide_time_likelier_form(TIDE_TIME_EPOCH_S, ten_oclock_ms * 1000000,
                                                ten_oclock_ms * 1000000),
                        "epoch-us");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_formats_and_patterns_are_wrong_usage),
        cmocka_unit_test(auto_refuses_all_but_the_listed_forms),
        cmocka_unit_test(auto_reads_each_listed_form),
        cmocka_unit_test(the_zone_reads_only_times_that_carry_none),
        cmocka_unit_test(epoch_forms_refuse_what_is_no_number_within_the_limit),
        cmocka_unit_test(epoch_forms_are_cut_towards_the_past),
        cmocka_unit_test(patterns_refuse_text_that_does_not_fit),
        cmocka_unit_test(patterns_read_every_conversion),
        cmocka_unit_test(times_print_in_each_style),
        cmocka_unit_test(a_fresh_printer_remembers_no_minute),
        cmocka_unit_test(a_named_zone_prints_its_own_clock),
        cmocka_unit_test(printed_times_read_back),
        cmocka_unit_test(days_of_the_calendar_follow_one_another),
        cmocka_unit_test(only_times_of_this_age_in_another_unit_are_doubted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
