#include "engine/stages/parser_barrier.h"

#include "engine/stages/decoder.h"
#include "engine/stages/header.h"
#include "engine/stages/reader.h"

#include <string.h>

size_t tide_parser_bytes(const struct tide_plan *plan)
{
    unsigned partitions = tide_plan_partitions(plan);
    return (plan->checkpoint_folder ? plan->file_count * sizeof(struct tide_input_place) : 0) +
           tide_rule_log_bytes(plan->rules) + (partitions ? tide_confluence_bytes(partitions) : 0);
}

bool tide_parser_init(struct tide_parser *parser, const struct tide_plan *plan,
                      struct tide_control *control, struct tide_rule_board *rule_board,
                      struct tide_view_board *views, const struct tide_hash_seed *seed,
                      struct tide_link *input, struct tide_link *workers, struct tide_link *side,
                      struct tide_error *error)
{
    *parser = (struct tide_parser){.plan = plan,
                                   .control = control,
                                   .rule_board = rule_board,
                                   .views = views,
                                   .seed = *seed,
                                   .notes_all = tide_plan_notes_all(plan),
                                   .time_max_ms = INT64_MIN,
                                   .watermark_max_ms = INT64_MAX,
                                   .clock = {.now_ms = INT64_MIN}};
    parser->awaits_header = plan->has_header;
    parser->has_gaps = tide_window_has_gaps(&plan->shape);
    tide_decoder_init(&parser->decoder, plan);
    tide_classifier_init(&parser->classifier, plan, &parser->columns);
    tide_side_text_init(&parser->side, plan, side);
    if (!tide_rule_log_add(&parser->rule_log, 0, plan->rules))
        return tide_error_memory(error, "the parser");
    if (plan->checkpoint_folder) {
        parser->places = tide_alloc_zeroed(plan->file_count, sizeof *parser->places);
        if (!parser->places) return tide_error_memory(error, "the parser");
    }
    if (!tide_router_init(&parser->router, plan, workers, error)) return false;
    parser->fire_next_ms = tide_parser_next_fire(parser, TIDE_WATERMARK_NONE);
    if (tide_plan_partitions(plan) > 0)
        return tide_confluence_init(&parser->confluence, input, tide_plan_partitions(plan),
                                    plan->bound_ms, error);
    const struct tide_scanner *scanner = tide_scanner_select(plan->scanner);
    if (!tide_records_init(&parser->records, scanner, &parser->decoder, plan->row_bytes_max,
                           plan->delimiter, input, error))
        return false;
    if (plan->checkpoint_folder) tide_records_track(&parser->records);
    return true;
}

void tide_parser_fini(struct tide_parser *parser)
{
    tide_records_fini(&parser->records);
    tide_classifier_fini(&parser->classifier);
    tide_confluence_fini(&parser->confluence);
    tide_router_fini(&parser->router);
    tide_rule_log_fini(&parser->rule_log);
    tide_free(parser->places);
    parser->places = NULL;
}

static enum tide_progress fail(struct tide_parser *parser, const struct tide_error *error)
{
    /* What is wrong may be the zeroes that stand where a file was cut short. */
    struct tide_error cut = {0};
    bool is_whole = tide_reader_check_windows(parser->plan, parser->records.chunk.file, &cut);
    tide_control_fail(parser->control, is_whole ? error : &cut);
    return TIDE_DONE;
}

enum tide_progress tide_parser_fail_memory(struct tide_parser *parser)
{
    struct tide_error error = {0};
    tide_error_memory(&error, "a long record");
    return fail(parser, &error);
}

const char *tide_parser_file_name(const struct tide_parser *parser)
{
    return tide_reader_file_name(parser->plan, parser->records.chunk.file);
}

static bool read_header(struct tide_parser *parser, struct tide_error *error)
{
    if (!tide_header_read(&parser->records, &parser->classifier, &parser->columns, error))
        return false;
    parser->awaits_header = false;
    parser->next = 1;
    return true;
}

static void begin_file(struct tide_parser *parser)
{
    parser->awaits_header = parser->plan->has_header;
    if (!parser->awaits_header)
        tide_header_absent(&parser->records, parser->plan, &parser->columns);
}

/* All of the file is routed, once the next one has begun. */
static void leave_file(struct tide_parser *parser)
{
    struct tide_input_place *place = &parser->places[parser->records.chunk.file];
    *place = tide_records_place(&parser->records, 0);
    place->is_done = true;
}

