#include "engine/instruments/bench/verdict.h"

#include <stdio.h>

/* Shares of the run's time, if nothing else is said. */
#define BINDS_SHARE  0.80 /* a stage that alone needs so much binds */
#define CLOSE_SHARE  0.05 /* another one within this of it is named too */
#define INPUT_SHARE  0.60 /* the reader waits so much for the input */
#define QUEUED_SHARE 0.30 /* cores are short: of the time threads want one, and of the run */
#define FULL_SHARE   0.75 /* of all cores, used by this run: they are full */
#define BRIM_SHARE   0.90 /* the same, where the kernel does not say who queues */
#define UNEVEN_RATIO 1.2  /* the neediest worker to the mean */
#define SKEW_LEAST   1.15 /* the same in rows */
#define SHORTEST_S   0.05

/* The level as shares of its time. */
struct view {
    const struct tide_level_figures *level;
    double span_s;
    const struct tide_stage_figures *stages[TIDE_STAGE_KINDS]; /* the neediest of each kind */
    double needed[TIDE_STAGE_KINDS];                           /* its share of the span */
    double workers_mean;     /* share the workers need on average */
    double rows_share, skew; /* of the neediest worker */
    double queued;           /* share of the time threads want a core that they wait for one */
    double queued_spans, wanted_spans; /* threads that wait for a core, and want one, on average */
    double used;                       /* share of all cores */
    bool knows_queues;
    enum tide_stage_kind first, second; /* the two kinds that need most */
};

struct sums {
    double cpu_s, core_s, workers_s;
    bool knows_queues;
    uint64_t rows;
};

static struct sums add_up(const struct tide_level_figures *level)
{
    struct sums sums = {.knows_queues = true};
    for (unsigned i = 0; i < level->stage_count; i++) {
        const struct tide_stage_figures *stage = &level->stages[i];
        if (stage->cpu_s > 0) sums.cpu_s += stage->cpu_s;
        if (stage->core_s > 0) sums.core_s += stage->core_s;
        if (stage->core_s < 0) sums.knows_queues = false;
        if (stage->kind != TIDE_STAGE_WORKER) continue;
        sums.workers_s += tide_stage_time(stage).needed_s;
        sums.rows += stage->rows;
    }
    return sums;
}

static void rank(struct view *view)
{
    view->first = TIDE_STAGE_READER;
    for (unsigned i = 1; i < TIDE_STAGE_KINDS; i++)
        if (view->needed[i] > view->needed[view->first]) view->first = (enum tide_stage_kind)i;
    view->second = view->first == TIDE_STAGE_READER ? TIDE_STAGE_PARSER : TIDE_STAGE_READER;
    for (unsigned i = 0; i < TIDE_STAGE_KINDS; i++)
        if (i != view->first && view->needed[i] > view->needed[view->second])
            view->second = (enum tide_stage_kind)i;
}

/* The span is positive. */
static struct view look_at(const struct tide_level_figures *level, double span_s)
{
    struct view view = {.level = level, .span_s = span_s};
    struct sums sums = add_up(level);
    for (unsigned i = 0; i < TIDE_STAGE_KINDS; i++) {
        view.stages[i] = tide_level_stage(level, (enum tide_stage_kind)i);
        if (view.stages[i]) view.needed[i] = tide_stage_time(view.stages[i]).needed_s / span_s;
    }
    const struct tide_stage_figures *worker = view.stages[TIDE_STAGE_WORKER];
    if (worker && sums.rows > 0) view.rows_share = (double)worker->rows / (double)sums.rows;
    view.skew = view.rows_share * level->parallelism;
    if (level->parallelism > 0) view.workers_mean = sums.workers_s / level->parallelism / span_s;
    view.knows_queues = sums.knows_queues;
    double wanted_s = sums.core_s + sums.cpu_s;
    if (wanted_s > 0) view.queued = sums.core_s / wanted_s;
    view.queued_spans = sums.core_s / span_s;
    view.wanted_spans = wanted_s / span_s;
    if (level->cores > 0) view.used = sums.cpu_s / (span_s * level->cores);
    rank(&view);
    return view;
}

static double percent(double share)
{
    return 100 * (share < 1 ? share : 1);
}

static const char *plural(unsigned count)
{
    return count == 1 ? "" : "s";
}

static bool is_held(const struct tide_stage_figures *stage)
{
    struct tide_stage_time time = tide_stage_time(stage);
    return time.held_s > time.computing_s;
}

static bool cores_are_full(const struct view *view)
{
    return view->used >= FULL_SHARE;
}

/* " (the sink follows closely: 94 %)", or nothing. */
static void name_second(const struct view *view, char text[64])
{
    static const char *const names[] = {"the reader follows", "the parser follows",
                                        "the workers follow", "the sink follows"};
    double share = view->needed[view->second];
    text[0] = '\0';
    if (share < BINDS_SHARE || share < view->needed[view->first] - CLOSE_SHARE) return;
    snprintf(text, 64, " (%s closely: %.0f %%)", names[view->second], percent(share));
}

