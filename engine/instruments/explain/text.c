#include "engine/instruments/explain/text.h"

#include "engine/instruments/explain/input.h"
#include "engine/instruments/explain/state.h"
#include "engine/instruments/explain/words.h"
#include "engine/plan/format.h"

#include <stdarg.h>
#include <string.h>

enum { INDENT = 2, HEAD_COLUMNS = 18, TEXT_BYTES = 2048 };

/* Where the text of an entry begins. */
enum { TEXT_COLUMN = INDENT + HEAD_COLUMNS };

static unsigned long long ull(uint64_t value)
{
    return value;
}

/* Characters of a UTF-8 text's first bytes. */
static size_t columns_of(const char *text, size_t bytes)
{
    size_t columns = 0;
    for (size_t i = 0; i < bytes; i++) columns += (text[i] & 0xC0) != 0x80;
    return columns;
}

/* The text broken at blanks, from `column` on, where the line stands; later lines begin at
 * `indent`. */
static void put_wrapped(FILE *out, const char *text, size_t column, size_t indent)
{
    for (bool first = true; *text; first = false) {
        size_t bytes = strcspn(text, " "), columns = columns_of(text, bytes);
        if (!first && column + 1 + columns > TIDE_EXPLAIN_COLUMNS) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            fputc(' ', out);
            column++;
        }
        fwrite(text, 1, bytes, out);
        column += columns;
        text += bytes;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

/* A head and what it means, side by side; below each other if the head is long. */
static void put_entry(FILE *out, const char *head, const char *format, ...) TIDE_PRINTF(3, 4);
static void put_entry(FILE *out, const char *head, const char *format, ...)
{
    char text[TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t columns = columns_of(head, strlen(head));
    fprintf(out, "%*s%s", INDENT, "", head);
    if (columns + 1 > HEAD_COLUMNS) fprintf(out, "\n%*s", TEXT_COLUMN, "");
    else fprintf(out, "%*s", (int)(HEAD_COLUMNS - columns), "");
    put_wrapped(out, text, TEXT_COLUMN, TEXT_COLUMN);
}

static void put_paragraph(FILE *out, const char *text)
{
    fprintf(out, "%*s", INDENT, "");
    put_wrapped(out, text, INDENT, INDENT);
}

static void put_title(FILE *out, const char *title)
{
    fprintf(out, "\n%s\n", title);
}

/* "a", "a and b", "a, b and c": the key columns. */
static void list_keys(const struct tide_plan *plan, char *text, size_t bytes)
{
    size_t used = 0;
    for (unsigned i = 0; i < plan->key_count && used < bytes; i++)
        used += (size_t)snprintf(text + used, bytes - used, "%s%s",
                                 i == 0                     ? ""
                                 : i + 1 == plan->key_count ? " and "
                                                            : ", ",
                                 plan->keys[i].name);
}

static void write_input(const struct tide_explanation *explanation, FILE *out)
{
    const struct tide_plan *plan = explanation->plan;
    char text[TIDE_EXPLAIN_TEXT_BYTES];
    put_title(out, "Input");
    for (unsigned i = 0; i < plan->file_count; i++) {
        const struct tide_explain_file *file = &explanation->files[i];
        tide_explain_file_text(file, text, sizeof text);
        put_entry(out, strcmp(file->name, "-") == 0 ? "standard input" : file->name, "%s%s", text,
                  tide_plan_follows(plan, i) ? "; followed when it grows" : "");
    }
    list_keys(plan, text, sizeof text);
    put_entry(out, "key", "%s%s", text, plan->trim ? ", blanks around it trimmed" : "");
    put_entry(out, "time", "%s", plan->time.name);
    put_entry(out, "value", "%s, exact to %u decimal%s", plan->value.name, plan->decimal.scale,
              plan->decimal.scale == 1 ? "" : "s");
}

/* --- threads and rings --- */

static const char *work_of(const struct tide_explanation *explanation, enum tide_role role)
{
    const bool has_partitions = tide_plan_partitions(explanation->plan) > 0;
    const bool finds_late = tide_plan_parser_finds_late(explanation->plan);
    switch (role) {
    case TIDE_ROLE_READER:
        return has_partitions ? "reads one file, unpacks"
                              : "reads the files one after the other, unpacks";
    case TIDE_ROLE_PARTITION:
        return "finds the records of one file, reads their fields";
    case TIDE_ROLE_PARSER:
        if (has_partitions)
            return finds_late ? "takes the row of the file that is furthest behind, decides the "
                                "watermark and who is late, routes rows by their key's hash"
                              : "takes the row of the file that is furthest behind, decides the "
                                "watermark, routes rows by their key's hash";
        return finds_late
                   ? "finds records, decides the watermark and who is late, routes rows by their "
                     "key's hash"
                   : "finds records, decides the watermark, routes rows by their key's hash";
    case TIDE_ROLE_WORKER:
        return "owns a share of the keys: folds, fires, applies rules, prints lines";
    case TIDE_ROLE_CHECKPOINT:
        return "gathers what all others save at a barrier, writes it to disk while they go on";
    case TIDE_ROLE_SINK:
    case TIDE_ROLE_COUNT:
        break;
    }
    return "puts lines into their order, writes the outputs";
}

static void put_patience(const struct tide_explanation *explanation, FILE *out)
{
    const struct tide_plan *plan = explanation->plan;
    const unsigned partitions = tide_plan_partitions(plan),
                   busy_count = plan->parallelism + 1 + partitions;
    const struct tide_patience *busy =
        &explanation->stages[tide_pipeline_stage(plan, TIDE_ROLE_PARSER, 0)].patience;
    const char *who = partitions > 0 ? "parts, parser and workers" : "parser and workers";
    char text[TIDE_EXPLAIN_TEXT_BYTES], spins[160];
    if (busy->spins > 0)
        snprintf(spins, sizeof spins,
                 "As there is a core for %s (%u), they look %u "
                 "times with a pause before they sleep, and yield",
                 who, busy_count, busy->spins);
    else
        snprintf(spins, sizeof spins,
                 "As there is not a core for each of %s (%u), "
                 "before they sleep they only yield",
                 who, busy_count);
    if (explanation->thread_count == 1)
        snprintf(text, sizeof text,
                 "One thread runs all stages by turns, in an order drawn from %llu.",
                 ull(explanation->plan->scheduler_seed));
    else
        snprintf(text, sizeof text,
                 "%u threads on %u core%s. %s %u time%s; reader%s%s sleep at once.",
                 explanation->thread_count, explanation->core_count,
                 explanation->core_count == 1 ? "" : "s", spins, busy->yields,
                 busy->yields == 1 ? "" : "s", partitions > 0 ? "s" : "",
                 explanation->plan->checkpoint_folder ? ", sink and checkpoint" : " and sink");
    put_paragraph(out, text);
    put_entry(out, "scanner", "%s", explanation->scanner);
}

static void write_threads(const struct tide_explanation *explanation, FILE *out)
{
    char head[32];
    put_title(out, "Threads");
    for (unsigned i = 0; i < explanation->stage_count; i++) {
        const struct tide_explain_stage *stage = &explanation->stages[i];
        const unsigned alike = tide_explain_alike(explanation, stage->post);
        if (stage->post.is_one_of_many && stage->post.index > 0) continue; /* they are all alike */
        snprintf(head, sizeof head, "%s", stage->thread);
        if (alike > 1 && explanation->thread_count > 1)
            snprintf(head, sizeof head, "%s .. %u", stage->thread, alike - 1);
        put_entry(out, head, "%s%s: %s", tide_role_name(stage->post.role),
                  alike > 1 ? "s, each" : "", work_of(explanation, stage->post.role));
    }
    put_patience(explanation, out);
}

static void name_end(const struct tide_explanation *explanation, unsigned stage, char *text,
                     size_t bytes)
{
    const struct tide_post end = explanation->stages[stage].post;
    snprintf(text, bytes, "%s%s", tide_explain_alike(explanation, end) > 1 ? "each " : "",
             tide_role_name(end.role));
}

/* Links of the same cargo stand side by side, and from stages of one role they are all alike. */
static bool are_alike(const struct tide_explanation *explanation, const struct tide_explain_link *a,
                      const struct tide_explain_link *b)
{
    return a->cargo == b->cargo &&
           explanation->stages[a->from].post.role == explanation->stages[b->from].post.role;
}

static void write_rings(const struct tide_explanation *explanation, FILE *out)
{
    put_title(out, "Rings");
    fprintf(out, "  %-12s %-12s %5s %6s %6s  %s\n", "from", "to", "links", "items", "slots",
            "an item");
    for (unsigned i = 0, count; i < explanation->link_count; i += count) {
        const struct tide_explain_link *link = &explanation->links[i];
        char from[32], to[32], cargo[128];
        for (count = 1;
             i + count < explanation->link_count && are_alike(explanation, link, &link[count]);)
            count++;
        name_end(explanation, link->from, from, sizeof from);
        name_end(explanation, link->to, to, sizeof to);
        tide_explain_cargo_text(explanation, link, cargo, sizeof cargo);
        fprintf(out, "  %-12s %-12s %5u %6u %6zu  %s\n", from, to, count, link->items, link->slots,
                cargo);
    }
    put_paragraph(out, "Each link is two rings, full items forward and empty ones back. A producer "
                       "that finds no empty item waits: that is the back-pressure.");
}

/* --- what is computed --- */

static void write_aggregates(const struct tide_explanation *explanation, FILE *out)
{
    const struct tide_plan *plan = explanation->plan;
    for (unsigned i = 0; plan->registry->aggregates[i]; i++) {
        const struct tide_aggregate *aggregate = plan->registry->aggregates[i];
        bool is_listed = explanation->states.listed >> i & 1;
        bool is_used = plan->rules->uses >> i & 1, is_kept = explanation->states.stateful >> i & 1;
        char bytes[TIDE_WORDS_BYTES];
        if (!is_listed && !is_used && !is_kept) continue;
        put_entry(out, aggregate->name, "%s; %s",
                  is_listed && is_used ? "listed, and looked at by a rule"
                  : is_listed          ? "listed"
                  : is_used            ? "looked at by a rule"
                                       : "kept for rules that a reload may bring",
                  aggregate->state_bytes ? tide_words_bytes(bytes, aggregate->state_bytes)
                                         : "no state of its own");
    }
}

static void write_operators(const struct tide_explanation *explanation, FILE *out)
{
    const struct tide_plan *plan = explanation->plan;
    char text[TIDE_EXPLAIN_TEXT_BYTES], sources[128] = "";
    size_t used = 0;
    for (unsigned i = 0; plan->registry->sources[i] && used < sizeof sources; i++)
        used += (size_t)snprintf(sources + used, sizeof sources - used, "%s%s", i ? ", " : "",
                                 plan->registry->sources[i]->name);
    put_title(out, "Operators");
    put_entry(out, "source", "%s: whichever knows a file's first bytes", sources);
    tide_explain_window(explanation, text, sizeof text);
    put_entry(out, plan->window->name, "%s", text);
    tide_explain_keyed_state(explanation, text, sizeof text);
    put_entry(out, "keyed state", "%s", text);
    write_aggregates(explanation, out);
    if (tide_plan_keeps_history(plan)) {
        tide_words_history(text, sizeof text, plan);
        put_entry(out, "history", "%s", text);
    }
    if (tide_plan_watches_keys(plan)) {
        tide_words_inactive(text, sizeof text, plan);
        put_entry(out, "inactive", "%s", text);
    }
    put_entry(out, plan->format->name, "format: %s", plan->format->summary);
}

static void write_rules(const struct tide_explanation *explanation, FILE *out)
{
    put_title(out, "Alerts");
    if (explanation->rule_count == 0)
        put_paragraph(out, explanation->plan->plugin ? "No rule; the process function may emit."
                                                     : "No rule.");
    for (unsigned i = 0; i < explanation->rule_count; i++) {
        const struct tide_explain_rule *described = &explanation->rules[i];
        bool is_named = strcmp(described->rule->label, described->condition) != 0;
        put_entry(out, described->rule->label, "%s%s%s", is_named ? described->condition : "",
                  is_named ? "; " : "", described->test);
    }
}

/* "NAME, NAME": texts that end with NULL; "none". */
static void list_names(const char *const *names, char *text, size_t bytes)
{
    size_t used = (size_t)snprintf(text, bytes, "%s", names && *names ? *names : "none");
    for (unsigned i = 1; names && *names && names[i] && used < bytes; i++)
        used += (size_t)snprintf(text + used, bytes - used, ", %s", names[i]);
}

static void write_process(const struct tide_explanation *explanation, FILE *out)
{
    const struct tide_plugin *plugin = explanation->plan->plugin;
    char text[TIDE_EXPLAIN_TEXT_BYTES];
    if (!plugin) return;
    const struct tidemark_process_function *function = plugin->function;
    put_title(out, "Process function");
    put_entry(out, function->name, "%s, version %u of tidemark_process.h", plugin->path,
              (unsigned)function->abi);
    for (unsigned i = 0; i < plugin->argument_count; i++)
        put_entry(out, plugin->arguments[i].name, "argument: %s", plugin->arguments[i].value);
    if (function->state_bytes > 0)
        put_entry(out, "state", "%u bytes of state a key; a key that has state or timers takes %zu",
                  (unsigned)function->state_bytes, tide_worker_process_key_bytes(plugin));
    else put_entry(out, "state", "none");
    put_entry(out, "timers", "%s",
              function->on_timer ? "workers are told of every move of the watermark"
                                 : "it sets no timers");
    list_names(function->side_outputs, text, sizeof text);
    put_entry(out, "side outputs", "%s", text);
    list_names(function->counters, text, sizeof text);
    put_entry(out, "counters", "%s", text);
}

static void write_outputs(const struct tide_explanation *explanation, FILE *out)
{
    static const char *const names[] = {"alerts", "results", "late", "rejects", "stats", "trace"};
    const struct tide_plan *plan = explanation->plan;
    put_title(out, "Outputs");
    for (unsigned i = 0; i < TIDE_OUTPUT_COUNT; i++) {
        const char *place = plan->outputs[i];
        put_entry(out, names[i], "%s",
                  !place                    ? "off"
                  : strcmp(place, "-") == 0 ? "standard output"
                                            : place);
    }
    for (unsigned i = 0; i < plan->side_output_count; i++) {
        const struct tide_side_output *side = &plan->side_outputs[i];
        put_entry(out, "side output", "%s: %s", side->name,
                  strcmp(side->file, "-") == 0 ? "standard output" : side->file);
    }
}

/* --- memory --- */

static void write_fixed_memory(const struct tide_explanation *explanation, FILE *out)
{
    char size[TIDE_WORDS_BYTES], each[TIDE_WORDS_BYTES], parts[64];
    for (unsigned i = 0; i < TIDE_FOOTPRINT_PART_COUNT; i++) {
        const struct tide_explain_memory *part = &explanation->memory[i];
        if (part->count == 0) continue;
        if (part->each_bytes == 0 || part->count == 1)
            snprintf(parts, sizeof parts, "%llu", ull(part->count));
        else
            snprintf(parts, sizeof parts, "%llu of %s", ull(part->count),
                     tide_words_bytes(each, part->each_bytes));
        fprintf(out, "  %-24s %10s  %s%s%s\n", part->what, tide_words_bytes(size, part->bytes),
                parts, *part->note ? "; " : "", part->note);
    }
    fprintf(out, "  %-24s %10s  asked for before the first row\n", "together",
            tide_words_bytes(size, explanation->footprint.total_at_start));
    fprintf(out, "  %-24s %10s  at most, as there are lines to carry\n", "texts of emissions",
            tide_words_bytes(size, explanation->footprint.texts_max));
    fprintf(out, "  %-24s %10s  at most kept, if keys are longer than %d bytes\n",
            "long keys in batches", tide_words_bytes(size, explanation->footprint.keys_max),
            TIDE_KEY_INLINE_BYTES);
}

static void write_state(const struct tide_explanation *explanation, FILE *out)
{
    char text[TIDE_EXPLAIN_TEXT_BYTES];
    tide_explain_growth(explanation, text, sizeof text);
    put_paragraph(out, text);
    put_paragraph(out, "Pages count as resident when they are touched. Not in these figures: what "
                       "the allocator and the C library add, the threads' stacks, unpacking, and "
                       "the windows on mapped files, "
                       "whose pages are the page cache's. A record that straddles two blocks is "
                       "copied: twice its length and its fields.");
}

static void write_given(const struct tide_explanation *explanation, FILE *out)
{
    put_title(out, "Options given");
    if (explanation->given_count == 0) put_paragraph(out, "None: all defaults.");
    for (unsigned i = 0; i < explanation->given_count; i++) {
        const struct tide_explain_option *given = &explanation->given[i];
        const struct tide_option *option = tide_option_at(explanation->options->set, given->id);
        char place[64] = "";
        if (given->line > 0)
            snprintf(place, sizeof place, " (line %u of the config file)", given->line);
        fprintf(out, "  --%s%s%s%s\n", option->name, option->argument ? " " : "=", given->text,
                place);
        fprintf(out, "%*s", 2 * INDENT + 2, "");
        char text[TEXT_BYTES];
        snprintf(text, sizeof text, "%s%s%s%s", given->effect,
                 given->is_default ? "" : "; default: ",
                 given->is_default ? ""
                 : given->fallback ? given->fallback
                                   : "none",
                 "");
        put_wrapped(out, text, 2 * INDENT + 2, 2 * INDENT + 2);
    }
}

void tide_explain_write_text(const struct tide_explanation *explanation, FILE *out)
{
    fprintf(out, "What tidemark run would do with these options. Nothing was run or written.\n");
    write_input(explanation, out);
    write_threads(explanation, out);
    write_rings(explanation, out);
    write_operators(explanation, out);
    write_rules(explanation, out);
    write_process(explanation, out);
    put_title(out, "Watermark");
    put_paragraph(out, explanation->watermark_rule);
    put_title(out, "Order");
    put_paragraph(out, explanation->order_rule);
    write_outputs(explanation, out);
    put_title(out, "Memory");
    write_fixed_memory(explanation, out);
    write_state(explanation, out);
    write_given(explanation, out);
}
