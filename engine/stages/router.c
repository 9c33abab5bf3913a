#include "engine/stages/router.h"

enum {
    EPOCHS = 8,
    EPOCH_STEPS_MAX = 4096,
    EPOCH_ROWS_MAX = 65536,
    STEPS_A_BATCH_ROW = 8,
    ROWS_A_BATCH_ROW = 128
};

static uint32_t at_most(uint64_t value, uint32_t limit)
{
    return value < limit ? (uint32_t)value : limit;
}

/* Small batches make small epochs, so that a small input already goes through all of this. */
struct tide_epoch_shape tide_router_epochs(const struct tide_plan *plan)
{
    return (struct tide_epoch_shape){
        .epoch_count = at_most(plan->ring_slots, EPOCHS),
        .step_capacity = at_most((uint64_t)plan->batch_rows * STEPS_A_BATCH_ROW, EPOCH_STEPS_MAX),
        .row_capacity = at_most((uint64_t)plan->batch_rows * ROWS_A_BATCH_ROW, EPOCH_ROWS_MAX),
    };
}

size_t tide_router_bytes(const struct tide_plan *plan)
{
    const struct tide_epoch_shape shape = tide_router_epochs(plan);
    return plan->parallelism * sizeof(struct tide_route) +
           tide_epoch_pool_bytes(shape.epoch_count, shape.step_capacity);
}

bool tide_router_init(struct tide_router *router, const struct tide_plan *plan,
                      struct tide_link *links, struct tide_error *error)
{
    *router =
        (struct tide_router){.route_count = plan->parallelism, .watermark_ms = TIDE_WATERMARK_NONE};
    router->routes = tide_alloc_zeroed(plan->parallelism, sizeof *router->routes);
    const struct tide_epoch_shape shape = tide_router_epochs(plan);
    if (!router->routes || !tide_epoch_pool_init(&router->epochs, shape.epoch_count,
                                                 shape.step_capacity, shape.row_capacity))
        return tide_error_memory(error, "the router");
    for (unsigned i = 0; i < plan->parallelism; i++) router->routes[i].link = &links[i];
    return true;
}

void tide_router_fini(struct tide_router *router)
{
    tide_free(router->routes);
    tide_epoch_pool_fini(&router->epochs);
    *router = (struct tide_router){0};
}

bool tide_router_open_epoch(struct tide_router *router, uint64_t rules_version)
{
    if (router->epoch) return true;
    router->epoch =
        tide_epoch_open(&router->epochs, router->route_count, router->row, rules_version);
    if (!router->epoch) return false;
    for (unsigned i = 0; i < router->route_count; i++) {
        router->routes[i].steps_told = 0;
        router->routes[i].has_left_epoch = false;
    }
    return true;
}

/* Makes sure the route has an open batch, empty if need be. */
static bool open_batch(struct tide_router *router, struct tide_route *route)
{
    if (route->open) return true;
    route->open = tide_link_take(route->link);
    if (!route->open) return false;
    tide_batch_reset(route->open, router->epoch, router->row);
    return true;
}

static void send(struct tide_router *router, struct tide_route *route, uint32_t flags,
                 enum tide_urgency urgency)
{
    struct tide_batch *batch = route->open;
    batch->step_begin = route->steps_told;
    batch->step_end = router->epoch->step_count;
    batch->complete_row = router->row;
    batch->watermark_ms = router->watermark_ms;
    batch->flags |= flags;
    route->steps_told = batch->step_end;
    route->row_told = batch->complete_row;
    route->is_flushed = (batch->flags & (TIDE_BATCH_FLUSH | TIDE_BATCH_LEAVES_EPOCH)) != 0;
    route->open = NULL;
    router->batch_count++;
    tide_link_send(route->link, batch, urgency);
}

struct tide_batch *tide_router_next_batch(struct tide_router *router, unsigned worker)
{
    struct tide_route *route = &router->routes[worker];
    if (route->open) send(router, route, 0, TIDE_WHEN_HALF);
    return open_batch(router, route) ? route->open : NULL;
}

bool tide_router_close_epoch(struct tide_router *router, uint32_t more_flags)
{
    bool all = true;
    router->is_closing = true;
    for (unsigned i = 0; i < router->route_count; i++) {
        struct tide_route *route = &router->routes[i];
        if (route->has_left_epoch) continue;
        if (!open_batch(router, route)) {
            all = false;
            continue;
        }
        route->has_left_epoch = true;
        send(router, route, TIDE_BATCH_LEAVES_EPOCH | more_flags, TIDE_WHEN_HALF);
    }
    if (!all) return false;
    router->epoch = NULL;
    router->is_closing = false;
    return true;
}

static bool append_step(struct tide_router *router, const struct tide_step *step)
{
    struct tide_epoch *epoch = router->epoch;
    TIDE_CHECK(epoch->step_count < router->epochs.step_capacity);
    epoch->steps[epoch->step_count++] = *step;
    router->watermark_ms = step->watermark_ms;
    return epoch->step_count == router->epochs.step_capacity;
}

bool tide_router_add_step(struct tide_router *router, int64_t watermark_ms)
{
    return append_step(router, &(struct tide_step){.row = router->row,
                                                   .watermark_ms = watermark_ms,
                                                   .before_ms = router->watermark_ms,
                                                   .fire_ms = watermark_ms});
}

bool tide_router_add_watermark(struct tide_router *router, int64_t watermark_ms, int64_t clock_ms)
{
    return append_step(router, &(struct tide_step){.row = router->row,
                                                   .watermark_ms = watermark_ms,
                                                   .before_ms = router->watermark_ms,
                                                   .fire_ms = clock_ms - 1});
}

bool tide_router_add_arrival(struct tide_router *router, int64_t clock_ms)
{
    return append_step(router, &(struct tide_step){.row = router->row,
                                                   .watermark_ms = router->watermark_ms,
                                                   .before_ms = router->watermark_ms,
                                                   .fire_ms = clock_ms - 1,
                                                   .is_before = true});
}

void tide_router_flush(struct tide_router *router)
{
    if (!router->epoch) return;
    for (unsigned i = 0; i < router->route_count; i++) {
        struct tide_route *route = &router->routes[i];
        bool is_told = route->row_told == router->row && (route->is_flushed || router->row == 0);
        if (route->has_left_epoch || is_told) continue;
        if (open_batch(router, route)) send(router, route, TIDE_BATCH_FLUSH, TIDE_NOW);
    }
}

void tide_router_nudge(struct tide_router *router)
{
    for (unsigned i = 0; i < router->route_count; i++)
        tide_link_nudge_consumer(router->routes[i].link);
}
