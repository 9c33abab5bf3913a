/*
 * identity: what makes two runs the same run, for a checkpoint that must not be resumed by another.
 * Owns:     nothing; the texts are put into the plan's snapshot.
 * Threads:  the main thread's.
 * Blocks:   never; allocates as the snapshot does.
 * Errors:   build: memory; check: exit 1, naming the option that differs and both its texts.
 * Limits:   none.
 *
 * Texts count as they were given: tumbling:60s is not tumbling:1min. What decides nothing about the
 * outputs' bytes (parallelism, tuning, policies, manners) does not count.
 */
#ifndef TIDE_PLAN_IDENTITY_H
#define TIDE_PLAN_IDENTITY_H

#include "engine/plan/plan.h"
#include "engine/plan/setting.h"

/* A setter of the plan, after all others: fills plan->identity if checkpoints are taken. */
TIDE_MUST_USE bool tide_identity_build(struct tide_plan *plan,
                                       const struct tide_settings *settings);

/* Are these the bytes of the same identity? */
TIDE_MUST_USE bool tide_identity_check(const struct tide_plan *plan, const char *bytes,
                                       size_t count, struct tide_error *error);

#endif
