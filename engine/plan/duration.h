/*
 * duration: spans of time as options write them, read and written: 10s, 250ms, 5min, 0.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   exit 2 with the text and the forms there are.
 * Limits:   0 .. 2^62 ms.
 */
#ifndef TIDE_PLAN_DURATION_H
#define TIDE_PLAN_DURATION_H

#include "engine/base/error.h"

#include <stdint.h>

/* Reads exactly `bytes` bytes: a whole number and one of ms, s, m, min, h, d, nothing between; or a
 * bare 0. */
TIDE_MUST_USE bool tide_duration_parse(const char *text, size_t bytes, int64_t *duration_ms,
                                       struct tide_error *error);

enum { TIDE_DURATION_TEXT_BYTES = 24 };

/* Writes a duration (not negative) in the largest unit that gives a whole number, NUL-terminated:
 * what tide_duration_parse reads as the same. `out` has room for TIDE_DURATION_TEXT_BYTES. */
void tide_duration_text(char *out, int64_t duration_ms);

#endif