/* Routes what is left of the chunk: as many rows at once as are ordinary, then one that is not. */
static enum tide_progress route_chunk(struct tide_parser *parser)
{
    const struct tide_chunk *chunk = &parser->records.chunk;
    uint64_t row_before = parser->router.row;
    while (parser->next < chunk->count && !parser->epoch_is_full &&
           parser->phase == TIDE_PARSER_READING) {
        tide_parser_run(parser);
        if (parser->next == chunk->count) break;
        enum tide_routed routed = tide_parser_route(parser, parser->next);
        if (routed == TIDE_ROUTE_FAILED) return TIDE_DONE;
        if (routed == TIDE_ROUTE_BLOCKED) break;
        parser->next++;
    }
    /* A full epoch is closed by the next step: nobody would wake a parser that waited for that. */
    bool is_blocked = parser->router.row == row_before && !parser->epoch_is_full;
    return is_blocked ? TIDE_BLOCKED : TIDE_PROGRESSED;
}

/* Records up to here. A moment in which time goes on without one takes a row's number too, and so
 * does the end of one of several inputs. */
static uint64_t record_count(const struct tide_parser *parser)
{
    return parser->router.row - parser->clock.moment_count - parser->confluence.end_count;
}

/* Adopts a newer rule set at this row; the epoch in which the old one was in force has been closed.
 */
static bool note_rules(struct tide_parser *parser, uint64_t version)
{
    parser->rules_version = version;
    return tide_rule_log_add(&parser->rule_log, record_count(parser),
                             tide_rule_board_get(parser->rule_board, version));
}

static bool close_epoch(struct tide_parser *parser)
{
    if (!tide_router_close_epoch(&parser->router, 0)) return false;
    parser->epoch_is_full = false;
    return true;
}

/* Makes sure that no barrier is due, and that there is an open epoch with room, under the newest
 * rules. PROGRESSED: there is.
 */
static enum tide_progress prepare_epoch(struct tide_parser *parser)
{
    struct tide_router *router = &parser->router;
    /* What has begun is finished first, and does not stand in for a barrier: a stop takes one. */
    if (router->is_closing && !parser->barrier.snapshot && !close_epoch(parser))
        return TIDE_BLOCKED;
    enum tide_progress progress = tide_parser_pass_barrier(parser);
    if (progress != TIDE_PROGRESSED) return progress;
    uint64_t version = tide_rule_board_newest(parser->rule_board);
    bool is_over =
        router->epoch && (parser->epoch_is_full || version != parser->rules_version ||
                          router->row - router->epoch->row_begin >= router->epochs.row_capacity);
    if (is_over && !close_epoch(parser)) return TIDE_BLOCKED;
    if (router->epoch) return TIDE_PROGRESSED;
    if (version != parser->rules_version && !note_rules(parser, version))
        return tide_parser_fail_memory(parser);
    return tide_router_open_epoch(router, parser->rules_version) ? TIDE_PROGRESSED : TIDE_BLOCKED;
}

static enum tide_progress take_news(struct tide_parser *parser)
{
    uint32_t count =
        parser->awaits_header ? 1 : tide_parser_before_barrier(parser, TIDE_CHUNK_ROWS);
    struct tide_error error = {0};
    parser->next = 0;
    struct tide_row *rows = tide_parser_room(parser, &count);
    enum tide_records_news news = tide_records_next(&parser->records, rows, count);
    if (news != TIDE_RECORDS_STARVED) tide_parser_take_time(parser);
    switch (news) {
    case TIDE_RECORDS_CHUNK:
        if (!parser->awaits_header) return TIDE_PROGRESSED;
        return read_header(parser, &error) ? TIDE_PROGRESSED : fail(parser, &error);
    case TIDE_RECORDS_NEW_FILE:
        begin_file(parser);
        break;
    case TIDE_RECORDS_FILE_END:
        if (parser->places) leave_file(parser);
        if (!parser->awaits_header) break;
        tide_header_missing(&parser->records, parser->plan, &error);
        return fail(parser, &error);
    case TIDE_RECORDS_END:
        parser->phase = TIDE_PARSER_ENDING;
        break;
    case TIDE_RECORDS_STARVED:
        parser->records.chunk.count = 0;
        return tide_parser_tick(parser);
    case TIDE_RECORDS_NO_MEMORY:
        return tide_parser_fail_memory(parser);
    }
    parser->records.chunk.count = 0;
    return TIDE_PROGRESSED;
}

