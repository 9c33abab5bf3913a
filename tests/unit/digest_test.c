/* Do two files have the same digest exactly if they hold the same bytes, and the same multiset
 * digest exactly if they hold the same lines, as often, in whatever order? */
#include "output_folder.h"

#include "engine/instruments/bench/digest.h"

#include <inttypes.h>
#include <xxhash.h>

static struct tide_file_digest digest_of(const char *text, size_t bytes)
{
    struct tide_error error = {0};
    struct tide_file_digest digest;
    FILE *file = fopen("file", "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, bytes, file), bytes);
    fclose(file);
    assert_true(tide_digest_file("file", TIDE_DIGEST_BOTH, &digest, &error));
    assert_int_equal(digest.bytes, bytes);
    return digest;
}

static bool same_lines(const char *a, const char *b)
{
    return tide_digest_equal(digest_of(a, strlen(a)).multiset, digest_of(b, strlen(b)).multiset);
}

static bool same_bytes(const char *a, const char *b)
{
    return tide_digest_equal(digest_of(a, strlen(a)).sequence, digest_of(b, strlen(b)).sequence);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct tide_error error = {0};
    struct tide_file_digest digest;
    assert_false(tide_digest_file("nosuch", TIDE_DIGEST_BOTH, &digest, &error));
    assert_string_equal(error.text, "cannot open nosuch: No such file or directory");
    assert_false(tide_digest_file(".", TIDE_DIGEST_BOTH, &digest, &(struct tide_error){0}));
}

static void a_change_of_a_line_shows_in_both(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"a\nb\n", "a\nc\n"},       /* another byte */
        {"a\nb\n", "a\nb\nb\n"},    /* once more */
        {"a\na\nb\n", "a\nb\nb\n"}, /* how often */
        {"a\na\n", "b\nb\n"},       /* pairs, which exclusive or would lose */
        {"a\nb\n", "ab\n\n"},       /* where a line ends */
        {"a\n", "a\n\n"},           /* an empty one */
        {"", "\n"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        assert_false(same_lines(pairs[i][0], pairs[i][1]));
        assert_false(same_bytes(pairs[i][0], pairs[i][1]));
    }
}

static void the_order_of_lines_shows_in_the_sequence_only(void **state)
{
    (void)state;
    assert_true(same_lines("a\nb\nc\nb\n", "b\nc\nb\na\n"));
    assert_false(same_bytes("a\nb\nc\nb\n", "b\nc\nb\na\n"));
}

static void a_last_line_without_its_end_is_a_line(void **state)
{
    (void)state;
    assert_true(same_lines("a\nb", "b\na\n"));
}

static void the_sequence_is_xxh3_of_all_bytes(void **state)
{
    (void)state;
    char text[TIDE_DIGEST_TEXT_BYTES], expected[TIDE_DIGEST_TEXT_BYTES];
    XXH128_hash_t hash = XXH3_128bits("a\nb\n", 4);
    tide_digest_print(digest_of("a\nb\n", 4).sequence, text);
    snprintf(expected, sizeof expected, "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64,
             (uint64_t)hash.low64);
    assert_string_equal(text, expected);
}

/* Across the ends of what is read at a time, 1 MiB: lines of one to two thousand bytes, and one
 * that is longer than that. */
static void long_files_and_lines_are_read_whole(void **state)
{
    (void)state;
    enum { BYTES = 5 << 20, LONG_LINE = 3 << 20 };
    char *text = malloc(BYTES), *reversed = malloc(BYTES);
    assert_non_null(text);
    assert_non_null(reversed);
    size_t at = 0;
    for (size_t line = 0; at < BYTES; line++) {
        size_t bytes = line == 7 ? LONG_LINE : 1000 + line * 37 % 1000;
        if (bytes > BYTES - at) bytes = BYTES - at;
        memset(text + at, 'a' + (char)(line % 26), bytes - 1);
        text[at + bytes - 1] = '\n';
        memcpy(reversed + BYTES - at - bytes, text + at, bytes);
        at += bytes;
    }
    struct tide_file_digest forth = digest_of(text, BYTES), back = digest_of(reversed, BYTES);
    XXH128_hash_t hash = XXH3_128bits(text, BYTES);
    assert_true(forth.sequence.low == hash.low64 && forth.sequence.high == hash.high64);
    assert_false(tide_digest_equal(forth.sequence, back.sequence));
    assert_true(tide_digest_equal(forth.multiset, back.multiset));
    free(text);
    free(reversed);
}

static void lines_are_left_alone_if_not_asked_for(void **state)
{
    (void)state;
    struct tide_file_digest digest;
    put_file("file", "a\nb\n");
    assert_true(tide_digest_file("file", TIDE_DIGEST_SEQUENCE, &digest, &(struct tide_error){0}));
    assert_true(tide_digest_equal(digest.multiset, (struct tide_digest){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_file_that_is_not_there_is_named),
        IN_FOLDER(a_change_of_a_line_shows_in_both),
        IN_FOLDER(the_order_of_lines_shows_in_the_sequence_only),
        IN_FOLDER(a_last_line_without_its_end_is_a_line),
        IN_FOLDER(the_sequence_is_xxh3_of_all_bytes),
        IN_FOLDER(long_files_and_lines_are_read_whole),
        IN_FOLDER(lines_are_left_alone_if_not_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
