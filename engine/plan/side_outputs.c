#include "engine/plan/side_outputs.h"

#include "engine/base/memory.h"
#include "engine/plan/nearest.h"
#include "engine/plan/run_options.h"

#include <string.h>

static int find(const struct tide_plan *plan, const char *name)
{
    for (unsigned i = 0; i < plan->side_output_count; i++)
        if (strcmp(plan->side_outputs[i].name, name) == 0) return (int)i;
    return -1;
}

enum tide_channel tide_side_output_channel(const struct tide_plan *plan, const char *name)
{
    int side = find(plan, name);
    return side < 0 ? TIDE_CHANNEL_ALERTS : (enum tide_channel)(TIDE_CHANNEL_SIDE + side);
}

void tide_side_outputs_route(const struct tide_plan *plan, struct tide_rule_set *rules)
{
    rules->on_alerts = 0;
    memset(rules->on_side, 0, sizeof rules->on_side);
    for (unsigned i = 0; i < rules->rule_count; i++) {
        const struct tide_rule *rule = &rules->rules[i];
        int side = rule->is_named ? find(plan, rule->label) : -1;
        if (side < 0) rules->on_alerts |= 1ull << i;
        else rules->on_side[side] |= 1ull << i;
    }
}

/* Does anything have this name? Those that do are offered for a message. */
static bool is_known(const struct tide_plan *plan, const char *name, struct tide_nearest *nearest)
{
    bool known = tide_plan_watches_keys(plan) && strcmp(name, TIDE_INACTIVE_NAME) == 0;
    if (tide_plan_watches_keys(plan)) tide_nearest_offer(nearest, TIDE_INACTIVE_NAME);
    for (unsigned i = 0; plan->plugin && i < plan->plugin->side_output_count; i++) {
        const char *own = plan->plugin->function->side_outputs[i];
        known = known || strcmp(own, name) == 0;
        tide_nearest_offer(nearest, own);
    }
    for (unsigned i = 0; i < plan->rules->rule_count; i++) {
        const struct tide_rule *rule = &plan->rules->rules[i];
        if (!rule->is_named) continue;
        known = known || strcmp(rule->label, name) == 0;
        tide_nearest_offer(nearest, rule->label);
    }
    return known;
}

static bool add(struct tide_plan *plan, const struct tide_settings *settings, const char *text)
{
    const unsigned id = TIDE_RUN_SIDE_OUTPUT;
    size_t bytes = strcspn(text, "=");
    if (bytes == 0 || !text[bytes])
        return tide_setting_refuse(settings, id,
                                   "'%s' is not NAME=FILE, NAME being that of a rule or of a side "
                                   "output of --process",
                                   text);
    char *name = tide_strndup(text, bytes);
    if (!name) return tide_error_memory(settings->error, "the plan");
    bool is_twice = find(plan, name) >= 0;
    struct tide_side_output *side = &plan->side_outputs[plan->side_output_count++];
    *side = (struct tide_side_output){.name = name, .file = text + bytes + 1};
    if (is_twice) return tide_setting_refuse(settings, id, "'%s' has a file already", name);
    struct tide_nearest nearest;
    tide_nearest_init(&nearest, name, bytes);
    if (is_known(plan, name, &nearest)) return true;
    if (strcmp(name, TIDE_INACTIVE_NAME) == 0)
        return tide_setting_refuse(settings, id, "'%s' needs --inactive DUR", name);
    if (nearest.name)
        return tide_setting_refuse(settings, id, "no alert rule is named '%s'; did you mean %s?",
                                   name, nearest.name);
    return tide_setting_refuse(settings, id,
                               "no alert rule is named '%s'; give one its name with --alert "
                               "'%s=EXPR'",
                               name, name);
}

/* A process function's side output holds its lines and no others. */
static bool claim(struct tide_plan *plan, const struct tide_settings *settings,
                  struct tide_side_output *side)
{
    side->is_plain = plan->plugin && tide_plugin_side_output(plan->plugin, side->name) >= 0;
    for (unsigned i = 0; side->is_plain && i < plan->rules->rule_count; i++)
        if (plan->rules->rules[i].is_named && strcmp(plan->rules->rules[i].label, side->name) == 0)
            return tide_setting_refuse(settings, TIDE_RUN_SIDE_OUTPUT,
                                       "'%s' is a rule and a side output of '%s'; give the rule "
                                       "another name",
                                       side->name, plan->plugin->path);
    return true;
}

bool tide_side_outputs_set(struct tide_plan *plan, const struct tide_settings *settings)
{
    const char *texts[TIDE_SIDE_OUTPUT_MAX];
    unsigned count =
        tide_options_texts(settings->options, TIDE_RUN_SIDE_OUTPUT, texts, TIDE_SIDE_OUTPUT_MAX);
    if (count > TIDE_SIDE_OUTPUT_MAX)
        return tide_setting_refuse(settings, TIDE_RUN_SIDE_OUTPUT,
                                   "%u side outputs are more than the %d allowed", count,
                                   TIDE_SIDE_OUTPUT_MAX);
    for (unsigned i = 0; i < count; i++)
        if (!add(plan, settings, texts[i]) || !claim(plan, settings, &plan->side_outputs[i]))
            return false;
    tide_side_outputs_route(plan, (struct tide_rule_set *)plan->rules); /* nobody has it yet */
    return true;
}
