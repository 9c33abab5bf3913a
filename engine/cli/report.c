#include "engine/cli/report.h"

#include "engine/base/memory.h"
#include "engine/base/system.h"
#include "engine/text/escape.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static unsigned long long ull(uint64_t value)
{
    return value;
}

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

/* By this run, and not by one before it that it has resumed. A moment without a row has a row's
 * number too, so there may be fewer. */
static double rows_done(const struct tide_report *report)
{
    const uint64_t rows = report->totals->rows.rows, before = report->totals->rows_before;
    return rows > before ? (double)(rows - before) : 0;
}

/* The commonest mistake with numbers for times: seconds where milliseconds are meant, or the other
 * way round. */
static void warn_of_unit(const struct tide_report *report)
{
    const struct tide_totals *totals = report->totals;
    if (!totals->has_time) return;
    const char *likelier = tide_time_likelier_form(report->plan->time_format.form,
                                                   totals->time_first_ms, totals->time_max_ms);
    if (!likelier) return;
    struct tide_time_printer printer;
    char text[TIDE_TIME_TEXT_BYTES];
    tide_time_printer_init(&printer, TIDE_TIME_PLAIN, &report->plan->zone);
    int bytes = (int)tide_time_print(&printer, text, totals->time_max_ms);
    fprintf(stderr,
            "tidemark: warning: these times look like %s (the greatest is taken for %.*s); if they "
            "are, write --time-format %s\n",
            likelier, bytes, text, likelier);
}

/* What became of open windows. */
static void say_end(const struct tide_report *report)
{
    const struct tide_plan *plan = report->plan;
    const struct tide_totals *totals = report->totals;
    const unsigned long long unfired = ull(totals->unfired_entries);
    char stopped[48] = "";
    if (report->signal) snprintf(stopped, sizeof stopped, "stopped by signal %d: ", report->signal);
    if (tide_plan_counts_rows(plan))
        fprintf(stderr,
                "tidemark: %swindows open at the end, with fewer than %llu rows: %llu; they "
                "give nothing\n",
                stopped, ull(plan->shape.row_count), ull(totals->unfired_windows));
    else if (report->signal)
        fprintf(stderr, "tidemark: %s%llu results of open windows were not fired\n", stopped,
                unfired);
    else if (plan->drop_at_end)
        fprintf(stderr,
                "tidemark: --at-end drop: %llu results of windows open at the end of the input "
                "were dropped\n",
                unfired);
    else fprintf(stderr, "tidemark: the end of the input fired all open windows\n");
}

void tide_report_summary(const struct tide_report *report)
{
    const struct tide_totals *totals = report->totals;
    const struct tide_row_counts *rows = &totals->rows;
    fprintf(stderr,
            "tidemark: %llu rows: %llu used, %llu late, %llu gap, %llu missing, %llu malformed, "
            "%llu future\n",
            ull(rows->rows), ull(totals->used), ull(rows->late), ull(rows->gap), ull(rows->missing),
            ull(rows->malformed), ull(rows->future));
    double rate = report->wall_ns > 0 ? rows_done(report) / seconds(report->wall_ns) : 0;
    fprintf(stderr,
            "tidemark: %llu results, %llu alerts; %.3f s, %.1f M rows/s at parallelism %u\n",
            ull(totals->results), ull(totals->alerts), seconds(report->wall_ns), rate / 1e6,
            report->plan->parallelism);
    say_end(report);
    warn_of_unit(report);
}

/* What a stage did when it did not wait; waiting for a core is part of it. */
static double busy_s(const struct tide_stage_clock *clock)
{
    int64_t busy_ns = clock->wall_ns - clock->starved_ns - clock->blocked_ns;
    return busy_ns > 0 ? seconds(busy_ns) : 0;
}

static double percent(double part_s, const struct tide_stage_clock *clock)
{
    return clock->wall_ns > 0 ? 100 * part_s / seconds(clock->wall_ns) : 0;
}

/* The busiest worker's rows over the mean: 1 is even, N is all rows on one. */
static double skew(const struct tide_report *report)
{
    struct tide_stage_report stage;
    uint64_t most = 0, total = 0;
    for (unsigned i = 0; tide_pipeline_report(report->pipeline, i, &stage); i++) {
        if (stage.post.role != TIDE_ROLE_WORKER) continue;
        total += stage.rows;
        if (stage.rows > most) most = stage.rows;
    }
    return total > 0 ? (double)most * report->plan->parallelism / (double)total : 1;
}

