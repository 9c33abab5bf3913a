/* zstd (RFC 8878) by libzstd: any number of frames, skippable ones too. */
#include "engine/base/memory.h"
#include "engine/base/memory_limit.h"
#include "operators/sources.h"

#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
    PACKED_BYTES = 256 * 1024,
    MAGIC_BYTES = 4,
    HEADER_BYTES_MAX = 18, /* RFC 8878, 3.1.1.1, magic included */
    WINDOW_LOG_MAX = 27,
};

struct zstd {
    ZSTD_DCtx *context;
    struct tide_source_input input;
    unsigned char *packed;                  /* PACKED_BYTES */
    ZSTD_inBuffer in;                       /* over packed */
    bool in_frame;                          /* a frame has begun and is not complete */
    bool more;                              /* the library stopped for want of room, not of input */
    bool any_complete;                      /* at least one frame is complete */
    unsigned char header[HEADER_BYTES_MAX]; /* the first bytes of the frame */
    size_t header_bytes;
    uint64_t frame_bytes; /* unpacked from it so far */
    size_t claimed_bytes; /* of what the context holds, under a limit */
};

static bool recognises(const unsigned char *magic, size_t bytes)
{
    static const unsigned char frame[MAGIC_BYTES] = {0x28, 0xb5, 0x2f, 0xfd};
    static const unsigned char skippable[MAGIC_BYTES] = {0x50, 0x2a, 0x4d, 0x18};
    if (bytes < MAGIC_BYTES) return false;
    if (memcmp(magic, frame, MAGIC_BYTES) == 0) return true;
    return (magic[0] & 0xf0) == skippable[0] &&
           memcmp(magic + 1, skippable + 1, MAGIC_BYTES - 1) == 0;
}

static void close_zstd(void *state)
{
    struct zstd *zstd = state;
    if (zstd) {
        ZSTD_freeDCtx(zstd->context);
        if (zstd->claimed_bytes > 0) tide_memory_adjust(-(int64_t)zstd->claimed_bytes);
        tide_free(zstd->packed);
    }
    tide_free(zstd);
}

static void *open_zstd(int fd, const unsigned char *head, size_t head_bytes,
                       struct tide_error *error)
{
    struct zstd *zstd = tide_alloc_zeroed(1, sizeof *zstd);
    if (zstd) {
        zstd->packed = tide_alloc_aligned(TIDE_PAGE_BYTES, PACKED_BYTES);
        zstd->context = ZSTD_createDCtx();
    }
    if (!zstd || !zstd->packed || !zstd->context) {
        close_zstd(zstd);
        tide_error_memory(error, "unpacking the input");
        return NULL;
    }
    size_t status = ZSTD_DCtx_setParameter(zstd->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    TIDE_ASSERT(!ZSTD_isError(status));
    tide_source_input_init(&zstd->input, fd, head, head_bytes);
    zstd->in.src = zstd->packed;
    zstd->in_frame = true; /* an input without any frame is not whole */
    return zstd;
}

static bool damaged(const struct zstd *zstd, size_t status, struct tide_error *error)
{
    unsigned long long offset = zstd->input.taken - (zstd->in.size - zstd->in.pos);
    switch (ZSTD_getErrorCode(status)) {
    case ZSTD_error_frameParameter_windowTooLarge:
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "the zstd data needs a window of more than %d MiB; unpack it first: "
                              "zstd -dc --long=31 FILE | ...",
                              1 << (WINDOW_LOG_MAX - 20));
    case ZSTD_error_memory_allocation:
        return tide_error_memory(error, "unpacking the input");
    case ZSTD_error_dictionary_wrong:
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "the zstd data was packed with a dictionary");
    case ZSTD_error_prefix_unknown:
        if (zstd->any_complete)
            return tide_error_set(error, TIDE_EXIT_FAILED,
                                  "the zstd data is followed by something else (before byte %llu)",
                                  offset);
        break;
    default:
        break;
    }
    return tide_error_set(error, TIDE_EXIT_FAILED,
                          "the zstd data is damaged (before byte %llu): %s", offset,
                          ZSTD_getErrorName(status));
}

