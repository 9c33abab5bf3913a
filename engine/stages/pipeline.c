#include "engine/stages/pipeline.h"

#include "engine/base/clock.h"
#include "engine/stages/rcu.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

enum {
    STAGES_BESIDE_WORKERS = 3,
    EMISSIONS_A_LINK = 16,
    EMISSION_BYTES_MAX = 64 << 10, /* more than four workers share what four would have ... */
    EMISSION_BYTES_MIN = 8 << 10,  /* ... but no less than this */
};

/* One worker with the roads to and from it. */
struct lane {
    struct tide_worker worker;
    struct tide_batch *batches;
    struct tide_emission_batch *emissions;
};

/* A thread: one stage, or all of them by turns. */
struct runner {
    struct tide_pipeline *pipeline;
    struct tide_stage *stage;
    pthread_t thread;
};

struct tide_pipeline {
    const struct tide_plan *plan;
    struct tide_control control;
    struct tide_rule_board rule_board;
    struct tide_view_board views;
    struct tide_block blocks[TIDE_BLOCK_COUNT];
    struct tide_link block_link, side_link;
    struct tide_emission_batch side_emissions[EMISSIONS_A_LINK];
    struct tide_reader reader;
    struct tide_parser parser;
    struct lane *lanes;
    struct tide_link *in_links, *out_links; /* the lanes' own, in arrays for parser and sink */
    struct tide_sink sink;

    struct tide_stage *stages; /* reader, parser, workers, sink */
    unsigned stage_count;
    struct runner *runners;
    unsigned runner_count;
    _Atomic unsigned running_count;
    int done_fd;
    uint64_t reload_count;
};

/* --- setting up -------------------------------------------------------------------------------------------------------- */

static struct tide_stage *stage_of_worker(struct tide_pipeline *pipeline, unsigned i)
{
    return &pipeline->stages[2 + i];
}

static struct tide_stage *stage_of_sink(struct tide_pipeline *pipeline)
{
    return &pipeline->stages[pipeline->stage_count - 1];
}

static void init_stage(struct tide_pipeline *pipeline, struct tide_stage *stage, const struct tide_stage *model)
{
    *stage = *model;
    tide_waiter_init(&stage->waiter);
    pipeline->control.waiters[pipeline->control.waiter_count++] = &stage->waiter;
}

static bool init_stages(struct tide_pipeline *pipeline)
{
    unsigned workers = pipeline->plan->parallelism;
    pipeline->stage_count = workers + STAGES_BESIDE_WORKERS;
    size_t bytes = pipeline->stage_count * sizeof *pipeline->stages;
    pipeline->stages = tide_alloc_aligned(TIDE_PARTY_BYTES, bytes);
    if (!pipeline->stages) return false;
    memset(pipeline->stages, 0, bytes);
    /* The parser and the workers are busy most of the time; reader and sink have little to do and must not spin. */
    const struct tide_patience busy = tide_patience_for(workers + 1), idle = {0};
    init_stage(pipeline, &pipeline->stages[0],
               &(struct tide_stage){.name = "reader", .self = &pipeline->reader, .step = tide_reader_step,
                                    .nudge = tide_reader_nudge, .patience = idle, .wait_for_input = tide_reader_wait_for_input});
    init_stage(pipeline, &pipeline->stages[1],
               &(struct tide_stage){.name = "parser", .self = &pipeline->parser, .step = tide_parser_step,
                                    .nudge = tide_parser_nudge, .patience = busy, .uses_rcu = true});
    for (unsigned i = 0; i < workers; i++)
        init_stage(pipeline, stage_of_worker(pipeline, i),
                   &(struct tide_stage){.name = "worker", .self = &pipeline->lanes[i].worker, .step = tide_worker_step,
                                        .nudge = tide_worker_nudge, .patience = busy, .uses_rcu = true});
    init_stage(pipeline, stage_of_sink(pipeline),
               &(struct tide_stage){.name = "sink", .self = &pipeline->sink, .step = tide_sink_step,
                                    .nudge = tide_sink_nudge, .patience = idle});
    return true;
}

static bool link_blocks(struct tide_pipeline *pipeline)
{
    void *items[TIDE_BLOCK_COUNT];
    for (unsigned i = 0; i < TIDE_BLOCK_COUNT; i++) {
        if (!tide_block_init(&pipeline->blocks[i])) return false;
        items[i] = &pipeline->blocks[i];
    }
    return tide_link_init(&pipeline->block_link, items, TIDE_BLOCK_COUNT, &pipeline->stages[0].waiter,
                          &pipeline->stages[1].waiter);
}

