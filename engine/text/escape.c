#include "engine/text/escape.h"

#include <stdint.h>
#include <string.h>

/* Writes a backslash, a letter and `digits` lower-case hexadecimal digits. */
static char *put_hex(char *out, char letter, unsigned digits, uint32_t value)
{
    *out++ = '\\';
    *out++ = letter;
    while (digits-- > 0) *out++ = "0123456789abcdef"[value >> (4 * digits) & 15];
    return out;
}

static char *put_pair(char *out, char letter)
{
    *out++ = '\\';
    *out++ = letter;
    return out;
}

/* A byte that is no UTF-8, as a lone surrogate: Python's surrogateescape (PEP 383). */
static char *put_surrogate(char *out, unsigned char byte)
{
    return put_hex(out, 'u', 4, 0xdc00u + byte);
}

static char *put_bytes(char *out, const char *text, size_t bytes)
{
    memcpy(out, text, bytes);
    return out + bytes;
}

/* The table of well-formed byte sequences of the Unicode standard (3.9, table 3-7): only the second
 * byte's range depends on the first. */
size_t tide_utf8_sequence(const char *text, size_t bytes)
{
    const unsigned char *t = (const unsigned char *)text;
    if (bytes == 0) return 0;
    if (t[0] < 0x80) return 1;
    size_t length = t[0] < 0xc2 ? 0 : t[0] < 0xe0 ? 2 : t[0] < 0xf0 ? 3 : t[0] < 0xf5 ? 4 : 0;
    if (length == 0 || bytes < length) return 0;
    unsigned char low = t[0] == 0xe0 ? 0xa0 : t[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = t[0] == 0xed ? 0x9f : t[0] == 0xf4 ? 0x8f : 0xbf;
    if (t[1] < low || t[1] > high) return 0;
    for (size_t i = 2; i < length; i++)
        if ((t[i] & 0xc0) != 0x80) return 0;
    return length;
}

/* What begins a formula, and what spreadsheets drop in front of it (OWASP, "CSV Injection", and
 * ASVS 5.0, requirement 1.2.10). The NUL that ends the list is one of them. */
static bool begins_formula(const char *text, size_t bytes)
{
    static const char begins[] = "=+-@\t\r\n";
    return bytes > 0 && memchr(begins, text[0], sizeof begins);
}

static size_t put_field(char *out, const char *text, size_t bytes, bool is_formula)
{
    bool plain = true;
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        plain &= (c != ',') & (c != '"') & (c != '\r') & (c != '\n');
    }
    char *at = out;
    if (!plain) *at++ = '"';
    if (is_formula) *at++ = '\'';
    if (plain) return (size_t)(put_bytes(at, text, bytes) - out);
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '"') *at++ = '"';
        *at++ = text[i];
    }
    *at++ = '"';
    return (size_t)(at - out);
}

size_t tide_escape_csv(char *out, const char *text, size_t bytes)
{
    return put_field(out, text, bytes, false);
}

size_t tide_escape_formula(char *out, const char *text, size_t bytes)
{
    return put_field(out, text, bytes, begins_formula(text, bytes));
}

static char *put_json_byte(char *out, char c)
{
    switch (c) {
    case '"':
        return put_pair(out, '"');
    case '\\':
        return put_pair(out, '\\');
    case '\b':
        return put_pair(out, 'b');
    case '\f':
        return put_pair(out, 'f');
    case '\n':
        return put_pair(out, 'n');
    case '\r':
        return put_pair(out, 'r');
    case '\t':
        return put_pair(out, 't');
    default:
        break;
    }
    if ((unsigned char)c < 0x20) return put_hex(out, 'u', 4, (unsigned char)c);
    *out++ = c;
    return out;
}

size_t tide_escape_json(char *out, const char *text, size_t bytes)
{
    char *at = out;
    for (size_t i = 0; i < bytes;) {
        size_t length = tide_utf8_sequence(text + i, bytes - i);
        if (length == 0) at = put_surrogate(at, (unsigned char)text[i]);
        else if (length == 1) at = put_json_byte(at, text[i]);
        else at = put_bytes(at, text + i, length);
        i += length ? length : 1;
    }
    return (size_t)(at - out);
}

void tide_escape_json_put(FILE *out, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes;) {
        char escaped[8];
        size_t length = tide_utf8_sequence(text + i, bytes - i);
        if (length == 0) length = 1;
        fwrite(escaped, 1, tide_escape_json(escaped, text + i, length), out);
        i += length;
    }
}

