#include "engine/instruments/bench/report.h"

#include <inttypes.h>

static const char *const stage_names[TIDE_STAGE_KINDS] = {"reader", "parser", "workers", "sink"};

static void print_stage_heads(const char *stage, FILE *out)
{
    fprintf(out,
            "%s_busy,%s_waiting_for_input,%s_waiting_for_room,%s_waiting_for_core,%s_cpu_s,"
            "%s_ring_mean,%s_ring_slots,",
            stage, stage, stage, stage, stage, stage, stage);
}

/* What is not known, and the ring into the reader, is empty. */
static void print_stage(const struct tide_stage_shares *shares, FILE *out)
{
    fprintf(out, "%.4f,%.4f,%.4f,", shares->busy, shares->input, shares->room);
    if (shares->core >= 0) fprintf(out, "%.4f", shares->core);
    fprintf(out, ",%.6f,", shares->cpu_s);
    if (shares->ring_slots > 0) fprintf(out, "%.3f,%u,", shares->ring_mean, shares->ring_slots);
    else fputs(",,", out);
}

static void print_line(const struct tide_bench_series *series, unsigned i, FILE *out)
{
    const struct tide_level_figures *level = &series->levels[i];
    const struct tide_bench_run *run = &series->measured[i].runs[0];
    fprintf(out, "%u,%u,%u,%s,%u,%" PRIu64 ",", level->parallelism, run->batch_rows,
            run->ring_slots, tide_bench_order_name(series->items[i].order), level->wall_s.count,
            level->rows);
    fprintf(out, "%.6f,%.6f,%.6f,%.6f,%.6f,%.4f,", level->wall_s.median, level->wall_s.least,
            level->wall_s.quartile_low, level->wall_s.quartile_high, level->wall_s.most,
            tide_summary_noise(&level->wall_s));
    fprintf(out, "%.0f,%.3f,%.4f,%.4f,%.6f,%.6f,%.0f,%.4f,", tide_level_rows_per_s(level),
            tide_level_mb_per_s(level), tide_series_speedup(series, i),
            tide_series_efficiency(series, i), level->user_s, level->system_s, level->peak_kib,
            level->skew);
    for (unsigned kind = 0; kind < TIDE_STAGE_KINDS; kind++) {
        struct tide_stage_shares shares = tide_level_shares(level, (enum tide_stage_kind)kind);
        print_stage(&shares, out);
    }
    const struct tide_verdict *verdict = &series->verdicts[i];
    /* No verdict holds a quote. */
    fprintf(out, "%s,%s,\"%s\"\n", tide_binding_name(verdict->binding),
            verdict->workers_help ? "true" : "false", verdict->text);
}

bool tide_bench_report_csv(const struct tide_bench_report *report, FILE *out,
                           struct tide_error *error)
{
    (void)error; /* nothing is allocated */
    fputs("parallelism,batch_rows,ring_slots,order,runs,rows,wall_median_s,wall_least_s,"
          "wall_quartile_low_s,wall_quartile_high_s,wall_most_s,noise,rows_per_s,mb_per_s,speedup,"
          "efficiency,user_s,system_s,peak_memory_kib,skew,",
          out);
    for (unsigned kind = 0; kind < TIDE_STAGE_KINDS; kind++)
        print_stage_heads(stage_names[kind], out);
    fputs("binds,workers_help,bottleneck\n", out);
    for (unsigned s = 0; s < report->job->cases->series_count; s++)
        for (unsigned i = 0; i < report->series[s].level_count; i++)
            print_line(&report->series[s], i, out);
    return true;
}
