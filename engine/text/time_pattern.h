/*
 * time_pattern: times in the form of a strptime-like pattern.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   check refuses a pattern (exit 2); parse is false for text that does not fit it.
 * Limits:   %Y %y %m %d %b %H %I %p %M %S %f %z %j and %%, each part of a time at most once.
 *
 * As Python's strptime reads them: %Y has four digits and %y two (69 to 99 are 1969 to 1999); the
 * other numbers have as many digits as fit, with or without leading zeros; %f is a fraction of any
 * length; names and AM/PM ignore case; %p counts only with %I; a blank stands for one or more
 * blanks or tabs; what the pattern leaves out is 1900-01-01 00:00:00. Unlike it: other bytes must
 * be the very same, and %z is Z, +hh, +hhmm or +hh:mm.
 */
#ifndef TIDE_TEXT_TIME_PATTERN_H
#define TIDE_TEXT_TIME_PATTERN_H

#include "engine/text/zone.h"

TIDE_MUST_USE bool tide_time_pattern_check(const char *pattern, struct tide_error *error);

/* Reads [text, end), which has no blanks around, by a pattern that passed the check. */
TIDE_MUST_USE bool tide_time_pattern_parse(const char *pattern, const struct tide_zone *zone,
                                           const char *text, const char *end, int64_t *time_ms);

#endif
