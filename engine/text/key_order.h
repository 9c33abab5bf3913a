/*
 * key_order: the order of keys by their bytes.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   none of its own.
 */
#ifndef TIDE_TEXT_KEY_ORDER_H
#define TIDE_TEXT_KEY_ORDER_H

#include <string.h>

/* Below, at or above 0 as a comes before b, is b or comes behind it: unsigned bytes from the left,
 * and a beginning before what it begins. */
static inline int tide_key_order(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    int order = memcmp(a, b, a_bytes < b_bytes ? a_bytes : b_bytes);
    if (order != 0) return order;
    return (a_bytes > b_bytes) - (a_bytes < b_bytes);
}

#endif
