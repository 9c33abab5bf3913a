/*
 * One row: what it is, and where it goes. The definition of what parser_run.c does for many rows at
 * once.
 */
#include "engine/stages/parser_parts.h"

#include <string.h>

enum {
    LATE_BYTES_A_BATCH = 1 << 18, /* a batch with more is sent before it gets another line */
    STEPS_A_ROW = 2,              /* its arrival, and the watermark after it */
};

/* One reject too many ends the reading, not the run: what led to it is still to be written. */
static void check_policy(struct tide_parser *parser, uint64_t line)
{
    const struct tide_row_counts *counts = &parser->counts;
    uint64_t rejects = counts->missing + counts->malformed + counts->future;
    if (parser->plan->rejects_max < 0 || rejects <= (uint64_t)parser->plan->rejects_max) return;
    tide_error_set(
        &parser->broken_policy, TIDE_EXIT_POLICY,
        "%s:%llu: more than %lld rows rejected (--max-rejects); --rejects FILE shows which and why",
        tide_parser_file_name(parser), (unsigned long long)line,
        (long long)parser->plan->rejects_max);
    parser->was_stopped = true;
    parser->phase = TIDE_PARSER_ENDING;
    tide_control_stop(parser->control); /* the reader has no more to do */
}

/* Where record i comes from: of several inputs, as its partition has noted. */
static struct tide_side_place place_of(struct tide_parser *parser, unsigned i)
{
    const struct tide_chunk *chunk = &parser->records.chunk;
    if (parser->place)
        return (struct tide_side_place){.file = parser->plan->files[chunk->file],
                                        .line = parser->place->line,
                                        .byte = parser->place->byte};
    return (struct tide_side_place){
        .file = parser->plan->file_count > 1 ? parser->plan->files[chunk->file] : NULL,
        .line = tide_records_line(&parser->records, i),
        .byte = chunk->offset + tide_chunk_start(chunk, i),
    };
}

/* Record i, raw. */
static const char *record_of(const struct tide_parser *parser, unsigned i, size_t *bytes)
{
    const struct tide_parcel_place *place = parser->place;
    if (!place) return tide_chunk_record(&parser->records.chunk, i, bytes);
    *bytes = place->record_bytes;
    return parser->place_side + place->record_offset;
}

static enum tide_routed after_side(struct tide_parser *parser, enum tide_side_status status)
{
    if (status == TIDE_SIDE_WRITTEN) return TIDE_ROUTED;
    if (status == TIDE_SIDE_BLOCKED) return TIDE_ROUTE_BLOCKED;
    tide_parser_fail_memory(parser);
    return TIDE_ROUTE_FAILED;
}

static enum tide_routed reject(struct tide_parser *parser, unsigned i, const char *reason,
                               uint64_t *count)
{
    bool wanted = parser->plan->outputs[TIDE_OUTPUT_REJECTS] != NULL;
    struct tide_side_place where = {0};
    if (wanted || parser->plan->rejects_max >= 0) where = place_of(parser, i);
    if (wanted) {
        size_t bytes;
        const char *record = record_of(parser, i, &bytes);
        enum tide_routed routed =
            after_side(parser, tide_side_text_reject(&parser->side, &where, reason, record, bytes));
        if (routed != TIDE_ROUTED) return routed;
    }
    ++*count;
    parser->router.row++;
    check_policy(parser, where.line);
    return TIDE_ROUTED;
}

/* Writes and counts a row that is late. */
static enum tide_routed tell_late(struct tide_parser *parser, unsigned i)
{
    if (parser->plan->outputs[TIDE_OUTPUT_LATE]) {
        size_t bytes;
        const char *record = record_of(parser, i, &bytes);
        struct tide_side_place where = place_of(parser, i);
        enum tide_routed routed =
            after_side(parser, tide_side_text_late(&parser->side, &where,
                                                   parser->router.watermark_ms, record, bytes));
        if (routed != TIDE_ROUTED) return routed;
    }
    parser->counts.late++;
    return TIDE_ROUTED;
}

/* What the worker writes to --late if it finds that the last row is late: its own window is gone,
 * but only the worker knows what that touches. */
