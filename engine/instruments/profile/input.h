/*
 * input: the reader of a run, driven by the thread that takes the blocks, with a look at the first
 *        bytes before any is taken.
 * Owns:     blocks, link and reader.
 * Threads:  one; the control may be stopped from any.
 * Blocks:   in look and wait: until the input has more, or the control is stopped.
 * Errors:   the control's: what cannot be opened or read.
 * Limits:   a look at TIDE_SAMPLE_BYTES, less where the input comes in small pieces.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_INPUT_H
#define TIDE_INSTRUMENTS_PROFILE_INPUT_H

#include "engine/stages/reader.h"

struct tide_profile_input {
    struct tide_control *control;
    struct tide_block blocks[TIDE_BLOCK_COUNT];
    struct tide_link link;
    struct tide_waiter waiter;
    struct tide_reader reader;
    bool is_open;
};

/* plan: its files; must outlive the input. */
TIDE_MUST_USE bool tide_profile_input_open(struct tide_profile_input *input,
                                           const struct tide_plan *plan,
                                           struct tide_control *control, struct tide_error *error);
void tide_profile_input_close(struct tide_profile_input *input); /* a zeroed one is fine */

/* Copies the first file's first bytes, as many as the first blocks hold, to `bytes`; the blocks are
 * still to be taken from the link. False: the control has failed or is stopped. */
TIDE_MUST_USE bool tide_profile_input_look(struct tide_profile_input *input, char *bytes,
                                           size_t capacity, size_t *count);

/* After the link was found empty: reads on. False: the control has failed or is stopped. */
TIDE_MUST_USE bool tide_profile_input_wait(struct tide_profile_input *input);

#endif
