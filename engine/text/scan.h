/*
 * scan: the loops that see every byte: the record index, the decoder of plain rows, the checksum.
 * Owns:     nothing; a scanner is a const table, the memo belongs to the caller.
 * Threads:  any; a memo belongs to one thread.
 * Blocks:   never; allocates nothing.
 * Errors:   none: a row that is not plain is handed back as TIDE_ROW_OTHER, to be read with care
 *           elsewhere.
 * Limits:   see csv.h for blocks.
 *
 * Built from one source (simd/scan.c) for AVX-512, for AVX2, and in portable C. All give the same
 * rows for the same bytes, apart from which plain rows they leave to the careful path, which gives
 * the same answer for those.
 */
#ifndef TIDE_TEXT_SCAN_H
#define TIDE_TEXT_SCAN_H

#include "engine/text/checksum.h"
#include "engine/text/csv.h"
#include "engine/text/na.h"
#include "engine/text/time.h"

enum {
    TIDE_DECODE_DIGITS_MAX = 16, /* longest number the plain path reads, decimal mark included */
    TIDE_DECODE_NO_MARK = TIDE_DECODE_DIGITS_MAX, /* as a mark's place: there is none */
};

/* A row as it travels to its worker: 32 bytes. */
struct tide_row {
    uint64_t key[2]; /* inline, zero padded; TIDE_ROW_LONG_KEY: [0] = address in the block, [1] =
                        bytes */
    int64_t time_ms;
    int64_t amount; /* at the scale */
};

enum tide_row_kind {
    TIDE_ROW_PLAIN,
    TIDE_ROW_LONG_KEY, /* as plain, with a key of more than 16 bytes */
    TIDE_ROW_OTHER,    /* only its place is known */
};

enum tide_decode_time {
    TIDE_DECODE_CALENDAR,
    TIDE_DECODE_EPOCH_S,
    TIDE_DECODE_EPOCH_MS,
    TIDE_DECODE_EPOCH_US,
    TIDE_DECODE_NO_TIME, /* every row goes the careful way */
};

/* What makes a row plain. */
struct tide_decoder {
    uint32_t field_count; /* of the header: rows with another count are not plain */
    uint32_t key_column, time_column, value_column;
    uint32_t row_bytes_max;
    bool single_key; /* several key columns: no row is plain */
    bool trim;
    bool na_looks_like_value; /* some NA text is a number or a time */
    enum tide_decode_time time;
    bool zone_is_utc;
    char decimal_mark;
    const struct tide_na *na;
    const struct tide_time_format *time_format;
    /* By the place of the decimal mark when the number ends at byte 15: 10^(scale - decimals), and
     * the most digits that may be multiplied by it; 0 and 0 past the scale. */
    uint64_t unit_factors[TIDE_DECODE_DIGITS_MAX + 1];
    uint64_t amount_limits[TIDE_DECODE_DIGITS_MAX + 1];
};

/* The last minute and day seen, as text and as time. */
struct tide_decode_memo {
    char minute_text[16]; /* "YYYY-MM-DD hh:mm" */
    char day_text[16];    /* its first 11 bytes, padded */
    int64_t minute_ms, day_ms;
};

/* Records taken from an index. */
struct tide_taken {
    uint32_t count, first, field_count;
};

struct tide_scanner {
    const char *name;

    /* Appends to the index what lies in block[begin, end), a part of its block_bytes. Each call but
     * the first begins where the last one ended, at a multiple of TIDE_CSV_STEP_BYTES. */
    void (*index)(struct tide_csv_index *index, const char *block, uint32_t block_bytes,
                  uint32_t begin, uint32_t end);

    /* Takes complete records from the index, up to `count` (>= 1), all with the same number of
     * fields; blank lines are passed over. Record i ends its field j at separator taken.first + i *
     * taken.field_count + j. A count of 0 means that the index holds no complete record. */
    struct tide_taken (*decode)(const struct tide_decoder *decoder, struct tide_decode_memo *memo,
                                struct tide_csv_index *index, const char *block,
                                struct tide_row *rows, uint8_t *kinds, uint32_t count);

    tide_checksum_stripes *add_stripes;
};

enum tide_scanner_choice { TIDE_SCANNER_BEST, TIDE_SCANNER_AVX2, TIDE_SCANNER_PORTABLE };

/* The fastest one this processor can run, or one that is no faster than asked for. */
const struct tide_scanner *tide_scanner_select(enum tide_scanner_choice choice);

#endif
