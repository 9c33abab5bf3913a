/* Are the parcels of several inputs one stream in the order of their rows, whenever they come, with
 * idle and finished inputs left out? With the links in hand and no threads. */
#include "engine/stages/confluence.h"
#include "engine/state/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chance.h"

enum {
    INPUTS_MAX = 6,
    PARCELS = 3,
    ROWS_A_PARCEL = 4,
    ROWS_MAX = 400,
    BOUND_MS = 10,
    IDLE_NS = 100
};

struct bench {
    unsigned count;
    struct tide_waiter producers[INPUTS_MAX], consumer;
    struct tide_parcel parcels[INPUTS_MAX][PARCELS];
    struct tide_link links[INPUTS_MAX];
    struct tide_confluence confluence;
    uint64_t sent[INPUTS_MAX]; /* rows, which are the parcels' places */
};

static void open_bench(struct bench *bench, unsigned count)
{
    struct tide_error error = {0};
    *bench = (struct bench){.count = count};
    tide_waiter_init(&bench->consumer);
    for (unsigned i = 0; i < count; i++) {
        void *items[PARCELS];
        tide_waiter_init(&bench->producers[i]);
        for (unsigned j = 0; j < PARCELS; j++) {
            assert_true(tide_parcel_init(&bench->parcels[i][j], ROWS_A_PARCEL));
            items[j] = &bench->parcels[i][j];
        }
        assert_true(tide_link_init(&bench->links[i], items, PARCELS, &bench->producers[i],
                                   &bench->consumer));
    }
    assert_true(tide_confluence_init(&bench->confluence, bench->links, count, BOUND_MS, &error));
}

static void close_bench(struct bench *bench)
{
    tide_confluence_fini(&bench->confluence);
    for (unsigned i = 0; i < bench->count; i++) {
        tide_link_fini(&bench->links[i]);
        for (unsigned j = 0; j < PARCELS; j++) tide_parcel_fini(&bench->parcels[i][j]);
    }
}

static void send(struct bench *bench, unsigned input, const int64_t times_ms[], uint32_t count,
                 uint32_t flags)
{
    struct tide_parcel *parcel = tide_link_take(&bench->links[input]);
    assert_non_null(parcel);
    tide_parcel_reset(parcel);
    for (uint32_t i = 0; i < count; i++) parcel->batch.rows[i].time_ms = times_ms[i];
    parcel->batch.row_count = count;
    parcel->batch.flags = flags;
    parcel->from = (struct tide_input_place){.offset = bench->sent[input], .line = 1};
    bench->sent[input] += count;
    tide_link_send(&bench->links[input], parcel, TIDE_NOW);
}

static void send_one(struct bench *bench, unsigned input, int64_t time_ms)
{
    send(bench, input, &time_ms, 1, 0);
}

/* The next row is this one. */
static void take(struct bench *bench, unsigned input, int64_t time_ms)
{
    struct tide_confluence *confluence = &bench->confluence;
    assert_int_equal(tide_confluence_look(confluence), TIDE_CONFLUENCE_ROW);
    assert_int_equal(tide_interleave_next(&confluence->order), input);
    struct tide_confluence_input *next = tide_confluence_next(confluence);
    assert_int_equal(next->parcel->batch.rows[next->row_next].time_ms, time_ms);
    next->row_next++;
    if (time_ms > confluence->order.greatest_ms[input])
        tide_interleave_advance(&confluence->order, time_ms);
}

static void look(struct bench *bench, enum tide_confluence_news news)
{
    assert_int_equal(tide_confluence_look(&bench->confluence), news);
}

static void listen(struct bench *bench, int64_t now_ns, bool is_new_idle, bool is_of_all)
{
    struct tide_silence silence = tide_confluence_listen(&bench->confluence, now_ns, IDLE_NS);
    assert_int_equal(silence.is_new_idle, is_new_idle);
    assert_int_equal(silence.is_of_all, is_of_all);
}

