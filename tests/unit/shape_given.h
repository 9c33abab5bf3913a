/* A shape's text as if it stood on the command line: settings with one option, `--shape`. */
#ifndef TIDE_TESTS_SHAPE_GIVEN_H
#define TIDE_TESTS_SHAPE_GIVEN_H

#include "engine/plan/setting.h"

#include <string.h>

enum { SHAPE, SHAPE_COUNT };

struct shape_given {
    struct tide_option option;
    struct tide_option_set set;
    struct tide_options options;
    struct tide_error error;
    struct tide_settings settings;
};

static inline const struct tide_settings *shape_given(struct shape_given *given, const char *text)
{
    *given = (struct shape_given){.option = {.name = "shape", .fallback = text}};
    given->set = (struct tide_option_set){
        .command = "gen", .option_count = SHAPE_COUNT, .options = &given->option};
    given->options.set = &given->set;
    given->settings = (struct tide_settings){.options = &given->options, .error = &given->error};
    return &given->settings;
}

/* Is the error a wrong use of the option that names the text? */
static inline void check_refusal(const struct shape_given *given, const char *text)
{
    assert_int_equal(given->error.exit, TIDE_EXIT_USAGE);
    assert_memory_equal(given->error.text, "--shape: ", 9);
    if (!strstr(given->error.text, text)) fail_msg("'%s': %s", text, given->error.text);
}

#endif
