#include "engine/stages/parser.h"

#include "engine/stages/decoder.h"
#include "engine/stages/reader.h"

#include <string.h>

bool tide_parser_init(struct tide_parser *parser, const struct tide_plan *plan, struct tide_control *control,
                      struct tide_rule_board *rule_board, struct tide_view_board *views,
                      const struct tide_hash_seed *seed, struct tide_link *blocks, struct tide_link *workers,
                      struct tide_link *side, struct tide_error *error)
{
    *parser = (struct tide_parser){.plan = plan, .control = control, .rule_board = rule_board, .views = views, .seed = *seed,
                                   .time_max_ms = INT64_MIN};
    parser->window = (struct tide_window_shape){plan->window_size_ms, plan->window_offset_ms};
    parser->fire_next_ms = plan->window->next_fire(&parser->window, TIDE_WATERMARK_NONE);
    parser->awaits_header = plan->has_header;
    tide_decoder_init(&parser->decoder, plan);
    tide_classifier_init(&parser->classifier, plan, &parser->columns);
    tide_side_text_init(&parser->side, plan, side);
    const struct tide_scanner *scanner = tide_scanner_select(plan->scanner);
    parser->changes = tide_alloc_zeroed(1, sizeof *parser->changes);
    if (!parser->changes) return tide_error_memory(error, "the parser");
    parser->change_count = parser->change_capacity = 1;
    return tide_records_init(&parser->records, scanner, &parser->decoder, plan->row_bytes_max, plan->delimiter, blocks, error) &&
           tide_router_init(&parser->router, plan, workers, error);
}

void tide_parser_fini(struct tide_parser *parser)
{
    tide_records_fini(&parser->records);
    tide_classifier_fini(&parser->classifier);
    tide_router_fini(&parser->router);
    tide_free(parser->changes);
    parser->changes = NULL;
}

static enum tide_progress fail(struct tide_parser *parser, const struct tide_error *error)
{
    tide_control_fail(parser->control, error);
    return TIDE_DONE;
}

static enum tide_progress fail_memory(struct tide_parser *parser)
{
    struct tide_error error = {0};
    tide_error_memory(&error, "a long record");
    return fail(parser, &error);
}

static const char *file_name(const struct tide_parser *parser)
{
    return tide_reader_file_name(parser->plan, parser->records.chunk.file);
}

/* --- headers -------------------------------------------------------------------------------------------------------- */

/* Keys that were given by number print under the name the first header has for them. */
static bool keep_key_names(struct tide_parser *parser, char *scratch)
{
    struct tide_key_names *kept = parser->plan->key_names;
    for (unsigned i = 0; i < parser->plan->key_count && parser->records.chunk.file == 0; i++) {
        size_t bytes;
        const char *name = tide_columns_name(&parser->records.chunk, parser->columns.keys[i], scratch, &bytes);
        if (bytes == 0) continue;
        kept->names[i] = tide_strndup(name, bytes);
        if (!kept->names[i]) return false;
    }
    return true;
}

static bool read_header(struct tide_parser *parser, struct tide_error *error)
{
    const struct tide_chunk *chunk = &parser->records.chunk;
    size_t bytes;
    tide_chunk_record(chunk, 0, &bytes);
    if (chunk->is_open_quote)
        return tide_error_set(error, TIDE_EXIT_FAILED, "%s:%llu: a quote in the header stays open to the end of the file",
                              file_name(parser), (unsigned long long)tide_records_line(&parser->records, 0));
    if (chunk->is_overlong || bytes > parser->plan->row_bytes_max)
        return tide_error_set(error, TIDE_EXIT_FAILED, "%s: the header is longer than --max-row-bytes %zu", file_name(parser),
                              parser->plan->row_bytes_max);
    char *scratch = tide_classifier_scratch(&parser->classifier, bytes + 1);
    if (!scratch) return tide_error_memory(error, "the header");
    if (!tide_columns_from_header(&parser->columns, parser->plan, chunk, scratch, file_name(parser), error)) return false;
    if (!keep_key_names(parser, scratch)) return tide_error_memory(error, "the header");
    tide_columns_teach(&parser->columns, chunk->field_count, &parser->decoder);
    parser->awaits_header = false;
    parser->has_columns = true;
    parser->next = 1;
    return true;
}