static void input_that_is_next_is_waited_for_though_others_have_rows(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 2);
    send_one(&bench, 1, 5);
    look(&bench, TIDE_CONFLUENCE_STARVED);
    send_one(&bench, 0, 7);
    take(&bench, 0, 7);
    take(&bench, 1, 5);
    look(&bench, TIDE_CONFLUENCE_STARVED); /* 1 is behind */
    send_one(&bench, 0, 8);
    look(&bench, TIDE_CONFLUENCE_STARVED);
    close_bench(&bench);
}

static void parcels_without_rows_change_nothing(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 2);
    for (unsigned i = 0; i < 5; i++) {
        send(&bench, 0, NULL, 0, 0);
        look(&bench, TIDE_CONFLUENCE_STARVED);
    }
    send(&bench, 0, NULL, 0, TIDE_BATCH_END);
    look(&bench, TIDE_CONFLUENCE_FINISHED);
    send(&bench, 1, NULL, 0, TIDE_BATCH_END);
    look(&bench, TIDE_CONFLUENCE_END);
    close_bench(&bench);
}

static void watermark_goes_on_when_an_input_has_finished(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 3);
    send(&bench, 0, (const int64_t[]){100}, 1, TIDE_BATCH_END);
    send(&bench, 1, (const int64_t[]){300}, 1, TIDE_BATCH_END);
    send_one(&bench, 2, 200);
    take(&bench, 0, 100);
    take(&bench, 1, 300);
    take(&bench, 2, 200);
    look(&bench, TIDE_CONFLUENCE_FINISHED); /* of 0, which was the least */
    assert_int_equal(bench.confluence.watermark.least_ms, 200 - BOUND_MS - 1);
    look(&bench, TIDE_CONFLUENCE_STARVED);
    send_one(&bench, 2, 400);
    take(&bench, 2, 400);
    look(&bench, TIDE_CONFLUENCE_FINISHED);
    assert_int_equal(bench.confluence.watermark.least_ms, 400 - BOUND_MS - 1);
    assert_int_equal(bench.confluence.end_count, 2);
    send(&bench, 2, NULL, 0, TIDE_BATCH_END);
    look(&bench, TIDE_CONFLUENCE_END);
    assert_int_equal(bench.confluence.end_count, 2); /* the last end is that of the whole */
    close_bench(&bench);
}

static void bounds_of_the_next_input_are_those_of_the_second(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 2);
    assert_int_equal(tide_confluence_others_ms(&bench.confluence), TIDE_INTERLEAVE_NO_TIME);
    send_one(&bench, 0, 5);
    send_one(&bench, 1, 9);
    take(&bench, 0, 5);
    take(&bench, 1, 9);
    assert_int_equal(tide_confluence_others_ms(&bench.confluence), 9);
    assert_int_equal(tide_confluence_stay_ms(&bench.confluence), 9); /* 0 comes first of equals */
    send_one(&bench, 0, 10);
    take(&bench, 0, 10);
    assert_int_equal(tide_confluence_stay_ms(&bench.confluence), 9); /* and 1 does not */
    send(&bench, 1, (const int64_t[]){20}, 1, TIDE_BATCH_END);
    take(&bench, 1, 20);
    send(&bench, 0, (const int64_t[]){21}, 1, TIDE_BATCH_END);
    take(&bench, 0, 21);
    look(&bench, TIDE_CONFLUENCE_FINISHED);
    assert_int_equal(tide_confluence_others_ms(&bench.confluence), INT64_MAX);
    assert_int_equal(tide_confluence_stay_ms(&bench.confluence), INT64_MAX);
    close_bench(&bench);
}

static void first_input_is_waited_for_until_its_header_is_known(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 2);
    look(&bench, TIDE_CONFLUENCE_STARVED);
    listen(&bench, 1000, false, true);
    send_one(&bench, 1, 5);
    listen(&bench, 9000, false, false);
    send(&bench, 0, NULL, 0, 0);
    look(&bench, TIDE_CONFLUENCE_STARVED);
    listen(&bench, 9001, false, false);
    listen(&bench, 9001 + IDLE_NS, true, false);
    take(&bench, 1, 5);
    close_bench(&bench);
}

