/*
 * source: what a source operator is: bytes behind a file descriptor, unpacked if need be.
 * Owns:     its own state; the descriptor stays the caller's.
 * Threads:  one: the reader's.
 * Blocks:   fill does, in read(2); the reader polls first, so only regular files are waited for.
 * Errors:   fill returns false with the text set (no file name in it: the reader adds that).
 * Limits:   none of its own.
 */
#ifndef TIDE_FLOW_SOURCE_H
#define TIDE_FLOW_SOURCE_H

#include "engine/base/error.h"

#include <stdint.h>

enum { TIDE_SOURCE_MAGIC_BYTES = 4 };

struct tide_source {
    const char *name;   /* "plain", "gzip", "zstd" */
    const char *suffix; /* ".gz": a file so named must be of this kind; NULL: any */
    bool is_packed;     /* else a file's bytes are the stream's, and may be mapped instead */

    /* Do these first bytes (fewer if the input is shorter) look like this kind? */
    bool (*recognises)(const unsigned char *magic, size_t bytes);

    /* head: bytes already read from fd, borrowed until the source has consumed them in fill;
     * NULL return: no memory. */
    void *(*open)(int fd, const unsigned char *head, size_t head_bytes, struct tide_error *error);

    /* Writes up to capacity (at least 1) unpacked bytes to out. *got = 0 means the end, and then
     * the stream was whole; asked again, it says the same. May return fewer bytes than asked for.
     * On EINTR it tries again. *got = 0 with *again = true: nothing came of what could be read at
     * once. It calls read(2) no more than once, and only when it holds nothing to hand out: a pipe
     * must not be waited on. */
    bool (*fill)(void *state, char *out, size_t capacity, size_t *got, bool *again,
                 struct tide_error *error);

    /* Might fill hand out bytes without reading? */
    bool (*holds_more)(const void *state);

    /* Packed bytes taken from fd so far, for the progress bar. */
    uint64_t (*consumed)(const void *state);

    void (*close)(void *state); /* NULL is fine */
};

/* The packed side of a source: the head first, then the descriptor. Part of an operator's state. */
struct tide_source_input {
    int fd;
    const unsigned char *head; /* borrowed: not yet handed out */
    size_t head_bytes;
    uint64_t taken; /* the head counts as taken */
};

void tide_source_input_init(struct tide_source_input *input, int fd, const unsigned char *head,
                            size_t head_bytes);

/* One step: what is left of the head, or one successful read(2). *got, *again and EINTR as in fill.
 */
TIDE_MUST_USE bool tide_source_input_read(struct tide_source_input *input, void *out,
                                          size_t capacity, size_t *got, bool *again,
                                          struct tide_error *error);

#endif
