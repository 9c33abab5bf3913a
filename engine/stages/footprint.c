#include "engine/stages/footprint.h"

#include "engine/base/memory_limit.h"
#include "engine/stages/pipeline_parts.h"

enum {
    PROGRAM_BYTES = 8 << 20, /* code and libraries: 4 to 6 MiB are resident */
    THREAD_BYTES = 64 << 10, /* what one touches of its stack, and of the allocator for it alone */
};

static unsigned count_outputs(const struct tide_plan *plan, enum tide_output_kind a,
                              enum tide_output_kind b)
{
    return (plan->outputs[a] ? 1u : 0) + (plan->outputs[b] ? 1u : 0);
}

static uint64_t ring_bytes(const struct tide_plan *plan)
{
    uint64_t lane = tide_link_bytes(plan->ring_slots) + tide_link_bytes(TIDE_EMISSIONS_A_LINK);
    return tide_pipeline_inlets(plan) * tide_link_bytes(TIDE_BLOCK_COUNT) +
           tide_plan_partitions(plan) * tide_link_bytes(tide_pipeline_parcels(plan)) +
           (plan->checkpoint_folder ? (plan->parallelism + 2) * tide_link_bytes(1) : 0) +
           tide_link_bytes(TIDE_EMISSIONS_A_LINK) + plan->parallelism * lane;
}

/* The side link's batches are part of the pipeline itself. */
static uint64_t emission_bytes(const struct tide_plan *plan)
{
    uint64_t records = tide_emission_batch_bytes(tide_pipeline_emission_bytes(plan));
    uint64_t lane = TIDE_EMISSIONS_A_LINK * (records + sizeof(struct tide_emission_batch));
    return TIDE_EMISSIONS_A_LINK * records + plan->parallelism * lane;
}

/* Arrays that begin on a party's own lines. */
static uint64_t lines_bytes(uint64_t count, size_t bytes)
{
    return tide_aligned_bytes(TIDE_PARTY_BYTES, count * bytes);
}

static uint64_t parcel_bytes(const struct tide_plan *plan)
{
    uint64_t parcels = tide_pipeline_parcels(plan);
    return tide_plan_partitions(plan) * (lines_bytes(parcels, sizeof(struct tide_parcel)) +
                                         parcels * tide_parcel_bytes(plan->batch_rows));
}

static uint64_t stage_bytes(const struct tide_plan *plan)
{
    uint64_t workers = plan->parallelism, partitions = tide_plan_partitions(plan);
    return lines_bytes(1, sizeof(struct tide_pipeline)) +
           lines_bytes(tide_pipeline_inlets(plan), sizeof(struct tide_inlet)) +
           (partitions ? lines_bytes(partitions, sizeof(struct tide_link)) : 0) +
           lines_bytes(workers, sizeof(struct tide_lane)) +
           2 * lines_bytes(workers, sizeof(struct tide_link)) +
           lines_bytes(tide_pipeline_stage_count(plan), sizeof(struct tide_stage)) +
           tide_pipeline_thread_count(plan) * sizeof(struct tide_runner) +
           workers * (tide_worker_bytes(plan) + (plan->plugin ? tide_worker_process_bytes() : 0)) +
           (plan->checkpoint_folder ? lines_bytes(workers + 2, sizeof(struct tide_link)) +
                                          (workers + 2) * sizeof(struct tide_snapshot)
                                    : 0) +
           tide_rule_board_bytes(plan->parallelism) + tide_view_board_bytes(plan->parallelism + 1) +
           tide_parser_bytes(plan);
}

