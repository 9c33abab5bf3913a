#include "engine/instruments/explain/json.h"

#include "engine/base/memory.h"
#include "engine/instruments/explain/input.h"
#include "engine/instruments/explain/state.h"
#include "engine/plan/format.h"
#include "engine/state/history.h"
#include "engine/state/inactivity.h"
#include "engine/text/escape.h"

#include <string.h>

enum { JSON_GROWTH = 6 };

struct writer {
    FILE *out;
    bool failed; /* out of memory */
};

static unsigned long long ull(uint64_t value)
{
    return value;
}

/* NULL is null. */
static void put_text(struct writer *writer, const char *text)
{
    size_t bytes = text ? strlen(text) : 0;
    char *escaped = text ? tide_alloc(JSON_GROWTH * bytes + 1) : NULL;
    if (!text) {
        fprintf(writer->out, "null");
        return;
    }
    writer->failed = writer->failed || !escaped;
    if (escaped)
        fprintf(writer->out, "\"%.*s\"", (int)tide_escape_json(escaped, text, bytes), escaped);
    tide_free(escaped);
}

/* "name": "text" */
static void put_member(struct writer *writer, const char *name, const char *text)
{
    fprintf(writer->out, "\"%s\": ", name);
    put_text(writer, text);
}

static void put_stages(struct writer *writer, const struct tide_explanation *explanation)
{
    fprintf(writer->out, "  \"stages\": [");
    for (unsigned i = 0; i < explanation->stage_count; i++) {
        const struct tide_explain_stage *stage = &explanation->stages[i];
        fprintf(writer->out, "%s\n    {\"stage\": \"%s\", ", i ? "," : "",
                tide_role_name(stage->post.role));
        if (stage->post.is_one_of_many)
            fprintf(writer->out, "\"%s\": %u, ",
                    stage->post.role == TIDE_ROLE_WORKER ? "worker" : "input", stage->post.index);
        fprintf(writer->out, "\"thread\": \"%s\", \"spins\": %u, \"yields\": %u}", stage->thread,
                stage->patience.spins, stage->patience.yields);
    }
    fprintf(writer->out, "\n  ],\n");
}

static void put_links(struct writer *writer, const struct tide_explanation *explanation)
{
    static const char *const cargos[] = {"blocks", "parcels",    "batches",
                                         "lines",  "side lines", "snapshots"};
    fprintf(writer->out, "  \"links\": [");
    for (unsigned i = 0; i < explanation->link_count; i++) {
        const struct tide_explain_link *link = &explanation->links[i];
        fprintf(writer->out,
                "%s\n    {\"from\": %u, \"to\": %u, \"carries\": \"%s\", \"items\": %u, "
                "\"slots\": %zu, \"item_bytes\": %llu}",
                i ? "," : "", link->from, link->to, cargos[link->cargo], link->items, link->slots,
                ull(link->item_bytes));
    }
    fprintf(writer->out, "\n  ],\n");
}

