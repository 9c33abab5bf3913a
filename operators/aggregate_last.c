#include "operators/aggregates.h"

/* The row's number is kept where parts may be merged: then the part with the later row wins. */
struct latest {
    tide_int128 amount;
    uint64_t row_number;
    uint64_t nothing; /* 0: a state is saved with all its bytes */
};

static void fold(void *const states[], const tide_int128 values[], const uint8_t fresh[],
                 const uint64_t row_numbers[], size_t count)
{
    (void)fresh;
    for (size_t i = 0; i < count; i++) {
        struct latest *latest = states[i];
        *latest = (struct latest){values[i], row_numbers ? row_numbers[i] : 0, 0};
    }
}

static void merge(void *into, const struct tide_entry *into_entry, const void *from,
                  const struct tide_entry *from_entry)
{
    (void)into_entry;
    (void)from_entry;
    struct latest *latest = into;
    const struct latest *other = from;
    if (other->row_number > latest->row_number) *latest = *other;
}

static bool check(const struct tide_entry *entry, const void *state)
{
    (void)entry;
    return tide_decimal_is_amount(((const struct latest *)state)->amount);
}

static struct tide_value value(const struct tide_entry *entry, const void *state, unsigned scale)
{
    (void)entry;
    return (struct tide_value){.units = ((const struct latest *)state)->amount,
                               .scale = (uint8_t)scale};
}

const struct tide_aggregate tide_aggregate_last = {
    .name = "last",
    .summary = "amount of the last row to arrive",
    .unit = TIDE_UNIT_AMOUNT,
    .state_bytes = sizeof(struct latest),
    .fold = fold,
    .merge = merge,
    .check = check,
    .value = value,
};
