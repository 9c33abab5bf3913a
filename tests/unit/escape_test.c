/* Does each kind of escaping write exactly what its reader takes back for the same bytes, and never
 * more of them than it says? */
#include "engine/text/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

struct escape_case {
    const char *text;
    size_t bytes; /* 0: up to the NUL */
    const char *expected;
};

typedef size_t escape_function(char *out, const char *text, size_t bytes);

static void check(escape_function *escape, const struct escape_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t bytes = cases[i].bytes ? cases[i].bytes : strlen(cases[i].text);
        char out[256];
        memset(out, '#', sizeof out);
        size_t written = escape(out, cases[i].text, bytes);
        if (written != strlen(cases[i].expected) || memcmp(out, cases[i].expected, written) != 0)
            fail_msg("case %zu: got %.*s, want %s", i, (int)written, out, cases[i].expected);
        assert_int_equal(out[written], '#');
    }
}

#define CHECK(escape, cases) check(escape, cases, sizeof(cases) / sizeof *(cases))

static void sequences_that_are_no_utf8_have_no_length(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",         /* nothing */
        "\x80",     /* a continuation alone */
        "\xc0\x80", /* overlong NUL */
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xed\xa0\x80",
        "\xed\xbf\xbf", /* surrogates */
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff", /* past U+10FFFF */
        "\xc2",
        "\xe2\x82",
        "\xf0\x9f\x98", /* cut short */
        "\xc2\x41",
        "\xe2\x82\x41",
        "\xe2\x41\xac", /* broken off */
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(tide_utf8_sequence(texts[i], strlen(texts[i])), 0);
}

