/*
 * plan_process: the part of a plan that names a process function.
 * Owns:     nothing; the plan owns the plug-in.
 * Threads:  one, while the plan is built.
 * Blocks:   while the library is read.
 * Errors:   exit 1 if it cannot be loaded, 2 for arguments that it does not know.
 * Limits:   as plugin.h.
 */
#ifndef TIDE_PLAN_PLAN_PROCESS_H
#define TIDE_PLAN_PLAN_PROCESS_H

#include "engine/plan/plan.h"
#include "engine/plan/setting.h"

/* --process and --process-arg. */
TIDE_MUST_USE bool tide_plan_process(struct tide_plan *plan, const struct tide_settings *settings);

#endif
