/*
 * The time that is not the rows' own: processing time, real or virtual, and the watermark of an
 * input that is silent. When it moves on without a row, that moment takes a row's number, so that
 * its steps have a place of their own in the order, as the end of the input has.
 */
#include "engine/stages/parser_parts.h"

enum {
    NS_A_MS = 1000000,
    RETRY_NS = 100 * NS_A_MS, /* a worker waits for what it has been told already: it is behind, or
                                 waits for any next move */
    LOOK_MS = 1000,           /* the wall clock may have been set while the parser slept */
};

static int64_t plus(int64_t a, int64_t b)
{
    int64_t sum;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return b > 0 ? INT64_MAX : INT64_MIN;
}

int64_t tide_parser_next_fire(const struct tide_parser *parser, int64_t fire_ms)
{
    if (!parser->plan->has_fine_steps)
        return parser->plan->window->next_fire(&parser->plan->shape, fire_ms);
    return plus(fire_ms, 1);
}

/* --- rows that arrive --- */

static int64_t virtual_ms(struct tide_parser *parser, int64_t time_ms)
{
    struct tide_parser_clock *clock = &parser->clock;
    if (clock->row_count == 0) clock->begin_ms = time_ms;
    return tide_plan_virtual_ms(parser->plan, clock->begin_ms, clock->row_count);
}

void tide_parser_arrive(struct tide_parser *parser, int64_t time_ms)
{
    struct tide_parser_clock *clock = &parser->clock;
    int64_t now_ms =
        parser->plan->clock == TIDE_CLOCK_VIRTUAL ? virtual_ms(parser, time_ms) : clock->taken_ms;
    if (now_ms > clock->now_ms) clock->now_ms = now_ms; /* a wall clock may be set back */
    int64_t fire_ms = clock->now_ms - 1;
    if (fire_ms < parser->fire_next_ms) return;
    parser->epoch_is_full = tide_router_add_arrival(&parser->router, clock->now_ms);
    parser->fire_next_ms = tide_parser_next_fire(parser, fire_ms);
}

/* --- silence --- */

int64_t tide_parser_told_ms(const struct tide_parser *parser)
{
    if (parser->plan->clock == TIDE_CLOCK_EVENT) return parser->router.watermark_ms;
    return plus(parser->clock.now_ms, -1);
}

/* What an input silent since some time makes of the watermark; that is no more than it was until
 * the silence has lasted long enough. */
static int64_t silent_watermark_ms(const struct tide_parser *parser, int64_t now_ns)
{
    const struct tide_parser_clock *clock = &parser->clock;
    int64_t silent_ms = (now_ns - clock->silent_since_ns) / NS_A_MS;
    if (!clock->is_silent || silent_ms < parser->plan->idle_ms) return parser->router.watermark_ms;
    int64_t moved_ms = plus(clock->silent_from_ms, silent_ms);
    return moved_ms < TIDE_WATERMARK_END ? moved_ms : TIDE_WATERMARK_END - 1;
}

static void end_moment(struct tide_parser *parser, int64_t fire_ms)
{
    parser->fire_next_ms = tide_parser_next_fire(parser, fire_ms);
    parser->router.row++;
    parser->clock.moment_count++;
}

/* The watermark goes on without a row. True: something may fire, and a step says so. */
static bool move_watermark(struct tide_parser *parser, int64_t watermark_ms)
{
    if (watermark_ms <= parser->router.watermark_ms) return false;
    parser->clock.is_ahead = true;
    if (watermark_ms < parser->fire_next_ms) {
        parser->router.watermark_ms = watermark_ms;
        return false;
    }
    parser->epoch_is_full = tide_router_add_step(&parser->router, watermark_ms);
    end_moment(parser, watermark_ms);
    return true;
}

void tide_parser_take_time(struct tide_parser *parser)
{
    struct tide_parser_clock *clock = &parser->clock;
    if (parser->plan->clock == TIDE_CLOCK_PROCESSING) clock->taken_ms = tide_clock_wall_ms();
    if (!clock->is_silent) return;
    move_watermark(parser, silent_watermark_ms(parser, tide_clock_ns()));
    clock->is_silent = false;
}

void tide_parser_pass_silence(struct tide_parser *parser, int64_t watermark_ms)
{
    struct tide_parser_clock *clock = &parser->clock;
    move_watermark(parser, watermark_ms);
    if (clock->is_silent && parser->router.watermark_ms > clock->silent_from_ms)
        clock->silent_from_ms = parser->router.watermark_ms;
}

int64_t tide_parser_idle_ns(const struct tide_plan *plan)
{
    const int64_t most_ms = INT64_MAX / 2 / NS_A_MS; /* so that it can be added to a clock's time */
    return (plan->idle_ms < most_ms ? plan->idle_ms : most_ms) * NS_A_MS;
}

static void begin_silence(struct tide_parser *parser, int64_t now_ns)
{
    struct tide_parser_clock *clock = &parser->clock;
    if (clock->is_silent || parser->router.watermark_ms == TIDE_WATERMARK_NONE) return;
    clock->is_silent = true;
    clock->silent_since_ns = now_ns;
    clock->silent_from_ms = parser->router.watermark_ms;
}

