/* Does the merge give back the one order out of any division of it among inputs and batches, and
 * let nothing out before it is sure that nothing earlier can come? */
#include "engine/flow/merge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "chance.h"
#include "child.h"

enum { INPUTS_MAX = 9, RECORDS_MAX = 120, TEXT_MAX = 11, TEXT_BYTES = 1024 };

static void add_record(struct tide_emission_batch *batch, const struct tide_order_key *key,
                       unsigned channel, const char *text, size_t bytes)
{
    assert_int_equal(tide_emission_reserve(batch, channel, bytes), TIDE_ROOM);
    struct tide_channel_text *to = &batch->channels[channel];
    memcpy(to->text + to->bytes, text, bytes);
    to->bytes += bytes;
    batch->records[batch->record_count++] =
        (struct tide_record){.key = *key, .channel = channel, .bytes = (uint32_t)bytes};
}

/* What comes out, and from which batch; "" when nothing may. */
static const char *take(struct tide_merge *merge, uint64_t frontier,
                        struct tide_emission_batch **done)
{
    static char text[TEXT_MAX + 1];
    const char *bytes;
    unsigned input;
    const struct tide_record *record = tide_merge_take(merge, frontier, &bytes, &input, done);
    size_t count = record ? record->bytes : 0;
    if (record) memcpy(text, bytes, count);
    text[count] = '\0';
    return text;
}

static void offer_to_an_input_that_is_not_waiting(void)
{
    struct tide_merge merge;
    struct tide_emission_batch batch;
    if (!tide_merge_init(&merge, 1) || !tide_emission_batch_init(&batch, TEXT_BYTES)) return;
    batch.record_count = 1;
    batch.records[0] = (struct tide_record){0};
    if (tide_merge_offer(&merge, 0, &batch) && tide_merge_offer(&merge, 0, &batch)) return;
}

static void offer_a_batch_that_goes_back(void)
{
    struct tide_merge merge;
    struct tide_emission_batch batch = {.complete_row = 5};
    if (!tide_merge_init(&merge, 1) || tide_merge_offer(&merge, 0, &batch)) return;
    batch.complete_row = 4;
    if (tide_merge_offer(&merge, 0, &batch)) return;
}

static void batch_out_of_turn_is_a_bug_that_stops_the_process(void **state)
{
    (void)state;
    assert_true(aborts(offer_to_an_input_that_is_not_waiting));
    assert_true(aborts(offer_a_batch_that_goes_back));
}

static void nothing_comes_out_of_nothing(void **state)
{
    (void)state;
    struct tide_merge merge;
    struct tide_emission_batch *done;
    assert_true(tide_merge_init(&merge, 2));
    assert_int_equal(tide_merge_frontier(&merge), 0);
    assert_string_equal(take(&merge, UINT64_MAX, &done), "");
    assert_null(done);
    tide_merge_fini(&merge);
}

static void record_waits_until_the_quiet_input_is_past_its_row(void **state)
{
    (void)state;
    struct tide_merge merge;
    struct tide_emission_batch busy, quiet = {.complete_row = 7}, *done;
    assert_true(tide_merge_init(&merge, 2));
    assert_true(tide_emission_batch_init(&busy, TEXT_BYTES));
    add_record(&busy, &(struct tide_order_key){.cause_row = 7}, TIDE_CHANNEL_RESULTS, "a", 1);
    busy.complete_row = 10;
    assert_true(tide_merge_offer(&merge, 0, &busy));
    assert_false(tide_merge_is_waiting(&merge, 0));

    assert_false(tide_merge_offer(&merge, 1, &quiet)); /* says that rows below 7 are done */
    assert_true(tide_merge_is_waiting(&merge, 1));
    assert_int_equal(tide_merge_frontier(&merge), 7);
    assert_string_equal(take(&merge, tide_merge_frontier(&merge), &done), "");
    assert_null(done);

    quiet.complete_row = 8;
    assert_false(tide_merge_offer(&merge, 1, &quiet));
    assert_string_equal(take(&merge, tide_merge_frontier(&merge), &done), "a");
    assert_ptr_equal(done, &busy);
    assert_true(tide_merge_is_waiting(&merge, 0));
    assert_int_equal(tide_merge_frontier(&merge), 8);
    tide_emission_batch_fini(&busy);
    tide_merge_fini(&merge);
}

static void texts_of_different_channels_are_kept_apart(void **state)
{
    (void)state;
    struct tide_merge merge;
    struct tide_emission_batch batch, *done;
    static const char *const expected[] = {"r1", "a1", "r2", "r3", "a2"};
    assert_true(tide_merge_init(&merge, 1));
    assert_true(tide_emission_batch_init(&batch, TEXT_BYTES));
    for (uint64_t i = 0; i < 5; i++) {
        unsigned channel = expected[i][0] == 'r' ? TIDE_CHANNEL_RESULTS : TIDE_CHANNEL_ALERTS;
        add_record(&batch, &(struct tide_order_key){.cause_row = i}, channel, expected[i], 2);
    }
    batch.complete_row = 5;
    assert_true(tide_merge_offer(&merge, 0, &batch));
    for (unsigned i = 0; i < 5; i++) {
        assert_string_equal(take(&merge, UINT64_MAX, &done), expected[i]);
        assert_ptr_equal(done, i == 4 ? &batch : NULL);
    }
    tide_emission_batch_fini(&batch);
    tide_merge_fini(&merge);
}

