/*
 * setting: typed values out of option texts; a wrong one is refused by its option's name.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   exit 2; the text begins with --name, or with file, line and name of the config file.
 * Limits:   each function names its own.
 */
#ifndef TIDE_PLAN_SETTING_H
#define TIDE_PLAN_SETTING_H

#include "engine/plan/options.h"

#include <stdint.h>

/* Where option `id` of these options is to be read from, and where complaints go. */
struct tide_settings {
    const struct tide_options *options;
    struct tide_error *error;
};

/* Refuses the option with a printf-like reason; returns false. */
bool tide_setting_refuse(const struct tide_settings *settings, unsigned id, const char *format, ...)
    TIDE_PRINTF(3, 4);

/* Passes on what another module had to say about the option's text; returns false. */
bool tide_setting_pass_on(const struct tide_settings *settings, unsigned id,
                          const struct tide_error *cause);

/* A whole number, decimal digits only, least .. most. The words an option knows besides are the
 * caller's to look for first. */
TIDE_MUST_USE bool tide_setting_uint(const struct tide_settings *settings, unsigned id,
                                     uint64_t least, uint64_t most, uint64_t *value);

/* A duration; the word `none` (NULL: there is no such word) gives none_ms. */
TIDE_MUST_USE bool tide_setting_duration(const struct tide_settings *settings, unsigned id,
                                         const char *none, int64_t none_ms, int64_t *duration_ms);

/* A size in bytes, at least 1: decimal digits, then K, M or G for powers of 1024. The word `none`
 * gives none_bytes. */
TIDE_MUST_USE bool tide_setting_size(const struct tide_settings *settings, unsigned id,
                                     const char *none, uint64_t none_bytes, uint64_t *bytes);

/* One of the words, NULL-terminated; gives its index. */
TIDE_MUST_USE bool tide_setting_word(const struct tide_settings *settings, unsigned id,
                                     const char *const words[], unsigned *index);

/* One byte that may separate fields, or the word tab. */
TIDE_MUST_USE bool tide_setting_delimiter(const struct tide_settings *settings, unsigned id,
                                          char *delimiter);

/* A percentage from 0 to 100, digits and at most one point, without its % sign; in millionths of a
 * percent, finer digits are refused. */
TIDE_MUST_USE bool tide_setting_percent(const struct tide_settings *settings, unsigned id,
                                        const char *text, size_t bytes, uint32_t *millionths);

#endif
