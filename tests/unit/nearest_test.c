/* Is the name suggested for a mistyped word the one a person would have meant, and none when there
 * is no such? */
#include "engine/plan/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const char *const names[] = {"alert",  "alerts", "aggregate", "window",  "late",
                                    "format", "na",     "time",      "timezone"};

static const char *suggest(const char *word)
{
    struct tide_nearest nearest;
    tide_nearest_init(&nearest, word, strlen(word));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        tide_nearest_offer(&nearest, names[i]);
    return nearest.name;
}

static void word_that_resembles_nothing_gets_no_name(void **state)
{
    (void)state;
    static const char *const words[] = {
        "",
        "x",
        "checkpoint",
        "history",
        "widget-factory",
        "zz",
        "an-unreasonably-long-word-that-no-table-of-names-would-ever-hold"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) assert_null(suggest(words[i]));
}

static void slip_of_the_finger_gets_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *word, *name;
    } cases[] = {
        {"windw", "window"},       {"winodw", "window"}, {"WINDOW", "window"},
        {"allert", "alert"},       {"alets", "alerts"},  {"aggr", "aggregate"},
        {"agregate", "aggregate"}, {"laet", "late"},     {"fromat", "format"},
        {"timezon", "timezone"},   {"tim", "time"},      {"n", "na"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *name = suggest(cases[i].word);
        if (!name || strcmp(name, cases[i].name) != 0)
            fail_msg("%s: %s instead of %s", cases[i].word, name ? name : "nothing", cases[i].name);
    }
}

static void of_equally_near_names_the_first_stands(void **state)
{
    (void)state;
    struct tide_nearest nearest;
    tide_nearest_init(&nearest, "bat", 3);
    tide_nearest_offer(&nearest, "cat");
    tide_nearest_offer(&nearest, "rat");
    assert_string_equal(nearest.name, "cat");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(word_that_resembles_nothing_gets_no_name),
        cmocka_unit_test(slip_of_the_finger_gets_its_name),
        cmocka_unit_test(of_equally_near_names_the_first_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
