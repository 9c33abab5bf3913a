/*
 * parcel: rows of one of several inputs on their way to the parser, in the order of that input.
 * Owns:     its rows, side bytes and places.
 * Threads:  one owner at a time: the partition's stage, a ring, or the parser.
 * Blocks:   never; allocates in init, when rows need more side room than any before, and when more
 *           rows than ever before have their place noted.
 * Errors:   init and add_place return false without memory.
 * Limits:   as batch.h.
 *
 * Every record of the input is a row here, refused ones too, for each of them counts in the order
 * of the rows.
 */
#ifndef TIDE_FLOW_PARCEL_H
#define TIDE_FLOW_PARCEL_H

#include "engine/flow/batch.h"
#include "engine/flow/place.h"

/* A row's mark is the worker that owns its key, and in the high bits how to read the row. */
#define TIDE_PARCEL_LONG_KEY    (1u << 31) /* key[0] = offset in side << 32 | bytes */
#define TIDE_PARCEL_WIDE_AMOUNT (1u << 30) /* amount = offset in side of a tide_int128 */
#define TIDE_PARCEL_REFUSED     (1u << 29) /* it is no row; its place says why */
#define TIDE_PARCEL_PLACED      (1u << 28) /* its place is noted */
#define TIDE_PARCEL_WORKER      (TIDE_PARCEL_PLACED - 1)

/* Where a row comes from: for refused ones, and for those that may turn out to be late. */
struct tide_parcel_place {
    uint32_t at;        /* the row's index */
    uint32_t class;     /* of a refused row, as the stages name classes */
    const char *reason; /* of a refused row; a constant */
    uint64_t line, byte;
    uint32_t record_offset, record_bytes; /* raw, in side */
};

struct tide_parcel {
    struct tide_batch batch;          /* rows, marks, side; TIDE_BATCH_END: the last of its input */
    struct tide_parcel_place *places; /* in the order of the rows */
    uint32_t place_count, place_capacity;
    struct tide_input_place from; /* of its first row in the input, where checkpoints are taken */
};

/* What init allocates. */
size_t tide_parcel_bytes(uint32_t row_capacity);

TIDE_MUST_USE bool tide_parcel_init(struct tide_parcel *parcel, uint32_t row_capacity);
void tide_parcel_fini(struct tide_parcel *parcel); /* a zeroed one is fine */
void tide_parcel_reset(struct tide_parcel *parcel);

/* Notes where a row comes from. False without memory. */
TIDE_MUST_USE bool tide_parcel_add_place(struct tide_parcel *parcel,
                                         const struct tide_parcel_place *place);

#endif
