#include "engine/instruments/compare/comparison.h"

#include "engine/base/memory.h"
#include "engine/instruments/compare/difference.h"

#include <string.h>

static bool read_records(struct tide_side_stream *stream, struct tide_trace *trace,
                         struct tide_error *error)
{
    struct tide_span record;
    struct tide_mark mark;
    for (;;) {
        enum tide_lines_news news = tide_lines_next(&stream->lines, &record, error);
        if (news == TIDE_LINES_FAILED) return false;
        if (news == TIDE_LINES_END) return tide_trace_end(trace, error);
        enum tide_shape_news counts = tide_shape_mark(&stream->shape, record, &mark, error);
        if (counts == TIDE_SHAPE_FAILED) return false;
        if (counts == TIDE_SHAPE_COUNTS && !tide_trace_add(trace, &mark, error)) return false;
    }
}

/* The tally moves to the facts. */
static void note_facts(struct tide_side_stream *stream, struct tide_trace *trace,
                       struct tide_side_facts *facts)
{
    tide_lines_digest(&stream->lines, trace->digest);
    trace->byte_count = stream->lines.byte_count;
    *facts = (struct tide_side_facts){
        .side = stream->side,
        .kind = stream->shape.kind,
        .count = trace->count,
        .bytes = trace->byte_count,
        .tally = stream->shape.tally,
    };
    stream->shape.tally = (struct tide_flink_tally){0};
}

/* Results in one format have the same columns; what has no records can be compared with all. */
static bool check_shape(const struct tide_comparer *comparer, const struct tide_shape *shape,
                        const char *label, struct tide_error *error)
{
    enum tide_shape_kind kind = comparer->facts.kind;
    if (comparer->manner.identity != TIDE_IDENTITY_TEXT) return true;
    if (kind == TIDE_SHAPE_EMPTY || shape->kind == TIDE_SHAPE_EMPTY) return true;
    if (kind != shape->kind)
        return tide_error_set(
            error, TIDE_EXIT_USAGE, "%s is %s and %s is %s: compare needs one format",
            comparer->reference.label, tide_shape_name(kind), label, tide_shape_name(shape->kind));
    if (!shape->header || strcmp(shape->header, comparer->header) == 0) return true;
    return tide_error_set(error, TIDE_EXIT_USAGE,
                          "the columns differ, so no result can be the same: %s has %s, and %s has "
                          "%s",
                          comparer->reference.label, comparer->header, label, shape->header);
}

/* Reads a side into a new trace, beside the comparer's if there is one. */
static struct tide_trace *read_side(struct tide_comparer *comparer, const struct tide_side *side,
                                    const struct tide_manner *manner, struct tide_side_facts *facts,
                                    struct tide_error *error)
{
    struct tide_side_stream stream;
    if (!tide_side_open(&stream, side, manner, error)) return NULL;
    struct tide_trace *trace = tide_trace_create(comparer->trace);
    bool ok = trace || tide_error_memory(error, "the results");
    if (ok && comparer->trace) {
        ok = check_shape(comparer, &stream.shape, side->label, error);
    } else if (ok && stream.shape.header && !comparer->header) {
        comparer->header = tide_strdup(stream.shape.header);
        ok = comparer->header || tide_error_memory(error, "the header");
    }
    ok = ok && read_records(&stream, trace, error);
    if (ok) note_facts(&stream, trace, facts);
    if (ok) ok = tide_side_finish(&stream, error);
    else tide_side_abandon(&stream);
    if (ok) return trace;
    tide_trace_destroy(trace);
    return NULL;
}

bool tide_comparer_init(struct tide_comparer *comparer, const struct tide_manner *manner,
                        const struct tide_side *reference, const struct tide_plan *plan,
                        struct tide_error *error)
{
    *comparer = (struct tide_comparer){.manner = *manner, .reference = *reference, .plan = plan};
    comparer->trace = read_side(comparer, reference, manner, &comparer->facts, error);
    return comparer->trace != NULL;
}

void tide_comparer_fini(struct tide_comparer *comparer)
{
    tide_trace_destroy(comparer->trace);
    tide_free(comparer->facts.tally.by_subtask);
    tide_free(comparer->header);
    *comparer = (struct tide_comparer){0};
}

