/*
 * A pipeline that goes on from a checkpoint: what each stage had saved goes back to it, and what
 * belonged to a key, to the worker that owns that key now.
 */
#include "engine/stages/parser_barrier.h"
#include "engine/stages/pipeline_parts.h"
#include "engine/stages/worker_snapshot.h"

static bool refuse(const struct tide_snapshot_reader *reader, const char *what,
                   struct tide_error *error)
{
    if (reader->damage)
        return tide_error_set(error, TIDE_EXIT_FAILED, "it is damaged: %s: %s", what,
                              reader->damage);
    return tide_error_memory(error, what);
}

/* A section is read to its last byte. */
static bool is_used_up(struct tide_snapshot_reader *reader)
{
    if (reader->at != reader->end) tide_damage(reader, "there is more in it than there should be");
    return !reader->damage;
}

static struct tide_snapshot_reader reader_of(const struct tide_pipeline *pipeline,
                                             const struct tide_section *section)
{
    return (struct tide_snapshot_reader){.at = section->bytes,
                                         .end = section->bytes + section->count,
                                         .row_count = pipeline->parser.router.row};
}

/* What brings the parser its rows goes on where it does. */
static void resume_inlets(struct tide_pipeline *pipeline)
{
    const struct tide_parser *parser = &pipeline->parser;
    for (unsigned i = 0; i < tide_pipeline_inlets(pipeline->plan); i++)
        tide_reader_resume(&pipeline->inlets[i].reader, parser->places);
    for (unsigned i = 0; i < tide_plan_partitions(pipeline->plan); i++)
        tide_partition_resume(&pipeline->inlets[i].partition, i, &parser->places[i],
                              parser->confluence.order.greatest_ms[i]);
}

/* A run that broke a policy has taken a last checkpoint; with the same policy there is nothing to
 * go on with. */
static bool check_rejects(const struct tide_pipeline *pipeline, struct tide_error *error)
{
    const struct tide_row_counts *counts = &pipeline->parser.counts;
    const uint64_t rejects = counts->missing + counts->malformed + counts->future;
    const int64_t most = pipeline->plan->rejects_max;
    return most < 0 || rejects <= (uint64_t)most ||
           tide_error_set(
               error, TIDE_EXIT_POLICY,
               "%llu rows had been rejected by then, more than --max-rejects %lld allows; "
               "resume with a higher limit",
               (unsigned long long)rejects, (long long)most);
}

static bool restore_parser(struct tide_pipeline *pipeline, const struct tide_section *section,
                           struct tide_error *error)
{
    struct tide_snapshot_reader reader = reader_of(pipeline, section);
    if (!tide_parser_load(&pipeline->parser, &reader) || !is_used_up(&reader))
        return refuse(&reader, "what the parser had saved", error);
    if (!check_rejects(pipeline, error)) return false;
    resume_inlets(pipeline);
    if (tide_rule_log_ends_with(&pipeline->parser.rule_log, pipeline->plan->rules)) return true;
    return tide_error_set(
        error, TIDE_EXIT_FAILED,
        "the alert rules are not those that were in force when the checkpoint was "
        "taken; resume with the same ones, or begin anew in another folder");
}

static bool restore_workers(struct tide_pipeline *pipeline, const struct tide_checkpoint_file *file,
                            struct tide_error *error)
{
    const char *what = "what the workers had saved";
    struct tide_crew crew = {.count = pipeline->plan->parallelism};
    for (unsigned i = 0; i < crew.count; i++) crew.workers[i] = &pipeline->lanes[i].worker;
    unsigned section_count = 0;
    struct tide_snapshot_reader reader = {0}; /* one for all: it counts all their rows */
    for (unsigned i = 0; i < file->section_count; i++) {
        if (file->sections[i].kind != TIDE_SECTION_WORKER) continue;
        if (section_count++ == 0) reader = reader_of(pipeline, &file->sections[i]);
        reader.at = file->sections[i].bytes;
        reader.end = reader.at + file->sections[i].count;
        if (!tide_worker_load(&crew, &reader) || !is_used_up(&reader))
            return refuse(&reader, what, error);
    }
    if (section_count == 0)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "it is damaged: no worker has saved anything");
    const struct tide_router *router = &pipeline->parser.router;
    const int64_t fire_ms = tide_parser_told_ms(&pipeline->parser);
    for (unsigned i = 0; i < crew.count; i++)
        if (!tide_worker_settle(crew.workers[i], router->watermark_ms, fire_ms, router->row))
            return tide_error_memory(error, what);
    return true;
}

static bool restore_sink(struct tide_pipeline *pipeline, const struct tide_section *section,
                         struct tide_error *error)
{
    struct tide_output_lengths lengths; /* the caller has opened the outputs by them */
    struct tide_snapshot_reader reader = reader_of(pipeline, section);
    const struct tide_hash_seed *seed = &pipeline->parser.seed;
    const bool restored = tide_output_lengths_load(&lengths, &reader) &&
                          tide_sink_load(&pipeline->sink, seed, &reader) && is_used_up(&reader);
    return restored || refuse(&reader, "what the sink had saved", error);
}

/* Nothing but what the outputs held before the run. */
static bool restore_beginning(struct tide_pipeline *pipeline)
{
    pipeline->sink.is_resumed = true;
    return true;
}

bool tide_pipeline_restore(struct tide_pipeline *pipeline, const struct tide_checkpoint_file *file,
                           struct tide_error *error)
{
    const struct tide_section *parser = tide_checkpoint_section(file, TIDE_SECTION_PARSER);
    const struct tide_section *sink = tide_checkpoint_section(file, TIDE_SECTION_SINK);
    if (!parser && tide_checkpoint_section(file, TIDE_SECTION_BEGINNING))
        return restore_beginning(pipeline);
    if (!parser || !sink)
        return tide_error_set(error, TIDE_EXIT_FAILED, "it is damaged: a section is missing");
    return restore_parser(pipeline, parser, error) && restore_workers(pipeline, file, error) &&
           restore_sink(pipeline, sink, error);
}
