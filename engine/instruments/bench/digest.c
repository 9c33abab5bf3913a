#include "engine/instruments/bench/digest.h"

#include "engine/base/memory.h"
#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { BUFFER_BYTES = 1 << 20 };

struct reading {
    const char *path;
    int fd;
    char *buffer;
    size_t capacity;
    size_t carried_bytes; /* of a line that has not ended, at the buffer's beginning */
    XXH3_state_t *state;
    enum tide_digest_kinds kinds;
    struct tide_error *error;
};

/* Lines come in no order, so their digests are added: a sum does not depend on it either, and, as
 * exclusive or would, does not lose a line that is there twice. */
static void add_line(struct tide_file_digest *digest, const char *line, size_t bytes)
{
    XXH128_hash_t hash = XXH3_128bits(line, bytes);
    uint64_t low = digest->multiset.low + hash.low64;
    digest->multiset.high += hash.high64 + (low < hash.low64);
    digest->multiset.low = low;
}

static void add_lines(struct reading *reading, struct tide_file_digest *digest, size_t bytes)
{
    const char *line = reading->buffer, *end = reading->buffer + bytes;
    const char *search = line + reading->carried_bytes;
    for (const char *stop; (stop = memchr(search, '\n', (size_t)(end - search)));) {
        add_line(digest, line, (size_t)(stop - line));
        line = search = stop + 1;
    }
    reading->carried_bytes = (size_t)(end - line);
    memmove(reading->buffer, line, reading->carried_bytes);
}

static bool make_room(struct reading *reading)
{
    if (reading->carried_bytes < reading->capacity) return true;
    char *larger = tide_realloc(reading->buffer, 2 * reading->capacity);
    if (!larger) return tide_error_memory(reading->error, "a line of an output");
    reading->buffer = larger;
    reading->capacity *= 2;
    return true;
}

static bool read_all(struct reading *reading, struct tide_file_digest *digest)
{
    for (;;) {
        if (!make_room(reading)) return false;
        char *to = reading->buffer + reading->carried_bytes;
        ssize_t got = tide_retry_read(reading->fd, to, reading->capacity - reading->carried_bytes);
        if (got < 0)
            return tide_error_system(reading->error, errno, "cannot read %s", reading->path);
        if (got == 0) break;
        digest->bytes += (uint64_t)got;
        XXH3_128bits_update(reading->state, to, (size_t)got);
        if (reading->kinds == TIDE_DIGEST_BOTH)
            add_lines(reading, digest, reading->carried_bytes + (size_t)got);
    }
    if (reading->carried_bytes > 0) add_line(digest, reading->buffer, reading->carried_bytes);
    XXH128_hash_t hash = XXH3_128bits_digest(reading->state);
    digest->sequence = (struct tide_digest){.high = hash.high64, .low = hash.low64};
    return true;
}

bool tide_digest_file(const char *path, enum tide_digest_kinds kinds,
                      struct tide_file_digest *digest, struct tide_error *error)
{
    *digest = (struct tide_file_digest){0};
    struct reading reading = {.path = path, .capacity = BUFFER_BYTES, .kinds = kinds};
    reading.error = error;
    reading.fd = tide_retry_open(path, O_RDONLY | O_CLOEXEC, 0);
    if (reading.fd < 0) return tide_error_system(error, errno, "cannot open %s", path);
    reading.buffer = tide_alloc(reading.capacity);
    reading.state = XXH3_createState();
    bool ok = reading.buffer && reading.state;
    if (!ok) tide_error_memory(error, "the digest of an output");
    if (ok) XXH3_128bits_reset(reading.state);
    ok = ok && read_all(&reading, digest);
    XXH3_freeState(reading.state);
    tide_free(reading.buffer);
    tide_sys_close(reading.fd);
    return ok;
}

bool tide_digest_equal(struct tide_digest a, struct tide_digest b)
{
    return a.high == b.high && a.low == b.low;
}

void tide_digest_print(struct tide_digest digest, char text[TIDE_DIGEST_TEXT_BYTES])
{
    snprintf(text, TIDE_DIGEST_TEXT_BYTES, "%016" PRIx64 "%016" PRIx64, digest.high, digest.low);
}
