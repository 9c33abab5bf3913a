#include "operators/windows.h"

#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 18 };

static bool parse(const char *text, struct tide_window_shape *shape, struct tide_error *error)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits] || digits > DIGITS_MAX)
        return tide_error_set(
            error, TIDE_EXIT_USAGE,
            "'%s' is no number of rows; write a whole number of at most %d digits", text,
            DIGITS_MAX);
    *shape = (struct tide_window_shape){.row_count = strtoull(text, NULL, 10)};
    if (shape->row_count == 0)
        return tide_error_set(error, TIDE_EXIT_USAGE, "a window must have 1 row or more");
    return true;
}

/* Rows make these windows, and rows let them fire: time means nothing to them. */
static int64_t start(const struct tide_window_shape *shape, int64_t time_ms)
{
    (void)shape;
    return time_ms;
}

static int64_t next_fire(const struct tide_window_shape *shape, int64_t watermark_ms)
{
    (void)shape;
    (void)watermark_ms;
    return INT64_MAX;
}

/* Of one key. */
static uint64_t count_over(const struct tide_window_shape *shape, int64_t span_ms)
{
    (void)shape;
    (void)span_ms;
    return 1;
}

const struct tide_window tide_window_count = {
    .kind = TIDE_WINDOW_COUNT,
    .name = "count",
    .form = "count:N",
    .parse = parse,
    .start = start,
    .next_fire = next_fire,
    .count_over = count_over,
};
