/*
 * router: the parser's out-tray: one open batch a worker, and the epoch that tells all of them what
 *           the watermark did.
 * Owns:     the open batches while they are open, and the epochs.
 * Threads:  one: the parser's.
 * Blocks:   never; a function that finds no room says so and is called again.
 * Errors:   init: out of memory.
 * Limits:   as plan.h.
 *
 * What every worker is told, and when. A batch goes when it is full; all go when the parser has
 * nothing to do or no room, and at the end of each epoch (65,536 rows, or as many steps as it
 * holds), rows or none. So no worker is ever more than an epoch behind in knowing how far the input
 * has been read. Without that the sink would wait for a quiet worker's word, a busy worker for the
 * sink, the parser for the busy worker, and the quiet one for the parser.
 */
#ifndef TIDE_STAGES_ROUTER_H
#define TIDE_STAGES_ROUTER_H

#include "engine/flow/batch.h"
#include "engine/flow/link.h"
#include "engine/flow/watermark.h"
#include "engine/plan/plan.h"

struct tide_route {
    struct tide_link *link;
    struct tide_batch *open; /* NULL: none */
    uint32_t steps_told;     /* of the current epoch */
    uint64_t row_told;       /* complete_row of the last batch sent */
    bool is_flushed;         /* ... and it told the worker to pass on what it has */
    bool has_left_epoch;     /* its last batch of the epoch being closed has gone */
};

struct tide_router {
    struct tide_route *routes;
    unsigned route_count;
    struct tide_epoch_pool epochs;
    struct tide_epoch *epoch; /* NULL: the next one has still to be opened */
    bool is_closing;          /* the epoch is being closed */
    uint64_t row;             /* number of the row being routed: all below are in */
    int64_t watermark_ms;     /* after row - 1 */
    uint64_t batch_count;
};

/* How many epochs a run has, and how large they are. */
struct tide_epoch_shape {
    unsigned epoch_count;
    uint32_t step_capacity;
    uint64_t row_capacity;
};
struct tide_epoch_shape tide_router_epochs(const struct tide_plan *plan);

size_t tide_router_bytes(const struct tide_plan *plan); /* what init allocates */
TIDE_MUST_USE bool tide_router_init(struct tide_router *router, const struct tide_plan *plan,
                                    struct tide_link *links, struct tide_error *error);
void tide_router_fini(struct tide_router *router); /* a zeroed one is fine */

/* Opens an epoch from this row on if there is none; false: all epochs are in use, a worker will
 * wake the parser. */
TIDE_MUST_USE bool tide_router_open_epoch(struct tide_router *router, uint64_t rules_version);

/* Closes the epoch: every worker gets its last batch of it. False: not all yet, call again. */
TIDE_MUST_USE bool tide_router_close_epoch(struct tide_router *router, uint32_t more_flags);

/* Sends the worker's open batch, takes an empty one. NULL: there is none. */
struct tide_batch *tide_router_next_batch(struct tide_router *router, unsigned worker);

/* A batch for this worker with room for one row more; NULL: blocked. */
static inline struct tide_batch *tide_router_batch(struct tide_router *router, unsigned worker)
{
    struct tide_batch *batch = router->routes[worker].open;
    if (TIDE_LIKELY(batch && batch->row_count < batch->row_capacity)) return batch;
    return tide_router_next_batch(router, worker);
}

/* Has the epoch room for so many steps more? */
static inline bool tide_router_has_steps(const struct tide_router *router, uint32_t count)
{
    return router->epochs.step_capacity - router->epoch->step_count >= count;
}

/* Moves the watermark, after the current row; something may fire. True: the epoch is full and must
 * be closed before the next row. */
TIDE_MUST_USE bool tide_router_add_step(struct tide_router *router, int64_t watermark_ms);

/* Moves the watermark where windows run on processing time, now clock_ms: what waits for the
 * watermark itself, or shows it, must know. True: as above. */
TIDE_MUST_USE bool tide_router_add_watermark(struct tide_router *router, int64_t watermark_ms,
                                             int64_t clock_ms);

/* Processing time has come to clock_ms before the current row; something may fire. True: as above.
 */
TIDE_MUST_USE bool tide_router_add_arrival(struct tide_router *router, int64_t clock_ms);

/* Sends everything there is to every worker that has an empty batch to spare: before waiting, for
 * whatever reason. */
void tide_router_flush(struct tide_router *router);

void tide_router_nudge(struct tide_router *router);

#endif