static void begin_file(struct tide_parser *parser)
{
    parser->awaits_header = parser->plan->has_header;
    parser->has_columns = !parser->plan->has_header;
    if (parser->plan->has_header) return;
    tide_columns_from_numbers(&parser->columns, parser->plan);
    tide_columns_teach(&parser->columns, parser->columns.needed, &parser->decoder);
}

/* --- one row -------------------------------------------------------------------------------------------------------- */

enum routed { ROUTED, ROUTE_BLOCKED, ROUTE_FAILED };

/* One reject too many ends the reading, not the run: what led to it is still to be written. */
static void check_policy(struct tide_parser *parser, uint64_t line)
{
    const struct tide_row_counts *counts = &parser->counts;
    uint64_t rejects = counts->missing + counts->malformed + counts->future;
    if (parser->plan->rejects_max < 0 || rejects <= (uint64_t)parser->plan->rejects_max) return;
    tide_error_set(&parser->broken_policy, TIDE_EXIT_POLICY,
                   "%s:%llu: more than %lld rows rejected (--max-rejects); --rejects FILE shows which and why",
                   file_name(parser), (unsigned long long)line, (long long)parser->plan->rejects_max);
    parser->was_stopped = true;
    parser->phase = TIDE_PARSER_ENDING;
    tide_control_stop(parser->control); /* the reader has no more to do */
}

static struct tide_side_place place_of(struct tide_parser *parser, unsigned i)
{
    const struct tide_chunk *chunk = &parser->records.chunk;
    return (struct tide_side_place){
        .file = parser->plan->file_count > 1 ? parser->plan->files[chunk->file] : NULL,
        .line = tide_records_line(&parser->records, i),
        .byte = chunk->offset + tide_chunk_start(chunk, i),
    };
}

static enum routed after_side(struct tide_parser *parser, enum tide_side_status status)
{
    if (status == TIDE_SIDE_WRITTEN) return ROUTED;
    if (status == TIDE_SIDE_BLOCKED) return ROUTE_BLOCKED;
    fail_memory(parser);
    return ROUTE_FAILED;
}

static enum routed reject(struct tide_parser *parser, unsigned i, const char *reason, uint64_t *count)
{
    size_t bytes;
    const char *record = tide_chunk_record(&parser->records.chunk, i, &bytes);
    bool wanted = parser->plan->outputs[TIDE_OUTPUT_REJECTS] != NULL;
    struct tide_side_place where = {0};
    if (wanted || parser->plan->rejects_max >= 0) where = place_of(parser, i);
    if (wanted) {
        enum routed routed = after_side(parser, tide_side_text_reject(&parser->side, &where, reason, record, bytes));
        if (routed != ROUTED) return routed;
    }
    ++*count;
    parser->router.row++;
    check_policy(parser, where.line);
    return ROUTED;
}

static enum routed late(struct tide_parser *parser, unsigned i)
{
    size_t bytes;
    const char *record = tide_chunk_record(&parser->records.chunk, i, &bytes);
    if (parser->plan->outputs[TIDE_OUTPUT_LATE]) {
        struct tide_side_place where = place_of(parser, i);
        enum routed routed = after_side(parser, tide_side_text_late(&parser->side, &where, parser->router.watermark_ms,
                                                                    record, bytes));
        if (routed != ROUTED) return routed;
    }
    parser->counts.late++;
    parser->router.row++;
    return ROUTED;
}

/* Is the window of this time gone? Only asked of times at or below the watermark: a later one's window ends later still. */
static bool window_is_gone(const struct tide_parser *parser, int64_t time_ms)
{
    int64_t start_ms = parser->plan->window->start(&parser->window, time_ms), end_ms;
    if (__builtin_add_overflow(start_ms, parser->window.size_ms, &end_ms)) end_ms = INT64_MAX;
    return end_ms - 1 <= parser->router.watermark_ms;
}

