/*
 * aligned: the arithmetic of windows that are the same for all keys: one of a size at every slide.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   none.
 * Limits:   size and slide from 1 ms to 2^62 ms; results saturate at the ends of 64 bits.
 */
#ifndef TIDE_OPERATORS_ALIGNED_H
#define TIDE_OPERATORS_ALIGNED_H

#include "engine/state/window.h"

/* As engine/state/window.h says. */
int64_t tide_aligned_start(const struct tide_window_shape *shape, int64_t time_ms);
int64_t tide_aligned_next_fire(const struct tide_window_shape *shape, int64_t watermark_ms);
struct tide_window_bounds tide_aligned_slice(const struct tide_window_shape *shape,
                                             int64_t time_ms);
uint64_t tide_aligned_count_over(const struct tide_window_shape *shape, int64_t span_ms);

/* Reads "DUR" up to any of the bytes in `ends`; *text is moved there. False, with the error, when
 * it is no duration of 1 ms or more; `what` names it. */
bool tide_aligned_read(const char **text, const char *ends, const char *what, int64_t *span_ms,
                       struct tide_error *error);

/* Reads what is left: nothing, or "+OFFSET", which is taken modulo the slide. */
bool tide_aligned_read_offset(const char *text, struct tide_window_shape *shape,
                              struct tide_error *error);

#endif
