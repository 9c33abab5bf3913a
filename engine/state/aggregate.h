/*
 * aggregate: what an aggregate operator is: state beside each window entry, a fold, and an exact
 *           value.
 * Owns:     nothing; the pane owns entries and states.
 * Threads:  all calls for one entry come from the worker that owns the key.
 * Blocks:   never; allocates nothing (mean and stddev beyond 128 bits use GMP on the calling
 *           thread).
 * Errors:   none: a value that SQL calls NULL is .null.
 * Limits:   TIDE_AGGREGATE_COUNT_MAX operators in a registry; state_bytes is a multiple of 16.
 */
#ifndef TIDE_STATE_AGGREGATE_H
#define TIDE_STATE_AGGREGATE_H

#include "engine/text/decimal.h"

enum { TIDE_AGGREGATE_COUNT_MAX = 16, TIDE_AGGREGATE_MEAN_DECIMALS = 6 };

/* What every window keeps of a key, one cache line: 64 bytes. */
struct tide_entry {
    uint64_t key[2]; /* <= 16 bytes, zero padded; or key[0] = address of the bytes, key[1] = their
                        hash */
    tide_int128 sum; /* of the values, at the plan's scale */
    int64_t first_time_ms; /* event time of the first row to arrive */
    uint64_t first_row;    /* its number in the input, from 0 */
    uint64_t count;        /* rows folded, at least 1 */
    uint32_t key_bytes;
    uint32_t mark; /* for whoever keeps the windows; 0 at first */
};

/* An exact number units / 10^scale, or NULL. */
struct tide_value {
    tide_int128 units;
    uint8_t scale;
    bool null;
};

enum tide_aggregate_unit {
    TIDE_UNIT_AMOUNT, /* at the plan's scale */
    TIDE_UNIT_COUNT,  /* scale 0 */
    TIDE_UNIT_MEAN,   /* rounded half-even to TIDE_AGGREGATE_MEAN_DECIMALS, which is its scale */
};

/* Where an aggregate's value can be read without a call. */
enum tide_aggregate_field { TIDE_FIELD_NONE, TIDE_FIELD_SUM, TIDE_FIELD_COUNT };

struct tide_aggregate {
    const char *name;    /* as in --aggregate and in rules, lower case */
    const char *summary; /* one line for the docs and --help */
    enum tide_aggregate_unit unit;
    enum tide_aggregate_field field; /* the entry's, if the value is one */
    uint32_t state_bytes;            /* beyond struct tide_entry, 0 for most */

    /* Folds `count` rows, in input order: states[i] is the state of the entry that values[i] goes
     * to (several may be the same entry), and fresh[i] is 1 when that row is the entry's first,
     * whose state then holds garbage. row_numbers: of the rows in the input, or NULL where states
     * are never merged. NULL when state_bytes is 0. */
    void (*fold)(void *const states[], const tide_int128 values[], const uint8_t fresh[],
                 const uint64_t row_numbers[], size_t count);

    /* Makes `into` the state of two parts of a window's rows together. The entries are those of the
     * parts as they were folded, not merged yet. NULL when state_bytes is 0. */
    void (*merge)(void *into, const struct tide_entry *into_entry, const void *from,
                  const struct tide_entry *from_entry);

    /* Could this be the state of an entry, whose sum and count are possible? For what has been read
     * from a checkpoint: value, fold and merge rely on it. NULL when state_bytes is 0. */
    bool (*check)(const struct tide_entry *entry, const void *state);

    /* The value of an entry now. state: as above, NULL when state_bytes is 0. scale: the plan's
     * --decimals. */
    struct tide_value (*value)(const struct tide_entry *entry, const void *state, unsigned scale);
};

#endif
