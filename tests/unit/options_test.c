/* Is every form of command line read as it was meant, and every wrong one refused with a hint in
 * one line? */
#include "engine/plan/run_options.h"

#include "engine/base/memory.h"
#include "engine/plan/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MAX = 8 };

/* arguments: without the command, NULL-terminated */
static bool parse(struct tide_options *options, const char *const arguments[],
                  struct tide_error *error)
{
    char *argv[ARGUMENTS_MAX + 2] = {(char *)"run"};
    int argc = 1;
    for (; arguments[argc - 1]; argc++) argv[argc] = (char *)arguments[argc - 1];
    *error = (struct tide_error){0};
    return tide_options_parse(options, &tide_run_options, argc, argv, error);
}

static void wrong_command_line_is_refused_with_a_hint(void **state)
{
    (void)state;
    static const struct {
        const char *arguments[ARGUMENTS_MAX];
        const char *hint;
    } cases[] = {
        {{"--windw", "10s"}, "did you mean --window?"},
        {{"--paralelism=4"}, "did you mean --parallelism?"},
        {{"--colour"}, "unknown option --colour"},
        {{"--=3"}, "unknown option --"},
        {{"-x"}, "unknown option -x"},
        {{"-qx"}, "unknown option -x"},
        {{"--window"}, "--window needs an argument: --window W"},
        {{"-p"}, "--parallelism needs an argument: --parallelism N|auto"},
        {{"--alerts", "--results"}, "write --alerts=--results"},
        {{"--trim=yes"}, "=true or =false"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tide_options options;
        struct tide_error error;
        assert_false(parse(&options, cases[i].arguments, &error));
        assert_int_equal(error.exit, TIDE_EXIT_USAGE);
        if (!strstr(error.text, cases[i].hint))
            fail_msg("'%s' does not say '%s'", error.text, cases[i].hint);
        assert_null(strchr(error.text, '\n'));
        tide_options_fini(&options);
    }
}

static void option_not_given_has_its_default(void **state)
{
    (void)state;
    struct tide_options options;
    struct tide_error error;
    const char *texts[2];
    assert_true(parse(&options, (const char *const[]){NULL}, &error));
    assert_int_equal(options.file_count, 0);
    assert_string_equal(tide_options_text(&options, TIDE_RUN_WINDOW), "tumbling:10s");
    assert_null(tide_options_text(&options, TIDE_RUN_RESULTS));
    assert_false(tide_options_flag(&options, TIDE_RUN_TRIM));
    assert_null(tide_options_given(&options, TIDE_RUN_WINDOW));
    assert_int_equal(tide_options_texts(&options, TIDE_RUN_ALERT, texts, 2), 1);
    assert_string_equal(texts[0], "sum > 8000");
    assert_int_equal(tide_options_texts(&options, TIDE_RUN_LATE, texts, 2), 0);
    tide_options_fini(&options);
}

static void every_form_of_an_argument_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *arguments[ARGUMENTS_MAX];
        unsigned id;
        const char *text;
    } cases[] = {
        {{"--window", "tumbling:1h"}, TIDE_RUN_WINDOW, "tumbling:1h"},
        {{"--window=tumbling:1h"}, TIDE_RUN_WINDOW, "tumbling:1h"},
        {{"--alert=a=sum = 3"}, TIDE_RUN_ALERT, "a=sum = 3"},
        {{"--na="}, TIDE_RUN_NA, ""},
        {{"--na", ""}, TIDE_RUN_NA, ""},
        {{"-p", "4"}, TIDE_RUN_PARALLELISM, "4"},
        {{"-p4"}, TIDE_RUN_PARALLELISM, "4"},
        {{"-qp4"}, TIDE_RUN_PARALLELISM, "4"},
        {{"-qp4"}, TIDE_RUN_QUIET, "true"},
        {{"-p", "-4"}, TIDE_RUN_PARALLELISM, "-4"},
        {{"--results", "-"}, TIDE_RUN_RESULTS, "-"},
        {{"--results=--late"}, TIDE_RUN_RESULTS, "--late"},
        {{"--trim"}, TIDE_RUN_TRIM, "true"},
        {{"--trim=true"}, TIDE_RUN_TRIM, "true"},
        {{"--trim", "--trim=false"}, TIDE_RUN_TRIM, "false"},
        {{"--key", "a", "--key", "b"}, TIDE_RUN_KEY, "b"},
        {{"f.csv", "-v"}, TIDE_RUN_VERBOSE, "true"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tide_options options;
        struct tide_error error;
        assert_true(parse(&options, cases[i].arguments, &error));
        assert_string_equal(tide_options_text(&options, cases[i].id), cases[i].text);
        tide_options_fini(&options);
    }
}

static void files_keep_their_order_and_two_dashes_end_the_options(void **state)
{
    (void)state;
    struct tide_options options;
    struct tide_error error;
    const char *const arguments[] = {"a.csv", "-q", "-", "--", "--trim", "-x", "--", NULL};
    static const char *const files[] = {"a.csv", "-", "--trim", "-x", "--"};
    assert_true(parse(&options, arguments, &error));
    assert_int_equal(options.file_count, 5);
    for (size_t i = 0; i < 5; i++) assert_string_equal(options.files[i], files[i]);
    assert_true(tide_options_flag(&options, TIDE_RUN_QUIET));
    assert_false(tide_options_flag(&options, TIDE_RUN_TRIM));
    tide_options_fini(&options);
}

