/*
 * classify: the careful reading of one record: what it is, or why it is refused. The definition of
 *           what the scanner's quick path may only anticipate.
 * Owns:     scratch space for unquoted fields and joined keys.
 * Threads:  one: the parser's.
 * Blocks:   never; allocates when a record is longer than any before.
 * Errors:   bad data is an answer, not an error; classify returns TIDE_CLASS_NO_MEMORY without
 *           memory.
 * Limits:   none of its own.
 */
#ifndef TIDE_STAGES_CLASSIFY_H
#define TIDE_STAGES_CLASSIFY_H

#include "engine/stages/columns.h"

/* FUTURE is not for classify to say: it takes the rows before this one. */
enum tide_class {
    TIDE_CLASS_GOOD,
    TIDE_CLASS_MISSING,
    TIDE_CLASS_MALFORMED,
    TIDE_CLASS_FUTURE,
    TIDE_CLASS_NO_MEMORY,
};

struct tide_classified {
    enum tide_class class;
    const char *reason; /* as --rejects prints it; NULL when good */
    const char *key;    /* borrowed until the next call; several parts have a NUL byte between */
    size_t key_bytes;
    int64_t time_ms;
    tide_int128 amount;
};

struct tide_classifier {
    const struct tide_plan *plan;
    const struct tide_columns *columns;
    char *scratch;
    size_t scratch_bytes;
};

void tide_classifier_init(struct tide_classifier *classifier, const struct tide_plan *plan,
                          const struct tide_columns *columns);
void tide_classifier_fini(struct tide_classifier *classifier); /* a zeroed one is fine */

/* Room for `bytes` bytes, valid until the next call of either function. NULL without memory. */
char *tide_classifier_scratch(struct tide_classifier *classifier, size_t bytes);

/* Reads record i of the chunk. Of several reasons it gives the first in the order the contract with
 * users lists. */
struct tide_classified tide_classify(struct tide_classifier *classifier,
                                     const struct tide_chunk *chunk, unsigned i);

#endif
