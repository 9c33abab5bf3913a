#include "engine/base/system.h"
#include "engine/stages/pipeline_parts.h"
#include "engine/stages/rcu.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>

/* Zeroed, and no line shared with anything else. */
static void *alloc_lines(size_t count, size_t bytes)
{
    void *block = tide_alloc_aligned(TIDE_PARTY_BYTES, count * bytes);
    if (block) memset(block, 0, count * bytes);
    return block;
}

static struct tide_stage *stage_of(struct tide_pipeline *pipeline, enum tide_role role,
                                   unsigned index)
{
    return &pipeline->stages[tide_pipeline_stage(pipeline->plan, role, index)];
}

static void *self_of(struct tide_pipeline *pipeline, struct tide_post post)
{
    switch (post.role) {
    case TIDE_ROLE_READER:
        return &pipeline->inlets[post.index].reader;
    case TIDE_ROLE_PARTITION:
        return &pipeline->inlets[post.index].partition;
    case TIDE_ROLE_PARSER:
        return &pipeline->parser;
    case TIDE_ROLE_WORKER:
        return &pipeline->lanes[post.index].worker;
    case TIDE_ROLE_CHECKPOINT:
        return &pipeline->checkpointer;
    case TIDE_ROLE_SINK:
    case TIDE_ROLE_COUNT:
        break;
    }
    return &pipeline->sink;
}

/* Partitions, parser and workers are busy most of the time; readers and sink have little to do and
 * must not spin. */
static struct tide_stage model_of(const struct tide_plan *plan, enum tide_role role)
{
    const struct tide_patience busy = tide_pipeline_patience(plan), idle = {0};
    const struct tide_stage models[TIDE_ROLE_COUNT] = {
        [TIDE_ROLE_READER] = {.step = tide_reader_step,
                              .nudge = tide_reader_nudge,
                              .patience = idle,
                              .wait_for_input = tide_reader_wait_for_input},
        [TIDE_ROLE_PARTITION] = {.step = tide_partition_step,
                                 .nudge = tide_partition_nudge,
                                 .patience = busy},
        [TIDE_ROLE_PARSER] = {.step = tide_parser_step,
                              .nudge = tide_parser_nudge,
                              .wake_at_ns = tide_parser_wake_at_ns,
                              .patience = busy,
                              .uses_rcu = true},
        [TIDE_ROLE_WORKER] = {.step = tide_worker_step,
                              .nudge = tide_worker_nudge,
                              .wake_at_ns = tide_worker_wake_at_ns,
                              .patience = busy,
                              .uses_rcu = true},
        [TIDE_ROLE_SINK] = {.step = tide_sink_step, .nudge = tide_sink_nudge, .patience = idle},
        [TIDE_ROLE_CHECKPOINT] = {.step = tide_checkpointer_step,
                                  .nudge = tide_checkpointer_nudge,
                                  .wake_at_ns = tide_checkpointer_wake_at_ns,
                                  .patience = idle},
    };
    return models[role];
}

static bool init_stages(struct tide_pipeline *pipeline)
{
    const struct tide_plan *plan = pipeline->plan;
    struct tide_control *control = &pipeline->control;
    pipeline->stage_count = tide_pipeline_stage_count(plan);
    pipeline->stages = alloc_lines(pipeline->stage_count, sizeof *pipeline->stages);
    pipeline->runners =
        tide_alloc_zeroed(tide_pipeline_thread_count(plan), sizeof *pipeline->runners);
    if (!pipeline->stages || !pipeline->runners) return false;
    for (unsigned i = 0; i < pipeline->stage_count; i++) {
        struct tide_stage *stage = &pipeline->stages[i];
        struct tide_post post = tide_pipeline_post(plan, i);
        *stage = model_of(plan, post.role);
        stage->name = tide_role_name(post.role);
        stage->self = self_of(pipeline, post);
        tide_waiter_init(&stage->waiter);
        control->waiters[control->waiter_count++] = &stage->waiter;
    }
    return true;
}