static void valid_sequences_have_their_length(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {{"a", 1},
                 {"\x7f", 1},
                 {"\xc2\x80", 2},
                 {"\xdf\xbf", 2},
                 {"\xe0\xa0\x80", 3},
                 {"\xed\x9f\xbf", 3},
                 {"\xee\x80\x80", 3},
                 {"\xf0\x90\x80\x80", 4},
                 {"\xf4\x8f\xbf\xbf", 4},
                 {"ab", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(tide_utf8_sequence(cases[i].text, strlen(cases[i].text)), cases[i].length);
    assert_int_equal(tide_utf8_sequence("\0", 1), 1);
}

static void csv_quotes_only_what_needs_it(void **state)
{
    (void)state;
    static const struct escape_case cases[] = {
        {"", 0, ""},
        {"tx1", 0, "tx1"},
        {" a b ", 0, " a b "},
        {"a;b'c\t", 0, "a;b'c\t"},
        {"a,b", 0, "\"a,b\""},
        {"a\nb", 0, "\"a\nb\""},
        {"a\rb", 0, "\"a\rb\""},
        {"\"", 0, "\"\"\"\""},
        {"say \"hi\"", 0, "\"say \"\"hi\"\"\""},
        {"\xff,", 0, "\"\xff,\""},
    };
    CHECK(tide_escape_csv, cases);
}

static void csv_for_spreadsheets_has_no_field_that_begins_a_formula(void **state)
{
    (void)state;
    static const struct escape_case cases[] = {
        {"", 0, ""},
        {"tx1", 0, "tx1"},
        {"a=1", 0, "a=1"},
        {"'=1", 0, "'=1"},
        {" =1", 0, " =1"},
        {"say \"hi\"", 0, "\"say \"\"hi\"\"\""},
        {"=1+1", 0, "'=1+1"},
        {"+44", 0, "'+44"},
        {"-5", 0, "'-5"},
        {"-", 0, "'-"},
        {"@SUM(A1)", 0, "'@SUM(A1)"},
        {"\t=1", 0, "'\t=1"},
        {"\r=1", 0, "\"'\r=1\""},
        {"\n=1", 0, "\"'\n=1\""},
        {"=\"a\",b", 0, "\"'=\"\"a\"\",b\""},
    };
    CHECK(tide_escape_formula, cases);
    char out[8];
    assert_int_equal(tide_escape_formula(out, "\0=1", 3), 4);
    assert_memory_equal(out, "'\0=1", 4);
}

static void json_escapes_controls_and_bytes_that_are_no_utf8(void **state)
{
    (void)state;
    static const struct escape_case cases[] = {
        {"", 0, ""},
        {"tx1", 0, "tx1"},
        {"\"\\/", 0, "\\\"\\\\/"},
        {"\b\f\n\r\t", 0, "\\b\\f\\n\\r\\t"},
        {"\x00\x01\x1f\x7f", 4, "\\u0000\\u0001\\u001f\x7f"},
        {"\xea\xb1\xb0", 0, "\xea\xb1\xb0"},
        {"\xf0\x9f\x98\x80", 0, "\xf0\x9f\x98\x80"},
        {"a\xff\xc3", 0, "a\\udcff\\udcc3"},
        {"\xe2\x82x", 0, "\\udce2\\udc82x"},
        {"\xed\xa0\x80", 0, "\\udced\\udca0\\udc80"},
    };
    CHECK(tide_escape_json, cases);
}

static void python_text_is_what_repr_gives(void **state)
{
    (void)state;
    static const struct escape_case cases[] = {
        {"", 0, "''"},
        {"tx1", 0, "'tx1'"},
        {"it's", 0, "\"it's\""},
        {"\"x\"", 0, "'\"x\"'"},
        {"it's \"x\"", 0, "'it\\'s \"x\"'"},
        {"\\\n\r\t", 0, "'\\\\\\n\\r\\t'"},
        {"\x00\b\x1f\x7f", 4, "'\\x00\\x08\\x1f\\x7f'"},
        {"\xea\xb1\xb0\xf0\x9f\x98\x80", 0, "'\xea\xb1\xb0\xf0\x9f\x98\x80'"},
        {"\xc2\x85\xc2\xa0\xc2\xad\xc2\xa3", 0, "'\\x85\\xa0\\xad\xc2\xa3'"},
        {"\xe2\x80\x8b\xe3\x80\x80\xef\xbb\xbf", 0, "'\\u200b\\u3000\\ufeff'"},
        {"\xf3\xa0\x80\xa1\xf4\x8f\xbf\xbd", 0, "'\\U000e0021\\U0010fffd'"},
        {"a\xff\xe2\x82", 0, "'a\\udcff\\udce2\\udc82'"},
    };
    CHECK(tide_escape_python, cases);
}

static void a_shell_reads_one_word(void **state)
{
    (void)state;
    static const struct escape_case cases[] = {
        {"", 0, "''"},
        {"--key=a,b", 0, "--key=a,b"},
        {"/tmp/x_1.csv", 0, "/tmp/x_1.csv"},
        {"a b", 0, "'a b'"},
        {"sum > 1", 0, "'sum > 1'"},
        {"it's", 0, "'it'\\''s'"},
        {"'", 0, "''\\'''"},
        {"$(x)`y`!*?[~", 0, "'$(x)`y`!*?[~'"},
        {"a\nb", 0, "'a\nb'"},
        {"~", 0, "'~'"},
        {"#", 0, "'#'"},
        {"\xe9", 0, "'\xe9'"},
    };
    CHECK(tide_escape_shell, cases);
}

static void a_terminal_gets_no_control_it_would_obey(void **state)
{
    (void)state;
    static const struct escape_case cases[] = {
        {"", 0, ""},
        {"a\tb\n", 0, "a\tb\n"},
        {"\x1b[31m", 0, "\\x1b[31m"},
        {"\x00\r\x07\x7f", 4, "\\x00\\x0d\\x07\\x7f"},
        {"\xc2\x9b"
         "31m",
         0, "\\xc2\\x9b31m"},
        {"\xc2\xa0\xc2\xa3\xea\xb1\xb0", 0, "\xc2\xa0\xc2\xa3\xea\xb1\xb0"},
        {"\x9b"
         "31m\xff",
         0, "\\x9b31m\xff"},
    };
    CHECK(tide_escape_terminal, cases);
}

static void no_text_of_one_byte_outgrows_the_room_that_is_stated(void **state)
{
    (void)state;
    char out[16];
    for (int byte = 0; byte < 256; byte++) {
        char text = (char)byte;
        assert_true(tide_escape_csv(out, &text, 1) <= 4);
        assert_true(tide_escape_formula(out, &text, 1) <= 5);
        assert_true(tide_escape_json(out, &text, 1) <= 6);
        assert_true(tide_escape_python(out, &text, 1) <= 8);
        assert_true(tide_escape_shell(out, &text, 1) <= 6);
        assert_true(tide_escape_terminal(out, &text, 1) <= 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences_that_are_no_utf8_have_no_length),
        cmocka_unit_test(valid_sequences_have_their_length),
        cmocka_unit_test(csv_quotes_only_what_needs_it),
        cmocka_unit_test(csv_for_spreadsheets_has_no_field_that_begins_a_formula),
        cmocka_unit_test(json_escapes_controls_and_bytes_that_are_no_utf8),
        cmocka_unit_test(python_text_is_what_repr_gives),
        cmocka_unit_test(a_shell_reads_one_word),
        cmocka_unit_test(a_terminal_gets_no_control_it_would_obey),
        cmocka_unit_test(no_text_of_one_byte_outgrows_the_room_that_is_stated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