/* Values can be in the same order only: their bytes never are the same. */
static bool is_same_throughout(const struct tide_comparison *comparison,
                               enum tide_identity identity)
{
    return identity == TIDE_IDENTITY_TEXT ? comparison->is_same_bytes
                                          : comparison->reordering.greatest_displacement == 0;
}

static void judge(struct tide_comparison *comparison, const struct tide_matching *matching,
                  uint32_t agreed, enum tide_promise promise, enum tide_identity identity)
{
    comparison->reference_only = matching->reference_only;
    comparison->other_only = matching->other_only;
    comparison->are_keys_in_order = matching->are_keys_in_order;
    comparison->is_same_multiset = matching->reference_only == 0 && matching->other_only == 0;
    comparison->common = agreed + matching->place_count;
    uint64_t common = comparison->common;
    comparison->pairs = common > 0 ? common * (common - 1) / 2 : 0;
    comparison->is_kept =
        comparison->is_same_multiset &&
        (promise < TIDE_PROMISE_KEY_ORDER || comparison->are_keys_in_order) &&
        (promise < TIDE_PROMISE_BYTES || is_same_throughout(comparison, identity));
}

/* How many more values are the same if both are rounded to 32-bit floats. */
static bool count_floats(struct tide_comparer *comparer, struct tide_comparison *comparison,
                         const struct tide_side *other, struct tide_error *error)
{
    if (comparison->is_same_multiset || comparer->manner.identity != TIDE_IDENTITY_VALUE)
        return true;
    struct tide_manner manner = comparer->manner;
    manner.identity = TIDE_IDENTITY_FLOAT32;
    struct tide_comparer rounded;
    struct tide_side_facts facts = {0};
    struct tide_matching matching = {0};
    struct tide_trace *trace = NULL;
    bool ok = tide_comparer_init(&rounded, &manner, &comparer->reference, NULL, error);
    if (ok) trace = read_side(&rounded, other, &manner, &facts, error);
    ok = ok && trace && tide_matching_init(&matching, rounded.trace, trace, error);
    if (ok) comparison->float_only = comparison->reference_only - matching.reference_only;
    tide_matching_fini(&matching);
    tide_trace_destroy(trace);
    tide_free(facts.tally.by_subtask);
    tide_comparer_fini(&rounded);
    return ok;
}

static bool compare_traces(struct tide_comparer *comparer, struct tide_comparison *comparison,
                           const struct tide_trace *trace, const struct tide_side *other,
                           enum tide_promise promise, struct tide_error *error)
{
    const struct tide_trace *reference = comparer->trace;
    struct tide_matching matching = {.are_keys_in_order = true};
    uint32_t agreed = trace->agreed;
    comparison->is_same_bytes = reference->byte_count == trace->byte_count &&
                                reference->digest[0] == trace->digest[0] &&
                                reference->digest[1] == trace->digest[1];
    bool is_all = agreed == reference->count && agreed == trace->count;
    bool ok = is_all || tide_matching_init(&matching, reference, trace, error);
    ok = ok && tide_reordering_measure(&comparison->reordering, matching.places,
                                       matching.place_count, error);
    if (ok) {
        comparison->reordering.first_moved += agreed;
        comparison->reordering.place_of_moved += agreed;
        comparison->reordering.index_of_moved += agreed;
        judge(comparison, &matching, agreed, promise, comparer->manner.identity);
        ok = tide_difference_find(&comparison->difference, comparer, comparison, &matching, other,
                                  error);
    }
    tide_matching_fini(&matching);
    return ok;
}

bool tide_comparer_compare(struct tide_comparer *comparer, struct tide_comparison *comparison,
                           const struct tide_side *other, enum tide_promise promise,
                           struct tide_error *error)
{
    *comparison = (struct tide_comparison){.reference = comparer->facts};
    struct tide_trace *trace =
        read_side(comparer, other, &comparer->manner, &comparison->other, error);
    bool ok = trace && compare_traces(comparer, comparison, trace, other, promise, error);
    tide_trace_destroy(trace);
    return ok && count_floats(comparer, comparison, other, error);
}

void tide_comparison_fini(struct tide_comparison *comparison)
{
    tide_free(comparison->other.tally.by_subtask);
    tide_difference_fini(&comparison->difference);
    *comparison = (struct tide_comparison){0};
}
