/*
 * policy: the ways of waiting that ring and handover compare.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   two busy threads are assumed.
 */
#ifndef TIDE_BENCH_POLICY_H
#define TIDE_BENCH_POLICY_H

#include "engine/flow/waiter.h"

#include <limits.h>

enum policy { POLICY_SPIN, POLICY_YIELD, POLICY_SLEEP, POLICY_OWN, POLICY_COUNT };

/* What it is called; POLICY_OWN is the pipeline's. */
static inline const char *policy_name(enum policy policy)
{
    static const char *const names[] = {"spin", "yield", "sleep", "spin, yield, sleep"};
    return names[policy];
}

static inline struct tide_patience policy_patience(enum policy policy)
{
    switch (policy) {
    case POLICY_SPIN:
        return (struct tide_patience){.spins = UINT_MAX};
    case POLICY_YIELD:
        return (struct tide_patience){.yields = UINT_MAX};
    case POLICY_SLEEP:
        return (struct tide_patience){0};
    default:
        return tide_patience_for(2);
    }
}

#endif