static size_t emission_bytes(const struct tide_plan *plan)
{
    size_t bytes = 4 * EMISSION_BYTES_MAX / plan->parallelism;
    if (bytes > EMISSION_BYTES_MAX) return EMISSION_BYTES_MAX;
    return bytes < EMISSION_BYTES_MIN ? EMISSION_BYTES_MIN : bytes;
}

static bool link_emissions(struct tide_pipeline *pipeline, struct tide_emission_batch *emissions, struct tide_link *link,
                           struct tide_stage *producer)
{
    void *items[EMISSIONS_A_LINK];
    for (unsigned i = 0; i < EMISSIONS_A_LINK; i++) {
        if (!tide_emission_batch_init(&emissions[i], emission_bytes(pipeline->plan))) return false;
        items[i] = &emissions[i];
    }
    return tide_link_init(link, items, EMISSIONS_A_LINK, &producer->waiter, &stage_of_sink(pipeline)->waiter);
}

static bool link_batches(struct tide_pipeline *pipeline, struct lane *lane, unsigned worker)
{
    unsigned count = pipeline->plan->ring_slots;
    void **items = tide_alloc(count * sizeof *items);
    bool ready = items != NULL;
    for (unsigned i = 0; ready && i < count; i++) {
        ready = tide_batch_init(&lane->batches[i], pipeline->plan->batch_rows);
        items[i] = &lane->batches[i];
    }
    ready = ready && tide_link_init(&pipeline->in_links[worker], items, count, &pipeline->stages[1].waiter,
                                    &stage_of_worker(pipeline, worker)->waiter);
    tide_free(items);
    return ready;
}

static bool link_lane(struct tide_pipeline *pipeline, unsigned worker)
{
    struct lane *lane = &pipeline->lanes[worker];
    lane->batches = tide_alloc_zeroed(pipeline->plan->ring_slots, sizeof *lane->batches);
    lane->emissions = tide_alloc_zeroed(EMISSIONS_A_LINK, sizeof *lane->emissions);
    return lane->batches && lane->emissions && link_batches(pipeline, lane, worker) &&
           link_emissions(pipeline, lane->emissions, &pipeline->out_links[worker], stage_of_worker(pipeline, worker));
}

static void *alloc_lines(size_t count, size_t bytes)
{
    void *block = tide_alloc_aligned(TIDE_PARTY_BYTES, count * bytes);
    if (block) memset(block, 0, count * bytes);
    return block;
}

static bool link_all(struct tide_pipeline *pipeline)
{
    unsigned workers = pipeline->plan->parallelism;
    pipeline->lanes = alloc_lines(workers, sizeof *pipeline->lanes);
    pipeline->in_links = alloc_lines(workers, sizeof *pipeline->in_links);
    pipeline->out_links = alloc_lines(workers, sizeof *pipeline->out_links);
    if (!pipeline->lanes || !pipeline->in_links || !pipeline->out_links || !init_stages(pipeline) || !link_blocks(pipeline) ||
        !link_emissions(pipeline, pipeline->side_emissions, &pipeline->side_link, &pipeline->stages[1])) return false;
    for (unsigned i = 0; i < workers; i++)
        if (!link_lane(pipeline, i)) return false;
    return true;
}

/* Keys are found and routed by a hash nobody can foresee; without a source of chance, by the clock. */
static struct tide_hash_seed draw_seed(void)
{
    struct tide_hash_seed seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed)
        seed = (struct tide_hash_seed){{(uint64_t)tide_clock_ns() * 0x9E3779B97F4A7C15u, 0xC4CEB9FE1A85EC53u}};
    return seed;
}

static bool init(struct tide_pipeline *pipeline, const struct tide_plan *plan,
                 struct tide_output *const outputs[TIDE_CHANNEL_COUNT], struct tide_error *error)
{
    if (!tide_control_init(&pipeline->control, error)) return false;
    pipeline->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pipeline->done_fd < 0) return tide_error_system(error, errno, "cannot make a wake-up descriptor");
    if (!link_all(pipeline)) return tide_error_memory(error, "the pipeline");
    struct tide_hash_seed seed = draw_seed();
    struct tide_control *control = &pipeline->control;
    tide_reader_init(&pipeline->reader, plan, control, &pipeline->block_link);
    if (!tide_rule_board_init(&pipeline->rule_board, plan->rules, plan->parallelism, error) ||
        !tide_view_board_init(&pipeline->views, plan->parallelism + 1, error) ||
        !tide_parser_init(&pipeline->parser, plan, control, &pipeline->rule_board, &pipeline->views, &seed,
                          &pipeline->block_link, pipeline->in_links, &pipeline->side_link, error)) return false;
    for (unsigned i = 0; i < plan->parallelism; i++)
        if (!tide_worker_init(&pipeline->lanes[i].worker, plan, i, control, &pipeline->rule_board, &pipeline->views, &seed,
                              &pipeline->in_links[i], &pipeline->out_links[i], &pipeline->stages[1].waiter, error)) return false;
    return tide_sink_init(&pipeline->sink, plan, control, &pipeline->side_link, pipeline->out_links, outputs, error);
}

