/*
 * flink_line: one line of what a Flink job prints: who printed it, and the key, time and value in
 *           it.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   a line that is none of them is TIDE_FLINK_OTHER.
 * Limits:   subtasks up to TIDE_FLINK_SUBTASK_MAX, Flink's own limit.
 *
 * `DataStream.print(NAME)` writes "NAME:SUBTASK> ELEMENT"; without a name, or at parallelism 1,
 * that part is left out. The element is a key of one or more parts, a time in milliseconds and a
 * sum: as Python prints the tuple, ('tx1', 1715421600000, 11700.0), or as Java does,
 * (tx1,1715421600000, 11700.0) without the blanks.
 */
#ifndef TIDE_INSTRUMENTS_COMPARE_FLINK_LINE_H
#define TIDE_INSTRUMENTS_COMPARE_FLINK_LINE_H

#include "engine/instruments/compare/lines.h"

enum { TIDE_FLINK_SUBTASK_MAX = 32768 };

enum tide_flink_kind {
    TIDE_FLINK_ELEMENT,
    TIDE_FLINK_DETECTION, /* what the program itself prints of a window that broke its rule */
    TIDE_FLINK_OTHER,
};

struct tide_flink_line {
    enum tide_flink_kind kind;
    unsigned subtask;     /* from 1; 0: the line does not say */
    struct tide_span key; /* in the scratch, parts with a NUL byte between */
    int64_t time_ms;
    struct tide_span value_text; /* in the line */
    double value;
};

/* Reads a line; scratch has room for its bytes. */
struct tide_flink_line tide_flink_line_read(struct tide_span line, char *scratch);

#endif
