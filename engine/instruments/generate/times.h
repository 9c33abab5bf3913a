/*
 * times: where in event time a generated row lies: --rate, --disorder and how late is late.
 * Owns:     nothing.
 * Threads:  read-only after they are read; a place belongs to one thread.
 * Blocks:   never; allocates nothing.
 * Errors:   exit 2 for a text that is no shape.
 * Limits:   each duration up to 366 days.
 */
#ifndef TIDE_INSTRUMENTS_GENERATE_TIMES_H
#define TIDE_INSTRUMENTS_GENERATE_TIMES_H

#include "engine/instruments/generate/random.h"
#include "engine/plan/setting.h"

static const int64_t tide_first_ms = 1715421600000; /* 2024-05-11 10:00:00 UTC */

struct tide_times {
    uint64_t rate; /* rows a second of event time */
    bool is_exponential;
    int64_t disorder_ms;    /* an ordinary row lies behind its place by 0 .. disorder_ms */
    int64_t late_beyond_ms; /* a late one by more than this */
    int64_t late_by_ms;     /* and at most this much more */
};

/* Reads `DUR`, `uniform:DUR` or `exponential:DUR` from option `id`. */
TIDE_MUST_USE bool tide_disorder_read(struct tide_times *times,
                                      const struct tide_settings *settings, unsigned id);

/* Reads a duration up to 366 days; the word `none` (NULL: there is none) gives none_ms, which may
 * be longer. */
TIDE_MUST_USE bool tide_span_read(const struct tide_settings *settings, unsigned id,
                                  const char *none, int64_t none_ms, int64_t *span_ms);

/* The times of the places, row after row: row i's is tide_first_ms + floor(1000 i / rate). */
struct tide_place {
    int64_t time_ms, step_ms;
    uint64_t remainder, step_remainder, rate; /* of 1000 i / rate */
};

static inline struct tide_place tide_place_first(const struct tide_times *times)
{
    return (struct tide_place){.time_ms = tide_first_ms,
                               .step_ms = (int64_t)(1000 / times->rate),
                               .step_remainder = 1000 % times->rate,
                               .rate = times->rate};
}

static inline void tide_place_next(struct tide_place *place)
{
    place->time_ms += place->step_ms;
    place->remainder += place->step_remainder;
    if (place->remainder < place->rate) return;
    place->remainder -= place->rate;
    place->time_ms++;
}

/* tide_times_behind for exponential. */
int64_t tide_times_behind_exponential(const struct tide_times *times, uint64_t draw);

/* How far an ordinary row lies behind its place, for 64 random bits. */
static inline int64_t tide_times_behind_ms(const struct tide_times *times, uint64_t draw)
{
    if (times->is_exponential) return tide_times_behind_exponential(times, draw);
    return (int64_t)tide_random_below(draw, (uint64_t)times->disorder_ms + 1);
}

/* How far a late row does. */
static inline int64_t tide_times_late_ms(const struct tide_times *times, uint64_t draw)
{
    return times->late_beyond_ms + 1 + (int64_t)(draw % (uint64_t)times->late_by_ms);
}

#endif
