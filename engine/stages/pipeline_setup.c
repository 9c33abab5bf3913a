#include "engine/base/clock.h"
#include "engine/stages/pipeline_parts.h"
#include "engine/stages/rcu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

enum {
    STAGES_BESIDE_WORKERS = 3,     /* reader, parser; sink */
    EMISSION_BYTES_MAX = 64 << 10, /* more than four workers share what four would have ... */
    EMISSION_BYTES_MIN = 8 << 10,  /* ... but no less than this */
};

/* Zeroed, and no line shared with anything else. */
static void *alloc_lines(size_t count, size_t bytes)
{
    void *block = tide_alloc_aligned(TIDE_PARTY_BYTES, count * bytes);
    if (block) memset(block, 0, count * bytes);
    return block;
}

unsigned tide_pipeline_stage_count(const struct tide_plan *plan)
{
    return plan->parallelism + STAGES_BESIDE_WORKERS;
}

unsigned tide_pipeline_thread_count(const struct tide_plan *plan)
{
    return plan->scheduler == TIDE_SCHEDULER_ONE ? 1 : tide_pipeline_stage_count(plan);
}

void tide_pipeline_thread_name(const struct tide_plan *plan, unsigned i,
                               char name[TIDE_THREAD_NAME_BYTES])
{
    const char *stage = i == 0 ? "reader" : i == 1 ? "parser" : "sink";
    bool is_worker = i > 1 && i + 1 < tide_pipeline_stage_count(plan);
    TIDE_ASSERT(i < TIDE_WAITERS_MAX); /* so the number fits */
    if (plan->scheduler == TIDE_SCHEDULER_ONE) snprintf(name, TIDE_THREAD_NAME_BYTES, "tide turns");
    else if (is_worker) snprintf(name, TIDE_THREAD_NAME_BYTES, "tide work %u", i - 2);
    else snprintf(name, TIDE_THREAD_NAME_BYTES, "tide %s", stage);
}

struct tide_patience tide_pipeline_patience(const struct tide_plan *plan)
{
    return tide_patience_for(plan->parallelism + 1);
}

static struct tide_stage *stage_of_worker(struct tide_pipeline *pipeline, unsigned i)
{
    return &pipeline->stages[2 + i];
}

static struct tide_stage *stage_of_sink(struct tide_pipeline *pipeline)
{
    return &pipeline->stages[pipeline->stage_count - 1];
}

static void init_stage(struct tide_pipeline *pipeline, struct tide_stage *stage,
                       const struct tide_stage *model)
{
    *stage = *model;
    tide_waiter_init(&stage->waiter);
    pipeline->control.waiters[pipeline->control.waiter_count++] = &stage->waiter;
}

static bool init_stages(struct tide_pipeline *pipeline)
{
    unsigned workers = pipeline->plan->parallelism;
    pipeline->stage_count = tide_pipeline_stage_count(pipeline->plan);
    size_t bytes = pipeline->stage_count * sizeof *pipeline->stages;
    pipeline->stages = tide_alloc_aligned(TIDE_PARTY_BYTES, bytes);
    pipeline->runners =
        tide_alloc_zeroed(tide_pipeline_thread_count(pipeline->plan), sizeof *pipeline->runners);
    if (!pipeline->stages || !pipeline->runners) return false;
    memset(pipeline->stages, 0, bytes);
    /* The parser and the workers are busy most of the time; reader and sink have little to do and
     * must not spin. */
    const struct tide_patience busy = tide_pipeline_patience(pipeline->plan), idle = {0};
    init_stage(pipeline, &pipeline->stages[0],
               &(struct tide_stage){.name = "reader",
                                    .self = &pipeline->reader,
                                    .step = tide_reader_step,
                                    .nudge = tide_reader_nudge,
                                    .patience = idle,
                                    .wait_for_input = tide_reader_wait_for_input});
    init_stage(pipeline, &pipeline->stages[1],
               &(struct tide_stage){.name = "parser",
                                    .self = &pipeline->parser,
                                    .step = tide_parser_step,
                                    .nudge = tide_parser_nudge,
                                    .wake_at_ns = tide_parser_wake_at_ns,
                                    .patience = busy,
                                    .uses_rcu = true});
    for (unsigned i = 0; i < workers; i++)
        init_stage(pipeline, stage_of_worker(pipeline, i),
                   &(struct tide_stage){.name = "worker",
                                        .self = &pipeline->lanes[i].worker,
                                        .step = tide_worker_step,
                                        .nudge = tide_worker_nudge,
                                        .patience = busy,
                                        .uses_rcu = true});
    init_stage(pipeline, stage_of_sink(pipeline),
               &(struct tide_stage){.name = "sink",
                                    .self = &pipeline->sink,
                                    .step = tide_sink_step,
                                    .nudge = tide_sink_nudge,
                                    .patience = idle});
    return true;
}

