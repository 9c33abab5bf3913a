/*
 * plan_input: the part of a plan that says how the input is read.
 * Owns:     nothing; what it allocates belongs to the plan.
 * Threads:  any, but for the zone: see engine/text/zone.h.
 * Blocks:   while a zone file is read.
 * Errors:   exit 2 with the option's name.
 * Limits:   TIDE_KEY_COLUMN_COUNT_MAX key columns; see plan.h.
 */
#ifndef TIDE_PLAN_PLAN_INPUT_H
#define TIDE_PLAN_PLAN_INPUT_H

#include "engine/plan/plan.h"
#include "engine/plan/setting.h"

/* Sets what stands under "Input" in struct tide_plan. */
TIDE_MUST_USE bool tide_plan_input(struct tide_plan *plan, const struct tide_settings *settings);

#endif
