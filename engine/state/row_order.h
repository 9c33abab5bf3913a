/*
 * row_order: totals that are about to go out, put in the order of their first rows.
 * Owns:     its list, and as much room again to sort in.
 * Threads:  one: the worker's.
 * Blocks:   never; allocates when it holds more than ever before.
 * Errors:   add and sort return false without memory.
 * Limits:   2^32 - 1 items.
 *
 * The rows of a window lie close together, so that few bytes of their numbers differ: a radix sort
 * passes over those only.
 */
#ifndef TIDE_STATE_ROW_ORDER_H
#define TIDE_STATE_ROW_ORDER_H

#include "engine/base/memory.h"

#include <stdbool.h>
#include <stdint.h>

struct tide_row_item {
    uint64_t row;
    uint32_t number; /* whatever the row is the first of */
};

struct tide_row_order {
    struct tide_row_item *items, *spare;
    uint32_t count, capacity, spare_capacity;
};

void tide_row_order_fini(struct tide_row_order *order); /* a zeroed one is empty, and fine */

/* Room for one more, when there is none. */
TIDE_MUST_USE bool tide_row_order_grow(struct tide_row_order *order);

static inline bool tide_row_order_add(struct tide_row_order *order, uint64_t row, uint32_t number)
{
    if (TIDE_UNLIKELY(order->count == order->capacity) && !tide_row_order_grow(order)) return false;
    order->items[order->count++] = (struct tide_row_item){row, number};
    return true;
}

/* Ascending by row. */
TIDE_MUST_USE bool tide_row_order_sort(struct tide_row_order *order);

#endif
