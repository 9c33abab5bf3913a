/* Do the sources hand out exactly the bytes that were packed, however the reads fall? */
#include "tests/unit/packed.h"

#include <stdlib.h>

static void reads_of_every_size_give_the_same_bytes(void **state)
{
    (void)state;
    static const size_t capacities[] = {1, 2, 3, 7, 64, 4096};
    static struct bytes packed, out;
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        packed.count = 0;
        kinds[k].pack(&packed, text, TEXT_BYTES);
        for (size_t chunk = 1; chunk <= packed.count; chunk++) {
            for (size_t c = 0; c < sizeof capacities / sizeof capacities[0]; c++) {
                if (k >= PACKED_KIND_COUNT && capacities[c] < chunk) continue;
                struct tide_error error;
                int fd = pipe_of(packed.at, packed.count, chunk);
                if (!unpack(kinds[k].source, fd, NULL, 0, capacities[c], &out, &error))
                    fail_msg("%s by %zu: %s", kinds[k].source->name, chunk, error.text);
                assert_int_equal(out.count, TEXT_BYTES);
                assert_memory_equal(out.at, text, TEXT_BYTES);
            }
        }
    }
}

static void head_of_every_size_comes_first(void **state)
{
    (void)state;
    static struct bytes packed, out;
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        packed.count = 0;
        kinds[k].pack(&packed, text, TEXT_BYTES);
        for (size_t head = 0; head <= packed.count; head++) {
            struct tide_error error;
            int fd = file_of(packed.at + head, packed.count - head);
            assert_true(unpack(kinds[k].source, fd, packed.at, head, 5, &out, &error));
            assert_int_equal(out.count, TEXT_BYTES);
            assert_memory_equal(out.at, text, TEXT_BYTES);
        }
    }
}

static void members_and_frames_follow_each_other(void **state)
{
    (void)state;
    static struct bytes packed, plain;
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        packed.count = plain.count = 0;
        for (size_t part = 0; part < 30; part++) {
            size_t bytes = part * 7 % TEXT_BYTES; /* the first is empty */
            kinds[k].pack(&packed, text, bytes);
            pack_plain(&plain, text, bytes);
        }
        assert_unpacks(kinds[k].source, &packed, plain.at, plain.count);
        static struct bytes out;
        for (size_t chunk = 16; chunk < 50; chunk++) {
            struct tide_error error;
            int fd = pipe_of(packed.at, packed.count, chunk);
            assert_true(unpack(kinds[k].source, fd, NULL, 0, 50, &out, &error));
            assert_int_equal(out.count, plain.count);
            assert_memory_equal(out.at, plain.at, plain.count);
        }
    }
}

static void gzip_padded_with_zeros_is_whole(void **state)
{
    (void)state;
    static const char zeros[700];
    static struct bytes packed;
    for (size_t padding = 1; padding <= sizeof zeros; padding += 233) {
        packed.count = 0;
        pack_gzip(&packed, text, TEXT_BYTES);
        pack_plain(&packed, zeros, padding);
        assert_unpacks(&tide_source_gzip, &packed, text, TEXT_BYTES);
    }
}

static void gzip_header_with_every_field_is_read(void **state)
{
    (void)state;
    /* RFC 1952: extra field, name, comment, the header's CRC16; then tx1,5 and LF. */
    static const unsigned char member[] = {
        0x1f, 0x8b, 0x08, 0x1e, 0,    0,    0,    0,    2,    3,    3,    0,    'a',
        'b',  'c',  'n',  0,    'c',  0,    0x21, 0x14, 0x2b, 0xa9, 0x30, 0xd4, 0x31,
        0xe5, 0x02, 0x00, 0x92, 0x4e, 0xf7, 0xd3, 6,    0,    0,    0};
    static struct bytes out;
    for (size_t chunk = 1; chunk <= sizeof member; chunk++) {
        struct tide_error error;
        int fd = pipe_of((const char *)member, sizeof member, chunk);
        assert_true(unpack(&tide_source_gzip, fd, NULL, 0, 64, &out, &error));
        assert_int_equal(out.count, 6);
        assert_memory_equal(out.at, "tx1,5\n", 6);
    }
}

static void zstd_skippable_frames_are_skipped(void **state)
{
    (void)state;
    static const char skippable[] = {0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'};
    static struct bytes packed;
    packed.count = 0;
    pack_plain(&packed, skippable, sizeof skippable);
    assert_true(tide_source_zstd.recognises((const unsigned char *)packed.at, 4));
    assert_unpacks(&tide_source_zstd, &packed, "", 0);
    pack_zstd(&packed, text, TEXT_BYTES);
    pack_plain(&packed, skippable, sizeof skippable);
    assert_unpacks(&tide_source_zstd, &packed, text, TEXT_BYTES);
    packed.count--;
    assert_fails(&tide_source_zstd, &packed, "the zstd data ends too early");
}

static void silent_pipe_is_reported_and_what_came_is_handed_out_first(void **state)
{
    (void)state;
    static struct bytes packed;
    static char out[ROOM_BYTES];
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        packed.count = 0;
        kinds[k].pack(&packed, text, TEXT_BYTES);
        int ends[2];
        assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
        struct tide_error error = {0};
        void *source = kinds[k].source->open(ends[0], NULL, 0, &error);
        size_t total = 0, got;
        bool again;
        for (size_t at = 0; at < packed.count; at++) {
            assert_int_equal(write(ends[1], packed.at + at, 1), 1);
            do {
                assert_true(kinds[k].source->fill(source, out + total, 1000, &got, &again, &error));
                total += got;
            } while (got || kinds[k].source->holds_more(source));
            for (unsigned asked = 0; asked < 20; asked++) { /* often, and nothing has come */
                assert_true(kinds[k].source->fill(source, out, 1000, &got, &again, &error));
                assert_true(again && got == 0);
            }
            assert_int_equal(kinds[k].source->consumed(source), at + 1);
        }
        close(ends[1]);
        assert_true(kinds[k].source->fill(source, out + total, 1000, &got, &again, &error));
        assert_true(!again && got == 0);
        assert_int_equal(total, TEXT_BYTES);
        assert_memory_equal(out, text, TEXT_BYTES);
        kinds[k].source->close(source);
        close(ends[0]);
    }
}

