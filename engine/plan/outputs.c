#include "engine/plan/outputs.h"

#include "engine/base/output.h"
#include "engine/plan/format.h"
#include "engine/plan/run_options.h"
#include "engine/plan/side_outputs.h"

#include <string.h>

static const unsigned option_ids[TIDE_OUTPUT_COUNT] = {
    [TIDE_OUTPUT_ALERTS] = TIDE_RUN_ALERTS, [TIDE_OUTPUT_RESULTS] = TIDE_RUN_RESULTS,
    [TIDE_OUTPUT_LATE] = TIDE_RUN_LATE,     [TIDE_OUTPUT_REJECTS] = TIDE_RUN_REJECTS,
    [TIDE_OUTPUT_STATS] = TIDE_RUN_STATS,   [TIDE_OUTPUT_TRACE] = TIDE_RUN_TRACE,
};

static bool is_stdout(const char *name)
{
    static const char *const names[] = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

/* A path that leads to the same file, also when a shell has redirected a standard stream to it. */
static const char *path_of(const char *name, const char *stream)
{
    return strcmp(name, "-") == 0 ? stream : name;
}

/* An output that was asked for. */
struct place {
    unsigned option;
    const char *file;
};

static bool check_pair(const struct tide_settings *settings, const struct place *first,
                       const struct place *second)
{
    const char *a = first->file, *b = second->file;
    const char *other = tide_option_at(settings->options->set, first->option)->name;
    const char *another = first->option == second->option ? "another " : "";
    if (is_stdout(a) && is_stdout(b))
        return tide_setting_refuse(settings, second->option,
                                   "%s--%s goes to standard output already; give one of them a "
                                   "file",
                                   another, other);
    if (tide_output_same_file(path_of(a, "/dev/stdout"), path_of(b, "/dev/stdout"),
                              settings->error))
        return tide_setting_refuse(settings, second->option, "'%s' is the file of %s--%s already",
                                   b, another, other);
    return true;
}

static bool check_inputs(const struct tide_plan *plan, const struct tide_settings *settings,
                         const struct place *place)
{
    const char *path = path_of(place->file, "/dev/stdout");
    const char *what = strcmp(place->file, "-") == 0 ? "standard output" : place->file;
    for (unsigned i = 0; i < plan->file_count; i++)
        if (tide_output_same_file(path, path_of(plan->files[i], "/dev/stdin"), settings->error))
            return tide_setting_refuse(settings, place->option,
                                       "'%s' is also an input, which tidemark never changes", what);
    const char *config_file = settings->options->config_file;
    if (config_file && tide_output_same_file(path, config_file, settings->error))
        return tide_setting_refuse(settings, place->option, "'%s' is the config file", what);
    return true;
}

/* What has gone to a pipe or a terminal cannot be taken back, as a resumed run has to. */
static bool check_regular(const struct tide_plan *plan, const struct tide_settings *settings,
                          const struct place *place)
{
    if (!plan->checkpoint_folder) return true;
    if (is_stdout(place->file))
        return tide_setting_refuse(settings, place->option,
                                   "with --checkpoint every output is a regular file, not standard "
                                   "output; name one");
    return tide_output_may_be_regular(place->file) ||
           tide_setting_refuse(
               settings, place->option,
               "with --checkpoint every output is a regular file, which '%s' is not", place->file);
}

/* Is there something that may write to --alerts? */
static bool has_alerts(const struct tide_plan *plan)
{
    return plan->rules->on_alerts || plan->format->alerts_always || plan->plugin ||
           (tide_plan_watches_keys(plan) &&
            tide_side_output_channel(plan, TIDE_INACTIVE_NAME) == TIDE_CHANNEL_ALERTS);
}

/* What the options name, and standard output for the alerts if nothing else goes there. */
static bool find_places(struct tide_plan *plan, const struct tide_settings *settings,
                        struct place places[], unsigned *count)
{
    bool stdout_taken = false;
    for (unsigned kind = 0; kind < TIDE_OUTPUT_COUNT; kind++) {
        plan->outputs[kind] = tide_options_text(settings->options, option_ids[kind]);
        if (plan->outputs[kind])
            places[(*count)++] = (struct place){option_ids[kind], plan->outputs[kind]};
    }
    for (unsigned i = 0; i < plan->side_output_count; i++)
        places[(*count)++] = (struct place){TIDE_RUN_SIDE_OUTPUT, plan->side_outputs[i].file};
    for (unsigned i = 0; i < *count; i++) {
        if (*places[i].file == '\0')
            return tide_setting_refuse(settings, places[i].option,
                                       "the file's name is empty; - is standard output");
        stdout_taken = stdout_taken || is_stdout(places[i].file);
    }
    if (plan->outputs[TIDE_OUTPUT_ALERTS] || stdout_taken || !has_alerts(plan)) return true;
    plan->outputs[TIDE_OUTPUT_ALERTS] = "-";
    places[(*count)++] = (struct place){TIDE_RUN_ALERTS, "-"};
    return true;
}

static bool check_formulas(const struct tide_plan *plan, const struct tide_settings *settings)
{
    if (!plan->escapes_formulas || plan->format->is_csv || plan->outputs[TIDE_OUTPUT_LATE] ||
        plan->outputs[TIDE_OUTPUT_REJECTS] || plan->outputs[TIDE_OUTPUT_TRACE])
        return true;
    return tide_setting_refuse(settings, TIDE_RUN_ESCAPE_FORMULAS,
                               "nothing that is written is CSV: leave it out, or add --format csv");
}

bool tide_outputs_resolve(struct tide_plan *plan, const struct tide_settings *settings)
{
    struct place places[TIDE_OUTPUT_COUNT + TIDE_SIDE_OUTPUT_MAX];
    unsigned count = 0;
    if (!find_places(plan, settings, places, &count)) return false;
    for (unsigned i = 0; i < count; i++) {
        for (unsigned earlier = 0; earlier < i; earlier++)
            if (!check_pair(settings, &places[earlier], &places[i])) return false;
        if (!check_inputs(plan, settings, &places[i]) || !check_regular(plan, settings, &places[i]))
            return false;
    }
    return check_formulas(plan, settings);
}
