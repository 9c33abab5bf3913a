/* Do equal records find each other in the order in which they occur, is what finds none counted and
 * named, and is the order within keys judged right, wherever the traces begin to differ? */
#include "engine/instruments/compare/matching.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "chance.h"

enum { RECORDS_MAX = 3 * TIDE_TRACE_BLOCK, KEYS = 40, SEED = 20240511 };

static const uint32_t none = UINT32_MAX;

/* A record is a number; its key is the number modulo KEYS. */
struct sequence {
    uint32_t count;
    uint32_t records[RECORDS_MAX];
};

static struct tide_mark mark_of(uint32_t record)
{
    struct chance key = {record % KEYS}, all = {record + 1000};
    return (struct tide_mark){chance_next(&key), chance_next(&all)};
}

static struct tide_trace *trace_of(const struct sequence *sequence,
                                   const struct tide_trace *reference)
{
    struct tide_error error = {0};
    struct tide_trace *trace = tide_trace_create(reference);
    assert_non_null(trace);
    for (uint32_t i = 0; i < sequence->count; i++) {
        struct tide_mark mark = mark_of(sequence->records[i]);
        assert_true(tide_trace_add(trace, &mark, &error));
    }
    assert_true(tide_trace_end(trace, &error));
    return trace;
}

/* What the figures have to be, by looking at every pair. */
struct wanted {
    uint32_t reference_only, other_only;
    uint32_t first_reference, first_other; /* indices, or none */
    bool are_keys_in_order;
    uint32_t place_count;
    uint32_t places[RECORDS_MAX]; /* of the whole sequence */
};

static void match_naively(const struct sequence *reference, const struct sequence *other,
                          struct wanted *wanted)
{
    static bool is_used[RECORDS_MAX];
    static uint32_t found[RECORDS_MAX], ranks[RECORDS_MAX];
    *wanted =
        (struct wanted){.are_keys_in_order = true, .first_reference = none, .first_other = none};
    memset(is_used, 0, sizeof is_used);
    for (uint32_t i = 0; i < other->count; i++) {
        found[i] = none;
        for (uint32_t j = 0; j < reference->count && found[i] == none; j++)
            if (!is_used[j] && reference->records[j] == other->records[i]) found[i] = j;
        if (found[i] != none) is_used[found[i]] = true;
        else if (wanted->other_only++ == 0) wanted->first_other = i;
    }
    for (uint32_t j = 0, rank = 0; j < reference->count; j++) {
        ranks[j] = rank;
        rank += is_used[j];
        if (!is_used[j] && wanted->reference_only++ == 0) wanted->first_reference = j;
    }
    for (uint32_t i = 0; i < other->count; i++) {
        if (found[i] == none) continue;
        for (uint32_t k = 0; k < i; k++)
            if (found[k] != none && other->records[k] % KEYS == other->records[i] % KEYS &&
                found[k] > found[i])
                wanted->are_keys_in_order = false;
        wanted->places[wanted->place_count++] = ranks[found[i]];
    }
}

static void check(const struct sequence *reference, const struct sequence *other)
{
    static struct wanted wanted;
    struct tide_error error = {0};
    struct tide_matching matching;
    match_naively(reference, other, &wanted);
    struct tide_trace *first = trace_of(reference, NULL), *second = trace_of(other, first);
    assert_true(tide_matching_init(&matching, first, second, &error));
    assert_int_equal(matching.reference_only, wanted.reference_only);
    assert_int_equal(matching.other_only, wanted.other_only);
    assert_int_equal(matching.are_keys_in_order, wanted.are_keys_in_order);
    assert_int_equal(matching.place_count + second->agreed, wanted.place_count);
    for (uint32_t i = 0; i < second->agreed; i++) assert_int_equal(wanted.places[i], i);
    for (uint32_t i = 0; i < matching.place_count; i++)
        assert_int_equal(matching.places[i] + second->agreed, wanted.places[second->agreed + i]);
    assert_int_equal(matching.first_reference.is_there, wanted.first_reference != none);
    assert_int_equal(matching.first_other.is_there, wanted.first_other != none);
    if (wanted.first_reference != none)
        assert_int_equal(matching.first_reference.entry.index, wanted.first_reference);
    if (wanted.first_other != none)
        assert_int_equal(matching.first_other.entry.index, wanted.first_other);
    tide_matching_fini(&matching);
    tide_trace_destroy(second);
    tide_trace_destroy(first);
}

static void nothing_matches_nothing(void **state)
{
    (void)state;
    const struct sequence empty = {0}, one = {1, {5}};
    check(&empty, &empty);
    check(&empty, &one);
    check(&one, &empty);
}

