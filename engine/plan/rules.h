/*
 * rules: the alert rules in force, as one immutable set; a reload makes a new set.
 * Owns:     its rules' texts and expressions.
 * Threads:  read-only after build; shared by all workers under RCU (see stages/rule_board.h).
 * Blocks:   never; allocates in build only.
 * Errors:   build: exit 2 with the expression's text, the column in it and what was expected.
 * Limits:   TIDE_RULE_COUNT_MAX rules.
 */
#ifndef TIDE_PLAN_RULES_H
#define TIDE_PLAN_RULES_H

#include "engine/flow/emission.h"
#include "engine/plan/expression.h"

enum { TIDE_RULE_COUNT_MAX = 64 };

struct tide_rule {
    char *label; /* what the column `rule` shows: NAME, or the expression as typed */
    bool is_named;
    char *text; /* as typed, with its name */
    struct tide_expression *expression;
    int bounds_aggregate;        /* >= 0: lowest <= aggregate <= highest is the whole rule */
    tide_int128 lowest, highest; /* inclusive, in the aggregate's units */
};

struct tide_rule_set {
    unsigned rule_count;
    uint32_t uses; /* bit i: some rule looks at value i (enum tide_value_index) */
    struct tide_rule rules[TIDE_RULE_COUNT_MAX];

    /* Bit i: where the alerts of rules[i] go. build sends all to --alerts; see side_outputs.h. */
    uint64_t on_alerts, on_side[TIDE_SIDE_OUTPUT_MAX];
};

/* Builds a set from the texts of --alert ([NAME=]EXPR). No text at all: the one default rule
 * `sum > 8000`; the single text "none": no rule. NAME= only if an identifier is followed at once by
 * a single '=' and is no aggregate. NULL on error. */
TIDE_MUST_USE struct tide_rule_set *
tide_rules_build(const char *const texts[], unsigned text_count,
                 const struct tide_aggregate *const aggregates[], unsigned scale,
                 struct tide_error *error);
void tide_rules_free(struct tide_rule_set *rules); /* NULL is fine */

/* Does the rule alert on these values (TRUE only)? values[i] belongs to aggregates[i]. */
bool tide_rule_holds(const struct tide_rule *rule, const struct tide_value values[],
                     struct tide_expression_scratch *scratch);

#endif
