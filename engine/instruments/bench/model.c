#include "engine/instruments/bench/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define GOOD_ERROR 0.10 /* up to here a model is good ... */
#define FAIR_ERROR 0.25 /* ... and up to here of some use */
#define NOISY      0.10 /* runs this far apart are worth a word */
#define QUEUES     0.10 /* and so is this share of a run's time in the queue for a core */

enum { ALL_STAGES = TIDE_STAGE_KINDS };

enum { THREADS_BESIDE_WORKERS = 3 };

static double at_least_none(double value)
{
    return value > 0 ? value : 0;
}

static bool counts(const struct tide_model *model, unsigned level)
{
    return level != model->left_out;
}

/* What stages of one kind needed, or, of ALL_STAGES, what they computed. */
static double cost_of(const struct tide_level_figures *level, unsigned kind)
{
    double cost_s = 0;
    for (unsigned i = 0; i < level->stage_count; i++) {
        struct tide_stage_time time = tide_stage_time(&level->stages[i]);
        if (kind == ALL_STAGES) cost_s += time.computing_s;
        else if (level->stages[i].kind == kind) cost_s += time.needed_s;
    }
    return cost_s;
}

/* Least squares over log2 N from N = 2 on. A cost that seems to fall with N is noise: then the mean
 * stands. */
static struct tide_cost fit_cost(const struct tide_model *model, unsigned kind)
{
    struct tide_cost cost = {.alone = -1};
    double count = 0, x_sum = 0, y_sum = 0, xx_sum = 0, xy_sum = 0;
    for (unsigned i = 0; i < model->level_count; i++) {
        if (!counts(model, i)) continue;
        double y = cost_of(&model->levels[i], kind);
        if (model->levels[i].parallelism == 1) {
            cost.alone = y;
            continue;
        }
        double x = log2(model->levels[i].parallelism);
        count += 1;
        x_sum += x;
        y_sum += y;
        xx_sum += x * x;
        xy_sum += x * y;
    }
    if (count == 0) {
        cost.base = cost.alone;
        return cost;
    }
    double spread = count * xx_sum - x_sum * x_sum;
    if (count > 1 && spread > 0) cost.growth = (count * xy_sum - x_sum * y_sum) / spread;
    if (cost.growth < 0) cost.growth = 0;
    cost.base = (y_sum - cost.growth * x_sum) / count;
    if (cost.base < 0) cost.base = 0;
    if (cost.alone < 0) cost.alone = cost.base;
    return cost;
}

static double cost_at(const struct tide_cost *cost, unsigned parallelism)
{
    return parallelism == 1 ? cost->alone : cost->base + cost->growth * log2(parallelism);
}

/*
 * A hot key's rows stay together at any N: if one worker has the share h of all rows beyond an even
 * spread of the rest, skew = 1 + h (N - 1). h comes from the level nearest to N, the greater of
 * two: what random keys add to it shrinks with N, what a hot key adds does not.
 */
static double skew_at(const struct tide_model *model, unsigned parallelism)
{
    double nearest = INFINITY, share = 0;
    unsigned from = 0;
    if (parallelism == 1) return 1;
    for (unsigned i = 0; i < model->level_count; i++) {
        const struct tide_level_figures *level = &model->levels[i];
        if (!counts(model, i) || level->parallelism < 2) continue;
        double distance = fabs(log2((double)level->parallelism / parallelism));
        if (distance > nearest || (distance == nearest && level->parallelism < from)) continue;
        nearest = distance;
        from = level->parallelism;
        share = (level->skew - 1) / (level->parallelism - 1);
    }
    return 1 + at_least_none(share) * (parallelism - 1);
}

/* Without hand-over. */
static double bound(const struct tide_model *model, unsigned parallelism, unsigned cores,
                    struct tide_prediction *prediction)
{
    double most_s = -1;
    prediction->skew = skew_at(model, parallelism);
    for (unsigned i = 0; i < TIDE_STAGE_KINDS; i++) {
        double needed_s = cost_at(&model->needed[i], parallelism);
        if (i == TIDE_STAGE_WORKER) needed_s *= prediction->skew / parallelism;
        if (needed_s <= most_s) continue;
        most_s = needed_s;
        prediction->limit = (enum tide_limit)i;
    }
    double shared_s = cost_at(&model->computing, parallelism) / cores;
    if (shared_s <= most_s) return most_s;
    prediction->limit = TIDE_LIMIT_CORES;
    return shared_s;
}

