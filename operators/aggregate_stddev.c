#include "engine/text/exact.h"
#include "operators/aggregates.h"

static void fold(void *const states[], const tide_int128 values[], const uint8_t fresh[],
                 const uint64_t row_numbers[], size_t count)
{
    (void)row_numbers;
    for (size_t i = 0; i < count; i++) {
        struct tide_squares *squares = states[i];
        if (fresh[i]) *squares = (struct tide_squares){{0}};
        tide_squares_add(squares, values[i]);
    }
}

static void merge(void *into, const struct tide_entry *into_entry, const void *from,
                  const struct tide_entry *from_entry)
{
    (void)into_entry;
    (void)from_entry;
    tide_squares_merge(into, from);
}

static bool check(const struct tide_entry *entry, const void *state)
{
    return tide_squares_are_of(state, entry->sum, entry->count);
}

static struct tide_value value(const struct tide_entry *entry, const void *state, unsigned scale)
{
    const unsigned decimals = TIDE_AGGREGATE_MEAN_DECIMALS;
    struct tide_value result = {.scale = TIDE_AGGREGATE_MEAN_DECIMALS, .null = entry->count < 2};
    if (!result.null)
        result.units = tide_exact_stddev(entry->sum, state, entry->count, scale, decimals);
    return result;
}

const struct tide_aggregate tide_aggregate_stddev = {
    .name = "stddev",
    .summary = "sample standard deviation, rounded half-even to 6 decimals; empty below two rows",
    .unit = TIDE_UNIT_MEAN,
    .state_bytes = sizeof(struct tide_squares),
    .fold = fold,
    .merge = merge,
    .check = check,
    .value = value,
};
