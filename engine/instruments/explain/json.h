/*
 * json: an explanation as one JSON object, every size in bytes.
 * Owns:     nothing.
 * Threads:  one.
 * Blocks:   in writing.
 * Errors:   false without memory; those of the stream, for the caller to ask it for.
 * Limits:   bytes that are no UTF-8 stand as \udcXX.
 */
#ifndef TIDE_INSTRUMENTS_EXPLAIN_JSON_H
#define TIDE_INSTRUMENTS_EXPLAIN_JSON_H

#include "engine/instruments/explain/description.h"

#include <stdio.h>

TIDE_MUST_USE bool tide_explain_write_json(const struct tide_explanation *explanation, FILE *out);

#endif
