#include "engine/state/row_order.h"

#include <string.h>

enum { ITEMS_FIRST = 64, FEW = 24, DIGITS = 256 };

void tide_row_order_fini(struct tide_row_order *order)
{
    tide_free(order->items);
    tide_free(order->spare);
    *order = (struct tide_row_order){0};
}

bool tide_row_order_grow(struct tide_row_order *order)
{
    uint32_t capacity = order->capacity ? order->capacity * 2 : ITEMS_FIRST;
    struct tide_row_item *items = tide_realloc(order->items, capacity * sizeof *items);
    if (!items) return false;
    order->items = items;
    order->capacity = capacity;
    return true;
}

static void insertion_sort(struct tide_row_item *items, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        const struct tide_row_item item = items[i];
        uint32_t at = i;
        for (; at > 0 && items[at - 1].row > item.row; at--) items[at] = items[at - 1];
        items[at] = item;
    }
}

/* Moves the items into the spare list, by one byte of their rows; then the lists change places. */
static void sort_by_byte(struct tide_row_order *order, uint64_t least, unsigned shift)
{
    uint32_t places[DIGITS] = {0}, place = 0;
    for (uint32_t i = 0; i < order->count; i++)
        places[(order->items[i].row - least) >> shift & (DIGITS - 1)]++;
    for (uint32_t digit = 0; digit < DIGITS; digit++) {
        uint32_t count = places[digit];
        places[digit] = place;
        place += count;
    }
    for (uint32_t i = 0; i < order->count; i++)
        order->spare[places[(order->items[i].row - least) >> shift & (DIGITS - 1)]++] =
            order->items[i];
    struct tide_row_item *sorted = order->spare;
    uint32_t capacity = order->spare_capacity;
    order->spare = order->items;
    order->spare_capacity = order->capacity;
    order->items = sorted;
    order->capacity = capacity;
}

static bool make_spare(struct tide_row_order *order)
{
    if (order->spare_capacity >= order->count) return true;
    struct tide_row_item *spare = tide_alloc(order->capacity * sizeof *spare);
    if (!spare) return false;
    tide_free(order->spare);
    order->spare = spare;
    order->spare_capacity = order->capacity;
    return true;
}

bool tide_row_order_sort(struct tide_row_order *order)
{
    if (order->count <= FEW) {
        insertion_sort(order->items, order->count);
        return true;
    }
    uint64_t least = UINT64_MAX, greatest = 0;
    bool is_sorted = true;
    for (uint32_t i = 0; i < order->count; i++) {
        const uint64_t row = order->items[i].row;
        is_sorted = is_sorted && row >= greatest;
        if (row < least) least = row;
        if (row > greatest) greatest = row;
    }
    if (is_sorted) return true;
    if (!make_spare(order)) return false;
    for (unsigned shift = 0; shift < 64 && (greatest - least) >> shift > 0; shift += 8)
        sort_by_byte(order, least, shift);
    return true;
}
