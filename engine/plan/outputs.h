/*
 * outputs: which of the six outputs go where, checked against each other and against the inputs.
 * Owns:     nothing; names are borrowed from the options.
 * Threads:  any.
 * Blocks:   no longer than stat(2).
 * Errors:   exit 2: two outputs to one place, or an output that is also an input.
 * Limits:   none.
 */
#ifndef TIDE_PLAN_OUTPUTS_H
#define TIDE_PLAN_OUTPUTS_H

#include "engine/plan/plan.h"
#include "engine/plan/setting.h"

/* Sets plan->outputs. Files, rules and format of the plan must be set: alerts go to standard output
 * by default only if no other output does and there are alerts to be had. */
TIDE_MUST_USE bool tide_outputs_resolve(struct tide_plan *plan,
                                        const struct tide_settings *settings);

#endif
