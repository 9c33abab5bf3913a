/*
 * figures: what one level of a sweep measured: the same input at one parallelism, over all its
 *           runs.
 * Owns:     nothing; stages belong to whoever measured.
 * Threads:  any; plain values and pure functions.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   stages in the order of the data's way: reader, parser, workers, sink; the workers by
 *           what they needed, the neediest first: keys go to other numbers in each run.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_FIGURES_H
#define TIDE_INSTRUMENTS_BENCH_FIGURES_H

#include "engine/instruments/bench/statistics.h"

#include <stdbool.h>

enum tide_stage_kind {
    TIDE_STAGE_READER,
    TIDE_STAGE_PARSER,
    TIDE_STAGE_WORKER,
    TIDE_STAGE_SINK,
    TIDE_STAGE_KINDS,
};

/* One thread of the pipeline; each figure is its median over the level's runs. The names are those
 * of --stats. */
struct tide_stage_figures {
    enum tide_stage_kind kind;
    unsigned index; /* of a worker, from 0; else 0 */
    uint64_t rows, batches;
    double wall_s;
    double cpu_s;
    double input_s;   /* waiting for input */
    double room_s;    /* waiting for room */
    double core_s;    /* able to run, but no core free; part of any of the above; < 0: not known */
    double busy_s;    /* wall - input - room; includes what it then waited for a core */
    double ring_mean; /* filled slots of the ring that leads into it */
    unsigned ring_most, ring_slots;
};

struct tide_level_figures {
    unsigned parallelism;
    unsigned cores;   /* that the process may run on */
    unsigned threads; /* of the pipeline: parallelism + 3 */
    uint64_t rows, results, input_bytes;
    struct tide_summary wall_s; /* of the whole process */
    double user_s, system_s;    /* medians, as peak_kib and skew are */
    double peak_kib;
    double skew; /* greatest rows of a worker / mean rows of the workers; 1 = even */
    const struct tide_stage_figures *stages;
    unsigned stage_count;
};

/* Where a stage's time went, without what it waited for a core: the time it would need if it had
 * one of its own. busy = computing + held + for_core. */
struct tide_stage_time {
    double computing_s; /* on a core while busy */
    double held_s;      /* neither computing nor waiting for a core: in read, write, a page fault */
    double for_core_s;
    double needed_s; /* computing + held */
};

struct tide_stage_time tide_stage_time(const struct tide_stage_figures *stage);

/* The longest any stage of the level ran: what shares of the stages' time refer to. */
double tide_level_span_s(const struct tide_level_figures *level);

/* NULL: the level has no such stage. For workers: the one that needs most. */
const struct tide_stage_figures *tide_level_stage(const struct tide_level_figures *level,
                                                  enum tide_stage_kind kind);

/* "reader", "parser", "worker", "sink": as in --stats. */
const char *tide_stage_kind_name(enum tide_stage_kind kind);

/* False: no kind has this name. */
bool tide_stage_kind_of(const char *name, enum tide_stage_kind *kind);

#endif