static bool link_blocks(struct tide_pipeline *pipeline)
{
    void *items[TIDE_BLOCK_COUNT];
    for (unsigned i = 0; i < TIDE_BLOCK_COUNT; i++) {
        if (!tide_block_init(&pipeline->blocks[i])) return false;
        items[i] = &pipeline->blocks[i];
    }
    return tide_link_init(&pipeline->block_link, items, TIDE_BLOCK_COUNT,
                          &pipeline->stages[0].waiter, &pipeline->stages[1].waiter);
}

size_t tide_pipeline_emission_bytes(const struct tide_plan *plan)
{
    size_t bytes = 4 * EMISSION_BYTES_MAX / plan->parallelism;
    if (bytes > EMISSION_BYTES_MAX) return EMISSION_BYTES_MAX;
    return bytes < EMISSION_BYTES_MIN ? EMISSION_BYTES_MIN : bytes;
}

static bool link_emissions(struct tide_pipeline *pipeline, struct tide_emission_batch *emissions,
                           struct tide_link *link, struct tide_stage *producer)
{
    void *items[TIDE_EMISSIONS_A_LINK];
    size_t text_bytes = tide_pipeline_emission_bytes(pipeline->plan);
    for (unsigned i = 0; i < TIDE_EMISSIONS_A_LINK; i++) {
        if (!tide_emission_batch_init(&emissions[i], text_bytes)) return false;
        items[i] = &emissions[i];
    }
    return tide_link_init(link, items, TIDE_EMISSIONS_A_LINK, &producer->waiter,
                          &stage_of_sink(pipeline)->waiter);
}

static bool link_batches(struct tide_pipeline *pipeline, struct tide_lane *lane, unsigned worker)
{
    unsigned count = pipeline->plan->ring_slots;
    void **items = tide_alloc(count * sizeof *items);
    bool ready = items != NULL;
    for (unsigned i = 0; ready && i < count; i++) {
        ready = tide_batch_init(&lane->batches[i], pipeline->plan->batch_rows,
                                tide_plan_has_arrivals(pipeline->plan));
        items[i] = &lane->batches[i];
    }
    ready = ready &&
            tide_link_init(&pipeline->in_links[worker], items, count, &pipeline->stages[1].waiter,
                           &stage_of_worker(pipeline, worker)->waiter);
    tide_free(items);
    return ready;
}

static bool link_lane(struct tide_pipeline *pipeline, unsigned worker)
{
    struct tide_lane *lane = &pipeline->lanes[worker];
    lane->batches = alloc_lines(pipeline->plan->ring_slots, sizeof *lane->batches);
    lane->emissions = alloc_lines(TIDE_EMISSIONS_A_LINK, sizeof *lane->emissions);
    return lane->batches && lane->emissions && link_batches(pipeline, lane, worker) &&
           link_emissions(pipeline, lane->emissions, &pipeline->out_links[worker],
                          stage_of_worker(pipeline, worker));
}

static bool link_all(struct tide_pipeline *pipeline)
{
    unsigned workers = pipeline->plan->parallelism;
    pipeline->lanes = alloc_lines(workers, sizeof *pipeline->lanes);
    pipeline->in_links = alloc_lines(workers, sizeof *pipeline->in_links);
    pipeline->out_links = alloc_lines(workers, sizeof *pipeline->out_links);
    if (!pipeline->lanes || !pipeline->in_links || !pipeline->out_links || !init_stages(pipeline) ||
        !link_blocks(pipeline) ||
        !link_emissions(pipeline, pipeline->side_emissions, &pipeline->side_link,
                        &pipeline->stages[1]))
        return false;
    for (unsigned i = 0; i < workers; i++)
        if (!link_lane(pipeline, i)) return false;
    return true;
}

/* Keys are found and routed by a hash nobody can foresee; without a source of chance, by the clock.
 */
static struct tide_hash_seed draw_seed(void)
{
    struct tide_hash_seed seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed)
        seed = (struct tide_hash_seed){
            {(uint64_t)tide_clock_ns() * 0x9E3779B97F4A7C15u, 0xC4CEB9FE1A85EC53u}};
    return seed;
}

