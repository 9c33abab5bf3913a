/*
 * side: what is compared: a file of results, or a run of tidemark that prints them.
 * Owns:     a stream owns its descriptor, and the run until it has ended.
 * Threads:  one per struct; see child below.
 * Blocks:   finish does, until the run has ended.
 * Errors:   exit 1 for a file that cannot be read; a run that fails has said why itself: then the
 *           error is quiet and has its exit status.
 * Limits:   none of its own.
 */
#ifndef TIDE_INSTRUMENTS_COMPARE_SIDE_H
#define TIDE_INSTRUMENTS_COMPARE_SIDE_H

#include "engine/base/process.h"
#include "engine/instruments/compare/shape.h"

#include <signal.h>

struct tide_side {
    const char *label;            /* for messages and reports */
    const char *path;             /* of the file; NULL: a run */
    const char *const *arguments; /* of the run, its program first */
    unsigned parallelism;         /* of the run; 0: a file */
    const char *order;            /* of the run */
};

/* How sides are read, the same for all that are compared. */
struct tide_manner {
    const struct tide_source *const *sources; /* as in the registry */
    const struct tide_time_format *times;
    enum tide_identity identity;
    uint64_t seed;

    /* Process id of the run that is under way, 0 if there is none: a signal handler ends it. */
    volatile sig_atomic_t *child;
};

struct tide_side_stream {
    const struct tide_side *side;
    volatile sig_atomic_t *child;
    struct tide_process process;
    struct tide_lines lines;
    struct tide_shape shape;
};

/* What a file holds, by its beginning. It must be a regular one. */
TIDE_MUST_USE bool tide_side_recognise(const char *path, const struct tide_source *const *sources,
                                       enum tide_shape_kind *kind, struct tide_error *error);

/* Opens the file or starts the run, and reads as far as the header. Nothing is left to close if it
 * fails. */
TIDE_MUST_USE bool tide_side_open(struct tide_side_stream *stream, const struct tide_side *side,
                                  const struct tide_manner *manner, struct tide_error *error);

/* Closes what has been read to its end; a run must have succeeded. */
TIDE_MUST_USE bool tide_side_finish(struct tide_side_stream *stream, struct tide_error *error);

/* Closes what is not read further; a run is ended. */
void tide_side_abandon(struct tide_side_stream *stream);

#endif
