/* Is a stream of results that somebody else wrote, or claims to be results, read alike wherever its
 * reads end, and never beyond its end? */
#include "tests/fuzz/target.h"

#include "engine/instruments/compare/shape.h"
#include "operators/registry.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BYTES_MAX = 4096, RECORDS_MAX = BYTES_MAX, PIPE_BYTES = 1 << 20, PIECES_MAX = 200 };

/* What a reading came to. */
struct reading {
    bool is_begun;
    enum tide_shape_kind kind;
    unsigned record_count;
    struct {
        size_t bytes;
        enum tide_shape_news news;
        struct tide_mark mark;
        uint64_t place;
        int64_t time_ms;
        bool has_value;
    } records[RECORDS_MAX];
    uint64_t byte_count, blank_count, digest[2];
};

static int open_file(const char *text, size_t bytes)
{
    int fd = memfd_create("results", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0 && write(fd, text, bytes) == (ssize_t)bytes);
    FUZZ_CHECK(lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

/* A pipe whose reads end after each piece; those of the first four bytes may. */
static int open_pipe(const char *text, size_t bytes, size_t piece)
{
    enum { HEAD_BYTES = 4 };
    int ends[2];
    FUZZ_CHECK(pipe2(ends, O_DIRECT | O_CLOEXEC) == 0);
    FUZZ_CHECK(fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) >= 0);
    if (piece <= bytes / PIECES_MAX) piece = bytes / PIECES_MAX + 1;
    for (size_t at = 0; at < bytes;) {
        size_t room = at < HEAD_BYTES ? HEAD_BYTES - at : piece; /* no packet is cut */
        size_t count = bytes - at < room ? bytes - at : room;
        FUZZ_CHECK(write(ends[1], text + at, count) == (ssize_t)count);
        at += count;
    }
    close(ends[1]);
    return ends[0];
}

static void check_within(struct tide_span part, struct tide_span record, const char *scratch,
                         size_t scratch_bytes)
{
    if (part.bytes == 0) return;
    bool in_record = part.at >= record.at && part.at + part.bytes <= record.at + record.bytes;
    bool in_scratch = part.at >= scratch && part.at + part.bytes <= scratch + scratch_bytes;
    FUZZ_CHECK(in_record || in_scratch);
}

static void read_record(struct tide_shape *shape, struct tide_span record, struct reading *reading)
{
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    struct tide_result result;
    unsigned i = reading->record_count++;
    FUZZ_CHECK(i < RECORDS_MAX && record.bytes > 0);
    reading->records[i].bytes = record.bytes;
    reading->records[i].news = tide_shape_mark(shape, record, &reading->records[i].mark, &error);
    FUZZ_CHECK(reading->records[i].news != TIDE_SHAPE_FAILED);
    FUZZ_CHECK(tide_shape_read(shape, record, &result, &error));
    const struct tide_span parts[] = {result.window_start, result.window_end, result.first_time,
                                      result.sum, result.key};
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++)
        check_within(parts[p], record, shape->scratch, shape->scratch_bytes);
    reading->records[i].place = tide_shape_place(shape, &result);
    reading->records[i].has_value = result.has_value;
    reading->records[i].time_ms = result.has_value ? result.time_ms : 0;
}

/* Takes the descriptor. */
static void read_all(int fd, enum tide_identity identity, struct reading *reading)
{
    static const struct tide_zone utc = {.fixed = true};
    static const struct tide_time_format times = {.form = TIDE_TIME_AUTO, .zone = &utc};
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    struct tide_shape shape = {.identity = identity, .times = &times, .seed = 5};
    struct tide_lines lines;
    struct tide_span record;
    memset(reading, 0, sizeof *reading);
    FUZZ_CHECK(tide_lines_open(&lines, fd, "it", tide_operators.sources, &error));
    reading->is_begun = tide_shape_begin(&shape, &lines, &error);
    reading->kind = shape.kind;
    FUZZ_CHECK(reading->is_begun || (error.exit != TIDE_EXIT_OK && error.text[0]));
    while (reading->is_begun) {
        enum tide_lines_news news = tide_lines_next(&lines, &record, &error);
        FUZZ_CHECK(news != TIDE_LINES_FAILED || error.text[0]);
        if (news != TIDE_LINES_RECORD) break;
        read_record(&shape, record, reading);
    }
    reading->byte_count = lines.byte_count;
    reading->blank_count = lines.blank_count;
    tide_lines_digest(&lines, reading->digest);
    tide_shape_fini(&shape);
    tide_lines_close(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct reading whole, in_pieces;
    static const enum tide_identity identities[] = {TIDE_IDENTITY_TEXT, TIDE_IDENTITY_VALUE,
                                                    TIDE_IDENTITY_FLOAT32};
    struct feed feed = {(const char *)data, bytes};
    enum tide_identity identity = identities[feed_number(&feed, 3)];
    size_t piece = 1 + feed_number(&feed, 200);
    if (feed.bytes > BYTES_MAX) feed.bytes = BYTES_MAX;
    for (size_t i = 0; i < TIDE_SOURCE_MAGIC_BYTES && i < feed.bytes; i++)
        if (feed.text[i] == 0x1f || feed.text[i] == 0x28) return 0; /* packed: fuzz_packed */
    read_all(open_file(feed.text, feed.bytes), identity, &whole);
    read_all(open_pipe(feed.text, feed.bytes, piece), identity, &in_pieces);
    FUZZ_CHECK(whole.is_begun == in_pieces.is_begun);
    if (whole.is_begun) FUZZ_CHECK(memcmp(&whole, &in_pieces, sizeof whole) == 0);
    return 0;
}