/* Rows that pack neither to nothing nor not at all. */
static void write_rows(char *big)
{
    uint64_t random = 88172645463325252u; /* xorshift64, G. Marsaglia */
    for (size_t i = 0; i < BIG_BYTES; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        big[i] = i % 23 == 22 ? '\n' : (char)('0' + random % 10);
    }
}

static size_t pack_big(unsigned kind, char *packed, size_t room, char *plain)
{
    if (kinds[kind].source == &tide_source_zstd)
        return ZSTD_compress(packed, room, plain, BIG_BYTES, 3);
    if (kinds[kind].source == &tide_source_plain) {
        memcpy(packed, plain, BIG_BYTES);
        return BIG_BYTES;
    }
    struct isal_zstream stream;
    isal_deflate_init(&stream);
    stream.gzip_flag = IGZIP_GZIP;
    stream.end_of_stream = 1;
    stream.next_in = (unsigned char *)plain;
    stream.avail_in = BIG_BYTES;
    stream.next_out = (unsigned char *)packed;
    stream.avail_out = (uint32_t)room;
    assert_int_equal(isal_deflate(&stream), COMP_OK);
    return stream.total_out;
}

static void file_of_many_blocks_is_unpacked_whole(void **state)
{
    (void)state;
    static const size_t capacities[] = {1000, 65536, 262144, BIG_BYTES + 1};
    size_t room = 2 * (size_t)BIG_BYTES;
    char *plain = malloc(BIG_BYTES), *packed = malloc(room), *out = malloc(room);
    write_rows(plain);
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        size_t packed_bytes = pack_big(k, packed, room, plain);
        for (size_t c = 0; c < sizeof capacities / sizeof capacities[0]; c++) {
            struct tide_error error = {0};
            int fd = file_of(packed, packed_bytes);
            void *source = kinds[k].source->open(fd, NULL, 0, &error);
            size_t total = 0, got = 1;
            for (bool again = false; got || again; total += got)
                assert_true(kinds[k].source->fill(source, out + total, capacities[c], &got, &again,
                                                  &error));
            assert_int_equal(total, BIG_BYTES);
            assert_memory_equal(out, plain, BIG_BYTES);
            assert_int_equal(kinds[k].source->consumed(source), packed_bytes);
            kinds[k].source->close(source);
            close(fd);
        }
    }
    free(plain);
    free(packed);
    free(out);
}

static void first_bytes_tell_the_kind(void **state)
{
    (void)state;
    static const struct {
        const char *magic;
        size_t bytes;
        bool gzip, zstd;
    } cases[] = {
        {"", 0, false, false},
        {"\x1f", 1, false, false},
        {"\x28\xb5\x2f", 3, false, false},
        {"tx1,", 4, false, false},
        {"\x1f\x8b", 2, true, false},
        {"\x1f\x8b\x08\x00", 4, true, false},
        {"\x28\xb5\x2f\xfd", 4, false, true},
        {"\x50\x2a\x4d\x18", 4, false, true},
        {"\x5f\x2a\x4d\x18", 4, false, true},
        {"\x60\x2a\x4d\x18", 4, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const unsigned char *magic = (const unsigned char *)cases[i].magic;
        assert_int_equal(tide_source_gzip.recognises(magic, cases[i].bytes), cases[i].gzip);
        assert_int_equal(tide_source_zstd.recognises(magic, cases[i].bytes), cases[i].zstd);
        assert_true(tide_source_plain.recognises(magic, cases[i].bytes));
    }
}

static void close_of_null_does_nothing(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KIND_COUNT; k++) kinds[k].source->close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_of_every_size_give_the_same_bytes),
        cmocka_unit_test(head_of_every_size_comes_first),
        cmocka_unit_test(members_and_frames_follow_each_other),
        cmocka_unit_test(gzip_padded_with_zeros_is_whole),
        cmocka_unit_test(gzip_header_with_every_field_is_read),
        cmocka_unit_test(zstd_skippable_frames_are_skipped),
        cmocka_unit_test(silent_pipe_is_reported_and_what_came_is_handed_out_first),
        cmocka_unit_test(file_of_many_blocks_is_unpacked_whole),
        cmocka_unit_test(first_bytes_tell_the_kind),
        cmocka_unit_test(close_of_null_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
