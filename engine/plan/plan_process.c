#include "engine/plan/plan_process.h"

#include "engine/base/memory.h"
#include "engine/plan/run_options.h"

static bool set_arguments(struct tide_plan *plan, const struct tide_settings *settings)
{
    unsigned count = tide_options_texts(settings->options, TIDE_RUN_PROCESS_ARG, NULL, 0);
    if (count == 0) return true;
    if (!plan->plugin)
        return tide_setting_refuse(settings, TIDE_RUN_PROCESS_ARG,
                                   "there is no process function; give --process FILE too");
    const char **texts = tide_alloc(count * sizeof *texts);
    if (!texts) return tide_error_memory(settings->error, "the arguments of a plug-in");
    tide_options_texts(settings->options, TIDE_RUN_PROCESS_ARG, texts, count);
    struct tide_error cause = {0};
    bool taken = true;
    for (unsigned i = 0; taken && i < count; i++)
        taken = tide_plugin_add_argument(plan->plugin, texts[i], &cause) ||
                tide_setting_pass_on(settings, TIDE_RUN_PROCESS_ARG, &cause);
    tide_free(texts);
    return taken;
}

/* A timer may be due at any time, and a count window's row may set one. Processing time is asked
 * for without timers too. */
static void expect_timers(struct tide_plan *plan)
{
    bool has_timers = plan->plugin->function->on_timer != NULL;
    if (has_timers || plan->clock != TIDE_CLOCK_EVENT) plan->has_fine_steps = true;
    if (has_timers && plan->window->kind == TIDE_WINDOW_COUNT) plan->is_strict = true;
}

bool tide_plan_process(struct tide_plan *plan, const struct tide_settings *settings)
{
    const char *path = tide_options_text(settings->options, TIDE_RUN_PROCESS);
    if (path && !*path)
        return tide_setting_refuse(settings, TIDE_RUN_PROCESS, "the file's name is empty");
    if (path) {
        struct tide_error cause = {0};
        plan->plugin = tide_alloc_zeroed(1, sizeof *plan->plugin);
        if (!plan->plugin) return tide_error_memory(settings->error, "a plug-in");
        if (!tide_plugin_load(plan->plugin, path, &cause))
            return tide_setting_pass_on(settings, TIDE_RUN_PROCESS, &cause);
        expect_timers(plan);
    }
    return set_arguments(plan, settings);
}
