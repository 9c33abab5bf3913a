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
    TIDE_WINDOW_SESSION,  /* of each key: rows with no pause as long as the gap between them */
    TIDE_WINDOW_COUNT,    /* of each key: so many rows */
};

struct tide_window_shape {
    int64_t size_ms;    /* of a session: the gap */
    int64_t offset_ms;  /* 0 .. size_ms - 1 */
    uint64_t row_count; /* of a count window; else 0 */
};

struct tide_window {
    enum tide_window_kind kind;
    const char *name; /* the word before the colon in --window */
    const char *form; /* for messages and --help: "tumbling:SIZE[+OFFSET]" */

    /* Reads what stands behind the colon. */
    bool (*parse)(const char *text, struct tide_window_shape *shape, struct tide_error *error);

    /* Start of the window that holds time_ms: the floor to a multiple of size, shifted by offset.
     */
    int64_t (*start)(const struct tide_window_shape *shape, int64_t time_ms);

    /* The least watermark above this one that lets some window fire: the parser tells the workers
     * only of watermarks that reach it. */
    int64_t (*next_fire)(const struct tide_window_shape *shape, int64_t watermark_ms);

    /* The most windows that hold times of which no two are more than span_ms apart. */
    uint64_t (*count_over)(const struct tide_window_shape *shape, int64_t span_ms);
};

#endif
