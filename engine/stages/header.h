/*
 * header: the beginning of a file: where its columns are.
 * Owns:     nothing; names that are kept belong to the plan.
 * Threads:  one for each classifier. The key names are written by whoever reads the first file.
 * Blocks:   never; allocates the names of key columns, and scratch.
 * Errors:   a header that is broken (exit 1) or lacks a column (exit 2).
 * Limits:   as plan.h.
 */
#ifndef TIDE_STAGES_HEADER_H
#define TIDE_STAGES_HEADER_H

#include "engine/stages/classify.h"

/* The records of a file without a header follow: its columns are known by number. The columns are
 * those the classifier reads by; the records' decoder learns them too. */
void tide_header_absent(struct tide_records *records, const struct tide_plan *plan,
                        struct tide_columns *columns);

/* The same, from the header, which is the first record of the chunk. */
TIDE_MUST_USE bool tide_header_read(struct tide_records *records,
                                    struct tide_classifier *classifier,
                                    struct tide_columns *columns, struct tide_error *error);

/* The file has ended without a header. Returns false. */
bool tide_header_missing(const struct tide_records *records, const struct tide_plan *plan,
                         struct tide_error *error);

#endif
