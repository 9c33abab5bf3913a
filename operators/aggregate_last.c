#include "operators/aggregates.h"

static void fold(void *const states[], const tide_int128 values[], const uint8_t fresh[],
                 size_t count)
{
    (void)fresh;
    for (size_t i = 0; i < count; i++) *(tide_int128 *)states[i] = values[i];
}

static struct tide_value value(const struct tide_entry *entry, const void *state, unsigned scale)
{
    (void)entry;
    return (struct tide_value){.units = *(const tide_int128 *)state, .scale = (uint8_t)scale};
}

const struct tide_aggregate tide_aggregate_last = {
    .name = "last",
    .summary = "amount of the last row to arrive",
    .unit = TIDE_UNIT_AMOUNT,
    .state_bytes = sizeof(tide_int128),
    .fold = fold,
    .value = value,
};
