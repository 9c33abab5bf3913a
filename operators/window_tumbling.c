#include "engine/plan/duration.h"
#include "operators/windows.h"

#include <string.h>

static bool parse(const char *text, struct tide_window_shape *shape, struct tide_error *error)
{
    size_t size_bytes = strcspn(text, "+");
    int64_t offset_ms = 0;
    if (!tide_duration_parse(text, size_bytes, &shape->size_ms, error)) return false;
    if (shape->size_ms == 0)
        return tide_error_set(error, TIDE_EXIT_USAGE, "a window's size must be 1ms or more");
    const char *offset = text + size_bytes;
    if (*offset == '+' && !tide_duration_parse(offset + 1, strlen(offset + 1), &offset_ms, error))
        return false;
    shape->offset_ms = offset_ms % shape->size_ms;
    return true;
}

/* How far time_ms lies behind the start of its window: time - offset modulo size, the result never
 * below zero. Taken apart so that no step leaves 64 bits. */
static int64_t position(const struct tide_window_shape *shape, int64_t time_ms)
{
    int64_t rest = time_ms % shape->size_ms;
    if (rest < 0) rest += shape->size_ms;
    rest -= shape->offset_ms;
    return rest < 0 ? rest + shape->size_ms : rest;
}

static int64_t start(const struct tide_window_shape *shape, int64_t time_ms)
{
    int64_t behind = position(shape, time_ms);
    return time_ms < INT64_MIN + behind ? INT64_MIN : time_ms - behind;
}

/* A window fires at its end - 1, so the next to fire is the one that holds the next millisecond. */
static int64_t next_fire(const struct tide_window_shape *shape, int64_t watermark_ms)
{
    if (watermark_ms == INT64_MAX) return INT64_MAX;
    int64_t ahead = shape->size_ms - 1 - position(shape, watermark_ms + 1);
    return watermark_ms + 1 > INT64_MAX - ahead ? INT64_MAX : watermark_ms + 1 + ahead;
}

static uint64_t count_over(const struct tide_window_shape *shape, int64_t span_ms)
{
    return (uint64_t)(span_ms / shape->size_ms) + (span_ms % shape->size_ms != 0) + 1;
}

const struct tide_window tide_window_tumbling = {
    .kind = TIDE_WINDOW_TUMBLING,
    .name = "tumbling",
    .form = "tumbling:SIZE[+OFFSET]",
    .parse = parse,
    .start = start,
    .next_fire = next_fire,
    .count_over = count_over,
};
