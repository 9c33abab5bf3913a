/* Which texts stand for a missing value, and which only look like one? */
#include "engine/text/na.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static bool is_na(const struct tide_na *na, const char *text)
{
    size_t bytes = strlen(text);
    bool is = tide_na_is(na, text, bytes);
    if (is) assert_true(tide_na_maybe(na, (unsigned char)text[0], bytes));
    return is;
}

static void more_texts_than_the_limit_are_wrong_usage(void **state)
{
    (void)state;
    char list[2 * (TIDE_NA_COUNT_MAX + 1)];
    for (size_t i = 0; i < sizeof list; i++) list[i] = i % 2 ? ',' : 'x';
    list[sizeof list - 1] = '\0';
    struct tide_na na;
    struct tide_error error = {0};
    assert_false(tide_na_init(&na, list, &error));
    assert_int_equal(error.exit, TIDE_EXIT_USAGE);
    error = (struct tide_error){0};
    list[sizeof list - 3] = '\0';
    assert_true(tide_na_init(&na, list, &error));
    assert_int_equal(na.count, TIDE_NA_COUNT_MAX);
    tide_na_fini(&na);
}

static void values_and_other_spellings_are_present(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0", "3200", "Na",  "nA",  "NUL",   "NULLS", "none", "NONE", " NA", "NA ",   "-",
        "#", "n/A",  "<NA", "inf", "1.#IN", "Null",  "NAN",  "-NA",  "N",   "#N/A ", "A"};
    struct tide_na na;
    struct tide_error error = {0};
    assert_true(tide_na_init(&na, NULL, &error));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (is_na(&na, texts[i])) fail_msg("'%s' is no NA text", texts[i]);
    tide_na_fini(&na);
}

static void the_nineteen_texts_of_pandas_are_missing(void **state)
{
    (void)state;
    static const char *const texts[] = {"",         "#N/A", "#N/A N/A", "#NA",    "-1.#IND",
                                        "-1.#QNAN", "-NaN", "-nan",     "1.#IND", "1.#QNAN",
                                        "<NA>",     "N/A",  "NA",       "NULL",   "NaN",
                                        "None",     "n/a",  "nan",      "null"};
    struct tide_na na;
    struct tide_error error = {0};
    assert_true(tide_na_init(&na, NULL, &error));
    assert_int_equal(sizeof texts / sizeof *texts, 19);
    assert_int_equal(na.count, 18); /* the empty text needs no entry */
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!is_na(&na, texts[i])) fail_msg("'%s' is an NA text", texts[i]);
    tide_na_fini(&na);
}

static void a_list_of_ones_own_replaces_them_and_the_empty_text_stays(void **state)
{
    (void)state;
    struct tide_na na;
    struct tide_error error = {0};
    assert_true(tide_na_init(&na, "?,, -,missing", &error));
    assert_int_equal(na.count, 3);
    assert_true(is_na(&na, ""));
    assert_true(is_na(&na, "?"));
    assert_true(is_na(&na, " -"));
    assert_true(is_na(&na, "missing"));
    assert_false(is_na(&na, "-"));
    assert_false(is_na(&na, "NA"));
    tide_na_fini(&na);

    assert_true(tide_na_init(&na, "", &error));
    assert_true(is_na(&na, ""));
    assert_false(is_na(&na, "NA"));
    tide_na_fini(&na);
}

static void long_texts_share_a_length_bit_and_still_compare_whole(void **state)
{
    (void)state;
    struct tide_na na;
    struct tide_error error = {0};
    assert_true(tide_na_init(&na, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", &error)); /* 40 */
    assert_true(is_na(&na, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
    assert_false(is_na(&na, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
    assert_false(is_na(&na, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
    assert_false(is_na(&na, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy"));
    tide_na_fini(&na);
}

static void fini_accepts_a_zeroed_one(void **state)
{
    (void)state;
    struct tide_na na = {0};
    tide_na_fini(&na);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_texts_than_the_limit_are_wrong_usage),
        cmocka_unit_test(values_and_other_spellings_are_present),
        cmocka_unit_test(the_nineteen_texts_of_pandas_are_missing),
        cmocka_unit_test(a_list_of_ones_own_replaces_them_and_the_empty_text_stays),
        cmocka_unit_test(long_texts_share_a_length_bit_and_still_compare_whole),
        cmocka_unit_test(fini_accepts_a_zeroed_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
