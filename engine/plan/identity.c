#include "engine/plan/identity.h"

#include "engine/plan/run_options.h"

#include <stdio.h>
#include <string.h>

/* What may differ from one run to the one that resumes it. Rules may change while a run goes on, so
 * they are the parser's to save. */
static bool is_free(unsigned id)
{
    static const unsigned free_ids[] = {
        TIDE_RUN_ALERT,     TIDE_RUN_STATS,      TIDE_RUN_MAX_REJECTS,      TIDE_RUN_PARALLELISM,
        TIDE_RUN_PROGRESS,  TIDE_RUN_QUIET,      TIDE_RUN_VERBOSE,          TIDE_RUN_CONFIG,
        TIDE_RUN_HELP,      TIDE_RUN_BATCH_ROWS, TIDE_RUN_RING_SLOTS,       TIDE_RUN_SIMD,
        TIDE_RUN_SCHEDULER, TIDE_RUN_CHECKPOINT, TIDE_RUN_CHECKPOINT_EVERY, TIDE_RUN_RESUME,
        TIDE_RUN_PROCESS,   TIDE_RUN_MEMORY,
    };
    for (size_t i = 0; i < sizeof free_ids / sizeof free_ids[0]; i++)
        if (free_ids[i] == id) return true;
    return false;
}

static void put(struct tide_snapshot *identity, const char *name, const char *text)
{
    tide_put_text(identity, name, strlen(name));
    tide_put_text(identity, text, strlen(text));
}

static void put_option(struct tide_snapshot *identity, const struct tide_options *options,
                       unsigned id)
{
    const struct tide_option *option = &tide_run_options.options[id];
    if (!option->argument) {
        put(identity, option->name, tide_options_flag(options, id) ? "true" : "false");
    } else if (!option->repeatable) {
        const char *text = tide_options_text(options, id);
        put(identity, option->name, text ? text : "");
    } else {
        const unsigned given = tide_options_texts(options, id, NULL, 0);
        const char *texts[TIDE_RULE_COUNT_MAX];
        const unsigned kept = tide_options_texts(options, id, texts, TIDE_RULE_COUNT_MAX);
        for (unsigned i = 0; i < given && i < TIDE_RULE_COUNT_MAX && i < kept; i++)
            put(identity, option->name, texts[i]);
    }
}

/* A plug-in may be built anew and lie elsewhere, as long as what is saved of it means the same. */
static void put_plugin(struct tide_snapshot *identity, const struct tide_plugin *plugin)
{
    enum { TEXT_BYTES = 64 };
    static const char name[] = "process";
    const struct tidemark_process_function *function = plugin->function;
    char text[TEXT_BYTES];
    put(identity, name, function->name);
    snprintf(text, sizeof text, "state version %u", (unsigned)function->state_version);
    put(identity, name, text);
    snprintf(text, sizeof text, "%u bytes of state%s", (unsigned)function->state_bytes,
             function->save ? ", saved by itself" : "");
    put(identity, name, text);
    for (unsigned i = 0; i < plugin->counter_count; i++) put(identity, name, function->counters[i]);
}

bool tide_identity_build(struct tide_plan *plan, const struct tide_settings *settings)
{
    struct tide_snapshot *identity = &plan->identity;
    if (!plan->checkpoint_folder) return true;
    for (unsigned id = 0; id < TIDE_RUN_OPTION_COUNT; id++)
        if (!is_free(id)) put_option(identity, settings->options, id);
    if (plan->plugin) put_plugin(identity, plan->plugin);
    /* One input may have been moved: its bytes are looked at. Of several, names may be printed. */
    for (unsigned i = 0; i < plan->file_count; i++)
        put(identity, "input", plan->file_count > 1 ? plan->files[i] : "");
    return !identity->has_failed || tide_error_memory(settings->error, "the plan");
}

struct pair {
    const char *name, *text;
    size_t name_bytes, text_bytes;
};

/* False: there are no more. */
static bool next(struct tide_snapshot_reader *reader, struct pair *pair)
{
    *pair = (struct pair){0};
    if (reader->at == reader->end) return false;
    pair->name = tide_get_text(reader, &pair->name_bytes);
    pair->text = tide_get_text(reader, &pair->text_bytes);
    return !reader->damage;
}

static bool same(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    return a_bytes == b_bytes && memcmp(a, b, a_bytes) == 0;
}

static bool refuse(const struct pair *here, const struct pair *there, struct tide_error *error)
{
    enum { SHOWN_BYTES = 200 };
    const bool both = same(here->name ? here->name : "", here->name_bytes,
                           there->name ? there->name : "", there->name_bytes);
    const struct pair *named = here->name ? here : there;
    const int name_bytes = (int)(named->name_bytes < SHOWN_BYTES ? named->name_bytes : SHOWN_BYTES);
    const bool is_input = same(named->name, named->name_bytes, "input", strlen("input"));
    const char *what = is_input ? "the inputs" : "the options";
    if (!both || is_input)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "%s are not those of the run that the checkpoint is of (%s%.*s); "
                              "resume with the same ones, or begin anew in another folder",
                              what, is_input ? "" : "--", name_bytes, named->name);
    return tide_error_set(
        error, TIDE_EXIT_FAILED,
        "--%.*s was '%.*s' when the checkpoint was taken and is '%.*s' now; resume with the same "
        "options, or begin anew in another folder",
        name_bytes, named->name,
        (int)(there->text_bytes < SHOWN_BYTES ? there->text_bytes : SHOWN_BYTES), there->text,
        (int)(here->text_bytes < SHOWN_BYTES ? here->text_bytes : SHOWN_BYTES), here->text);
}

bool tide_identity_check(const struct tide_plan *plan, const char *bytes, size_t count,
                         struct tide_error *error)
{
    const struct tide_snapshot *identity = &plan->identity;
    struct tide_snapshot_reader here = {.at = identity->bytes,
                                        .end = identity->bytes + identity->count};
    struct tide_snapshot_reader there = {.at = bytes, .end = bytes + count};
    struct pair ours, theirs;
    for (;;) {
        const bool more_here = next(&here, &ours), more_there = next(&there, &theirs);
        if (there.damage) return tide_error_set(error, TIDE_EXIT_FAILED, "%s", there.damage);
        if (!more_here && !more_there) return true;
        if (!more_here || !more_there ||
            !same(ours.name, ours.name_bytes, theirs.name, theirs.name_bytes) ||
            !same(ours.text, ours.text_bytes, theirs.text, theirs.text_bytes))
            return refuse(&ours, &theirs, error);
    }
}