static bool refill(struct zstd *zstd, size_t *got, bool *again, struct tide_error *error)
{
    if (!tide_source_input_read(&zstd->input, zstd->packed, PACKED_BYTES, got, again, error))
        return false;
    zstd->in.pos = 0;
    zstd->in.size = *got;
    if (*got == 0 && !*again && zstd->in_frame)
        return tide_error_set(error, TIDE_EXIT_FAILED, "the zstd data ends too early");
    return true;
}

/* One step of the library. It holds a frame to the size that its header names in only one of its
 * two ways to unpack, which depends on how much room there is: so that is done here. */
static size_t unpack(struct zstd *zstd, ZSTD_outBuffer *unpacked)
{
    const unsigned char *from = zstd->packed + zstd->in.pos;
    const size_t in_before = zstd->in.pos, out_before = unpacked->pos;
    size_t status = ZSTD_decompressStream(zstd->context, unpacked, &zstd->in);
    if (ZSTD_isError(status)) return status;
    size_t taken = zstd->in.pos - in_before, room = HEADER_BYTES_MAX - zstd->header_bytes;
    memcpy(zstd->header + zstd->header_bytes, from, taken < room ? taken : room);
    zstd->header_bytes += taken < room ? taken : room;
    zstd->frame_bytes += unpacked->pos - out_before;
    if (status != 0) return status;
    unsigned long long named = ZSTD_getFrameContentSize(zstd->header, zstd->header_bytes);
    bool is_right = named == ZSTD_CONTENTSIZE_UNKNOWN || named == zstd->frame_bytes;
    zstd->header_bytes = 0;
    zstd->frame_bytes = 0;
    return is_right ? 0 : (size_t)-ZSTD_error_corruption_detected;
}

/* A frame may ask for a window of 128 MiB, which the library takes without our allocator. It does
 * so before it touches it. */
static bool claim(struct zstd *zstd, struct tide_error *error)
{
    if (TIDE_LIKELY(!tide_memory_is_limited)) return true;
    const size_t held = ZSTD_sizeof_DCtx(zstd->context);
    if (held <= zstd->claimed_bytes) return true;
    if (!tide_memory_claim(held - zstd->claimed_bytes))
        return tide_error_memory(error, "unpacking the input");
    zstd->claimed_bytes = held;
    return true;
}

static bool holds_more(const void *state)
{
    const struct zstd *zstd = state;
    return zstd->in.pos < zstd->in.size || zstd->more;
}

static bool fill(void *state, char *out, size_t capacity, size_t *got, bool *again,
                 struct tide_error *error)
{
    struct zstd *zstd = state;
    ZSTD_outBuffer unpacked = {.dst = out, .size = capacity};
    *got = 0;
    *again = false;
    for (bool has_read = false; unpacked.pos == 0;) {
        if (!holds_more(zstd)) {
            *again = has_read;
            if (has_read) return true; /* not a byte came of what was read */
            if (!refill(zstd, got, again, error)) return false;
            if (*got == 0) return true;
            *got = 0;
            has_read = true;
        }
        size_t status = unpack(zstd, &unpacked);
        if (ZSTD_isError(status)) return damaged(zstd, status, error);
        if (!claim(zstd, error)) return false;
        zstd->in_frame = status != 0;
        zstd->more = zstd->in_frame && unpacked.pos == unpacked.size;
        if (!zstd->in_frame) zstd->any_complete = true;
    }
    *got = unpacked.pos;
    return true;
}

static uint64_t consumed(const void *state)
{
    return ((const struct zstd *)state)->input.taken;
}

const struct tide_source tide_source_zstd = {
    .name = "zstd",
    .suffix = ".zst",
    .is_packed = true,
    .recognises = recognises,
    .open = open_zstd,
    .fill = fill,
    .holds_more = holds_more,
    .consumed = consumed,
    .close = close_zstd,
};
