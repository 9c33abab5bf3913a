/*
 * sample: the first records of an input, field by field, for guessing what is in which column.
 * Owns:     the fields' texts.
 * Threads:  one.
 * Blocks:   never; allocates in init.
 * Errors:   init: out of memory.
 * Limits:   TIDE_SAMPLE_ROWS records, TIDE_SAMPLE_COLUMNS columns; what is beyond is not seen.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_SAMPLE_H
#define TIDE_INSTRUMENTS_PROFILE_SAMPLE_H

#include "engine/base/error.h"

#include <stdint.h>

enum { TIDE_SAMPLE_BYTES = 256 << 10, TIDE_SAMPLE_ROWS = 1000, TIDE_SAMPLE_COLUMNS = 128 };

struct tide_sample_field {
    const char *text; /* unquoted, without blanks around */
    size_t bytes;
};

struct tide_sample {
    uint32_t row_count, column_count; /* columns: of the first record */
    struct tide_sample_field *fields; /* row x column; a field a record lacks is empty */
    char *memory;
};

/* Reads complete records off the front of a file's bytes; its last record may be cut. */
TIDE_MUST_USE bool tide_sample_init(struct tide_sample *sample, const char *bytes, size_t count,
                                    char delimiter, struct tide_error *error);
void tide_sample_fini(struct tide_sample *sample); /* a zeroed one is fine */

static inline const struct tide_sample_field *tide_sample_field(const struct tide_sample *sample,
                                                                uint32_t row, uint32_t column)
{
    return &sample->fields[(size_t)row * sample->column_count + column];
}

#endif
