#include "engine/stages/pipeline.h"

#include "engine/base/system.h"
#include "engine/stages/pipeline_parts.h"
#include "engine/stages/rcu.h"

#include <string.h>
#include <unistd.h>

static void say_done(struct tide_pipeline *pipeline, unsigned count)
{
    /* P1 acq_rel: the last one speaks for all; main joins them anyway before it reads what they
     * did. */
    if (atomic_fetch_sub_explicit(&pipeline->running_count, count, memory_order_acq_rel) != count)
        return;
    tide_sys_notify(pipeline->done_fd);
}

static void *run_one(void *context)
{
    struct tide_runner *runner = context;
    tide_stage_run(runner->stage);
    say_done(runner->pipeline, 1);
    return NULL;
}

static void *run_by_turns(void *context)
{
    struct tide_runner *runner = context;
    struct tide_pipeline *pipeline = runner->pipeline;
    struct tide_stage *stages[TIDE_WAITERS_MAX];
    for (unsigned i = 0; i < pipeline->stage_count; i++) stages[i] = &pipeline->stages[i];
    tide_stages_run_by_turns(stages, pipeline->stage_count, pipeline->plan->scheduler_seed);
    say_done(pipeline, 1);
    return NULL;
}

void tide_pipeline_start(struct tide_pipeline *pipeline)
{
    bool by_turns = pipeline->plan->scheduler == TIDE_SCHEDULER_ONE;
    unsigned count = tide_pipeline_thread_count(pipeline->plan);
    struct tide_error error = {0};
    atomic_store_explicit(&pipeline->running_count, count, memory_order_relaxed);
    int failure = 0;
    for (unsigned i = 0; i < count && !failure; i++) {
        char name[TIDE_THREAD_NAME_BYTES];
        struct tide_runner *runner = &pipeline->runners[i];
        *runner = (struct tide_runner){.pipeline = pipeline,
                                       .stage = by_turns ? NULL : &pipeline->stages[i]};
        failure = tide_sys_thread_start(&runner->thread, by_turns ? run_by_turns : run_one, runner);
        if (failure) break;
        tide_pipeline_thread_name(pipeline->plan, i, name);
        pthread_setname_np(runner->thread, name);
        pipeline->runner_count++;
    }
    if (pipeline->runner_count == count) return;
    tide_error_system(&error, failure, "cannot start thread %u of %u; try a smaller --parallelism",
                      pipeline->runner_count + 1, count);
    tide_control_fail(&pipeline->control, &error);
    say_done(pipeline, count - pipeline->runner_count);
}

int tide_pipeline_done_fd(const struct tide_pipeline *pipeline)
{
    return pipeline->done_fd;
}

bool tide_pipeline_is_verified(const struct tide_pipeline *pipeline)
{
    return tide_control_is_verified(&pipeline->control);
}

void tide_pipeline_stop(struct tide_pipeline *pipeline)
{
    tide_control_stop(&pipeline->control);
}

void tide_pipeline_fail(struct tide_pipeline *pipeline, const struct tide_error *error)
{
    tide_control_fail(&pipeline->control, error);
}

bool tide_pipeline_reload(struct tide_pipeline *pipeline, struct tide_rule_set *rules,
                          uint64_t *version, struct tide_error *error)
{
    if (!tide_rule_board_add(&pipeline->rule_board, rules, error)) return false;
    *version = ++pipeline->reload_count;
    return true;
}

