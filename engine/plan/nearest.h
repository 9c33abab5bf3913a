/*
 * nearest: of the names there are, the one a mistyped word was probably meant to be.
 * Owns:     nothing; word and names are borrowed.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   none: a word that resembles nothing has no nearest name.
 * Limits:   words and names beyond TIDE_NEAREST_BYTES_MAX bytes are near to nothing.
 */
#ifndef TIDE_PLAN_NEAREST_H
#define TIDE_PLAN_NEAREST_H

#include <stddef.h>

enum { TIDE_NEAREST_BYTES_MAX = 63 };

struct tide_nearest {
    const char *name; /* the best so far, NULL = none is near enough; of equals the first offered */
    unsigned distance;
    const char *word;
    size_t word_bytes;
};

/* Starts a search for the first `bytes` bytes of word. */
void tide_nearest_init(struct tide_nearest *nearest, const char *word, size_t bytes);

/* Offers one more name. Near enough is: a few edits (insert, delete, replace, swap neighbours; case
 * does not count; one to a third of the word's length), or a name that begins with the word. */
void tide_nearest_offer(struct tide_nearest *nearest, const char *name);

#endif
