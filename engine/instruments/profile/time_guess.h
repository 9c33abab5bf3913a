/*
 * time_guess: which --time-format might read a text.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   none: no guess is an answer.
 * Limits:   formats of at most TIDE_TIME_GUESS_BYTES - 1 bytes, TIDE_TIME_GUESSES_MAX for a text.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_TIME_GUESS_H
#define TIDE_INSTRUMENTS_PROFILE_TIME_GUESS_H

#include <stddef.h>

enum { TIDE_TIME_GUESS_BYTES = 64, TIDE_TIME_GUESSES_MAX = 4 };

struct tide_time_guesses {
    unsigned count;
    char formats[TIDE_TIME_GUESSES_MAX][TIDE_TIME_GUESS_BYTES];
};

/* Formats other than auto whose shape the text has, the likeliest first; whether one reads the text
 * is for tide_time_parse to say. Where day and month cannot be told by their shape, both orders are
 * given, the day first. text: without blanks around. */
void tide_time_guess(struct tide_time_guesses *guesses, const char *text, size_t bytes);

#endif
