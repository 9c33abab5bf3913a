#include "engine/plan/rules.h"

#include "engine/base/memory.h"
#include "engine/plan/expression_token.h"

#include <string.h>
#include <strings.h>

static const char default_text[] = "sum > 8000";

/* Bytes of NAME in NAME=EXPR, 0 if the text is an expression only. */
static size_t name_bytes(const char *text, const struct tide_aggregate *const aggregates[])
{
    size_t bytes = tide_token_identifier(text);
    if (!bytes || text[bytes] != '=' || text[bytes + 1] == '=') return 0;
    return tide_token_aggregate(text, bytes, aggregates) < 0 ? bytes : 0;
}

static bool build_rule(struct tide_rule *rule, const char *text,
                       const struct tide_aggregate *const aggregates[], unsigned scale,
                       struct tide_error *error)
{
    size_t bytes = name_bytes(text, aggregates);
    const char *expression = bytes ? text + bytes + 1 : text;
    struct tide_error fault = {.exit = TIDE_EXIT_OK};
    rule->label = bytes ? tide_strndup(text, bytes) : tide_strdup(text);
    rule->is_named = bytes > 0;
    rule->text = tide_strdup(text);
    if (!rule->label || !rule->text) return tide_error_memory(error, "an alert rule");
    rule->expression = tide_expression_parse(expression, aggregates, &fault);
    if (!rule->expression)
        return tide_error_set(error, fault.exit, "alert rule '%.300s': %s", expression, fault.text);
    rule->bounds_aggregate =
        tide_expression_bounds(rule->expression, scale, &rule->lowest, &rule->highest);
    return true;
}

static bool build_set(struct tide_rule_set *rules, const char *const texts[], unsigned text_count,
                      const struct tide_aggregate *const aggregates[], unsigned scale,
                      struct tide_error *error)
{
    if (text_count > TIDE_RULE_COUNT_MAX)
        return tide_error_set(error, TIDE_EXIT_USAGE, "%u alert rules: at most %d are allowed",
                              text_count, TIDE_RULE_COUNT_MAX);
    for (unsigned i = 0; i < text_count; i++) {
        if (strcasecmp(texts[i], "none") == 0)
            return tide_error_set(error, TIDE_EXIT_USAGE,
                                  "'none' means no alert rule: give it alone or leave it out");
        struct tide_rule *rule = &rules->rules[rules->rule_count++];
        if (!build_rule(rule, texts[i], aggregates, scale, error)) return false;
        rules->uses |= tide_expression_uses(rule->expression);
        rules->on_alerts |= 1ull << i;
    }
    return true;
}

struct tide_rule_set *tide_rules_build(const char *const texts[], unsigned text_count,
                                       const struct tide_aggregate *const aggregates[],
                                       unsigned scale, struct tide_error *error)
{
    const char *const default_texts[] = {default_text};
    struct tide_rule_set *rules = tide_alloc_zeroed(1, sizeof *rules);
    if (!rules) {
        tide_error_memory(error, "the alert rules");
        return NULL;
    }
    if (text_count == 1 && strcasecmp(texts[0], "none") == 0) return rules;
    if (text_count == 0) {
        texts = default_texts;
        text_count = 1;
    }
    if (build_set(rules, texts, text_count, aggregates, scale, error)) return rules;
    tide_rules_free(rules);
    return NULL;
}

void tide_rules_free(struct tide_rule_set *rules)
{
    if (!rules) return;
    for (unsigned i = 0; i < rules->rule_count; i++) {
        tide_free(rules->rules[i].label);
        tide_free(rules->rules[i].text);
        tide_expression_free(rules->rules[i].expression);
    }
    tide_free(rules);
}

bool tide_rule_holds(const struct tide_rule *rule, const struct tide_value values[],
                     struct tide_expression_scratch *scratch)
{
    if (rule->bounds_aggregate < 0)
        return tide_expression_evaluate(rule->expression, values, scratch) == TIDE_TRUE;
    const struct tide_value *value = &values[rule->bounds_aggregate];
    return !value->null && value->units >= rule->lowest && value->units <= rule->highest;
}