static bool is_future(const struct tide_parser *parser, int64_t time_ms)
{
    int64_t ahead_ms;
    if (parser->plan->max_future_ms < 0 || !parser->has_time) return false;
    if (__builtin_sub_overflow(time_ms, parser->time_max_ms, &ahead_ms)) return true;
    return ahead_ms > parser->plan->max_future_ms;
}

/* The current row, already in its batch, has the greatest event time so far. */
static void advance(struct tide_parser *parser, int64_t time_ms)
{
    parser->time_max_ms = time_ms;
    parser->has_time = true;
    if (parser->plan->unbounded) return;
    int64_t watermark_ms;
    if (__builtin_sub_overflow(time_ms, parser->plan->bound_ms + 1, &watermark_ms)) watermark_ms = INT64_MIN;
    parser->router.watermark_ms = watermark_ms;
    if (watermark_ms < parser->fire_next_ms) return;
    parser->epoch_is_full = tide_router_add_step(&parser->router, watermark_ms);
    parser->fire_next_ms = parser->plan->window->next_fire(&parser->window, watermark_ms);
}

/* Copies a key of more than 16 bytes beside the rows. */
static bool keep_long_key(struct tide_batch *batch, struct tide_row *row, const char *key, size_t bytes, uint64_t hash)
{
    uint32_t offset;
    if (!tide_batch_reserve(batch, bytes, &offset)) return false;
    memcpy(batch->side + offset, key, bytes);
    row->key[0] = (uint64_t)offset << 32 | bytes;
    row->key[1] = hash;
    return true;
}

/* A row from the scanner's quick path. */
static inline enum routed route_plain(struct tide_parser *parser, unsigned i)
{
    const struct tide_row *row = &parser->records.chunk.rows[i];
    bool is_long = parser->records.chunk.kinds[i] == TIDE_ROW_LONG_KEY;
    int64_t time_ms = row->time_ms;
    if (TIDE_UNLIKELY(time_ms <= parser->router.watermark_ms) && window_is_gone(parser, time_ms)) return late(parser, i);
    bool is_greatest = time_ms > parser->time_max_ms;
    if (TIDE_UNLIKELY(is_greatest) && is_future(parser, time_ms)) return reject(parser, i, "future", &parser->counts.future);

    uint64_t hash = 0;
    unsigned worker = 0;
    const char *key = (const char *)(uintptr_t)row->key[0];
    if (TIDE_UNLIKELY(is_long)) hash = tide_hash_bytes(&parser->seed, key, row->key[1]);
    else if (parser->router.route_count > 1) hash = tide_hash_inline(&parser->seed, row->key[0], row->key[1]);
    if (parser->router.route_count > 1) worker = tide_hash_route(hash, parser->router.route_count);

    struct tide_batch *batch = tide_router_batch(&parser->router, worker);
    if (TIDE_UNLIKELY(!batch)) return ROUTE_BLOCKED;
    uint32_t at = batch->row_count, mark = (uint32_t)(parser->router.row - batch->row_base);
    batch->rows[at] = *row;
    if (TIDE_UNLIKELY(is_long)) {
        if (!keep_long_key(batch, &batch->rows[at], key, row->key[1], hash)) {
            fail_memory(parser);
            return ROUTE_FAILED;
        }
        mark |= TIDE_MARK_LONG_KEY;
        batch->flags |= TIDE_BATCH_MARKED;
    }
    batch->marks[at] = mark;
    batch->row_count = at + 1;
    if (is_greatest) advance(parser, time_ms);
    parser->router.row++;
    return ROUTED;
}