static void put_operators(struct writer *writer, const struct tide_explanation *explanation)
{
    const struct tide_plan *plan = explanation->plan;
    bool first = true;
    fprintf(writer->out,
            "  \"window\": {\"name\": \"%s\", \"size_ms\": %lld, \"slide_ms\": %lld, "
            "\"offset_ms\": %lld, \"rows\": %llu},\n"
            "  \"aggregates\": [",
            plan->window->name, (long long)plan->shape.size_ms, (long long)plan->shape.slide_ms,
            (long long)plan->shape.offset_ms, ull(plan->shape.row_count));
    for (unsigned i = 0; plan->registry->aggregates[i]; i++) {
        bool is_listed = explanation->states.listed >> i & 1, is_used = plan->rules->uses >> i & 1;
        bool is_kept = explanation->states.stateful >> i & 1;
        if (!is_listed && !is_used && !is_kept) continue;
        fprintf(writer->out,
                "%s{\"name\": \"%s\", \"listed\": %s, \"used_by_rules\": %s, \"state_bytes\": %u}",
                first ? "" : ", ", plan->registry->aggregates[i]->name,
                is_listed ? "true" : "false", is_used ? "true" : "false",
                plan->registry->aggregates[i]->state_bytes);
        first = false;
    }
    fprintf(writer->out, "],\n  \"history\": ");
    if (!tide_plan_keeps_history(plan)) fprintf(writer->out, "null");
    else
        fprintf(writer->out, "{\"windows\": %u, \"bytes_a_key\": %llu}", plan->history_depth,
                ull(tide_history_record_bytes(plan->history_depth, tide_plan_fires_again(plan))));
    fprintf(writer->out, ",\n  \"inactive\": ");
    if (!tide_plan_watches_keys(plan)) fprintf(writer->out, "null");
    else
        fprintf(writer->out, "{\"after_ms\": %lld, \"bytes_a_key\": %zu}",
                (long long)plan->inactive_ms, sizeof(struct tide_inactive_key));
    fprintf(writer->out, ",\n  \"format\": \"%s\",\n  \"alerts\": [", plan->format->name);
    for (unsigned i = 0; i < explanation->rule_count; i++) {
        const struct tide_explain_rule *described = &explanation->rules[i];
        fprintf(writer->out, "%s{", i ? ", " : "");
        put_member(writer, "rule", described->rule->label);
        fprintf(writer->out, ", ");
        put_member(writer, "condition", described->condition);
        fprintf(writer->out, ", ");
        put_member(writer, "decided", described->test);
        fprintf(writer->out, "}");
    }
    fprintf(writer->out, "],\n");
}

static void put_process(struct writer *writer, const struct tide_plugin *plugin)
{
    fprintf(writer->out, "  \"process\": ");
    if (!plugin) {
        fprintf(writer->out, "null,\n");
        return;
    }
    fprintf(writer->out, "{");
    put_member(writer, "file", plugin->path);
    fprintf(writer->out, ", ");
    put_member(writer, "name", plugin->function->name);
    fprintf(writer->out, ", \"state_bytes\": %u, \"bytes_a_key\": %zu, \"sets_timers\": %s},\n",
            (unsigned)plugin->function->state_bytes, tide_worker_process_key_bytes(plugin),
            plugin->function->on_timer ? "true" : "false");
}

static void put_places(struct writer *writer, const struct tide_explanation *explanation)
{
    static const char *const names[] = {"alerts", "results", "late", "rejects", "stats", "trace"};
    const struct tide_plan *plan = explanation->plan;
    fprintf(writer->out, "  \"input\": [");
    for (unsigned i = 0; i < plan->file_count; i++) {
        const struct tide_explain_file *file = &explanation->files[i];
        char text[TIDE_EXPLAIN_TEXT_BYTES];
        tide_explain_file_text(file, text, sizeof text);
        fprintf(writer->out, "%s{", i ? ", " : "");
        put_member(writer, "file", file->name);
        fprintf(writer->out, ", ");
        put_member(writer, "source", file->source ? file->source->name : NULL);
        fprintf(writer->out, ", ");
        put_member(writer, "is", text);
        fprintf(writer->out, "}");
    }
    fprintf(writer->out, "],\n  \"outputs\": {");
    for (unsigned i = 0; i < TIDE_OUTPUT_COUNT; i++) {
        fprintf(writer->out, "%s", i ? ", " : "");
        put_member(writer, names[i], plan->outputs[i]);
    }
    fprintf(writer->out, "},\n  \"side_outputs\": {");
    for (unsigned i = 0; i < plan->side_output_count; i++) {
        if (i > 0) fprintf(writer->out, ", ");
        put_text(writer, plan->side_outputs[i].name);
        fprintf(writer->out, ": ");
        put_text(writer, plan->side_outputs[i].file);
    }
    fprintf(writer->out, "},\n");
}