static void repeatable_option_keeps_every_text(void **state)
{
    (void)state;
    struct tide_options options;
    struct tide_error error;
    const char *const arguments[] = {"--alert", "sum > 1", "--alert=b=count > 2", NULL};
    const char *texts[2] = {NULL, NULL};
    assert_true(parse(&options, arguments, &error));
    assert_int_equal(tide_options_texts(&options, TIDE_RUN_ALERT, texts, 1), 2);
    assert_string_equal(texts[0], "sum > 1");
    assert_null(texts[1]);
    assert_int_equal(tide_options_texts(&options, TIDE_RUN_ALERT, texts, 2), 2);
    assert_string_equal(texts[1], "b=count > 2");
    tide_options_fini(&options);
}

static void help_ends_the_reading(void **state)
{
    (void)state;
    static const char *const forms[] = {"--help", "-h", "-qh"};
    for (size_t i = 0; i < 3; i++) {
        struct tide_options options;
        struct tide_error error;
        const char *const arguments[] = {"--config", "no/such/file", forms[i], "--nonsense", NULL};
        assert_true(parse(&options, arguments, &error));
        assert_true(tide_options_flag(&options, TIDE_RUN_HELP));
        tide_options_fini(&options);
    }
}

static void table_is_whole_and_agrees_with_the_plan(void **state)
{
    (void)state;
    const struct tide_option_set *set = &tide_run_options;
    for (unsigned id = 0; id < set->option_count; id++) {
        const struct tide_option *option = &set->options[id];
        struct tide_error error = {0};
        assert_non_null(option->name);
        assert_non_null(option->help);
        assert_true(option->group < set->group_count);
        assert_true(option->argument || !option->fallback);
        assert_int_equal(tide_option_find(set, option->name, strlen(option->name), &error), id);
        for (unsigned other = 0; other < id && option->letter; other++)
            assert_int_not_equal(option->letter, set->options[other].letter);
    }
    assert_int_equal(atoi(set->options[TIDE_RUN_MAX_ROW_BYTES].fallback),
                     TIDE_ROW_BYTES_MAX_DEFAULT);
    assert_string_equal(set->options[TIDE_RUN_BATCH_ROWS].fallback, "auto");
    assert_int_equal(atoi(set->options[TIDE_RUN_RING_SLOTS].fallback), TIDE_RING_SLOTS_DEFAULT);
}

/* A command that takes the options of run, but its own --parallelism and no --stats. */
enum { SWEEP_PARALLELISM = TIDE_RUN_OPTION_COUNT, SWEEP_ROUNDS, SWEEP_OPTION_COUNT };
static const struct tide_option sweep_table[] = {
    {.name = "parallelism", .letter = 'p', .argument = "N,...", .fallback = "1,2", .help = "-"},
    {.name = "rounds", .argument = "N", .fallback = "5", .help = "-"},
};
static const char *const sweep_without[] = {"stats", NULL};
static const struct tide_option_set sweep = {
    .command = "sweep",
    .option_count = sizeof sweep_table / sizeof sweep_table[0],
    .options = sweep_table,
    .base = &tide_run_options,
    .without = sweep_without,
};

static void options_of_another_command_count_unless_hidden(void **state)
{
    (void)state;
    struct tide_error error = {0};
    struct tide_options options;
    char *wrong[] = {(char *)"sweep", (char *)"--stats", (char *)"x"};
    assert_false(tide_options_parse(&options, &sweep, 3, wrong, &error));
    assert_non_null(strstr(error.text, "unknown option --stats"));
    tide_options_fini(&options);

    char *argv[] = {(char *)"sweep",   (char *)"--trim",  (char *)"-p",       (char *)"1,7",
                    (char *)"--alert", (char *)"sum > 1", (char *)"--rounds", (char *)"3",
                    (char *)"file",    (char *)"--alert", (char *)""};
    assert_int_equal(tide_option_count(&sweep), SWEEP_OPTION_COUNT);
    assert_true(tide_options_parse(&options, &sweep, 11, argv, &error));
    assert_string_equal(tide_options_text(&options, SWEEP_PARALLELISM), "1,7");
    assert_string_equal(tide_options_text(&options, SWEEP_ROUNDS), "3");
    assert_string_equal(tide_options_text(&options, TIDE_RUN_PARALLELISM), "auto");
    assert_string_equal(tide_options_text(&options, TIDE_RUN_KEY), "transaction_id");
    assert_true(tide_options_flag(&options, TIDE_RUN_TRIM));

    char **forward = tide_options_forward(&options);
    assert_non_null(forward);
    assert_string_equal(forward[0], "--trim=true");
    assert_string_equal(forward[1], "--alert=sum > 1");
    assert_string_equal(forward[2], "--alert=");
    assert_null(forward[3]);
    tide_free(forward);
    tide_options_fini(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_command_line_is_refused_with_a_hint),
        cmocka_unit_test(option_not_given_has_its_default),
        cmocka_unit_test(every_form_of_an_argument_is_read),
        cmocka_unit_test(files_keep_their_order_and_two_dashes_end_the_options),
        cmocka_unit_test(repeatable_option_keeps_every_text),
        cmocka_unit_test(help_ends_the_reading),
        cmocka_unit_test(options_of_another_command_count_unless_hidden),
        cmocka_unit_test(table_is_whole_and_agrees_with_the_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
