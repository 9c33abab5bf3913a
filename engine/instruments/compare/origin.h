/*
 * origin: the rows of the input that made a result: those of its key in its window. With an allowed
 *         lateness a window has several results, each of the rows up to one of them.
 * Owns:     copies of the rows it shows.
 * Threads:  one.
 * Blocks:   while the input is read, from its beginning to its end.
 * Errors:   as a run's: the input cannot be read, lacks a column; memory.
 * Limits:   shows TIDE_ORIGIN_SHOWN rows, counts all.
 */
#ifndef TIDE_INSTRUMENTS_COMPARE_ORIGIN_H
#define TIDE_INSTRUMENTS_COMPARE_ORIGIN_H

#include "engine/instruments/compare/lines.h"
#include "engine/plan/plan.h"

enum { TIDE_ORIGIN_SHOWN = 5 };

struct tide_origin_row {
    unsigned file; /* of the plan's files */
    uint64_t line;
    char *record;
    size_t bytes;
};

struct tide_origin {
    uint64_t count;
    uint64_t refired; /* of these: came when the window had fired already */
    struct tide_origin_row rows[TIDE_ORIGIN_SHOWN];
    unsigned shown;
};

/* What to look for. */
struct tide_origin_question {
    struct tide_span key;     /* parts with a NUL byte between */
    int64_t start_ms, end_ms; /* the window is [start, end); of a count window: the times of its
                                 first and last row */
};

/* Reads the plan's files. Rows that were rejected or late made nothing and do not count. Of a
 * session it tells the key's rows of that time; an earlier session may have had some of them, if it
 * was gone when this one began before its end. */
TIDE_MUST_USE bool tide_origin_find(struct tide_origin *origin, const struct tide_plan *plan,
                                    const struct tide_origin_question *question,
                                    struct tide_error *error);
void tide_origin_fini(struct tide_origin *origin); /* a zeroed one is fine */

#endif
