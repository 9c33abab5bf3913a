/* Do packed bytes, damaged or not, unpack to the same or fail alike however the reads fall, and do
 * whole ones give back what was packed? */
#include "tests/fuzz/target.h"

#include "operators/sources.h"

#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

enum {
    PACKED_BYTES_MAX = 1 << 16,
    UNPACKED_BYTES_MAX = 1 << 20, /* more is not looked at */
    PIPE_BYTES = 1 << 20,
    PIECES_MAX = 200, /* a pipe holds 256 */
    FLIPS_MAX = 3,
    PARTS_MAX = 4,
};

static const struct tide_source *const sources[] = {&tide_source_gzip, &tide_source_zstd,
                                                    &tide_source_plain};

struct packed {
    size_t count;
    char at[PACKED_BYTES_MAX];
};

/* What came of unpacking. */
struct unpacked {
    bool is_whole; /* to its end, without a fault */
    bool is_cut;   /* at UNPACKED_BYTES_MAX */
    size_t count;
    char at[UNPACKED_BYTES_MAX];
};

/* --- packing
 * -------------------------------------------------------------------------------------- */

static void pack_gzip(struct packed *packed, const char *plain, size_t count)
{
    struct isal_zstream stream;
    isal_deflate_stateless_init(&stream);
    stream.gzip_flag = IGZIP_GZIP;
    stream.end_of_stream = 1;
    stream.next_in = (unsigned char *)(uintptr_t)plain;
    stream.avail_in = (uint32_t)count;
    stream.next_out = (unsigned char *)packed->at + packed->count;
    stream.avail_out = (uint32_t)(PACKED_BYTES_MAX - packed->count);
    FUZZ_CHECK(isal_deflate_stateless(&stream) == COMP_OK);
    packed->count += stream.total_out;
}

static void pack_zstd(struct packed *packed, const char *plain, size_t count, bool has_checksum)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    FUZZ_CHECK(context);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, has_checksum);
    size_t got = ZSTD_compress2(context, packed->at + packed->count,
                                PACKED_BYTES_MAX - packed->count, plain, count);
    ZSTD_freeCCtx(context);
    FUZZ_CHECK(!ZSTD_isError(got));
    packed->count += got;
}

/* In parts, each a member or frame of its own. */
static void pack(struct packed *packed, struct feed *feed, const struct tide_source *source)
{
    unsigned parts = 1 + feed_number(feed, PARTS_MAX);
    bool has_checksum = feed_number(feed, 2);
    for (size_t i = 0, at = 0; i < parts; i++) {
        size_t end = feed->bytes * (i + 1) / parts;
        if (source == &tide_source_gzip) pack_gzip(packed, feed->text + at, end - at);
        else if (source == &tide_source_zstd)
            pack_zstd(packed, feed->text + at, end - at, has_checksum);
        else {
            memcpy(packed->at + packed->count, feed->text + at, end - at);
            packed->count += end - at;
        }
        at = end;
    }
}

/* --- unpacking
 * ------------------------------------------------------------------------------------ */

/* A pipe whose reads return a piece each, or with 0 a file. */
static int open_packed(const struct packed *packed, size_t piece)
{
    int ends[2];
    if (piece == 0) {
        ends[0] = memfd_create("packed", MFD_CLOEXEC);
        FUZZ_CHECK(write(ends[0], packed->at, packed->count) == (ssize_t)packed->count);
        FUZZ_CHECK(lseek(ends[0], 0, SEEK_SET) == 0);
        return ends[0];
    }
    FUZZ_CHECK(pipe2(ends, O_DIRECT | O_CLOEXEC) == 0);
    FUZZ_CHECK(fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) >= 0);
    for (size_t at = 0; at < packed->count; at += piece) {
        size_t count = packed->count - at < piece ? packed->count - at : piece;
        FUZZ_CHECK(write(ends[1], packed->at + at, count) == (ssize_t)count);
    }
    close(ends[1]);
    return ends[0];
}

static void unpack(const struct tide_source *source, int fd, size_t capacity, struct unpacked *out)
{
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    void *state = source->open(fd, NULL, 0, &error);
    unsigned idle = 0;
    out->count = 0;
    out->is_whole = out->is_cut = false;
    FUZZ_CHECK(state);
    while (!out->is_whole && !out->is_cut) {
        size_t got, room = UNPACKED_BYTES_MAX - out->count;
        bool again;
        if (!source->fill(state, out->at + out->count, capacity < room ? capacity : room, &got,
                          &again, &error)) {
            FUZZ_CHECK(error.exit == TIDE_EXIT_FAILED && error.text[0]);
            break;
        }
        FUZZ_CHECK(got <= capacity && !(again && got > 0));
        idle = again ? idle + 1 : 0;
        FUZZ_CHECK(idle <= PACKED_BYTES_MAX); /* each time it has read something */
        out->count += got;
        out->is_whole = got == 0 && !again;
        out->is_cut = out->count == UNPACKED_BYTES_MAX;
    }
    source->close(state);
    close(fd);
}

static void check_alike(const struct unpacked *a, const struct unpacked *b)
{
    size_t least = a->count < b->count ? a->count : b->count;
    FUZZ_CHECK(memcmp(a->at, b->at, least) == 0);
    if (a->is_cut || b->is_cut) return; /* a fault may lie within the same fill as the cut */
    FUZZ_CHECK(a->is_whole == b->is_whole);
    FUZZ_CHECK(!a->is_whole || a->count == b->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct packed packed;
    static struct unpacked whole, in_pieces;
    struct feed feed = {(const char *)data, bytes};
    const struct tide_source *source = sources[feed_number(&feed, 3)];
    bool is_ours = feed_number(&feed, 2);
    size_t piece = 1 + feed_number(&feed, 300), capacity = 1 + feed_number(&feed, 5000);
    unsigned flips = feed_number(&feed, FLIPS_MAX + 1);
    uint32_t places[FLIPS_MAX];
    for (unsigned i = 0; i < flips; i++) places[i] = feed_number(&feed, 1 << 16);
    if (feed.bytes > PACKED_BYTES_MAX / 4) feed.bytes = PACKED_BYTES_MAX / 4;
    packed.count = 0;
    if (is_ours) pack(&packed, &feed, source);
    else memcpy(packed.at, feed.text, packed.count = feed.bytes);
    for (unsigned i = 0; i < flips && packed.count > 0; i++)
        packed.at[places[i] % packed.count] ^= (char)(1 << places[i] % 8);
    if (piece <= packed.count / PIECES_MAX) piece = packed.count / PIECES_MAX + 1;
    if (source == &tide_source_plain && capacity < piece) capacity = piece; /* no packet is cut */
    unpack(source, open_packed(&packed, 0), 1 << 16, &whole);
    unpack(source, open_packed(&packed, piece), capacity, &in_pieces);
    check_alike(&whole, &in_pieces);
    if (!is_ours || flips > 0) return 0;
    FUZZ_CHECK(whole.is_whole && whole.count == feed.bytes);
    FUZZ_CHECK(memcmp(whole.at, feed.text, feed.bytes) == 0);
    return 0;
}
