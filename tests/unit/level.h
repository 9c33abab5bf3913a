/* A level of a sweep made up for a test: stages of which each part of the time is given. */
#ifndef TIDE_TESTS_LEVEL_H
#define TIDE_TESTS_LEVEL_H

#include "engine/instruments/bench/figures.h"

#include <string.h>

enum { LEVEL_STAGES_MAX = 80 };

struct made_level {
    struct tide_stage_figures stages[LEVEL_STAGES_MAX];
    struct tide_level_figures figures;
};

/* Seconds of one stage; the rest of the span it waits for input. */
struct made_stage {
    double computing_s, held_s, queued_s, room_s;
    uint64_t rows;
};

static inline void add_stage(struct made_level *level, enum tide_stage_kind kind, unsigned index,
                             double span_s, struct made_stage made)
{
    double busy_s = made.computing_s + made.held_s + made.queued_s;
    level->stages[level->figures.stage_count++] =
        (struct tide_stage_figures){.kind = kind,
                                    .index = index,
                                    .rows = made.rows,
                                    .wall_s = span_s,
                                    .cpu_s = made.computing_s,
                                    .core_s = made.queued_s,
                                    .busy_s = busy_s,
                                    .room_s = made.room_s,
                                    .input_s = span_s - busy_s - made.room_s};
}

static inline double skew_of(const struct made_stage workers[], unsigned count)
{
    uint64_t most = 0, total = 0;
    for (unsigned i = 0; i < count; i++) {
        total += workers[i].rows;
        if (workers[i].rows > most) most = workers[i].rows;
    }
    return total > 0 ? (double)most * count / (double)total : 1;
}

/* Fills `level`; its stages all run for span_s, and the process for as long. */
static inline void make_level(struct made_level *level, unsigned cores, double span_s,
                              struct made_stage reader, struct made_stage parser,
                              const struct made_stage workers[], unsigned worker_count,
                              struct made_stage sink)
{
    memset(level, 0, sizeof *level);
    add_stage(level, TIDE_STAGE_READER, 0, span_s, reader);
    add_stage(level, TIDE_STAGE_PARSER, 0, span_s, parser);
    for (unsigned i = 0; i < worker_count; i++)
        add_stage(level, TIDE_STAGE_WORKER, i, span_s, workers[i]);
    add_stage(level, TIDE_STAGE_SINK, 0, span_s, sink);
    level->figures.parallelism = worker_count;
    level->figures.cores = cores;
    level->figures.threads = worker_count + 3;
    level->figures.rows = 1000000;
    level->figures.skew = skew_of(workers, worker_count);
    level->figures.wall_s = (struct tide_summary){.count = 1,
                                                  .least = span_s,
                                                  .quartile_low = span_s,
                                                  .median = span_s,
                                                  .quartile_high = span_s,
                                                  .most = span_s};
    level->figures.stages = level->stages;
}

#endif
