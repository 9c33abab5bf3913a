/*
 * dot: an explanation as a graph for Graphviz: stages are nodes, rings are edges.
 * Owns:     nothing.
 * Threads:  one.
 * Blocks:   in writing.
 * Errors:   those of the stream, for the caller to ask it for.
 * Limits:   more than TIDE_EXPLAIN_WORKERS_DRAWN workers are drawn as the first and the last, with
 *           the number of the others between them.
 */
#ifndef TIDE_INSTRUMENTS_EXPLAIN_DOT_H
#define TIDE_INSTRUMENTS_EXPLAIN_DOT_H

#include "engine/instruments/explain/description.h"

#include <stdio.h>

enum { TIDE_EXPLAIN_WORKERS_DRAWN = 8 };

void tide_explain_write_dot(const struct tide_explanation *explanation, FILE *out);

#endif
