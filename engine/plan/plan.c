#include "engine/plan/plan.h"

#include "engine/base/memory.h"
#include "engine/plan/format.h"
#include "engine/plan/identity.h"
#include "engine/plan/nearest.h"
#include "engine/plan/outputs.h"
#include "engine/plan/plan_checkpoint.h"
#include "engine/plan/plan_clock.h"
#include "engine/plan/plan_input.h"
#include "engine/plan/plan_process.h"
#include "engine/plan/run_options.h"
#include "engine/plan/setting.h"
#include "engine/plan/side_outputs.h"
#include "engine/state/history.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { PARALLELISM_AUTO_MAX = 8 };

static bool set_event_time(struct tide_plan *plan, const struct tide_settings *settings)
{
    if (!tide_setting_duration(settings, TIDE_RUN_OUT_OF_ORDERNESS, "unbounded", -1,
                               &plan->bound_ms) ||
        !tide_setting_duration(settings, TIDE_RUN_MAX_FUTURE, "off", -1, &plan->max_future_ms) ||
        !tide_setting_duration(settings, TIDE_RUN_ALLOWED_LATENESS, NULL, 0, &plan->lateness_ms))
        return false;
    plan->unbounded = plan->bound_ms < 0;
    if (plan->unbounded) plan->bound_ms = 0;
    return true;
}

/* The forms of all windows, for a message. */
static void list_forms(const struct tide_registry *registry, char *list, size_t list_bytes)
{
    size_t used = 0;
    for (unsigned i = 0; registry->windows[i] && used < list_bytes; i++)
        used += (size_t)snprintf(list + used, list_bytes - used, "%s%s", i ? ", " : "",
                                 registry->windows[i]->form);
}

static bool set_window(struct tide_plan *plan, const struct tide_settings *settings)
{
    const char *text = tide_options_text(settings->options, TIDE_RUN_WINDOW);
    size_t name_bytes = strcspn(text, ":");
    for (unsigned i = 0; plan->registry->windows[i] && !plan->window; i++) {
        const char *name = plan->registry->windows[i]->name;
        if (strlen(name) == name_bytes && memcmp(name, text, name_bytes) == 0)
            plan->window = plan->registry->windows[i];
    }
    if (!plan->window) {
        char forms[256] = "";
        list_forms(plan->registry, forms, sizeof forms);
        return tide_setting_refuse(settings, TIDE_RUN_WINDOW, "unknown window '%s'; there is %s",
                                   text, forms);
    }
    if (text[name_bytes] != ':')
        return tide_setting_refuse(settings, TIDE_RUN_WINDOW, "'%s' has no size; write %s", text,
                                   plan->window->form);
    struct tide_error cause = {0};
    if (!plan->window->parse(text + name_bytes + 1, &plan->shape, &cause))
        return tide_setting_refuse(settings, TIDE_RUN_WINDOW, "%s (the form is %s)", cause.text,
                                   plan->window->form);
    /* Sessions may end at any time, and rows change when; count windows tell the watermark. */
    plan->is_strict = plan->window->kind == TIDE_WINDOW_SESSION;
    plan->has_fine_steps = plan->is_strict || plan->window->kind == TIDE_WINDOW_COUNT;
    return true;
}

static bool list_aggregate(struct tide_plan *plan, const struct tide_settings *settings,
                           const char *name, size_t bytes)
{
    const struct tide_aggregate *const *aggregates = plan->registry->aggregates;
    struct tide_nearest nearest;
    tide_nearest_init(&nearest, name, bytes);
    unsigned index = 0;
    for (; aggregates[index]; index++) {
        if (strlen(aggregates[index]->name) == bytes &&
            strncasecmp(aggregates[index]->name, name, bytes) == 0)
            break;
        tide_nearest_offer(&nearest, aggregates[index]->name);
    }
    if (!aggregates[index])
        return tide_setting_refuse(settings, TIDE_RUN_AGGREGATE, "unknown aggregate '%.*s'%s%s%s",
                                   (int)bytes, name, nearest.name ? "; did you mean " : "",
                                   nearest.name ? nearest.name
                                                : "; 'tidemark run --help' lists all",
                                   nearest.name ? "?" : "");
    for (unsigned i = 0; i < plan->listed_count; i++)
        if (plan->listed[i] == index)
            return tide_setting_refuse(settings, TIDE_RUN_AGGREGATE, "%s is listed twice",
                                       aggregates[index]->name);
    plan->listed[plan->listed_count++] = index;
    return true;
}

