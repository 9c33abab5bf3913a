#include "engine/plan/plan_checkpoint.h"

#include "engine/plan/run_options.h"

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
    return !plan->checkpoint_folder || set_interval(plan, settings);
}
