/* Do times and amounts written alike have one name, and others another? */
#include "engine/instruments/profile/forms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void a_full_list_takes_no_new_form_and_finds_the_old_ones(void **state)
{
    (void)state;
    struct tide_forms forms = {0};
    char name[TIDE_FORM_NAME_BYTES];
    for (unsigned i = 0; i < TIDE_FORMS_MAX; i++) {
        snprintf(name, sizeof name, "%u", i);
        assert_non_null(tide_forms_find(&forms, name, true));
    }
    assert_null(tide_forms_find(&forms, "0", false));
    assert_ptr_equal(tide_forms_find(&forms, "3", true), &forms.forms[3]);
    assert_int_equal(forms.count, TIDE_FORMS_MAX);
}

static void a_long_text_is_cut_in_names_and_examples(void **state)
{
    (void)state;
    char text[500], name[TIDE_FORM_NAME_BYTES];
    struct tide_form form = {0};
    memset(text, '7', sizeof text);
    tide_form_name_shape(name, text, sizeof text);
    assert_int_equal(strlen(name), TIDE_FORM_NAME_BYTES - 1);
    tide_form_note(&form, text, sizeof text, 1, 2);
    assert_int_equal(form.example_bytes, TIDE_FORM_EXAMPLE_BYTES);
}

static void names_of_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_auto;
        const char *name;
    } cases[] = {
        {"2024-05-11", true, "YYYY-MM-DD"},
        {"2024-05-11T10:00:00Z", true, "YYYY-MM-DDThh:mm:ssZ"},
        {"2024-05-11 10:00:00.25-07:30", true, "YYYY-MM-DD hh:mm:ss.ff+hh:mm"},
        {"2024-05-11 10:00:00.123456789012345678901234567890+00:00", true,
         "YYYY-MM-DD hh:mm:ss.fffffffffffffffffffff"},
        {"31/12/2024 9:00 pm", false, "99/99/9999 9:99 AA"},
        {"\x01\xff\t", false, "???"},
        {"", false, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[TIDE_FORM_NAME_BYTES];
        tide_form_name_time(name, cases[i].text, strlen(cases[i].text), cases[i].is_auto);
        assert_string_equal(name, cases[i].name);
    }
}

static void names_of_amounts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char mark;
        const char *name;
    } cases[] = {
        {"3", '.', "1234"},
        {"3.00", '.', "1234.56"},
        {"-99,123.4", '.', "-1,234.56"},
        {"+5.", '.', "+1234."},
        {".5", '.', ".56"},
        {"($1,000)", '.', "($1,234)"},
        {"-\xe2\x82\xac"
         "7",
         '.',
         "-\xe2\x82\xac"
         "1234"},
        {"\xc2\xa3-7e-3", '.', "\xc2\xa3-1234e3"},
        {"1.234,5", ',', "1.234,56"},
        {"2E5", ',', "1234e3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[TIDE_FORM_NAME_BYTES];
        const size_t bytes = strlen(cases[i].text);
        tide_form_name_amount(name, cases[i].text, bytes, cases[i].mark, false, false);
        assert_string_equal(name, cases[i].name);
    }
    char name[TIDE_FORM_NAME_BYTES];
    tide_form_name_amount(name,
                          "(\xe2\x82\xac"
                          "1,000.5e3)",
                          14, '.', true, true);
    assert_string_equal(name, "(\xe2\x82\xac"
                              "1,234.56e3) in blanks in quotes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_list_takes_no_new_form_and_finds_the_old_ones),
        cmocka_unit_test(a_long_text_is_cut_in_names_and_examples),
        cmocka_unit_test(names_of_times),
        cmocka_unit_test(names_of_amounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
