/*
 * shape_fields: the fields of one result in csv or jsonl.
 * Owns:     nothing; results borrow the record and the scratch.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   a record that is no result leaves the result as it was.
 * Limits:   the scratch has room for the record's bytes and one more.
 */
#ifndef TIDE_INSTRUMENTS_COMPARE_SHAPE_FIELDS_H
#define TIDE_INSTRUMENTS_COMPARE_SHAPE_FIELDS_H

#include "engine/instruments/compare/shape.h"

/* How many key columns a header has, and how many columns behind first_time the sum stands (-1:
 * there is none). False: no first_time. */
bool tide_csv_header_read(struct tide_span header, unsigned *key_count, int *sum_column);

/* The key's columns as they are written; the key stays as it was if they are not there. */
void tide_csv_key_find(struct tide_span record, unsigned key_count, struct tide_span *key);
void tide_json_key_find(struct tide_span record, struct tide_span *key);

/* All fields of struct tide_result that are texts. */
void tide_csv_result_read(struct tide_span record, unsigned key_count, int sum_column,
                          char *scratch, struct tide_result *result);
void tide_json_result_read(struct tide_span record, char *scratch, struct tide_result *result);

/* time_ms and value from their texts. */
void tide_result_evaluate(struct tide_result *result, const struct tide_time_format *times);

#endif