static bool init(struct tide_pipeline *pipeline, const struct tide_plan *plan,
                 struct tide_output *const outputs[TIDE_CHANNEL_COUNT], struct tide_error *error)
{
    if (!tide_control_init(&pipeline->control, error)) return false;
    pipeline->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pipeline->done_fd < 0)
        return tide_error_system(error, errno, "cannot make a wake-up descriptor");
    if (!link_all(pipeline)) return tide_error_memory(error, "the pipeline");
    struct tide_hash_seed seed = draw_seed();
    struct tide_control *control = &pipeline->control;
    tide_reader_init(&pipeline->reader, plan, control, &pipeline->block_link);
    if (!tide_rule_board_init(&pipeline->rule_board, plan->rules, plan->parallelism, error) ||
        !tide_view_board_init(&pipeline->views, plan->parallelism + 1, error) ||
        !tide_parser_init(&pipeline->parser, plan, control, &pipeline->rule_board, &pipeline->views,
                          &seed, &pipeline->block_link, pipeline->in_links, &pipeline->side_link,
                          error))
        return false;
    for (unsigned i = 0; i < plan->parallelism; i++)
        if (!tide_worker_init(&pipeline->lanes[i].worker, plan, i, control, &pipeline->rule_board,
                              &pipeline->views, &seed, &pipeline->in_links[i],
                              &pipeline->out_links[i], &pipeline->stages[1].waiter, error))
            return false;
    return tide_sink_init(&pipeline->sink, plan, control, &pipeline->side_link, pipeline->out_links,
                          outputs, error);
}

struct tide_pipeline *tide_pipeline_create(const struct tide_plan *plan,
                                           struct tide_output *const outputs[TIDE_CHANNEL_COUNT],
                                           struct tide_error *error)
{
    struct tide_pipeline *pipeline = alloc_lines(1, sizeof *pipeline);
    if (!pipeline) {
        tide_error_memory(error, "the pipeline");
        return NULL;
    }
    pipeline->plan = plan;
    pipeline->done_fd = -1;
    if (init(pipeline, plan, outputs, error)) return pipeline;
    tide_pipeline_destroy(pipeline);
    return NULL;
}

static void destroy_lane(struct tide_pipeline *pipeline, unsigned i)
{
    struct tide_lane *lane = &pipeline->lanes[i];
    tide_worker_fini(&lane->worker);
    for (unsigned j = 0; lane->batches && j < pipeline->plan->ring_slots; j++)
        tide_batch_fini(&lane->batches[j]);
    for (unsigned j = 0; lane->emissions && j < TIDE_EMISSIONS_A_LINK; j++)
        tide_emission_batch_fini(&lane->emissions[j]);
    tide_free(lane->batches);
    tide_free(lane->emissions);
    if (pipeline->in_links) tide_link_fini(&pipeline->in_links[i]);
    if (pipeline->out_links) tide_link_fini(&pipeline->out_links[i]);
}

void tide_pipeline_destroy(struct tide_pipeline *pipeline)
{
    if (!pipeline) return;
    for (unsigned i = 0; pipeline->lanes && i < pipeline->plan->parallelism; i++)
        destroy_lane(pipeline, i);
    tide_sink_fini(&pipeline->sink);
    tide_parser_fini(&pipeline->parser);
    tide_reader_fini(&pipeline->reader);
    tide_rcu_barrier(); /* pictures that were exchanged */
    tide_view_board_fini(&pipeline->views);
    if (pipeline->rule_board.table) tide_rule_board_fini(&pipeline->rule_board);
    for (unsigned i = 0; i < TIDE_BLOCK_COUNT; i++) tide_block_fini(&pipeline->blocks[i]);
    for (unsigned i = 0; i < TIDE_EMISSIONS_A_LINK; i++)
        tide_emission_batch_fini(&pipeline->side_emissions[i]);
    tide_link_fini(&pipeline->block_link);
    tide_link_fini(&pipeline->side_link);
    tide_control_fini(&pipeline->control);
    if (pipeline->done_fd >= 0) close(pipeline->done_fd);
    tide_free(pipeline->lanes);
    tide_free(pipeline->in_links);
    tide_free(pipeline->out_links);
    tide_free(pipeline->stages);
    tide_free(pipeline->runners);
    tide_free(pipeline);
}
