#include "engine/instruments/compare/reordering.h"

#include "engine/base/memory.h"

#include <string.h>

enum { INSERTION_MAX = 16 };

static uint64_t sort_few(uint32_t *places, uint32_t count)
{
    uint64_t inversions = 0;
    for (uint32_t i = 1; i < count; i++) {
        uint32_t place = places[i], at = i;
        for (; at > 0 && places[at - 1] > place; at--) places[at] = places[at - 1];
        places[at] = place;
        inversions += i - at;
    }
    return inversions;
}

/* How many of the ascending places are at most `limit`. */
static uint32_t count_up_to(const uint32_t *places, uint32_t count, uint32_t limit)
{
    uint32_t low = 0;
    while (low < count) {
        uint32_t middle = low + (count - low) / 2;
        if (places[middle] <= limit) low = middle + 1;
        else count = middle;
    }
    return low;
}

/* Merges places[0, middle) and places[middle, count), both ascending. Every place taken from the
 * right goes past all that are left on the left. */
static uint64_t merge(uint32_t *places, uint32_t middle, uint32_t count, uint32_t *scratch)
{
    uint64_t inversions = 0;
    uint32_t left = 0, right = middle, *out = places;
    memcpy(scratch, places, middle * sizeof *places);
    while (left < middle && right < count) {
        bool from_right = places[right] < scratch[left];
        inversions += from_right ? middle - left : 0;
        *out++ = from_right ? places[right] : scratch[left];
        right += from_right;
        left += !from_right;
    }
    memcpy(out, scratch + left, (middle - left) * sizeof *places);
    return inversions;
}

static uint64_t sort(uint32_t *places, uint32_t count, uint32_t *scratch)
{
    if (count <= INSERTION_MAX) return sort_few(places, count);
    uint32_t middle = count / 2;
    uint64_t inversions =
        sort(places, middle, scratch) + sort(places + middle, count - middle, scratch);
    if (places[middle - 1] <= places[middle]) return inversions;
    /* What is on the left no greater than all of the right stays, and the other way round. */
    uint32_t begin = count_up_to(places, middle, places[middle]);
    uint32_t greatest = places[middle - 1];
    uint32_t end = middle + count_up_to(places + middle, count - middle, greatest - 1);
    return inversions + merge(places + begin, middle - begin, end - begin, scratch);
}

bool tide_reordering_measure(struct tide_reordering *reordering, uint32_t *places, uint32_t count,
                             struct tide_error *error)
{
    *reordering = (struct tide_reordering){.first_moved = count};
    for (uint32_t i = count; i > 0; i--) {
        uint32_t place = places[i - 1], here = i - 1;
        uint32_t moved = place > here ? place - here : here - place;
        reordering->displacement_sum += moved;
        if (moved > reordering->greatest_displacement) reordering->greatest_displacement = moved;
        if (moved > 0) reordering->first_moved = here;
    }
    if (reordering->first_moved < count) {
        uint32_t at = reordering->first_moved;
        reordering->place_of_moved = places[at];
        while (at < count && places[at] != reordering->first_moved) at++;
        reordering->index_of_moved = at;
    }
    if (count < 2) return true;
    uint32_t *scratch = tide_alloc((count / 2) * sizeof *scratch);
    if (!scratch) return tide_error_memory(error, "the order of the results");
    reordering->inversions = sort(places, count, scratch);
    tide_free(scratch);
    return true;
}