static bool keep_late_line(struct tide_parser *parser, unsigned i, struct tide_batch *batch)
{
    if (!parser->plan->outputs[TIDE_OUTPUT_LATE]) return true;
    size_t bytes;
    const char *record = record_of(parser, i, &bytes);
    struct tide_side_place where = place_of(parser, i);
    struct tide_note *note = &batch->notes[batch->note_count - 1];
    if (!tide_batch_reserve(batch, tide_side_text_late_bytes_max(&where, bytes),
                            &note->late_offset))
        return false;
    note->late_bytes =
        (uint32_t)tide_side_text_write_late(parser->plan, batch->side + note->late_offset, &where,
                                            parser->router.watermark_ms, record, bytes);
    batch->side_bytes = note->late_offset + note->late_bytes;
    return true;
}

/* Adds a note on the last row, which is record i. */
static bool add_note(struct tide_parser *parser, unsigned i, struct tide_batch *batch,
                     enum tide_standing standing)
{
    if (!tide_batch_add_note(batch, standing, parser->router.watermark_ms)) return false;
    return standing != TIDE_STANDING_GONE || !tide_plan_workers_find_late(parser->plan) ||
           keep_late_line(parser, i, batch);
}

static bool is_in_gap(const struct tide_plan *plan, int64_t time_ms)
{
    return tide_window_has_gaps(&plan->shape) &&
           tide_window_end(&plan->shape, plan->window->start(&plan->shape, time_ms)) <= time_ms;
}

/* What the watermark has made of the windows of a time. Above it none is passed. */
static enum tide_standing standing_of(const struct tide_parser *parser, int64_t time_ms)
{
    const struct tide_plan *plan = parser->plan;
    if (plan->window->kind == TIDE_WINDOW_COUNT) return TIDE_STANDING_AHEAD;
    const int64_t watermark_ms = parser->router.watermark_ms;
    if (is_in_gap(plan, time_ms))
        return tide_plan_is_gone(plan, time_ms + 1, watermark_ms) ? TIDE_STANDING_GONE
                                                                  : TIDE_STANDING_GAP;
    const int64_t last_ms = plan->window->start(&plan->shape, time_ms);
    if (tide_plan_is_gone(plan, tide_window_end(&plan->shape, last_ms), watermark_ms))
        return TIDE_STANDING_GONE;
    return plan->window->next_fire(&plan->shape, time_ms - 1) <= watermark_ms ? TIDE_STANDING_PASSED
                                                                              : TIDE_STANDING_AHEAD;
}

static bool is_future(const struct tide_parser *parser, int64_t time_ms)
{
    int64_t ahead_ms;
    if (parser->plan->max_future_ms < 0 || !parser->has_time) return false;
    if (parser->confluence.input_count > 0) return false; /* its partition has looked */
    if (__builtin_sub_overflow(time_ms, parser->time_max_ms, &ahead_ms)) return true;
    return ahead_ms > parser->plan->max_future_ms;
}

void tide_parser_move_watermark(struct tide_parser *parser, int64_t watermark_ms)
{
    if (parser->plan->unbounded) return;
    if (watermark_ms <= parser->router.watermark_ms) return; /* silence has brought it further */
    parser->clock.is_ahead = false;
    bool has_arrivals = tide_plan_has_arrivals(parser->plan);
    if (has_arrivals && parser->plan->has_fine_steps) {
        parser->epoch_is_full =
            tide_router_add_watermark(&parser->router, watermark_ms, parser->clock.now_ms);
    } else if (has_arrivals || watermark_ms < parser->fire_next_ms) {
        parser->router.watermark_ms = watermark_ms;
    } else {
        parser->epoch_is_full = tide_router_add_step(&parser->router, watermark_ms);
        parser->fire_next_ms = tide_parser_next_fire(parser, watermark_ms);
    }
}

/* The current row, already in its batch if it goes into one, has the greatest event time so far. */
static void advance(struct tide_parser *parser, int64_t time_ms)
{
    parser->time_max_ms = time_ms;
    if (TIDE_UNLIKELY(!parser->has_time)) parser->time_first_ms = time_ms;
    parser->has_time = true;
    int64_t watermark_ms;
    if (__builtin_sub_overflow(time_ms, parser->plan->bound_ms + 1, &watermark_ms)) return;
    tide_parser_move_watermark(
        parser, watermark_ms < parser->watermark_max_ms ? watermark_ms : parser->watermark_max_ms);
}

/* No window takes the row, but time goes on with it. */
static enum tide_routed gap(struct tide_parser *parser, int64_t time_ms, bool is_greatest)
{
    if (is_greatest) advance(parser, time_ms);
    parser->counts.gap++;
    parser->clock.row_count++;
    parser->router.row++;
    return TIDE_ROUTED;
}

