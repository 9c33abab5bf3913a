/* Is packed data that is torn, damaged or followed by something else an error, and never other
 * bytes? */
#include "tests/unit/packed.h"

static void data_cut_at_any_byte_is_an_error(void **state)
{
    (void)state;
    static struct bytes packed, out;
    for (unsigned k = 0; k < PACKED_KIND_COUNT; k++) {
        packed.count = 0;
        kinds[k].pack(&packed, text, TEXT_BYTES);
        for (size_t count = 0; count < packed.count; count++) {
            struct tide_error error;
            if (unpack_file(kinds[k].source, packed.at, count, &out, &error))
                fail_msg("%s cut at byte %zu was taken", kinds[k].source->name, count);
            assert_string_equal(error.text, kinds[k].torn);
            if (count == 0) continue;
            /* Cut, and the writer's last piece was what came before. */
            int fd = pipe_of(packed.at, count, count);
            assert_false(unpack(kinds[k].source, fd, NULL, 0, 7, &out, &error));
            assert_string_equal(error.text, kinds[k].torn);
        }
    }
}

static void second_part_cut_at_any_byte_is_an_error(void **state)
{
    (void)state;
    static struct bytes packed, out;
    for (unsigned k = 0; k < PACKED_KIND_COUNT; k++) {
        packed.count = 0;
        kinds[k].pack(&packed, text, TEXT_BYTES);
        size_t first = packed.count;
        kinds[k].pack(&packed, text, 40);
        for (size_t count = first + 1; count < packed.count; count++) {
            struct tide_error error;
            if (unpack_file(kinds[k].source, packed.at, count, &out, &error))
                fail_msg("%s cut at byte %zu was taken", kinds[k].source->name, count);
            assert_string_equal(error.text, kinds[k].torn);
        }
    }
}

static void flipped_bit_gives_an_error_or_the_same_bytes(void **state)
{
    (void)state;
    static struct bytes packed, out;
    for (unsigned k = 0; k < PACKED_KIND_COUNT; k++) {
        packed.count = 0;
        kinds[k].pack(&packed, text, TEXT_BYTES);
        unsigned refused = 0;
        for (size_t bit = 0; bit < 8 * packed.count; bit++) {
            struct tide_error error;
            packed.at[bit / 8] = (char)(packed.at[bit / 8] ^ 1 << bit % 8);
            bool ok = unpack_file(kinds[k].source, packed.at, packed.count, &out, &error);
            packed.at[bit / 8] = (char)(packed.at[bit / 8] ^ 1 << bit % 8);
            if (ok && (out.count != TEXT_BYTES || memcmp(out.at, text, TEXT_BYTES) != 0))
                fail_msg("%s with bit %zu flipped gave other bytes", kinds[k].source->name, bit);
            assert_int_equal(ok, error.exit == TIDE_EXIT_OK);
            refused += !ok;
        }
        assert_true(refused > 8 * packed.count / 2);
    }
}

static void gzip_trailer_is_checked(void **state)
{
    (void)state;
    static struct bytes packed;
    for (size_t back = 1; back <= 8; back++) {
        packed.count = 0;
        pack_gzip(&packed, text, TEXT_BYTES);
        size_t at = packed.count - back;
        packed.at[at] = (char)(packed.at[at] + 1);
        static struct bytes out;
        struct tide_error error;
        assert_false(unpack_file(&tide_source_gzip, packed.at, packed.count, &out, &error));
        assert_non_null(strstr(error.text, "checksum or length is wrong"));
    }
}

static void garbage_behind_packed_data_is_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *garbage;
        size_t bytes;
    } cases[] = {{"garbage", 7}, {"\x1f!garbage, much of it", 22}, {"\0\0\0x", 4}};
    static struct bytes packed, out;
    for (unsigned k = 0; k < PACKED_KIND_COUNT; k++) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            packed.count = 0;
            kinds[k].pack(&packed, text, TEXT_BYTES);
            pack_plain(&packed, cases[i].garbage, cases[i].bytes);
            struct tide_error error;
            assert_false(unpack_file(kinds[k].source, packed.at, packed.count, &out, &error));
            assert_non_null(strstr(error.text, "followed by something else"));
        }
    }
}

static void gzip_method_that_is_not_deflate_is_refused(void **state)
{
    (void)state;
    static struct bytes packed;
    packed.count = 0;
    pack_gzip(&packed, text, TEXT_BYTES);
    packed.at[2] = 7;
    assert_fails(&tide_source_gzip, &packed, "the gzip data is packed by an unknown method");
}

/* A frame of no bytes whose window descriptor names 2^log bytes. */
static void pack_empty_zstd_frame(struct bytes *packed, unsigned window_log)
{
    const char frame[] = {0x28, (char)0xb5, 0x2f, (char)0xfd, 0, (char)((window_log - 10) << 3),
                          1,    0,          0};
    packed->count = 0;
    pack_plain(packed, frame, sizeof frame);
}

static void zstd_window_beyond_the_limit_is_refused_with_advice(void **state)
{
    (void)state;
    static struct bytes packed;
    pack_empty_zstd_frame(&packed, 28);
    assert_fails(&tide_source_zstd, &packed,
                 "the zstd data needs a window of more than 128 MiB; unpack it first: "
                 "zstd -dc --long=31 FILE | ...");
    pack_empty_zstd_frame(&packed, 27);
    assert_unpacks(&tide_source_zstd, &packed, "", 0);
}

static void unreadable_descriptor_is_an_error(void **state)
{
    (void)state;
    static struct bytes out;
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        struct tide_error error;
        int fd = open("/", O_RDONLY);
        assert_false(unpack(kinds[k].source, fd, NULL, 0, 256, &out, &error));
        assert_string_equal(error.text, "cannot read: Is a directory");
    }
}

/* libzstd looks only where there is room for all of the frame at once. */
static void zstd_frame_of_another_length_than_its_header_names_is_refused(void **state)
{
    (void)state;
    static const char frame[] = "\x28\xb5\x2f\xfd\x20\x20\x01\x00\x00"; /* 32 bytes, and none */
    static const size_t capacities[] = {1, 31, 32, 4096};
    static struct bytes out;
    for (size_t i = 0; i < sizeof capacities / sizeof capacities[0]; i++) {
        for (size_t chunk = 1; chunk < sizeof frame; chunk++) {
            struct tide_error error;
            int fd = pipe_of(frame, sizeof frame - 1, chunk);
            assert_false(unpack(&tide_source_zstd, fd, NULL, 0, capacities[i], &out, &error));
            assert_non_null(strstr(error.text, "the zstd data is damaged"));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_cut_at_any_byte_is_an_error),
        cmocka_unit_test(second_part_cut_at_any_byte_is_an_error),
        cmocka_unit_test(flipped_bit_gives_an_error_or_the_same_bytes),
        cmocka_unit_test(gzip_trailer_is_checked),
        cmocka_unit_test(garbage_behind_packed_data_is_an_error),
        cmocka_unit_test(gzip_method_that_is_not_deflate_is_refused),
        cmocka_unit_test(zstd_window_beyond_the_limit_is_refused_with_advice),
        cmocka_unit_test(zstd_frame_of_another_length_than_its_header_names_is_refused),
        cmocka_unit_test(unreadable_descriptor_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
