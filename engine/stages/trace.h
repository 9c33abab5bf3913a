/*
 * trace: the lines of --trace: everything a run lets out, in one stream, with the columns in which
 *           traces of Flink are written down.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   none.
 * Limits:   the caller gives room for tide_trace_bytes_max.
 */
#ifndef TIDE_STAGES_TRACE_H
#define TIDE_STAGES_TRACE_H

#include "engine/plan/plan.h"

/* One line. What a kind does not have is NULL, and its column blank. */
struct tide_trace {
    const char *kind; /* result, late, alert or timer */
    const char *key;
    uint32_t key_bytes;
    const int64_t *window_start_ms, *window_end_ms, *first_ms;
    const tide_int128 *sum;
    const uint64_t *count;
    int64_t before_ms;           /* the watermark before the one that let it out */
    const int64_t *watermark_ms; /* that one */
};

/* Writes the header and returns its bytes; out NULL: returns an upper bound. */
size_t tide_trace_header(const struct tide_plan *plan, char *out);

size_t tide_trace_bytes_max(const struct tide_plan *plan, size_t key_bytes);

/* Writes the line; returns its bytes. */
size_t tide_trace_print(char *out, const struct tide_plan *plan, const struct tide_trace *trace);

#endif
