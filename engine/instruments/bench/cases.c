#include "engine/instruments/bench/cases.h"

#include "engine/base/memory.h"
#include "engine/plan/nearest.h"
#include "engine/plan/run_options.h"

#include <stdio.h>
#include <string.h>

static const char *const axis_names[TIDE_BENCH_AXIS_COUNT] = {
    [TIDE_BENCH_BATCH_ROWS] = "batch-rows",
    [TIDE_BENCH_RING_SLOTS] = "ring-slots",
    [TIDE_BENCH_ORDER] = "order",
};

const char *tide_bench_axis_name(enum tide_bench_axis axis)
{
    return axis_names[axis];
}

/* What `tidemark run` makes of an option's value, by its own rules. */
static bool try_value(const char *name, const char *value, const struct tide_registry *registry,
                      struct tide_plan *plan, struct tide_error *error)
{
    static char command[] = "run";
    char argument[128];
    int bytes = snprintf(argument, sizeof argument, "--%s=%s", name, value);
    if (bytes < 0 || (size_t)bytes >= sizeof argument)
        return tide_error_set(error, TIDE_EXIT_USAGE, "'%.20s...' is too long", value);
    char *argv[] = {command, argument, NULL};
    struct tide_options options = {0};
    struct tide_error cause = {0};
    bool ok = tide_options_parse(&options, &tide_run_options, 2, argv, &cause) &&
              tide_plan_build(plan, &options, registry, &cause);
    tide_options_fini(&options);
    if (ok) return true;
    /* The caller names the option: what comes after "--name: " is left. */
    const char *reason = strstr(cause.text, ": ");
    return tide_error_set(error, cause.exit, "%s", reason ? reason + 2 : cause.text);
}

static bool add_level(struct tide_bench_cases *cases, unsigned level, struct tide_error *error)
{
    unsigned at = cases->level_count;
    if (at == TIDE_BENCH_VALUES_MAX)
        return tide_error_set(error, TIDE_EXIT_USAGE, "more than %d levels", TIDE_BENCH_VALUES_MAX);
    while (at > 0 && cases->levels[at - 1] > level) at--;
    if (at > 0 && cases->levels[at - 1] == level)
        return tide_error_set(error, TIDE_EXIT_USAGE, "%u is there twice", level);
    memmove(&cases->levels[at + 1], &cases->levels[at],
            (cases->level_count - at) * sizeof cases->levels[0]);
    cases->levels[at] = level;
    cases->level_count++;
    return true;
}

static bool add_default_levels(struct tide_bench_cases *cases, unsigned cores,
                               struct tide_error *error)
{
    unsigned last = 2 * cores < TIDE_PARALLELISM_MAX ? 2 * cores : TIDE_PARALLELISM_MAX;
    for (unsigned level = 1; level < last; level *= 2)
        if (!add_level(cases, level, error)) return false;
    return add_level(cases, last, error);
}

/* Cuts the next value off the list in place; NULL at its end. An empty one is a value too. */
static const char *next_value(char **rest)
{
    char *value = *rest;
    if (!value) return NULL;
    char *comma = strchr(value, ',');
    if (comma) *comma = '\0';
    *rest = comma ? comma + 1 : NULL;
    return value;
}

bool tide_bench_cases_set_levels(struct tide_bench_cases *cases, const char *text,
                                 const struct tide_registry *registry, unsigned cores,
                                 struct tide_error *error)
{
    cases->level_count = 0;
    if (!text) return add_default_levels(cases, cores, error);
    char *copy = tide_strdup(text), *rest = copy;
    if (!copy) return tide_error_memory(error, "levels");
    bool ok = true;
    for (const char *value; ok && (value = next_value(&rest));) {
        struct tide_plan plan = {0};
        ok = try_value("parallelism", value, registry, &plan, error) &&
             add_level(cases, plan.parallelism, error);
        tide_plan_fini(&plan);
    }
    tide_free(copy);
    return ok;
}

static bool find_axis(const char *text, size_t bytes, enum tide_bench_axis *axis,
                      struct tide_error *error)
{
    struct tide_nearest nearest;
    tide_nearest_init(&nearest, text, bytes);
    for (unsigned i = 0; i < TIDE_BENCH_AXIS_COUNT; i++) {
        *axis = (enum tide_bench_axis)i;
        if (strlen(axis_names[i]) == bytes && memcmp(axis_names[i], text, bytes) == 0) return true;
        tide_nearest_offer(&nearest, axis_names[i]);
    }
    return tide_error_set(error, TIDE_EXIT_USAGE,
                          "'%.*s' cannot be varied; %s%s%sthere are %s, %s, %s", (int)bytes, text,
                          nearest.name ? "did you mean " : "", nearest.name ? nearest.name : "",
                          nearest.name ? "? " : "", axis_names[0], axis_names[1], axis_names[2]);
}

