/*
 * escape: bytes written so that CSV, JSON, Python, a shell or a terminal reads them back as they
 *         were.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   none.
 * Limits:   the caller gives room for the worst case, stated at each function.
 */
#ifndef TIDE_TEXT_ESCAPE_H
#define TIDE_TEXT_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* One CSV field: quoted only if it holds comma, quote, CR or LF. At most 2 x bytes + 2. */
size_t tide_escape_csv(char *out, const char *text, size_t bytes);

/* The same with an apostrophe before a text that a spreadsheet would take for a formula. At most
 * 2 x bytes + 3. */
size_t tide_escape_formula(char *out, const char *text, size_t bytes);

/* The inside of a JSON string, without the quotes: ", \ and control bytes escaped (short forms
 * where JSON has them, else \u00XX); valid UTF-8 as it is; every other byte as \udcXX (as Python's
 * surrogateescape). At most 6 x bytes. */
size_t tide_escape_json(char *out, const char *text, size_t bytes);

/* The same, a sequence at a time into a stream: needs no memory. */
void tide_escape_json_put(FILE *out, const char *text, size_t bytes);

/* A Python str literal as repr() gives it, quotes included: single quotes unless the text holds one
 * and no double quote; \\ \n \r \t, what Python calls not printable as \xXX, \uXXXX or \UXXXXXXXX
 * (but for code points that no Unicode version has assigned: those stay), other valid UTF-8 as it
 * is; every byte that is no UTF-8 as \udcXX. At most 6 x bytes + 2. */
size_t tide_escape_python(char *out, const char *text, size_t bytes);

/* One word for a POSIX shell: in single quotes unless it holds only letters, digits and what no
 * shell reads as anything else. At most 4 x bytes + 2. */
size_t tide_escape_shell(char *out, const char *text, size_t bytes);

/* For a terminal: the bytes of control characters other than LF and TAB, of DEL and of C1 controls
 * (in UTF-8 or as lone bytes) as \xXX; the rest as it is. At most 4 x bytes. */
size_t tide_escape_terminal(char *out, const char *text, size_t bytes);

/* Bytes of the valid UTF-8 sequence at text (1 to 4), or 0 if there is none. */
size_t tide_utf8_sequence(const char *text, size_t bytes);

#endif