/* Copies a key of more than 16 bytes beside the rows. */
static bool keep_long_key(struct tide_batch *batch, struct tide_row *row, const char *key,
                          size_t bytes, uint64_t hash)
{
    uint32_t offset;
    if (!tide_batch_reserve(batch, bytes, &offset)) return false;
    memcpy(batch->side + offset, key, bytes);
    row->key[0] = (uint64_t)offset << 32 | bytes;
    row->key[1] = hash;
    return true;
}

/* Puts a row behind the others of a batch that has room for it. False without memory. */
static inline bool put_row(struct tide_parser *parser, struct tide_batch *batch,
                           const struct tide_row *row, bool is_long, uint64_t hash)
{
    uint32_t at = batch->row_count, mark = (uint32_t)(parser->router.row - batch->row_base);
    batch->rows[at] = *row;
    if (TIDE_UNLIKELY(is_long)) {
        const char *key = (const char *)(uintptr_t)row->key[0];
        if (!keep_long_key(batch, &batch->rows[at], key, row->key[1], hash)) return false;
        mark |= TIDE_MARK_LONG_KEY;
        batch->flags |= TIDE_BATCH_MARKED;
    }
    batch->marks[at] = mark;
    if (TIDE_UNLIKELY(batch->arrivals_ms != NULL)) batch->arrivals_ms[at] = parser->clock.now_ms;
    batch->row_count = at + 1;
    return true;
}

/* Can a row that comes at its own time go its way at once? Not before does it come: else what its
 * arrival lets fire would be on its way without it, a stop, new rules or a checkpoint could come
 * between, and the sink would wait for a row that may be waiting for the sink. */
static bool can_arrive(struct tide_parser *parser, unsigned worker)
{
    parser->epoch_is_full = !tide_router_has_steps(&parser->router, STEPS_A_ROW);
    return !parser->epoch_is_full && tide_router_batch(&parser->router, worker);
}

/* A row from the scanner's quick path. */
static inline enum tide_routed route_plain(struct tide_parser *parser, unsigned i)
{
    const struct tide_row *row = &parser->records.chunk.rows[i];
    bool is_long = parser->records.chunk.kinds[i] == TIDE_ROW_LONG_KEY;
    int64_t time_ms = row->time_ms;
    const bool has_arrivals = tide_plan_has_arrivals(parser->plan);
    enum tide_standing standing = TIDE_STANDING_AHEAD;
    bool is_late = false;
    if (TIDE_UNLIKELY(time_ms <= parser->router.watermark_ms || parser->has_gaps) &&
        !has_arrivals) {
        standing = standing_of(parser, time_ms);
        is_late = standing == TIDE_STANDING_GONE && !tide_plan_workers_find_late(parser->plan);
        if (is_late && !parser->plan->outputs[TIDE_OUTPUT_TRACE]) {
            enum tide_routed routed = tell_late(parser, i);
            parser->router.row += routed == TIDE_ROUTED;
            return routed;
        }
    }
    bool is_greatest = time_ms > parser->time_max_ms;
    if (TIDE_UNLIKELY(is_greatest) && is_future(parser, time_ms))
        return reject(parser, i, "future", &parser->counts.future);
    uint64_t hash = 0;
    unsigned worker = 0;
    if (TIDE_UNLIKELY(is_long))
        hash = tide_hash_bytes(&parser->seed, (const char *)(uintptr_t)row->key[0], row->key[1]);
    else if (parser->router.route_count > 1)
        hash = tide_hash_inline(&parser->seed, row->key[0], row->key[1]);
    if (parser->router.route_count > 1) worker = tide_hash_route(hash, parser->router.route_count);

    if (TIDE_UNLIKELY(has_arrivals)) {
        if (!can_arrive(parser, worker)) return TIDE_ROUTE_BLOCKED;
        tide_parser_arrive(parser, time_ms);
        if (is_in_gap(parser->plan, parser->clock.now_ms)) standing = TIDE_STANDING_GAP;
    }
    /* With --inactive the worker has to learn that the key is active. */
    const bool is_gap = standing == TIDE_STANDING_GAP;
    if (TIDE_UNLIKELY(is_gap) && !tide_plan_watches_keys(parser->plan))
        return gap(parser, time_ms, is_greatest);

    struct tide_batch *batch = tide_router_batch(&parser->router, worker);
    if (TIDE_UNLIKELY(standing == TIDE_STANDING_GONE) && batch &&
        batch->side_bytes > LATE_BYTES_A_BATCH)
        batch = tide_router_next_batch(&parser->router, worker);
    if (TIDE_UNLIKELY(!batch)) return TIDE_ROUTE_BLOCKED;
    if (TIDE_UNLIKELY(is_late)) { /* the worker writes it to the trace */
        enum tide_routed routed = tell_late(parser, i);
        if (routed != TIDE_ROUTED) return routed;
    }
    const bool is_noted = standing != TIDE_STANDING_AHEAD || parser->notes_all;
    if (!put_row(parser, batch, row, is_long, hash) ||
        (TIDE_UNLIKELY(is_noted) && !add_note(parser, i, batch, standing))) {
        tide_parser_fail_memory(parser);
        return TIDE_ROUTE_FAILED;
    }
    if (is_greatest) advance(parser, time_ms);
    parser->counts.gap += is_gap;
    parser->clock.row_count++;
    parser->router.row++;
    return TIDE_ROUTED;
}

