/*
 * window: what a window operator is: which window a time falls in, and when a watermark lets
 *           windows fire.
 * Owns:     nothing; tables are const, the parameters come from the plan.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   parse: exit 2 with the form expected.
 * Limits:   times and results saturate at the ends of 64 bits instead of wrapping.
 */
#ifndef TIDE_STATE_WINDOW_H
#define TIDE_STATE_WINDOW_H

#include "engine/base/error.h"

#include <stdint.h>

/* How windows come about, and so how workers keep them. */
enum tide_window_kind {
    TIDE_WINDOW_TUMBLING, /* side by side, the same for all keys */
    TIDE_WINDOW_SLIDING,  /* the same for all keys, overlapping or with gaps between them */
    TIDE_WINDOW_SESSION,  /* of each key: rows with no pause as long as the gap between them */
    TIDE_WINDOW_COUNT,    /* of each key: so many rows */
};

struct tide_window_shape {
    int64_t size_ms;    /* of a session: the gap */
    int64_t slide_ms;   /* from one start to the next: size_ms if side by side; of a session: 0 */
    int64_t offset_ms;  /* 0 .. slide_ms - 1 */
    uint64_t row_count; /* of a count window; else 0 */
};

/* [start, end) */
struct tide_window_bounds {
    int64_t start_ms, end_ms;
};

struct tide_window {
    enum tide_window_kind kind;
    const char *name; /* the word before the colon in --window */
    const char *form; /* for messages and --help: "tumbling:SIZE[+OFFSET]" */

    /* Reads what stands behind the colon. */
    bool (*parse)(const char *text, struct tide_window_shape *shape, struct tide_error *error);

    /* The latest start at or before time_ms: the floor to a multiple of slide, shifted by offset.
     */
    int64_t (*start)(const struct tide_window_shape *shape, int64_t time_ms);

    /* The least watermark above this one that lets some window fire: the parser tells the workers
     * only of watermarks that reach it. */
    int64_t (*next_fire)(const struct tide_window_shape *shape, int64_t watermark_ms);

    /* The slice of a time: the stretch around it in which no window starts or ends. Windows that
     * are the same for all keys only. */
    struct tide_window_bounds (*slice)(const struct tide_window_shape *shape, int64_t time_ms);

    /* The most windows that hold times of which no two are more than span_ms apart. */
    uint64_t (*count_over)(const struct tide_window_shape *shape, int64_t span_ms);
};

/* Where the window ends that starts then. */
static inline int64_t tide_window_end(const struct tide_window_shape *shape, int64_t start_ms)
{
    int64_t end_ms;
    return __builtin_add_overflow(start_ms, shape->size_ms, &end_ms) ? INT64_MAX : end_ms;
}

/* Slices of windows from one start to the next. */
static inline unsigned tide_window_slices(const struct tide_window_shape *shape)
{
    return shape->slide_ms < shape->size_ms && shape->size_ms % shape->slide_ms != 0 ? 2 : 1;
}

/* Are there times that no window holds? */
static inline bool tide_window_has_gaps(const struct tide_window_shape *shape)
{
    return shape->slide_ms > shape->size_ms;
}

#endif
