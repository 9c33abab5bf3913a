/*
 * reader_parts: what reader.c, which reads on, and reader_check.c, which reads again, share.
 * Owns:     nothing; all of it works on the reader.
 * Threads:  the reader's.
 * Blocks:   as reader.h.
 * Errors:   latched in the reader's control.
 * Limits:   none.
 */
#ifndef TIDE_STAGES_READER_PARTS_H
#define TIDE_STAGES_READER_PARTS_H

#include "engine/stages/reader.h"

/* Latches "cannot read FILE: why"; returns TIDE_DONE. */
enum tide_progress tide_reader_fail(struct tide_reader *reader, enum tide_exit exit,
                                    const char *why);

/* Is there something to read without waiting for it? An end is. */
bool tide_reader_input_is_ready(const struct tide_reader *reader);

/* Shows the file from an offset on in the block, at most `most` bytes of it. PROGRESSED: it does,
 * and file_bytes is the file's size by now. */
enum tide_progress tide_reader_show(struct tide_reader *reader, uint64_t offset, uint32_t most);

/* Appends to the block what the source has, at most `most` bytes in all. PROGRESSED: there may be
 * more; STARVED: not now; DONE: failed; *has_ended: that was all. */
enum tide_progress tide_reader_fill(struct tide_reader *reader, uint32_t most, bool *has_ended);

/* The file has just been opened. */
void tide_reader_check_begin(struct tide_reader *reader);

/* Reads the next slice again. PROGRESSED: check.is_open says whether there is more to it. */
enum tide_progress tide_reader_check_step(struct tide_reader *reader);

/* Moves held bytes into the block. */
void tide_reader_give_held(struct tide_reader *reader);

void tide_reader_check_end(struct tide_reader *reader); /* of the file; twice is fine */

#endif