static void idle_input_is_left_out_until_it_brings_rows(void **state)
{
    (void)state;
    struct bench bench;
    struct tide_confluence *confluence = &bench.confluence;
    open_bench(&bench, 2);
    send_one(&bench, 0, 100);
    send(&bench, 1, (const int64_t[]){200, 300, 400}, 3, 0);
    take(&bench, 0, 100);
    take(&bench, 1, 200);
    look(&bench, TIDE_CONFLUENCE_STARVED);
    assert_int_equal(tide_confluence_idle_at_ns(confluence, IDLE_NS), TIDE_CLOCK_NEVER);
    listen(&bench, 50, false, false);
    assert_int_equal(tide_confluence_idle_at_ns(confluence, IDLE_NS), 50 + IDLE_NS);
    listen(&bench, 49 + IDLE_NS, false, false);
    listen(&bench, 50 + IDLE_NS, true, false);
    assert_int_equal(tide_confluence_idle_at_ns(confluence, IDLE_NS), TIDE_CLOCK_NEVER);
    assert_int_equal(confluence->watermark.least_ms, 200 - BOUND_MS - 1);
    take(&bench, 1, 300);
    send(&bench, 0, (const int64_t[]){150, 350}, 2, 0);
    take(&bench, 0, 150); /* back, and behind */
    take(&bench, 0, 350);
    take(&bench, 1, 400);
    assert_int_equal(confluence->watermark.active_count, 2);
    close_bench(&bench);
}

static void all_inputs_idle_let_the_greatest_watermark_count(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 3);
    for (unsigned i = 0; i < 3; i++) send_one(&bench, i, 100 * (i + 1));
    for (unsigned i = 0; i < 3; i++) take(&bench, i, 100 * (i + 1));
    look(&bench, TIDE_CONFLUENCE_STARVED);
    listen(&bench, 1, false, true);
    listen(&bench, 1 + IDLE_NS, true, true);
    assert_int_equal(bench.confluence.watermark.least_ms, 300 - BOUND_MS - 1);
    look(&bench, TIDE_CONFLUENCE_STARVED);
    listen(&bench, 5 + IDLE_NS, false, true);
    send(&bench, 1, (const int64_t[]){250}, 1, TIDE_BATCH_END);
    take(&bench, 1, 250);
    assert_int_equal(bench.confluence.watermark.least_ms, 300 - BOUND_MS - 1);
    look(&bench, TIDE_CONFLUENCE_FINISHED); /* the others are idle, and not at their end */
    look(&bench, TIDE_CONFLUENCE_STARVED);
    send(&bench, 0, NULL, 0, TIDE_BATCH_END);
    look(&bench, TIDE_CONFLUENCE_FINISHED);
    send(&bench, 2, NULL, 0, TIDE_BATCH_END);
    look(&bench, TIDE_CONFLUENCE_END);
    close_bench(&bench);
}

static void silence_is_forgotten_when_something_comes(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 2);
    send_one(&bench, 0, 1);
    send_one(&bench, 1, 2);
    take(&bench, 0, 1);
    take(&bench, 1, 2);
    look(&bench, TIDE_CONFLUENCE_STARVED);
    listen(&bench, 10, false, true);
    send_one(&bench, 1, 3); /* not next, and not taken yet */
    listen(&bench, 20, false, false);
    assert_int_equal(tide_confluence_idle_at_ns(&bench.confluence, IDLE_NS), 10 + IDLE_NS);
    send_one(&bench, 0, 9);
    take(&bench, 0, 9);
    assert_int_equal(tide_confluence_idle_at_ns(&bench.confluence, IDLE_NS), TIDE_CLOCK_NEVER);
    close_bench(&bench);
}

/* Rows of each input as they will come, and how far they have been sent and taken. */
struct script {
    int64_t times_ms[INPUTS_MAX][ROWS_MAX];
    uint32_t count[INPUTS_MAX], sent[INPUTS_MAX], taken[INPUTS_MAX];
    bool is_ended[INPUTS_MAX], is_over[INPUTS_MAX];
    int64_t greatest_ms[INPUTS_MAX];
};