/* Code points past DEL that Python's str.isprintable() refuses: the assigned ones of the categories
 * Cc, Cf, Co, Zl, Zp and Zs (Unicode 14). */
static bool is_printable(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0x80, 0xa0},       {0xad, 0xad},       {0x600, 0x605},       {0x61c, 0x61c},
        {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},       {0x8e2, 0x8e2},
        {0x1680, 0x1680},   {0x180e, 0x180e},   {0x2000, 0x200f},     {0x2028, 0x202f},
        {0x205f, 0x2064},   {0x2066, 0x206f},   {0x3000, 0x3000},     {0xe000, 0xf8ff},
        {0xfeff, 0xfeff},   {0xfff9, 0xfffb},   {0x110bd, 0x110bd},   {0x110cd, 0x110cd},
        {0x13430, 0x13438}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},   {0xe0001, 0xe0001},
        {0xe0020, 0xe007f}, {0xf0000, 0xffffd}, {0x100000, 0x10fffd},
    };
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden && code >= hidden[i].first; i++)
        if (code <= hidden[i].last) return false;
    return true;
}

static uint32_t code_point(const char *text, size_t length)
{
    const unsigned char *t = (const unsigned char *)text;
    uint32_t code = t[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) code = code << 6 | (t[i] & 0x3fu);
    return code;
}

static char *put_python_wide(char *out, const char *text, size_t length)
{
    uint32_t code = code_point(text, length);
    if (is_printable(code)) return put_bytes(out, text, length);
    if (code < 0x100) return put_hex(out, 'x', 2, code);
    return code < 0x10000 ? put_hex(out, 'u', 4, code) : put_hex(out, 'U', 8, code);
}

static char *put_python_byte(char *out, char c, char quote)
{
    switch (c) {
    case '\\':
        return put_pair(out, '\\');
    case '\n':
        return put_pair(out, 'n');
    case '\r':
        return put_pair(out, 'r');
    case '\t':
        return put_pair(out, 't');
    default:
        break;
    }
    if (c == quote) return put_pair(out, quote);
    if ((unsigned char)c < 0x20 || c == 0x7f) return put_hex(out, 'x', 2, (unsigned char)c);
    *out++ = c;
    return out;
}

size_t tide_escape_python(char *out, const char *text, size_t bytes)
{
    bool holds_single = bytes > 0 && memchr(text, '\'', bytes);
    bool holds_double = bytes > 0 && memchr(text, '"', bytes);
    char quote = holds_single && !holds_double ? '"' : '\'';
    char *at = out;
    *at++ = quote;
    for (size_t i = 0; i < bytes;) {
        size_t length = tide_utf8_sequence(text + i, bytes - i);
        if (length == 0) at = put_surrogate(at, (unsigned char)text[i]);
        else if (length == 1) at = put_python_byte(at, text[i], quote);
        else at = put_python_wide(at, text + i, length);
        i += length ? length : 1;
    }
    *at++ = quote;
    return (size_t)(at - out);
}

/* Does a terminal obey these bytes rather than show them? */
static bool is_control(const char *text, size_t length)
{
    unsigned char first = (unsigned char)text[0];
    if (length == 1) return (first < 0x20 && first != '\n' && first != '\t') || first == 0x7f;
    if (length == 2) return first == 0xc2 && (unsigned char)text[1] < 0xa0;
    return length == 0 && first < 0xa0;
}

size_t tide_escape_shell(char *out, const char *text, size_t bytes)
{
    bool plain = bytes > 0;
    for (size_t i = 0; i < bytes && plain; i++) {
        char c = text[i];
        plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                (c != '\0' && strchr("_@%+=:,./-", c));
    }
    if (plain) {
        memcpy(out, text, bytes);
        return bytes;
    }
    char *start = out;
    *out++ = '\'';
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '\'') out = put_bytes(out, "'\\'", 3);
        *out++ = text[i];
    }
    *out++ = '\'';
    return (size_t)(out - start);
}

size_t tide_escape_terminal(char *out, const char *text, size_t bytes)
{
    char *at = out;
    for (size_t i = 0; i < bytes;) {
        size_t length = tide_utf8_sequence(text + i, bytes - i);
        bool control = is_control(text + i, length);
        if (length == 0) length = 1;
        for (size_t end = i + length; i < end; i++) {
            if (control) at = put_hex(at, 'x', 2, (unsigned char)text[i]);
            else *at++ = text[i];
        }
    }
    return (size_t)(at - out);
}
