#include "engine/instruments/profile/time_guess.h"

#include <stdbool.h>
#include <string.h>

enum { TOKENS_MAX = 24 };

/* A run of digits or of letters, or one other byte. */
struct token {
    char kind; /* '9', 'A', or the byte itself */
    const char *text;
    size_t bytes;
};

struct tokens {
    unsigned count;
    struct token at[TOKENS_MAX];
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool split(struct tokens *tokens, const char *text, size_t bytes)
{
    tokens->count = 0;
    for (size_t i = 0; i < bytes;) {
        if (tokens->count == TOKENS_MAX) return false;
        struct token *token = &tokens->at[tokens->count++];
        *token = (struct token){text[i], text + i, 1};
        if (is_digit(text[i])) {
            token->kind = '9';
            while (i + token->bytes < bytes && is_digit(text[i + token->bytes])) token->bytes++;
        } else if (is_letter(text[i])) {
            token->kind = 'A';
            while (i + token->bytes < bytes && is_letter(text[i + token->bytes])) token->bytes++;
        }
        i += token->bytes;
    }
    return tokens->count > 0;
}

/* A format being written while the tokens are walked. */
struct draft {
    const struct tokens *tokens;
    unsigned next;
    char text[TIDE_TIME_GUESS_BYTES];
    size_t bytes;
};

static bool put(struct draft *draft, const char *text)
{
    size_t bytes = strlen(text);
    if (draft->bytes + bytes >= sizeof draft->text) return false;
    memcpy(draft->text + draft->bytes, text, bytes + 1);
    draft->bytes += bytes;
    return true;
}

static const struct token *peek(const struct draft *draft)
{
    static const struct token end = {.kind = '\0'};
    return draft->next < draft->tokens->count ? &draft->tokens->at[draft->next] : &end;
}

static bool is_mark(char kind)
{
    return kind != '\0' && kind != '9' && kind != 'A' && kind != '%' &&
           (unsigned char)kind >= ' ' && (unsigned char)kind < 0x7f;
}

/* Marks between two parts stand in the format as they are. */
static bool take_marks(struct draft *draft)
{
    while (is_mark(peek(draft)->kind)) {
        const char mark[2] = {peek(draft)->kind, '\0'};
        if (!put(draft, mark)) return false;
        draft->next++;
    }
    return true;
}

/* One part of the date: digits that may be one, or three letters of a month. */
static bool take_part(struct draft *draft, char letter)
{
    const struct token *token = peek(draft);
    const char conversion[3] = {'%', letter, '\0'};
    bool fits = false;
    if (letter == 'b') fits = token->kind == 'A' && token->bytes == 3;
    else if (letter == 'Y') fits = token->kind == '9' && token->bytes == 4;
    else if (letter == 'y') fits = token->kind == '9' && token->bytes == 2;
    else fits = token->kind == '9' && token->bytes <= 2;
    draft->next++;
    return fits && put(draft, conversion);
}

static bool take_date(struct draft *draft, const char *order)
{
    for (const char *part = order; *part; part++) {
        const char mark = peek(draft)->kind;
        if (part > order && (!is_mark(mark) || mark == ':' || !take_marks(draft))) return false;
        if (!take_part(draft, *part)) return false;
    }
    return true;
}

static bool is_half(const struct token *token)
{
    return token->kind == 'A' && token->bytes == 2 && strchr("aApP", token->text[0]) &&
           strchr("mM", token->text[1]);
}

static bool has_half(const struct draft *draft)
{
    for (unsigned i = draft->next; i < draft->tokens->count; i++)
        if (is_half(&draft->tokens->at[i])) return true;
    return false;
}

static bool take_number(struct draft *draft, const char *before, const char *conversion,
                        size_t bytes_max)
{
    if (*before) {
        if (peek(draft)->kind != *before) return false;
        draft->next++;
    }
    if (peek(draft)->kind != '9' || peek(draft)->bytes > bytes_max) return false;
    draft->next++;
    return put(draft, before) && put(draft, conversion);
}

/* Z, or +hhmm or +hh:mm */
static bool take_zone(struct draft *draft)
{
    const struct token *token = peek(draft);
    if (token->kind == 'A' && token->bytes == 1 && *token->text == 'Z') {
        draft->next++;
        return put(draft, "%z");
    }
    if (token->kind != '+' && token->kind != '-') return false;
    draft->next++;
    if (peek(draft)->kind != '9') return false;
    draft->next++;
    if (peek(draft)->kind == ':') draft->next += 2;
    return put(draft, "%z");
}

static bool take_blanks(struct draft *draft)
{
    while (peek(draft)->kind == ' ') {
        if (!put(draft, " ")) return false;
        draft->next++;
    }
    return true;
}

/* h:mm[:ss[.fraction]] [AM|PM] [zone] */
static bool take_clock(struct draft *draft)
{
    if (!take_number(draft, "", has_half(draft) ? "%I" : "%H", 2)) return false;
    if (!take_number(draft, ":", "%M", 2)) return false;
    if (peek(draft)->kind == ':' && !take_number(draft, ":", "%S", 2)) return false;
    if (peek(draft)->kind == '.' && !take_number(draft, ".", "%f", 18)) return false;
    if (peek(draft)->kind == ',' && !take_number(draft, ",", "%f", 18)) return false;
    if (!take_blanks(draft)) return false;
    if (is_half(peek(draft))) {
        draft->next++;
        if (!put(draft, "%p") || !take_blanks(draft)) return false;
    }
    return peek(draft)->kind == '\0' || take_zone(draft);
}

static bool take_middle(struct draft *draft)
{
    const struct token *token = peek(draft);
    if (token->kind == 'A' && token->bytes == 1 && *token->text == 'T') {
        draft->next++;
        return put(draft, "T");
    }
    return is_mark(token->kind) && take_marks(draft);
}

static bool is_whole(const struct draft *draft)
{
    return draft->next == draft->tokens->count;
}

static void offer(struct tide_time_guesses *guesses, const char *format)
{
    if (guesses->count == TIDE_TIME_GUESSES_MAX) return;
    memcpy(guesses->formats[guesses->count++], format, strlen(format) + 1);
}

/* Digits alone, or with a fraction: by how many there are. */
static void guess_number(struct tide_time_guesses *guesses, const struct tokens *tokens)
{
    static const struct {
        size_t bytes;
        bool may_have_fraction;
        const char *format;
    } forms[] = {
        {10, true, "epoch-s"},  {9, true, "epoch-s"},        {13, true, "epoch-ms"},
        {12, true, "epoch-ms"}, {16, true, "epoch-us"},      {15, true, "epoch-us"},
        {8, false, "%Y%m%d"},   {14, false, "%Y%m%d%H%M%S"}, {12, false, "%Y%m%d%H%M"},
    };
    bool has_fraction =
        tokens->count == 3 && tokens->at[1].kind == '.' && tokens->at[2].kind == '9';
    if (tokens->at[0].kind != '9' || (tokens->count != 1 && !has_fraction)) return;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].bytes == tokens->at[0].bytes && (!has_fraction || forms[i].may_have_fraction))
            offer(guesses, forms[i].format);
}

void tide_time_guess(struct tide_time_guesses *guesses, const char *text, size_t bytes)
{
    /* The orders that are in use; where two fit, the one that more of the world uses first. */
    static const char *const orders[] = {"Ymd", "dmY", "mdY", "dbY", "bdY",
                                         "Ybd", "dby", "dmy", "mdy", "ymd"};
    struct tokens tokens;
    guesses->count = 0;
    if (!split(&tokens, text, bytes)) return;
    guess_number(guesses, &tokens);
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct draft draft = {.tokens = &tokens};
        if (!take_date(&draft, orders[i])) continue;
        if (is_whole(&draft) || (take_middle(&draft) && take_clock(&draft) && is_whole(&draft)))
            offer(guesses, draft.text);
    }
    struct draft clock = {.tokens = &tokens};
    if (take_clock(&clock) && is_whole(&clock)) offer(guesses, clock.text);
}
