#include "engine/instruments/explain/description.h"

#include "engine/base/memory.h"
#include "engine/instruments/explain/effect.h"
#include "engine/instruments/explain/input.h"
#include "engine/instruments/explain/words.h"

#include <stdio.h>

unsigned tide_explain_alike(const struct tide_explanation *explanation, struct tide_post post)
{
    if (!post.is_one_of_many) return 1;
    return post.role == TIDE_ROLE_WORKER ? explanation->plan->parallelism
                                         : tide_plan_partitions(explanation->plan);
}

static bool describe_stages(struct tide_explanation *explanation)
{
    const struct tide_plan *plan = explanation->plan;
    bool by_turns = plan->scheduler == TIDE_SCHEDULER_ONE;
    explanation->stage_count = tide_pipeline_stage_count(plan);
    explanation->thread_count = tide_pipeline_thread_count(plan);
    explanation->stages = tide_alloc_zeroed(explanation->stage_count, sizeof *explanation->stages);
    if (!explanation->stages) return false;
    for (unsigned i = 0; i < explanation->stage_count; i++) {
        struct tide_explain_stage *stage = &explanation->stages[i];
        stage->post = tide_pipeline_post(plan, i);
        const enum tide_role role = stage->post.role;
        bool is_busy =
            role != TIDE_ROLE_READER && role != TIDE_ROLE_SINK && role != TIDE_ROLE_CHECKPOINT;
        if (is_busy && !by_turns) stage->patience = tide_pipeline_patience(plan);
        tide_pipeline_thread_name(plan, by_turns ? 0 : i, stage->thread);
    }
    return true;
}

static void add_link(struct tide_explanation *explanation, unsigned from, unsigned to,
                     enum tide_explain_cargo cargo, unsigned items)
{
    const struct tide_plan *plan = explanation->plan;
    uint64_t bytes = cargo == TIDE_EXPLAIN_PARCELS  ? tide_parcel_bytes(plan->batch_rows)
                     : cargo == TIDE_EXPLAIN_BLOCKS ? TIDE_BLOCK_MEMORY_BYTES
                     : cargo == TIDE_EXPLAIN_BATCHES
                         ? tide_batch_bytes(plan->batch_rows, tide_plan_has_arrivals(plan))
                     : cargo == TIDE_EXPLAIN_SNAPSHOTS ? 0
                                                       : tide_pipeline_emission_bytes(plan);
    explanation->links[explanation->link_count++] =
        (struct tide_explain_link){.from = from,
                                   .to = to,
                                   .cargo = cargo,
                                   .items = items,
                                   .slots = tide_link_slot_count(items),
                                   .item_bytes = bytes};
}

/* One snapshot from the parser, from each worker and from the sink. */
static void add_snapshots(struct tide_explanation *explanation)
{
    const struct tide_plan *plan = explanation->plan;
    if (!plan->checkpoint_folder) return;
    const unsigned first = tide_pipeline_stage(plan, TIDE_ROLE_PARSER, 0),
                   checkpointer = tide_pipeline_stage(plan, TIDE_ROLE_CHECKPOINT, 0);
    for (unsigned stage = first; stage < checkpointer; stage++)
        add_link(explanation, stage, checkpointer, TIDE_EXPLAIN_SNAPSHOTS, 1);
}

static bool describe_links(struct tide_explanation *explanation)
{
    const struct tide_plan *plan = explanation->plan;
    const unsigned workers = plan->parallelism, partitions = tide_plan_partitions(plan),
                   parser = tide_pipeline_stage(plan, TIDE_ROLE_PARSER, 0),
                   worker = tide_pipeline_stage(plan, TIDE_ROLE_WORKER, 0),
                   sink = tide_pipeline_stage(plan, TIDE_ROLE_SINK, 0);
    explanation->links = tide_alloc_zeroed(3 * (size_t)workers + 2 * (size_t)partitions + 4,
                                           sizeof *explanation->links);
    if (!explanation->links) return false;
    if (partitions == 0) add_link(explanation, 0, parser, TIDE_EXPLAIN_BLOCKS, TIDE_BLOCK_COUNT);
    for (unsigned i = 0; i < partitions; i++)
        add_link(explanation, i, tide_pipeline_stage(plan, TIDE_ROLE_PARTITION, i),
                 TIDE_EXPLAIN_BLOCKS, TIDE_BLOCK_COUNT);
    for (unsigned i = 0; i < partitions; i++)
        add_link(explanation, tide_pipeline_stage(plan, TIDE_ROLE_PARTITION, i), parser,
                 TIDE_EXPLAIN_PARCELS, tide_pipeline_parcels(plan));
    for (unsigned i = 0; i < workers; i++)
        add_link(explanation, parser, worker + i, TIDE_EXPLAIN_BATCHES, plan->ring_slots);
    for (unsigned i = 0; i < workers; i++)
        add_link(explanation, worker + i, sink, TIDE_EXPLAIN_LINES, TIDE_EMISSIONS_A_LINK);
    add_link(explanation, parser, sink, TIDE_EXPLAIN_SIDE_LINES, TIDE_EMISSIONS_A_LINK);
    add_snapshots(explanation);
    return true;
}