/* The neediest stage of all. The level has one. */
static const struct tide_stage_figures *limiting_stage(const struct tide_level_figures *level)
{
    const struct tide_stage_figures *limiting = NULL;
    for (unsigned i = 0; i < TIDE_STAGE_KINDS; i++) {
        const struct tide_stage_figures *stage = tide_level_stage(level, (enum tide_stage_kind)i);
        if (stage &&
            (!limiting || tide_stage_time(stage).needed_s > tide_stage_time(limiting).needed_s))
            limiting = stage;
    }
    return limiting;
}

/* How long the limiting stage queued, beyond what the bound already has it share cores. */
static double queued_beyond(const struct tide_level_figures *level, double bound_s)
{
    const struct tide_stage_figures *stage = limiting_stage(level);
    return at_least_none(stage->core_s - (bound_s - tide_stage_time(stage).needed_s));
}

/* What the levels took beyond their bounds is first what they queued, then hand-over: starting,
 * filling and emptying the pipeline, waking. */
static void measure_rests(struct tide_model *model)
{
    double handovers_s[TIDE_MODEL_LEVELS_MAX], queues_s[TIDE_MODEL_LEVELS_MAX];
    struct tide_summary summary;
    unsigned count = 0;
    for (unsigned i = 0; i < model->level_count; i++) {
        const struct tide_level_figures *level = &model->levels[i];
        struct tide_prediction unused;
        if (!counts(model, i)) continue;
        double bound_s = bound(model, level->parallelism, level->cores, &unused);
        double rest_s = at_least_none(level->wall_s.median - bound_s);
        queues_s[count] = fmin(rest_s, queued_beyond(level, bound_s));
        handovers_s[count] = rest_s - queues_s[count];
        model->queue_cores = level->cores;
        count++;
    }
    tide_summarise(handovers_s, count, &summary);
    model->handover_s = summary.median;
    tide_summarise(queues_s, count, &summary);
    model->queue_s = summary.median;
}

/* The fewer cores threads have to share, the longer; none once each has its own. */
static double queue_at(const struct tide_model *model, unsigned parallelism, unsigned cores)
{
    if (parallelism + THREADS_BESIDE_WORKERS <= cores) return 0;
    return model->queue_s * model->queue_cores / cores;
}

static void fit(struct tide_model *model)
{
    for (unsigned i = 0; i < TIDE_STAGE_KINDS; i++) model->needed[i] = fit_cost(model, i);
    model->computing = fit_cost(model, ALL_STAGES);
    measure_rests(model);
}

bool tide_model_init(struct tide_model *model, const struct tide_level_figures levels[],
                     unsigned level_count, struct tide_error *error)
{
    *model =
        (struct tide_model){.levels = levels, .level_count = level_count, .left_out = level_count};
    if (level_count == 0 || level_count > TIDE_MODEL_LEVELS_MAX)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "no prediction: it takes 1 to %d levels, not %u",
                              TIDE_MODEL_LEVELS_MAX, level_count);
    for (unsigned i = 0; i < level_count; i++) {
        const struct tide_level_figures *level = &levels[i];
        if (level->stage_count > 0 && tide_level_span_s(level) <= 0)
            return tide_error_set(error, TIDE_EXIT_FAILED,
                                  "no prediction: all stages ran on one thread at N = %u",
                                  level->parallelism);
        if (level->parallelism == 0 || level->cores == 0 || !(level->wall_s.median > 0) ||
            !(cost_of(level, ALL_STAGES) > 0))
            return tide_error_set(error, TIDE_EXIT_FAILED,
                                  "no prediction: nothing was measured at N = %u",
                                  level->parallelism);
    }
    fit(model);
    return true;
}

void tide_model_predict(const struct tide_model *model, unsigned parallelism, unsigned cores,
                        struct tide_prediction *prediction)
{
    *prediction = (struct tide_prediction){.parallelism = parallelism, .cores = cores};
    bool more_cores = true, more_workers = true;
    for (unsigned i = 0; i < model->level_count; i++) {
        if (!counts(model, i)) continue;
        more_cores = more_cores && cores > model->levels[i].cores;
        more_workers = more_workers && parallelism > model->levels[i].parallelism;
    }
    prediction->is_extrapolated = more_cores || more_workers;
    prediction->wall_s = bound(model, parallelism, cores, prediction) + model->handover_s +
                         queue_at(model, parallelism, cores);
}

