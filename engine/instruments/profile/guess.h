/*
 * guess: options that were not given and without which the input cannot be read: columns, the form
 *        of times, the delimiter, the decimal mark.
 * Owns:     its texts, inline.
 * Threads:  one.
 * Blocks:   never; allocates while it looks at the sample.
 * Errors:   make: out of memory.
 * Limits:   as sample.h; a column whose name does not fit is named by its number.
 *
 * Only what does not work as it is is guessed: a column that the header has by its default name
 * stays, and so does everything that was given.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_GUESS_H
#define TIDE_INSTRUMENTS_PROFILE_GUESS_H

#include "engine/plan/plan.h"
#include "engine/plan/run_options.h"

enum { TIDE_GUESSES_MAX = 8, TIDE_GUESS_TEXT_BYTES = 128, TIDE_GUESS_REASON_BYTES = 256 };

struct tide_guess {
    enum tide_run_option id;
    char text[TIDE_GUESS_TEXT_BYTES]; /* as given on the command line; a flag's is "true" */
    char reason[TIDE_GUESS_REASON_BYTES];
};

struct tide_guesses {
    unsigned count;
    struct tide_guess items[TIDE_GUESSES_MAX];
};

/* From a file's first bytes. options: what was given; plan: how to read, as far as it is known. */
TIDE_MUST_USE bool tide_guesses_make(struct tide_guesses *guesses,
                                     const struct tide_options *options,
                                     const struct tide_plan *plan, const char *bytes, size_t count,
                                     struct tide_error *error);

/* The guess at an option, or NULL. */
const struct tide_guess *tide_guesses_find(const struct tide_guesses *guesses,
                                           enum tide_run_option id);

#endif
