/*
 * text: an explanation as text for people, wrapped to TIDE_EXPLAIN_COLUMNS.
 * Owns:     nothing.
 * Threads:  one.
 * Blocks:   in writing.
 * Errors:   those of the stream, for the caller to ask it for.
 * Limits:   none.
 */
#ifndef TIDE_INSTRUMENTS_EXPLAIN_TEXT_H
#define TIDE_INSTRUMENTS_EXPLAIN_TEXT_H

#include "engine/instruments/explain/description.h"

#include <stdio.h>

enum { TIDE_EXPLAIN_COLUMNS = 100 };

void tide_explain_write_text(const struct tide_explanation *explanation, FILE *out);

#endif