/* --- links --- */

static bool link_blocks(struct tide_pipeline *pipeline, unsigned i)
{
    void *items[TIDE_BLOCK_COUNT];
    struct tide_inlet *inlet = &pipeline->inlets[i];
    bool has_partitions = tide_plan_partitions(pipeline->plan) > 0;
    for (unsigned j = 0; j < TIDE_BLOCK_COUNT; j++) {
        if (!tide_block_init(&inlet->blocks[j])) return false;
        items[j] = &inlet->blocks[j];
    }
    return tide_link_init(
        &inlet->block_link, items, TIDE_BLOCK_COUNT,
        &stage_of(pipeline, TIDE_ROLE_READER, i)->waiter,
        &stage_of(pipeline, has_partitions ? TIDE_ROLE_PARTITION : TIDE_ROLE_PARSER, i)->waiter);
}

static bool link_parcels(struct tide_pipeline *pipeline, unsigned i)
{
    void *items[TIDE_PARCELS_A_LINK_MAX];
    struct tide_inlet *inlet = &pipeline->inlets[i];
    unsigned count = tide_pipeline_parcels(pipeline->plan);
    inlet->parcels = alloc_lines(count, sizeof *inlet->parcels);
    if (!inlet->parcels) return false;
    for (unsigned j = 0; j < count; j++) {
        if (!tide_parcel_init(&inlet->parcels[j], pipeline->plan->batch_rows)) return false;
        items[j] = &inlet->parcels[j];
    }
    return tide_link_init(&pipeline->parcel_links[i], items, count,
                          &stage_of(pipeline, TIDE_ROLE_PARTITION, i)->waiter,
                          &stage_of(pipeline, TIDE_ROLE_PARSER, 0)->waiter);
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
                          &stage_of(pipeline, TIDE_ROLE_SINK, 0)->waiter);
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
    ready = ready && tide_link_init(&pipeline->in_links[worker], items, count,
                                    &stage_of(pipeline, TIDE_ROLE_PARSER, 0)->waiter,
                                    &stage_of(pipeline, TIDE_ROLE_WORKER, worker)->waiter);
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
                          stage_of(pipeline, TIDE_ROLE_WORKER, worker));
}

/* One snapshot a link: from the parser, the workers, the sink. */
static bool link_snapshots(struct tide_pipeline *pipeline)
{
    const unsigned workers = pipeline->plan->parallelism, count = workers + 2;
    struct tide_waiter *checkpointer = &stage_of(pipeline, TIDE_ROLE_CHECKPOINT, 0)->waiter;
    pipeline->snapshot_links = alloc_lines(count, sizeof *pipeline->snapshot_links);
    pipeline->snapshots = tide_alloc_zeroed(count, sizeof *pipeline->snapshots);
    if (!pipeline->snapshot_links || !pipeline->snapshots) return false;
    for (unsigned i = 0; i < count; i++) {
        const enum tide_role role = i == 0         ? TIDE_ROLE_PARSER
                                    : i <= workers ? TIDE_ROLE_WORKER
                                                   : TIDE_ROLE_SINK;
        void *items[] = {&pipeline->snapshots[i]};
        struct tide_stage *from = stage_of(pipeline, role, role == TIDE_ROLE_WORKER ? i - 1 : 0);
        if (!tide_link_init(&pipeline->snapshot_links[i], items, 1, &from->waiter, checkpointer))
            return false;
    }
    return true;
}

/* The stages' ends of those links. */
static void hand_out_snapshots(struct tide_pipeline *pipeline)
{
    const unsigned workers = pipeline->plan->parallelism;
    struct tide_link *links = pipeline->snapshot_links;
    if (!links) return;
    pipeline->parser.snapshots = &links[0];
    for (unsigned i = 0; i < workers; i++) pipeline->lanes[i].worker.snapshots = &links[i + 1];
    pipeline->sink.snapshots = &links[workers + 1];
}

