#include "engine/instruments/bench/figures.h"

#include <string.h>

static const char *const kind_names[TIDE_STAGE_KINDS] = {"reader", "parser", "worker", "sink"};

static double at_most(double value, double limit)
{
    return value < limit ? value : limit;
}

static double at_least_none(double value)
{
    return value > 0 ? value : 0;
}

/*
 * cpu_s and core_s count the whole life of the thread, so also what it looked around and queued for
 * while it waited for input or room. What is not known by itself is given to computing first, then
 * to the queue, and only the rest counts as held. Where the queue is not known, it counts as held.
 */
struct tide_stage_time tide_stage_time(const struct tide_stage_figures *stage)
{
    struct tide_stage_time time;
    double busy_s = at_least_none(stage->busy_s);
    time.computing_s = at_most(at_least_none(stage->cpu_s), busy_s);
    time.for_core_s = at_most(at_least_none(stage->core_s), busy_s - time.computing_s);
    time.held_s = busy_s - time.computing_s - time.for_core_s;
    time.needed_s = time.computing_s + time.held_s;
    return time;
}

double tide_level_span_s(const struct tide_level_figures *level)
{
    double span_s = 0;
    for (unsigned i = 0; i < level->stage_count; i++)
        if (level->stages[i].wall_s > span_s) span_s = level->stages[i].wall_s;
    return span_s;
}

const struct tide_stage_figures *tide_level_stage(const struct tide_level_figures *level,
                                                  enum tide_stage_kind kind)
{
    const struct tide_stage_figures *found = NULL;
    double most_s = -1;
    for (unsigned i = 0; i < level->stage_count; i++) {
        const struct tide_stage_figures *stage = &level->stages[i];
        if (stage->kind != kind) continue;
        double needed_s = tide_stage_time(stage).needed_s;
        if (needed_s <= most_s) continue;
        most_s = needed_s;
        found = stage;
    }
    return found;
}

const char *tide_stage_kind_name(enum tide_stage_kind kind)
{
    return kind_names[kind];
}

bool tide_stage_kind_of(const char *name, enum tide_stage_kind *kind)
{
    for (unsigned i = 0; i < TIDE_STAGE_KINDS; i++) {
        if (strcmp(name, kind_names[i]) != 0) continue;
        *kind = (enum tide_stage_kind)i;
        return true;
    }
    return false;
}
