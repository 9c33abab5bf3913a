/*
 * lateness: in one pass, how many rows each --out-of-orderness would drop as late, under each
 *           --max-future.
 * Owns:     its counters.
 * Threads:  one.
 * Blocks:   never; allocates nothing.
 * Errors:   none.
 * Limits:   TIDE_LATENESS_BOUNDS_MAX bounds, TIDE_LATENESS_COURSES_MAX maximal futures.
 *
 * A row is late for bound b when its last window's end - 1 + allowed lateness <= greatest time
 * before it - b - 1, that is when b <= greatest time - end - allowed lateness: one difference a row
 * decides all bounds. A row between windows is late as if one ended with its time. The greatest
 * time does not depend on the bound, but it does on --max-future, so each of those is a course of
 * its own.
 * What a course rejects, any with a smaller limit rejects too, so those that have not rejected
 * anything yet are one and the same and cost nothing. Count windows have no late rows. Of a session
 * only the row's own window is known here, so that a row may turn out not to be late.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_LATENESS_H
#define TIDE_INSTRUMENTS_PROFILE_LATENESS_H

#include "engine/plan/plan.h"

enum { TIDE_LATENESS_BOUNDS_MAX = 24, TIDE_LATENESS_COURSES_MAX = 12 };

/* What event time would do under one --max-future. */
struct tide_lateness_course {
    int64_t max_future_ms; /* INT64_MAX: off */
    int64_t time_max_ms;
    uint64_t accepted, future;
    uint64_t counts[TIDE_LATENESS_BOUNDS_MAX]; /* by the greatest bound for which a row is late */
    uint64_t in_gap;                           /* rows that no window holds, late or not */
    uint64_t gap_counts[TIDE_LATENESS_BOUNDS_MAX]; /* those of counts that are of these */
    int64_t late_for_ms; /* greatest bound for which any row is late; -1 */
};

struct tide_lateness {
    const struct tide_window *window;
    struct tide_window_shape shape;
    int64_t allowed_ms; /* --allowed-lateness */
    /* The times that were asked about last: [start, next), and where their last window ends. */
    int64_t start_ms, next_ms, window_end_ms;
    bool has_gaps, is_in_gap; /* between windows; and is the row that is added now? */
    bool has_time;
    unsigned bound_count;
    int64_t bounds_ms[TIDE_LATENESS_BOUNDS_MAX]; /* ascending */
    unsigned course_count;
    unsigned shared; /* the first ones have rejected nothing: courses[0] stands for all of them */
    unsigned own;    /* the plan's course */
    struct tide_lateness_course courses[TIDE_LATENESS_COURSES_MAX]; /* by falling max_future_ms */
};

/* What the plan's own course made of a row. */
struct tide_lateness_verdict {
    bool is_future;
    int64_t behind_ms; /* the greatest time before it less its own, 0 if that is not above 0 */
    int64_t ahead_ms;  /* its time less the greatest before it, 0 if that is not above 0 */
};

/* The usual bounds and maximal futures, and the plan's own. */
void tide_lateness_init(struct tide_lateness *lateness, const struct tide_plan *plan);

/* Is as much late as is counted? Of sessions, what is counted is late unless it joins an open one.
 */
bool tide_lateness_is_exact(const struct tide_lateness *lateness);

/* A row that can be read, in input order. */
struct tide_lateness_verdict tide_lateness_add(struct tide_lateness *lateness, int64_t time_ms);

/* A course's state now: courses[0] for one that still shares it. */
const struct tide_lateness_course *tide_lateness_course(const struct tide_lateness *lateness,
                                                        unsigned course);

/* Rows that this bound, one of bounds_ms, would leave in no window without being late. */
uint64_t tide_lateness_gap(const struct tide_lateness_course *course, unsigned bound_count,
                           unsigned bound);

/* Rows that this bound would drop as late. */
uint64_t tide_lateness_late(const struct tide_lateness_course *course, unsigned bound_count,
                            unsigned bound);

/* The --max-future of a course as listed, however many rows it has rejected. */
int64_t tide_lateness_max_future_ms(const struct tide_lateness *lateness, unsigned course);

#endif
