/*
 * time: timestamps between text and event time in milliseconds since 1970-01-01 UTC.
 * Owns:     nothing: a format borrows pattern and zone, a printer its zone; both must outlive it.
 * Threads:  a format is read-only after init; a printer (it remembers a minute) has one thread.
 * Blocks:   never, but for what a named zone does.
 * Errors:   parse is false for text that is no time of that form; init refuses a pattern (exit 2).
 * Limits:   years 0000 to 9999 in calendar forms; |event time| <= 2^62 ms in epoch forms.
 */
#ifndef TIDE_TEXT_TIME_H
#define TIDE_TEXT_TIME_H

#include "engine/text/zone.h"

enum { TIDE_TIME_TEXT_BYTES = 48 }; /* room a printer needs; its texts are shorter */

enum tide_time_form {
    TIDE_TIME_AUTO,    /* YYYY-MM-DD[( |T)hh:mm:ss[.fraction][Z|+hh:mm|-hh:mm]] */
    TIDE_TIME_EPOCH_S, /* sign, digits, fraction */
    TIDE_TIME_EPOCH_MS,
    TIDE_TIME_EPOCH_US,
    TIDE_TIME_PATTERN, /* as time_pattern.h says */
};

struct tide_time_format {
    enum tide_time_form form;
    const char *pattern;          /* borrowed, TIDE_TIME_PATTERN only */
    const struct tide_zone *zone; /* borrowed: zone of texts that carry none */
};

/* Takes the text of --time-format: auto, epoch-s, epoch-ms, epoch-us, or anything with a % in it.
 */
TIDE_MUST_USE bool tide_time_format_init(struct tide_time_format *format, const char *text,
                                         const struct tide_zone *zone, struct tide_error *error);

/* Reads a whole field; blanks and tabs around it are trimmed. Digits finer than ms are cut towards
 * the past. */
TIDE_MUST_USE bool tide_time_parse(const struct tide_time_format *format, const char *text,
                                   size_t bytes, int64_t *time_ms);

/* The word for an epoch form in whose unit times of this one would lie in this age, from 2001-09-09
 * to 2103-02-03, while in their own they lie weeks after 1970 or millennia ahead. NULL: none, or
 * this is no epoch form. */
const char *tide_time_likelier_form(enum tide_time_form form, int64_t first_ms, int64_t last_ms);

/* Milliseconds since the epoch of midnight UTC of a day in the proleptic Gregorian calendar; false
 * if there is no such day. Algorithm: days from civil (H. Hinnant, "chrono-Compatible Low-Level
 * Date Algorithms"). */
TIDE_MUST_USE bool tide_time_day_ms(unsigned year, unsigned month, unsigned day, int64_t *day_ms);

enum tide_time_style {
    TIDE_TIME_PLAIN, /* YYYY-MM-DD hh:mm:ss[.mmm] in the zone */
    TIDE_TIME_ISO,   /* YYYY-MM-DDThh:mm:ss[.mmm] with Z (offset 0) or +hh:mm */
    TIDE_TIME_STYLE_EPOCH_MS,
};

struct tide_time_printer {
    enum tide_time_style style;
    const struct tide_zone *zone;
    int64_t minute_ms;       /* start of the remembered minute */
    uint64_t minute_span_ms; /* how long its text holds; 0 = none remembered */
    unsigned minute_bytes;
    char minute_text[32]; /* the text up to and with "hh:mm:" */
    unsigned suffix_bytes;
    char suffix[8]; /* "Z" or "+hh:mm" of that minute */
};

void tide_time_printer_init(struct tide_time_printer *printer, enum tide_time_style style,
                            const struct tide_zone *zone);

/* Writes the time without a NUL, returns its bytes. `out` has room for TIDE_TIME_TEXT_BYTES: bytes
 * behind the text may be overwritten. A year outside 0000 to 9999 prints with as many digits as it
 * has, at least four, and below zero a minus sign. ISO has no seconds in an offset: one that has
 * (before standard time) is cut to minutes, and the time is printed for what is left of it. Hot:
 * about 5 ns while times share a minute. */
size_t tide_time_print(struct tide_time_printer *printer, char *out, int64_t time_ms);

#endif
