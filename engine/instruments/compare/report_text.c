#include "engine/instruments/compare/report.h"
#include "engine/text/escape.h"

#include <string.h>

enum { DECIMALS = 2, DECIMALS_MAX = 18 };

static const char *yes_or_no(bool yes)
{
    return yes ? "yes" : "no";
}

/* At least two digits that are not zero, no exponent, no zeroes at the end. */
static void put_number(FILE *out, double value)
{
    char text[512];
    int decimals = DECIMALS;
    for (double scaled = value; scaled > 0 && scaled < 1 && decimals < DECIMALS_MAX; scaled *= 10)
        decimals++;
    snprintf(text, sizeof text, "%.*f", decimals, value);
    size_t bytes = strlen(text);
    while (text[bytes - 1] == '0') bytes--;
    if (text[bytes - 1] == '.') bytes--;
    fprintf(out, "%.*s", (int)bytes, text);
}

/* On one line: control bytes are escaped as in JSON, a NUL byte parts a key's columns. */
static void put_text(FILE *out, struct tide_span text)
{
    size_t shown = text.bytes < TIDE_REPORT_TEXT_BYTES ? text.bytes : TIDE_REPORT_TEXT_BYTES;
    for (size_t at = 0; at < shown; at++) {
        char escaped[8];
        unsigned char byte = (unsigned char)text.at[at];
        if (byte == 0) fputs(", ", out);
        else if (byte < 0x20 || byte == 0x7f)
            fwrite(escaped, 1, tide_escape_json(escaped, text.at + at, 1), out);
        else fputc(byte, out);
    }
    if (shown < text.bytes) fprintf(out, "... (%zu bytes)", text.bytes);
}

static void put_facts(FILE *out, const struct tide_side_facts *facts)
{
    fprintf(out, "%s: %u results, %llu bytes\n", facts->side->label, facts->count,
            (unsigned long long)facts->bytes);
    const struct tide_flink_tally *tally = &facts->tally;
    bool is_log = facts->side->path && facts->kind == TIDE_SHAPE_FLINK;
    if (!is_log || (tally->subtask_count == 0 && tally->detections == 0)) return;
    fputs("  elements", out);
    const char *comma = "";
    for (unsigned i = 0; i < tally->subtask_count; i++) {
        if (tally->by_subtask[i] == 0) continue;
        if (i == 0)
            fprintf(out, " without a subtask: %llu", (unsigned long long)tally->by_subtask[0]);
        else
            fprintf(out, "%s subtask %u: %llu", comma, i, (unsigned long long)tally->by_subtask[i]);
        comma = ",";
    }
    fprintf(out, "; passed over: detections: %llu, other lines: %llu\n",
            (unsigned long long)tally->detections, (unsigned long long)tally->others);
}

void tide_compare_text_begin(FILE *out, const struct tide_comparer *comparer)
{
    fputs("reference: ", out);
    put_facts(out, &comparer->facts);
}

static void put_witness(FILE *out, const char *who, const struct tide_side *side,
                        const struct tide_witness *witness, const char *otherwise)
{
    fprintf(out, "  %s: ", who);
    if (!witness->found) {
        fprintf(out, "%s\n", otherwise);
        return;
    }
    if (side->path) fprintf(out, "%s:%llu: ", side->label, (unsigned long long)witness->line);
    put_text(out, (struct tide_span){witness->text, witness->bytes});
    fputc('\n', out);
}

static void put_place(FILE *out, const struct tide_result *result)
{
    if (result->window_start.bytes > 0) {
        fputs("  window: ", out);
        put_text(out, result->window_start);
        fputs(" to ", out);
        put_text(out, result->window_end);
        fputc('\n', out);
    } else if (result->has_value) {
        fprintf(out, "  first time: %lld\n", (long long)result->time_ms);
    }
    fputs("  key: ", out);
    put_text(out, result->key);
    fputc('\n', out);
}

