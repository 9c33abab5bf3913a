#include "operators/aggregates.h"

static void fold(void *const states[], const tide_int128 values[], const uint8_t fresh[],
                 const uint64_t row_numbers[], size_t count)
{
    (void)row_numbers;
    for (size_t i = 0; i < count; i++) {
        tide_int128 *least = states[i];
        if (fresh[i] || values[i] < *least) *least = values[i];
    }
}

static void merge(void *into, const struct tide_entry *into_entry, const void *from,
                  const struct tide_entry *from_entry)
{
    (void)into_entry;
    (void)from_entry;
    tide_int128 *least = into, other = *(const tide_int128 *)from;
    if (other < *least) *least = other;
}

static bool check(const struct tide_entry *entry, const void *state)
{
    (void)entry;
    return tide_decimal_is_amount(*(const tide_int128 *)state);
}

static struct tide_value value(const struct tide_entry *entry, const void *state, unsigned scale)
{
    (void)entry;
    return (struct tide_value){.units = *(const tide_int128 *)state, .scale = (uint8_t)scale};
}

const struct tide_aggregate tide_aggregate_min = {
    .name = "min",
    .summary = "least amount",
    .unit = TIDE_UNIT_AMOUNT,
    .state_bytes = sizeof(tide_int128),
    .fold = fold,
    .merge = merge,
    .check = check,
    .value = value,
};
