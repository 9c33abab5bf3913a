/*
 * csv: where records and fields begin and end in a block of bytes (RFC 4180 and what spreadsheets
 *           write).
 * Owns:     the index owns its two arrays.
 * Threads:  one; the parser's.
 * Blocks:   never; allocates in init only.
 * Errors:   init: out of memory. No text is an error here; an open quote shows in the state.
 * Limits:   blocks of at most TIDE_BLOCK_BYTES_MAX bytes with TIDE_BLOCK_SLACK_BYTES readable on
 *           both sides.
 *
 * LF, CR and CRLF end a row outside quotes. The row end of CRLF is its LF, and the CR before it
 * belongs to the line end: see tide_csv_trim_cr. (Where a block ends between the two, CR ends the
 * row and LF an empty one; empty rows are no records.) A field is quoted only if its first byte is
 * a quote; within, "" is a quote; after the closing quote further text is appended as it stands; a
 * quote inside an unquoted field is literal.
 */
#ifndef TIDE_TEXT_CSV_H
#define TIDE_TEXT_CSV_H

#include "engine/base/error.h"

#include <stdint.h>

enum {
    TIDE_BLOCK_BYTES_MAX = 1 << 30,
    TIDE_BLOCK_SLACK_BYTES = 64,
    TIDE_CSV_STEP_BYTES = 64, /* what the scanner looks at in one step */
};

/* Where a byte stream stands between two bytes. */
enum tide_csv_state {
    TIDE_CSV_START,   /* a field begins here */
    TIDE_CSV_PLAIN,   /* inside an unquoted field, or behind a closing quote */
    TIDE_CSV_QUOTED,  /* inside quotes */
    TIDE_CSV_CLOSING, /* right behind a quote that closes, or is the first of two */
};

/* Offsets into one block, ascending. The scanner appends; the decoder takes from the front. */
struct tide_csv_index {
    uint32_t *separators; /* delimiters and row ends outside quotes; [-1] is the row end before the
                             first row */
    uint32_t *row_ends;
    uint32_t separator_count, row_end_count;
    uint32_t separator_next, row_next; /* not taken yet */
    enum tide_csv_state state;
    bool has_quote, has_nul, has_cr; /* in this block so far */
    bool ends_in_cr;
    uint64_t line_count; /* line ends passed: LF, CR and CRLF count once each, inside quotes too */
    char delimiter;
    void *memory;
};

/* What init allocates. */
size_t tide_csv_index_bytes(size_t block_bytes_max);

TIDE_MUST_USE bool tide_csv_index_init(struct tide_csv_index *index, size_t block_bytes_max,
                                       char delimiter, struct tide_error *error);
void tide_csv_index_fini(struct tide_csv_index *index); /* a zeroed one is fine */

/* Forgets all offsets, for a new block; the state and the line count stay. */
void tide_csv_index_new_block(struct tide_csv_index *index);

/* Makes the state that of the beginning of a file. */
void tide_csv_index_new_file(struct tide_csv_index *index);

/* Moves what has not been taken to the front of the arrays, so that the next slice has room. */
void tide_csv_index_compact(struct tide_csv_index *index);

/* Bytes of a record or of its last field, without the CR of a CRLF; row_end is the record's. */
static inline uint32_t tide_csv_trim_cr(const char *block, uint32_t start, uint32_t row_end)
{
    return row_end - start -
           (row_end > start && block[row_end] == '\n' && block[row_end - 1] == '\r');
}

/* Line ends in a stretch of bytes; before = the byte in front of it (0 at the beginning). */
uint64_t tide_csv_count_lines(char before, const char *text, size_t bytes);

/* The contents of a field: the text itself, or, when its first byte is a quote, unquoted into
 * scratch (room for `bytes`). Returns where the contents are and sets *content_bytes. */
const char *tide_csv_field(const char *text, size_t bytes, char *scratch, size_t *content_bytes);

#endif
