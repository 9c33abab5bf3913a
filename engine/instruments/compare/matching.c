#include "engine/instruments/compare/matching.h"

#include "engine/base/memory.h"

#include <string.h>

static const uint32_t none = UINT32_MAX;

/* Memory for one part at a time. */
struct scratch {
    struct tide_trace_entry *reference, *other;
    uint32_t reference_count, other_count;
    uint32_t *slots; /* open addressing: indices into reference, or other */
    uint32_t slot_mask;
    uint32_t *next;   /* reference: the next equal record */
    uint32_t *fresh;  /* of the first of equal records: the first that is not matched yet */
    uint32_t *latest; /* other, the first record of a key: the latest place of the key's records */
};

/* What is wanted of the reference's order: a bit for each record that matches none. */
struct gaps {
    uint64_t *bits;
    uint32_t *before; /* gaps in front of each word */
    uint32_t word_count;
};

struct match {
    struct tide_matching *out;
    const struct tide_trace *reference, *other;
    uint32_t from; /* records before it agree */
    struct scratch scratch;
    struct gaps gaps;
};

static uint32_t largest_part(const struct tide_trace *trace)
{
    uint32_t largest = 0;
    for (unsigned i = 0; i < TIDE_TRACE_PARTS; i++)
        if (trace->parts[i].count > largest) largest = trace->parts[i].count;
    return largest;
}

static size_t slot_count_for(uint32_t a, uint32_t b)
{
    size_t count = 16, entries = a > b ? a : b;
    while (count < 2 * entries) count *= 2;
    return count;
}

static bool allocate(struct match *match, struct tide_error *error)
{
    struct scratch *scratch = &match->scratch;
    struct tide_matching *out = match->out;
    size_t reference = largest_part(match->reference), other = largest_part(match->other);
    size_t slots = slot_count_for((uint32_t)reference, (uint32_t)other);
    size_t behind = match->other->count - match->from;
    match->gaps.word_count = (match->reference->count - match->from) / 64 + 1;
    scratch->reference = tide_alloc(reference * sizeof *scratch->reference);
    scratch->other = tide_alloc(other * sizeof *scratch->other);
    scratch->slots = tide_alloc(slots * sizeof *scratch->slots);
    scratch->next = tide_alloc(reference * sizeof *scratch->next);
    scratch->fresh = tide_alloc(reference * sizeof *scratch->fresh);
    scratch->latest = tide_alloc(other * sizeof *scratch->latest);
    match->gaps.bits = tide_alloc_zeroed(match->gaps.word_count, sizeof *match->gaps.bits);
    match->gaps.before = tide_alloc(match->gaps.word_count * sizeof *match->gaps.before);
    out->places = tide_alloc(behind * sizeof *out->places);
    return (scratch->reference && scratch->other && scratch->slots && scratch->next &&
            scratch->fresh && scratch->latest && match->gaps.bits && match->gaps.before &&
            out->places) ||
           tide_error_memory(error, "the comparison");
}

static void release(struct match *match)
{
    struct scratch *scratch = &match->scratch;
    tide_free(scratch->reference);
    tide_free(scratch->other);
    tide_free(scratch->slots);
    tide_free(scratch->next);
    tide_free(scratch->fresh);
    tide_free(scratch->latest);
    tide_free(match->gaps.bits);
    tide_free(match->gaps.before);
}

static void clear_slots(struct scratch *scratch)
{
    size_t count = slot_count_for(scratch->reference_count, scratch->other_count);
    scratch->slot_mask = (uint32_t)(count - 1);
    memset(scratch->slots, 0xff, count * sizeof *scratch->slots); /* none */
}

/* The slot of a record, or where it would be. */
static uint32_t *find_record(const struct scratch *scratch, const struct tide_mark *mark)
{
    for (uint32_t at = (uint32_t)mark->record;; at++) {
        uint32_t *slot = &scratch->slots[at & scratch->slot_mask];
        if (*slot == none) return slot;
        const struct tide_mark *there = &scratch->reference[*slot].mark;
        if (there->record == mark->record && there->key == mark->key) return slot;
    }
}

static uint32_t *find_key(const struct scratch *scratch, uint64_t key)
{
    for (uint32_t at = (uint32_t)key;; at++) {
        uint32_t *slot = &scratch->slots[at & scratch->slot_mask];
        if (*slot == none || scratch->other[*slot].mark.key == key) return slot;
    }
}

/* From the last to the first, so that a slot ends up with the first of equal records. */
static void enter_reference(struct scratch *scratch)
{
    for (uint32_t i = scratch->reference_count; i > 0; i--) {
        uint32_t *slot = find_record(scratch, &scratch->reference[i - 1].mark);
        scratch->next[i - 1] = *slot;
        scratch->fresh[i - 1] = i - 1;
        *slot = i - 1;
    }
}

static void note_first(struct tide_unmatched *first, const struct tide_trace_entry *entry)
{
    if (!first->is_there || entry->index < first->entry.index)
        *first = (struct tide_unmatched){true, *entry};
}

