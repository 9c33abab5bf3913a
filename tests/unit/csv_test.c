/* Is a field's content what RFC 4180 and the spreadsheets mean by it, is every physical line
 * counted once, and does the index forget and keep what it should? */
#include "engine/text/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "chance.h"
#include "naive_csv.h"

enum { FIELD_BYTES_MAX = 24, TEXT_BYTES_MAX = 64 };

static const struct {
    const char *raw, *content;
} fields[] = {
    {"", ""},
    {"plain", "plain"},
    {"\"\"", ""},
    {"\"quoted\"", "quoted"},
    {"\"a,b\"", "a,b"},
    {"\"a\nb\"", "a\nb"},
    {"\"a\"\"b\"", "a\"b"},
    {"\"\"\"\"", "\""},
    {"\"\"\"\"\"\"", "\"\""},
    {"\"\"\"a\"\"\"", "\"a\""},
    {"a\"b", "a\"b"}, /* literal, not at the beginning */
    {"a\"\"b", "a\"\"b"},
    {" \"a\"", " \"a\""},
    {"\"a\"b", "ab"}, /* behind the closing quote: as it stands */
    {"\"a\"b\"c\"", "ab\"c\""},
    {"\"a\" ", "a "},
    {"\"\"b", "b"},
    {"\"a\"\"b\"c\"\"d", "a\"bc\"\"d"},
    {"\"", ""}, /* still open at the end of the file */
    {"\"open", "open"},
    {"\"open\"\"", "open\""},
    {"\"\"\"", "\""},
    {"\"a\"\"b", "a\"b"},
};

static void content_of_a_field_is_what_the_rules_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        char scratch[FIELD_BYTES_MAX];
        size_t bytes, expected = strlen(fields[i].content);
        const char *content = tide_csv_field(fields[i].raw, strlen(fields[i].raw), scratch, &bytes);
        if (bytes != expected || memcmp(content, fields[i].content, bytes) != 0)
            fail_msg("[%s] gives [%.*s]", fields[i].raw, (int)bytes, content);
    }
}

static size_t unquote_naively(const char *raw, size_t bytes, char *content)
{
    size_t count = 0;
    bool quoted = bytes > 0 && raw[0] == '"', inside = quoted;
    for (size_t i = quoted; i < bytes; i++) {
        if (inside && raw[i] == '"') {
            if (i + 1 < bytes && raw[i + 1] == '"') i++;
            else inside = false;
            if (!inside) continue;
        }
        content[count++] = raw[i];
    }
    return count;
}

static void content_of_any_bytes_is_that_of_a_naive_reader(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    for (unsigned round = 0; round < 200000; round++) {
        char raw[FIELD_BYTES_MAX], scratch[FIELD_BYTES_MAX], expected[FIELD_BYTES_MAX];
        size_t bytes, count = chance_below(&chance, FIELD_BYTES_MAX + 1);
        for (size_t i = 0; i < count; i++) raw[i] = chance_is(&chance, 2) ? '"' : 'a';
        size_t expected_bytes = unquote_naively(raw, count, expected);
        const char *content = tide_csv_field(raw, count, scratch, &bytes);
        if (bytes != expected_bytes || memcmp(content, expected, bytes) != 0)
            fail_msg("[%.*s] gives [%.*s]", (int)count, raw, (int)bytes, content);
    }
}