static void judge_reader(const struct view *view, struct tide_verdict *verdict)
{
    verdict->binding = TIDE_BINDS_READER;
    bool is_disk = is_held(view->stages[TIDE_STAGE_READER]);
    snprintf(verdict->text, sizeof verdict->text,
             "the reader is busy %.0f %%, %s: more workers will not help; %s would",
             percent(view->needed[TIDE_STAGE_READER]),
             is_disk ? "waiting for the disk" : "reading or unpacking",
             is_disk ? "a faster disk, a packed file or one already in memory"
                     : "a file that is not packed, or packed as zst");
}

static void judge_parser(const struct view *view, struct tide_verdict *verdict)
{
    char second[64];
    name_second(view, second);
    verdict->binding = TIDE_BINDS_PARSER;
    bool is_disk = is_held(view->stages[TIDE_STAGE_PARSER]);
    snprintf(verdict->text, sizeof verdict->text,
             "the parser is busy %.0f %%%s%s: more workers will not help; %s would",
             percent(view->needed[TIDE_STAGE_PARSER]), is_disk ? ", mostly held up" : "", second,
             is_disk ? "a file already in memory or a faster disk"
                     : "a cheaper time format, fewer columns or a wider scanner (--simd)");
}

static void judge_sink(const struct view *view, struct tide_verdict *verdict)
{
    char second[64];
    name_second(view, second);
    double busy = percent(view->needed[TIDE_STAGE_SINK]);
    if (is_held(view->stages[TIDE_STAGE_SINK])) {
        verdict->binding = TIDE_BINDS_OUTPUT;
        snprintf(verdict->text, sizeof verdict->text,
                 "the sink is busy %.0f %%, writing%s: the output is the bottleneck; more workers "
                 "will not help; fewer results, a faster disk or a faster reader of the pipe would",
                 busy, second);
        return;
    }
    verdict->binding = TIDE_BINDS_SINK;
    snprintf(verdict->text, sizeof verdict->text,
             "the sink is busy %.0f %%, %s%s: more workers will not help; fewer results%s would",
             busy, view->level->parallelism > 1 ? "merging and writing" : "writing", second,
             view->level->parallelism > 1 ? " or --order key" : "");
}

static void judge_one_worker(const struct view *view, struct tide_verdict *verdict)
{
    double busy = percent(view->needed[TIDE_STAGE_WORKER]);
    bool is_skew = view->skew >= SKEW_LEAST;
    verdict->binding = is_skew ? TIDE_BINDS_SKEW : TIDE_BINDS_ONE_WORKER;
    if (is_skew)
        snprintf(verdict->text, sizeof verdict->text,
                 "one worker gets %.0f %% of the rows (skew %.1f) and is busy %.0f %%, the workers "
                 "on average %.0f %%: a key is too hot, or the keys are too few; more workers will "
                 "not help",
                 100 * view->rows_share, view->skew, busy, percent(view->workers_mean));
    else
        snprintf(verdict->text, sizeof verdict->text,
                 "one worker is busy %.0f %% with %.0f %% of the rows, the workers on average %.0f "
                 "%%: its keys cost more than others; more workers help only if they part them",
                 busy, 100 * view->rows_share, percent(view->workers_mean));
}

static void judge_workers(const struct view *view, struct tide_verdict *verdict)
{
    unsigned count = view->level->parallelism, cores = view->level->cores;
    double busy = view->needed[TIDE_STAGE_WORKER];
    if (count > 1 && busy >= UNEVEN_RATIO * view->workers_mean) {
        judge_one_worker(view, verdict);
        return;
    }
    const char *are = count == 1 ? "worker is" : "workers are";
    verdict->binding = TIDE_BINDS_WORKERS;
    if (cores_are_full(view)) {
        snprintf(verdict->text, sizeof verdict->text,
                 "the %s busy %.0f %% and all %u core%s in use: more workers will not help; more "
                 "cores would",
                 are, percent(busy), cores, cores == 1 ? " is" : "s are");
        return;
    }
    double next = view->needed[view->second];
    verdict->workers_help = busy > next + CLOSE_SHARE;
    int bytes =
        snprintf(verdict->text, sizeof verdict->text, "the %s busy %.0f %%: ", are, percent(busy));
    if (!verdict->workers_help)
        snprintf(verdict->text + bytes, sizeof verdict->text - (size_t)bytes,
                 "more workers will hardly help, for the %s is busy %.0f %%",
                 tide_stage_kind_name(view->second), percent(next));
    else if (next < 0.1)
        snprintf(verdict->text + bytes, sizeof verdict->text - (size_t)bytes,
                 "more workers will help; no other stage is near its limit");
    else
        snprintf(verdict->text + bytes, sizeof verdict->text - (size_t)bytes,
                 "more workers will help, up to %.1f times as fast; then the %s binds", busy / next,
                 tide_stage_kind_name(view->second));
}