static bool set_aggregates(struct tide_plan *plan, const struct tide_settings *settings)
{
    const char *text = tide_options_text(settings->options, TIDE_RUN_AGGREGATE);
    for (bool more = true; more;) {
        text += strspn(text, " \t");
        size_t bytes = strcspn(text, ","), trimmed = bytes;
        while (trimmed > 0 && strchr(" \t", text[trimmed - 1])) trimmed--;
        if (!list_aggregate(plan, settings, text, trimmed)) return false;
        more = text[bytes] == ',';
        text += bytes + more;
    }
    return true;
}

static bool set_rules(struct tide_plan *plan, const struct tide_settings *settings)
{
    const char *texts[TIDE_RULE_COUNT_MAX];
    unsigned count =
        tide_options_texts(settings->options, TIDE_RUN_ALERT, texts, TIDE_RULE_COUNT_MAX);
    if (count > TIDE_RULE_COUNT_MAX)
        return tide_setting_refuse(settings, TIDE_RUN_ALERT,
                                   "%u rules are more than the %d allowed", count,
                                   TIDE_RULE_COUNT_MAX);
    /* A process function stands in for the default rule. */
    if (plan->plugin && !tide_options_given(settings->options, TIDE_RUN_ALERT)) texts[0] = "none";
    struct tide_error cause = {0};
    plan->rules =
        tide_rules_build(texts, count, plan->registry->aggregates, plan->decimal.scale, &cause);
    return plan->rules || tide_setting_pass_on(settings, TIDE_RUN_ALERT, &cause);
}

static bool set_keyed_state(struct tide_plan *plan, const struct tide_settings *settings)
{
    uint64_t depth;
    if (!tide_setting_uint(settings, TIDE_RUN_HISTORY, 1, TIDE_HISTORY_DEPTH_MAX, &depth))
        return false;
    plan->history_depth = (uint32_t)depth;
    if (!tide_setting_duration(settings, TIDE_RUN_INACTIVE, "off", -1, &plan->inactive_ms))
        return false;
    plan->has_fine_steps = plan->has_fine_steps || tide_plan_watches_keys(plan);
    return true;
}

static bool set_format(struct tide_plan *plan, const struct tide_settings *settings)
{
    enum { FORMATS_MAX = 15 };
    const char *names[FORMATS_MAX + 1] = {NULL};
    for (unsigned i = 0; plan->registry->formats[i]; i++) {
        TIDE_ASSERT(i < FORMATS_MAX);
        names[i] = plan->registry->formats[i]->name;
    }
    unsigned index;
    if (!tide_setting_word(settings, TIDE_RUN_FORMAT, names, &index)) return false;
    plan->format = plan->registry->formats[index];
    uint64_t subtasks;
    if (!tide_setting_uint(settings, TIDE_RUN_FLINK_PARALLELISM, 1, TIDE_FLINK_PARALLELISM_MAX,
                           &subtasks))
        return false;
    plan->flink_parallelism = (unsigned)subtasks;
    if (subtasks == 1 || plan->format->names_subtasks) return true;
    return tide_setting_refuse(settings, TIDE_RUN_FLINK_PARALLELISM,
                               "--format %s names no subtasks; add --format flink",
                               plan->format->name);
}

/* Words in the order of the enums they stand for. */
static bool set_choices(struct tide_plan *plan, const struct tide_settings *settings)
{
    static const char *const ends[] = {"fire", "drop", NULL};
    static const char *const styles[] = {"plain", "iso", "epoch-ms", NULL};
    static const char *const orders[] = {"global", "key", "flink", NULL};
    static const char *const whens[] = {"auto", "always", "never", NULL};
    static const char *const simds[] = {"auto", "avx2", "portable", NULL};
    unsigned end, style, order, when, simd;
    if (!tide_setting_word(settings, TIDE_RUN_AT_END, ends, &end) ||
        !tide_setting_word(settings, TIDE_RUN_TIME_OUTPUT, styles, &style) ||
        !tide_setting_word(settings, TIDE_RUN_ORDER, orders, &order) ||
        !tide_setting_word(settings, TIDE_RUN_PROGRESS, whens, &when) ||
        !tide_setting_word(settings, TIDE_RUN_SIMD, simds, &simd))
        return false;
    plan->drop_at_end = end == 1;
    plan->time_style = (enum tide_time_style)style;
    plan->order = (enum tide_order)order;
    plan->progress = (enum tide_when)when;
    plan->scanner = (enum tide_scanner_choice)simd;
    return true;
}

