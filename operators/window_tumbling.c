#include "operators/aligned.h"
#include "operators/windows.h"

/* Windows side by side are those that slide by their size. */
static bool parse(const char *text, struct tide_window_shape *shape, struct tide_error *error)
{
    if (!tide_aligned_read(&text, "+", "size", &shape->size_ms, error)) return false;
    shape->slide_ms = shape->size_ms;
    return tide_aligned_read_offset(text, shape, error);
}

const struct tide_window tide_window_tumbling = {
    .kind = TIDE_WINDOW_TUMBLING,
    .name = "tumbling",
    .form = "tumbling:SIZE[+OFFSET]",
    .parse = parse,
    .start = tide_aligned_start,
    .next_fire = tide_aligned_next_fire,
    .slice = tide_aligned_slice,
    .count_over = tide_aligned_count_over,
};
