#include "engine/instruments/bench/report.h"

#include <inttypes.h>
#include <string.h>

/* Differences below this are not worth measuring on this machine, and it is said. */
#define NOISY 0.05

struct document {
    const struct tide_bench_report *report;
    FILE *out;
    enum tide_table_style style;
    struct tide_error *error;
};

const char *tide_bench_order_name(enum tide_order order)
{
    return order == TIDE_ORDER_KEY ? "key" : "global";
}

static bool is_varied(const struct document *document, unsigned axis)
{
    return document->report->job->cases->value_counts[axis] > 0;
}

static void print_heading(const struct document *document, const char *heading)
{
    const char *mark = document->style == TIDE_TABLE_MARKDOWN ? "### " : "";
    const char *end = document->style == TIDE_TABLE_MARKDOWN ? "\n\n" : "\n";
    fprintf(document->out, "\n%s%s%s", mark, heading, end);
}

/* A line of its own in both styles. */
static const char *item(const struct document *document)
{
    return document->style == TIDE_TABLE_MARKDOWN ? "- " : "";
}

/* --- what was measured, and on what --- */

static void print_outputs(const struct document *document)
{
    const struct tide_proof *proof = &document->report->sweep->proof;
    const char *separator = "";
    fprintf(document->out, "%soutputs: ", item(document));
    for (unsigned i = 0; i < TIDE_PROOF_OUTPUT_COUNT; i++) {
        if (!proof->outputs[i].is_written) continue;
        fprintf(document->out, "%s%s", separator, tide_proof_output_name(i));
        separator = ", ";
    }
    if (proof->run_count == 1) {
        fputs(" and counts of one run, so there was nothing to compare\n", document->out);
        return;
    }
    fprintf(document->out, " and counts are the same in all %u runs%s\n", proof->run_count,
            proof->kinds == TIDE_DIGEST_BOTH ? " (as multisets of lines where --order key leaves "
                                               "their order open)"
                                             : "");
}

static void print_cold(const struct document *document)
{
    double left = document->report->sweep->cold_left_most;
    if (!document->report->job->is_cold) return;
    if (left == 0)
        fprintf(document->out, "%scold: nothing of the input was in the page cache before a run\n",
                item(document));
    else
        fprintf(document->out,
                "%scold: NOT ACHIEVED: up to %.0f %% of the input stayed in the page cache, or the "
                "system does not tell (tmpfs; a file another process has mapped; a file that is "
                "not yours)\n",
                item(document), 100 * left);
}

static void print_head(const struct document *document)
{
    const struct tide_bench_report *report = document->report;
    const struct tide_bench_job *job = report->job;
    const struct tide_level_figures *level = &report->series[0].levels[0];
    fprintf(document->out, "%sinput: %s%s: %" PRIu64 " rows, %.1f MB", item(document),
            job->plan->files[0], job->plan->file_count > 1 ? " and more" : "", level->rows,
            (double)report->file_bytes / 1e6);
    if (level->input_bytes != report->file_bytes)
        fprintf(document->out, " (%.1f MB unpacked)", (double)level->input_bytes / 1e6);
    fprintf(document->out,
            "\n%smachine: %s, %u core%s, %.1f GiB, %s\n%smethod: %u run%s of each case in turns, "
            "after %u to warm up; tidemark " TIDE_VERSION ", hyperfine %s; %s\n",
            item(document), report->machine->processor, report->machine->cores,
            report->machine->cores == 1 ? "" : "s",
            (double)report->machine->memory_kib / (1024 * 1024), report->machine->kernel,
            item(document), job->run_count, job->run_count == 1 ? "" : "s", job->warmup_count,
            report->hyperfine, report->machine->date);
    print_outputs(document);
    print_cold(document);
}

/* --- tables --- */

/* The columns that name a case. */
static void add_case_columns(const struct document *document, struct tide_table *table)
{
    for (unsigned axis = 0; axis < TIDE_BENCH_AXIS_COUNT; axis++)
        if (is_varied(document, axis))
            tide_table_column(table, tide_bench_axis_name((enum tide_bench_axis)axis),
                              axis == TIDE_BENCH_ORDER);
    tide_table_column(table, "N", false);
}

static void add_case_cells(const struct document *document, struct tide_table *table,
                           const struct tide_bench_case *item)
{
    for (unsigned axis = 0; axis < TIDE_BENCH_AXIS_COUNT; axis++)
        if (is_varied(document, axis)) tide_table_cell(table, "%s", item->values[axis]);
    tide_table_cell(table, "%u", item->parallelism);
}

