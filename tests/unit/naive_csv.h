/* CSV read byte by byte, as the rules say it and as slowly as need be: what the scanners must agree
 * with. */
#ifndef TIDE_TESTS_NAIVE_CSV_H
#define TIDE_TESTS_NAIVE_CSV_H

#include "engine/text/csv.h"

#include <stdbool.h>

#include "chance.h"

enum { NAIVE_BYTES_MAX = 4096 };

struct naive_csv {
    uint32_t separators[NAIVE_BYTES_MAX], row_ends[NAIVE_BYTES_MAX];
    uint32_t separator_count, row_end_count;
    enum tide_csv_state state;
    bool has_quote, has_nul;
    uint64_t line_count;
};

/* cut: where a block ends within the text (0: nowhere). Of CRLF only the LF ends the row, unless a
 * block ends between. */
static inline void naive_read(struct naive_csv *naive, const char *text, uint32_t bytes,
                              uint32_t cut, char delimiter)
{
    char before = '\0';
    naive->separator_count = naive->row_end_count = 0;
    naive->state = TIDE_CSV_START;
    naive->has_quote = naive->has_nul = false;
    naive->line_count = 0;
    for (uint32_t i = 0; i < bytes; before = text[i++]) {
        char byte = text[i];
        bool before_lf = i + 1 < bytes && i + 1 != cut && text[i + 1] == '\n';
        bool ends_row = byte == '\n' || (byte == '\r' && !before_lf);
        if (byte == '"') naive->has_quote = true;
        if (byte == '\0') naive->has_nul = true;
        if (byte == '\r' || (byte == '\n' && before != '\r')) naive->line_count++;
        if (naive->state == TIDE_CSV_QUOTED) {
            if (byte == '"') naive->state = TIDE_CSV_CLOSING;
            continue;
        }
        if (byte == '"' && naive->state != TIDE_CSV_PLAIN) {
            naive->state = TIDE_CSV_QUOTED;
            continue;
        }
        naive->state = byte == delimiter || ends_row ? TIDE_CSV_START : TIDE_CSV_PLAIN;
        if (naive->state == TIDE_CSV_START) naive->separators[naive->separator_count++] = i;
        if (ends_row) naive->row_ends[naive->row_end_count++] = i;
    }
}

/* Bytes that mean something to a reader of CSV, in proportions that differ from text to text. */
static inline uint32_t draw_text(struct chance *chance, char *text, uint32_t bytes_max)
{
    static const char bytes_of_meaning[] = {',', '"', '\n', '\r', '\0', ';'};
    uint32_t bytes = chance_below(chance, bytes_max + 1), odds = 1 + chance_below(chance, 12);
    char rare = bytes_of_meaning[chance_below(chance, 6)]; /* left out, in one text of two */
    bool leaves_out = chance_is(chance, 2);
    for (uint32_t i = 0; i < bytes; i++) {
        text[i] = chance_is(chance, odds) ? bytes_of_meaning[chance_below(chance, 6)] : 'a';
        if (leaves_out && text[i] == rare) text[i] = 'a';
    }
    return bytes;
}

/* Quoted as programs do it: every quote opens, closes or is doubled. */
static inline uint32_t draw_regular_text(struct chance *chance, char *text, uint32_t bytes_max)
{
    static const char *const insides[] = {"a", ",", "\n", "\"\"", "\r\n", ";", "aaaa", "\r"};
    uint32_t bytes = 0;
    while (bytes + 40 < bytes_max && !chance_is(chance, 60)) {
        bool quoted = chance_is(chance, 2);
        if (quoted) text[bytes++] = '"';
        for (uint32_t i = chance_below(chance, 6); i > 0; i--)
            for (const char *p = quoted ? insides[chance_below(chance, 8)] : "a"; *p; p++)
                text[bytes++] = *p;
        if (quoted) text[bytes++] = '"';
        text[bytes++] = chance_is(chance, 3) ? '\n' : ',';
    }
    return bytes;
}

#endif
