/* Is only what is a process function taken for one, and are its names and arguments kept right? */
#include "engine/plan/plugin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* PROCESS_FOLDER: where tests/process and docs/examples/process are built. */
#define PATH_OF(name) PROCESS_FOLDER "/" name ".so"

static void expect_refusal(const char *path, const char *words)
{
    struct tide_plugin plugin;
    struct tide_error error = {0};
    assert_false(tide_plugin_load(&plugin, path, &error));
    tide_plugin_unload(&plugin);
    assert_int_equal(error.exit, TIDE_EXIT_FAILED);
    if (!strstr(error.text, words)) fail_msg("'%s' lacks '%s'", error.text, words);
}

static void load(struct tide_plugin *plugin, const char *path)
{
    struct tide_error error = {0};
    if (!tide_plugin_load(plugin, path, &error)) fail_msg("%s", error.text);
}

static void what_is_no_process_function_is_refused_with_its_reason(void **state)
{
    (void)state;
    expect_refusal(PATH_OF("nowhere"), "No such file");
    expect_refusal(PROCESS_FOLDER, "a folder");
    expect_refusal("/dev/null", "no regular file");
    expect_refusal(__FILE__, "cannot load");
    expect_refusal("libm.so.6", "No such file");
    expect_refusal(PATH_OF("no_symbol"), "does not define tidemark_process");
    expect_refusal(PATH_OF("other_version"), "version 7");
    expect_refusal(PATH_OF("no_name"), "incomplete");
    expect_refusal(PATH_OF("no_on_result"), "incomplete");
    expect_refusal(PATH_OF("much_state"), "1048577 bytes");
    expect_refusal(PATH_OF("twice"), "two counters named one");
    expect_refusal(PATH_OF("unnamed"), "no name");
    expect_refusal(PATH_OF("no_load"), "save and load go together");
}

static void argument_of_another_name_is_refused_and_the_nearest_named(void **state)
{
    (void)state;
    struct tide_plugin plugin;
    static const char *const texts[] = {"treshold=1", "xyzzy=1", "threshold", "=1", ""};
    static const char *const words[] = {"did you mean threshold?", "knows no argument 'xyzzy'",
                                        "not NAME=VALUE", "not NAME=VALUE", "not NAME=VALUE"};
    load(&plugin, PATH_OF("anomaly"));
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct tide_error error = {0};
        assert_false(tide_plugin_add_argument(&plugin, texts[i], &error));
        assert_int_equal(error.exit, TIDE_EXIT_USAGE);
        if (!strstr(error.text, words[i])) fail_msg("'%s' lacks '%s'", error.text, words[i]);
    }
    assert_int_equal(plugin.argument_count, 0);
    tide_plugin_unload(&plugin);
}

static void arguments_are_kept_in_order_with_everything_behind_the_first_equals_sign(void **state)
{
    (void)state;
    struct tide_plugin plugin;
    struct tide_error error = {0};
    load(&plugin, PATH_OF("inactivity"));
    assert_true(tide_plugin_add_argument(&plugin, "after=1=2", &error));
    assert_true(tide_plugin_add_argument(&plugin, "base=", &error));
    assert_true(tide_plugin_add_argument(&plugin, "after=3", &error));
    const struct tidemark_open open = {.argument_count = plugin.argument_count,
                                       .arguments = plugin.arguments};
    assert_string_equal(plugin.arguments[0].value, "1=2");
    assert_string_equal(tidemark_argument_text(&open, "after", "none"), "3");
    assert_string_equal(tidemark_argument_text(&open, "base", "none"), "");
    assert_string_equal(tidemark_argument_text(&open, "other", "none"), "none");
    tide_plugin_unload(&plugin);
}

static void side_outputs_and_counters_are_found_by_name(void **state)
{
    (void)state;
    struct tide_plugin plugin;
    load(&plugin, PATH_OF("misbehave"));
    assert_int_equal(plugin.side_output_count, 2);
    assert_int_equal(plugin.counter_count, 1);
    assert_int_equal(tide_plugin_side_output(&plugin, "b"), 1);
    assert_int_equal(tide_plugin_side_output(&plugin, "c"), -1);
    tide_plugin_unload(&plugin);
    assert_null(plugin.library);
}

static double double_of(int64_t high, uint64_t low, unsigned scale)
{
    const struct tidemark_value value = {
        .units_low = low, .units_high = high, .scale = (uint8_t)scale};
    return tidemark_value_double(&value);
}

static void value_is_the_nearest_double(void **state)
{
    (void)state;
    const struct tidemark_value null = {.is_null = 1};
    assert_true(isnan(tidemark_value_double(&null)));
    assert_true(double_of(0, 1700500000, 6) == 1700.5);
    assert_true(double_of(0, 29, 2) == 0.29);
    assert_true(double_of(-1, -(uint64_t)29, 2) == -0.29);
    assert_true(double_of(0, 0, 18) == 0);
    assert_true(double_of(0, INT64_MAX, 0) == 0x1p63);
    assert_true(double_of(0, UINT64_MAX, 0) == 0x1p64);
    assert_true(double_of(-1, 0, 0) == -0x1p64);
    assert_true(double_of(-1, 1, 0) == -0x1p64);
    assert_true(double_of(1, 0, 0) == 0x1p64);
    assert_true(double_of(INT64_MIN, 0, 0) == -0x1p127);
    assert_true(double_of(INT64_MAX, UINT64_MAX, 0) == 0x1p127);
}

static void error_text_is_cut(void **state)
{
    (void)state;
    struct tidemark_error error;
    char text[2 * TIDEMARK_ERROR_BYTES];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_int_equal(tidemark_fail(&error, text), -1);
    assert_int_equal(strlen(error.text), TIDEMARK_ERROR_BYTES - 1);
    tidemark_fail(&error, "short");
    assert_string_equal(error.text, "short");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_process_function_is_refused_with_its_reason),
        cmocka_unit_test(argument_of_another_name_is_refused_and_the_nearest_named),
        cmocka_unit_test(arguments_are_kept_in_order_with_everything_behind_the_first_equals_sign),
        cmocka_unit_test(side_outputs_and_counters_are_found_by_name),
        cmocka_unit_test(value_is_the_nearest_double),
        cmocka_unit_test(error_text_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
