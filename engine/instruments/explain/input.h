/*
 * input: what an input file is, by its name and first bytes.
 * Owns:     nothing; the descriptor is closed again.
 * Threads:  any.
 * Blocks:   no longer than stat(2) and one read of a regular file.
 * Errors:   none: what cannot be read is described as such.
 * Limits:   pipes, devices and standard input are not touched.
 */
#ifndef TIDE_INSTRUMENTS_EXPLAIN_INPUT_H
#define TIDE_INSTRUMENTS_EXPLAIN_INPUT_H

#include "engine/instruments/explain/description.h"

void tide_explain_look(struct tide_explain_file *file, const char *name,
                       const struct tide_registry *registry);

/* What is known of the file, and how it will be read. */
void tide_explain_file_text(const struct tide_explain_file *file, char *text, size_t bytes);

#endif
