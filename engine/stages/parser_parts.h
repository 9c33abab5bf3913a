/*
 * parser_parts: what parser.c, which coordinates, and the files that route rows share.
 * Owns:     nothing; all of it works on the parser.
 * Threads:  the parser's.
 * Blocks:   never.
 * Errors:   latched in the parser's control.
 * Limits:   none.
 */
#ifndef TIDE_STAGES_PARSER_PARTS_H
#define TIDE_STAGES_PARSER_PARTS_H

#include "engine/stages/parser.h"

enum tide_routed { TIDE_ROUTED, TIDE_ROUTE_BLOCKED, TIDE_ROUTE_FAILED };

/* Latches "out of memory"; returns TIDE_DONE. */
enum tide_progress tide_parser_fail_memory(struct tide_parser *parser);

/* The name of the file that the chunk is of. */
const char *tide_parser_file_name(const struct tide_parser *parser);

/* The least fire_ms above this one that the workers must be told of. */
int64_t tide_parser_next_fire(const struct tide_parser *parser, int64_t fire_ms);

/* What windows wait for has come to at least this: the watermark, or processing time - 1. */
int64_t tide_parser_told_ms(const struct tide_parser *parser);

/* News has come: the clock is read, and a silence is over. */
void tide_parser_take_time(struct tide_parser *parser);

/* Sets the processing time at which the current row, of this event time, comes: clock.now_ms. The
 * row is routed at once: the epoch has room for its steps, and its worker's batch for it. */
void tide_parser_arrive(struct tide_parser *parser, int64_t time_ms);

/* Nothing has come. PROGRESSED: time has moved on all the same, and something may fire. */
enum tide_progress tide_parser_tick(struct tide_parser *parser);

/* What a checkpoint keeps of it; the load's answer as in snapshot.h. */
void tide_parser_clock_save(const struct tide_parser_clock *clock, struct tide_snapshot *snapshot);
TIDE_MUST_USE bool tide_parser_clock_load(struct tide_parser_clock *clock,
                                          struct tide_snapshot_reader *reader);

/* Where the inputs are, and their columns. After load, `places` says where readers go on. */
void tide_parser_save_inputs(struct tide_parser *parser, struct tide_snapshot *snapshot);
TIDE_MUST_USE bool tide_parser_load_inputs(struct tide_parser *parser,
                                           struct tide_snapshot_reader *reader);

/* How many records may be read until the next barrier by rows is due, at most this many. */
uint32_t tide_parser_before_barrier(const struct tide_parser *parser, uint32_t most);

/* Of several inputs one has been silent for --idle-timeout, which lets the watermark go on to this,
 * if it is not there yet. */
void tide_parser_pass_silence(struct tide_parser *parser, int64_t watermark_ms);

/* --idle-timeout; no more than can be added to a time of tide_clock_ns. */
int64_t tide_parser_idle_ns(const struct tide_plan *plan);

/* Routes record i of the chunk, of whatever kind. A blocked one has left no trace and is routed
 * again later. */
enum tide_routed tide_parser_route(struct tide_parser *parser, unsigned i);

/* Routes record i of the chunk as it has been read. */
enum tide_routed tide_parser_route_read(struct tide_parser *parser, unsigned i,
                                        const struct tide_classified *read);

/* Moves the watermark after the current row, if it is above the present one. */
void tide_parser_move_watermark(struct tide_parser *parser, int64_t watermark_ms);

/* Routes rows of several inputs, in the order in which they are one stream. */
enum tide_progress tide_parser_merge(struct tide_parser *parser);

/* Must every row be looked at on its own: for its time, for the time at which it comes, or for a
 * note? Whether it is a future one its partition has seen, where there are any. */
static inline bool tide_parser_is_careful(const struct tide_parser *parser)
{
    const bool sees_future =
        parser->plan->max_future_ms >= 0 && parser->confluence.input_count == 0;
    return sees_future || parser->has_gaps || parser->notes_all ||
           tide_plan_has_arrivals(parser->plan);
}

/* Routes the records at the front of what is left of the chunk, as far as nothing out of the
 * ordinary comes up: a full batch, a row at or below the watermark, a watermark that lets something
 * fire. */
void tide_parser_run(struct tide_parser *parser);

/* Where the scanner may write *count rows of the next chunk (which it may lower): with one worker
 * straight into its open batch, where tide_parser_run then leaves them. NULL: into the chunk. */
struct tide_row *tide_parser_room(struct tide_parser *parser, uint32_t *count);

#endif
