/*
 * shape: what a stream of results looks like, and what makes two of its records the same.
 * Owns:     the header's text, scratch space, and the count of a print log's lines.
 * Threads:  one per struct.
 * Blocks:   as tide_lines does, in begin.
 * Errors:   exit 2: the stream holds no results, or none that can be compared in this way; memory.
 * Limits:   none of its own.
 */
#ifndef TIDE_INSTRUMENTS_COMPARE_SHAPE_H
#define TIDE_INSTRUMENTS_COMPARE_SHAPE_H

#include "engine/instruments/compare/flink_line.h"
#include "engine/text/time.h"

enum tide_shape_kind {
    TIDE_SHAPE_EMPTY, /* no bytes: results in a format without a header may be that */
    TIDE_SHAPE_CSV,
    TIDE_SHAPE_JSONL,
    TIDE_SHAPE_FLINK, /* what a Flink job prints, or tidemark with --format flink */
    TIDE_SHAPE_OTHER, /* no results */
};

/* What makes two records the same. */
enum tide_identity {
    TIDE_IDENTITY_TEXT,    /* their bytes */
    TIDE_IDENTITY_VALUE,   /* key, first_time, and the double nearest to the sum */
    TIDE_IDENTITY_FLOAT32, /* the same with 32-bit floats */
};

/* Hashes that stand for a record: of its key, of all that makes it what it is, and of its window
 * (or its first_time, where only that is known). */
struct tide_mark {
    uint64_t key, record;
};

/* A record taken apart. Spans without bytes: the record does not say. */
struct tide_result {
    struct tide_span window_start, window_end, first_time, sum;
    struct tide_span key; /* unquoted, parts with a NUL byte between; in the shape's scratch */
    int64_t time_ms;      /* first_time, if has_value */
    double value;         /* the sum, if has_value */
    bool has_value;
};

/* How many lines of a print log are what. */
struct tide_flink_tally {
    uint64_t *by_subtask; /* [0]: elements that do not say */
    unsigned subtask_count;
    uint64_t detections, others;
};

struct tide_shape {
    enum tide_shape_kind kind;
    enum tide_identity identity;
    const struct tide_time_format *times; /* borrowed: of first_time in csv and jsonl */
    uint64_t seed;                        /* of the hashes; the same for what is to be compared */
    char *header;                         /* csv: the line; else NULL */
    size_t header_bytes;
    unsigned key_count; /* csv: columns between window_end and first_time */
    int sum_column;     /* csv: from first_time = 0; -1: none */
    char *scratch;
    size_t scratch_bytes;
    struct tide_flink_tally tally; /* identities other than TEXT only */
};

enum { TIDE_SHAPE_FRONT_BYTES = 1 << 16 }; /* what recognise looks at */

/* What a stream is that begins with these bytes. */
enum tide_shape_kind tide_shape_recognise(struct tide_span front);

/* "csv", "jsonl", ... */
const char *tide_shape_name(enum tide_shape_kind kind);

/* Recognises the stream and reads its header. */
TIDE_MUST_USE bool tide_shape_begin(struct tide_shape *shape, struct tide_lines *lines,
                                    struct tide_error *error);
void tide_shape_fini(struct tide_shape *shape); /* a zeroed one is fine */

enum tide_shape_news { TIDE_SHAPE_COUNTS, TIDE_SHAPE_PASSED_OVER, TIDE_SHAPE_FAILED };

/* The record's hashes. A log's lines other than elements are passed over where values are compared.
 */
enum tide_shape_news tide_shape_mark(struct tide_shape *shape, struct tide_span record,
                                     struct tide_mark *mark, struct tide_error *error);

/* Takes a record apart; what is no result gives empty spans. False: no memory. The result is valid
 * until the next call of any of these. */
TIDE_MUST_USE bool tide_shape_read(struct tide_shape *shape, struct tide_span record,
                                   struct tide_result *result, struct tide_error *error);

/* Hash of the window of a record that was read, or of its first_time. */
uint64_t tide_shape_place(const struct tide_shape *shape, const struct tide_result *result);

#endif