/* Puts a carefully read row into the form the quick path makes, in the chunk, so that it is routed in the same way. */
static void make_plain(struct tide_chunk *chunk, unsigned i, const struct tide_classified *read)
{
    struct tide_row *row = &chunk->rows[i];
    row->time_ms = read->time_ms;
    row->amount = (int64_t)read->amount;
    if (read->key_bytes <= TIDE_KEY_INLINE_BYTES) {
        chunk->kinds[i] = TIDE_ROW_PLAIN;
        row->key[0] = row->key[1] = 0;
        memcpy(row->key, read->key, read->key_bytes);
        return;
    }
    chunk->kinds[i] = TIDE_ROW_LONG_KEY;
    row->key[0] = (uint64_t)(uintptr_t)read->key;
    row->key[1] = read->key_bytes;
}

/* After the row of a wide amount has been routed: the amount goes beside the rows. */
static bool widen_last(struct tide_batch *batch, tide_int128 amount)
{
    uint32_t offset, at = batch->row_count - 1;
    if (!tide_batch_reserve(batch, sizeof amount, &offset)) return false;
    memcpy(batch->side + offset, &amount, sizeof amount);
    batch->rows[at].amount = offset;
    batch->marks[at] |= TIDE_MARK_WIDE_AMOUNT;
    batch->flags |= TIDE_BATCH_MARKED;
    return true;
}

static unsigned worker_of(const struct tide_parser *parser, const struct tide_row *row, enum tide_row_kind kind)
{
    if (parser->router.route_count == 1) return 0;
    uint64_t hash = kind == TIDE_ROW_LONG_KEY
                        ? tide_hash_bytes(&parser->seed, (const char *)(uintptr_t)row->key[0], row->key[1])
                        : tide_hash_inline(&parser->seed, row->key[0], row->key[1]);
    return tide_hash_route(hash, parser->router.route_count);
}

/* A row that is not plain. A blocked one is read again when there is room. */
static enum routed route_other(struct tide_parser *parser, unsigned i)
{
    struct tide_chunk *chunk = &parser->records.chunk;
    struct tide_classified read = tide_classify(&parser->classifier, chunk, i);
    switch (read.class) {
    case TIDE_CLASS_MISSING: return reject(parser, i, read.reason, &parser->counts.missing);
    case TIDE_CLASS_MALFORMED: return reject(parser, i, read.reason, &parser->counts.malformed);
    case TIDE_CLASS_NO_MEMORY: fail_memory(parser); return ROUTE_FAILED;
    case TIDE_CLASS_GOOD: break;
    }
    if (chunk->field_count != parser->decoder.field_count) /* perhaps all of them end in one comma more */
        tide_columns_teach(&parser->columns, chunk->field_count, &parser->decoder);
    make_plain(chunk, i, &read);
    uint64_t late_before = parser->counts.late, future_before = parser->counts.future;
    unsigned worker = worker_of(parser, &chunk->rows[i], chunk->kinds[i]);
    enum routed routed = route_plain(parser, i);
    chunk->kinds[i] = TIDE_ROW_OTHER;
    if (routed != ROUTED || read.amount == (int64_t)read.amount) return routed;
    if (late_before != parser->counts.late || future_before != parser->counts.future) return routed;
    if (widen_last(parser->router.routes[worker].open, read.amount)) return ROUTED;
    fail_memory(parser);
    return ROUTE_FAILED;
}

/* --- the step -------------------------------------------------------------------------------------------------------- */

/* With one worker the scanner writes rows straight into its batch, behind those that are there: room for them, or NULL. */
static struct tide_row *room_in_batch(struct tide_parser *parser, uint32_t *count)
{
    struct tide_router *router = &parser->router;
    if (router->route_count > 1 || parser->plan->max_future_ms >= 0) return NULL;
    struct tide_batch *batch = tide_router_batch(router, 0);
    if (!batch) return NULL;
    uint32_t room = batch->row_capacity - batch->row_count;
    if (room < *count) *count = room;
    return batch->rows + batch->row_count;
}

/* The plain rows at the front of what is left of the chunk, as far as nothing out of the ordinary comes up: a full batch, a
 * row at or below the watermark, a watermark that lets something fire. With one worker only; what the loop needs is
 * in locals, which no store through a pointer can touch. */
