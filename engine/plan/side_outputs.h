/*
 * side_outputs: --side-output: files of their own for the alerts of single rules.
 * Owns:     the names it copies into the plan, until the plan's fini.
 * Threads:  any, before the stages start; route also for a rule set that is not in force yet.
 * Blocks:   never.
 * Errors:   exit 2 for a text that is no NAME=FILE, a name nothing has or that was routed before.
 * Limits:   TIDE_SIDE_OUTPUT_MAX of them.
 */
#ifndef TIDE_PLAN_SIDE_OUTPUTS_H
#define TIDE_PLAN_SIDE_OUTPUTS_H

#include "engine/plan/plan.h"
#include "engine/plan/setting.h"

#define TIDE_INACTIVE_NAME "inactive" /* the rule that --inactive stands for */

/* Sets the plan's side outputs, and where its rules' alerts go. The rules are built by then. */
TIDE_MUST_USE bool tide_side_outputs_set(struct tide_plan *plan,
                                         const struct tide_settings *settings);

/* Where the alerts of each rule of this set go: those without a side output of their name to
 * --alerts. */
void tide_side_outputs_route(const struct tide_plan *plan, struct tide_rule_set *rules);

/* The channel of what has this name: a side output's, or that of --alerts. */
enum tide_channel tide_side_output_channel(const struct tide_plan *plan, const char *name);

#endif
