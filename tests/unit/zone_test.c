/* Are the right zones taken, the wrong ones refused, and local times read as Python reads them, in
 * the hours that come twice and in those that never come? */
#include "engine/text/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static struct tide_zone zone_named(const char *name)
{
    struct tide_zone zone;
    struct tide_error error = {0};
    assert_true(tide_zone_init(&zone, name, &error));
    return zone;
}

static void unknown_zones_are_refused_as_wrong_usage(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        "Mars/Olympus",
        "europe/london",
        "Europe",
        "Europe/",
        "/etc/passwd",
        "../../../etc/passwd",
        "Europe/../Europe/London",
        "Europe//London",
        "/usr/share/zoneinfo/Europe/London",
        ":Europe/London",
        "EST5EDT,M3.2.0",
        "tzdata.zi",
        "utc ",
        "+5:30",
        "+0530",
        "+24:00",
        "+05:60",
        "05:30",
        "+05:3x",
        "+05:300",
        "z",
        "AnameThatIsLongerThanAnyZoneOfTheWorldAndThanTheRoomThereIsForItsName/X",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct tide_zone zone;
        struct tide_error error = {0};
        if (tide_zone_init(&zone, names[i], &error)) fail_msg("took '%s'", names[i]);
        assert_int_equal(error.exit, TIDE_EXIT_USAGE);
        assert_non_null(strstr(error.text, names[i]));
    }
}

static void a_folder_without_zone_files_is_said(void **state)
{
    (void)state;
    struct tide_zone zone;
    struct tide_error error = {0};
    setenv("TZDIR", "/nonexistent", 1);
    assert_false(tide_zone_init(&zone, "Europe/London", &error));
    unsetenv("TZDIR");
    assert_int_equal(error.exit, TIDE_EXIT_USAGE);
    assert_non_null(strstr(error.text, "/nonexistent"));
}

static void fixed_offsets_are_one_addition(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int32_t offset_s;
    } cases[] = {{"UTC", 0},         {"Z", 0},          {"+00:00", 0},
                 {"-00:00", 0},      {"+09:00", 32400}, {"+05:30", 19800},
                 {"-03:30", -12600}, {"+23:59", 86340}, {"-23:59", -86340}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tide_zone zone = zone_named(cases[i].name);
        assert_true(zone.fixed);
        assert_string_equal(zone.name, cases[i].name);
        assert_int_equal(tide_zone_offset_s(&zone, 1715421600), cases[i].offset_s);
        assert_int_equal(tide_zone_utc_s(&zone, -5), -5 - cases[i].offset_s);
    }
}

struct reading {
    int64_t local_s, utc_s;
};

static void check_readings(const char *name, const struct reading *cases, size_t count)
{
    struct tide_zone zone = zone_named(name);
    assert_false(zone.fixed);
    for (size_t i = 0; i < count; i++) {
        int64_t utc_s = tide_zone_utc_s(&zone, cases[i].local_s);
        if (utc_s != cases[i].utc_s)
            fail_msg("%s, local %lld: %lld", name, (long long)cases[i].local_s, (long long)utc_s);
    }
}

/* London, 2024: clocks go from 01:00 to 02:00 on 31 March and from 02:00 to 01:00 on 27 October. */
static void an_hour_that_comes_twice_is_its_first_and_a_missing_one_is_moved_on(void **state)
{
    (void)state;
    static const struct reading cases[] = {
        {1711846799, 1711846799}, /* 00:59:59 GMT */
        {1711846800, 1711846800}, /* 01:00:00 is missing: read as GMT, shown as 02:00 */
        {1711848600, 1711848600}, /* 01:30:00 */
        {1711850399, 1711850399}, /* 01:59:59 */
        {1711850400, 1711846800}, /* 02:00:00 BST */
        {1729990799, 1729987199}, /* 00:59:59 BST */
        {1729990800, 1729987200}, /* 01:00:00 comes twice: the first, BST */
        {1729994399, 1729990799}, /* 01:59:59 */
        {1729994400, 1729994400}, /* 02:00:00 GMT */
    };
    check_readings("Europe/London", cases, sizeof cases / sizeof *cases);
}

/* Lord Howe moves by half an hour; Apia left out the whole of 30 December 2011. */
static void changes_of_half_an_hour_and_of_a_day_are_read(void **state)
{
    (void)state;
    static const struct reading howe[] = {
        {1712453399, 1712413799}, /* 2024-04-07 01:29:59, still +11:00 */
        {1712455199, 1712415599}, /* 01:59:59 comes twice */
        {1712455200, 1712417400}, /* 02:00 is +10:30 */
    };
    check_readings("Australia/Lord_Howe", howe, sizeof howe / sizeof *howe);
    static const struct reading apia[] = {
        {1325203199, 1325239199}, /* 2011-12-29 23:59:59, -10:00 */
        {1325246400, 1325282400}, /* 2011-12-30 12:00, which never was: as if -10:00 went on */
        {1325289600, 1325239200}, /* 2011-12-31 00:00, +14:00 */
    };
    check_readings("Pacific/Apia", apia, sizeof apia / sizeof *apia);
}

static void offsets_of_a_named_zone_follow_the_season(void **state)
{
    (void)state;
    struct tide_zone zone = zone_named("America/New_York");
    assert_int_equal(tide_zone_offset_s(&zone, 1705276800), -5 * 3600);
    assert_int_equal(tide_zone_offset_s(&zone, 1721001600), -4 * 3600);
    assert_int_equal(tide_zone_offset_s(&zone, -4000000000), -17762); /* local mean time */
    for (int64_t cycles = 1; cycles < 300000; cycles = cycles * 5 + 1) { /* of 400 years */
        int64_t away_s = cycles * 146097 * 24 * 3600;
        assert_int_equal(tide_zone_offset_s(&zone, 1705276800 + away_s), -5 * 3600);
        assert_int_equal(tide_zone_offset_s(&zone, 1721001600 + away_s), -4 * 3600);
        assert_int_equal(tide_zone_offset_s(&zone, 1721001600 - away_s), -17762);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_zones_are_refused_as_wrong_usage),
        cmocka_unit_test(a_folder_without_zone_files_is_said),
        cmocka_unit_test(fixed_offsets_are_one_addition),
        cmocka_unit_test(an_hour_that_comes_twice_is_its_first_and_a_missing_one_is_moved_on),
        cmocka_unit_test(changes_of_half_an_hour_and_of_a_day_are_read),
        cmocka_unit_test(offsets_of_a_named_zone_follow_the_season),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
