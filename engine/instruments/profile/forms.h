/*
 * forms: the ways in which times and amounts are written, how often, and where each came first.
 * Owns:     its list; texts are copied.
 * Threads:  one.
 * Blocks:   never; allocates nothing.
 * Errors:   none.
 * Limits:   TIDE_FORMS_MAX forms; further ones are counted together.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_FORMS_H
#define TIDE_INSTRUMENTS_PROFILE_FORMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIDE_FORMS_MAX = 20, TIDE_FORM_NAME_BYTES = 48, TIDE_FORM_EXAMPLE_BYTES = 64 };

struct tide_form {
    char name[TIDE_FORM_NAME_BYTES]; /* a pattern; NUL-terminated */
    bool is_read;                    /* false: such a text is refused */
    uint64_t rows;
    char example[TIDE_FORM_EXAMPLE_BYTES]; /* the first such text, cut, no NUL */
    size_t example_bytes;
    uint64_t line; /* where it stands */
    unsigned file;
};

struct tide_forms {
    unsigned count;
    uint64_t other_rows; /* in forms beyond the last that has room */
    struct tide_form forms[TIDE_FORMS_MAX];
};

/* The form of that name, new with 0 rows if need be; NULL if there is no room for a new one. */
struct tide_form *tide_forms_find(struct tide_forms *forms, const char *name, bool is_read);

/* Writes down where a form came first. */
void tide_form_note(struct tide_form *form, const char *text, size_t bytes, unsigned file,
                    uint64_t line);

/* Names of forms, at most TIDE_FORM_NAME_BYTES - 1 bytes long. */

/* A calendar form such as YYYY-MM-DD hh:mm:ss.fffZ for a text that --time-format auto reads, else
 * the text with 9 for digits and A for letters. */
void tide_form_name_time(char *name, const char *text, size_t bytes, bool is_auto);

/* 9 for digits, A for letters, ? for what does not print; long texts are cut. */
void tide_form_name_shape(char *name, const char *text, size_t bytes);

/* How an amount is written, shown with the same digits each time, as -1,234.56 or ($1234) or
 * 1234.56e3. text: without blanks around, readable as an amount. mark: the decimal mark. */
void tide_form_name_amount(char *name, const char *text, size_t bytes, char mark, bool is_quoted,
                           bool has_blanks);

#endif
