#include "engine/plan/duration.h"
#include "operators/windows.h"

#include <string.h>

static bool parse(const char *text, struct tide_window_shape *shape, struct tide_error *error)
{
    *shape = (struct tide_window_shape){0};
    if (!tide_duration_parse(text, strlen(text), &shape->size_ms, error)) return false;
    if (shape->size_ms == 0)
        return tide_error_set(error, TIDE_EXIT_USAGE, "a session's gap must be 1ms or more");
    return true;
}

/* A row alone is a session of one gap from its time on; size_ms is the gap. */
static int64_t start(const struct tide_window_shape *shape, int64_t time_ms)
{
    (void)shape;
    return time_ms;
}

/* A session may end at any time. */
static int64_t next_fire(const struct tide_window_shape *shape, int64_t watermark_ms)
{
    (void)shape;
    return watermark_ms == INT64_MAX ? INT64_MAX : watermark_ms + 1;
}

/* Of one key: each of them is a gap long at least, and no two touch. */
static uint64_t count_over(const struct tide_window_shape *shape, int64_t span_ms)
{
    return (uint64_t)span_ms / ((uint64_t)shape->size_ms + 1) + 1;
}

const struct tide_window tide_window_session = {
    .kind = TIDE_WINDOW_SESSION,
    .name = "session",
    .form = "session:GAP",
    .parse = parse,
    .start = start,
    .next_fire = next_fire,
    .count_over = count_over,
};
