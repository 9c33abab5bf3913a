/*
 * wording: numbers, spans, times and foreign texts as the report writes them.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   none; the stream remembers its own.
 * Limits:   texts of TIDE_WORDING_BYTES.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_WORDING_H
#define TIDE_INSTRUMENTS_PROFILE_WORDING_H

#include "engine/text/decimal.h"
#include "engine/text/time.h"

#include <stdio.h>

enum { TIDE_WORDING_BYTES = 64, TIDE_WORDING_COLUMN = 60 };

struct tide_wording {
    char text[TIDE_WORDING_BYTES];
};

/* 1,234,567 */
struct tide_wording tide_wording_count(uint64_t count);

/* Part of a whole in percent, with as many decimals as it takes to see that it is neither none nor
 * all: 12.3 %, 0.0004 %, 100 %. */
struct tide_wording tide_wording_share(uint64_t part, uint64_t whole);

/* A span for people, at most two units: 3 h 20 min, 1.5 s, 4.1 years. */
struct tide_wording tide_wording_span(uint64_t span_ms);

/* YYYY-MM-DD hh:mm:ss[.mmm] in the zone. */
struct tide_wording tide_wording_time(const struct tide_zone *zone, int64_t time_ms);

/* 12.3 MB */
struct tide_wording tide_wording_bytes(uint64_t bytes);

/* Bytes of an input on one line: control bytes, line ends and what is no UTF-8 as \xXX, at most
 * bytes_max of them and then "...". Returns the columns it took (a UTF-8 sequence counts as one).
 */
size_t tide_wording_put(FILE *out, const char *text, size_t bytes, size_t bytes_max);

#endif
