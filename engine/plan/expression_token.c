#include "engine/plan/expression_token.h"

#include <string.h>
#include <strings.h>

struct word {
    const char *text;
    enum tide_token_kind kind;
};

static const struct word words[] = {
    {"and", TIDE_TOKEN_AND},         {"or", TIDE_TOKEN_OR}, {"not", TIDE_TOKEN_NOT},
    {"between", TIDE_TOKEN_BETWEEN}, {"is", TIDE_TOKEN_IS}, {"null", TIDE_TOKEN_NULL},
};

/* From TIDE_VALUE_HISTORY_MEAN on. */
static const char *const history_names[] = {"history.mean", "history.stddev", "history.count"};

/* Longer ones first. */
static const struct word signs[] = {
    {"==", TIDE_TOKEN_EQUAL},      {"<>", TIDE_TOKEN_UNEQUAL},       {"!=", TIDE_TOKEN_UNEQUAL},
    {"<=", TIDE_TOKEN_LESS_EQUAL}, {">=", TIDE_TOKEN_GREATER_EQUAL}, {"=", TIDE_TOKEN_EQUAL},
    {"<", TIDE_TOKEN_LESS},        {">", TIDE_TOKEN_GREATER},        {"(", TIDE_TOKEN_OPEN},
    {")", TIDE_TOKEN_CLOSE},       {"+", TIDE_TOKEN_PLUS},           {"-", TIDE_TOKEN_MINUS},
    {"*", TIDE_TOKEN_TIMES},       {"/", TIDE_TOKEN_DIVIDE},
};

static bool is_word(const char *word, const char *text, size_t bytes)
{
    return strlen(word) == bytes && strncasecmp(word, text, bytes) == 0;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Any byte of a non-ASCII character is a letter, as in PostgreSQL. */
static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           (unsigned char)byte >= 0x80;
}

static size_t digits_at(const char *text)
{
    size_t bytes = 0;
    while (is_digit(text[bytes])) bytes++;
    return bytes;
}

size_t tide_token_identifier(const char *text)
{
    if (!is_letter(text[0])) return 0;
    size_t bytes = 1;
    while (is_letter(text[bytes]) || is_digit(text[bytes])) bytes++;
    return bytes;
}

/* Dots join identifiers to one name, so that an unknown a.b is reported whole. */
static size_t name_at(const char *text)
{
    size_t bytes = tide_token_identifier(text);
    while (bytes && text[bytes] == '.') {
        size_t more = tide_token_identifier(text + bytes + 1);
        if (!more) break;
        bytes += 1 + more;
    }
    return bytes;
}

static size_t number_at(const char *text)
{
    size_t bytes = digits_at(text);
    bool any = bytes > 0;
    if (text[bytes] == '.') {
        size_t part = digits_at(text + bytes + 1);
        if (!any && !part) return 0;
        bytes += 1 + part;
    } else if (!any) {
        return 0;
    }
    if (text[bytes] == 'e' || text[bytes] == 'E') {
        size_t sign = text[bytes + 1] == '+' || text[bytes + 1] == '-';
        size_t exponent = digits_at(text + bytes + 1 + sign);
        if (exponent) bytes += 1 + sign + exponent;
    }
    return bytes;
}

static struct tide_token name_token(const char *text, size_t bytes)
{
    struct tide_token token = {TIDE_TOKEN_NAME, text, bytes};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (is_word(words[i].text, text, bytes)) token.kind = words[i].kind;
    return token;
}

struct tide_token tide_token_first(const char *text)
{
    text += strspn(text, " \t\r\n");
    if (!*text) return (struct tide_token){TIDE_TOKEN_END, text, 0};
    size_t bytes = number_at(text);
    if (bytes) return (struct tide_token){TIDE_TOKEN_NUMBER, text, bytes};
    bytes = name_at(text);
    if (bytes) return name_token(text, bytes);
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        bytes = strlen(signs[i].text);
        if (strncmp(text, signs[i].text, bytes) == 0)
            return (struct tide_token){signs[i].kind, text, bytes};
    }
    return (struct tide_token){TIDE_TOKEN_STRANGE, text, 1};
}

/* The exponent of a number token, held within +-10^9: more than any mantissa has digits. */
static long exponent_of(const char *text, size_t bytes)
{
    const long most = 1000000000;
    bool negative = bytes && text[0] == '-';
    long exponent = 0;
    for (size_t i = bytes && !is_digit(text[0]); i < bytes; i++) {
        exponent = exponent * 10 + (text[i] - '0');
        if (exponent > most) exponent = most;
    }
    return negative ? -exponent : exponent;
}

bool tide_token_literal(const struct tide_token *token, struct tide_literal *literal)
{
    const long most = TIDE_LITERAL_DIGITS_MAX;
    size_t mantissa = strcspn(token->text, "eE");
    if (mantissa > token->bytes) mantissa = token->bytes;
    long place = (long)digits_at(token->text); /* the next digit counts 10^(place - 1) */
    if (mantissa < token->bytes)
        place += exponent_of(token->text + mantissa + 1, token->bytes - mantissa - 1);

    *literal = (struct tide_literal){.part_digits = TIDE_LITERAL_DIGITS_MAX};
    for (size_t i = 0; i < mantissa; i++) {
        if (!is_digit(token->text[i])) continue;
        place--;
        unsigned digit = (unsigned)(token->text[i] - '0');
        if (!digit) continue;
        if (place >= most || place < -most) return false;
        if (place >= 0) literal->whole += digit * tide_power_of_ten((unsigned)place);
        else literal->part += digit * tide_power_of_ten((unsigned)(most + place));
    }
    while (literal->part_digits && literal->part % 10 == 0) {
        literal->part /= 10;
        literal->part_digits--;
    }
    return true;
}

int tide_token_aggregate(const char *name, size_t bytes,
                         const struct tide_aggregate *const aggregates[])
{
    for (int i = 0; aggregates[i]; i++)
        if (is_word(aggregates[i]->name, name, bytes)) return i;
    return -1;
}

int tide_token_history(const char *name, size_t bytes)
{
    for (int i = TIDE_VALUE_HISTORY_MEAN; i < TIDE_VALUE_COUNT; i++)
        if (is_word(history_names[i - TIDE_VALUE_HISTORY_MEAN], name, bytes)) return i;
    return -1;
}

const char *tide_token_value_name(unsigned index, const struct tide_aggregate *const aggregates[])
{
    if (index < TIDE_VALUE_HISTORY_MEAN) return aggregates[index]->name;
    return history_names[index - TIDE_VALUE_HISTORY_MEAN];
}
