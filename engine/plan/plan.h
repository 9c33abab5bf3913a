/*
 * plan: an immutable, checked description of one run; every stage reads it, none changes it.
 * Owns:     what fini frees: texts copied from the options, the NA list, the first rule set.
 * Threads:  read-only once built.
 * Blocks:   never. Allocates in build.
 * Errors:   build: exit 2 (usage) with the option's name and what to write instead.
 * Limits:   as named by the constants below.
 */
#ifndef TIDE_PLAN_PLAN_H
#define TIDE_PLAN_PLAN_H

#include "engine/plan/plugin.h"
#include "engine/plan/registry.h"
#include "engine/plan/rules.h"
#include "engine/state/snapshot.h"
#include "engine/text/na.h"
#include "engine/text/scan.h"
#include "engine/text/time.h"

enum {
    TIDE_PARALLELISM_MAX = 256,
    TIDE_KEY_COLUMN_COUNT_MAX = 16,
    TIDE_ROW_BYTES_MAX_DEFAULT = 1 << 20,
    TIDE_ROW_BYTES_LIMIT = 1 << 29, /* for --max-row-bytes */
    TIDE_BATCH_ROWS_AUTO_MAX =
        2048, /* --batch-rows auto: this, shared by more than four workers, ... */
    TIDE_BATCH_ROWS_AUTO_MIN = 256, /* ... but no less than this */
    TIDE_BATCH_ROWS_MAX = 65536,
    TIDE_RING_SLOTS_DEFAULT = 16,
    TIDE_RING_SLOTS_MAX = 4096,
    TIDE_FLINK_PARALLELISM_MAX = 32768, /* Flink's own limit */
    TIDE_CLOCK_RATE_MAX = 1000000000,
    TIDE_PARTITIONS_MAX = 64,
};

#define TIDE_DURATION_MS_MAX ((int64_t)1 << 62)

/* What windows run on. */
enum tide_clock { TIDE_CLOCK_EVENT, TIDE_CLOCK_PROCESSING, TIDE_CLOCK_VIRTUAL };

/* What several files are: one stream in the order given, or parallel inputs. */
enum tide_inputs { TIDE_INPUTS_CONCAT, TIDE_INPUTS_PARTITIONS };

enum tide_order { TIDE_ORDER_GLOBAL, TIDE_ORDER_KEY, TIDE_ORDER_FLINK };
enum tide_output_kind {
    TIDE_OUTPUT_ALERTS,
    TIDE_OUTPUT_RESULTS,
    TIDE_OUTPUT_LATE,
    TIDE_OUTPUT_REJECTS,
    TIDE_OUTPUT_STATS,
    TIDE_OUTPUT_TRACE,
    TIDE_OUTPUT_COUNT
};
enum tide_when { TIDE_AUTO, TIDE_ALWAYS, TIDE_NEVER };
enum tide_scheduler { TIDE_SCHEDULER_THREADS, TIDE_SCHEDULER_ONE };

/* A column as the user named it: by header text first, then by 1-based number. */
struct tide_column {
    char *name;      /* the text as given */
    unsigned number; /* 0: the text is no number */
};

/* Where the alerts of one name go instead of --alerts. */
struct tide_side_output {
    char *name;
    const char *file; /* borrowed from the options */
    bool is_plain;    /* lines of a process function, not of --format */
};

/* What the first header calls the key columns, for the outputs: --key 2 prints under the column's
 * name. Written once, by the parser, before it sends anything; NULL: nothing is known beyond the
 * option. */
struct tide_key_names {
    char *names[TIDE_KEY_COLUMN_COUNT_MAX];
};

struct tide_plan {
    const struct tide_registry *registry;

    /* Input. */
    const char *const *files; /* borrowed from argv; "-" is standard input; at least one */
    unsigned file_count;
    bool is_following; /* --follow */
    enum tide_inputs inputs;
    struct tide_column keys[TIDE_KEY_COLUMN_COUNT_MAX], time, value;
    unsigned key_count;
    struct tide_key_names *key_names;
    bool has_header, trim;
    char delimiter;
    size_t row_bytes_max;
    struct tide_na na;
    struct tide_decimal_format decimal;
    struct tide_time_format time_format;
    struct tide_zone zone;

    /* Event time. */
    bool unbounded;        /* --out-of-orderness unbounded */
    int64_t bound_ms;      /* 0 when unbounded */
    int64_t max_future_ms; /* -1: off */
    int64_t lateness_ms;   /* --allowed-lateness; 0 on other clocks */
    enum tide_clock clock;
    unsigned clock_rate; /* rows a second of the virtual clock, 1 .. TIDE_CLOCK_RATE_MAX */
    int64_t idle_ms;     /* --idle-timeout; -1: off */

    /* What workers must be told. */
    bool has_fine_steps; /* every move of the watermark, for something may be due at any time */
    bool is_strict;      /* a row may change what an earlier step lets go: none is folded ahead */

    /* Window and what is computed. */
    const struct tide_window *window;
    struct tide_window_shape shape;
    bool drop_at_end;
    unsigned listed_count;
    unsigned
        listed[TIDE_AGGREGATE_COUNT_MAX]; /* --aggregate, as indices into registry->aggregates */
    const struct tide_rule_set *rules;    /* in force from row 0 */
    uint32_t history_depth;               /* --history */
    int64_t inactive_ms;                  /* --inactive; -1: off */
    struct tide_plugin *plugin;           /* --process; NULL: none */

    /* Machine. */
    unsigned parallelism; /* resolved: 1 .. TIDE_PARALLELISM_MAX */
    enum tide_order order;
    unsigned batch_rows, ring_slots;
    uint64_t memory_max; /* --memory, in bytes; 0: off */
    enum tide_scanner_choice scanner;
    enum tide_scheduler scheduler;
    uint64_t scheduler_seed; /* of the order of turns on one thread */

