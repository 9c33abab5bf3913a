#include "engine/instruments/profile/tally.h"

const int64_t tide_resolutions_ms[] = {86400000, 3600000, 60000, 1000, 1};
const char *const tide_resolution_names[] = {"days", "hours", "minutes", "seconds", "milliseconds"};

bool tide_tally_init(struct tide_tally *tally, const struct tide_plan *plan,
                     struct tide_error *error)
{
    /* Any seed will do: what is reported of it is drawn over many, and the same each time. */
    static const struct tide_hash_seed seed = {
        {UINT64_C(0x243F6A8885A308D3), UINT64_C(0x13198A2E03707344)}};
    *tally = (struct tide_tally){.time_least_ms = INT64_MAX, .time_greatest_ms = INT64_MIN};
    tide_lateness_init(&tally->lateness, plan);
    return tide_key_counts_init(&tally->keys, &seed) || tide_error_memory(error, "the keys");
}

void tide_tally_fini(struct tide_tally *tally)
{
    tide_key_counts_fini(&tally->keys);
}

uint64_t tide_tally_future(const struct tide_tally *tally)
{
    return tide_lateness_course(&tally->lateness, tally->lateness.own)->future;
}

/* Where the plan's own bound stands: init has put it there. */
static unsigned own_bound(const struct tide_lateness *lateness, const struct tide_plan *plan)
{
    unsigned bound = 0;
    if (plan->unbounded) return lateness->bound_count; /* nothing is late */
    while (lateness->bounds_ms[bound] != plan->bound_ms) bound++;
    return bound;
}

uint64_t tide_tally_late(const struct tide_tally *tally, const struct tide_plan *plan)
{
    const struct tide_lateness *lateness = &tally->lateness;
    return tide_lateness_late(tide_lateness_course(lateness, lateness->own), lateness->bound_count,
                              own_bound(lateness, plan));
}

uint64_t tide_tally_gap(const struct tide_tally *tally, const struct tide_plan *plan)
{
    const struct tide_lateness *lateness = &tally->lateness;
    return tide_lateness_gap(tide_lateness_course(lateness, lateness->own), lateness->bound_count,
                             own_bound(lateness, plan));
}

uint64_t tide_tally_used(const struct tide_tally *tally, const struct tide_plan *plan)
{
    return tally->accepted - tide_tally_late(tally, plan) - tide_tally_gap(tally, plan);
}
