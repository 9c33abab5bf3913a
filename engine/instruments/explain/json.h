/*
 * json: an explanation as one JSON object, every size in bytes.
 * Owns:     nothing; what it returns is the caller's.
 * Threads:  one.
 * Blocks:   never.
 * Errors:   NULL without memory.
 * Limits:   bytes that are no UTF-8 become U+FFFD.
 */
#ifndef TIDE_INSTRUMENTS_EXPLAIN_JSON_H
#define TIDE_INSTRUMENTS_EXPLAIN_JSON_H

#include "engine/instruments/explain/description.h"

#include <stdio.h>

/* False without memory; errors of the stream are for the caller to ask it for. */
TIDE_MUST_USE bool tide_explain_write_json(const struct tide_explanation *explanation, FILE *out);

#endif