    /* Outputs. outputs[i] NULL = off, "-" = standard output. */
    const char *outputs[TIDE_OUTPUT_COUNT];
    struct tide_side_output side_outputs[TIDE_SIDE_OUTPUT_MAX];
    unsigned side_output_count;
    const struct tide_format *format;
    unsigned flink_parallelism; /* whose subtasks --format flink names; 1: none are named */
    enum tide_time_style time_style;
    bool escapes_formulas; /* --escape-formulas: CSV is for a spreadsheet */

    /* Checkpoints. */
    const char *checkpoint_folder; /* --checkpoint; NULL: none are taken */
    uint64_t checkpoint_rows;      /* between two; 0: it goes by time */
    int64_t checkpoint_ms;         /* ... */
    bool is_resuming;              /* --resume */
    struct tide_snapshot identity; /* which run it is, if checkpoints are taken */

    /* Policies and manners. */
    int64_t rejects_max;            /* -1: none */
    int64_t rejects_millionths_max; /* of a percent of all rows, judged at the end; -1: none */
    enum tide_when progress;
    bool quiet, verbose;
    const char *config_file; /* NULL: none; SIGHUP reads its alert lines anew */
};

struct tide_options;

/* Checks the options against each other and resolves them. The options must outlive the plan. */
TIDE_MUST_USE bool tide_plan_build(struct tide_plan *plan, const struct tide_options *options,
                                   const struct tide_registry *registry, struct tide_error *error);
void tide_plan_fini(struct tide_plan *plan); /* a zeroed one is fine */

/* Is a window that ends at end_ms gone for good at this watermark? */
static inline bool tide_plan_is_gone(const struct tide_plan *plan, int64_t end_ms,
                                     int64_t watermark_ms)
{
    int64_t gone_ms;
    if (__builtin_add_overflow(end_ms - 1, plan->lateness_ms, &gone_ms)) gone_ms = INT64_MAX;
    return gone_ms <= watermark_ms;
}

/* Does it take what a worker keeps to tell whether a row is late? */
static inline bool tide_plan_workers_find_late(const struct tide_plan *plan)
{
    return plan->window->kind == TIDE_WINDOW_SESSION;
}

/* Are windows so many rows, which time does not fire? */
static inline bool tide_plan_counts_rows(const struct tide_plan *plan)
{
    return plan->window->kind == TIDE_WINDOW_COUNT;
}

/* Can a row be late, and is its time enough to tell? */
static inline bool tide_plan_parser_finds_late(const struct tide_plan *plan)
{
    return !tide_plan_workers_find_late(plan) && plan->clock == TIDE_CLOCK_EVENT &&
           !tide_plan_counts_rows(plan);
}

/* Do rows carry the processing time at which they came? */
static inline bool tide_plan_has_arrivals(const struct tide_plan *plan)
{
    return plan->clock != TIDE_CLOCK_EVENT;
}

/* May a window fire more than once? */
static inline bool tide_plan_fires_again(const struct tide_plan *plan)
{
    return plan->lateness_ms > 0 && plan->clock == TIDE_CLOCK_EVENT &&
           plan->window->kind != TIDE_WINDOW_COUNT;
}

/* Are the sums of each key's latest windows kept? With a config file a reload may bring rules that
 * look back. */
static inline bool tide_plan_keeps_history(const struct tide_plan *plan)
{
    return plan->rules->uses & TIDE_USES_HISTORY || plan->config_file;
}

/* When the virtual clock lets row `row` come, from 0, if the first comes at begin_ms. */
static inline int64_t tide_plan_virtual_ms(const struct tide_plan *plan, int64_t begin_ms,
                                           uint64_t row)
{
    int64_t time_ms, after_ms = (int64_t)(1000 * row / plan->clock_rate);
    return __builtin_add_overflow(begin_ms, after_ms, &time_ms) ? INT64_MAX : time_ms;
}

/* Does time go on while the input is silent? Then the parser must know what workers wait for. */
static inline bool tide_plan_wakes(const struct tide_plan *plan)
{
    return plan->clock == TIDE_CLOCK_PROCESSING || plan->idle_ms > 0;
}

/* How many inputs are read side by side; 0: the files are one stream. */
static inline unsigned tide_plan_partitions(const struct tide_plan *plan)
{
    return plan->inputs == TIDE_INPUTS_PARTITIONS && plan->file_count > 1 ? plan->file_count : 0;
}

/* Is the end of this file, if it is a regular one, only a pause? In one stream others are read
 * before the last. */
static inline bool tide_plan_follows(const struct tide_plan *plan, unsigned file)
{
    return plan->is_following && (file + 1 == plan->file_count || tide_plan_partitions(plan) > 0);
}

/* Does a timer wait for each key to fall silent? */
static inline bool tide_plan_watches_keys(const struct tide_plan *plan)
{
    return plan->inactive_ms >= 0;
}

/* Does every row get a note with the watermark before it? */
static inline bool tide_plan_notes_all(const struct tide_plan *plan)
{
    return plan->order == TIDE_ORDER_FLINK || plan->outputs[TIDE_OUTPUT_TRACE];
}

/* Are the workers' lines merged by their order keys? One worker's are in order as they come, but
 * that is not Flink's. */
static inline bool tide_plan_merges(const struct tide_plan *plan)
{
    return plan->order == TIDE_ORDER_FLINK ||
           (plan->order == TIDE_ORDER_GLOBAL && plan->parallelism > 1);
}

/* The name of the key's part i as the outputs print it. */
const char *tide_plan_key_name(const struct tide_plan *plan, unsigned part);

#endif