static void add_speed_cells(struct tide_table *table, const struct tide_bench_series *series,
                            unsigned i)
{
    const struct tide_level_figures *level = &series->levels[i];
    tide_table_cell(table, "%.4f", level->wall_s.median);
    tide_table_cell(table, "%.1f %%", 100 * tide_summary_noise(&level->wall_s));
    tide_table_cell(table, "%.4f..%.4f", level->wall_s.least, level->wall_s.most);
    tide_table_cell(table, "%.2f", tide_level_rows_per_s(level) / 1e6);
    tide_table_cell(table, "%.1f", tide_level_mb_per_s(level));
    tide_table_cell(table, "%.2f", tide_series_speedup(series, i));
    tide_table_cell(table, "%.0f %%", 100 * tide_series_efficiency(series, i));
    tide_table_cell(table, "%.3f", level->user_s);
    tide_table_cell(table, "%.3f", level->system_s);
    tide_table_cell(table, "%.1f", level->peak_kib / 1024);
    tide_table_cell(table, "%.2f", level->skew);
}

static bool print_speeds(const struct document *document)
{
    static const char *const heads[] = {"median s", "spread",   "least..most", "M rows/s",
                                        "MB/s",     "speed-up", "efficiency",  "user s",
                                        "system s", "peak MiB", "skew"};
    const struct tide_bench_report *report = document->report;
    struct tide_table table;
    tide_table_init(&table);
    add_case_columns(document, &table);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        tide_table_column(&table, heads[i], false);
    for (unsigned s = 0; s < report->job->cases->series_count; s++)
        for (unsigned i = 0; i < report->series[s].level_count; i++) {
            add_case_cells(document, &table, &report->series[s].items[i]);
            add_speed_cells(&table, &report->series[s], i);
        }
    print_heading(document, "Speed");
    bool ok = tide_table_print(&table, document->out, document->style, document->error);
    tide_table_fini(&table);
    return ok;
}

static void add_share(struct tide_table *table, double share)
{
    if (share < 0) tide_table_cell(table, "?");
    else tide_table_cell(table, "%.0f %%", 100 * share);
}

static void add_stage_cells(struct tide_table *table, const struct tide_level_figures *level,
                            enum tide_stage_kind kind)
{
    struct tide_stage_shares shares = tide_level_shares(level, kind);
    bool is_many = kind == TIDE_STAGE_WORKER && shares.stage_count > 1;
    tide_table_cell(table, "%s%s", tide_stage_kind_name(kind), is_many ? "s" : "");
    if (is_many)
        tide_table_cell(table, "%.0f %% (%.0f %%)", 100 * shares.busy, 100 * shares.busy_most);
    else add_share(table, shares.busy);
    add_share(table, shares.input);
    add_share(table, shares.room);
    add_share(table, shares.core);
    tide_table_cell(table, "%.3f", shares.cpu_s);
    if (shares.ring_slots > 0)
        tide_table_cell(table, "%.1f of %u", shares.ring_mean, shares.ring_slots);
    else tide_table_cell(table, "-");
}

static bool print_stages(const struct document *document)
{
    static const char *const heads[] = {"busy",    "no input", "no room",
                                        "no core", "CPU s",    "ring filled"};
    const struct tide_bench_report *report = document->report;
    struct tide_table table;
    tide_table_init(&table);
    add_case_columns(document, &table);
    tide_table_column(&table, "stage", true);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        tide_table_column(&table, heads[i], false);
    for (unsigned s = 0; s < report->job->cases->series_count; s++)
        for (unsigned i = 0; i < report->series[s].level_count; i++)
            for (unsigned kind = 0; kind < TIDE_STAGE_KINDS; kind++) {
                add_case_cells(document, &table, &report->series[s].items[i]);
                add_stage_cells(&table, &report->series[s].levels[i], (enum tide_stage_kind)kind);
            }
    print_heading(document, "Where the time went (workers: on average, the busiest in brackets)");
    bool ok = tide_table_print(&table, document->out, document->style, document->error);
    tide_table_fini(&table);
    return ok;
}

/* --- words --- */

static void print_case(const struct document *document, const struct tide_bench_case *item)
{
    for (unsigned axis = 0; axis < TIDE_BENCH_AXIS_COUNT; axis++)
        if (item->values[axis])
            fprintf(document->out, "%s %s, ", tide_bench_axis_name((enum tide_bench_axis)axis),
                    item->values[axis]);
}

