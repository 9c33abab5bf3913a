#include "operators/aggregates.h"

static void fold(void *const states[], const tide_int128 values[], const uint8_t fresh[],
                 const uint64_t row_numbers[], size_t count)
{
    (void)row_numbers;
    for (size_t i = 0; i < count; i++) {
        if (fresh[i]) *(tide_int128 *)states[i] = values[i];
    }
}

static void merge(void *into, const struct tide_entry *into_entry, const void *from,
                  const struct tide_entry *from_entry)
{
    if (from_entry->first_row < into_entry->first_row)
        *(tide_int128 *)into = *(const tide_int128 *)from;
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

const struct tide_aggregate tide_aggregate_first = {
    .name = "first",
    .summary = "amount of the first row to arrive",
    .unit = TIDE_UNIT_AMOUNT,
    .state_bytes = sizeof(tide_int128),
    .fold = fold,
    .merge = merge,
    .check = check,
    .value = value,
};