static void route_run(struct tide_parser *parser)
{
    struct tide_router *router = &parser->router;
    struct tide_batch *batch = router->routes[0].open;
    if (router->route_count > 1 || !batch || parser->plan->max_future_ms >= 0) return;
    struct tide_chunk *chunk = &parser->records.chunk;
    const bool is_unbounded = parser->plan->unbounded;
    const int64_t behind_ms = parser->plan->bound_ms + 1, fire_next_ms = is_unbounded ? INT64_MAX : parser->fire_next_ms;
    int64_t watermark_ms = router->watermark_ms, time_max_ms = parser->time_max_ms;
    const uint32_t begin = parser->next, room = batch->row_capacity - batch->row_count;
    const uint32_t count = chunk->count - begin < room ? chunk->count - begin : room;
    const struct tide_row *from = chunk->rows + begin;
    struct tide_row *rows = batch->rows + batch->row_count;
    uint32_t *marks = batch->marks + batch->row_count, mark = (uint32_t)(router->row - batch->row_base), taken = 0;
    const uint8_t *kinds = chunk->kinds + begin;
    for (; taken < count; taken++) {
        const int64_t time_ms = from[taken].time_ms;
        if (TIDE_UNLIKELY((kinds[taken] != TIDE_ROW_PLAIN) | (time_ms <= watermark_ms))) break;
        if (TIDE_UNLIKELY(time_ms > time_max_ms)) {
            int64_t moved_ms;
            if (__builtin_sub_overflow(time_ms, behind_ms, &moved_ms) || moved_ms >= fire_next_ms) break;
            time_max_ms = time_ms;
            if (!is_unbounded) watermark_ms = moved_ms;
        }
        marks[taken] = mark + taken;
    }
    if (from != rows) memcpy(rows, from, taken * sizeof *rows);
    batch->row_count += taken;
    router->row += taken;
    router->watermark_ms = watermark_ms;
    parser->has_time = parser->has_time || taken > 0;
    parser->time_max_ms = time_max_ms;
    parser->next = begin + taken;
}

/* The same for several workers: each row goes to the open batch of the worker that owns its key. Ends also where that
 * batch is full. */
static void spread_run(struct tide_parser *parser)
{
    struct tide_router *router = &parser->router;
    if (router->route_count == 1 || parser->plan->max_future_ms >= 0) return;
    const struct tide_chunk *chunk = &parser->records.chunk;
    const struct tide_route *routes = router->routes;
    const struct tide_hash_seed seed = parser->seed;
    const uint32_t route_count = router->route_count;
    const bool is_unbounded = parser->plan->unbounded;
    const int64_t behind_ms = parser->plan->bound_ms + 1, fire_next_ms = is_unbounded ? INT64_MAX : parser->fire_next_ms;
    int64_t watermark_ms = router->watermark_ms, time_max_ms = parser->time_max_ms;
    const uint32_t begin = parser->next, count = chunk->count - begin;
    const struct tide_row *rows = chunk->rows + begin;
    const uint8_t *kinds = chunk->kinds + begin;
    const uint64_t row = router->row;
    uint32_t taken = 0;
    for (; taken < count; taken++) {
        const struct tide_row *from = &rows[taken];
        if (TIDE_UNLIKELY((kinds[taken] != TIDE_ROW_PLAIN) | (from->time_ms <= watermark_ms))) break;
        uint64_t hash = tide_hash_inline(&seed, from->key[0], from->key[1]);
        struct tide_batch *batch = routes[tide_hash_route(hash, route_count)].open;
        if (TIDE_UNLIKELY(!batch || batch->row_count == batch->row_capacity)) break;
        if (TIDE_UNLIKELY(from->time_ms > time_max_ms)) {
            int64_t moved_ms;
            if (__builtin_sub_overflow(from->time_ms, behind_ms, &moved_ms) || moved_ms >= fire_next_ms) break;
            time_max_ms = from->time_ms;
            if (!is_unbounded) watermark_ms = moved_ms;
        }
        batch->marks[batch->row_count] = (uint32_t)(row + taken - batch->row_base);
        batch->rows[batch->row_count++] = *from;
    }
    router->row += taken;
    router->watermark_ms = watermark_ms;
    parser->has_time = parser->has_time || taken > 0;
    parser->time_max_ms = time_max_ms;
    parser->next = begin + taken;
}

