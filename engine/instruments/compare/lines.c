#include "engine/instruments/compare/lines.h"

#include "engine/base/memory.h"
#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* For the size of the digest's state, which xxHash would otherwise allocate itself. */
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

enum { BUFFER_BYTES_FIRST = 1 << 20 };

static bool read_head(struct tide_lines *lines, size_t *bytes, struct tide_error *error)
{
    *bytes = 0;
    while (*bytes < sizeof lines->head) {
        ssize_t got = tide_retry_read(lines->fd, lines->head + *bytes, sizeof lines->head - *bytes);
        if (got == 0) break;
        if (got < 0) return tide_error_system(error, errno, "cannot read %s", lines->name);
        *bytes += (size_t)got;
    }
    return true;
}

static bool open_source(struct tide_lines *lines, const struct tide_source *const *sources,
                        struct tide_error *error)
{
    size_t bytes;
    if (!read_head(lines, &bytes, error)) return false;
    for (unsigned i = 0; sources[i] && !lines->source; i++)
        if (sources[i]->recognises(lines->head, bytes)) lines->source = sources[i];
    TIDE_ASSERT(lines->source); /* the last one takes anything */
    lines->source_state = lines->source->open(lines->fd, lines->head, bytes, error);
    return lines->source_state != NULL;
}

bool tide_lines_open(struct tide_lines *lines, int fd, const char *name,
                     const struct tide_source *const *sources, struct tide_error *error)
{
    *lines = (struct tide_lines){.fd = fd, .name = name, .capacity = BUFFER_BYTES_FIRST};
    lines->buffer = tide_alloc(lines->capacity);
    lines->digest = tide_alloc_aligned(TIDE_LINE_BYTES, sizeof(XXH3_state_t));
    if (!lines->buffer || !lines->digest) return tide_error_memory(error, "the results");
    XXH3_INITSTATE((XXH3_state_t *)lines->digest);
    XXH3_128bits_reset(lines->digest);
    return open_source(lines, sources, error);
}

void tide_lines_close(struct tide_lines *lines)
{
    if (lines->source_state) lines->source->close(lines->source_state);
    if (lines->fd >= 0) tide_sys_close(lines->fd);
    tide_free(lines->buffer);
    tide_free(lines->digest);
    *lines = (struct tide_lines){.fd = -1};
}

static bool make_room(struct tide_lines *lines, struct tide_error *error)
{
    size_t unread = lines->end - lines->begin;
    if (lines->begin > 0) memmove(lines->buffer, lines->buffer + lines->begin, unread);
    lines->begin = 0;
    lines->end = unread;
    if (unread < lines->capacity) return true;
    if (lines->capacity >= TIDE_LINE_BYTES_MAX)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "%s: a record does not end within %d bytes; is a quote left open?",
                              lines->name, TIDE_LINE_BYTES_MAX);
    char *larger = tide_realloc(lines->buffer, lines->capacity * 2);
    if (!larger) return tide_error_memory(error, "a long record");
    lines->buffer = larger;
    lines->capacity *= 2;
    return true;
}

/* Appends what comes next to the unread bytes. */
static bool fill(struct tide_lines *lines, struct tide_error *error)
{
    if (!make_room(lines, error)) return false;
    size_t got;
    bool again = true;
    struct tide_error cause = {0};
    while (again) {
        again = false;
        if (!lines->source->fill(lines->source_state, lines->buffer + lines->end,
                                 lines->capacity - lines->end, &got, &again, &cause))
            return tide_error_set(error, TIDE_EXIT_FAILED, "cannot read %s: %s", lines->name,
                                  cause.text);
    }
    XXH3_128bits_update(lines->digest, lines->buffer + lines->end, got);
    lines->end += got;
    lines->byte_count += got;
    lines->has_ended = got == 0;
    return true;
}

bool tide_lines_look(struct tide_lines *lines, size_t bytes, struct tide_span *front,
                     struct tide_error *error)
{
    while (lines->end - lines->begin < bytes && !lines->has_ended)
        if (!fill(lines, error)) return false;
    *front = (struct tide_span){lines->buffer + lines->begin, lines->end - lines->begin};
    return true;
}

void tide_lines_skip(struct tide_lines *lines, size_t bytes)
{
    TIDE_ASSERT(bytes <= lines->end - lines->begin);
    lines->begin += bytes;
}

/* Behind the quote that closes what opened before `at`; NULL: it is not in here. */
static const char *behind_closing(const char *at, const char *end)
{
    for (;;) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        if (!quote) return NULL;
        if (quote + 1 == end || quote[1] != '"') return quote + 1;
        at = quote + 2;
    }
}

/* The LF that ends the record which begins at `start`; NULL: it is not in here. */
static const char *record_end(const char *start, const char *end, bool is_csv)
{
    const char *at = start;
    for (;;) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        if (!is_csv) return feed;
        const char *limit = feed ? feed : end;
        const char *quote = memchr(at, '"', (size_t)(limit - at));
        if (!quote) return feed;
        at = quote + 1;
        if (quote != start && quote[-1] != ',') continue; /* it is within a field: data */
        at = behind_closing(at, end);
        if (!at) return NULL;
    }
}

enum tide_lines_news tide_lines_next(struct tide_lines *lines, struct tide_span *record,
                                     struct tide_error *error)
{
    for (;;) {
        const char *start = lines->buffer + lines->begin, *end = lines->buffer + lines->end;
        const char *feed = start < end ? record_end(start, end, lines->is_csv) : NULL;
        if (!feed && !lines->has_ended) {
            if (!fill(lines, error)) return TIDE_LINES_FAILED;
            continue;
        }
        if (start == end) return TIDE_LINES_END;
        const char *limit = feed ? feed : end;
        lines->begin = (size_t)(limit - lines->buffer) + (feed != NULL);
        size_t bytes = (size_t)(limit - start);
        if (feed && bytes > 0 && limit[-1] == '\r') bytes--;
        lines->blank_count += bytes == 0;
        if (bytes == 0) continue;
        *record = (struct tide_span){start, bytes};
        return TIDE_LINES_RECORD;
    }
}

void tide_lines_digest(const struct tide_lines *lines, uint64_t words[2])
{
    XXH128_hash_t hash = XXH3_128bits_digest(lines->digest);
    words[0] = hash.low64;
    words[1] = hash.high64;
}
