#include "operators/aligned.h"
#include "operators/windows.h"

static bool parse(const char *text, struct tide_window_shape *shape, struct tide_error *error)
{
    if (!tide_aligned_read(&text, "/", "size", &shape->size_ms, error)) return false;
    if (*text != '/')
        return tide_error_set(error, TIDE_EXIT_USAGE, "there is no slide behind the size");
    text++;
    return tide_aligned_read(&text, "+", "slide", &shape->slide_ms, error) &&
           tide_aligned_read_offset(text, shape, error);
}

const struct tide_window tide_window_sliding = {
    .kind = TIDE_WINDOW_SLIDING,
    .name = "sliding",
    .form = "sliding:SIZE/SLIDE[+OFFSET]",
    .parse = parse,
    .start = tide_aligned_start,
    .next_fire = tide_aligned_next_fire,
    .slice = tide_aligned_slice,
    .count_over = tide_aligned_count_over,
};