/* One line a stage, under a line of titles. */
static void print_stage_line(const struct tide_stage_report *stage)
{
    const struct tide_stage_clock *clock = &stage->clock;
    char name[32], queued[32] = "?", ring[64] = "";
    snprintf(name, sizeof name, "%s", tide_role_name(stage->post.role));
    if (stage->post.is_one_of_many)
        snprintf(name, sizeof name, "%s %u", tide_role_name(stage->post.role), stage->post.index);
    if (clock->queued_ns >= 0) snprintf(queued, sizeof queued, "%.3f", seconds(clock->queued_ns));
    if (stage->ring.slots > 0)
        snprintf(ring, sizeof ring, "%5.1f of %u, most %u", stage->ring.mean, stage->ring.slots,
                 stage->ring.most);
    fprintf(stderr, "tidemark: %-10s %12llu %8llu %6.1f %6.1f %6.1f %8.3f %8s %7llu  %s\n", name,
            ull(stage->rows), ull(stage->batches), percent(busy_s(clock), clock),
            percent(seconds(clock->starved_ns), clock), percent(seconds(clock->blocked_ns), clock),
            seconds(clock->cpu_ns), queued, ull(clock->sleep_count), ring);
}

void tide_report_stages(const struct tide_report *report)
{
    struct tide_stage_report stage;
    fprintf(stderr, "tidemark: reading with the %s scanner; %u workers on %u cores, skew %.2f\n",
            tide_pipeline_scanner_name(report->pipeline), report->plan->parallelism,
            tide_core_count(), skew(report));
    fprintf(stderr, "tidemark: %-10s %12s %8s %6s %6s %6s %8s %8s %7s  %s\n", "stage", "rows",
            "batches", "busy %", "input%", "room %", "cpu s", "queued s", "sleeps", "ring into it");
    for (unsigned i = 0; tide_pipeline_report(report->pipeline, i, &stage); i++)
        print_stage_line(&stage);
}

static void print_text(FILE *out, const char *text, size_t bytes)
{
    fprintf(out, "\"");
    tide_escape_json_put(out, text, bytes);
    fprintf(out, "\"");
}

/* Names hold nothing that JSON escapes. */
static void print_process(FILE *out, const struct tide_report *report)
{
    const struct tide_plugin *plugin = report->plan->plugin;
    if (!plugin) return;
    fprintf(out, ", \"process\": {");
    for (unsigned i = 0; i < plugin->counter_count; i++)
        fprintf(out, "%s\"%s\": %llu", i ? ", " : "", plugin->function->counters[i],
                ull(report->totals->process_counters[i]));
    fprintf(out, "}");
}

static void print_counts(FILE *out, const struct tide_report *report)
{
    const struct tide_totals *totals = report->totals;
    const struct tide_row_counts *rows = &totals->rows;
    fprintf(out,
            "  \"counts\": {\"rows\": %llu, \"used\": %llu, \"late\": %llu, \"gap\": %llu, "
            "\"missing\": %llu, "
            "\"malformed\": %llu, \"future\": %llu, \"results\": %llu, \"alerts\": %llu, "
            "\"unfired\": %llu",
            ull(rows->rows), ull(totals->used), ull(rows->late), ull(rows->gap), ull(rows->missing),
            ull(rows->malformed), ull(rows->future), ull(totals->results), ull(totals->alerts),
            ull(totals->unfired_entries));
    print_process(out, report);
    fprintf(out, "},\n");
}

/* from_row: the first row under these rules, counting records from 1. */
static void print_rules(FILE *out, const struct tide_report *report)
{
    const struct tide_rule_log *log = tide_pipeline_rule_log(report->pipeline);
    fprintf(out, "  \"rules\": [");
    for (unsigned i = 0; i < log->count; i++) {
        const struct tide_rule_change *change = &log->changes[i];
        fprintf(out, "%s{\"from_row\": %llu, \"alerts\": [", i ? ", " : "", ull(change->row + 1));
        for (unsigned j = 0; j < change->rule_count; j++) {
            if (j > 0) fprintf(out, ", ");
            print_text(out, change->rules[j].text, change->rules[j].label_bytes);
        }
        fprintf(out, "]}");
    }
    fprintf(out, "],\n");
}