static void lf_cr_and_crlf_are_one_line_end_each(void **state)
{
    (void)state;
    static const struct {
        char before;
        const char *text;
        uint64_t lines;
    } cases[] = {
        {0, "", 0},         {0, "abc", 0},    {0, "\n", 1},    {0, "\r", 1},
        {0, "\r\n", 1},     {0, "\n\r", 2},   {0, "\n\n", 2},  {0, "\r\r", 2},
        {0, "\r\n\r\n", 2}, {0, "\r\r\n", 2}, {'\r', "\n", 0}, {'\n', "\n", 1},
        {'\r', "\r\n", 1},  {'\r', "a\n", 1}, {'a', "\n", 1},  {0, "\"\n\"", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(
            tide_csv_count_lines(cases[i].before, cases[i].text, strlen(cases[i].text)),
            cases[i].lines);
}

static void lines_of_the_parts_add_up_wherever_a_text_is_cut(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    for (unsigned round = 0; round < 20000; round++) {
        char text[TEXT_BYTES_MAX];
        uint32_t bytes = draw_text(&chance, text, TEXT_BYTES_MAX);
        uint64_t whole = tide_csv_count_lines(0, text, bytes);
        for (uint32_t cut = 1; cut < bytes; cut++)
            assert_int_equal(tide_csv_count_lines(0, text, cut) +
                                 tide_csv_count_lines(text[cut - 1], text + cut, bytes - cut),
                             whole);
    }
}

static void open_index(struct tide_csv_index *index)
{
    struct tide_error error = {0};
    assert_true(tide_csv_index_init(index, 1000, ',', &error));
}

/* As if "ab,c\nd,e\nfg" had been scanned. */
static void fill_index(struct tide_csv_index *index)
{
    static const uint32_t separators[] = {2, 4, 6, 8}, row_ends[] = {4, 8};
    memcpy(index->separators, separators, sizeof separators);
    memcpy(index->row_ends, row_ends, sizeof row_ends);
    index->separator_count = 4;
    index->row_end_count = 2;
    index->line_count = 2;
    index->state = TIDE_CSV_QUOTED;
    index->has_quote = index->has_nul = index->ends_in_cr = true;
}

static void new_block_keeps_state_and_lines_and_forgets_offsets(void **state)
{
    (void)state;
    struct tide_csv_index index;
    open_index(&index);
    fill_index(&index);
    index.separator_next = index.row_next = 1;
    tide_csv_index_new_block(&index);
    assert_int_equal(index.separator_count, 0);
    assert_int_equal(index.row_end_count, 0);
    assert_int_equal(index.separator_next, 0);
    assert_int_equal(index.row_next, 0);
    assert_int_equal(index.separators[-1] + 1, 0);
    assert_int_equal(index.state, TIDE_CSV_QUOTED);
    assert_int_equal(index.line_count, 2);
    assert_true(index.ends_in_cr);
    assert_false(index.has_quote);
    assert_false(index.has_nul);
    tide_csv_index_fini(&index);
}

static void new_file_forgets_everything(void **state)
{
    (void)state;
    struct tide_csv_index index;
    open_index(&index);
    fill_index(&index);
    tide_csv_index_new_file(&index);
    assert_int_equal(index.separator_count, 0);
    assert_int_equal(index.state, TIDE_CSV_START);
    assert_int_equal(index.line_count, 0);
    assert_false(index.ends_in_cr);
    tide_csv_index_fini(&index);
}

static void compact_keeps_what_was_not_taken_and_the_row_end_before_it(void **state)
{
    (void)state;
    struct tide_csv_index index;
    open_index(&index);
    fill_index(&index);
    index.separator_next = 2; /* the first row is taken */
    index.row_next = 1;
    tide_csv_index_compact(&index);
    assert_int_equal(index.separator_count, 2);
    assert_int_equal(index.row_end_count, 1);
    assert_int_equal(index.separator_next, 0);
    assert_int_equal(index.row_next, 0);
    assert_int_equal(index.separators[-1], 4);
    assert_int_equal(index.separators[0], 6);
    assert_int_equal(index.separators[1], 8);
    assert_int_equal(index.row_ends[0], 8);
    index.separator_next = 2;
    index.row_next = 1;
    tide_csv_index_compact(&index);
    assert_int_equal(index.separator_count, 0);
    assert_int_equal(index.separators[-1], 8);
    tide_csv_index_fini(&index);
}

static void fini_of_a_zeroed_index_is_fine(void **state)
{
    (void)state;
    struct tide_csv_index index = {0};
    tide_csv_index_fini(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_of_a_field_is_what_the_rules_say),
        cmocka_unit_test(content_of_any_bytes_is_that_of_a_naive_reader),
        cmocka_unit_test(lf_cr_and_crlf_are_one_line_end_each),
        cmocka_unit_test(lines_of_the_parts_add_up_wherever_a_text_is_cut),
        cmocka_unit_test(new_block_keeps_state_and_lines_and_forgets_offsets),
        cmocka_unit_test(new_file_forgets_everything),
        cmocka_unit_test(compact_keeps_what_was_not_taken_and_the_row_end_before_it),
        cmocka_unit_test(fini_of_a_zeroed_index_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
