#include "engine/base/memory.h"
#include "engine/instruments/bench/report.h"

#include <jansson.h>

/* Each function gives a new object, or NULL without memory; json_pack takes NULL as a failure. */

static json_t *summary_json(const struct tide_summary *summary, const struct tide_bench_run runs[],
                            unsigned run_count)
{
    json_t *times = json_array();
    for (unsigned i = 0; i < run_count; i++)
        json_array_append_new(times, json_real(runs[i].timing.wall_s));
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:i, s:o}", "median", summary->median, "least",
                     summary->least, "quartile_low", summary->quartile_low, "quartile_high",
                     summary->quartile_high, "most", summary->most, "noise",
                     tide_summary_noise(summary), "outliers", (int)summary->outliers, "runs",
                     times);
}

static json_t *share_json(double seconds, double span_s)
{
    return seconds < 0 ? json_null() : json_real(span_s > 0 ? seconds / span_s : 0);
}

static json_t *stage_json(const struct tide_stage_figures *stage, double span_s)
{
    json_t *object = json_pack(
        "{s:s, s:I, s:I, s:f, s:o, s:o, s:o, s:o}", "stage", tide_stage_kind_name(stage->kind),
        "rows", (json_int_t)stage->rows, "batches", (json_int_t)stage->batches, "cpu_s",
        stage->cpu_s, "busy", share_json(stage->busy_s, span_s), "waiting_for_input",
        share_json(stage->input_s, span_s), "waiting_for_room", share_json(stage->room_s, span_s),
        "waiting_for_core", share_json(stage->core_s, span_s));
    if (stage->kind == TIDE_STAGE_WORKER)
        json_object_set_new(object, "worker", json_integer(stage->index));
    if (stage->ring_slots > 0)
        json_object_set_new(object, "ring",
                            json_pack("{s:i, s:f, s:i}", "slots", (int)stage->ring_slots, "mean",
                                      stage->ring_mean, "most", (int)stage->ring_most));
    return object;
}

static json_t *stages_json(const struct tide_level_figures *level)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < level->stage_count; i++)
        json_array_append_new(list, stage_json(&level->stages[i], tide_level_span_s(level)));
    return list;
}

static json_t *level_json(const struct tide_bench_series *series, unsigned i, unsigned run_count)
{
    const struct tide_level_figures *level = &series->levels[i];
    const struct tide_bench_run *runs = series->measured[i].runs;
    const struct tide_verdict *verdict = &series->verdicts[i];
    return json_pack(
        "{s:i, s:i, s:i, s:i, s:o, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:{s:s, s:b, "
        "s:s}}",
        "parallelism", (int)level->parallelism, "threads", (int)level->threads, "batch_rows",
        (int)runs[0].batch_rows, "ring_slots", (int)runs[0].ring_slots, "wall_s",
        summary_json(&level->wall_s, runs, run_count), "rows_per_s", tide_level_rows_per_s(level),
        "mb_per_s", tide_level_mb_per_s(level), "speedup", tide_series_speedup(series, i),
        "efficiency", tide_series_efficiency(series, i), "user_s", level->user_s, "system_s",
        level->system_s, "peak_memory_kib", level->peak_kib, "skew", level->skew, "stages",
        stages_json(level), "bottleneck", "binds", tide_binding_name(verdict->binding),
        "workers_help", verdict->workers_help, "text", verdict->text);
}

static json_t *predictions_json(const struct tide_bench_series *series)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < series->prediction_count; i++) {
        const struct tide_prediction *prediction = &series->predictions[i];
        double rate =
            prediction->wall_s > 0 ? (double)series->levels[0].rows / prediction->wall_s : 0;
        json_array_append_new(
            list, json_pack("{s:i, s:i, s:f, s:f, s:f, s:s}", "cores", (int)prediction->cores,
                            "parallelism", (int)prediction->parallelism, "wall_s",
                            prediction->wall_s, "rows_per_s", rate, "skew", prediction->skew,
                            "limit", tide_limit_name(prediction->limit)));
    }
    return list;
}

static json_t *checks_json(const struct tide_trust *trust)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < trust->check_count; i++) {
        const struct tide_model_check *check = &trust->checks[i];
        json_array_append_new(list,
                              json_pack("{s:i, s:f, s:f, s:f}", "parallelism",
                                        (int)check->parallelism, "measured_s", check->measured_s,
                                        "predicted_s", check->predicted_s, "error", check->error));
    }
    return list;
}