/* One core is left to the parser. */
static unsigned parallelism_auto(void)
{
    cpu_set_t allowed;
    long cores = sched_getaffinity(0, sizeof allowed, &allowed) == 0
                     ? CPU_COUNT(&allowed)
                     : sysconf(_SC_NPROCESSORS_ONLN);
    if (cores <= 2) return 1;
    return cores - 1 < PARALLELISM_AUTO_MAX ? (unsigned)(cores - 1) : PARALLELISM_AUTO_MAX;
}

/* Large batches are handed over for less; but many workers' batches fill slowly and take room. */
static unsigned batch_rows_auto(unsigned workers)
{
    unsigned rows = 4 * TIDE_BATCH_ROWS_AUTO_MAX / workers;
    if (rows > TIDE_BATCH_ROWS_AUTO_MAX) return TIDE_BATCH_ROWS_AUTO_MAX;
    return rows < TIDE_BATCH_ROWS_AUTO_MIN ? TIDE_BATCH_ROWS_AUTO_MIN : rows;
}

static bool set_machine(struct tide_plan *plan, const struct tide_settings *settings)
{
    uint64_t workers = 0, rows, slots;
    const char *text = tide_options_text(settings->options, TIDE_RUN_PARALLELISM);
    if (strcmp(text, "auto") == 0) workers = parallelism_auto();
    else if (!tide_setting_uint(settings, TIDE_RUN_PARALLELISM, 1, TIDE_PARALLELISM_MAX, &workers))
        return false;
    if (strcmp(tide_options_text(settings->options, TIDE_RUN_BATCH_ROWS), "auto") == 0)
        rows = batch_rows_auto((unsigned)workers);
    else if (!tide_setting_uint(settings, TIDE_RUN_BATCH_ROWS, 1, TIDE_BATCH_ROWS_MAX, &rows))
        return false;
    if (!tide_setting_uint(settings, TIDE_RUN_RING_SLOTS, 2, TIDE_RING_SLOTS_MAX, &slots))
        return false;
    if (slots & (slots - 1))
        return tide_setting_refuse(settings, TIDE_RUN_RING_SLOTS,
                                   "%llu is no power of two; write 2, 4, 8 ... %d",
                                   (unsigned long long)slots, TIDE_RING_SLOTS_MAX);
    plan->parallelism = (unsigned)workers;
    plan->batch_rows = (unsigned)rows;
    plan->ring_slots = (unsigned)slots;
    return true;
}

static bool set_memory(struct tide_plan *plan, const struct tide_settings *settings)
{
    return tide_setting_size(settings, TIDE_RUN_MEMORY, "off", 0, &plan->memory_max);
}

static bool set_scheduler(struct tide_plan *plan, const struct tide_settings *settings)
{
    const char *text = tide_options_text(settings->options, TIDE_RUN_SCHEDULER);
    if (strcmp(text, "threads") == 0) return true;
    plan->scheduler = TIDE_SCHEDULER_ONE;
    if (strcmp(text, "one") == 0) return true;
    size_t digits = strncmp(text, "one:", 4) == 0 ? strspn(text + 4, "0123456789") : 0;
    if (digits == 0 || digits > 18 || text[4 + digits])
        return tide_setting_refuse(settings, TIDE_RUN_SCHEDULER,
                                   "'%s' is no scheduler; write threads, one or one:SEED", text);
    plan->scheduler_seed = strtoull(text + 4, NULL, 10);
    return true;
}

