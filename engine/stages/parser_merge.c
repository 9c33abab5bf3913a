/*
 * The rows of several inputs, in the order in which they make one stream: each goes where
 * parser_row.c would have it go, most of them several at a time.
 */
#include "engine/stages/parser_parts.h"

#include <string.h>

enum { PREFETCH_ROWS = 4 };

/* Event time as it stands while rows of one input are taken. */
struct course {
    int64_t watermark_ms, time_max_ms; /* ... of that input */
    int64_t behind_ms;                 /* how far a watermark is behind the greatest time */
    int64_t stay_ms;                   /* the input is next up to this greatest time */
    int64_t watermark_max_ms;          /* the others allow no more */
    int64_t fire_next_ms;              /* the watermark at which the loop must end */
    bool is_unbounded;
};

/* What the others allow the watermark to be. */
static int64_t watermark_max_ms(const struct tide_confluence *confluence)
{
    int64_t others_ms = tide_confluence_others_ms(confluence);
    return others_ms == INT64_MAX ? INT64_MAX : tide_confluence_behind(confluence, others_ms);
}

static struct course course_of(const struct tide_parser *parser)
{
    const struct tide_confluence *confluence = &parser->confluence;
    const struct tide_interleave *order = &confluence->order;
    return (struct course){
        .watermark_ms = parser->router.watermark_ms,
        .time_max_ms = order->greatest_ms[tide_interleave_next(order)],
        .behind_ms = confluence->behind_ms,
        .stay_ms = tide_confluence_stay_ms(confluence),
        .watermark_max_ms = watermark_max_ms(confluence),
        .fire_next_ms = parser->plan->unbounded ? INT64_MAX : parser->fire_next_ms,
        .is_unbounded = parser->plan->unbounded,
    };
}

/* May a row of this time go its way without further ado? Then the watermark has moved with it. */
static inline bool is_ordinary(struct course *course, int64_t time_ms)
{
    int64_t moved_ms;
    if (TIDE_UNLIKELY(time_ms <= course->watermark_ms)) return false;
    if (time_ms <= course->time_max_ms) return true;
    if (__builtin_sub_overflow(time_ms, course->behind_ms, &moved_ms)) return false;
    if (moved_ms > course->watermark_max_ms) moved_ms = course->watermark_max_ms;
    if (moved_ms >= course->fire_next_ms) return false;
    course->time_max_ms = time_ms;
    if (!course->is_unbounded && moved_ms > course->watermark_ms) course->watermark_ms = moved_ms;
    return true;
}

/* Takes at most `left` rows of the next input, as long as it is next and nothing out of the
 * ordinary comes up. */
static void run(struct tide_parser *parser, uint32_t left)
{
    struct tide_confluence_input *input = tide_confluence_next(&parser->confluence);
    const struct tide_batch *from = &input->parcel->batch;
    const struct tide_route *routes = parser->router.routes;
    const uint64_t row = parser->router.row;
    const uint32_t begin = input->row_next, waiting = from->row_count - begin;
    const uint32_t end = begin + (waiting < left ? waiting : left);
    struct course course = course_of(parser);
    const int64_t time_max_before_ms = course.time_max_ms;
    uint32_t at = begin;
    for (; at < end && course.time_max_ms <= course.stay_ms; at++) {
        const uint32_t mark = from->marks[at];
        if (TIDE_UNLIKELY(mark > TIDE_PARCEL_WORKER)) break;
        struct tide_batch *batch = routes[mark].open;
        if (TIDE_UNLIKELY(!batch || batch->row_count == batch->row_capacity) ||
            !is_ordinary(&course, from->rows[at].time_ms))
            break;
        uint32_t to = batch->row_count++;
        __builtin_prefetch(&batch->rows[to + PREFETCH_ROWS], 1);
        batch->marks[to] = (uint32_t)(row + (at - begin) - batch->row_base);
        batch->rows[to] = from->rows[at];
    }
    if (TIDE_UNLIKELY(!parser->has_time) && at > begin)
        parser->time_first_ms = from->rows[begin].time_ms;
    parser->has_time = parser->has_time || at > begin;
    input->row_next = at;
    parser->router.row += at - begin;
    parser->router.watermark_ms = course.watermark_ms;
    if (course.time_max_ms != time_max_before_ms)
        tide_interleave_advance(&parser->confluence.order, course.time_max_ms);
}

/* A row as a careful reading would have given it. */
static struct tide_classified read_again(const struct tide_confluence_input *input)
{
    const struct tide_batch *from = &input->parcel->batch;
    const struct tide_row *row = &from->rows[input->row_next];
    const uint32_t mark = from->marks[input->row_next];
    if (mark & TIDE_PARCEL_REFUSED) {
        const struct tide_parcel_place *place = &input->parcel->places[input->place_next];
        return (struct tide_classified){.class = (enum tide_class)place->class,
                                        .reason = place->reason};
    }
    struct tide_classified read = {.class = TIDE_CLASS_GOOD,
                                   .key = (const char *)row->key,
                                   .key_bytes = TIDE_KEY_INLINE_BYTES,
                                   .time_ms = row->time_ms,
                                   .amount = row->amount};
    if (mark & TIDE_PARCEL_LONG_KEY) {
        read.key = from->side + (row->key[0] >> 32);
        read.key_bytes = (uint32_t)row->key[0];
    }
    if (mark & TIDE_PARCEL_WIDE_AMOUNT)
        memcpy(&read.amount, from->side + row->amount, sizeof read.amount);
    return read;
}