/* Puts a carefully read row into the form the quick path makes, in the chunk, so that it is routed
 * in the same way. */
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

static unsigned worker_of(const struct tide_parser *parser, const struct tide_row *row,
                          enum tide_row_kind kind)
{
    if (parser->router.route_count == 1) return 0;
    uint64_t hash =
        kind == TIDE_ROW_LONG_KEY
            ? tide_hash_bytes(&parser->seed, (const char *)(uintptr_t)row->key[0], row->key[1])
            : tide_hash_inline(&parser->seed, row->key[0], row->key[1]);
    return tide_hash_route(hash, parser->router.route_count);
}

/* Good rows that went to no worker. */
static uint64_t count_left_out(const struct tide_parser *parser)
{
    const struct tide_row_counts *counts = &parser->counts;
    const uint64_t late = parser->plan->outputs[TIDE_OUTPUT_TRACE] ? 0 : counts->late;
    return late + counts->gap + counts->future;
}

/* A row that is not plain. A blocked one is read again when there is room. */
static enum tide_routed route_other(struct tide_parser *parser, unsigned i)
{
    const struct tide_chunk *chunk = &parser->records.chunk;
    struct tide_classified read = tide_classify(&parser->classifier, chunk, i);
    if (read.class == TIDE_CLASS_GOOD &&
        chunk->field_count !=
            parser->decoder.field_count) /* perhaps all of them end in one comma more */
        tide_columns_teach(&parser->columns, chunk->field_count, &parser->decoder);
    return tide_parser_route_read(parser, i, &read);
}

enum tide_routed tide_parser_route_read(struct tide_parser *parser, unsigned i,
                                        const struct tide_classified *read)
{
    struct tide_chunk *chunk = &parser->records.chunk;
    switch (read->class) {
    case TIDE_CLASS_MISSING:
        return reject(parser, i, read->reason, &parser->counts.missing);
    case TIDE_CLASS_MALFORMED:
        return reject(parser, i, read->reason, &parser->counts.malformed);
    case TIDE_CLASS_FUTURE:
        return reject(parser, i, read->reason, &parser->counts.future);
    case TIDE_CLASS_NO_MEMORY:
        tide_parser_fail_memory(parser);
        return TIDE_ROUTE_FAILED;
    case TIDE_CLASS_GOOD:
        break;
    }
    make_plain(chunk, i, read);
    const uint64_t left_out = count_left_out(parser);
    bool is_wide = read->amount != (int64_t)read->amount;
    unsigned worker = is_wide ? worker_of(parser, &chunk->rows[i], chunk->kinds[i]) : 0;
    enum tide_routed routed = route_plain(parser, i);
    chunk->kinds[i] = TIDE_ROW_OTHER;
    if (routed != TIDE_ROUTED || !is_wide) return routed;
    if (left_out != count_left_out(parser)) return routed;
    if (widen_last(parser->router.routes[worker].open, read->amount)) return TIDE_ROUTED;
    tide_parser_fail_memory(parser);
    return TIDE_ROUTE_FAILED;
}

enum tide_routed tide_parser_route(struct tide_parser *parser, unsigned i)
{
    return TIDE_LIKELY(parser->records.chunk.kinds[i] != TIDE_ROW_OTHER) ? route_plain(parser, i)
                                                                         : route_other(parser, i);
}
