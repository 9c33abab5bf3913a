/*
 * na: the texts that stand for a missing value.
 * Owns:     a copy of the list it was given.
 * Threads:  read-only after init.
 * Blocks:   never; allocates in init only.
 * Errors:   init: out of memory, or more than TIDE_NA_COUNT_MAX texts (exit 2).
 * Limits:   TIDE_NA_COUNT_MAX texts; the empty text is always missing.
 */
#ifndef TIDE_TEXT_NA_H
#define TIDE_TEXT_NA_H

#include "engine/base/error.h"

#include <stdint.h>

enum { TIDE_NA_COUNT_MAX = 64 };

struct tide_na {
    char *texts; /* one block, owned; entries point into it */
    unsigned count;
    struct {
        const char *text;
        size_t bytes;
    } entries[TIDE_NA_COUNT_MAX];
    /* Bit n of lengths_by_first[b]: some text that begins with byte b has n bytes; 31 stands for
     * 31 and more. A field for which the bit is clear is present: the only check most need. */
    uint32_t lengths_by_first[256];
};

/* list: comma-separated texts as in --na, taken as they stand, or NULL for pandas' 19. */
TIDE_MUST_USE bool tide_na_init(struct tide_na *na, const char *list, struct tide_error *error);
void tide_na_fini(struct tide_na *na); /* a zeroed one is fine */

/* Is this text missing? Exact case; the caller has trimmed what is to be trimmed. */
bool tide_na_is(const struct tide_na *na, const char *text, size_t bytes);

/* The quick look of the above: false means present for certain. */
static inline bool tide_na_maybe(const struct tide_na *na, unsigned char first, size_t bytes)
{
    return bytes == 0 || (na->lengths_by_first[first] >> (bytes < 31 ? bytes : 31) & 1u);
}

#endif
