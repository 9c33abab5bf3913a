/* Are results cut into records where CSV says they end, however long they are, and is the digest
 * that of the bytes? */
#include "engine/instruments/compare/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "operators/registry.h"

/* A file without a name, at its beginning. */
static int file_with(const char *bytes, size_t count)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    rewind(file);
    int fd = dup(fileno(file));
    fclose(file);
    assert_true(fd >= 0);
    return fd;
}

static void open_lines(struct tide_lines *lines, const char *bytes, size_t count)
{
    struct tide_error error = {0};
    assert_true(
        tide_lines_open(lines, file_with(bytes, count), "made up", tide_operators.sources, &error));
}

static void assert_records(const char *text, bool is_csv, const char *const wanted[])
{
    struct tide_lines lines;
    struct tide_span record;
    struct tide_error error = {0};
    open_lines(&lines, text, strlen(text));
    lines.is_csv = is_csv;
    for (; *wanted; wanted++) {
        assert_int_equal(tide_lines_next(&lines, &record, &error), TIDE_LINES_RECORD);
        assert_int_equal(record.bytes, strlen(*wanted));
        assert_memory_equal(record.at, *wanted, record.bytes);
    }
    assert_int_equal(tide_lines_next(&lines, &record, &error), TIDE_LINES_END);
    assert_int_equal(tide_lines_next(&lines, &record, &error), TIDE_LINES_END);
    tide_lines_close(&lines);
}

static void an_empty_file_has_no_records(void **state)
{
    (void)state;
    assert_records("", true, (const char *const[]){NULL});
    assert_records("\n\r\n\n", true, (const char *const[]){NULL});
}

static void an_open_quote_goes_on_to_the_end(void **state)
{
    (void)state;
    assert_records("a,\"b\nc\n", true, (const char *const[]){"a,\"b\nc\n", NULL});
}

static void line_ends_within_quotes_are_data_in_csv_only(void **state)
{
    (void)state;
    const char *text = "a,\"b\r\nc\",d\r\n\"\"\"\n\",e\nf\"g,\"\"\nh";
    assert_records(text, true,
                   (const char *const[]){"a,\"b\r\nc\",d", "\"\"\"\n\",e", "f\"g,\"\"", "h", NULL});
    assert_records(
        text, false,
        (const char *const[]){"a,\"b", "c\",d", "\"\"\"", "\",e", "f\"g,\"\"", "h", NULL});
}

static void records_longer_than_any_buffer_come_whole(void **state)
{
    (void)state;
    enum { BYTES = 5000000 };
    struct tide_lines lines;
    struct tide_span record;
    struct tide_error error = {0};
    char *text = malloc(BYTES);
    assert_non_null(text);
    memset(text, 'x', BYTES);
    memcpy(text, "a\n\"", 3);
    for (size_t i = 3; i < BYTES - 10; i += 997) text[i] = '\n';
    memcpy(text + BYTES - 6, "x\"\nend", 6);
    open_lines(&lines, text, BYTES);
    lines.is_csv = true;
    assert_int_equal(tide_lines_next(&lines, &record, &error), TIDE_LINES_RECORD);
    assert_int_equal(record.bytes, 1);
    assert_int_equal(tide_lines_next(&lines, &record, &error), TIDE_LINES_RECORD);
    assert_int_equal(record.bytes, BYTES - 2 - 4);
    assert_memory_equal(record.at, text + 2, record.bytes);
    assert_int_equal(tide_lines_next(&lines, &record, &error), TIDE_LINES_RECORD);
    assert_int_equal(record.bytes, 3);
    assert_int_equal(lines.byte_count, BYTES);
    tide_lines_close(&lines);
    free(text);
}

static void digest_of(const char *text, bool reads_all, uint64_t words[2])
{
    struct tide_lines lines;
    struct tide_span record;
    struct tide_error error = {0};
    open_lines(&lines, text, strlen(text));
    assert_true(tide_lines_look(&lines, 1 << 16, &record, &error));
    while (reads_all && tide_lines_next(&lines, &record, &error) == TIDE_LINES_RECORD) {}
    tide_lines_digest(&lines, words);
    tide_lines_close(&lines);
}

static void the_digest_is_that_of_the_bytes(void **state)
{
    (void)state;
    uint64_t a[2], b[2];
    digest_of("a\nb\n", true, a);
    digest_of("a\nb\n", false, b);
    assert_memory_equal(a, b, sizeof a);
    digest_of("a\nb", true, b);
    assert_memory_not_equal(a, b, sizeof a);
    digest_of("a\r\nb", true, b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void what_is_looked_at_is_still_there(void **state)
{
    (void)state;
    struct tide_lines lines;
    struct tide_span front, record;
    struct tide_error error = {0};
    open_lines(&lines, "abc\ndef\n", 8);
    assert_true(tide_lines_look(&lines, 100, &front, &error));
    assert_int_equal(front.bytes, 8);
    tide_lines_skip(&lines, 2);
    assert_int_equal(tide_lines_next(&lines, &record, &error), TIDE_LINES_RECORD);
    assert_int_equal(record.bytes, 1);
    tide_lines_close(&lines);
}

static void what_cannot_be_read_is_named(void **state)
{
    (void)state;
    struct tide_lines lines;
    struct tide_error error = {0};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_false(tide_lines_open(&lines, ends[1], "made up", tide_operators.sources, &error));
    assert_string_equal(error.text, "cannot read made up: Bad file descriptor");
    tide_lines_close(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_read_is_named),
        cmocka_unit_test(an_empty_file_has_no_records),
        cmocka_unit_test(an_open_quote_goes_on_to_the_end),
        cmocka_unit_test(line_ends_within_quotes_are_data_in_csv_only),
        cmocka_unit_test(records_longer_than_any_buffer_come_whole),
        cmocka_unit_test(the_digest_is_that_of_the_bytes),
        cmocka_unit_test(what_is_looked_at_is_still_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
