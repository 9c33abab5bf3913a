/*
 * suggestion: the command line that fits what was counted, why, and what it will make of the rows.
 * Owns:     its texts, inline.
 * Threads:  one.
 * Blocks:   never; allocates nothing.
 * Errors:   none.
 * Limits:   TIDE_SUGGESTIONS_MAX options, TIDE_NOTES_MAX notes.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_SUGGESTION_H
#define TIDE_INSTRUMENTS_PROFILE_SUGGESTION_H

#include "engine/instruments/profile/guess.h"
#include "engine/instruments/profile/tally.h"

enum { TIDE_SUGGESTIONS_MAX = 40, TIDE_NOTES_MAX = 8, TIDE_NOTE_BYTES = 320 };

struct tide_suggested {
    const char *name; /* of the option */
    const char *text; /* borrowed; NULL: a flag */
    char reason[TIDE_GUESS_REASON_BYTES];
};

struct tide_suggestion {
    unsigned count;
    struct tide_suggested options[TIDE_SUGGESTIONS_MAX];
    char bound[32], max_future[32], decimals[32]; /* texts of those that were computed */

    unsigned course; /* of tide_lateness: the --max-future suggested */
    bool is_exact;   /* false: no --decimals takes all amounts */
    uint64_t used, late, gap, future, missing, malformed;

    unsigned note_count; /* what else is worth a look */
    char notes[TIDE_NOTES_MAX][TIDE_NOTE_BYTES];
};

/* options: what counted while the tally was made, guesses included; borrowed. */
void tide_suggestion_make(struct tide_suggestion *suggestion, const struct tide_tally *tally,
                          const struct tide_plan *plan, const struct tide_options *options,
                          const struct tide_guesses *guesses);

/* The place among the listed bounds of the least one that drops no row of a course; the count of
 * bounds if none is long enough. */
unsigned tide_suggestion_bound(const struct tide_lateness *lateness,
                               const struct tide_lateness_course *course);

#endif
