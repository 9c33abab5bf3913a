/* Do any bytes read back as they were from CSV, JSON, Python and a shell, and reach a terminal
 * without a control character? */
#include "tests/fuzz/target.h"

#include "engine/instruments/compare/flink_line.h"
#include "engine/text/csv.h"
#include "engine/text/escape.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

enum { BYTES_MAX = 1024, ROOM_BYTES = 6 * BYTES_MAX + 64 };

static bool is_text(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    return a_bytes == b_bytes && memcmp(a, b, a_bytes) == 0;
}

static bool is_utf8(const char *text, size_t bytes)
{
    for (size_t at = 0, step; at < bytes; at += step)
        if ((step = tide_utf8_sequence(text + at, bytes - at)) == 0) return false;
    return true;
}

static void check_csv(const char *text, size_t bytes)
{
    char field[ROOM_BYTES], scratch[ROOM_BYTES];
    size_t written = tide_escape_csv(field, text, bytes), got;
    FUZZ_CHECK(written <= 2 * bytes + 2);
    const char *contents = tide_csv_field(field, written, scratch, &got);
    FUZZ_CHECK(is_text(contents, got, text, bytes));
}

static void check_json(const char *text, size_t bytes)
{
    char string[ROOM_BYTES] = "\"";
    size_t written = tide_escape_json(string + 1, text, bytes);
    FUZZ_CHECK(written <= 6 * bytes);
    for (size_t i = 1; i <= written; i++) FUZZ_CHECK((unsigned char)string[i] >= ' ');
    string[written + 1] = '"';
    json_t *root = json_loadb(string, written + 2, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    FUZZ_CHECK((root != NULL) == is_utf8(text, bytes)); /* else there is half a pair */
    if (root) FUZZ_CHECK(is_text(json_string_value(root), json_string_length(root), text, bytes));
    json_decref(root);
}

/* As the key of an element that a Flink job in Python has printed. */
static void check_python(const char *text, size_t bytes)
{
    char line[ROOM_BYTES] = "name:3> (", scratch[ROOM_BYTES];
    static const char rest[] = ", -5, 1.5)";
    size_t begin = strlen(line), written = tide_escape_python(line + begin, text, bytes);
    FUZZ_CHECK(written <= 6 * bytes + 2);
    memcpy(line + begin + written, rest, sizeof rest - 1);
    struct tide_flink_line read =
        tide_flink_line_read((struct tide_span){line, begin + written + sizeof rest - 1}, scratch);
    FUZZ_CHECK(read.kind == TIDE_FLINK_ELEMENT && read.subtask == 3);
    FUZZ_CHECK(is_text(read.key.at, read.key.bytes, text, bytes));
    FUZZ_CHECK(read.time_ms == -5 && is_text(read.value_text.at, read.value_text.bytes, "1.5", 3));
}

/* Unquoted by a shell's rules for '...' and backslashes; nothing else may have a meaning. */
static void check_shell(const char *text, size_t bytes)
{
    char word[ROOM_BYTES], out[ROOM_BYTES];
    size_t written = tide_escape_shell(word, text, bytes), count = 0;
    FUZZ_CHECK(written <= 4 * bytes + 2 && written > 0);
    bool is_quoted = false;
    for (size_t i = 0; i < written; i++) {
        if (word[i] == '\'') is_quoted = !is_quoted;
        else if (is_quoted) out[count++] = word[i];
        else if (word[i] == '\\') out[count++] = word[++i];
        else {
            FUZZ_CHECK(!strchr("|&;<>()$`\"*?[]#~! \t\n{}", word[i]));
            out[count++] = word[i];
        }
    }
    FUZZ_CHECK(!is_quoted && is_text(out, count, text, bytes));
}

static void check_terminal(const char *text, size_t bytes)
{
    char out[ROOM_BYTES];
    size_t written = tide_escape_terminal(out, text, bytes);
    FUZZ_CHECK(written <= 4 * bytes);
    for (size_t i = 0; i < written; i++) {
        unsigned char byte = (unsigned char)out[i];
        FUZZ_CHECK((byte >= ' ' || byte == '\n' || byte == '\t') && byte != 0x7f);
        size_t sequence = tide_utf8_sequence(out + i, written - i);
        FUZZ_CHECK(sequence > 0 || byte < 0x80 || byte > 0x9f);
        FUZZ_CHECK(sequence != 2 || byte != 0xc2 || (unsigned char)out[i + 1] > 0x9f);
        if (sequence > 1) i += sequence - 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    const char *text = (const char *)data;
    if (bytes > BYTES_MAX) bytes = BYTES_MAX;
    check_csv(text, bytes);
    check_json(text, bytes);
    check_python(text, bytes);
    check_shell(text, bytes);
    check_terminal(text, bytes);
    return 0;
}