/* One order, divided among inputs by chance. */
struct division {
    struct tide_order_key keys[RECORDS_MAX];
    unsigned owners[RECORDS_MAX], record_count, input_count;
    unsigned next[INPUTS_MAX]; /* first record not yet in a batch */
    struct tide_emission_batch batches[INPUTS_MAX];
};

/* Where the order asks for a key's bytes, texts that sort as the numbers do. */
static void give_text(struct division *division, unsigned i)
{
    static _Alignas(8) char room[RECORDS_MAX][16];
    char text[8];
    struct tide_order_key *key = &division->keys[i];
    if (!tide_phase_has_key(key->phase)) return;
    struct tide_key_text *kept = (struct tide_key_text *)(void *)room[i];
    kept->bytes = (uint32_t)snprintf(text, sizeof text, "%c%u", key->first_row < 10 ? 'a' : 'b',
                                     (unsigned)key->first_row % 10);
    if (key->first_row >= 20)
        kept->bytes = (uint32_t)snprintf(text, sizeof text, "c%03u", (unsigned)key->first_row);
    memcpy(kept->text, text, kept->bytes);
    key->first_row = (uint64_t)(uintptr_t)kept;
}

static void draw_division(struct chance *chance, struct division *division)
{
    struct tide_order_key key = {0};
    division->record_count = chance_below(chance, RECORDS_MAX + 1);
    division->input_count = 1 + chance_below(chance, INPUTS_MAX);
    for (unsigned i = 0; i < division->record_count; i++) {
        key.first_row++;
        if (chance_is(chance, 3)) key.end_ms++;
        if (chance_is(chance, 6) && key.phase < TIDE_PHASE_PROCESS) {
            key.phase++;
            key.end_ms = -(int64_t)chance_below(chance, 5);
        }
        if (chance_is(chance, 6))
            key = (struct tide_order_key){.cause_row = key.cause_row + 1 + chance_below(chance, 3),
                                          .end_ms = -(int64_t)chance_below(chance, 100)};
        division->keys[i] = key;
        give_text(division, i);
        division->owners[i] = chance_below(chance, division->input_count);
    }
    memset(division->next, 0, sizeof division->next);
}

/* The input's next batch: some records, perhaps none, and a word on how far it is. */
static void fill_batch(struct chance *chance, struct division *division, unsigned input)
{
    struct tide_emission_batch *batch = &division->batches[input];
    tide_emission_batch_reset(batch);
    unsigned wanted = chance_below(chance, 4), at = division->next[input];
    for (; at < division->record_count; at++) {
        if (division->owners[at] != input) continue;
        if (batch->record_count == wanted) break;
        char text[TEXT_MAX + 1];
        int bytes = snprintf(text, sizeof text, "%u", at);
        add_record(batch, &division->keys[at], at % TIDE_CHANNEL_COUNT, text, (size_t)bytes);
    }
    division->next[input] = at;
    uint64_t next_row = UINT64_MAX; /* nothing caused by a row below this one is still to come */
    if (at < division->record_count) next_row = division->keys[at].cause_row;
    if (next_row > batch->complete_row) batch->complete_row = next_row;
}

static void offer_where_it_waits(struct chance *chance, struct tide_merge *merge,
                                 struct division *division)
{
    for (unsigned input = 0; input < division->input_count; input++) {
        if (!tide_merge_is_waiting(merge, input) || chance_is(chance, 2)) continue;
        fill_batch(chance, division, input);
        bool kept = tide_merge_offer(merge, input, &division->batches[input]);
        assert_int_equal(kept, division->batches[input].record_count > 0);
    }
}

static void any_division_comes_out_in_the_one_order(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    static struct division division;
    for (unsigned i = 0; i < INPUTS_MAX; i++)
        assert_true(tide_emission_batch_init(&division.batches[i], TEXT_BYTES));
    for (unsigned round = 0; round < 3000; round++) {
        struct tide_merge merge;
        draw_division(&chance, &division);
        for (unsigned i = 0; i < INPUTS_MAX; i++) division.batches[i].complete_row = 0;
        assert_true(tide_merge_init(&merge, division.input_count));
        for (unsigned taken = 0; taken < division.record_count;) {
            struct tide_emission_batch *done;
            char expected[TEXT_MAX + 1];
            offer_where_it_waits(&chance, &merge, &division);
            const char *text = take(&merge, tide_merge_frontier(&merge), &done);
            if (*text == '\0') continue;
            snprintf(expected, sizeof expected, "%u", taken);
            assert_string_equal(text, expected);
            taken++;
        }
        tide_merge_fini(&merge);
    }
    for (unsigned i = 0; i < INPUTS_MAX; i++) tide_emission_batch_fini(&division.batches[i]);
}

static void fini_of_a_zeroed_merge_is_fine(void **state)
{
    (void)state;
    struct tide_merge merge = {0};
    tide_merge_fini(&merge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batch_out_of_turn_is_a_bug_that_stops_the_process),
        cmocka_unit_test(nothing_comes_out_of_nothing),
        cmocka_unit_test(record_waits_until_the_quiet_input_is_past_its_row),
        cmocka_unit_test(texts_of_different_channels_are_kept_apart),
        cmocka_unit_test(any_division_comes_out_in_the_one_order),
        cmocka_unit_test(fini_of_a_zeroed_merge_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
