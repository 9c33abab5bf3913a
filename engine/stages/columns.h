/*
 * columns: where key, time and value stand in a file's records.
 * Owns:     nothing.
 * Threads:  one: the parser's.
 * Blocks:   never; allocates nothing.
 * Errors:   a column that is not in the header: exit 2, with the nearest name there is.
 * Limits:   as plan.h.
 */
#ifndef TIDE_STAGES_COLUMNS_H
#define TIDE_STAGES_COLUMNS_H

#include "engine/plan/plan.h"
#include "engine/stages/records.h"
#include "engine/state/snapshot.h"

struct tide_columns {
    uint32_t keys[TIDE_KEY_COLUMN_COUNT_MAX], time, value; /* from 0 */
    uint32_t needed;                                       /* fields a record must have */
};

/* From a header record, which is chunk's first: names first (blanks around them do not count, of
 * equal names the first), then numbers. scratch: room for the record's bytes. */
TIDE_MUST_USE bool tide_columns_from_header(struct tide_columns *columns,
                                            const struct tide_plan *plan,
                                            const struct tide_chunk *chunk, char *scratch,
                                            const char *file_name, struct tide_error *error);

/* What a header record calls a column: unquoted, without the blanks around. scratch as above. */
const char *tide_columns_name(const struct tide_chunk *chunk, uint32_t column, char *scratch,
                              size_t *bytes);

/* Without a header: by numbers alone, which the plan has checked to be there. */
void tide_columns_from_numbers(struct tide_columns *columns, const struct tide_plan *plan);

/* In a checkpoint and back from it, as snapshot.h. */
void tide_columns_save(const struct tide_columns *columns, unsigned key_count,
                       struct tide_snapshot *snapshot);
TIDE_MUST_USE bool tide_columns_load(struct tide_columns *columns, unsigned key_count,
                                     struct tide_snapshot_reader *reader);

/* Makes the decoder's columns these, for records of field_count fields. */
void tide_columns_teach(const struct tide_columns *columns, uint32_t field_count,
                        struct tide_decoder *decoder);

#endif