struct tide_pipeline *tide_pipeline_create(const struct tide_plan *plan, struct tide_output *const outputs[TIDE_CHANNEL_COUNT],
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
    struct lane *lane = &pipeline->lanes[i];
    tide_worker_fini(&lane->worker);
    for (unsigned j = 0; lane->batches && j < pipeline->plan->ring_slots; j++) tide_batch_fini(&lane->batches[j]);
    for (unsigned j = 0; lane->emissions && j < EMISSIONS_A_LINK; j++) tide_emission_batch_fini(&lane->emissions[j]);
    tide_free(lane->batches);
    tide_free(lane->emissions);
    if (pipeline->in_links) tide_link_fini(&pipeline->in_links[i]);
    if (pipeline->out_links) tide_link_fini(&pipeline->out_links[i]);
}

void tide_pipeline_destroy(struct tide_pipeline *pipeline)
{
    if (!pipeline) return;
    for (unsigned i = 0; pipeline->lanes && i < pipeline->plan->parallelism; i++) destroy_lane(pipeline, i);
    tide_sink_fini(&pipeline->sink);
    tide_parser_fini(&pipeline->parser);
    tide_reader_fini(&pipeline->reader);
    tide_rcu_barrier(); /* pictures that were exchanged */
    tide_view_board_fini(&pipeline->views);
    if (pipeline->rule_board.table) tide_rule_board_fini(&pipeline->rule_board);
    for (unsigned i = 0; i < TIDE_BLOCK_COUNT; i++) tide_block_fini(&pipeline->blocks[i]);
    for (unsigned i = 0; i < EMISSIONS_A_LINK; i++) tide_emission_batch_fini(&pipeline->side_emissions[i]);
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

/* --- running ------------------------------------------------------------------------------------------------------------ */

static void say_done(struct tide_pipeline *pipeline, unsigned count)
{
    /* P1 acq_rel: the last one speaks for all; main joins them anyway before it reads what they did. */
    if (atomic_fetch_sub_explicit(&pipeline->running_count, count, memory_order_acq_rel) != count) return;
    uint64_t one = 1;
    ssize_t written = write(pipeline->done_fd, &one, sizeof one); /* cannot fail: the counter was 0 */
    (void)written;
}

static void *run_one(void *context)
{
    struct runner *runner = context;
    tide_stage_run(runner->stage);
    say_done(runner->pipeline, 1);
    return NULL;
}

static void *run_by_turns(void *context)
{
    struct runner *runner = context;
    struct tide_pipeline *pipeline = runner->pipeline;
    struct tide_stage *stages[TIDE_WAITERS_MAX];
    for (unsigned i = 0; i < pipeline->stage_count; i++) stages[i] = &pipeline->stages[i];
    tide_stages_run_by_turns(stages, pipeline->stage_count, pipeline->plan->scheduler_seed);
    say_done(pipeline, 1);
    return NULL;
}

static void name_thread(const struct runner *runner, unsigned i)
{
    char name[16];
    if (!runner->stage) snprintf(name, sizeof name, "tide turns");
    else if (strcmp(runner->stage->name, "worker") == 0) snprintf(name, sizeof name, "tide work %u", i - 2);
    else snprintf(name, sizeof name, "tide %s", runner->stage->name);
    pthread_setname_np(runner->thread, name);
}

void tide_pipeline_start(struct tide_pipeline *pipeline)
{
    bool by_turns = pipeline->plan->scheduler == TIDE_SCHEDULER_ONE;
    unsigned count = by_turns ? 1 : pipeline->stage_count;
    struct tide_error error = {0};
    pipeline->runners = tide_alloc_zeroed(count, sizeof *pipeline->runners);
    atomic_store_explicit(&pipeline->running_count, count, memory_order_relaxed);
    int failure = 0;
    for (unsigned i = 0; pipeline->runners && i < count && !failure; i++) {
        struct runner *runner = &pipeline->runners[i];
        *runner = (struct runner){.pipeline = pipeline, .stage = by_turns ? NULL : &pipeline->stages[i]};
        failure = pthread_create(&runner->thread, NULL, by_turns ? run_by_turns : run_one, runner);
        if (failure) break;
        name_thread(runner, i);
        pipeline->runner_count++;
    }
    if (pipeline->runner_count == count) return;
    if (failure) tide_error_system(&error, failure, "cannot start thread %u of %u; try a smaller --parallelism",
                                   pipeline->runner_count + 1, count);
    else tide_error_memory(&error, "the threads");
    tide_control_fail(&pipeline->control, &error);
    say_done(pipeline, count - pipeline->runner_count);
}

int tide_pipeline_done_fd(const struct tide_pipeline *pipeline)
{
    return pipeline->done_fd;
}

void tide_pipeline_stop(struct tide_pipeline *pipeline)
{
    tide_control_stop(&pipeline->control);
}

bool tide_pipeline_reload(struct tide_pipeline *pipeline, struct tide_rule_set *rules, uint64_t *version,
                          struct tide_error *error)
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
        if (!tide_view_look(&pipeline->views, i + 1, &picture)) picture = (struct tide_picture){.watermark_ms = TIDE_WATERMARK_NONE};
        if (picture.watermark_ms < glance->watermark_ms) glance->watermark_ms = picture.watermark_ms;
        glance->open_windows += picture.open_windows;
        waiting += picture.waiting;
        waiting_max += picture.waiting_max;
    }
    tide_rcu_unregister();
    glance->ring_percent = waiting_max ? (unsigned)(100 * waiting / waiting_max) : 0;
    glance->bytes_consumed = atomic_load_explicit(&pipeline->reader.bytes_consumed, memory_order_relaxed);
    tide_view_ask(&pipeline->views);
}