void tide_pipeline_look(struct tide_pipeline *pipeline, struct tide_glance *glance)
{
    struct tide_picture picture;
    uint64_t waiting = 0, waiting_max = 0;
    *glance = (struct tide_glance){.watermark_ms = TIDE_WATERMARK_END};
    tide_rcu_register();
    if (tide_view_look(&pipeline->views, 0, &picture)) glance->rows = picture.rows;
    for (unsigned i = 0; i < pipeline->plan->parallelism; i++) {
        if (!tide_view_look(&pipeline->views, i + 1, &picture))
            picture = (struct tide_picture){.watermark_ms = TIDE_WATERMARK_NONE};
        if (picture.watermark_ms < glance->watermark_ms)
            glance->watermark_ms = picture.watermark_ms;
        glance->open_windows += picture.open_windows;
        waiting += picture.waiting;
        waiting_max += picture.waiting_max;
    }
    tide_rcu_unregister();
    glance->ring_percent = waiting_max ? (unsigned)(100 * waiting / waiting_max) : 0;
    for (unsigned i = 0; i < tide_pipeline_inlets(pipeline->plan); i++)
        glance->bytes_consumed +=
            atomic_load_explicit(&pipeline->inlets[i].reader.bytes_consumed, memory_order_relaxed);
    tide_view_ask(&pipeline->views);
}

/* Each row must be accounted for exactly once. */
static bool balance(const struct tide_totals *totals, struct tide_error *error)
{
    const struct tide_row_counts *rows = &totals->rows;
    uint64_t sum =
        totals->used + rows->late + rows->gap + rows->missing + rows->malformed + rows->future;
    if (sum == rows->rows) return true;
    return tide_error_set(error, TIDE_EXIT_FAILED,
                          "bug: the rows do not balance: %llu read, %llu accounted for",
                          (unsigned long long)rows->rows, (unsigned long long)sum);
}

static bool check_share_of_rejects(const struct tide_plan *plan, const struct tide_totals *totals,
                                   struct tide_error *error)
{
    const struct tide_row_counts *rows = &totals->rows;
    uint64_t rejects = rows->missing + rows->malformed + rows->future;
    /* A run that was asked to end has not come to the end. */
    if (plan->rejects_millionths_max < 0 || totals->was_stopped) return true;
    if ((tide_uint128)rejects * 100000000 <=
        (tide_uint128)rows->rows * (uint64_t)plan->rejects_millionths_max)
        return true;
    return tide_error_set(error, TIDE_EXIT_POLICY,
                          "%llu of %llu rows rejected, more than --max-rejects allows; --rejects "
                          "FILE shows which and why",
                          (unsigned long long)rejects, (unsigned long long)rows->rows);
}

static void add_process(const struct tide_pipeline *pipeline, unsigned worker,
                        struct tide_totals *totals)
{
    if (!pipeline->plan->plugin) return;
    const uint64_t *counters = tide_worker_process_counters(&pipeline->lanes[worker].worker);
    for (unsigned i = 0; i < pipeline->plan->plugin->counter_count; i++)
        totals->process_counters[i] += counters[i];
}

static void add_up(const struct tide_pipeline *pipeline, struct tide_totals *totals)
{
    *totals = (struct tide_totals){.rows = pipeline->parser.counts,
                                   .time_first_ms = pipeline->parser.time_first_ms,
                                   .time_max_ms = pipeline->parser.time_max_ms,
                                   .has_time = pipeline->parser.has_time,
                                   .rows_before = pipeline->parser.barrier.begin_row,
                                   .checkpoints = pipeline->checkpointer.count,
                                   .checkpoint_bytes = pipeline->checkpointer.bytes,
                                   .checkpoint_ns = pipeline->checkpointer.busy_ns,
                                   .was_stopped = pipeline->parser.was_stopped};
    for (unsigned i = 0; i < tide_pipeline_inlets(pipeline->plan); i++)
        totals->bytes_unpacked += pipeline->inlets[i].reader.bytes_unpacked;
    for (unsigned i = 0; i < pipeline->plan->parallelism; i++) {
        const struct tide_worker *worker = &pipeline->lanes[i].worker;
        const struct tide_worker_counts *counts = &worker->counts, *before = &worker->counts_before;
        totals->used += before->rows + counts->rows;
        totals->rows.late += before->late + counts->late;
        totals->results += before->results + counts->results;
        totals->alerts += before->alerts + counts->alerts;
        totals->unfired_windows += counts->unfired_windows;
        totals->unfired_entries += counts->unfired_entries;
        add_process(pipeline, i, totals);
    }
}