static void repeated_records_match_as_often_as_both_have_them(void **state)
{
    (void)state;
    const struct sequence two = {4, {7, 8, 7, 9}}, three = {6, {7, 9, 7, 8, 7, 7}};
    check(&two, &three);
    check(&three, &two);
}

static void two_records_of_one_key_that_swap_places_break_its_order(void **state)
{
    (void)state;
    struct tide_error error = {0};
    struct tide_matching matching;
    const struct sequence reference = {3, {1, 2, 1 + KEYS}};
    const struct sequence one_key = {3, {1 + KEYS, 2, 1}}, two_keys = {3, {2, 1, 1 + KEYS}};
    struct tide_trace *first = trace_of(&reference, NULL);
    struct tide_trace *second = trace_of(&one_key, first), *third = trace_of(&two_keys, first);
    assert_true(tide_matching_init(&matching, first, second, &error));
    assert_false(matching.are_keys_in_order);
    tide_matching_fini(&matching);
    assert_true(tide_matching_init(&matching, first, third, &error));
    assert_true(matching.are_keys_in_order);
    tide_matching_fini(&matching);
    tide_trace_destroy(third);
    tide_trace_destroy(second);
    tide_trace_destroy(first);
}

static void what_agrees_is_not_kept(void **state)
{
    (void)state;
    static struct sequence reference;
    reference.count = 2 * TIDE_TRACE_BLOCK + 17;
    for (uint32_t i = 0; i < reference.count; i++) reference.records[i] = i * 7;
    struct tide_trace *first = trace_of(&reference, NULL), *second = trace_of(&reference, first);
    assert_int_equal(second->agreed, reference.count);
    for (unsigned i = 0; i < TIDE_TRACE_PARTS; i++) assert_null(second->parts[i].first);
    tide_trace_destroy(second);
    reference.records[TIDE_TRACE_BLOCK + 5]++;
    second = trace_of(&reference, first);
    assert_int_equal(second->agreed, TIDE_TRACE_BLOCK);
    tide_trace_destroy(second);
    reference.count = TIDE_TRACE_BLOCK;
    second = trace_of(&reference, first);
    assert_int_equal(second->agreed, TIDE_TRACE_BLOCK);
    tide_trace_destroy(second);
    tide_trace_destroy(first);
}

static void candidates_are_the_unmatched_records_of_the_key(void **state)
{
    (void)state;
    struct tide_error error = {0};
    struct tide_matching matching;
    const struct sequence reference = {4, {1, 2, 3, 1 + KEYS}};
    const struct sequence other = {5, {2, 3, 1 + KEYS, 1 + 2 * KEYS, 2 + 3 * KEYS}};
    struct tide_trace *first = trace_of(&reference, NULL), *second = trace_of(&other, first);
    assert_true(tide_matching_init(&matching, first, second, &error));
    assert_int_equal(matching.candidate_count, 1);
    assert_int_equal(matching.candidates[0], mark_of(1 + 2 * KEYS).record);
    tide_matching_fini(&matching);
    tide_trace_destroy(second);
    tide_trace_destroy(first);
}

/* Swaps, changes, drops and doubles some records. */
static void alter(struct sequence *sequence, struct chance *chance)
{
    for (unsigned left = chance_below(chance, 5); left > 0 && sequence->count > 1; left--) {
        uint32_t at = chance_below(chance, sequence->count);
        uint32_t with = chance_below(chance, sequence->count), kept = sequence->records[at];
        switch (chance_below(chance, 4)) {
        case 0:
            sequence->records[at] = sequence->records[with];
            sequence->records[with] = kept;
            break;
        case 1:
            sequence->records[at] += KEYS * (1 + chance_below(chance, 3));
            break;
        case 2:
            sequence->records[at] = sequence->records[--sequence->count];
            break;
        default:
            if (sequence->count < RECORDS_MAX) sequence->records[sequence->count++] = kept;
        }
    }
}

static void altered_sequences_match_as_by_looking_at_every_pair(void **state)
{
    (void)state;
    static struct sequence reference, other;
    struct chance chance = {SEED};
    for (unsigned round = 0; round < 60; round++) {
        uint32_t different = 1 + chance_below(&chance, 2 * RECORDS_MAX);
        reference.count = chance_below(&chance, RECORDS_MAX + 1);
        for (uint32_t i = 0; i < reference.count; i++)
            reference.records[i] = chance_below(&chance, different);
        other = reference;
        alter(&other, &chance);
        check(&reference, &other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_matches_nothing),
        cmocka_unit_test(repeated_records_match_as_often_as_both_have_them),
        cmocka_unit_test(two_records_of_one_key_that_swap_places_break_its_order),
        cmocka_unit_test(what_agrees_is_not_kept),
        cmocka_unit_test(candidates_are_the_unmatched_records_of_the_key),
        cmocka_unit_test(altered_sequences_match_as_by_looking_at_every_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