/* --- ending ------------------------------------------------------------------------------------------------------------- */

/* Each row must be accounted for exactly once. */
static bool balance(const struct tide_totals *totals, struct tide_error *error)
{
    const struct tide_row_counts *rows = &totals->rows;
    uint64_t sum = totals->used + rows->late + rows->gap + rows->missing + rows->malformed + rows->future;
    if (sum == rows->rows) return true;
    return tide_error_set(error, TIDE_EXIT_FAILED, "bug: the rows do not balance: %llu read, %llu accounted for",
                          (unsigned long long)rows->rows, (unsigned long long)sum);
}

static bool check_share_of_rejects(const struct tide_plan *plan, const struct tide_totals *totals, struct tide_error *error)
{
    const struct tide_row_counts *rows = &totals->rows;
    uint64_t rejects = rows->missing + rows->malformed + rows->future;
    if (plan->rejects_millionths_max < 0) return true;
    if ((tide_uint128)rejects * 100000000 <= (tide_uint128)rows->rows * (uint64_t)plan->rejects_millionths_max) return true;
    return tide_error_set(error, TIDE_EXIT_POLICY,
                          "%llu of %llu rows rejected, more than --max-rejects allows; --rejects FILE shows which and why",
                          (unsigned long long)rejects, (unsigned long long)rows->rows);
}

static void add_up(const struct tide_pipeline *pipeline, struct tide_totals *totals)
{
    *totals = (struct tide_totals){.rows = pipeline->parser.counts, .bytes_unpacked = pipeline->reader.bytes_unpacked,
                                   .was_stopped = pipeline->parser.was_stopped};
    for (unsigned i = 0; i < pipeline->plan->parallelism; i++) {
        const struct tide_worker_counts *counts = &pipeline->lanes[i].worker.counts;
        totals->used += counts->rows;
        totals->results += counts->results;
        totals->alerts += counts->alerts;
        totals->unfired_entries += counts->unfired_entries;
    }
}

bool tide_pipeline_join(struct tide_pipeline *pipeline, struct tide_totals *totals, struct tide_error *error)
{
    for (unsigned i = 0; i < pipeline->runner_count; i++) pthread_join(pipeline->runners[i].thread, NULL);
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

bool tide_pipeline_report(const struct tide_pipeline *pipeline, unsigned i, struct tide_stage_report *report)
{
    if (i >= pipeline->stage_count) return false;
    const struct tide_stage *stage = &pipeline->stages[i];
    *report = (struct tide_stage_report){.name = stage->name, .index = -1, .clock = stage->clock};
    if (i == 1) {
        report->rows = pipeline->parser.counts.rows;
        report->batches = pipeline->parser.router.batch_count;
    } else if (i == pipeline->stage_count - 1) {
        report->batches = pipeline->sink.batch_count;
    } else if (i > 1) {
        const struct tide_worker *worker = &pipeline->lanes[i - 2].worker;
        report->index = (int)worker->index;
        report->rows = worker->counts.rows;
        report->batches = worker->counts.batches;
        report->results = worker->counts.results;
        report->windows = worker->counts.windows;
    }
    return true;
}

const struct tide_rule_change *tide_pipeline_rule_changes(const struct tide_pipeline *pipeline, unsigned *count)
{
    *count = pipeline->parser.change_count;
    return pipeline->parser.changes;
}

const char *tide_pipeline_scanner_name(const struct tide_pipeline *pipeline)
{
    return pipeline->parser.records.scanner->name;
}
