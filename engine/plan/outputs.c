#include "engine/plan/outputs.h"

#include "engine/base/output.h"
#include "engine/plan/format.h"
#include "engine/plan/run_options.h"

#include <string.h>

static const unsigned option_ids[TIDE_OUTPUT_COUNT] = {
    [TIDE_OUTPUT_ALERTS] = TIDE_RUN_ALERTS, [TIDE_OUTPUT_RESULTS] = TIDE_RUN_RESULTS,
    [TIDE_OUTPUT_LATE] = TIDE_RUN_LATE,     [TIDE_OUTPUT_REJECTS] = TIDE_RUN_REJECTS,
    [TIDE_OUTPUT_STATS] = TIDE_RUN_STATS,
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

static bool check_pair(const struct tide_plan *plan, const struct tide_settings *settings,
                       unsigned first, unsigned second)
{
    const char *a = plan->outputs[first], *b = plan->outputs[second];
    if (!a || !b) return true;
    const char *other = tide_option_at(settings->options->set, option_ids[first])->name;
    if (is_stdout(a) && is_stdout(b))
        return tide_setting_refuse(settings, option_ids[second],
                                   "--%s goes to standard output already; give one of them a file",
                                   other);
    if (tide_output_same_file(path_of(a, "/dev/stdout"), path_of(b, "/dev/stdout")))
        return tide_setting_refuse(settings, option_ids[second], "'%s' is the file of --%s already",
                                   b, other);
    return true;
}

static bool check_inputs(const struct tide_plan *plan, const struct tide_settings *settings,
                         unsigned kind)
{
    const char *output = plan->outputs[kind];
    if (!output) return true;
    const char *path = path_of(output, "/dev/stdout");
    const char *what = strcmp(output, "-") == 0 ? "standard output" : output;
    for (unsigned i = 0; i < plan->file_count; i++)
        if (tide_output_same_file(path, path_of(plan->files[i], "/dev/stdin")))
            return tide_setting_refuse(settings, option_ids[kind],
                                       "'%s' is also an input, which tidemark never changes", what);
    const char *config_file = settings->options->config_file;
    if (config_file && tide_output_same_file(path, config_file))
        return tide_setting_refuse(settings, option_ids[kind], "'%s' is the config file", what);
    return true;
}

bool tide_outputs_resolve(struct tide_plan *plan, const struct tide_settings *settings)
{
    bool stdout_taken = false;
    for (unsigned kind = 0; kind < TIDE_OUTPUT_COUNT; kind++) {
        const char *name = tide_options_text(settings->options, option_ids[kind]);
        if (name && *name == '\0')
            return tide_setting_refuse(settings, option_ids[kind],
                                       "the file's name is empty; - is standard output");
        if (name && is_stdout(name)) stdout_taken = true;
        plan->outputs[kind] = name;
    }
    bool alerts_to_be_had = plan->rules->rule_count > 0 || plan->format->alerts_always;
    if (!plan->outputs[TIDE_OUTPUT_ALERTS] && !stdout_taken && alerts_to_be_had)
        plan->outputs[TIDE_OUTPUT_ALERTS] = "-";

    for (unsigned kind = 0; kind < TIDE_OUTPUT_COUNT; kind++) {
        for (unsigned earlier = 0; earlier < kind; earlier++)
            if (!check_pair(plan, settings, earlier, kind)) return false;
        if (!check_inputs(plan, settings, kind)) return false;
    }
    return true;
}
