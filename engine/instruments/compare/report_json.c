/* By hand and not by jansson, which refuses texts that are no UTF-8: keys are bytes. */
#include "engine/instruments/compare/report.h"
#include "engine/text/escape.h"

#include <string.h>

static void put_string(FILE *out, struct tide_span text)
{
    fputc('"', out);
    tide_escape_json_put(out, text.at, text.bytes);
    fputc('"', out);
}

static void put_name(FILE *out, const char *name)
{
    fprintf(out, ", \"%s\": ", name);
}

static void put_text(FILE *out, const char *name, const char *text)
{
    put_name(out, name);
    put_string(out, (struct tide_span){text, strlen(text)});
}

static void put_count(FILE *out, const char *name, uint64_t count)
{
    put_name(out, name);
    fprintf(out, "%llu", (unsigned long long)count);
}

static void put_flag(FILE *out, const char *name, bool flag)
{
    put_name(out, name);
    fputs(flag ? "true" : "false", out);
}

static void put_tally(FILE *out, const struct tide_flink_tally *tally)
{
    put_name(out, "subtasks");
    fputc('{', out);
    const char *comma = "";
    for (unsigned i = 0; i < tally->subtask_count; i++) {
        if (tally->by_subtask[i] == 0) continue;
        fprintf(out, "%s\"%u\": %llu", comma, i, (unsigned long long)tally->by_subtask[i]);
        comma = ", ";
    }
    fputc('}', out);
    put_count(out, "detections", tally->detections);
    put_count(out, "other_lines", tally->others);
}

/* Without the braces. */
static void put_facts(FILE *out, const struct tide_comparer *comparer,
                      const struct tide_side_facts *facts)
{
    fputs("\"label\": ", out);
    put_string(out, (struct tide_span){facts->side->label, strlen(facts->side->label)});
    if (facts->side->parallelism > 0) {
        put_count(out, "parallelism", facts->side->parallelism);
        put_text(out, "order", facts->side->order);
    }
    put_text(out, "format", tide_shape_name(facts->kind));
    put_count(out, "results", facts->count);
    put_count(out, "bytes", facts->bytes);
    if (facts->side->path && facts->kind == TIDE_SHAPE_FLINK &&
        comparer->manner.identity != TIDE_IDENTITY_TEXT)
        put_tally(out, &facts->tally);
}

void tide_compare_json_begin(FILE *out, const struct tide_comparer *comparer)
{
    fputs("{\n  \"tidemark\": \"" TIDE_VERSION "\",\n  \"reference\": {", out);
    put_facts(out, comparer, &comparer->facts);
    fputs("},\n  \"comparisons\": [", out);
}

static void put_witness(FILE *out, const char *name, const struct tide_side *side,
                        const struct tide_witness *witness)
{
    put_name(out, name);
    if (!witness->found) {
        fputs("null", out);
        return;
    }
    fputs("{\"text\": ", out);
    put_string(out, (struct tide_span){witness->text, witness->bytes});
    if (side->path) put_count(out, "line", witness->line);
    fputc('}', out);
}

static void put_place(FILE *out, const struct tide_result *result)
{
    if (result->window_start.bytes > 0) {
        put_name(out, "window_start");
        put_string(out, result->window_start);
        put_name(out, "window_end");
        put_string(out, result->window_end);
    } else if (result->has_value) {
        put_name(out, "first_time_ms");
        fprintf(out, "%lld", (long long)result->time_ms);
    }
    put_name(out, "key");
    fputc('[', out);
    const char *at = result->key.at, *end = at + result->key.bytes;
    for (bool more = true; more;) {
        const char *part_end = at < end ? memchr(at, '\0', (size_t)(end - at)) : NULL;
        more = part_end != NULL;
        put_string(out, (struct tide_span){at, (size_t)((more ? part_end : end) - at)});
        if (more) fputs(", ", out);
        at = more ? part_end + 1 : end;
    }
    fputc(']', out);
}

static void put_origin(FILE *out, const struct tide_origin *origin, const struct tide_plan *plan)
{
    put_count(out, "row_count", origin->count);
    put_count(out, "refire_count", origin->refired);
    put_name(out, "rows");
    fputc('[', out);
    for (unsigned i = 0; i < origin->shown; i++) {
        const struct tide_origin_row *row = &origin->rows[i];
        const char *name = plan->files[row->file];
        fputs(i > 0 ? ", {\"file\": " : "{\"file\": ", out);
        put_string(out, (struct tide_span){name, strlen(name)});
        put_count(out, "line", row->line);
        put_name(out, "record");
        put_string(out, (struct tide_span){row->record, row->bytes});
        fputc('}', out);
    }
    fputc(']', out);
}

static void put_difference(FILE *out, const struct tide_comparer *comparer,
                           const struct tide_comparison *comparison)
{
    static const char *const kinds[] = {"none", "value", "missing", "extra", "order"};
    const struct tide_difference *difference = &comparison->difference;
    put_name(out, "first_difference");
    if (difference->kind == TIDE_DIFFERENCE_NONE) {
        fputs("null", out);
        return;
    }
    fprintf(out, "{\"kind\": \"%s\"", kinds[difference->kind]);
    put_count(out, "result", (uint64_t)difference->index + 1);
    if (difference->kind == TIDE_DIFFERENCE_ORDER)
        put_count(out, "result_of_other", (uint64_t)difference->other_index + 1);
    const struct tide_witness *told =
        difference->reference.found ? &difference->reference : &difference->other;
    if (told->found) put_place(out, &told->result);
    put_witness(out, "reference", comparison->reference.side, &difference->reference);
    if (difference->has_other)
        put_witness(out, "other", comparison->other.side, &difference->other);
    if (difference->has_origin) put_origin(out, &difference->origin, comparer->plan);
    fputc('}', out);
}

void tide_compare_json(FILE *out, const struct tide_comparer *comparer,
                       const struct tide_comparison *comparison, unsigned index)
{
    const struct tide_reordering *reordering = &comparison->reordering;
    double pairs = comparison->pairs > 0 ? (double)comparison->pairs : 1;
    double common = comparison->common > 0 ? comparison->common : 1;
    fputs(index > 0 ? ",\n    {" : "\n    {", out);
    put_facts(out, comparer, &comparison->other);
    put_flag(out, "same_bytes", comparison->is_same_bytes);
    put_flag(out, "same_multiset", comparison->is_same_multiset);
    put_flag(out, "per_key_order_kept", comparison->are_keys_in_order);
    put_count(out, "common", comparison->common);
    put_count(out, "only_reference", comparison->reference_only);
    put_count(out, "only_other", comparison->other_only);
    if (comparer->manner.identity == TIDE_IDENTITY_VALUE)
        put_count(out, "same_as_float32", comparison->float_only);
    put_count(out, "inversions", reordering->inversions);
    put_count(out, "pairs", comparison->pairs);
    put_name(out, "inversions_percent");
    fprintf(out, "%.17g", 100 * (double)reordering->inversions / pairs);
    put_count(out, "greatest_displacement", reordering->greatest_displacement);
    put_name(out, "mean_displacement");
    fprintf(out, "%.17g", (double)reordering->displacement_sum / common);
    put_flag(out, "as_promised", comparison->is_kept);
    put_difference(out, comparer, comparison);
    fputc('}', out);
}

void tide_compare_json_end(FILE *out, bool is_kept)
{
    fprintf(out, "\n  ],\n  \"difference\": %s\n}\n", is_kept ? "false" : "true");
}
