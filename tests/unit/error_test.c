/* Does the first error stay, with its status and its text, whatever comes after it? */
#include "engine/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

static void first_error_is_kept(void **state)
{
    (void)state;
    struct tide_error error = {0};
    assert_false(tide_error_set(&error, TIDE_EXIT_USAGE, "--key: no column '%s'", "card"));
    assert_false(tide_error_set(&error, TIDE_EXIT_POLICY, "second"));
    assert_false(tide_error_system(&error, ENOENT, "third"));
    assert_false(tide_error_memory(&error, "fourth"));
    assert_int_equal(error.exit, TIDE_EXIT_USAGE);
    assert_string_equal(error.text, "--key: no column 'card'");
    assert_false(error.quiet);
}

static void system_error_ends_in_its_reason(void **state)
{
    (void)state;
    struct tide_error error = {0};
    assert_false(tide_error_system(&error, ENOENT, "cannot read %s", "in.csv"));
    assert_int_equal(error.exit, TIDE_EXIT_FAILED);
    assert_string_equal(error.text, "cannot read in.csv: No such file or directory");
}

static void lack_of_memory_says_for_what(void **state)
{
    (void)state;
    struct tide_error error = {0};
    assert_false(tide_error_memory(&error, "the router"));
    assert_int_equal(error.exit, TIDE_EXIT_FAILED);
    assert_non_null(strstr(error.text, "out of memory"));
    assert_non_null(strstr(error.text, "the router"));
}

static void long_text_is_cut_and_still_ends(void **state)
{
    (void)state;
    char name[2 * TIDE_ERROR_BYTES];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct tide_error set = {0}, from_system = {0};
    tide_error_set(&set, TIDE_EXIT_FAILED, "cannot read %s", name);
    assert_int_equal(strlen(set.text), TIDE_ERROR_BYTES - 1);
    tide_error_system(&from_system, ENOENT, "cannot read %s", name);
    assert_true(strlen(from_system.text) < TIDE_ERROR_BYTES);
    assert_int_equal(strncmp(from_system.text, "cannot read nnnn", 16), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_error_is_kept),
        cmocka_unit_test(system_error_ends_in_its_reason),
        cmocka_unit_test(lack_of_memory_says_for_what),
        cmocka_unit_test(long_text_is_cut_and_still_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