static void put_origin(FILE *out, const struct tide_origin *origin, const struct tide_plan *plan)
{
    fprintf(out, "  made by: %llu rows", (unsigned long long)origin->count);
    if (origin->refired > 0)
        fprintf(out, ", of which %llu came after the window had fired and fired it again",
                (unsigned long long)origin->refired);
    fputc('\n', out);
    for (unsigned i = 0; i < origin->shown; i++) {
        const struct tide_origin_row *row = &origin->rows[i];
        fprintf(out, "    %s:%llu: ", plan->files[row->file], (unsigned long long)row->line);
        put_text(out, (struct tide_span){row->record, row->bytes});
        fputc('\n', out);
    }
    if (origin->shown < origin->count)
        fprintf(out, "    and %llu more\n", (unsigned long long)(origin->count - origin->shown));
}

static void put_difference(FILE *out, const struct tide_comparer *comparer,
                           const struct tide_comparison *comparison)
{
    static const char again[] = "(a second reading did not find it again)";
    const struct tide_difference *difference = &comparison->difference;
    const struct tide_witness *reference = &difference->reference, *other = &difference->other;
    if (difference->kind == TIDE_DIFFERENCE_NONE) {
        if (!comparison->is_same_bytes && comparer->manner.identity == TIDE_IDENTITY_TEXT)
            fputs("first difference: in no result, only around them: line ends, blank lines, a "
                  "byte order mark or the header\n",
                  out);
        return;
    }
    fprintf(out, "first difference: result %llu of %s", (unsigned long long)difference->index + 1,
            difference->kind == TIDE_DIFFERENCE_EXTRA ? comparison->other.side->label
                                                      : "the reference");
    if (difference->kind == TIDE_DIFFERENCE_ORDER)
        fprintf(out, " is result %llu here", (unsigned long long)difference->other_index + 1);
    fputc('\n', out);
    const struct tide_witness *told = reference->found ? reference : other;
    if (told->found) put_place(out, &told->result);
    put_witness(out, "reference", comparison->reference.side, reference,
                difference->kind == TIDE_DIFFERENCE_EXTRA ? "none" : again);
    if (!difference->has_other) return;
    put_witness(out, "here", comparison->other.side, other,
                difference->kind == TIDE_DIFFERENCE_MISSING ? "none" : again);
    if (difference->has_origin) put_origin(out, &difference->origin, comparer->plan);
}

void tide_compare_text(FILE *out, const struct tide_comparer *comparer,
                       const struct tide_comparison *comparison)
{
    const struct tide_reordering *reordering = &comparison->reordering;
    fputc('\n', out);
    put_facts(out, &comparison->other);
    fprintf(out, "same bytes: %s\n", yes_or_no(comparison->is_same_bytes));
    fprintf(out, "same multiset: %s\n", yes_or_no(comparison->is_same_multiset));
    fprintf(out, "per-key order kept: %s\n", yes_or_no(comparison->are_keys_in_order));
    fprintf(out, "inversions: %llu (", (unsigned long long)reordering->inversions);
    double pairs = comparison->pairs > 0 ? (double)comparison->pairs : 1;
    put_number(out, 100 * (double)reordering->inversions / pairs);
    fprintf(out, " %%)\ngreatest displacement: %u\nmean displacement: ",
            reordering->greatest_displacement);
    double common = comparison->common > 0 ? comparison->common : 1;
    put_number(out, (double)reordering->displacement_sum / common);
    fputc('\n', out);
    if (!comparison->is_same_multiset)
        fprintf(out, "only in the reference: %u\nonly here: %u\n", comparison->reference_only,
                comparison->other_only);
    if (comparer->manner.identity == TIDE_IDENTITY_VALUE && !comparison->is_same_multiset)
        fprintf(out, "of these the same as 32-bit floats: %u\n", comparison->float_only);
    put_difference(out, comparer, comparison);
}