static bool alloc_all(struct tide_pipeline *pipeline)
{
    const struct tide_plan *plan = pipeline->plan;
    unsigned workers = plan->parallelism, partitions = tide_plan_partitions(plan);
    pipeline->inlets = alloc_lines(tide_pipeline_inlets(plan), sizeof *pipeline->inlets);
    pipeline->lanes = alloc_lines(workers, sizeof *pipeline->lanes);
    pipeline->in_links = alloc_lines(workers, sizeof *pipeline->in_links);
    pipeline->out_links = alloc_lines(workers, sizeof *pipeline->out_links);
    if (partitions > 0)
        pipeline->parcel_links = alloc_lines(partitions, sizeof *pipeline->parcel_links);
    return pipeline->inlets && pipeline->lanes && pipeline->in_links && pipeline->out_links &&
           (partitions == 0 || pipeline->parcel_links);
}

static bool link_all(struct tide_pipeline *pipeline)
{
    const struct tide_plan *plan = pipeline->plan;
    if (!alloc_all(pipeline) || !init_stages(pipeline) ||
        !link_emissions(pipeline, pipeline->side_emissions, &pipeline->side_link,
                        stage_of(pipeline, TIDE_ROLE_PARSER, 0)))
        return false;
    for (unsigned i = 0; i < tide_pipeline_inlets(plan); i++)
        if (!link_blocks(pipeline, i)) return false;
    for (unsigned i = 0; i < tide_plan_partitions(plan); i++)
        if (!link_parcels(pipeline, i)) return false;
    for (unsigned i = 0; i < plan->parallelism; i++)
        if (!link_lane(pipeline, i)) return false;
    return !plan->checkpoint_folder || link_snapshots(pipeline);
}

/* --- all of it --- */

/* Keys are found and routed by a hash that nobody can foresee who makes the keys. Where the system
 * has no chance to give yet, there are the bytes it gave the process at its start. */
static struct tide_hash_seed draw_seed(void)
{
    struct tide_hash_seed seed;
    if (tide_sys_random(&seed, sizeof seed) != (ssize_t)sizeof seed)
        memcpy(&seed, (const void *)getauxval(AT_RANDOM), sizeof seed);
    return seed;
}

static bool init_inlets(struct tide_pipeline *pipeline, const struct tide_hash_seed *seed,
                        struct tide_error *error)
{
    const struct tide_plan *plan = pipeline->plan;
    struct tide_control *control = &pipeline->control;
    if (tide_plan_partitions(plan) == 0)
        tide_reader_init(&pipeline->inlets[0].reader, plan, control,
                         &pipeline->inlets[0].block_link);
    for (unsigned i = 0; i < tide_plan_partitions(plan); i++) {
        struct tide_inlet *inlet = &pipeline->inlets[i];
        tide_reader_init_one(&inlet->reader, plan, i, control, &inlet->block_link);
        if (!tide_partition_init(&inlet->partition, plan, control, seed, &inlet->block_link,
                                 &pipeline->parcel_links[i], error))
            return false;
    }
    return true;
}

static bool init(struct tide_pipeline *pipeline, const struct tide_plan *plan,
                 struct tide_output *const outputs[TIDE_CHANNEL_COUNT], struct tide_error *error)
{
    if (!tide_control_init(&pipeline->control, error)) return false;
    pipeline->done_fd = tide_sys_eventfd();
    if (pipeline->done_fd < 0)
        return tide_error_system(error, errno, "cannot make a wake-up descriptor");
    if (!link_all(pipeline)) return tide_error_memory(error, "the pipeline");
    struct tide_hash_seed seed = draw_seed();
    struct tide_control *control = &pipeline->control;
    struct tide_link *input =
        pipeline->parcel_links ? pipeline->parcel_links : &pipeline->inlets[0].block_link;
    if (!init_inlets(pipeline, &seed, error) ||
        !tide_rule_board_init(&pipeline->rule_board, plan->rules, plan->parallelism, error) ||
        !tide_view_board_init(&pipeline->views, plan->parallelism + 1, error) ||
        !tide_parser_init(&pipeline->parser, plan, control, &pipeline->rule_board, &pipeline->views,
                          &seed, input, pipeline->in_links, &pipeline->side_link, error))
        return false;
    for (unsigned i = 0; i < tide_plan_partitions(plan); i++)
        pipeline->parser.confluence.inputs[i].columns = &pipeline->inlets[i].partition.columns;
    for (unsigned i = 0; i < plan->parallelism; i++)
        if (!tide_worker_init(&pipeline->lanes[i].worker, plan, i, control, &pipeline->rule_board,
                              &pipeline->views, &seed, &pipeline->in_links[i],
                              &pipeline->out_links[i],
                              &stage_of(pipeline, TIDE_ROLE_PARSER, 0)->waiter, error))
            return false;
    if (!tide_sink_init(&pipeline->sink, plan, control, &pipeline->side_link, pipeline->out_links,
                        outputs, error))
        return false;
    hand_out_snapshots(pipeline);
    return true;
}