static void send_some(struct bench *bench, struct script *script, struct chance *chance)
{
    unsigned input = chance_below(chance, bench->count);
    uint32_t left = script->count[input] - script->sent[input];
    uint32_t count = chance_below(chance, ROWS_A_PARCEL + 1);
    bool ends = left <= count;
    if (script->is_ended[input] || tide_ring_count(&bench->links[input].back) == 0) return;
    if (ends) count = left;
    send(bench, input, script->times_ms[input] + script->sent[input], count,
         ends ? TIDE_BATCH_END : 0);
    script->sent[input] += count;
    script->is_ended[input] = ends;
}

static unsigned least_of(const struct script *script, unsigned count)
{
    unsigned least = INPUTS_MAX;
    for (unsigned i = 0; i < count; i++)
        if (!script->is_over[i] &&
            (least == INPUTS_MAX || script->greatest_ms[i] < script->greatest_ms[least]))
            least = i;
    return least;
}

/* What comes next is what the script says. True: it was the end. */
static bool take_next(struct bench *bench, struct script *script)
{
    unsigned least = least_of(script, bench->count);
    bool is_last = script->taken[least] == script->count[least];
    struct tide_confluence_input *next;
    switch (tide_confluence_look(&bench->confluence)) {
    case TIDE_CONFLUENCE_STARVED:
        return false;
    case TIDE_CONFLUENCE_END:
        script->is_over[least] = true;
        assert_int_equal(least_of(script, bench->count), INPUTS_MAX);
        return true;
    case TIDE_CONFLUENCE_FINISHED:
        assert_true(is_last);
        script->is_over[least] = true;
        return false;
    case TIDE_CONFLUENCE_ROW:
        break;
    }
    assert_false(is_last);
    next = tide_confluence_next(&bench->confluence);
    int64_t time_ms = script->times_ms[least][script->taken[least]++];
    assert_ptr_equal(next, &bench->confluence.inputs[least]);
    assert_int_equal(next->parcel->batch.rows[next->row_next++].time_ms, time_ms);
    if (time_ms <= script->greatest_ms[least]) return false;
    assert_int_equal(
        time_ms > tide_confluence_stay_ms(&bench->confluence),
        (script->greatest_ms[least] = time_ms, least_of(script, bench->count) != least));
    tide_interleave_advance(&bench->confluence.order, time_ms);
    return false;
}

/* Another confluence goes on from what this one saves; what has not been taken comes again. */
static void begin_anew(struct bench *bench, struct script *script)
{
    const unsigned count = bench->count;
    struct tide_snapshot snapshot = {0};
    struct tide_input_place places[INPUTS_MAX];
    tide_confluence_save(&bench->confluence, &snapshot);
    for (unsigned i = 0; i < count; i++) places[i] = tide_confluence_place(&bench->confluence, i);
    close_bench(bench);
    open_bench(bench, count);
    struct tide_snapshot_reader reader = {.at = snapshot.bytes,
                                          .end = snapshot.bytes + snapshot.count};
    assert_true(tide_confluence_load(&bench->confluence, &reader));
    assert_ptr_equal(reader.at, reader.end);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(places[i].offset + places[i].skip_count, script->taken[i]);
        assert_int_equal(places[i].is_done, script->is_over[i]);
        bench->sent[i] = script->sent[i] = script->taken[i];
        places[i].offset += places[i].skip_count; /* a partition passes over those */
        places[i].skip_count = 0;
        tide_confluence_resume(&bench->confluence, i, &places[i]);
        script->is_ended[i] = script->is_over[i];
    }
    tide_snapshot_fini(&snapshot);
}

static void check_order(struct chance *chance, bool begins_anew)
{
    static struct script script;
    struct bench bench;
    script = (struct script){0};
    open_bench(&bench, 1 + chance_below(chance, INPUTS_MAX));
    for (unsigned i = 0; i < bench.count; i++) {
        script.count[i] = chance_below(chance, 4) ? chance_below(chance, ROWS_MAX) : 0;
        script.greatest_ms[i] = TIDE_INTERLEAVE_NO_TIME;
        int64_t now_ms = chance_below(chance, 50);
        for (uint32_t j = 0; j < script.count[i]; j++)
            script.times_ms[i][j] = now_ms += (int64_t)chance_below(chance, 12) - 3;
    }
    for (bool ended = false; !ended;) {
        send_some(&bench, &script, chance);
        for (unsigned i = chance_below(chance, 5); i > 0 && !ended; i--)
            ended = take_next(&bench, &script);
        if (begins_anew && !ended && chance_is(chance, 10)) begin_anew(&bench, &script);
    }
    close_bench(&bench);
}

