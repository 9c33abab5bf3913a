/*
 * registry: the visible lists of operators a build offers; the engine knows them only through these
 *           tables.
 * Owns:     nothing; all tables are const.
 * Threads:  read-only.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   lists end with NULL; at most TIDE_AGGREGATE_COUNT_MAX aggregates, the first five being
 *           sum, count, min, max, mean.
 */
#ifndef TIDE_PLAN_REGISTRY_H
#define TIDE_PLAN_REGISTRY_H

#include "engine/flow/source.h"
#include "engine/state/aggregate.h"
#include "engine/state/window.h"

struct tide_format;

struct tide_registry {
    const struct tide_source *const *sources; /* tried in order; the last one takes anything */
    const struct tide_window *const *windows;
    const struct tide_aggregate *const *aggregates;
    const struct tide_format *const *formats;
};

#endif