enum tide_progress tide_parser_tick(struct tide_parser *parser)
{
    struct tide_parser_clock *clock = &parser->clock;
    const bool is_event = parser->plan->clock == TIDE_CLOCK_EVENT;
    if (!tide_plan_wakes(parser->plan)) return TIDE_STARVED;
    int64_t now_ns = tide_clock_ns(), wall_ms = tide_clock_wall_ms();
    if (is_event) begin_silence(parser, now_ns);
    int64_t fire_ms = is_event ? silent_watermark_ms(parser, now_ns) : wall_ms - 1;
    int64_t due_ms = tide_control_due_ms(parser->control, parser->router.route_count);
    int64_t told = tide_parser_told_ms(parser);
    bool is_known = due_ms <= told && now_ns < plus(clock->tick_ns, RETRY_NS);
    if (fire_ms <= told || fire_ms < due_ms || is_known) return TIDE_STARVED;
    clock->tick_ns = now_ns;
    if (is_event) return move_watermark(parser, fire_ms) ? TIDE_PROGRESSED : TIDE_STARVED;
    clock->now_ms = wall_ms;
    parser->epoch_is_full = tide_router_add_arrival(&parser->router, wall_ms);
    end_moment(parser, fire_ms);
    return TIDE_PROGRESSED;
}

/* When the silence will have brought the watermark to due_ms. */
static int64_t silent_until_ns(const struct tide_parser *parser, int64_t due_ms)
{
    const struct tide_parser_clock *clock = &parser->clock;
    int64_t silent_ms;
    if (!clock->is_silent) return TIDE_CLOCK_NEVER;
    if (__builtin_sub_overflow(due_ms, clock->silent_from_ms, &silent_ms) ||
        silent_ms > INT64_MAX / NS_A_MS)
        return TIDE_CLOCK_NEVER;
    if (silent_ms < parser->plan->idle_ms) silent_ms = parser->plan->idle_ms;
    return plus(clock->silent_since_ns, silent_ms * NS_A_MS);
}

/* When the wall clock will have passed due_ms; sooner, to look at it again. */
static int64_t passed_at_ns(int64_t due_ms)
{
    int64_t left_ms = plus(due_ms, 1 - tide_clock_wall_ms());
    if (left_ms < 0) left_ms = 0;
    return tide_clock_ns() + (left_ms < LOOK_MS ? left_ms : LOOK_MS) * NS_A_MS;
}

/* When time will have come to what a worker waits for, though no row has come. */
static int64_t due_at_ns(const struct tide_parser *parser)
{
    int64_t due_ms = tide_control_due_ms(parser->control, parser->router.route_count);
    if (due_ms == INT64_MAX) return TIDE_CLOCK_NEVER;
    int64_t at_ns = parser->plan->clock == TIDE_CLOCK_EVENT ? silent_until_ns(parser, due_ms)
                                                            : passed_at_ns(due_ms);
    int64_t retry_ns = plus(parser->clock.tick_ns, RETRY_NS);
    return due_ms <= tide_parser_told_ms(parser) && at_ns < retry_ns ? retry_ns : at_ns;
}

int64_t tide_parser_wake_at_ns(const void *self)
{
    const struct tide_parser *parser = self;
    if (!tide_plan_wakes(parser->plan) || parser->phase != TIDE_PARSER_READING ||
        !tide_control_is_verified(parser->control))
        return TIDE_CLOCK_NEVER;
    int64_t due_ns = due_at_ns(parser), idle_ns = TIDE_CLOCK_NEVER;
    if (parser->plan->idle_ms > 0)
        idle_ns =
            tide_confluence_idle_at_ns(&parser->confluence, tide_parser_idle_ns(parser->plan));
    return due_ns < idle_ns ? due_ns : idle_ns;
}

/* --- checkpoints --- */

/* Silences are those of this run, and begin anew in the next one. */
void tide_parser_clock_save(const struct tide_parser_clock *clock, struct tide_snapshot *snapshot)
{
    tide_put_i64(snapshot, clock->now_ms);
    tide_put_i64(snapshot, clock->begin_ms);
    tide_put_u64(snapshot, clock->row_count);
    tide_put_u64(snapshot, clock->moment_count);
    tide_put_u8(snapshot, clock->is_ahead);
}

bool tide_parser_clock_load(struct tide_parser_clock *clock, struct tide_snapshot_reader *reader)
{
    clock->now_ms = tide_get_i64(reader);
    clock->begin_ms = tide_get_i64(reader);
    clock->row_count = tide_get_u64(reader);
    clock->moment_count = tide_get_u64(reader);
    clock->is_ahead = tide_get_bool(reader);
    if (clock->row_count > reader->row_count || clock->moment_count > reader->row_count)
        return tide_damage(reader, "its clock counts more rows than were read");
    return !reader->damage;
}