/* Rows that the scanner has written into a batch, and that cannot simply stay there, go back to the chunk. */
static void take_back(struct tide_parser *parser)
{
    struct tide_chunk *chunk = &parser->records.chunk;
    if (chunk->rows == chunk->own_rows) return;
    memcpy(chunk->own_rows + parser->next, chunk->rows + parser->next, (chunk->count - parser->next) * sizeof *chunk->rows);
    chunk->rows = chunk->own_rows;
}

/* Routes what is left of the chunk. */
static enum tide_progress route_chunk(struct tide_parser *parser)
{
    const struct tide_chunk *chunk = &parser->records.chunk;
    uint64_t row_before = parser->router.row;
    while (parser->next < chunk->count && !parser->epoch_is_full && parser->phase == TIDE_PARSER_READING) {
        route_run(parser);
        spread_run(parser);
        if (parser->next == chunk->count) break;
        take_back(parser);
        enum routed routed = TIDE_LIKELY(chunk->kinds[parser->next] != TIDE_ROW_OTHER) ? route_plain(parser, parser->next)
                                                                                       : route_other(parser, parser->next);
        if (routed == ROUTE_FAILED) return TIDE_DONE;
        if (routed == ROUTE_BLOCKED) break;
        parser->next++;
    }
    if (parser->router.row == row_before) return TIDE_BLOCKED;
    return TIDE_PROGRESSED;
}

/* Adopts a newer rule set at this row; the epoch in which the old one was in force has been closed. */
static bool note_rules(struct tide_parser *parser, uint64_t version)
{
    if (parser->change_count == parser->change_capacity) {
        unsigned capacity = parser->change_capacity * 2;
        struct tide_rule_change *changes = tide_realloc(parser->changes, capacity * sizeof *changes);
        if (!changes) return false;
        parser->changes = changes;
        parser->change_capacity = capacity;
    }
    parser->changes[parser->change_count++] = (struct tide_rule_change){parser->router.row, version};
    parser->rules_version = version;
    return true;
}

/* Makes sure that there is an open epoch with room, under the newest rules. PROGRESSED: there is. */
static enum tide_progress prepare_epoch(struct tide_parser *parser)
{
    struct tide_router *router = &parser->router;
    uint64_t version = tide_rule_board_newest(parser->rule_board);
    bool is_over = router->epoch && (router->is_closing || parser->epoch_is_full || version != parser->rules_version ||
                                     router->row - router->epoch->row_begin >= router->epochs.row_capacity);
    if (is_over) {
        if (!tide_router_close_epoch(router, 0)) return TIDE_BLOCKED;
        parser->epoch_is_full = false;
    }
    if (router->epoch) return TIDE_PROGRESSED;
    if (version != parser->rules_version && !note_rules(parser, version)) return fail_memory(parser);
    return tide_router_open_epoch(router, parser->rules_version) ? TIDE_PROGRESSED : TIDE_BLOCKED;
}

static enum tide_progress take_news(struct tide_parser *parser)
{
    uint32_t count = parser->awaits_header ? 1 : TIDE_CHUNK_ROWS;
    struct tide_error error = {0};
    parser->next = 0;
    struct tide_row *rows = room_in_batch(parser, &count);
    switch (tide_records_next(&parser->records, rows, count)) {
    case TIDE_RECORDS_CHUNK:
        if (!parser->awaits_header) return TIDE_PROGRESSED;
        return read_header(parser, &error) ? TIDE_PROGRESSED : fail(parser, &error);
    case TIDE_RECORDS_NEW_FILE: begin_file(parser); break;
    case TIDE_RECORDS_FILE_END:
        if (!parser->awaits_header) break;
        tide_error_set(&error, TIDE_EXIT_FAILED, "%s: the file is empty: not even a header", file_name(parser));
        return fail(parser, &error);
    case TIDE_RECORDS_END: parser->phase = TIDE_PARSER_ENDING; break;
    case TIDE_RECORDS_STARVED: parser->records.chunk.count = 0; return TIDE_STARVED;
    case TIDE_RECORDS_NO_MEMORY: return fail_memory(parser);
    }
    parser->records.chunk.count = 0;
    return TIDE_PROGRESSED;
}

