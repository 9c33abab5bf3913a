/*
 * state: what windows are and what workers keep of them, as words for people.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   none; a text that does not fit is cut.
 * Limits:   none.
 */
#ifndef TIDE_INSTRUMENTS_EXPLAIN_STATE_H
#define TIDE_INSTRUMENTS_EXPLAIN_STATE_H

#include "engine/instruments/explain/description.h"

/* What the windows are, and what the end of the input makes of those that are open. */
void tide_explain_window(const struct tide_explanation *explanation, char *text, size_t bytes);

/* Bytes that are kept of a key in a window, or in the slice of one. */
uint32_t tide_explain_entry_bytes(const struct tide_explanation *explanation);

/* What is kept of a key, where. */
void tide_explain_keyed_state(const struct tide_explanation *explanation, char *text, size_t bytes);

/* What grows, with what, up to what. */
void tide_explain_growth(const struct tide_explanation *explanation, char *text, size_t bytes);

/* Bytes of what grows, for so many keys: a window, or the slice of one; of sessions and count
 * windows all there are. */
uint64_t tide_explain_state_bytes(const struct tide_explanation *explanation, uint32_t key_count);

/* "up to 3 windows of a worker are open at once" */
void tide_explain_most(const struct tide_explanation *explanation, char *text, size_t bytes);

#endif
