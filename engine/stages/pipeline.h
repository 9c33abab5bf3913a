/*
 * pipeline: all stages of one run with the links between them: set up, run, watched, ended, added
 *           up.
 * Owns:     everything the stages share; the outputs stay the caller's.
 * Threads:  all functions: the main thread's. It may watch while the stages run.
 * Blocks:   join waits for the stages; reload waits for an RCU grace period.
 * Errors:   create: memory, descriptors. join: the first failure of any stage.
 * Limits:   as plan.h.
 */
#ifndef TIDE_STAGES_PIPELINE_H
#define TIDE_STAGES_PIPELINE_H

#include "engine/stages/checkpointer.h"
#include "engine/stages/output_lengths.h"
#include "engine/stages/parser.h"
#include "engine/stages/reader.h"
#include "engine/stages/sink.h"
#include "engine/stages/worker.h"

enum {
    TIDE_EMISSIONS_A_LINK = 16,
    TIDE_PARCELS_A_LINK_MAX = 8, /* fewer if --ring-slots says so */
    TIDE_THREAD_NAME_BYTES = 16,
};

struct tide_pipeline;

/* What a run has done. Everything in `rows` and the next three are the same at every parallelism.
 */
struct tide_totals {
    struct tide_row_counts rows;
    uint64_t used, results, alerts;
    uint64_t unfired_windows; /* open at the end */
    uint64_t unfired_entries; /* results that open windows would have given */
    uint64_t process_counters[TIDEMARK_COUNTERS_MAX]; /* of the process function, in its order */
    uint64_t bytes_unpacked;
    uint64_t rows_before; /* of `rows`, those of the runs that this one has resumed */
    uint64_t checkpoints, checkpoint_bytes; /* taken; bytes of the latest */
    int64_t checkpoint_ns;                  /* in bringing them to the disk */
    int64_t time_first_ms, time_max_ms;     /* of the accepted rows, if there are any: has_time */
    bool has_time;
    bool was_stopped; /* by a signal or a broken policy, before the input ended */
};

/* How full the rings into a stage were whenever it took something out of one. */
struct tide_ring_figures {
    unsigned slots; /* of the largest; 0: no ring leads there */
    unsigned most;  /* items waiting, the one taken included */
    double mean;    /* the same; 0: nothing was taken */
};

enum tide_role {
    TIDE_ROLE_READER,
    TIDE_ROLE_PARTITION, /* only where several inputs are read side by side */
    TIDE_ROLE_PARSER,
    TIDE_ROLE_WORKER,
    TIDE_ROLE_SINK,
    TIDE_ROLE_CHECKPOINT, /* only where checkpoints are taken */
    TIDE_ROLE_COUNT
};

/* Stage i of a pipeline. */
struct tide_post {
    enum tide_role role;
    unsigned index; /* among those of its role */
    bool is_one_of_many;
};

/* One stage's share of the work, for the stats and --verbose. */
struct tide_stage_report {
    struct tide_post post;
    uint64_t rows;             /* partition, parser: records; worker: rows folded; else 0 */
    uint64_t batches;          /* taken in (parser: handed out) */
    uint64_t results, windows; /* worker */
    struct tide_ring_figures ring;
    struct tide_stage_clock clock;
};

/* How the run looks at this moment. */
struct tide_glance {
    uint64_t rows, bytes_consumed;
    int64_t watermark_ms; /* least over the workers */
    uint64_t open_windows;
    unsigned ring_percent; /* mean fill of the workers' input rings */
};

/* How a plan's pipeline is built. Stages are counted in the order of the data's way: readers,
 * partitions, parser, workers, sink, checkpointer. With the scheduler `one` a single thread runs
 * all of them. */
unsigned tide_pipeline_stage_count(const struct tide_plan *plan);
unsigned tide_pipeline_thread_count(const struct tide_plan *plan);
struct tide_post tide_pipeline_post(const struct tide_plan *plan, unsigned i);
unsigned tide_pipeline_stage(const struct tide_plan *plan, enum tide_role role, unsigned index);

/* "reader", "part", "parser", "worker", "sink", "checkpoint". */
const char *tide_role_name(enum tide_role role);

/* Parcels on the way from each partition to the parser. */
unsigned tide_pipeline_parcels(const struct tide_plan *plan);

/* What thread i is called, as top -H and debuggers show it. */
void tide_pipeline_thread_name(const struct tide_plan *plan, unsigned i,
                               char name[TIDE_THREAD_NAME_BYTES]);

/* What partitions, parser and workers try before they sleep; readers and the sink sleep at once. */
struct tide_patience tide_pipeline_patience(const struct tide_plan *plan);

/* What one channel of an emission batch holds. */
size_t tide_pipeline_emission_bytes(const struct tide_plan *plan);

/* outputs: by channel, NULL = off; they must outlive the pipeline. NULL on failure. */
TIDE_MUST_USE struct tide_pipeline *
tide_pipeline_create(const struct tide_plan *plan,
                     struct tide_output *const outputs[TIDE_CHANNEL_COUNT],
                     struct tide_error *error);
void tide_pipeline_destroy(struct tide_pipeline *pipeline); /* not while it runs; NULL is fine */

/* Where the checkpoints of the plan go, before it starts; both must outlive the pipeline. */
void tide_pipeline_checkpoint(struct tide_pipeline *pipeline, struct tide_checkpoint_folder *folder,
                              const struct tide_output_set *outputs);

/* Makes the pipeline go on from a checkpoint, before it starts. False: the file is not what it
 * should be, or there is no memory; then the pipeline is of no use. */
TIDE_MUST_USE bool tide_pipeline_restore(struct tide_pipeline *pipeline,
                                         const struct tide_checkpoint_file *file,
                                         struct tide_error *error);

/* Starts all stages. Signals should be blocked by then, so that only the main thread sees them. */
void tide_pipeline_start(struct tide_pipeline *pipeline);

/* Readable when all stages have ended. */
int tide_pipeline_done_fd(const struct tide_pipeline *pipeline);

/* Has the input of a run that is resumed been found to be the one it has read before? */
bool tide_pipeline_is_verified(const struct tide_pipeline *pipeline);

/* Ends the reading here. What has fired is written; open windows do not fire. */
void tide_pipeline_stop(struct tide_pipeline *pipeline);

/* Ends the run with an error that no stage has met. */
void tide_pipeline_fail(struct tide_pipeline *pipeline, const struct tide_error *error);

/* New rules, from the next row on that the parser comes to; the set moves. *version: their number,
 * counting from 1. */
TIDE_MUST_USE bool tide_pipeline_reload(struct tide_pipeline *pipeline, struct tide_rule_set *rules,
                                        uint64_t *version, struct tide_error *error);

/* The latest pictures of the stages, and asks for newer ones. */
void tide_pipeline_look(struct tide_pipeline *pipeline, struct tide_glance *glance);

/* Waits for the end. False: the run failed, or the data broke a policy (exit 3: then the rejects
 * are complete). */
TIDE_MUST_USE bool tide_pipeline_join(struct tide_pipeline *pipeline, struct tide_totals *totals,
                                      struct tide_error *error);

/* After join: stage i's report; false: there is no such stage. */
TIDE_MUST_USE bool tide_pipeline_report(const struct tide_pipeline *pipeline, unsigned i,
                                        struct tide_stage_report *report);

/* After join: from which row on each rule set counted. */
const struct tide_rule_log *tide_pipeline_rule_log(const struct tide_pipeline *pipeline);

/* Which scanner reads, for --verbose. */
const char *tide_pipeline_scanner_name(const struct tide_pipeline *pipeline);

#endif
