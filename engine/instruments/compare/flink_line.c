#include "engine/instruments/compare/flink_line.h"

#include "engine/text/escape.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBER_BYTES = 64 };

static const char detection_before[] = "이상 거래 감지: ";

/* What is left of a line, and where its key goes. */
struct cursor {
    const char *at, *end;
    char *out;
};

static bool take(struct cursor *cursor, const char *text)
{
    size_t bytes = strlen(text);
    if ((size_t)(cursor->end - cursor->at) < bytes || memcmp(cursor->at, text, bytes) != 0)
        return false;
    cursor->at += bytes;
    return true;
}

static void put_code_point(struct cursor *cursor, uint32_t code)
{
    if (code < 0x80) {
        *cursor->out++ = (char)code;
    } else if (code >= 0xdc80 && code <= 0xdcff) { /* a byte that was no UTF-8 (PEP 383) */
        *cursor->out++ = (char)(code - 0xdc00);
    } else {
        unsigned tail = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        static const unsigned heads[] = {0, 0xc0, 0xe0, 0xf0};
        *cursor->out++ = (char)(heads[tail] | code >> (6 * tail));
        while (tail-- > 0) *cursor->out++ = (char)(0x80 | (code >> (6 * tail) & 0x3f));
    }
}

static bool take_hex(struct cursor *cursor, unsigned digits, uint32_t *code)
{
    *code = 0;
    for (; digits > 0; digits--, cursor->at++) {
        if (cursor->at == cursor->end) return false;
        char c = *cursor->at;
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                                                : 16;
        if (digit == 16) return false;
        *code = *code << 4 | digit;
    }
    return *code <= 0x10ffff;
}

/* Behind a backslash. */
static bool take_escape(struct cursor *cursor)
{
    static const char letters[] = "nrt\\'\"", meanings[] = "\n\r\t\\'\"";
    if (cursor->at == cursor->end) return false;
    char letter = *cursor->at++;
    const char *known = letter ? strchr(letters, letter) : NULL;
    if (known) {
        *cursor->out++ = meanings[known - letters];
        return true;
    }
    unsigned digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    uint32_t code;
    if (digits == 0 || !take_hex(cursor, digits, &code)) return false;
    put_code_point(cursor, code);
    return true;
}

/* Python's repr of a str. */
static bool take_repr(struct cursor *cursor)
{
    char quote = *cursor->at++;
    while (cursor->at < cursor->end && *cursor->at != quote) {
        if (*cursor->at != '\\') {
            *cursor->out++ = *cursor->at++;
            continue;
        }
        cursor->at++;
        if (!take_escape(cursor)) return false;
    }
    if (cursor->at == cursor->end) return false;
    cursor->at++;
    return true;
}

/* Parts with ", " behind each; what follows is no quote. */
static bool take_python_key(struct cursor *cursor)
{
    while (cursor->at < cursor->end && (*cursor->at == '\'' || *cursor->at == '"')) {
        if (!take_repr(cursor) || !take(cursor, ", ")) return false;
        *cursor->out++ = '\0';
    }
    cursor->out--; /* the NUL behind the last part */
    return true;
}

/* All up to the last but one comma; of several parts one cannot tell where they end, unless they
 * hold no comma. */
static bool take_java_key(struct cursor *cursor)
{
    const char *value = memrchr(cursor->at, ',', (size_t)(cursor->end - cursor->at));
    const char *time = value ? memrchr(cursor->at, ',', (size_t)(value - cursor->at)) : NULL;
    if (!time) return false;
    for (; cursor->at < time; cursor->at++)
        *cursor->out++ = *cursor->at == ',' ? '\0' : *cursor->at;
    cursor->at++;
    return true;
}

static bool take_integer(struct cursor *cursor, int64_t *value)
{
    char text[NUMBER_BYTES];
    size_t bytes = cursor->at < cursor->end && *cursor->at == '-';
    while (cursor->at + bytes < cursor->end && cursor->at[bytes] >= '0' && cursor->at[bytes] <= '9')
        bytes++;
    if (bytes == 0 || bytes >= sizeof text) return false;
    memcpy(text, cursor->at, bytes);
    text[bytes] = '\0';
    char *end;
    *value = strtoll(text, &end, 10);
    cursor->at += bytes;
    return *end == '\0' && end != text;
}

/* As Python and Java print doubles, up to the parenthesis. */
static bool take_value(struct cursor *cursor, struct tide_flink_line *line)
{
    char text[NUMBER_BYTES];
    const char *close = memchr(cursor->at, ')', (size_t)(cursor->end - cursor->at));
    if (!close || close == cursor->at || (size_t)(close - cursor->at) >= sizeof text) return false;
    line->value_text = (struct tide_span){cursor->at, (size_t)(close - cursor->at)};
    memcpy(text, cursor->at, line->value_text.bytes);
    text[line->value_text.bytes] = '\0';
    if (text[strspn(text, "0123456789+-.eEinfatyINF")]) return false; /* no 0x, no blanks */
    char *end;
    line->value = strtod(text, &end);
    cursor->at = close + 1;
    return *end == '\0';
}

static bool take_tuple(struct cursor *cursor, char *scratch, struct tide_flink_line *line)
{
    if (!take(cursor, "(") || cursor->at == cursor->end) return false;
    bool is_python = *cursor->at == '\'' || *cursor->at == '"';
    if (!(is_python ? take_python_key(cursor) : take_java_key(cursor))) return false;
    line->key = (struct tide_span){scratch, (size_t)(cursor->out - scratch)};
    return take_integer(cursor, &line->time_ms) && take(cursor, is_python ? ", " : ",") &&
           take_value(cursor, line);
}

/* The number in "NAME:SUBTASK" or "SUBTASK"; 0 if there is none. */
static unsigned subtask_of(const char *prefix, size_t bytes)
{
    size_t digits = 0;
    unsigned long number = 0;
    while (digits < bytes && prefix[bytes - 1 - digits] >= '0' && prefix[bytes - 1 - digits] <= '9')
        digits++;
    bool stands_alone = digits == bytes || prefix[bytes - 1 - digits] == ':';
    if (digits == 0 || digits > 5 || !stands_alone) return 0;
    for (size_t i = bytes - digits; i < bytes; i++)
        number = number * 10 + (unsigned long)(prefix[i] - '0');
    return number <= TIDE_FLINK_SUBTASK_MAX ? (unsigned)number : 0;
}

struct tide_flink_line tide_flink_line_read(struct tide_span text, char *scratch)
{
    struct tide_flink_line line = {.kind = TIDE_FLINK_ELEMENT};
    const struct tide_flink_line other = {.kind = TIDE_FLINK_OTHER};
    struct cursor cursor = {text.at, text.at + text.bytes, scratch};
    if (take(&cursor, detection_before)) {
        line.kind = TIDE_FLINK_DETECTION;
        return take_tuple(&cursor, scratch, &line) && take(&cursor, ", ") ? line : other;
    }
    const char *arrow = memmem(text.at, text.bytes, "> (", 3);
    if (text.bytes > 0 && *text.at != '(' && !arrow) return other;
    if (text.bytes > 0 && *text.at != '(') {
        line.subtask = subtask_of(text.at, (size_t)(arrow - text.at));
        cursor.at = arrow + 2;
    }
    return take_tuple(&cursor, scratch, &line) && cursor.at == cursor.end ? line : other;
}