/* A level by a model that has not seen it. */
static struct tide_model_check check_level(const struct tide_model *model, unsigned i)
{
    const struct tide_level_figures *level = &model->levels[i];
    struct tide_model blind = *model;
    struct tide_prediction prediction;
    blind.left_out = i;
    fit(&blind);
    tide_model_predict(&blind, level->parallelism, level->cores, &prediction);
    return (struct tide_model_check){.parallelism = level->parallelism,
                                     .measured_s = level->wall_s.median,
                                     .predicted_s = prediction.wall_s,
                                     .error = prediction.wall_s / level->wall_s.median - 1};
}

static const char *grade(const struct tide_trust *trust)
{
    if (trust->error_most <= GOOD_ERROR) return "good for choosing N";
    if (trust->error_most <= FAIR_ERROR) return "good for the direction, not for the figure";
    return "not to be trusted here";
}

/* Text at `*used`, as far as there is room. */
static void add_text(struct tide_trust *trust, size_t *used, const char *text)
{
    size_t bytes = strlen(text), room = sizeof trust->text - 1 - *used;
    if (bytes > room) bytes = room;
    memcpy(trust->text + *used, text, bytes);
    *used += bytes;
    trust->text[*used] = '\0';
}

/* What a machine with more cores adds to the doubts. */
static void describe_more_cores(struct tide_trust *trust, size_t *used,
                                const struct tide_model *model, unsigned cores, unsigned cores_most)
{
    char text[TIDE_TRUST_BYTES];
    double queued = model->queue_s / model->levels[0].wall_s.median;
    if (queued > QUEUES) {
        snprintf(text, sizeof text,
                 " Here runs queue for cores %.0f %% of their time, which more cores would end: "
                 "what is said of those rests on processor times alone.",
                 100 * queued);
        add_text(trust, used, text);
    }
    snprintf(text, sizeof text,
             " %u cores are %.1f times the %u it measured on: what they share (memory, caches, "
             "clock speed) is not in the model, so read those times as the least possible.",
             cores_most, (double)cores_most / cores, cores);
    add_text(trust, used, text);
}

static void describe(struct tide_trust *trust, const struct tide_model *model, unsigned cores,
                     unsigned cores_most)
{
    char text[TIDE_TRUST_BYTES];
    size_t used = 0;
    if (trust->check_count == 0)
        snprintf(text, sizeof text,
                 "Not checked: only one level was measured, and it takes two; three are better.");
    else
        snprintf(text, sizeof text,
                 "Each of %u levels was predicted from the others: %.0f %% off in the middle, %.0f "
                 "%% at most (N = %u), while runs of one level differ by %.0f %%: %s.",
                 trust->check_count, 100 * trust->error_median, 100 * trust->error_most,
                 trust->worst_parallelism, 100 * trust->noise, grade(trust));
    add_text(trust, &used, text);
    if (trust->noise > NOISY) add_text(trust, &used, " Measure again on a quieter machine.");
    if (cores_most > cores) describe_more_cores(trust, &used, model, cores, cores_most);
}

void tide_model_check(const struct tide_model *model, unsigned cores_most, struct tide_trust *trust)
{
    double errors[TIDE_MODEL_LEVELS_MAX], noises[TIDE_MODEL_LEVELS_MAX];
    struct tide_summary summary;
    unsigned cores = 0;
    memset(trust, 0, sizeof *trust);
    for (unsigned i = 0; i < model->level_count; i++) {
        noises[i] = tide_summary_noise(&model->levels[i].wall_s);
        if (model->levels[i].cores > cores) cores = model->levels[i].cores;
        if (model->level_count == 1) continue;
        struct tide_model_check check = check_level(model, i);
        errors[i] = fabs(check.error);
        if (errors[i] >= trust->error_most) {
            trust->error_most = errors[i];
            trust->worst_parallelism = check.parallelism;
        }
        trust->checks[trust->check_count++] = check;
    }
    tide_summarise(noises, model->level_count, &summary);
    trust->noise = summary.median;
    tide_summarise(errors, trust->check_count, &summary);
    trust->error_median = summary.median;
    describe(trust, model, cores, cores_most);
}

const char *tide_limit_name(enum tide_limit limit)
{
    static const char *const names[] = {"reader", "parser", "workers", "sink", "cores"};
    return names[limit];
}