void tide_pipeline_checkpoint(struct tide_pipeline *pipeline, struct tide_checkpoint_folder *folder,
                              const struct tide_output_set *outputs)
{
    tide_checkpointer_init(&pipeline->checkpointer, pipeline->plan, &pipeline->control, folder,
                           outputs, pipeline->snapshot_links,
                           &stage_of(pipeline, TIDE_ROLE_PARSER, 0)->waiter);
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

static void destroy_snapshots(struct tide_pipeline *pipeline)
{
    for (unsigned i = 0; i < pipeline->plan->parallelism + 2; i++) {
        if (pipeline->snapshots) tide_snapshot_fini(&pipeline->snapshots[i]);
        if (pipeline->snapshot_links) tide_link_fini(&pipeline->snapshot_links[i]);
    }
    tide_free(pipeline->snapshots);
    tide_free(pipeline->snapshot_links);
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

static void destroy_inlet(struct tide_pipeline *pipeline, unsigned i)
{
    struct tide_inlet *inlet = &pipeline->inlets[i];
    tide_partition_fini(&inlet->partition);
    tide_reader_fini(&inlet->reader);
    for (unsigned j = 0; j < TIDE_BLOCK_COUNT; j++) tide_block_fini(&inlet->blocks[j]);
    for (unsigned j = 0; inlet->parcels && j < tide_pipeline_parcels(pipeline->plan); j++)
        tide_parcel_fini(&inlet->parcels[j]);
    tide_free(inlet->parcels);
    tide_link_fini(&inlet->block_link);
    if (pipeline->parcel_links) tide_link_fini(&pipeline->parcel_links[i]);
}

void tide_pipeline_destroy(struct tide_pipeline *pipeline)
{
    if (!pipeline) return;
    for (unsigned i = 0; pipeline->lanes && i < pipeline->plan->parallelism; i++)
        destroy_lane(pipeline, i);
    tide_sink_fini(&pipeline->sink);
    tide_parser_fini(&pipeline->parser);
    for (unsigned i = 0; pipeline->inlets && i < tide_pipeline_inlets(pipeline->plan); i++)
        destroy_inlet(pipeline, i);
    tide_rcu_barrier(); /* pictures that were exchanged */
    tide_view_board_fini(&pipeline->views);
    tide_rule_board_fini(&pipeline->rule_board);
    for (unsigned i = 0; i < TIDE_EMISSIONS_A_LINK; i++)
        tide_emission_batch_fini(&pipeline->side_emissions[i]);
    tide_link_fini(&pipeline->side_link);
    destroy_snapshots(pipeline);
    tide_control_fini(&pipeline->control);
    if (pipeline->done_fd >= 0) tide_sys_close(pipeline->done_fd);
    tide_free(pipeline->inlets);
    tide_free(pipeline->parcel_links);
    tide_free(pipeline->lanes);
    tide_free(pipeline->in_links);
    tide_free(pipeline->out_links);
    tide_free(pipeline->stages);
    tide_free(pipeline->runners);
    tide_free(pipeline);
}
