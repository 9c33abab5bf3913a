#include "operators/aligned.h"

#include "engine/plan/duration.h"

#include <string.h>

bool tide_aligned_read(const char **text, const char *ends, const char *what, int64_t *span_ms,
                       struct tide_error *error)
{
    size_t bytes = strcspn(*text, ends);
    if (!tide_duration_parse(*text, bytes, span_ms, error)) return false;
    *text += bytes;
    if (*span_ms > 0) return true;
    return tide_error_set(error, TIDE_EXIT_USAGE, "a window's %s must be 1ms or more", what);
}

bool tide_aligned_read_offset(const char *text, struct tide_window_shape *shape,
                              struct tide_error *error)
{
    int64_t offset_ms = 0;
    if (*text == '+' && !tide_duration_parse(text + 1, strlen(text + 1), &offset_ms, error))
        return false;
    shape->offset_ms = offset_ms % shape->slide_ms;
    return true;
}

/* How far time_ms lies behind a place that comes again every slide: time - place modulo slide, the
 * result never below zero. Taken apart so that no step leaves 64 bits. */
static int64_t behind(const struct tide_window_shape *shape, int64_t place_ms, int64_t time_ms)
{
    int64_t rest = time_ms % shape->slide_ms;
    if (rest < 0) rest += shape->slide_ms;
    rest -= place_ms;
    return rest < 0 ? rest + shape->slide_ms : rest;
}

/* Where windows end, as offset_ms is where they start. */
static int64_t ends(const struct tide_window_shape *shape)
{
    return (shape->offset_ms + shape->size_ms % shape->slide_ms) % shape->slide_ms;
}

static int64_t minus(int64_t time_ms, int64_t span_ms)
{
    return time_ms < INT64_MIN + span_ms ? INT64_MIN : time_ms - span_ms;
}

static int64_t plus(int64_t time_ms, int64_t span_ms)
{
    return time_ms > INT64_MAX - span_ms ? INT64_MAX : time_ms + span_ms;
}

int64_t tide_aligned_start(const struct tide_window_shape *shape, int64_t time_ms)
{
    return minus(time_ms, behind(shape, shape->offset_ms, time_ms));
}

/* A window fires at its end - 1, and the next end is the first behind the next millisecond. */
int64_t tide_aligned_next_fire(const struct tide_window_shape *shape, int64_t watermark_ms)
{
    if (watermark_ms == INT64_MAX) return INT64_MAX;
    int64_t next_ms = watermark_ms + 1;
    return plus(next_ms, shape->slide_ms - 1 - behind(shape, ends(shape), next_ms));
}

/* Each slide is cut where windows start and where they end: in two, unless that is the same place.
 * (Paired windows: S. Krishnamurthy, C. Wu and M. Franklin, "On-the-Fly Sharing for Streamed
 * Aggregation", SIGMOD 2006.) */
struct tide_window_bounds tide_aligned_slice(const struct tide_window_shape *shape, int64_t time_ms)
{
    int64_t position = behind(shape, shape->offset_ms, time_ms),
            cut = shape->size_ms % shape->slide_ms, begin = 0, end = shape->slide_ms;
    if (position < cut) end = cut;
    else begin = cut;
    return (struct tide_window_bounds){minus(time_ms, position - begin),
                                       plus(time_ms, end - position)};
}

/* Those that start within a span before the last time and a size before the first. */
uint64_t tide_aligned_count_over(const struct tide_window_shape *shape, int64_t span_ms)
{
    const uint64_t starts_ms = (uint64_t)span_ms + (uint64_t)shape->size_ms,
                   slide_ms = (uint64_t)shape->slide_ms;
    return starts_ms / slide_ms + (starts_ms % slide_ms != 0);
}