const char *tide_explain_cargo_text(const struct tide_explanation *explanation,
                                    const struct tide_explain_link *link, char *text, size_t bytes)
{
    char size[TIDE_WORDS_BYTES];
    tide_words_bytes(size, link->item_bytes);
    switch (link->cargo) {
    case TIDE_EXPLAIN_BLOCKS:
        snprintf(text, bytes, "blocks: windows of %d MiB, or %d KiB", TIDE_BLOCK_WINDOW_BYTES >> 20,
                 TIDE_BLOCK_BYTES >> 10);
        break;
    case TIDE_EXPLAIN_PARCELS:
        snprintf(text, bytes, "parcels of %u rows", explanation->plan->batch_rows);
        break;
    case TIDE_EXPLAIN_BATCHES:
        snprintf(text, bytes, "batches of %u rows", explanation->plan->batch_rows);
        break;
    case TIDE_EXPLAIN_LINES:
        snprintf(text, bytes, "emissions: %s of lines", size);
        break;
    case TIDE_EXPLAIN_SIDE_LINES:
        snprintf(text, bytes, "emissions: %s of %srejects", size,
                 tide_plan_parser_finds_late(explanation->plan) ? "late rows or " : "");
        break;
    case TIDE_EXPLAIN_SNAPSHOTS:
        snprintf(text, bytes, "snapshots: as much as is kept");
        break;
    }
    return text;
}

static bool describe_files(struct tide_explanation *explanation)
{
    const struct tide_plan *plan = explanation->plan;
    explanation->files = tide_alloc_zeroed(plan->file_count, sizeof *explanation->files);
    if (!explanation->files) return false;
    for (unsigned i = 0; i < plan->file_count; i++)
        tide_explain_look(&explanation->files[i], plan->files[i], plan->registry);
    return true;
}

static void describe_memory(struct tide_explanation *explanation)
{
    const struct tide_plan *plan = explanation->plan;
    const uint64_t workers = plan->parallelism, batches = workers * plan->ring_slots;
    const uint64_t partitions = tide_plan_partitions(plan), inputs = partitions ? partitions : 1;
    const size_t text_bytes = tide_pipeline_emission_bytes(plan);
    const struct tide_explain_memory parts[TIDE_FOOTPRINT_PART_COUNT] = {
        [TIDE_FOOTPRINT_BLOCKS] = {"blocks of input", inputs * TIDE_BLOCK_COUNT,
                                   TIDE_BLOCK_MEMORY_BYTES, 0, "a plain file is mapped instead"},
        [TIDE_FOOTPRINT_INDEX] = {"index of records", inputs, tide_records_bytes(), 0,
                                  "touched as far as a record or a slice of a block needs"},
        [TIDE_FOOTPRINT_PARCELS] = {"parcels of rows", partitions * tide_pipeline_parcels(plan),
                                    tide_parcel_bytes(plan->batch_rows), 0, "of one input each"},
        [TIDE_FOOTPRINT_BATCHES] = {"batches of rows", batches,
                                    tide_batch_bytes(plan->batch_rows,
                                                     tide_plan_has_arrivals(plan)) +
                                        sizeof(struct tide_batch),
                                    0, ""},
        [TIDE_FOOTPRINT_EPOCHS] = {"epochs", explanation->epochs.epoch_count, 0, 0,
                                   "what the watermark did, for all workers"},
        [TIDE_FOOTPRINT_EMISSIONS] = {"emission batches", (workers + 1) * TIDE_EMISSIONS_A_LINK,
                                      tide_emission_batch_bytes(text_bytes) +
                                          sizeof(struct tide_emission_batch),
                                      0, "their order keys"},
        [TIDE_FOOTPRINT_RINGS] = {"rings", 2 * (uint64_t)explanation->link_count, 0, 0, ""},
        [TIDE_FOOTPRINT_SINK] = {"merge and write buffers", 1, 0, 0, ""},
        [TIDE_FOOTPRINT_STAGES] = {"stages", explanation->stage_count, 0, 0, ""},
    };
    tide_footprint_of(plan, &explanation->footprint);
    for (unsigned i = 0; i < TIDE_FOOTPRINT_PART_COUNT; i++) {
        explanation->memory[i] = parts[i];
        explanation->memory[i].bytes = explanation->footprint.at_start[i];
    }
    explanation->windows_max = tide_footprint_windows_max(plan);
}

static bool describe_rules(struct tide_explanation *explanation)
{
    const struct tide_plan *plan = explanation->plan;
    unsigned count = plan->rules->rule_count;
    explanation->rules = tide_alloc_zeroed(count, sizeof *explanation->rules);
    if (!explanation->rules) return false;
    for (unsigned i = 0; i < count; i++) {
        struct tide_explain_rule *described = &explanation->rules[i];
        described->rule = &plan->rules->rules[i];
        described->condition =
            tide_expression_print(described->rule->expression, plan->registry->aggregates);
        if (!described->condition) return false;
        explanation->rule_count++;
        tide_words_test(described->test, sizeof described->test, described->rule, plan);
    }
    return true;
}

bool tide_explanation_init(struct tide_explanation *explanation, const struct tide_plan *plan,
                           const struct tide_options *options, struct tide_error *error)
{
    *explanation = (struct tide_explanation){.plan = plan, .options = options};
    explanation->scanner = tide_scanner_select(plan->scanner)->name;
    explanation->core_count = tide_core_count();
    explanation->states = tide_worker_states(plan);
    explanation->epochs = tide_router_epochs(plan);
    if (!describe_stages(explanation) || !describe_links(explanation) ||
        !describe_files(explanation) || !describe_rules(explanation))
        return tide_error_memory(error, "the explanation");
    describe_memory(explanation);
    tide_words_watermark(explanation->watermark_rule, sizeof explanation->watermark_rule, plan);
    tide_words_order(explanation->order_rule, sizeof explanation->order_rule, plan);
    return tide_explain_options(explanation) || tide_error_memory(error, "the explanation");
}

void tide_explanation_fini(struct tide_explanation *explanation)
{
    for (unsigned i = 0; i < explanation->rule_count; i++)
        tide_free(explanation->rules[i].condition);
    tide_free(explanation->rules);
    tide_free(explanation->stages);
    tide_free(explanation->links);
    tide_free(explanation->files);
    tide_free(explanation->given);
    *explanation = (struct tide_explanation){0};
}
