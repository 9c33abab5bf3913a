#include "engine/instruments/explain/dot.h"

#include "engine/text/escape.h"

#include <string.h>

/* Of many workers only the first and the last are drawn as nodes of their own. */
static bool is_drawn(const struct tide_explanation *explanation, unsigned stage)
{
    const struct tide_post post = explanation->stages[stage].post;
    unsigned workers = explanation->plan->parallelism;
    return post.role != TIDE_ROLE_WORKER || workers <= TIDE_EXPLAIN_WORKERS_DRAWN ||
           post.index == 0 || post.index == workers - 1;
}

/* A text within the quotes of a label; control bytes and broken UTF-8, which would upset Graphviz,
 * become question marks. */
static void put_label(FILE *out, const char *text)
{
    for (size_t bytes; *text; text += bytes > 0 ? bytes : 1) {
        bytes = tide_utf8_sequence(text, strlen(text));
        if (*text == '"' || *text == '\\') fputc('\\', out);
        if (bytes == 0 || (unsigned char)*text < ' ') fputc('?', out);
        else fwrite(text, 1, bytes, out);
    }
}

static const char *color_of(enum tide_role role)
{
    static const char *const colors[TIDE_ROLE_COUNT] = {"#dbe9f6", "#fdf3df", "#fde9c9",
                                                        "#dff0d8", "#f2dede", "#e6e0f0"};
    return colors[role];
}

static unsigned sink_of(const struct tide_explanation *explanation)
{
    return tide_pipeline_stage(explanation->plan, TIDE_ROLE_SINK, 0);
}

static void write_stages(const struct tide_explanation *explanation, FILE *out)
{
    for (unsigned i = 0; i < explanation->stage_count; i++) {
        const struct tide_explain_stage *stage = &explanation->stages[i];
        const struct tide_post post = stage->post;
        if (!is_drawn(explanation, i)) continue;
        fprintf(out, "    stage%u [label=\"%s", i, tide_role_name(post.role));
        if (post.is_one_of_many) fprintf(out, " %u", post.index);
        fprintf(out, "\\n%s\", fillcolor=\"%s\"];\n", stage->thread, color_of(post.role));
    }
    unsigned workers = explanation->plan->parallelism;
    if (workers > TIDE_EXPLAIN_WORKERS_DRAWN)
        fprintf(out,
                "    others [label=\"... %u more workers\\nlike these\", style=dashed];\n"
                "    stage%u -> others [style=dotted];\n"
                "    others -> stage%u [style=dotted];\n",
                workers - 2, tide_pipeline_stage(explanation->plan, TIDE_ROLE_PARSER, 0),
                sink_of(explanation));
}

static void write_links(const struct tide_explanation *explanation, FILE *out)
{
    for (unsigned i = 0; i < explanation->link_count; i++) {
        const struct tide_explain_link *link = &explanation->links[i];
        char cargo[128];
        if (!is_drawn(explanation, link->from) || !is_drawn(explanation, link->to)) continue;
        tide_explain_cargo_text(explanation, link, cargo, sizeof cargo);
        fprintf(out, "    stage%u -> stage%u [label=\"%u %s\"%s];\n", link->from, link->to,
                link->items, cargo,
                link->cargo == TIDE_EXPLAIN_SIDE_LINES ? ", color=\"#a05050\"" : "");
        fprintf(out, "    stage%u -> stage%u [dir=back, style=dashed, color=gray];\n", link->from,
                link->to);
    }
}

static void write_files(const struct tide_explanation *explanation, FILE *out)
{
    const struct tide_plan *plan = explanation->plan;
    for (unsigned i = 0; i < plan->file_count; i++) {
        const char *name = plan->files[i];
        fprintf(out, "    file%u [shape=note, label=\"", i);
        put_label(out, strcmp(name, "-") == 0 ? "standard input" : name);
        fprintf(out, "\"];\n    file%u -> stage%u;\n", i, tide_plan_partitions(plan) ? i : 0);
    }
}

static void write_outputs(const struct tide_explanation *explanation, FILE *out)
{
    static const char *const names[] = {"alerts", "results", "late", "rejects", "stats", "trace"};
    const struct tide_plan *plan = explanation->plan;
    for (unsigned i = 0; i < TIDE_OUTPUT_COUNT; i++) {
        const char *place = plan->outputs[i];
        if (!place) continue;
        fprintf(out, "    %s [shape=note, label=\"%s\\n", names[i], names[i]);
        put_label(out, strcmp(place, "-") == 0 ? "standard output" : place);
        fprintf(out, "\"];\n");
        /* The stats are written at the end, by none of the stages. */
        if (i != TIDE_OUTPUT_STATS)
            fprintf(out, "    stage%u -> %s;\n", sink_of(explanation), names[i]);
    }
    for (unsigned i = 0; i < plan->side_output_count; i++) {
        const struct tide_side_output *side = &plan->side_outputs[i];
        fprintf(out, "    side%u [shape=note, label=\"", i);
        put_label(out, side->name);
        fprintf(out, "\\n");
        put_label(out, strcmp(side->file, "-") == 0 ? "standard output" : side->file);
        fprintf(out, "\"];\n    stage%u -> side%u;\n", sink_of(explanation), i);
    }
}

void tide_explain_write_dot(const struct tide_explanation *explanation, FILE *out)
{
    fprintf(
        out,
        "digraph tidemark {\n"
        "    label=\"tidemark %s at parallelism %u. Solid: rings of full items; dashed: the same "
        "items empty, on their way back.\";\n"
        "    rankdir=LR;\n"
        "    fontname=\"Helvetica\";\n"
        "    node [shape=box, style=filled, fillcolor=white, fontname=\"Helvetica\"];\n"
        "    edge [fontname=\"Helvetica\", fontsize=10];\n",
        TIDE_VERSION, explanation->plan->parallelism);
    write_files(explanation, out);
    write_stages(explanation, out);
    write_links(explanation, out);
    write_outputs(explanation, out);
    fprintf(out, "}\n");
}