static bool set_max_rejects(struct tide_plan *plan, const struct tide_settings *settings)
{
    const char *text = tide_options_text(settings->options, TIDE_RUN_MAX_REJECTS);
    size_t bytes = strlen(text);
    plan->rejects_max = -1;
    plan->rejects_millionths_max = -1;
    if (strcmp(text, "none") == 0) return true;
    if (bytes > 0 && text[bytes - 1] == '%') {
        uint32_t millionths;
        if (!tide_setting_percent(settings, TIDE_RUN_MAX_REJECTS, text, bytes - 1, &millionths))
            return false;
        plan->rejects_millionths_max = millionths;
        return true;
    }
    if (bytes == 0 || text[strspn(text, "0123456789")])
        return tide_setting_refuse(settings, TIDE_RUN_MAX_REJECTS,
                                   "'%s' is no limit; write a number of rows, a percentage such as "
                                   "1%%, or none",
                                   text);
    uint64_t rows;
    if (!tide_setting_uint(settings, TIDE_RUN_MAX_REJECTS, 0, INT64_MAX, &rows)) return false;
    plan->rejects_max = (int64_t)rows;
    return true;
}

static bool set_manners(struct tide_plan *plan, const struct tide_settings *settings)
{
    plan->escapes_formulas = tide_options_flag(settings->options, TIDE_RUN_ESCAPE_FORMULAS);
    plan->quiet = tide_options_flag(settings->options, TIDE_RUN_QUIET);
    plan->verbose = tide_options_flag(settings->options, TIDE_RUN_VERBOSE);
    if (plan->quiet && plan->verbose)
        return tide_setting_refuse(settings, TIDE_RUN_VERBOSE, "--quiet says the opposite");
    /* Rules of the command line hide the file's for good: then a reload has nothing to read. */
    const struct tide_given *alert = tide_options_given(settings->options, TIDE_RUN_ALERT);
    if (!alert || alert->line > 0) plan->config_file = settings->options->config_file;
    return true;
}

/* In this order: later ones look at what earlier ones have found. */
/* clang-format off */
static bool (*const setters[])(struct tide_plan *plan, const struct tide_settings *settings) = {
    tide_plan_input,
    set_event_time,
    tide_plan_clock,
    set_window,
    set_aggregates,
    tide_plan_process,
    set_rules,
    set_keyed_state,
    tide_side_outputs_set,
    set_format,
    set_choices,
    set_machine,
    set_memory,
    set_scheduler,
    set_max_rejects,
    set_manners,
    tide_plan_checkpoint,
    tide_outputs_resolve,
    tide_identity_build,
};
/* clang-format on */

bool tide_plan_build(struct tide_plan *plan, const struct tide_options *options,
                     const struct tide_registry *registry, struct tide_error *error)
{
    *plan = (struct tide_plan){.registry = registry};
    plan->key_names = tide_alloc_zeroed(1, sizeof *plan->key_names);
    if (!plan->key_names) return tide_error_memory(error, "the plan");
    TIDE_ASSERT(options->set == &tide_run_options || options->set->base == &tide_run_options);
    struct tide_settings settings = {.options = options, .error = error};
    for (size_t i = 0; i < sizeof setters / sizeof setters[0]; i++)
        if (!setters[i](plan, &settings)) return false;
    return true;
}

void tide_plan_fini(struct tide_plan *plan)
{
    for (unsigned i = 0; i < TIDE_KEY_COLUMN_COUNT_MAX; i++) tide_free(plan->keys[i].name);
    for (unsigned i = 0; plan->key_names && i < TIDE_KEY_COLUMN_COUNT_MAX; i++)
        tide_free(plan->key_names->names[i]);
    tide_free(plan->key_names);
    for (unsigned i = 0; i < plan->side_output_count; i++) tide_free(plan->side_outputs[i].name);
    tide_free(plan->time.name);
    tide_free(plan->value.name);
    tide_na_fini(&plan->na);
    tide_snapshot_fini(&plan->identity);
    tide_rules_free((struct tide_rule_set *)plan->rules);
    if (plan->plugin) tide_plugin_unload(plan->plugin);
    tide_free(plan->plugin);
    *plan = (struct tide_plan){0};
}

const char *tide_plan_key_name(const struct tide_plan *plan, unsigned part)
{
    static const char *const numbered[TIDE_KEY_COLUMN_COUNT_MAX] = {
        "key1", "key2",  "key3",  "key4",  "key5",  "key6",  "key7",  "key8",
        "key9", "key10", "key11", "key12", "key13", "key14", "key15", "key16"};
    TIDE_ASSERT(part < plan->key_count);
    if (plan->key_names && plan->key_names->names[part]) return plan->key_names->names[part];
    if (plan->has_header) return plan->keys[part].name;
    return plan->key_count == 1 ? "key" : numbered[part];
}
