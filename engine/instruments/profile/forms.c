#include "engine/instruments/profile/forms.h"

#include <stdio.h>
#include <string.h>

struct tide_form *tide_forms_find(struct tide_forms *forms, const char *name, bool is_read)
{
    for (unsigned i = 0; i < forms->count; i++)
        if (forms->forms[i].is_read == is_read && strcmp(forms->forms[i].name, name) == 0)
            return &forms->forms[i];
    if (forms->count == TIDE_FORMS_MAX) return NULL;
    struct tide_form *form = &forms->forms[forms->count++];
    *form = (struct tide_form){.is_read = is_read};
    snprintf(form->name, sizeof form->name, "%s", name);
    return form;
}

void tide_form_note(struct tide_form *form, const char *text, size_t bytes, unsigned file,
                    uint64_t line)
{
    form->example_bytes = bytes < sizeof form->example ? bytes : sizeof form->example;
    memcpy(form->example, text, form->example_bytes);
    form->file = file;
    form->line = line;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

void tide_form_name_shape(char *name, const char *text, size_t bytes)
{
    enum { SHOWN = TIDE_FORM_NAME_BYTES - 4 };
    size_t shown = bytes < SHOWN ? bytes : SHOWN;
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)text[i];
        if (is_digit(text[i])) name[i] = '9';
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') name[i] = 'A';
        else name[i] = c >= ' ' && c < 0x7f ? text[i] : '?';
    }
    memcpy(name + shown, "...", 4);
    if (shown == bytes) name[shown] = '\0';
}

void tide_form_name_time(char *name, const char *text, size_t bytes, bool is_auto)
{
    static const char calendar[] = "YYYY-MM-DD hh:mm:ss", offset[] = "+hh:mm";
    if (!is_auto) {
        tide_form_name_shape(name, text, bytes);
        return;
    }
    size_t at = 0;
    for (; at < bytes && at < sizeof calendar - 1; at++) name[at] = calendar[at];
    if (bytes > 10) name[10] = text[10];
    for (; at < bytes && at < TIDE_FORM_NAME_BYTES - sizeof offset; at++) {
        if (text[at] == '+' || text[at] == '-') {
            memcpy(name + at, offset, sizeof offset);
            return;
        }
        name[at] = is_digit(text[at]) ? 'f' : text[at];
    }
    name[at] = '\0';
}

/* Takes a currency sign off the front of a text. Returns it. */
static const char *take_currency(const char **text, const char *end)
{
    static const char *const signs[] = {"$", "\xc2\xa3", "\xe2\x82\xac"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t bytes = strlen(signs[i]);
        if ((size_t)(end - *text) < bytes || memcmp(*text, signs[i], bytes) != 0) continue;
        *text += bytes;
        return signs[i];
    }
    return "";
}

static const char *take_sign(const char **text, const char *end)
{
    if (*text == end || (**text != '-' && **text != '+')) return "";
    return *(*text)++ == '-' ? "-" : "+";
}

/* All that is ever appended to a name has room in it. */
static char *append(char *name, const char *text)
{
    const size_t bytes = strlen(text);
    memcpy(name, text, bytes);
    return name + bytes;
}

void tide_form_name_amount(char *name, const char *text, size_t bytes, char mark, bool is_quoted,
                           bool has_blanks)
{
    const char *end = text + bytes, group = mark == '.' ? ',' : '.';
    const bool in_parentheses = bytes > 1 && text[0] == '(' && end[-1] == ')';
    if (in_parentheses) text++, end--;
    const char *sign = take_sign(&text, end), *currency = take_currency(&text, end);
    const char *late_sign = *sign ? "" : take_sign(&text, end); /* $-5 */
    const char *digits = text;
    const char *point = memchr(text, mark, (size_t)(end - text));
    const char *exponent = memchr(text, 'e', (size_t)(end - text));
    if (!exponent) exponent = memchr(text, 'E', (size_t)(end - text));
    const char *number_end = exponent ? exponent : end;
    const char *whole_end = point ? point : number_end;
    const bool has_groups = memchr(digits, group, (size_t)(whole_end - digits)) != NULL;

    const char whole[] = {'1',
                          has_groups ? group : '2',
                          has_groups ? '2' : '3',
                          has_groups ? '3' : '4',
                          has_groups ? '4' : '\0',
                          '\0'};
    const char fraction[] = {mark, '5', '6', '\0'}, bare[] = {mark, '\0'};
    name = append(name, in_parentheses ? "(" : "");
    name = append(append(append(name, sign), currency), late_sign);
    name = append(name, whole_end > digits ? whole : "");
    if (point) name = append(name, number_end == point + 1 ? bare : fraction);
    name = append(append(name, exponent ? "e3" : ""), in_parentheses ? ")" : "");
    name = append(append(name, has_blanks ? " in blanks" : ""), is_quoted ? " in quotes" : "");
    *name = '\0';
}
