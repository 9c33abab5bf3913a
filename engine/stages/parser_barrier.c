#include "engine/stages/parser_barrier.h"

#include "engine/stages/reader.h"

/* --- where it stands --- */

static bool is_due(struct tide_parser *parser)
{
    const struct tide_parser_barrier *barrier = &parser->barrier;
    if (!parser->snapshots || parser->router.row == barrier->row) return false;
    if (parser->was_stopped) return true; /* the last one */
    if (tide_records_is_far_behind(&parser->records)) return false;
    if (parser->plan->checkpoint_rows > 0)
        return parser->router.row - barrier->row >= parser->plan->checkpoint_rows;
    return tide_control_wants_checkpoint(parser->control);
}

uint32_t tide_parser_before_barrier(const struct tide_parser *parser, uint32_t most)
{
    const uint64_t rows = parser->plan->checkpoint_rows;
    if (!parser->snapshots || rows == 0) return most;
    const uint64_t since = parser->router.row - parser->barrier.row;
    return since < rows && rows - since < most ? (uint32_t)(rows - since) : most;
}

/* --- what is saved --- */

static void save_counts(const struct tide_row_counts *counts, struct tide_snapshot *snapshot)
{
    tide_put_u64(snapshot, counts->late);
    tide_put_u64(snapshot, counts->gap);
    tide_put_u64(snapshot, counts->missing);
    tide_put_u64(snapshot, counts->malformed);
    tide_put_u64(snapshot, counts->future);
}

static void load_counts(struct tide_row_counts *counts, struct tide_snapshot_reader *reader)
{
    counts->late = tide_get_u64(reader);
    counts->gap = tide_get_u64(reader);
    counts->missing = tide_get_u64(reader);
    counts->malformed = tide_get_u64(reader);
    counts->future = tide_get_u64(reader);
}

static void save(struct tide_parser *parser, struct tide_snapshot *snapshot)
{
    TIDE_CHECK(parser->fire_next_ms == tide_parser_next_fire(parser, tide_parser_told_ms(parser)));
    tide_put_u64(snapshot, parser->router.row);
    tide_put_i64(snapshot, parser->router.watermark_ms);
    tide_put_u8(snapshot, parser->has_time);
    tide_put_i64(snapshot, parser->time_first_ms);
    tide_put_i64(snapshot, parser->time_max_ms);
    save_counts(&parser->counts, snapshot);
    tide_rule_log_save(&parser->rule_log, snapshot);
    tide_parser_clock_save(&parser->clock, snapshot);
    tide_parser_save_inputs(parser, snapshot);
}

/* Of one input the watermark is what the greatest time has made of it, or further if the input was
 * silent. What the next window waits for follows: nothing has been due since time was last told. */
static bool settle_times(struct tide_parser *parser, struct tide_snapshot_reader *reader)
{
    const struct tide_plan *plan = parser->plan;
    const int64_t watermark_ms = parser->router.watermark_ms;
    int64_t due_ms = TIDE_WATERMARK_NONE;
    bool is_right = true;
    if (parser->has_time && !plan->unbounded &&
        __builtin_sub_overflow(parser->time_max_ms, plan->bound_ms + 1, &due_ms))
        due_ms = watermark_ms; /* it has stayed where it was */
    if (tide_plan_partitions(plan) == 0)
        is_right = (watermark_ms == due_ms || (parser->clock.is_ahead && watermark_ms > due_ms &&
                                               parser->has_time && !plan->unbounded)) &&
                   (!parser->has_time || parser->time_first_ms <= parser->time_max_ms);
    if (!is_right || watermark_ms == TIDE_WATERMARK_END ||
        (plan->unbounded && watermark_ms != TIDE_WATERMARK_NONE))
        return tide_damage(reader, "its times contradict each other");
    parser->fire_next_ms = tide_parser_next_fire(parser, tide_parser_told_ms(parser));
    return true;
}

bool tide_parser_load(struct tide_parser *parser, struct tide_snapshot_reader *reader)
{
    parser->router.row = reader->row_count = tide_get_u64(reader);
    parser->barrier.row = parser->barrier.begin_row = parser->router.row;
    parser->router.watermark_ms = tide_get_i64(reader);
    parser->has_time = tide_get_bool(reader);
    parser->time_first_ms = tide_get_i64(reader);
    parser->time_max_ms = tide_get_i64(reader);
    load_counts(&parser->counts, reader);
    return tide_rule_log_load(&parser->rule_log, reader) &&
           tide_parser_clock_load(&parser->clock, reader) &&
           tide_parser_load_inputs(parser, reader) && !reader->damage &&
           settle_times(parser, reader);
}

/* --- passing it --- */

/* Every worker is told, behind all that comes before. */
static bool tell_workers(struct tide_parser *parser)
{
    struct tide_router *router = &parser->router;
    if (parser->barrier.workers_are_told) return true;
    if (!router->epoch && !tide_router_open_epoch(router, parser->rules_version)) return false;
    if (!tide_router_close_epoch(router, TIDE_BATCH_BARRIER | TIDE_BATCH_FLUSH)) return false;
    parser->epoch_is_full = false;
    parser->barrier.workers_are_told = true;
    return true;
}

enum tide_progress tide_parser_pass_barrier(struct tide_parser *parser)
{
    struct tide_parser_barrier *barrier = &parser->barrier;
    if (!barrier->snapshot) {
        if (!is_due(parser)) return TIDE_PROGRESSED;
        barrier->snapshot = tide_link_take(parser->snapshots);
        /* The one before is still being written. Only the last one is waited for. */
        if (!barrier->snapshot) return parser->was_stopped ? TIDE_BLOCKED : TIDE_PROGRESSED;
        barrier->workers_are_told = false;
    }
    if (!tell_workers(parser) || !tide_side_text_barrier(&parser->side)) return TIDE_BLOCKED;
    tide_snapshot_clear(barrier->snapshot);
    save(parser, barrier->snapshot);
    /* After the last look at the input: zeroes that stand for pages which are gone must not be gone
     * on with. */
    struct tide_error error = {0};
    if (!tide_reader_check_windows(parser->plan, parser->records.chunk.file, &error)) {
        tide_control_fail(parser->control, &error);
        return TIDE_DONE;
    }
    tide_link_send(parser->snapshots, barrier->snapshot, TIDE_NOW);
    barrier->snapshot = NULL;
    barrier->row = parser->router.row;
    tide_control_answer_checkpoint(parser->control);
    return TIDE_PROGRESSED;
}

bool tide_parser_end_checkpoints(struct tide_parser *parser)
{
    if (!parser->snapshots) return true;
    struct tide_snapshot *snapshot = tide_link_take(parser->snapshots);
    if (!snapshot) return false;
    tide_snapshot_clear(snapshot);
    tide_link_send(parser->snapshots, snapshot, TIDE_NOW);
    return true;
}