/* The next input's next row, of whatever kind. A blocked one has left no trace. */
static enum tide_routed route_one(struct tide_parser *parser)
{
    struct tide_confluence *confluence = &parser->confluence;
    struct tide_confluence_input *input = tide_confluence_next(confluence);
    const unsigned next = tide_interleave_next(&confluence->order);
    const int64_t greatest_ms = confluence->order.greatest_ms[next];
    const bool is_placed = (input->parcel->batch.marks[input->row_next] & TIDE_PARCEL_PLACED) != 0;
    TIDE_ASSERT(!is_placed || input->parcel->places[input->place_next].at == input->row_next);
    parser->place = is_placed ? &input->parcel->places[input->place_next] : NULL;
    parser->place_side = input->parcel->batch.side;
    parser->records.chunk.file = next;
    parser->time_max_ms = greatest_ms;
    parser->watermark_max_ms = watermark_max_ms(confluence);
    struct tide_classified read = read_again(input);
    enum tide_routed routed = tide_parser_route_read(parser, 0, &read);
    if (routed != TIDE_ROUTED) return routed;
    input->row_next++;
    input->place_next += is_placed;
    if (parser->time_max_ms != greatest_ms)
        tide_interleave_advance(&confluence->order, parser->time_max_ms);
    return routed;
}

/* The end of an input counts as one more row, after which the watermark is that of the others. */
static void finish_input(struct tide_parser *parser)
{
    tide_parser_move_watermark(parser, parser->confluence.watermark.least_ms);
    parser->router.row++;
}

/* The next input is empty. Others are not waited for in vain: what has been empty for too long
 * is idle, and when all of them are empty, silence makes time go on as it does for one input. */
static enum tide_progress wait_for_row(struct tide_parser *parser)
{
    if (parser->plan->idle_ms <= 0) return tide_parser_tick(parser);
    struct tide_silence silence = tide_confluence_listen(&parser->confluence, tide_clock_ns(),
                                                         tide_parser_idle_ns(parser->plan));
    if (!silence.is_of_all) { /* a record ends the silence when it comes, next or not */
        const uint64_t row = parser->router.row;
        tide_parser_take_time(parser);
        if (parser->router.row != row) return TIDE_PROGRESSED;
    }
    if (silence.is_new_idle) {
        tide_parser_pass_silence(parser, parser->confluence.watermark.least_ms);
        return TIDE_PROGRESSED;
    }
    return silence.is_of_all ? tide_parser_tick(parser) : TIDE_STARVED;
}

/* All inputs have finished. */
static void end_reading(struct tide_parser *parser)
{
    const struct tide_interleave *order = &parser->confluence.order;
    parser->phase = TIDE_PARSER_ENDING;
    for (unsigned i = 0; i < order->input_count; i++)
        if (order->greatest_ms[i] > parser->time_max_ms)
            parser->time_max_ms = order->greatest_ms[i];
}

enum tide_progress tide_parser_merge(struct tide_parser *parser)
{
    const bool is_careful = tide_parser_is_careful(parser);
    const uint32_t most = tide_parser_before_barrier(parser, TIDE_CHUNK_ROWS);
    uint64_t row_before = parser->router.row;
    bool has_looked = false; /* at the clock, for the rows of this step */
    enum tide_progress stopped = TIDE_BLOCKED;
    parser->records.chunk.rows = parser->records.chunk.own_rows;
    while (parser->router.row - row_before < most && !parser->epoch_is_full &&
           parser->phase == TIDE_PARSER_READING) {
        enum tide_confluence_news news = tide_confluence_look(&parser->confluence);
        if (news == TIDE_CONFLUENCE_FINISHED) {
            finish_input(parser);
            continue;
        }
        if (news == TIDE_CONFLUENCE_END) end_reading(parser);
        if (news == TIDE_CONFLUENCE_STARVED) stopped = TIDE_STARVED;
        if (news != TIDE_CONFLUENCE_ROW) break;
        uint64_t row = parser->router.row;
        if (!has_looked) {
            tide_parser_take_time(parser); /* which may fill the epoch */
            has_looked = true;
            continue;
        }
        if (!is_careful) run(parser, (uint32_t)(most - (row - row_before)));
        if (parser->router.row != row) continue;
        enum tide_routed routed = route_one(parser);
        if (routed == TIDE_ROUTE_FAILED) return TIDE_DONE;
        if (routed == TIDE_ROUTE_BLOCKED) break;
    }
    /* A full epoch is closed by the next step. */
    if (parser->router.row != row_before || parser->epoch_is_full ||
        parser->phase != TIDE_PARSER_READING)
        return TIDE_PROGRESSED;
    return stopped == TIDE_STARVED ? wait_for_row(parser) : stopped;
}
