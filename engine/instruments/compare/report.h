/*
 * report: what a comparison found, as text for people or as JSON.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   as the stream does.
 * Errors:   the stream's, which the caller looks at.
 * Limits:   texts for people are cut to TIDE_REPORT_TEXT_BYTES; JSON has them whole.
 */
#ifndef TIDE_INSTRUMENTS_COMPARE_REPORT_H
#define TIDE_INSTRUMENTS_COMPARE_REPORT_H

#include "engine/instruments/compare/comparison.h"

#include <stdio.h>

enum { TIDE_REPORT_TEXT_BYTES = 1000 };

/* One line about the reference. */
void tide_compare_text_begin(FILE *out, const struct tide_comparer *comparer);

/* A block of lines about one comparison, an empty one before it. */
void tide_compare_text(FILE *out, const struct tide_comparer *comparer,
                       const struct tide_comparison *comparison);

/* The JSON document in pieces: begin, each comparison, end. */
void tide_compare_json_begin(FILE *out, const struct tide_comparer *comparer);
void tide_compare_json(FILE *out, const struct tide_comparer *comparer,
                       const struct tide_comparison *comparison, unsigned index);
void tide_compare_json_end(FILE *out, bool is_kept);

#endif
