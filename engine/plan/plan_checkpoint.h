/*
 * plan_checkpoint: the options of checkpoints.
 * Owns:     nothing.
 * Threads:  the main thread's.
 * Blocks:   never.
 * Errors:   exit 2, by the option's name.
 * Limits:   as setting.h.
 */
#ifndef TIDE_PLAN_PLAN_CHECKPOINT_H
#define TIDE_PLAN_PLAN_CHECKPOINT_H

#include "engine/plan/plan.h"
#include "engine/plan/setting.h"

/* --checkpoint, --checkpoint-every, --resume. */
TIDE_MUST_USE bool tide_plan_checkpoint(struct tide_plan *plan,
                                        const struct tide_settings *settings);

#endif
