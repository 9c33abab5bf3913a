/*
 * lines: a stream of results cut into its records, with a digest of all its bytes.
 * Owns:     the descriptor, the buffer and the unpacker's state.
 * Threads:  one per struct.
 * Blocks:   in read(2), until bytes come.
 * Errors:   exit 1, naming the stream: it cannot be read, is damaged, or a record does not end.
 * Limits:   records of at most TIDE_LINE_BYTES_MAX bytes.
 */
#ifndef TIDE_INSTRUMENTS_COMPARE_LINES_H
#define TIDE_INSTRUMENTS_COMPARE_LINES_H

#include "engine/flow/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIDE_LINE_BYTES_MAX = 1 << 30 };

/* Some bytes of somebody else's. */
struct tide_span {
    const char *at;
    size_t bytes;
};

struct tide_lines {
    int fd;           /* -1: closed */
    const char *name; /* borrowed, for messages */
    bool is_csv; /* line ends within quotes are data; the caller sets it before the first next */
    const struct tide_source *source;
    void *source_state;
    unsigned char head[TIDE_SOURCE_MAGIC_BYTES];
    char *buffer;
    size_t capacity, begin, end; /* what is unread lies in buffer[begin, end) */
    bool has_ended;              /* nothing comes behind buffer[end] */
    uint64_t byte_count;         /* unpacked, so far */
    uint64_t blank_count;        /* blank lines passed over so far */
    void *digest;
};

enum tide_lines_news { TIDE_LINES_RECORD, TIDE_LINES_END, TIDE_LINES_FAILED };

/* The descriptor moves, also if it fails. sources: as in the registry; what is packed is unpacked.
 */
TIDE_MUST_USE bool tide_lines_open(struct tide_lines *lines, int fd, const char *name,
                                   const struct tide_source *const *sources,
                                   struct tide_error *error);
void tide_lines_close(struct tide_lines *lines); /* a zeroed one is not fine: open comes first */

/* The bytes that come next, at least `bytes` of them unless the stream ends before; nothing is
 * consumed. Borrowed until the next call. */
TIDE_MUST_USE bool tide_lines_look(struct tide_lines *lines, size_t bytes, struct tide_span *front,
                                   struct tide_error *error);

/* Passes over bytes that a look has shown. */
void tide_lines_skip(struct tide_lines *lines, size_t bytes);

/* The next record without its line end (LF or CRLF); blank lines are passed over. Borrowed until
 * the next call. */
enum tide_lines_news tide_lines_next(struct tide_lines *lines, struct tide_span *record,
                                     struct tide_error *error);

/* 128 bits of all bytes so far (XXH3). */
void tide_lines_digest(const struct tide_lines *lines, uint64_t words[2]);

#endif
