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
        plan->has_fine_steps |= plan->plugin->function->on_timer != NULL;
    }
    return set_arguments(plan, settings);
}