static void print_verdicts(const struct document *document)
{
    const struct tide_bench_report *report = document->report;
    print_heading(document, "What binds");
    for (unsigned s = 0; s < report->job->cases->series_count; s++)
        for (unsigned i = 0; i < report->series[s].level_count; i++) {
            const struct tide_bench_case *at = &report->series[s].items[i];
            fputs(item(document), document->out);
            print_case(document, at);
            fprintf(document->out, "N = %u: %s\n", at->parallelism,
                    report->series[s].verdicts[i].text);
        }
}

static bool print_predictions(const struct document *document,
                              const struct tide_bench_series *series)
{
    struct tide_table table;
    tide_table_init(&table);
    tide_table_column(&table, "cores", false);
    tide_table_column(&table, "best N", false);
    tide_table_column(&table, "M rows/s", false);
    tide_table_column(&table, "limit", true);
    for (unsigned i = 0; i < series->prediction_count; i++) {
        const struct tide_prediction *prediction = &series->predictions[i];
        tide_table_cell(&table, "%u", prediction->cores);
        tide_table_cell(&table, "%u", prediction->parallelism);
        double rate =
            prediction->wall_s > 0 ? (double)series->levels[0].rows / prediction->wall_s / 1e6 : 0;
        tide_table_cell(&table, "%.2f", rate);
        tide_table_cell(&table, "%s", tide_limit_name(prediction->limit));
    }
    bool ok = tide_table_print(&table, document->out, document->style, document->error);
    tide_table_fini(&table);
    return ok;
}

static void print_usl(const struct document *document, const struct tide_bench_series *series)
{
    const struct tide_usl *usl = &series->usl;
    if (!series->has_usl) {
        fprintf(document->out, "%s%s\n", item(document), series->usl_refusal.text);
        return;
    }
    fprintf(document->out,
            "%sUniversal Scalability Law: lambda %.3g M rows/s, sigma %.4f (contention), kappa "
            "%.6f (coherency), R^2 %.3f",
            item(document), usl->lambda / 1e6, usl->sigma, usl->kappa, usl->r_squared);
    if (usl->peak > 0) fprintf(document->out, "; fastest at N = %.0f\n", usl->peak);
    else fputs("; no fastest N\n", document->out);
}

static bool print_series(const struct document *document, const struct tide_bench_series *series)
{
    print_heading(document, "Prediction");
    if (document->report->job->cases->series_count > 1) {
        fputs(item(document), document->out);
        print_case(document, &series->items[0]);
        fputs("by the levels of N:\n", document->out);
    }
    if (series->has_model) {
        if (!print_predictions(document, series)) return false;
        if (document->style == TIDE_TABLE_MARKDOWN) fputc('\n', document->out);
        fprintf(document->out, "%show far to trust it: %s\n", item(document), series->trust.text);
    } else {
        fprintf(document->out, "%s%s\n", item(document), series->model_refusal.text);
    }
    print_usl(document, series);
    return true;
}

/* The noisiest case, if it is too noisy. */
static void print_noise(const struct document *document)
{
    const struct tide_bench_report *report = document->report;
    double most = 0;
    const struct tide_bench_case *noisiest = NULL;
    for (unsigned s = 0; s < report->job->cases->series_count; s++)
        for (unsigned i = 0; i < report->series[s].level_count; i++) {
            double noise = tide_summary_noise(&report->series[s].levels[i].wall_s);
            if (noise <= most) continue;
            most = noise;
            noisiest = &report->series[s].items[i];
        }
    if (most <= NOISY) return;
    fprintf(document->out, "\nThe machine is noisy: at ");
    print_case(document, noisiest);
    fprintf(document->out,
            "N = %u the runs are %.0f %% apart. Do not rely on smaller differences; stop other "
            "work, or take more --runs or a larger file.\n",
            noisiest->parallelism, 100 * most);
}

bool tide_bench_report_text(const struct tide_bench_report *report, FILE *out,
                            enum tide_table_style style, struct tide_error *error)
{
    const struct document document = {.report = report, .out = out, .style = style, .error = error};
    print_head(&document);
    if (!print_speeds(&document)) return false;
    unsigned base = report->series[0].levels[0].parallelism;
    if (base != 1)
        fprintf(out, "\nSpeed-up and efficiency are against N = %u, the least there is here.\n",
                base);
    print_noise(&document);
    if (!print_stages(&document)) return false;
    print_verdicts(&document);
    for (unsigned i = 0; i < report->job->cases->series_count; i++)
        if (!print_series(&document, &report->series[i])) return false;
    return true;
}
