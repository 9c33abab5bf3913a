#include "engine/instruments/profile/jumps.h"

#include <string.h>

/* Times lie within 2^62 of the epoch on both sides: as unsigned numbers, spans are exact. */
static uint64_t length(const struct tide_jump *jump)
{
    return (uint64_t)jump->to_ms - (uint64_t)jump->from_ms;
}

static unsigned shortest(const struct tide_jumps *jumps)
{
    unsigned least = jumps->count - 1; /* of equal ones the last goes */
    for (unsigned i = jumps->count; i > 0; i--)
        if (length(&jumps->jumps[i - 1]) < length(&jumps->jumps[least])) least = i - 1;
    return least;
}

void tide_jumps_add(struct tide_jumps *jumps, const struct tide_jump *jump)
{
    if (jumps->count == TIDE_JUMPS_MAX) {
        unsigned out = shortest(jumps);
        memmove(&jumps->jumps[out], &jumps->jumps[out + 1],
                (TIDE_JUMPS_MAX - 1 - out) * sizeof *jump);
        jumps->count--;
    }
    jumps->jumps[jumps->count++] = *jump;
    if (jumps->count < TIDE_JUMPS_MAX) return;
    uint64_t least = length(&jumps->jumps[shortest(jumps)]);
    jumps->ahead_least_ms = least > INT64_MAX ? INT64_MAX : (int64_t)least;
}

void tide_jumps_add_old(struct tide_jumps *jumps, int64_t time_ms)
{
    unsigned low = 0, high = jumps->count; /* the first jump that ends behind the time */
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (jumps->jumps[middle].to_ms <= time_ms) low = middle + 1;
        else high = middle;
    }
    if (low < jumps->count && jumps->jumps[low].from_ms < time_ms) jumps->jumps[low].rows_inside++;
}

unsigned tide_jumps_ranked(const struct tide_jumps *jumps, bool silent, unsigned rank)
{
    for (unsigned i = 0; i < jumps->count; i++) {
        const struct tide_jump *jump = &jumps->jumps[i];
        if ((jump->rows_inside == 0) != silent) continue;
        unsigned longer = 0;
        for (unsigned j = 0; j < jumps->count; j++) {
            const struct tide_jump *other = &jumps->jumps[j];
            if ((other->rows_inside == 0) != silent) continue;
            longer += length(other) > length(jump) || (length(other) == length(jump) && j < i);
        }
        if (longer == rank) return i;
    }
    return TIDE_JUMPS_MAX;
}