static json_t *model_json(const struct tide_bench_series *series)
{
    if (!series->has_model) return json_pack("{s:s}", "refused", series->model_refusal.text);
    return json_pack("{s:f, s:f, s:o, s:o, s:f, s:f, s:s}", "handover_s", series->model.handover_s,
                     "queue_s", series->model.queue_s, "predictions", predictions_json(series),
                     "checks", checks_json(&series->trust), "error_median",
                     series->trust.error_median, "error_most", series->trust.error_most, "trust",
                     series->trust.text);
}

static json_t *usl_json(const struct tide_bench_series *series)
{
    const struct tide_usl *usl = &series->usl;
    if (!series->has_usl) return json_pack("{s:s}", "refused", series->usl_refusal.text);
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:i}", "lambda", usl->lambda, "sigma",
                     usl->sigma, "kappa", usl->kappa, "peak", usl->peak, "r_squared",
                     usl->r_squared, "error_most", usl->error_most, "points",
                     (int)usl->point_count);
}

static json_t *series_json(const struct tide_bench_report *report,
                           const struct tide_bench_series *series)
{
    json_t *varied = json_object(), *levels = json_array();
    for (unsigned axis = 0; axis < TIDE_BENCH_AXIS_COUNT; axis++)
        if (series->items[0].values[axis])
            json_object_set_new(varied, tide_bench_axis_name((enum tide_bench_axis)axis),
                                json_string(series->items[0].values[axis]));
    for (unsigned i = 0; i < series->level_count; i++)
        json_array_append_new(levels, level_json(series, i, report->sweep->run_count));
    return json_pack("{s:o, s:s, s:o, s:o, s:o}", "varied", varied, "order",
                     tide_bench_order_name(series->items[0].order), "levels", levels, "model",
                     model_json(series), "usl", usl_json(series));
}

static json_t *outputs_json(const struct tide_proof *proof)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < TIDE_PROOF_OUTPUT_COUNT; i++) {
        const struct tide_proof_output *output = &proof->outputs[i];
        char sequence[TIDE_DIGEST_TEXT_BYTES], multiset[TIDE_DIGEST_TEXT_BYTES];
        if (!output->is_written) continue;
        tide_digest_print(output->sequence, sequence);
        tide_digest_print(output->first.multiset, multiset);
        json_object_set_new(object, tide_proof_file_name(i),
                            json_pack("{s:I, s:s?, s:s?}", "bytes", (json_int_t)output->first.bytes,
                                      "xxh3", output->sequence_is_set ? sequence : NULL,
                                      "xxh3_multiset",
                                      proof->kinds == TIDE_DIGEST_BOTH ? multiset : NULL));
    }
    return object;
}

static json_t *input_json(const struct tide_bench_report *report)
{
    const struct tide_plan *plan = report->job->plan;
    const struct tide_level_figures *level = &report->series[0].levels[0];
    json_t *files = json_array();
    for (unsigned i = 0; i < plan->file_count; i++)
        json_array_append_new(files, json_string(plan->files[i]));
    return json_pack("{s:o, s:I, s:I, s:I}", "files", files, "bytes",
                     (json_int_t)report->file_bytes, "unpacked_bytes",
                     (json_int_t)level->input_bytes, "rows", (json_int_t)level->rows);
}

static json_t *machine_json(const struct tide_machine *machine)
{
    return json_pack("{s:s, s:i, s:I, s:s}", "processor", machine->processor, "cores",
                     (int)machine->cores, "memory_kib", (json_int_t)machine->memory_kib, "kernel",
                     machine->kernel);
}

static json_t *method_json(const struct tide_bench_report *report)
{
    const struct tide_bench_job *job = report->job;
    return json_pack("{s:s, s:i, s:i, s:b, s:o}", "hyperfine", report->hyperfine, "runs",
                     (int)job->run_count, "warmup", (int)job->warmup_count, "cold", job->is_cold,
                     "cold_left",
                     job->is_cold ? json_real(report->sweep->cold_left_most) : json_null());
}

static json_t *report_json(const struct tide_bench_report *report)
{
    json_t *series = json_array();
    for (unsigned i = 0; i < report->job->cases->series_count; i++)
        json_array_append_new(series, series_json(report, &report->series[i]));
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "tidemark", TIDE_VERSION,
                     "command", report->command, "date", report->machine->date, "machine",
                     machine_json(report->machine), "input", input_json(report), "method",
                     method_json(report), "outputs", outputs_json(&report->sweep->proof), "counts",
                     json_loads(report->sweep->proof.counts, 0, NULL), "series", series);
}

bool tide_bench_report_json(const struct tide_bench_report *report, FILE *out,
                            struct tide_error *error)
{
    json_t *object = report_json(report);
    char *text = object ? json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(object);
    if (!text) return tide_error_memory(error, "the report as JSON");
    fprintf(out, "%s\n", text);
    tide_free(text);
    return true;
}