static void put_memory(struct writer *writer, const struct tide_explanation *explanation)
{
    const struct tide_footprint *footprint = &explanation->footprint;
    fprintf(writer->out, "  \"memory\": {\"at_start_bytes\": %llu, \"parts\": {",
            ull(footprint->total_at_start));
    for (unsigned i = 0; i < TIDE_FOOTPRINT_PART_COUNT; i++) {
        fprintf(writer->out, "%s\"%s\": %llu", i ? ", " : "", explanation->memory[i].what,
                ull(explanation->memory[i].bytes));
    }
    fprintf(writer->out,
            "},\n    \"emission_texts_bytes_max\": %llu, \"long_keys_bytes_max\": %llu, "
            "\"entry_bytes\": %u, \"window_bytes\": {",
            ull(footprint->texts_max), ull(footprint->keys_max),
            tide_explain_entry_bytes(explanation));
    static const uint32_t key_counts[] = {1, 1000, 1000000};
    for (unsigned i = 0; i < 3; i++)
        fprintf(writer->out, "%s\"%u\": %llu", i ? ", " : "", key_counts[i],
                ull(tide_explain_state_bytes(explanation, key_counts[i])));
    fprintf(writer->out, "}, \"open_windows_a_worker_max\": ");
    if (explanation->windows_max == 0) fprintf(writer->out, "null");
    else fprintf(writer->out, "%llu", ull(explanation->windows_max));
    if (explanation->plan->window->kind == TIDE_WINDOW_SLIDING)
        fprintf(writer->out, ", \"slices_a_slide\": %u",
                tide_window_slices(&explanation->plan->shape));
    fprintf(writer->out, "},\n");
}

static void put_given(struct writer *writer, const struct tide_explanation *explanation)
{
    fprintf(writer->out, "  \"options\": [");
    for (unsigned i = 0; i < explanation->given_count; i++) {
        const struct tide_explain_option *given = &explanation->given[i];
        const struct tide_option *option = tide_option_at(explanation->options->set, given->id);
        fprintf(writer->out, "%s\n    {\"option\": \"%s\", ", i ? "," : "", option->name);
        put_member(writer, "value", given->text);
        fprintf(writer->out, ", ");
        put_member(writer, "default", given->fallback);
        fprintf(writer->out, ", \"config_line\": %u, ", given->line);
        put_member(writer, "effect", given->effect);
        fprintf(writer->out, "}");
    }
    fprintf(writer->out, "\n  ]\n");
}

bool tide_explain_write_json(const struct tide_explanation *explanation, FILE *out)
{
    const struct tide_plan *plan = explanation->plan;
    struct writer writer = {.out = out};
    fprintf(out,
            "{\n  \"tidemark\": \"%s\",\n  \"parallelism\": %u,\n  \"batch_rows\": %u,\n"
            "  \"ring_slots\": %u,\n  \"scanner\": \"%s\",\n  \"cores\": %u,\n"
            "  \"threads\": %u,\n",
            TIDE_VERSION, plan->parallelism, plan->batch_rows, plan->ring_slots,
            explanation->scanner, explanation->core_count, explanation->thread_count);
    put_places(&writer, explanation);
    put_stages(&writer, explanation);
    put_links(&writer, explanation);
    fprintf(out, "  \"epochs\": {\"count\": %u, \"steps_max\": %u, \"rows_max\": %llu},\n",
            explanation->epochs.epoch_count, explanation->epochs.step_capacity,
            ull(explanation->epochs.row_capacity));
    put_operators(&writer, explanation);
    put_process(&writer, plan->plugin);
    fprintf(out, "  ");
    put_member(&writer, "watermark", explanation->watermark_rule);
    fprintf(out, ",\n  ");
    put_member(&writer, "order", explanation->order_rule);
    fprintf(out, ",\n");
    put_memory(&writer, explanation);
    put_given(&writer, explanation);
    fprintf(out, "}\n");
    return !writer.failed;
}
