/*
 * parser_barrier: the parser's part in checkpoints: where the barrier stands, and what it saves.
 * Owns:     nothing.
 * Threads:  the parser's; load: the main thread's, before it runs.
 * Blocks:   never; a barrier that finds no room says so and is called again.
 * Errors:   as snapshot.h; load false: damaged, or without memory if the reader has no damage.
 * Limits:   none.
 */
#ifndef TIDE_STAGES_PARSER_BARRIER_H
#define TIDE_STAGES_PARSER_BARRIER_H

#include "engine/stages/parser_parts.h"

/* Between two records, with no epoch that is being closed. PROGRESSED: no barrier is due, or it is
 * passed; BLOCKED: it is under way. */
enum tide_progress tide_parser_pass_barrier(struct tide_parser *parser);

/* The checkpointer's end: false: a checkpoint is still being written. */
TIDE_MUST_USE bool tide_parser_end_checkpoints(struct tide_parser *parser);

/* What tide_parser_pass_barrier has saved. The rules are those of a run that is resumed. */
TIDE_MUST_USE bool tide_parser_load(struct tide_parser *parser,
                                    struct tide_snapshot_reader *reader);

#endif
