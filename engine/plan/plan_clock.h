/*
 * plan_clock: the part of a plan that says what windows run on, and what becomes of input that
 *           pauses.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never.
 * Errors:   exit 2 with the option's name.
 * Limits:   TIDE_CLOCK_RATE_MAX rows a second.
 */
#ifndef TIDE_PLAN_PLAN_CLOCK_H
#define TIDE_PLAN_PLAN_CLOCK_H

#include "engine/plan/plan.h"
#include "engine/plan/setting.h"

/* Sets --clock, --follow and --idle-timeout. Event time must be set. */
TIDE_MUST_USE bool tide_plan_clock(struct tide_plan *plan, const struct tide_settings *settings);

/* For commands that run the same more than once: refuses the wall clock. */
TIDE_MUST_USE bool tide_plan_check_repeatable(const struct tide_settings *settings);

#endif