static bool add_value(struct tide_bench_cases *cases, enum tide_bench_axis axis, const char *value,
                      const struct tide_registry *registry, struct tide_error *error)
{
    unsigned count = cases->value_counts[axis];
    if (count == TIDE_BENCH_VALUES_MAX)
        return tide_error_set(error, TIDE_EXIT_USAGE, "more than %d values of %s",
                              TIDE_BENCH_VALUES_MAX, axis_names[axis]);
    for (unsigned i = 0; i < count; i++)
        if (strcmp(cases->values[axis][i], value) == 0)
            return tide_error_set(error, TIDE_EXIT_USAGE, "%s=%s is there twice", axis_names[axis],
                                  value);
    struct tide_plan plan = {0};
    struct tide_error cause = {0};
    bool ok = try_value(axis_names[axis], value, registry, &plan, &cause);
    enum tide_order order = plan.order;
    tide_plan_fini(&plan);
    if (!ok) return tide_error_set(error, cause.exit, "%s: %s", axis_names[axis], cause.text);
    if (axis == TIDE_BENCH_ORDER) cases->orders[count] = order;
    cases->values[axis][count] = value;
    cases->value_counts[axis]++;
    return true;
}

bool tide_bench_cases_vary(struct tide_bench_cases *cases, const char *text,
                           const struct tide_registry *registry, struct tide_error *error)
{
    enum tide_bench_axis axis;
    size_t name_bytes = strcspn(text, "=");
    if (!text[name_bytes])
        return tide_error_set(error, TIDE_EXIT_USAGE,
                              "'%s' is not OPTION=VALUE,VALUE..., as in batch-rows=1,64,auto",
                              text);
    if (!find_axis(text, name_bytes, &axis, error)) return false;
    if (cases->texts[axis])
        return tide_error_set(error, TIDE_EXIT_USAGE, "%s is varied twice", axis_names[axis]);
    char *rest = cases->texts[axis] = tide_strdup(text + name_bytes + 1);
    if (!rest) return tide_error_memory(error, "what to vary");
    for (const char *value; (value = next_value(&rest));)
        if (!add_value(cases, axis, value, registry, error)) return false;
    return true;
}

/* Combination `series` of the values, the last axis changing fastest. */
static void choose_values(const struct tide_bench_cases *cases, unsigned series,
                          struct tide_bench_case *item)
{
    for (unsigned axis = TIDE_BENCH_AXIS_COUNT; axis-- > 0;) {
        unsigned count = cases->value_counts[axis];
        if (count == 0) continue;
        item->values[axis] = cases->values[axis][series % count];
        if (axis == TIDE_BENCH_ORDER) item->order = cases->orders[series % count];
        series /= count;
    }
}

bool tide_bench_cases_list(struct tide_bench_cases *cases, enum tide_order order,
                           struct tide_error *error)
{
    unsigned series_count = 1;
    for (unsigned axis = 0; axis < TIDE_BENCH_AXIS_COUNT; axis++)
        if (cases->value_counts[axis] > 0) series_count *= cases->value_counts[axis];
    unsigned count = series_count * cases->level_count;
    if (count > TIDE_BENCH_CASES_MAX)
        return tide_error_set(error, TIDE_EXIT_USAGE,
                              "%u cases are too many, at most %d: vary less at a time", count,
                              TIDE_BENCH_CASES_MAX);
    cases->items = tide_alloc_zeroed(count, sizeof *cases->items);
    if (!cases->items) return tide_error_memory(error, "cases");
    cases->series_count = series_count;
    cases->case_count = count;
    for (unsigned i = 0; i < count; i++) {
        struct tide_bench_case *item = &cases->items[i];
        item->series = i / cases->level_count;
        item->parallelism = cases->levels[i % cases->level_count];
        item->order = order;
        choose_values(cases, item->series, item);
    }
    return true;
}

bool tide_bench_cases_any_key_order(const struct tide_bench_cases *cases)
{
    for (unsigned i = 0; i < cases->case_count; i++)
        if (cases->items[i].order == TIDE_ORDER_KEY) return true;
    return false;
}

void tide_bench_cases_fini(struct tide_bench_cases *cases)
{
    tide_free(cases->items);
    for (unsigned axis = 0; axis < TIDE_BENCH_AXIS_COUNT; axis++) tide_free(cases->texts[axis]);
    *cases = (struct tide_bench_cases){0};
}
