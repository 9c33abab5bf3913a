/* Is a config file read as documented, does the command line win over it, and does an error name
 * file and line? */
#include "engine/plan/config.h"

#include "engine/plan/run_options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

static int make_path(void **state)
{
    (void)state;
    strcpy(path, "/tmp/tidemark-config-XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_bytes(const char *text, size_t bytes)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

static bool read_text(struct tide_config *config, const char *text, struct tide_error *error)
{
    write_bytes(text, strlen(text));
    *error = (struct tide_error){0};
    return tide_config_read(config, path, &tide_run_options, error);
}

static void wrong_line_is_refused_with_file_and_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *place, *hint;
    } cases[] = {
        {"windw = 3", ":1: ", "did you mean --window?"},
        {"\n# x\n\r\nwindow tumbling:3s", ":4: ", "name = value"},
        {"quiet", ":1: ", "name = value"},
        {"= 3", ":1: ", "name = value"},
        {"--window = 3", ":1: ", "unknown option"},
        {"window =", ":1: ", "value is missing"},
        {"delimiter = # no quotes", ":1: ", "value is missing"},
        {"window = \"a", ":1: ", "closing quote"},
        {"window = \"a\" b", ":1: ", "text behind it"},
        {"quiet = yes", ":1: ", "true or false"},
        {"key = a\nkey = b", ":2: ", "in line 1"},
        {"config = other.conf", ":1: ", "belongs on the command line"},
        {"help = true", ":1: ", "belongs on the command line"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tide_config config;
        struct tide_error error;
        if (read_text(&config, cases[i].text, &error)) fail_msg("'%s' was taken", cases[i].text);
        assert_int_equal(error.exit, TIDE_EXIT_USAGE);
        assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
        assert_int_equal(strncmp(error.text + strlen(path), cases[i].place, 4), 0);
        if (!strstr(error.text, cases[i].hint))
            fail_msg("'%s' does not say '%s'", error.text, cases[i].hint);
        tide_config_fini(&config);
    }
}

static void file_that_cannot_be_read_fails_the_run(void **state)
{
    (void)state;
    static const char *const paths[] = {"/no/such/file.conf", "/tmp"};
    for (size_t i = 0; i < 2; i++) {
        struct tide_config config;
        struct tide_error error = {0};
        assert_false(tide_config_read(&config, paths[i], &tide_run_options, &error));
        assert_int_equal(error.exit, TIDE_EXIT_FAILED);
        assert_non_null(strstr(error.text, paths[i]));
        tide_config_fini(&config);
    }
}

static void file_with_a_nul_byte_is_refused(void **state)
{
    (void)state;
    struct tide_config config;
    struct tide_error error = {0};
    write_bytes("trim = true\n\0\n", 14);
    assert_false(tide_config_read(&config, path, &tide_run_options, &error));
    assert_int_equal(error.exit, TIDE_EXIT_USAGE);
    tide_config_fini(&config);
}

static void every_form_of_a_value_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned id, line;
        const char *value;
    } cases[] = {
        {"window=tumbling:1h", TIDE_RUN_WINDOW, 1, "tumbling:1h"},
        {"\xEF\xBB\xBFwindow = tumbling:1h\r\n", TIDE_RUN_WINDOW, 1, "tumbling:1h"},
        {"# c\r\r\n\twindow\t=\ttumbling:1h \t", TIDE_RUN_WINDOW, 3, "tumbling:1h"},
        {"window = tumbling:1h # hourly", TIDE_RUN_WINDOW, 1, "tumbling:1h"},
        {"alert = many = sum > 8000 AND count = 3", TIDE_RUN_ALERT, 1,
         "many = sum > 8000 AND count = 3"},
        {"rejects = a#b.csv", TIDE_RUN_REJECTS, 1, "a#b.csv"},
        {"delimiter = \"#\"", TIDE_RUN_DELIMITER, 1, "#"},
        {"delimiter = \" \" # a blank", TIDE_RUN_DELIMITER, 1, " "},
        {"na = \"\"", TIDE_RUN_NA, 1, ""},
        {"key = \"say \"\"hi\"\"\"", TIDE_RUN_KEY, 1, "say \"hi\""},
        {"key = a \"b\" c", TIDE_RUN_KEY, 1, "a \"b\" c"},
        {"trim = true", TIDE_RUN_TRIM, 1, "true"},
        {"trim = \"false\"", TIDE_RUN_TRIM, 1, "false"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tide_config config;
        struct tide_error error;
        if (!read_text(&config, cases[i].text, &error)) fail_msg("%s", error.text);
        assert_int_equal(config.given_count, 1);
        assert_int_equal(config.given[0].id, cases[i].id);
        assert_int_equal(config.given[0].line, cases[i].line);
        assert_string_equal(config.given[0].text, cases[i].value);
        tide_config_fini(&config);
    }
}