void tide_footprint_of(const struct tide_plan *plan, struct tide_footprint *footprint)
{
    uint64_t workers = plan->parallelism, batches = workers * plan->ring_slots;
    uint64_t by_workers =
        count_outputs(plan, TIDE_OUTPUT_ALERTS, TIDE_OUTPUT_RESULTS) + plan->side_output_count;
    uint64_t inlets = tide_pipeline_inlets(plan),
             parcels = tide_plan_partitions(plan) * tide_pipeline_parcels(plan);
    uint64_t by_parser = plan->outputs[TIDE_OUTPUT_REJECTS] != NULL;
    by_workers += plan->outputs[TIDE_OUTPUT_TRACE] != NULL;
    by_workers += plan->order == TIDE_ORDER_FLINK; /* what the sink is told of rows */
    *(tide_plan_workers_find_late(plan) ? &by_workers : &by_parser) +=
        plan->outputs[TIDE_OUTPUT_LATE] != NULL;
    *footprint = (struct tide_footprint){
        .texts_max = TIDE_EMISSIONS_A_LINK * (workers * by_workers + by_parser) *
                     tide_pipeline_emission_bytes(plan),
        .keys_max = (batches + parcels) * TIDE_BATCH_SIDE_BYTES_KEPT,
    };
    uint64_t *bytes = footprint->at_start;
    bytes[TIDE_FOOTPRINT_BLOCKS] = inlets * TIDE_BLOCK_COUNT * TIDE_BLOCK_MEMORY_BYTES;
    bytes[TIDE_FOOTPRINT_INDEX] = inlets * tide_records_bytes();
    bytes[TIDE_FOOTPRINT_PARCELS] = parcel_bytes(plan);
    bytes[TIDE_FOOTPRINT_BATCHES] =
        batches * (tide_batch_bytes(plan->batch_rows, tide_plan_has_arrivals(plan)) +
                   sizeof(struct tide_batch));
    bytes[TIDE_FOOTPRINT_EPOCHS] = tide_router_bytes(plan);
    bytes[TIDE_FOOTPRINT_EMISSIONS] = emission_bytes(plan);
    bytes[TIDE_FOOTPRINT_RINGS] = ring_bytes(plan);
    bytes[TIDE_FOOTPRINT_SINK] = tide_sink_bytes(plan, (unsigned)(by_workers + by_parser));
    bytes[TIDE_FOOTPRINT_STAGES] = stage_bytes(plan);
    for (unsigned i = 0; i < TIDE_FOOTPRINT_PART_COUNT; i++) footprint->total_at_start += bytes[i];
}

uint64_t tide_footprint_apart(const struct tide_plan *plan)
{
    return PROGRAM_BYTES + (uint64_t)tide_pipeline_thread_count(plan) * THREAD_BYTES +
           (uint64_t)tide_pipeline_inlets(plan) * TIDE_BLOCK_COUNT * TIDE_BLOCK_WINDOW_BYTES;
}

bool tide_footprint_fits(const struct tide_plan *plan, struct tide_error *error)
{
    struct tide_footprint footprint;
    if (plan->memory_max == 0) return true;
    tide_footprint_of(plan, &footprint);
    const uint64_t apart = tide_footprint_apart(plan);
    const double mib = 1 << 20;
    if (apart + footprint.total_at_start <= plan->memory_max) return true;
    return tide_error_set(
        error, TIDE_EXIT_FAILED,
        "--memory: %.1f MiB is less than the %.1f MiB that this run takes before its first row "
        "(%.1f rings and buffers, %.1f the program, its threads and mapped input); allow more, or "
        "take a smaller --parallelism, --ring-slots or --batch-rows ('tidemark explain' lists all)",
        (double)plan->memory_max / mib, (double)(apart + footprint.total_at_start) / mib,
        (double)footprint.total_at_start / mib, (double)apart / mib);
}

void tide_footprint_limit(const struct tide_plan *plan)
{
    struct tide_footprint footprint;
    if (plan->memory_max == 0) return;
    tide_footprint_of(plan, &footprint);
    tide_memory_limit_set(plan->memory_max, tide_footprint_apart(plan) + footprint.total_at_start);
}

/* Those that hold times from the watermark, less the allowed lateness, up to the greatest event
 * time, and the one that the row lies in which lets the first of them go. On other clocks rows come
 * in order. Of several inputs each but the one that is next may have one row further ahead, after
 * which it waits for the others. */
uint64_t tide_footprint_windows_max(const struct tide_plan *plan)
{
    const unsigned partitions = tide_plan_partitions(plan);
    int64_t span_ms;
    if (plan->window->kind == TIDE_WINDOW_COUNT) return 1; /* of a key */
    if (tide_plan_has_arrivals(plan)) return plan->window->count_over(&plan->shape, 0) + 1;
    if (__builtin_add_overflow(plan->bound_ms, plan->lateness_ms, &span_ms)) span_ms = INT64_MAX;
    if (plan->unbounded) return 0;
    return plan->window->count_over(&plan->shape, span_ms) + 1 + (partitions ? partitions - 1 : 0);
}