/* The end of the input is one more row, whose watermark is the last. */
static enum tide_progress write_last_step(struct tide_parser *parser)
{
    struct tide_router *router = &parser->router;
    struct tide_error error = {0};
    if (!tide_reader_check_windows(parser->plan, parser->records.chunk.file, &error))
        return fail(parser, &error);
    enum tide_progress progress = prepare_epoch(parser);
    if (progress != TIDE_PROGRESSED) return progress;
    if (!parser->was_stopped && !parser->plan->drop_at_end) {
        if (tide_router_add_step(router, TIDE_WATERMARK_END)) parser->epoch_is_full = true;
    }
    parser->counts.rows = record_count(parser);
    router->row++;
    parser->phase = TIDE_PARSER_CLOSING;
    return TIDE_PROGRESSED;
}

static enum tide_progress end(struct tide_parser *parser)
{
    if (parser->phase == TIDE_PARSER_ENDING) return write_last_step(parser);
    if (parser->phase == TIDE_PARSER_CLOSING) {
        if (!tide_router_close_epoch(&parser->router, TIDE_BATCH_END | TIDE_BATCH_FLUSH))
            return TIDE_BLOCKED;
        parser->phase = TIDE_PARSER_SIDE_TEXT;
    }
    if (parser->phase == TIDE_PARSER_SIDE_TEXT) {
        if (!tide_side_text_end(&parser->side)) return TIDE_BLOCKED;
        parser->phase = TIDE_PARSER_CHECKPOINTS;
    }
    if (!tide_parser_end_checkpoints(parser)) return TIDE_BLOCKED;
    parser->phase = TIDE_PARSER_ENDED;
    return TIDE_PROGRESSED;
}

static void show(struct tide_parser *parser)
{
    if (!tide_view_is_asked(parser->views, 0)) return;
    const struct tide_block *block = parser->records.block;
    struct tide_picture picture = {
        .rows = record_count(parser),
        .bytes = block ? block->offset : 0,
        .watermark_ms = parser->router.watermark_ms,
    };
    if (parser->records.in) {
        picture.waiting = (uint32_t)tide_ring_count(&parser->records.in->forward);
        picture.waiting_max = parser->records.in->item_count;
    }
    tide_view_publish(parser->views, 0, &picture);
}

/* Takes and routes rows; there is an open epoch. */
static enum tide_progress read_rows(struct tide_parser *parser)
{
    enum tide_progress progress = TIDE_PROGRESSED;
    if (parser->confluence.input_count > 0) return tide_parser_merge(parser);
    if (parser->next >= parser->records.chunk.count) progress = take_news(parser);
    if (progress == TIDE_PROGRESSED && parser->phase == TIDE_PARSER_READING &&
        parser->next < parser->records.chunk.count)
        progress = route_chunk(parser);
    return progress;
}

/* Not even time may go on before the input is known to be the one of the checkpoint. */
static enum tide_progress await_verification(struct tide_parser *parser)
{
    struct tide_error error = {0};
    if (!tide_control_is_stopping(parser->control)) return TIDE_STARVED;
    tide_error_set(&error, TIDE_EXIT_FAILED,
                   "stopped while the input was verified; the checkpoint and the outputs are as "
                   "they were");
    return fail(parser, &error);
}

enum tide_progress tide_parser_step(void *self)
{
    struct tide_parser *parser = self;
    if (tide_control_has_failed(parser->control) || parser->phase == TIDE_PARSER_ENDED)
        return TIDE_DONE;
    if (!tide_control_is_verified(parser->control)) return await_verification(parser);
    show(parser);
    if (parser->phase == TIDE_PARSER_READING && tide_control_is_stopping(parser->control)) {
        parser->was_stopped = true;
        parser->phase = TIDE_PARSER_ENDING;
    }
    bool is_reading = parser->phase == TIDE_PARSER_READING;
    enum tide_progress progress = is_reading ? prepare_epoch(parser) : end(parser);
    return is_reading && progress == TIDE_PROGRESSED ? read_rows(parser) : progress;
}

/* Everything is said before the parser waits, for input or for room. */
void tide_parser_nudge(void *self)
{
    struct tide_parser *parser = self;
    tide_router_flush(&parser->router);
    tide_side_text_flush(&parser->side);
    tide_router_nudge(&parser->router);
    tide_link_nudge_consumer(parser->side.out);
    if (parser->snapshots) tide_link_nudge_consumer(parser->snapshots);
    tide_confluence_nudge(&parser->confluence);
    if (parser->records.in) tide_link_nudge_producer(parser->records.in);
}
