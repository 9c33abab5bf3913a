#include "engine/instruments/profile/report.h"

#include <string.h>

void tide_profile_command(const struct tide_profile *profile,
                          void (*put)(void *context, const char *argument), void *context)
{
    const struct tide_suggestion *suggestion = &profile->suggestion;
    const struct tide_plan *plan = tide_profile_plan(profile);
    bool separates = false;
    put(context, "tidemark");
    put(context, "run");
    for (unsigned i = 0; i < suggestion->count; i++) {
        const struct tide_suggested *option = &suggestion->options[i];
        char name[TIDE_GUESS_TEXT_BYTES + 40];
        /* A text that begins with dashes would pass for an option if it stood alone. */
        const bool joins = option->text && strncmp(option->text, "--", 2) == 0;
        snprintf(name, sizeof name, "--%s%s%s", option->name, joins ? "=" : "",
                 joins ? option->text : "");
        put(context, name);
        if (option->text && !joins) put(context, option->text);
    }
    for (unsigned i = 0; i < plan->file_count; i++) {
        const char *file = plan->files[i];
        if (file[0] == '-' && file[1] && !separates) {
            put(context, "--");
            separates = true;
        }
        if (plan->file_count > 1 || strcmp(file, "-") != 0) put(context, file);
    }
}

unsigned tide_profile_draws(const struct tide_profile *profile)
{
    const uint64_t keys = tide_key_counts_keys(&profile->tally.keys), keys_max = 8000000;
    if (keys * TIDE_SKEW_DRAWS_MAX <= keys_max) return TIDE_SKEW_DRAWS_MAX;
    const uint64_t draws = keys_max / keys;
    return draws < 3 ? 3 : (unsigned)draws | 1u; /* odd, so that one is in the middle */
}

const char *tide_profile_window(const struct tide_profile *profile)
{
    return tide_options_text(&profile->final.options, TIDE_RUN_WINDOW);
}
