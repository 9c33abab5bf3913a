#include "engine/plan/plan_checkpoint.h"

#include "engine/plan/run_options.h"

#include <stdio.h>
#include <string.h>

static bool set_interval(struct tide_plan *plan, const struct tide_settings *settings)
{
    const char *text = tide_options_text(settings->options, TIDE_RUN_CHECKPOINT_EVERY);
    if (*text && text[strspn(text, "0123456789")] == '\0')
        return tide_setting_uint(settings, TIDE_RUN_CHECKPOINT_EVERY, 1, INT64_MAX,
                                 &plan->checkpoint_rows);
    if (!tide_setting_duration(settings, TIDE_RUN_CHECKPOINT_EVERY, NULL, 0, &plan->checkpoint_ms))
        return false;
    return plan->checkpoint_ms > 0 ||
           tide_setting_refuse(settings, TIDE_RUN_CHECKPOINT_EVERY,
                               "'%s' is no time between two checkpoints", text);
}

/* A process function may know that its state cannot be saved. */
static bool check_plugin(const struct tide_plan *plan, const struct tide_settings *settings)
{
    char reason[TIDEMARK_ERROR_BYTES];
    if (!plan->plugin || !plan->plugin->function->no_checkpoints) return true;
    snprintf(reason, sizeof reason, "%s", plan->plugin->function->no_checkpoints);
    for (char *at = reason; *at; at++)
        if ((unsigned char)*at < ' ' || *at == '\x7f') *at = '?';
    return tide_setting_refuse(settings, TIDE_RUN_CHECKPOINT, "--process %s cannot be saved: %s",
                               plan->plugin->path, reason);
}

bool tide_plan_checkpoint(struct tide_plan *plan, const struct tide_settings *settings)
{
    static const unsigned others[] = {TIDE_RUN_CHECKPOINT_EVERY, TIDE_RUN_RESUME};
    plan->checkpoint_folder = tide_options_text(settings->options, TIDE_RUN_CHECKPOINT);
    plan->is_resuming = tide_options_flag(settings->options, TIDE_RUN_RESUME);
    for (size_t i = 0; i < sizeof others / sizeof others[0] && !plan->checkpoint_folder; i++)
        if (tide_options_given(settings->options, others[i]))
            return tide_setting_refuse(settings, others[i],
                                       "without --checkpoint there is nothing to do it with; add "
                                       "--checkpoint DIR");
    if (plan->checkpoint_folder && *plan->checkpoint_folder == '\0')
        return tide_setting_refuse(settings, TIDE_RUN_CHECKPOINT, "the folder's name is empty");
    if (!plan->checkpoint_folder) return true;
    return check_plugin(plan, settings) && set_interval(plan, settings);
}