/* Everything is said before the parser waits. */
static enum tide_progress flush(struct tide_parser *parser, enum tide_progress reason)
{
    tide_router_flush(&parser->router);
    tide_side_text_flush(&parser->side);
    return reason;
}

/* The end of the input is one more row, whose watermark is the last. */
static enum tide_progress write_last_step(struct tide_parser *parser)
{
    struct tide_router *router = &parser->router;
    if (tide_mapping_has_failed()) {
        struct tide_error error = {0};
        tide_error_set(&error, TIDE_EXIT_FAILED, "cannot read %s: it was cut short, or the disk failed, while it was read",
                       file_name(parser));
        return fail(parser, &error);
    }
    enum tide_progress progress = prepare_epoch(parser);
    if (progress != TIDE_PROGRESSED) return progress;
    if (!parser->was_stopped && !parser->plan->drop_at_end) {
        router->watermark_ms = TIDE_WATERMARK_END;
        if (tide_router_add_step(router, TIDE_WATERMARK_END)) parser->epoch_is_full = true;
    }
    parser->counts.rows = router->row++;
    parser->phase = TIDE_PARSER_CLOSING;
    return TIDE_PROGRESSED;
}

static enum tide_progress end(struct tide_parser *parser)
{
    if (parser->phase == TIDE_PARSER_ENDING) return write_last_step(parser);
    if (parser->phase == TIDE_PARSER_CLOSING) {
        if (!tide_router_close_epoch(&parser->router, TIDE_BATCH_END | TIDE_BATCH_FLUSH)) return TIDE_BLOCKED;
        parser->phase = TIDE_PARSER_SIDE_TEXT;
    }
    if (!tide_side_text_end(&parser->side)) return TIDE_BLOCKED;
    parser->phase = TIDE_PARSER_ENDED;
    return TIDE_PROGRESSED;
}

static void show(struct tide_parser *parser)
{
    if (!tide_view_is_asked(parser->views, 0)) return;
    const struct tide_block *block = parser->records.block;
    struct tide_picture picture = {
        .rows = parser->router.row,
        .bytes = block ? block->offset : 0,
        .watermark_ms = parser->router.watermark_ms,
        .waiting = (uint32_t)tide_ring_count(&parser->records.in->forward),
        .waiting_max = parser->records.in->item_count,
    };
    tide_view_publish(parser->views, 0, &picture);
}

enum tide_progress tide_parser_step(void *self)
{
    struct tide_parser *parser = self;
    if (tide_control_has_failed(parser->control) || parser->phase == TIDE_PARSER_ENDED) return TIDE_DONE;
    show(parser);
    if (parser->phase == TIDE_PARSER_READING && tide_control_is_stopping(parser->control)) {
        parser->was_stopped = true;
        parser->phase = TIDE_PARSER_ENDING;
    }
    bool is_reading = parser->phase == TIDE_PARSER_READING;
    enum tide_progress progress = is_reading ? prepare_epoch(parser) : end(parser);
    if (is_reading && progress == TIDE_PROGRESSED) {
        if (parser->next >= parser->records.chunk.count) progress = take_news(parser);
        if (progress == TIDE_PROGRESSED && parser->phase == TIDE_PARSER_READING &&
            parser->next < parser->records.chunk.count) progress = route_chunk(parser);
    }
    if (progress == TIDE_STARVED || progress == TIDE_BLOCKED) return flush(parser, progress);
    return progress;
}

void tide_parser_nudge(void *self)
{
    struct tide_parser *parser = self;
    tide_router_nudge(&parser->router);
    tide_link_nudge_consumer(parser->side.out);
    tide_link_nudge_producer(parser->records.in);
}
