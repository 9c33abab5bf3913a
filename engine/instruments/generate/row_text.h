/*
 * row_text: the bytes of a generated row: digits, quotes, damage, line end.
 * Owns:     nothing.
 * Threads:  a writer (its printer remembers a minute) has one thread.
 * Blocks:   never; allocates nothing.
 * Errors:   none; the caller has room for tide_row_bytes_max.
 * Limits:   keys up to 10^12, amounts up to 10 times TIDE_CENTS_MAX.
 */
#ifndef TIDE_INSTRUMENTS_GENERATE_ROW_TEXT_H
#define TIDE_INSTRUMENTS_GENERATE_ROW_TEXT_H

#include "engine/instruments/generate/damage.h"
#include "engine/instruments/generate/digits.h"
#include "engine/text/time.h"

struct tide_made_row {
    uint64_t key; /* its number: 5 is tx5 */
    int64_t time_ms;
    uint64_t cents;
    enum tide_damage damage;
    uint64_t detail; /* random bits for the damage */
};

struct tide_row_form {
    bool is_quoted; /* quotes around every field, the header's too */
    bool is_crlf;
};

struct tide_row_writer {
    struct tide_row_form form;
    struct tide_time_printer printer; /* plain, UTC */
    struct tide_digits digits;
};

/* `utc` is borrowed. */
void tide_row_writer_init(struct tide_row_writer *writer, struct tide_row_form form,
                          const struct tide_zone *utc);

/* Room for any row; one with a filler only if has_filler. */
size_t tide_row_bytes_max(bool has_filler);

/* Both write one line and return its end. Bytes behind it, up to the room a row needs, may be
 * overwritten. */
char *tide_row_put_header(const struct tide_row_writer *writer, char *out);
char *tide_row_put(struct tide_row_writer *writer, char *out, const struct tide_made_row *row);

/* The fields of a row, without damage, quotes and line end, for other files that name it. */
char *tide_row_put_fields(struct tide_row_writer *writer, char *out,
                          const struct tide_made_row *row);

/* An amount as a row has it. */
char *tide_row_put_amount(const struct tide_row_writer *writer, char *out, uint64_t cents);

#endif
