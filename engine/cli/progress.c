#include "engine/cli/progress.h"

#include "engine/base/clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void tide_progress_init(struct tide_progress_bar *bar, const struct tide_plan *plan,
                        uint64_t bytes_total)
{
    *bar = (struct tide_progress_bar){.bytes_total = bytes_total, .begin_ns = tide_clock_ns()};
    bar->last_ns = bar->begin_ns;
    bool can =
        plan->progress == TIDE_ALWAYS || (plan->progress == TIDE_AUTO && isatty(STDERR_FILENO));
    bar->is_shown = can && !(plan->quiet && plan->progress == TIDE_AUTO);
    tide_time_printer_init(&bar->times, TIDE_TIME_PLAIN, &plan->zone);
}

static void print_watermark(struct tide_progress_bar *bar, int64_t watermark_ms, char *out)
{
    if (watermark_ms == TIDE_WATERMARK_NONE || watermark_ms == TIDE_WATERMARK_END) {
        memcpy(out, watermark_ms == TIDE_WATERMARK_NONE ? "none yet" : "the end.",
               sizeof "none yet");
        return;
    }
    out[tide_time_print(&bar->times, out, watermark_ms)] = '\0';
}

void tide_progress_draw(struct tide_progress_bar *bar, struct tide_pipeline *pipeline)
{
    struct tide_glance glance;
    char watermark[TIDE_TIME_TEXT_BYTES + 1], share[16] = "";
    tide_pipeline_look(pipeline, &glance);
    int64_t now_ns = tide_clock_ns();
    double elapsed = (double)(now_ns - bar->last_ns) / 1e9;
    if (!bar->is_shown || elapsed <= 0) return;
    double rows = (double)(glance.rows - bar->last_rows) / elapsed;
    double bytes = (double)(glance.bytes_consumed - bar->last_bytes) / elapsed;
    print_watermark(bar, glance.watermark_ms, watermark);
    if (bar->bytes_total)
        snprintf(share, sizeof share, "%3.0f %%  ",
                 100.0 * (double)glance.bytes_consumed / (double)bar->bytes_total);
    fprintf(stderr, "\r%s%llu rows  %.1f M rows/s  %.0f MB/s  watermark %s  rings %u %%\033[K",
            share, (unsigned long long)glance.rows, rows / 1e6, bytes / 1e6, watermark,
            glance.ring_percent);
    fflush(stderr);
    bar->is_drawn = true;
    bar->last_ns = now_ns;
    bar->last_rows = glance.rows;
    bar->last_bytes = glance.bytes_consumed;
}

void tide_progress_clear(struct tide_progress_bar *bar)
{
    if (bar->is_drawn) fprintf(stderr, "\r\033[K");
    bar->is_drawn = false;
}
