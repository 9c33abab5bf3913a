/*
 * words: numbers, spans of time and the rules of a run, as words for people.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   none; a text that does not fit is cut.
 * Limits:   none.
 */
#ifndef TIDE_INSTRUMENTS_EXPLAIN_WORDS_H
#define TIDE_INSTRUMENTS_EXPLAIN_WORDS_H

#include "engine/plan/plan.h"

enum { TIDE_WORDS_BYTES = 32 };

/* "512 bytes", "264 KiB", "32.0 MiB". Returns text. */
const char *tide_words_bytes(char text[TIDE_WORDS_BYTES], uint64_t bytes);

/* "10 s", "1 h", "1500 ms": the largest unit that divides it. Returns text. */
const char *tide_words_span(char text[TIDE_WORDS_BYTES], int64_t span_ms);

/* How a rule is decided: by a range of an aggregate's values, or by evaluation. */
void tide_words_test(char *text, size_t bytes, const struct tide_rule *rule,
                     const struct tide_plan *plan);

/* What the watermark is, who decides it and who believes it; what is late; what fires when. */
void tide_words_watermark(char *text, size_t bytes, const struct tide_plan *plan);

/* What is kept of each key's earlier windows, and why. */
void tide_words_history(char *text, size_t bytes, const struct tide_plan *plan);

/* What is kept of each key for --inactive. */
void tide_words_inactive(char *text, size_t bytes, const struct tide_plan *plan);

/* In which order the outputs' lines stand, and why. */
void tide_words_order(char *text, size_t bytes, const struct tide_plan *plan);

#endif