static void order_is_the_same_from_any_snapshot_on(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    for (unsigned round = 0; round < 60; round++) check_order(&chance, true);
}

static void snapshots_that_contradict_themselves_are_refused(void **state)
{
    (void)state;
    for (unsigned fault = 0; fault < 3; fault++) {
        struct bench bench;
        struct tide_snapshot snapshot = {0};
        open_bench(&bench, 2);
        bench.confluence.watermark.inputs[1].is_idle = fault == 0; /* and counts */
        bench.confluence.watermark.inputs[1].is_finished = fault == 1;
        bench.confluence.end_count = fault == 2;
        tide_confluence_save(&bench.confluence, &snapshot);
        close_bench(&bench);
        open_bench(&bench, 2);
        struct tide_snapshot_reader reader = {.at = snapshot.bytes,
                                              .end = snapshot.bytes + snapshot.count};
        assert_false(tide_confluence_load(&bench.confluence, &reader));
        assert_non_null(reader.damage);
        close_bench(&bench);
        tide_snapshot_fini(&snapshot);
    }
}

static void watermarks_beyond_what_inputs_allow_are_not(void **state)
{
    (void)state;
    static const struct {
        int64_t watermark_ms, least_ms, input_ms; /* of the parser, of all, of the second input */
        bool second_is_idle, may_be_idle, allowed;
    } cases[] = {
        {90, 80, 80, false, false, false},
        {80, 90, 80, false, false, false},
        {80, 80, 200, false, true, false},
        {80, 80, 80, true, false, false},
        {80, 200, 80, true, true, false},
        {80, 80, 80, false, false, true},
        {190, 190, 80, true, true, true},
        {900, 80, 80, false, true, true},
        {TIDE_WATERMARK_NONE, TIDE_WATERMARK_NONE, TIDE_WATERMARK_NONE, false, false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench;
        open_bench(&bench, 2);
        struct tide_confluence *confluence = &bench.confluence;
        confluence->order.greatest_ms[0] = 190 + confluence->behind_ms;
        confluence->order.greatest_ms[1] = 80 + confluence->behind_ms;
        confluence->watermark.least_ms = cases[i].least_ms;
        confluence->watermark.inputs[1].watermark_ms = cases[i].input_ms;
        confluence->watermark.inputs[1].is_idle = cases[i].second_is_idle;
        confluence->watermark.inputs[1].counts = !cases[i].second_is_idle;
        assert_int_equal(
            tide_confluence_allows(confluence, cases[i].watermark_ms, cases[i].may_be_idle),
            cases[i].allowed);
        close_bench(&bench);
    }
}

static void order_is_the_same_whenever_parcels_come(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    for (unsigned round = 0; round < 60; round++) check_order(&chance, false);
}

static void fini_of_a_zeroed_confluence_is_fine(void **state)
{
    (void)state;
    struct tide_confluence confluence = {0};
    tide_confluence_fini(&confluence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_that_is_next_is_waited_for_though_others_have_rows),
        cmocka_unit_test(parcels_without_rows_change_nothing),
        cmocka_unit_test(watermark_goes_on_when_an_input_has_finished),
        cmocka_unit_test(bounds_of_the_next_input_are_those_of_the_second),
        cmocka_unit_test(first_input_is_waited_for_until_its_header_is_known),
        cmocka_unit_test(idle_input_is_left_out_until_it_brings_rows),
        cmocka_unit_test(all_inputs_idle_let_the_greatest_watermark_count),
        cmocka_unit_test(silence_is_forgotten_when_something_comes),
        cmocka_unit_test(order_is_the_same_whenever_parcels_come),
        cmocka_unit_test(order_is_the_same_from_any_snapshot_on),
        cmocka_unit_test(snapshots_that_contradict_themselves_are_refused),
        cmocka_unit_test(watermarks_beyond_what_inputs_allow_are_not),
        cmocka_unit_test(fini_of_a_zeroed_confluence_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
