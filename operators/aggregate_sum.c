#include "operators/aggregates.h"

static struct tide_value value(const struct tide_entry *entry, const void *state, unsigned scale)
{
    (void)state;
    return (struct tide_value){.units = entry->sum, .scale = (uint8_t)scale};
}

const struct tide_aggregate tide_aggregate_sum = {
    .name = "sum",
    .summary = "exact total of the amounts",
    .unit = TIDE_UNIT_AMOUNT,
    .field = TIDE_FIELD_SUM,
    .value = value,
};
