#include "engine/instruments/compare/difference.h"

#include <string.h>

struct search {
    struct tide_difference *out;
    const struct tide_comparer *comparer;
    const struct tide_matching *matching;
    const struct tide_side *other;
};

/* A file holds the record at its index. A run need not, the next time; equal records are as good.
 */
static bool find_entry(struct search *search, struct tide_witness *witness,
                       const struct tide_side *side, const struct tide_trace_entry *entry,
                       struct tide_error *error)
{
    const struct tide_wanted wanted = {.has_index = side->path != NULL,
                                       .index = entry->index,
                                       .key = entry->mark.key,
                                       .records = &entry->mark.record,
                                       .record_count = 1};
    return tide_witness_find(witness, side, &search->comparer->manner, &wanted, error);
}

/* What the other side has in place of the reference's first unmatched record, if anything. */
static bool find_counterpart(struct search *search, struct tide_error *error)
{
    const struct tide_matching *matching = search->matching;
    struct tide_difference *out = search->out;
    out->kind = TIDE_DIFFERENCE_MISSING;
    out->index = matching->first_reference.entry.index;
    out->has_other = true;
    if (!find_entry(search, &out->reference, &search->comparer->reference,
                    &matching->first_reference.entry, error))
        return false;
    if (!out->reference.found || matching->candidate_count == 0) return true;
    const struct tide_wanted wanted = {
        .key = matching->first_reference.entry.mark.key,
        .has_place = true,
        .place = out->reference.place,
        .records = matching->candidates,
        .record_count = matching->candidate_count,
    };
    if (!tide_witness_find(&out->other, search->other, &search->comparer->manner, &wanted, error))
        return false;
    if (out->other.found) out->kind = TIDE_DIFFERENCE_VALUE;
    return true;
}

static bool find_content(struct search *search, struct tide_error *error)
{
    if (search->matching->first_reference.is_there) return find_counterpart(search, error);
    const struct tide_trace_entry *entry = &search->matching->first_other.entry;
    search->out->kind = TIDE_DIFFERENCE_EXTRA;
    search->out->index = entry->index;
    search->out->has_other = true;
    return find_entry(search, &search->out->other, search->other, entry, error);
}

/* What has moved is in the reference too, and that gives it again: a run in the order of keys would
 * have something else there each time. One that may have is not asked for. */
static bool find_moved(struct search *search, const struct tide_reordering *reordering,
                       bool wants_other, struct tide_error *error)
{
    struct tide_difference *out = search->out;
    const struct tide_manner *manner = &search->comparer->manner;
    const struct tide_side *reference = &search->comparer->reference;
    const bool is_file = search->other->path != NULL;
    const struct tide_wanted wanted = {.has_index = true, .index = reordering->first_moved};
    const struct tide_wanted moved = {
        .has_index = true, .index = is_file ? reordering->first_moved : reordering->place_of_moved};
    out->kind = TIDE_DIFFERENCE_ORDER;
    out->index = reordering->first_moved;
    out->other_index = reordering->index_of_moved;
    out->has_other = wants_other;
    return tide_witness_find(&out->reference, reference, manner, &wanted, error) &&
           (!wants_other || tide_witness_find(&out->other, is_file ? search->other : reference,
                                              manner, &moved, error));
}

/* The window as printed, or for a line of Flink's the one that holds its time, if that is one. */
static bool read_window(const struct tide_plan *plan, const struct tide_manner *manner,
                        const struct tide_result *result, struct tide_origin_question *question)
{
    const struct tide_time_format epoch = {.form = TIDE_TIME_EPOCH_MS, .zone = &plan->zone};
    const struct tide_span *start = &result->window_start, *end = &result->window_end;
    question->key = result->key;
    if (start->bytes > 0 && end->bytes > 0) {
        bool is_plain =
            tide_time_parse(manner->times, start->at, start->bytes, &question->start_ms) &&
            tide_time_parse(manner->times, end->at, end->bytes, &question->end_ms);
        return is_plain || (tide_time_parse(&epoch, start->at, start->bytes, &question->start_ms) &&
                            tide_time_parse(&epoch, end->at, end->bytes, &question->end_ms));
    }
    if (!result->has_value || plan->window->kind != TIDE_WINDOW_TUMBLING) return false;
    const struct tide_window_bounds window = plan->window->slice(&plan->shape, result->time_ms);
    question->start_ms = window.start_ms;
    question->end_ms = window.end_ms;
    return true;
}

/* Can the rows of a window be told file by file? Not where their order decides, and the files are
 * read side by side. */
static bool has_telling_rows(const struct tide_plan *plan)
{
    return tide_plan_partitions(plan) == 0 ||
           (plan->window->kind != TIDE_WINDOW_COUNT && plan->clock == TIDE_CLOCK_EVENT);
}

static bool find_rows(struct search *search, struct tide_error *error)
{
    struct tide_difference *out = search->out;
    const struct tide_plan *plan = search->comparer->plan;
    const struct tide_witness *witness = out->reference.found ? &out->reference : &out->other;
    struct tide_origin_question question;
    if (!plan || !witness->found || !has_telling_rows(plan) ||
        !read_window(plan, &search->comparer->manner, &witness->result, &question))
        return true;
    out->has_origin = true;
    return tide_origin_find(&out->origin, plan, &question, error);
}

bool tide_difference_find(struct tide_difference *difference, const struct tide_comparer *comparer,
                          const struct tide_comparison *comparison,
                          const struct tide_matching *matching, const struct tide_side *other,
                          struct tide_error *error)
{
    struct search search = {difference, comparer, matching, other};
    *difference = (struct tide_difference){0};
    if (!comparison->is_same_multiset)
        return find_content(&search, error) && find_rows(&search, error);
    if (comparison->reordering.first_moved == comparison->common) return true;
    const bool is_broken = !comparison->is_kept;
    return find_moved(&search, &comparison->reordering, is_broken || other->path, error) &&
           (!(is_broken || comparer->reference.path) || find_rows(&search, error));
}

void tide_difference_fini(struct tide_difference *difference)
{
    tide_witness_fini(&difference->reference);
    tide_witness_fini(&difference->other);
    tide_origin_fini(&difference->origin);
    *difference = (struct tide_difference){0};
}
