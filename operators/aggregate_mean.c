#include "engine/text/exact.h"
#include "operators/aggregates.h"

static struct tide_value value(const struct tide_entry *entry, const void *state, unsigned scale)
{
    (void)state;
    return (struct tide_value){
        .units = tide_exact_mean(entry->sum, entry->count, scale, TIDE_AGGREGATE_MEAN_DECIMALS),
        .scale = TIDE_AGGREGATE_MEAN_DECIMALS,
    };
}

const struct tide_aggregate tide_aggregate_mean = {
    .name = "mean",
    .summary = "sum / count, rounded half-even to 6 decimals",
    .unit = TIDE_UNIT_MEAN,
    .value = value,
};
