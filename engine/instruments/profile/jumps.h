/*
 * jumps: the rows that moved the greatest event time furthest ahead, and what came in between
 *        later.
 * Owns:     its list.
 * Threads:  one.
 * Blocks:   never; allocates nothing.
 * Errors:   none.
 * Limits:   the TIDE_JUMPS_MAX longest are kept; of equal ones the first.
 *
 * A jump into whose span no other row falls is a silence of event time. One into whose span many
 * fall was a row dated ahead of its time.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_JUMPS_H
#define TIDE_INSTRUMENTS_PROFILE_JUMPS_H

#include <stdbool.h>
#include <stdint.h>

enum { TIDE_JUMPS_MAX = 32 };

struct tide_jump {
    int64_t from_ms, to_ms;
    uint64_t rows_inside; /* with a time between the two, behind this row */
    uint64_t line;        /* of the row that jumped */
    unsigned file;
};

struct tide_jumps {
    unsigned count;
    int64_t ahead_least_ms;                 /* of a full list: what a longer jump pushes out */
    struct tide_jump jumps[TIDE_JUMPS_MAX]; /* in order of arrival, so also of event time */
};

/* Would a jump of this length be kept? */
static inline bool tide_jumps_wants(const struct tide_jumps *jumps, int64_t ahead_ms)
{
    return ahead_ms > jumps->ahead_least_ms;
}

/* A zeroed struct is empty. The jump must be wanted, and come in order. */
void tide_jumps_add(struct tide_jumps *jumps, const struct tide_jump *jump);

/* A row that did not move the greatest time. */
void tide_jumps_add_old(struct tide_jumps *jumps, int64_t time_ms);

/* The place of the jump of this rank by length, 0 the longest; only silent ones (no row inside), or
 * only others. TIDE_JUMPS_MAX: there is none. */
unsigned tide_jumps_ranked(const struct tide_jumps *jumps, bool silent, unsigned rank);

#endif