bool tide_pipeline_join(struct tide_pipeline *pipeline, struct tide_totals *totals,
                        struct tide_error *error)
{
    for (unsigned i = 0; i < pipeline->runner_count; i++)
        pthread_join(pipeline->runners[i].thread, NULL);
    add_up(pipeline, totals);
    if (tide_control_has_failed(&pipeline->control)) {
        *error = pipeline->control.error;
        return false;
    }
    if (!balance(totals, error)) return false;
    if (pipeline->parser.broken_policy.exit != TIDE_EXIT_OK) {
        *error = pipeline->parser.broken_policy;
        return false;
    }
    return check_share_of_rejects(pipeline->plan, totals, error);
}

/* Adds a link to the figures, where `mean` holds a total until all links are in. */
static void add_link(struct tide_ring_figures *ring, uint64_t *received,
                     const struct tide_link *link)
{
    if (link->item_count > ring->slots) ring->slots = link->item_count;
    if (link->waiting_most > ring->most) ring->most = link->waiting_most;
    ring->mean += (double)link->waiting_total;
    *received += link->received;
}

/* Of the links into a stage. */
static struct tide_ring_figures ring_figures(const struct tide_pipeline *pipeline,
                                             struct tide_post post)
{
    const unsigned partitions = tide_plan_partitions(pipeline->plan);
    struct tide_ring_figures ring = {0};
    uint64_t received = 0;
    switch (post.role) {
    case TIDE_ROLE_PARTITION:
        add_link(&ring, &received, &pipeline->inlets[post.index].block_link);
        break;
    case TIDE_ROLE_PARSER:
        if (partitions == 0) add_link(&ring, &received, &pipeline->inlets[0].block_link);
        for (unsigned i = 0; i < partitions; i++)
            add_link(&ring, &received, &pipeline->parcel_links[i]);
        break;
    case TIDE_ROLE_WORKER:
        add_link(&ring, &received, &pipeline->in_links[post.index]);
        break;
    case TIDE_ROLE_SINK:
        add_link(&ring, &received, &pipeline->side_link);
        for (unsigned i = 0; i < pipeline->plan->parallelism; i++)
            add_link(&ring, &received, &pipeline->out_links[i]);
        break;
    case TIDE_ROLE_CHECKPOINT:
    case TIDE_ROLE_READER:
    case TIDE_ROLE_COUNT:
        break;
    }
    if (received > 0) ring.mean /= (double)received;
    return ring;
}

bool tide_pipeline_report(const struct tide_pipeline *pipeline, unsigned i,
                          struct tide_stage_report *report)
{
    if (i >= pipeline->stage_count) return false;
    const struct tide_post post = tide_pipeline_post(pipeline->plan, i);
    *report = (struct tide_stage_report){
        .post = post, .ring = ring_figures(pipeline, post), .clock = pipeline->stages[i].clock};
    if (post.role == TIDE_ROLE_PARTITION) {
        report->rows = pipeline->inlets[post.index].partition.row_count;
        report->batches = pipeline->inlets[post.index].partition.parcel_count;
    } else if (post.role == TIDE_ROLE_PARSER) {
        report->rows = pipeline->parser.counts.rows;
        report->batches = pipeline->parser.router.batch_count;
    } else if (post.role == TIDE_ROLE_SINK) {
        report->batches = pipeline->sink.batch_count;
    } else if (post.role == TIDE_ROLE_CHECKPOINT) {
        report->batches = pipeline->checkpointer.count;
    } else if (post.role == TIDE_ROLE_WORKER) {
        const struct tide_worker *worker = &pipeline->lanes[post.index].worker;
        report->rows = worker->counts.rows;
        report->batches = worker->counts.batches;
        report->results = worker->counts.results;
        report->windows = worker->counts.windows;
    }
    return true;
}

const struct tide_rule_log *tide_pipeline_rule_log(const struct tide_pipeline *pipeline)
{
    return &pipeline->parser.rule_log;
}

const char *tide_pipeline_scanner_name(const struct tide_pipeline *pipeline)
{
    return tide_scanner_select(pipeline->plan->scanner)->name;
}
