/*
 * crew: all workers of a run, for the state of a checkpoint that is shared out among them anew.
 * Owns:     nothing.
 * Threads:  the main thread's, before the workers run.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   as plan.h.
 */
#ifndef TIDE_STAGES_CREW_H
#define TIDE_STAGES_CREW_H

#include "engine/stages/worker.h"

struct tide_crew {
    struct tide_worker *workers[TIDE_PARALLELISM_MAX];
    unsigned count;
};

/* The one that owns the keys of this hash now. */
static inline struct tide_worker *tide_crew_owner(const struct tide_crew *crew, uint64_t hash)
{
    return crew->workers[tide_hash_route(hash, crew->count)];
}

/* The workers' seed is the same. */
static inline const struct tide_hash_seed *tide_crew_seed(const struct tide_crew *crew)
{
    return &crew->workers[0]->seed;
}

#endif