static void match_others(struct match *match)
{
    struct scratch *scratch = &match->scratch;
    struct tide_matching *out = match->out;
    for (uint32_t i = 0; i < scratch->other_count; i++) {
        const struct tide_trace_entry *entry = &scratch->other[i];
        uint32_t first = *find_record(scratch, &entry->mark);
        uint32_t found = first == none ? none : scratch->fresh[first];
        uint32_t *place = &out->places[entry->index - match->from];
        if (found == none) {
            *place = none;
            out->other_only++;
            note_first(&out->first_other, entry);
        } else {
            scratch->fresh[first] = scratch->next[found];
            *place = scratch->reference[found].index - match->from;
        }
    }
}

/* Is this one of the equal records that were matched? Those come first among them. */
static void note_gaps(struct match *match)
{
    struct scratch *scratch = &match->scratch;
    for (uint32_t i = 0; i < scratch->reference_count; i++) {
        const struct tide_trace_entry *entry = &scratch->reference[i];
        uint32_t fresh = scratch->fresh[*find_record(scratch, &entry->mark)];
        if (fresh == none || i < fresh) continue;
        uint32_t at = entry->index - match->from;
        match->gaps.bits[at / 64] |= UINT64_C(1) << (at % 64);
        match->out->reference_only++;
        note_first(&match->out->first_reference, entry);
    }
}

static void check_keys(struct match *match)
{
    struct scratch *scratch = &match->scratch;
    clear_slots(scratch);
    for (uint32_t i = 0; i < scratch->other_count; i++) {
        const struct tide_trace_entry *entry = &scratch->other[i];
        uint32_t place = match->out->places[entry->index - match->from];
        if (place == none) continue;
        uint32_t *slot = find_key(scratch, entry->mark.key);
        if (*slot == none) *slot = i;
        else if (scratch->latest[*slot] > place) match->out->are_keys_in_order = false;
        scratch->latest[*slot] = place;
    }
}

static void match_part(struct match *match, unsigned part)
{
    struct scratch *scratch = &match->scratch;
    scratch->reference_count =
        tide_trace_gather(match->reference, part, match->from, scratch->reference);
    scratch->other_count = tide_trace_gather(match->other, part, match->from, scratch->other);
    uint32_t unmatched_before = match->out->other_only;
    clear_slots(scratch);
    enter_reference(scratch);
    match_others(match);
    uint32_t matched = scratch->other_count - (match->out->other_only - unmatched_before);
    if (matched < scratch->reference_count) note_gaps(match);
    check_keys(match);
}

/* Unmatched records leave the order: places become those among matched ones. */
static void close_gaps(struct match *match)
{
    struct tide_matching *out = match->out;
    struct gaps *gaps = &match->gaps;
    uint32_t behind = match->other->count - match->from, before = 0;
    for (uint32_t i = 0; i < gaps->word_count; i++) {
        gaps->before[i] = before;
        before += (uint32_t)__builtin_popcountll(gaps->bits[i]);
    }
    for (uint32_t i = 0; i < behind; i++) {
        uint32_t place = out->places[i];
        if (place == none) continue;
        uint64_t below = gaps->bits[place / 64] & ((UINT64_C(1) << (place % 64)) - 1);
        out->places[out->place_count++] =
            place - gaps->before[place / 64] - (uint32_t)__builtin_popcountll(below);
    }
}

/* While the places still tell which records match none. */
static bool find_candidates(struct match *match, struct tide_error *error)
{
    struct tide_matching *out = match->out;
    struct scratch *scratch = &match->scratch;
    if (!out->first_reference.is_there) return true;
    uint64_t key = out->first_reference.entry.mark.key;
    uint32_t count =
        tide_trace_gather(match->other, tide_trace_part_of(key), match->from, scratch->other);
    out->candidates = tide_alloc(count * sizeof *out->candidates);
    if (!out->candidates) return tide_error_memory(error, "the comparison");
    for (uint32_t i = 0; i < count; i++)
        if (scratch->other[i].mark.key == key &&
            out->places[scratch->other[i].index - match->from] == none)
            out->candidates[out->candidate_count++] = scratch->other[i].mark.record;
    return true;
}

bool tide_matching_init(struct tide_matching *matching, const struct tide_trace *reference,
                        const struct tide_trace *other, struct tide_error *error)
{
    *matching = (struct tide_matching){.are_keys_in_order = true};
    struct match match = {
        .out = matching, .reference = reference, .other = other, .from = other->agreed};
    bool ok = allocate(&match, error);
    if (ok)
        for (unsigned part = 0; part < TIDE_TRACE_PARTS; part++) match_part(&match, part);
    ok = ok && find_candidates(&match, error);
    if (ok) close_gaps(&match);
    release(&match);
    return ok;
}

void tide_matching_fini(struct tide_matching *matching)
{
    tide_free(matching->places);
    tide_free(matching->candidates);
    *matching = (struct tide_matching){0};
}
