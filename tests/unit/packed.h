/* Packed bytes, and descriptors that hand them out in pieces, for the tests of sources. */
#ifndef TIDE_TESTS_PACKED_H
#define TIDE_TESTS_PACKED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "operators/sources.h"

#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

enum { ROOM_BYTES = 1 << 16, PIPE_BYTES = 1 << 20, BIG_BYTES = 3 << 20 };

static const char text[] = "transaction_id,timestamp,amount\n"
                           "tx1,2024-05-11 10:00:00,3200\ntx2,2024-05-11 10:00:05,5200\n"
                           "tx1,2024-05-11 10:00:06,8500\n";
enum { TEXT_BYTES = sizeof text - 1 };

struct bytes {
    size_t count;
    char at[ROOM_BYTES];
};

/* Packs `count` bytes behind what is in packed already. */
static inline void pack_plain(struct bytes *packed, const char *plain, size_t count)
{
    memcpy(packed->at + packed->count, plain, count);
    packed->count += count;
}

static inline void pack_gzip(struct bytes *packed, const char *plain, size_t count)
{
    struct isal_zstream stream;
    isal_deflate_stateless_init(&stream);
    stream.gzip_flag = IGZIP_GZIP;
    stream.end_of_stream = 1;
    stream.next_in = (unsigned char *)(uintptr_t)plain;
    stream.avail_in = (uint32_t)count;
    stream.next_out = (unsigned char *)packed->at + packed->count;
    stream.avail_out = (uint32_t)(ROOM_BYTES - packed->count);
    assert_int_equal(isal_deflate_stateless(&stream), COMP_OK);
    packed->count += stream.total_out;
}

static inline void pack_zstd(struct bytes *packed, const char *plain, size_t count)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    size_t got = ZSTD_compress2(context, packed->at + packed->count, ROOM_BYTES - packed->count,
                                plain, count);
    ZSTD_freeCCtx(context);
    assert_false(ZSTD_isError(got));
    packed->count += got;
}

static const struct kind {
    const struct tide_source *source;
    void (*pack)(struct bytes *packed, const char *plain, size_t count);
    const char *torn; /* the message for data that ends too early */
} kinds[] = {
    {&tide_source_gzip, pack_gzip, "the gzip data ends too early"},
    {&tide_source_zstd, pack_zstd, "the zstd data ends too early"},
    {&tide_source_plain, pack_plain, NULL},
};
enum { KIND_COUNT = 3, PACKED_KIND_COUNT = 2 };

static inline int file_of(const char *bytes, size_t count)
{
    int fd = memfd_create("source", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, count), (ssize_t)count);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* A pipe whose reads return `chunk` bytes each (packet mode: one write, one read; what a shorter
 * read leaves is lost). */
static inline int pipe_of(const char *bytes, size_t count, size_t chunk)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_DIRECT | O_CLOEXEC), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) >= 0);
    for (size_t at = 0; at < count; at += chunk) {
        size_t part = count - at < chunk ? count - at : chunk;
        assert_int_equal(write(ends[1], bytes + at, part), (ssize_t)part);
    }
    close(ends[1]);
    return ends[0];
}

/* Reads all of fd in pieces of at most `capacity`; closes it. */
static inline bool unpack(const struct tide_source *source, int fd, const char *head,
                          size_t head_bytes, size_t capacity, struct bytes *out,
                          struct tide_error *error)
{
    *error = (struct tide_error){0};
    out->count = 0;
    void *state = source->open(fd, (const unsigned char *)head, head_bytes, error);
    assert_non_null(state);
    bool ok;
    for (size_t got = 1, asked = 0; got;) {
        bool again = true;
        assert_true(ROOM_BYTES - out->count >= capacity);
        ok = source->fill(state, out->at + out->count, capacity, &got, &again, error);
        if (!ok) break;
        assert_true(got <= capacity && !(again && got));
        if (again) { /* what was read made no byte yet */
            assert_true(++asked < 2 * ROOM_BYTES);
            got = 1;
            continue;
        }
        out->count += got;
        if (got) continue;
        ok =
            source->fill(state, out->at, capacity, &got, &again, error); /* the end stays the end */
        assert_true(ok && got == 0 && !again);
    }
    source->close(state);
    close(fd);
    return ok;
}

static inline bool unpack_file(const struct tide_source *source, const char *bytes, size_t count,
                               struct bytes *out, struct tide_error *error)
{
    return unpack(source, file_of(bytes, count), NULL, 0, 256, out, error);
}

static inline void assert_fails(const struct tide_source *source, const struct bytes *packed,
                                const char *message)
{
    static struct bytes out;
    struct tide_error error;
    assert_false(unpack_file(source, packed->at, packed->count, &out, &error));
    assert_int_equal(error.exit, TIDE_EXIT_FAILED);
    assert_string_equal(error.text, message);
}

static inline void assert_unpacks(const struct tide_source *source, const struct bytes *packed,
                                  const char *expected, size_t expected_bytes)
{
    static struct bytes out;
    struct tide_error error;
    bool ok = unpack_file(source, packed->at, packed->count, &out, &error);
    assert_string_equal(error.text, "");
    assert_true(ok);
    assert_int_equal(out.count, expected_bytes);
    assert_memory_equal(out.at, expected, expected_bytes);
}

#endif
