/*
 * shape_text: the texts of gen's shapes, as in zipf:1.2 or 1%:future: words, numbers and shares.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   exit 2; the text begins with --name of the option and says what may stand there.
 * Limits:   numbers of at most 27 digits.
 */
#ifndef TIDE_INSTRUMENTS_GENERATE_SHAPE_TEXT_H
#define TIDE_INSTRUMENTS_GENERATE_SHAPE_TEXT_H

#include "engine/plan/setting.h"

enum { TIDE_SHARE_WHOLE = 100 * 1000000 }; /* shares are counted in millionths of a percent */

/* Which of the words (NULL-terminated) the first `bytes` bytes of text are. `forms` is what the
 * complaint lists, the nearest word aside. */
TIDE_MUST_USE bool tide_shape_word(const struct tide_settings *settings, unsigned id,
                                   const char *text, size_t bytes, const char *const words[],
                                   const char *forms, unsigned *index);

/* A number without sign, least .. most, in units of 10^-scale; `what` names it in the complaint. */
struct tide_shape_number {
    const char *what;
    unsigned scale;
    uint64_t least, most; /* units */
};
TIDE_MUST_USE bool tide_shape_number(const struct tide_settings *settings, unsigned id,
                                     const char *text, size_t bytes,
                                     const struct tide_shape_number *number, uint64_t *units);

/* A percentage, with or without its % sign. */
TIDE_MUST_USE bool tide_shape_share(const struct tide_settings *settings, unsigned id,
                                    const char *text, size_t bytes, uint32_t *share);

#endif
