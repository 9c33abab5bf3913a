/*
 * progress: one line on standard error that is drawn over itself while a run lasts.
 * Owns:     nothing but what it remembers of the last drawing.
 * Threads:  main's.
 * Blocks:   in writing to standard error.
 * Errors:   none: what cannot be drawn is not.
 * Limits:   none.
 */
#ifndef TIDE_CLI_PROGRESS_H
#define TIDE_CLI_PROGRESS_H

#include "engine/stages/pipeline.h"

enum { TIDE_PROGRESS_INTERVAL_MS = 200 };

struct tide_progress_bar {
    bool is_shown, is_drawn;
    uint64_t bytes_total; /* packed; 0: unknown */
    int64_t begin_ns;
    int64_t last_ns;
    uint64_t last_rows, last_bytes;
    struct tide_time_printer times;
};

void tide_progress_init(struct tide_progress_bar *bar, const struct tide_plan *plan,
                        uint64_t bytes_total);

/* Draws rows, rows/s, MB/s, %, watermark and ring fill as they are now. */
void tide_progress_draw(struct tide_progress_bar *bar, struct tide_pipeline *pipeline);

/* Takes the line away. */
void tide_progress_clear(struct tide_progress_bar *bar);

#endif
