/* A plan out of the words of a command line. */
#ifndef TIDE_TESTS_PLANNED_H
#define TIDE_TESTS_PLANNED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/plan/format.h"
#include "engine/plan/plan.h"
#include "engine/plan/run_options.h"
#include "operators/registry.h"

enum { PLANNED_WORDS_MAX = 40 };

struct planned {
    struct tide_options options;
    struct tide_plan plan;
};

/* words: without the command, NULL-terminated; borrowed until the end */
static inline void plan_begin(struct planned *planned, const char *const words[])
{
    char *argv[PLANNED_WORDS_MAX + 2] = {(char *)(uintptr_t) "run"};
    struct tide_error error = {0};
    int argc = 1;
    for (; words[argc - 1]; argc++) {
        assert_true(argc <= PLANNED_WORDS_MAX);
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    }
    *planned = (struct planned){0};
    bool built = tide_options_parse(&planned->options, &tide_run_options, argc, argv, &error) &&
                 tide_plan_build(&planned->plan, &planned->options, &tide_operators, &error);
    assert_string_equal(error.text, "");
    assert_true(built);
}

static inline void plan_end(struct planned *planned)
{
    tide_plan_fini(&planned->plan);
    tide_options_fini(&planned->options);
}

#define PLAN(planned, ...) plan_begin(planned, (const char *const[]){__VA_ARGS__, NULL})

#endif