static void print_timing(FILE *out, const struct tide_report *report)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double wall = seconds(report->wall_ns);
    fprintf(out,
            "  \"timing\": {\"wall_s\": %.6f, \"user_s\": %ld.%06ld, \"system_s\": %ld.%06ld, "
            "\"rows_per_s\": %.0f, "
            "\"input_bytes\": %llu, \"peak_memory_kib\": %ld",
            wall, (long)usage.ru_utime.tv_sec, (long)usage.ru_utime.tv_usec,
            (long)usage.ru_stime.tv_sec, (long)usage.ru_stime.tv_usec,
            wall > 0 ? rows_done(report) / wall : 0, ull(report->totals->bytes_unpacked),
            usage.ru_maxrss);
    const struct tide_totals *totals = report->totals;
    if (report->plan->checkpoint_folder)
        fprintf(out, ", \"checkpoints\": %llu, \"checkpoint_bytes\": %llu, \"checkpoint_s\": %.6f",
                ull(totals->checkpoints), ull(totals->checkpoint_bytes),
                seconds(totals->checkpoint_ns));
    fprintf(out, "},\n");
}

static void print_stage(FILE *out, const struct tide_stage_report *stage)
{
    const struct tide_stage_clock *clock = &stage->clock;
    const struct tide_post *post = &stage->post;
    fprintf(out, "{\"stage\": \"%s\", ", tide_role_name(post->role));
    if (post->role == TIDE_ROLE_WORKER)
        fprintf(out, "\"worker\": %u, \"windows\": %llu, \"results\": %llu, ", post->index,
                ull(stage->windows), ull(stage->results));
    else if (post->is_one_of_many) fprintf(out, "\"input\": %u, ", post->index);
    fprintf(out,
            "\"rows\": %llu, \"batches\": %llu, \"wall_s\": %.6f, \"busy_s\": %.6f, "
            "\"waiting_for_input_s\": %.6f, \"waiting_for_room_s\": %.6f, \"cpu_s\": %.6f, ",
            ull(stage->rows), ull(stage->batches), seconds(clock->wall_ns), busy_s(clock),
            seconds(clock->starved_ns), seconds(clock->blocked_ns), seconds(clock->cpu_ns));
    if (clock->queued_ns >= 0)
        fprintf(out, "\"waiting_for_core_s\": %.6f, ", seconds(clock->queued_ns));
    else fprintf(out, "\"waiting_for_core_s\": null, ");
    fprintf(out, "\"sleeps\": %llu", ull(clock->sleep_count));
    const struct tide_ring_figures *ring = &stage->ring;
    if (ring->slots > 0)
        fprintf(out, ", \"ring\": {\"slots\": %u, \"mean\": %.3f, \"most\": %u}", ring->slots,
                ring->mean, ring->most);
    fprintf(out, "}");
}

static void print_threads(FILE *out, const struct tide_report *report)
{
    struct tide_stage_report stage;
    fprintf(out,
            "  \"threads\": {\"parallelism\": %u, \"cores\": %u, \"batch_rows\": %u, "
            "\"ring_slots\": %u, \"scanner\": \"%s\", \"skew\": %.4f, \"stages\": [",
            report->plan->parallelism, tide_core_count(), report->plan->batch_rows,
            report->plan->ring_slots, tide_pipeline_scanner_name(report->pipeline), skew(report));
    for (unsigned i = 0; tide_pipeline_report(report->pipeline, i, &stage); i++) {
        fprintf(out, "%s\n    ", i ? "," : "");
        print_stage(out, &stage);
    }
    fprintf(out, "\n  ]}\n");
}

bool tide_report_stats(const struct tide_report *report, struct tide_output *output,
                       struct tide_error *error)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = tide_sys_open_memstream(&text, &bytes);
    if (!out) return tide_error_system(error, errno, "cannot make the stats");
    fprintf(out, "{\n  \"tidemark\": \"%s\",\n", TIDE_VERSION);
    print_counts(out, report);
    print_rules(out, report);
    print_timing(out, report);
    print_threads(out, report);
    fprintf(out, "}\n");
    bool failed = ferror(out) != 0;
    if (tide_sys_fclose(out) != 0 || failed) {
        tide_free(text);
        return tide_error_memory(error, "the stats");
    }
    bool written = tide_output_write(output, text, bytes, error);
    tide_free(text); /* the stream took it from the allocator that tide_free gives back to */
    return written;
}
