/* gzip (RFC 1952) by ISA-L. The library reads one member and checks its trailer; what stands
 * between and behind members is judged here, as gzip(1) does: more members, or zeros up to the end.
 * Headers are read by a call of their own: isal_inflate alone forgets half a header between calls
 * (intel/isa-l issue 224). */
#include "engine/base/memory.h"
#include "operators/sources.h"

#include <isa-l/igzip_lib.h>

enum { PACKED_BYTES = 256 * 1024, MAGIC_BYTES = 2 };

static const unsigned char magic_bytes[MAGIC_BYTES] = {0x1f, 0x8b};

enum place { IN_HEADER, IN_MEMBER, BETWEEN_MEMBERS, IN_PADDING };

struct gzip {
    struct inflate_state inflate;
    struct isal_gzip_header header; /* nothing of it is wanted, but it may come in pieces */
    struct tide_source_input input;
    unsigned char *packed; /* PACKED_BYTES; inflate.next_in points into it */
    enum place place;
    bool more;         /* the library stopped for want of room, not of input */
    bool any_complete; /* at least one member is complete */
};

static bool recognises(const unsigned char *magic, size_t bytes)
{
    return bytes >= MAGIC_BYTES && magic[0] == magic_bytes[0] && magic[1] == magic_bytes[1];
}

static void close_gzip(void *state)
{
    struct gzip *gzip = state;
    if (gzip) tide_free(gzip->packed);
    tide_free(gzip);
}

static void begin_member(struct gzip *gzip)
{
    isal_inflate_reset(&gzip->inflate);
    isal_gzip_header_init(&gzip->header);
    gzip->inflate.crc_flag = ISAL_GZIP_NO_HDR_VER; /* the trailer is verified */
    gzip->place = IN_HEADER;
}

static void *open_gzip(int fd, const unsigned char *head, size_t head_bytes,
                       struct tide_error *error)
{
    struct gzip *gzip = tide_alloc_zeroed(1, sizeof *gzip);
    if (gzip) gzip->packed = tide_alloc_aligned(TIDE_PAGE_BYTES, PACKED_BYTES);
    if (!gzip || !gzip->packed) {
        close_gzip(gzip);
        tide_error_memory(error, "unpacking the input");
        return NULL;
    }
    tide_source_input_init(&gzip->input, fd, head, head_bytes);
    isal_inflate_init(&gzip->inflate);
    begin_member(gzip);
    return gzip;
}

static bool damaged(const struct gzip *gzip, int status, struct tide_error *error)
{
    unsigned long long offset = gzip->input.taken - gzip->inflate.avail_in;
    if (status == ISAL_UNSUPPORTED_METHOD)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "the gzip data is packed by an unknown method");
    if (status == ISAL_INVALID_WRAPPER && gzip->any_complete)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "the gzip data is followed by something else (before byte %llu)",
                              offset);
    if (status == ISAL_INCORRECT_CHECKSUM)
        return tide_error_set(
            error, TIDE_EXIT_FAILED,
            "the gzip data is damaged: checksum or length is wrong (before byte %llu)", offset);
    return tide_error_set(error, TIDE_EXIT_FAILED, "the gzip data is damaged (before byte %llu)",
                          offset);
}

/* Takes padding, and decides whether another member begins. */
static bool look_between_members(struct gzip *gzip, struct tide_error *error)
{
    struct inflate_state *inflate = &gzip->inflate;
    if (*inflate->next_in == magic_bytes[0] && gzip->place == BETWEEN_MEMBERS) {
        begin_member(gzip);
        return true;
    }
    gzip->place = IN_PADDING;
    while (inflate->avail_in && *inflate->next_in == 0) {
        inflate->next_in++;
        inflate->avail_in--;
    }
    return inflate->avail_in == 0 || damaged(gzip, ISAL_INVALID_WRAPPER, error);
}

static bool read_header(struct gzip *gzip, struct tide_error *error)
{
    int status = isal_read_gzip_header(&gzip->inflate, &gzip->header);
    if (status < 0) return damaged(gzip, status, error);
    if (status == ISAL_DECOMP_OK) gzip->place = IN_MEMBER;
    return true;
}

static bool unpack(struct gzip *gzip, char *out, size_t capacity, size_t *got,
                   struct tide_error *error)
{
    struct inflate_state *inflate = &gzip->inflate;
    uint32_t room = capacity < UINT32_MAX ? (uint32_t)capacity : UINT32_MAX;
    inflate->next_out = (unsigned char *)out;
    inflate->avail_out = room;
    int status = isal_inflate(inflate);
    *got = room - inflate->avail_out;
    if (status < 0) return damaged(gzip, status, error);
    gzip->more = inflate->avail_out == 0;
    if (inflate->block_state == ISAL_BLOCK_FINISH) {
        gzip->place = BETWEEN_MEMBERS;
        gzip->any_complete = true;
        gzip->more = false;
    }
    return true;
}

static bool refill(struct gzip *gzip, size_t *got, bool *again, struct tide_error *error)
{
    if (!tide_source_input_read(&gzip->input, gzip->packed, PACKED_BYTES, got, again, error))
        return false;
    gzip->inflate.next_in = gzip->packed;
    gzip->inflate.avail_in = (uint32_t)*got;
    if (*got == 0 && !*again && (gzip->place == IN_HEADER || gzip->place == IN_MEMBER))
        return tide_error_set(error, TIDE_EXIT_FAILED, "the gzip data ends too early");
    return true;
}

static bool holds_more(const void *state)
{
    const struct gzip *gzip = state;
    return gzip->inflate.avail_in > 0 || gzip->more;
}

static bool fill(void *state, char *out, size_t capacity, size_t *got, bool *again,
                 struct tide_error *error)
{
    struct gzip *gzip = state;
    *got = 0;
    *again = false;
    for (bool has_read = false;;) {
        if (!holds_more(gzip)) {
            *again = has_read;
            if (has_read) return true; /* not a byte came of what was read */
            if (!refill(gzip, got, again, error)) return false;
            if (*got == 0) return true;
            *got = 0;
            has_read = true;
        }
        if (gzip->place == IN_HEADER) {
            if (!read_header(gzip, error)) return false;
        } else if (gzip->place != IN_MEMBER) {
            if (!look_between_members(gzip, error)) return false;
        } else {
            if (!unpack(gzip, out, capacity, got, error)) return false;
            if (*got) return true;
        }
    }
}

static uint64_t consumed(const void *state)
{
    return ((const struct gzip *)state)->input.taken;
}

const struct tide_source tide_source_gzip = {
    .name = "gzip",
    .suffix = ".gz",
    .is_packed = true,
    .recognises = recognises,
    .open = open_gzip,
    .fill = fill,
    .holds_more = holds_more,
    .consumed = consumed,
    .close = close_gzip,
};
