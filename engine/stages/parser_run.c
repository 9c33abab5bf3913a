/*
 * Many ordinary rows at once. What the loops need is in locals, which no store through a pointer
 * can touch; a row they do not take is routed by parser_row.c, and then they go on behind it.
 */
#include "engine/stages/parser_parts.h"

#include <string.h>

enum { PREFETCH_ROWS = 4 };

/* Event time as it stands in a loop. */
struct course {
    int64_t watermark_ms, time_max_ms;
    int64_t behind_ms;    /* how far the watermark is behind the greatest time */
    int64_t fire_next_ms; /* the watermark at which the loop must end */
    bool is_unbounded;
};

static struct course course_of(const struct tide_parser *parser)
{
    return (struct course){
        .watermark_ms = parser->router.watermark_ms,
        .time_max_ms = parser->time_max_ms,
        .behind_ms = parser->plan->bound_ms + 1,
        .fire_next_ms = parser->plan->unbounded ? INT64_MAX : parser->fire_next_ms,
        .is_unbounded = parser->plan->unbounded,
    };
}

/* May a row of this time go its way without further ado? Then the watermark has moved with it. */
static inline bool is_ordinary(struct course *course, int64_t time_ms)
{
    int64_t moved_ms;
    if (TIDE_UNLIKELY(time_ms <= course->watermark_ms)) return false;
    if (TIDE_LIKELY(time_ms <= course->time_max_ms)) return true;
    if (__builtin_sub_overflow(time_ms, course->behind_ms, &moved_ms) ||
        moved_ms >= course->fire_next_ms)
        return false;
    course->time_max_ms = time_ms;
    if (!course->is_unbounded) course->watermark_ms = moved_ms;
    return true;
}

/* rows: the `taken` ones. */
static void keep_course(struct tide_parser *parser, const struct course *course,
                        const struct tide_row *rows, uint32_t taken)
{
    if (TIDE_UNLIKELY(!parser->has_time) && taken > 0) parser->time_first_ms = rows[0].time_ms;
    parser->router.row += taken;
    parser->router.watermark_ms = course->watermark_ms;
    parser->time_max_ms = course->time_max_ms;
    parser->has_time = parser->has_time || taken > 0;
    parser->next += taken;
}

/* Rows that the scanner has written into a batch, and that cannot simply stay there, go back to the
 * chunk. */
static void take_back(struct tide_parser *parser)
{
    struct tide_chunk *chunk = &parser->records.chunk;
    if (chunk->rows == chunk->own_rows) return;
    memcpy(chunk->own_rows + parser->next, chunk->rows + parser->next,
           (chunk->count - parser->next) * sizeof *chunk->rows);
    chunk->rows = chunk->own_rows;
}

/* All to the only worker, whose batch may hold them already. */
static void run_to_one(struct tide_parser *parser)
{
    struct tide_batch *batch = parser->router.routes[0].open;
    if (batch) {
        const uint32_t left = parser->records.chunk.count - parser->next;
        const uint32_t room = batch->row_capacity - batch->row_count,
                       count = left < room ? left : room;
        const struct tide_row *from = parser->records.chunk.rows + parser->next;
        const uint8_t *kinds = parser->records.chunk.kinds + parser->next;
        struct tide_row *rows = batch->rows + batch->row_count;
        uint32_t *marks = batch->marks + batch->row_count, taken = 0;
        const uint32_t mark = (uint32_t)(parser->router.row - batch->row_base);
        struct course course = course_of(parser);
        for (; taken < count; taken++) {
            if (TIDE_UNLIKELY(kinds[taken] != TIDE_ROW_PLAIN) ||
                !is_ordinary(&course, from[taken].time_ms))
                break;
            marks[taken] = mark + taken;
        }
        if (from != rows) memcpy(rows, from, taken * sizeof *rows);
        batch->row_count += taken;
        keep_course(parser, &course, rows, taken);
    }
    if (parser->next < parser->records.chunk.count) take_back(parser);
}

/* Each to the open batch of the worker that owns its key. */
static void run_to_many(struct tide_parser *parser)
{
    const struct tide_route *routes = parser->router.routes;
    const struct tide_hash_seed seed = parser->seed;
    const uint32_t route_count = parser->router.route_count;
    const struct tide_row *rows = parser->records.chunk.rows + parser->next;
    const uint8_t *kinds = parser->records.chunk.kinds + parser->next;
    const uint32_t count = parser->records.chunk.count - parser->next;
    const uint64_t row = parser->router.row;
    struct course course = course_of(parser);
    uint32_t taken = 0;
    for (; taken < count; taken++) {
        const struct tide_row *from = &rows[taken];
        uint64_t hash = tide_hash_inline(&seed, from->key[0], from->key[1]);
        struct tide_batch *batch = routes[tide_hash_route(hash, route_count)].open;
        if (TIDE_UNLIKELY(kinds[taken] != TIDE_ROW_PLAIN || !batch ||
                          batch->row_count == batch->row_capacity) ||
            !is_ordinary(&course, from->time_ms))
            break;
        uint32_t at = batch->row_count++;
        __builtin_prefetch(&batch->rows[at + PREFETCH_ROWS], 1);
        batch->marks[at] = (uint32_t)(row + taken - batch->row_base);
        batch->rows[at] = *from;
    }
    keep_course(parser, &course, rows, taken);
}

void tide_parser_run(struct tide_parser *parser)
{
    if (tide_parser_is_careful(parser)) return;
    if (TIDE_UNLIKELY(parser->clock.is_ahead)) {
        take_back(parser);
        return;
    }
    if (parser->router.route_count == 1) run_to_one(parser);
    else run_to_many(parser);
}

struct tide_row *tide_parser_room(struct tide_parser *parser, uint32_t *count)
{
    struct tide_router *router = &parser->router;
    if (router->route_count > 1 || tide_parser_is_careful(parser)) return NULL;
    struct tide_batch *batch = tide_router_batch(router, 0);
    if (!batch) return NULL;
    uint32_t room = batch->row_capacity - batch->row_count;
    if (room < *count) *count = room;
    return batch->rows + batch->row_count;
}
