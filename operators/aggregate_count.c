#include "operators/aggregates.h"

static struct tide_value value(const struct tide_entry *entry, const void *state, unsigned scale)
{
    (void)state;
    (void)scale;
    return (struct tide_value){.units = entry->count};
}

const struct tide_aggregate tide_aggregate_count = {
    .name = "count",
    .summary = "number of rows",
    .unit = TIDE_UNIT_COUNT,
    .field = TIDE_FIELD_COUNT,
    .value = value,
};