static void judge_input(const struct view *view, struct tide_verdict *verdict)
{
    verdict->binding = TIDE_BINDS_INPUT;
    snprintf(verdict->text, sizeof verdict->text,
             "the reader waits for the input %.0f %% of the time: more workers will not help; "
             "whatever feeds it is the bottleneck",
             percent(view->stages[TIDE_STAGE_READER]->input_s / view->span_s));
}

static void judge_cores(const struct view *view, struct tide_verdict *verdict)
{
    static const char *const binders[TIDE_STAGE_KINDS] = {"reader binds", "parser binds",
                                                          "workers bind", "sink binds"};
    unsigned cores = view->level->cores;
    if (!view->knows_queues) {
        verdict->binding = TIDE_BINDS_CORES;
        snprintf(verdict->text, sizeof verdict->text,
                 "%u threads keep %u core%s busy %.0f %% of the time: more workers will not help; "
                 "more cores would",
                 view->level->threads, cores, plural(cores), percent(view->used));
        return;
    }
    /* With no more threads wanting cores than there are, they do not wait for each other. */
    if (view->wanted_spans > cores || cores_are_full(view)) {
        verdict->binding = TIDE_BINDS_CORES;
        snprintf(verdict->text, sizeof verdict->text,
                 "%u threads share %u core%s and wait for one %.0f %% of the time they want one: "
                 "more workers will not help; more cores would, until the %s%s",
                 view->level->threads, cores, plural(cores), percent(view->queued),
                 binders[view->first],
                 cores_are_full(view) ? "" : " (other processes take part of them now)");
        return;
    }
    verdict->binding = TIDE_BINDS_NEIGHBOURS;
    snprintf(verdict->text, sizeof verdict->text,
             "the threads wait for a core %.0f %% of the time they want one, yet use only %.1f of "
             "%u: other processes take the cores, or a quota does; measure on a quiet machine",
             percent(view->queued), view->used * cores, cores);
}

static void judge_nothing(const struct view *view, struct tide_verdict *verdict)
{
    verdict->binding = TIDE_BINDS_NOTHING;
    snprintf(verdict->text, sizeof verdict->text,
             "nothing binds clearly: the parser is busy %.0f %%, the busiest worker %.0f %%, the "
             "sink %.0f %%; the rest is handing over between threads: larger --batch-rows or "
             "--ring-slots may help",
             percent(view->needed[TIDE_STAGE_PARSER]), percent(view->needed[TIDE_STAGE_WORKER]),
             percent(view->needed[TIDE_STAGE_SINK]));
}

static bool waits_for_input(const struct view *view)
{
    const struct tide_stage_figures *reader = view->stages[TIDE_STAGE_READER];
    return reader && reader->input_s >= INPUT_SHARE * view->span_s;
}

static bool cores_are_short(const struct view *view)
{
    if (!view->knows_queues) return view->used >= BRIM_SHARE;
    return view->queued >= QUEUED_SHARE && view->queued_spans >= QUEUED_SHARE;
}

void tide_verdict(const struct tide_level_figures *level, struct tide_verdict *verdict)
{
    static void (*const judges[TIDE_STAGE_KINDS])(const struct view *, struct tide_verdict *) = {
        judge_reader, judge_parser, judge_workers, judge_sink};
    *verdict = (struct tide_verdict){.binding = TIDE_BINDS_UNKNOWN};
    double span_s = tide_level_span_s(level);
    if (span_s <= 0) {
        snprintf(
            verdict->text, sizeof verdict->text,
            "one thread ran all stages by turns (--scheduler one): none has a time of its own");
        return;
    }
    if (span_s < SHORTEST_S) {
        snprintf(verdict->text, sizeof verdict->text,
                 "the stages ran for %.0f ms: too short to say what binds; take a larger file",
                 span_s * 1000);
        return;
    }
    struct view view = look_at(level, span_s);
    bool is_short = cores_are_short(&view);
    if (is_short && !view.knows_queues) judge_cores(&view, verdict);
    else if (view.needed[view.first] >= BINDS_SHARE) judges[view.first](&view, verdict);
    else if (waits_for_input(&view)) judge_input(&view, verdict);
    else if (is_short) judge_cores(&view, verdict);
    else judge_nothing(&view, verdict);
}

const char *tide_binding_name(enum tide_binding binding)
{
    static const char *const names[TIDE_BINDINGS] = {
        "unknown", "input", "reader", "parser", "skew",       "one worker",
        "workers", "sink",  "output", "cores",  "neighbours", "nothing"};
    return names[binding];
}