static void file_without_options_gives_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n\n", "# only words", " \t\n  # more",
                                        "\xEF\xBB\xBF"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct tide_config config;
        struct tide_error error;
        assert_true(read_text(&config, texts[i], &error));
        assert_int_equal(config.given_count, 0);
        tide_config_fini(&config);
    }
}

static void reload_sees_the_alert_lines_of_the_file_as_it_stands(void **state)
{
    (void)state;
    struct tide_config config;
    struct tide_error error;
    const char *texts[2] = {NULL, NULL};
    assert_true(read_text(&config, "alert = sum > 1\ntrim = true\nalert = b=count > 2\n", &error));
    assert_int_equal(tide_config_texts(&config, TIDE_RUN_ALERT, texts, 2), 2);
    assert_string_equal(texts[0], "sum > 1");
    assert_string_equal(texts[1], "b=count > 2");
    tide_config_fini(&config);
    assert_true(read_text(&config, "trim = true\n", &error));
    assert_int_equal(tide_config_texts(&config, TIDE_RUN_ALERT, texts, 2), 0);
    tide_config_fini(&config);
}

static void command_line_wins_over_the_file(void **state)
{
    (void)state;
    static const char text[] = "window = tumbling:1h\nkey = card\nquiet = true\ntrim = true\n"
                               "alert = sum > 1\nalert = sum > 2\n";
    write_bytes(text, strlen(text));
    char *argv[] = {(char *)"run", (char *)"--alert",  (char *)"sum > 3", (char *)"--config",
                    path,          (char *)"--key=id", (char *)"-v",      (char *)"--trim=false"};
    struct tide_options options;
    struct tide_error error = {0};
    const char *texts[3];
    assert_true(tide_options_parse(&options, &tide_run_options, 8, argv, &error));
    assert_string_equal(tide_options_text(&options, TIDE_RUN_WINDOW), "tumbling:1h");
    assert_int_equal(tide_options_given(&options, TIDE_RUN_WINDOW)->line, 1);
    assert_string_equal(tide_options_text(&options, TIDE_RUN_KEY), "id");
    assert_int_equal(tide_options_given(&options, TIDE_RUN_KEY)->line, 0);
    assert_false(tide_options_flag(&options, TIDE_RUN_TRIM));
    assert_true(tide_options_flag(&options, TIDE_RUN_VERBOSE));
    assert_false(tide_options_flag(&options, TIDE_RUN_QUIET));
    assert_int_equal(tide_options_texts(&options, TIDE_RUN_ALERT, texts, 3), 1);
    assert_string_equal(texts[0], "sum > 3");
    assert_string_equal(options.config_file, path);
    tide_options_fini(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_line_is_refused_with_file_and_line),
        cmocka_unit_test(file_that_cannot_be_read_fails_the_run),
        cmocka_unit_test(file_with_a_nul_byte_is_refused),
        cmocka_unit_test(every_form_of_a_value_is_read),
        cmocka_unit_test(file_without_options_gives_nothing),
        cmocka_unit_test(reload_sees_the_alert_lines_of_the_file_as_it_stands),
        cmocka_unit_test(command_line_wins_over_the_file),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
