/* Does a batch of texts say in time that it is full, and is the order of records total? */
#include "engine/flow/emission.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

enum { TEXT_BYTES = 4096 };

static void channel_that_holds_something_is_full_instead_of_growing(void **state)
{
    (void)state;
    struct tide_emission_batch batch;
    assert_true(tide_emission_batch_init(&batch, TEXT_BYTES));
    struct tide_channel_text *channel = &batch.channels[TIDE_CHANNEL_LATE];
    assert_int_equal(tide_emission_reserve(&batch, TIDE_CHANNEL_LATE, 100), TIDE_ROOM);
    channel->bytes += 100;
    size_t left = channel->capacity - channel->bytes;
    assert_int_equal(tide_emission_reserve(&batch, TIDE_CHANNEL_LATE, left), TIDE_ROOM);
    assert_int_equal(tide_emission_reserve(&batch, TIDE_CHANNEL_LATE, left + 1), TIDE_ROOM_FULL);
    assert_int_equal(tide_emission_reserve(&batch, TIDE_CHANNEL_RESULTS, left + 1), TIDE_ROOM);
    tide_emission_batch_fini(&batch);
}

static void empty_channel_grows_to_fit_any_line(void **state)
{
    (void)state;
    struct tide_emission_batch batch;
    assert_true(tide_emission_batch_init(&batch, TEXT_BYTES));
    static const size_t sizes[] = {0, 1, TEXT_BYTES, TEXT_BYTES + 1, 1 << 20};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (unsigned channel = 0; channel < TIDE_CHANNEL_COUNT; channel++) {
            assert_int_equal(tide_emission_reserve(&batch, channel, sizes[i]), TIDE_ROOM);
            assert_true(batch.channels[channel].capacity >= sizes[i]);
            if (sizes[i]) memset(batch.channels[channel].text, 'x', sizes[i]);
        }
    tide_emission_batch_fini(&batch);
}

static void batch_is_full_while_each_channel_may_still_get_one_record(void **state)
{
    (void)state;
    struct tide_emission_batch batch;
    assert_true(tide_emission_batch_init(&batch, TEXT_BYTES));
    batch.record_count = batch.record_capacity - TIDE_CHANNEL_COUNT;
    assert_int_equal(tide_emission_reserve(&batch, TIDE_CHANNEL_RESULTS, 10), TIDE_ROOM);
    batch.record_count++;
    assert_int_equal(tide_emission_reserve(&batch, TIDE_CHANNEL_RESULTS, 10), TIDE_ROOM_FULL);
    assert_false(tide_emission_has_room(&batch, TIDE_CHANNEL_RESULTS, 0));
    tide_emission_batch_fini(&batch);
}

static void keys_order_by_their_bytes_where_the_phase_asks_for_them(void **state)
{
    (void)state;
    struct tide_emission_batch batch;
    static const char *const keys[] = {"", "a", "a and longer", "b"};
    struct tide_order_key order[4];
    assert_true(tide_emission_batch_init(&batch, TEXT_BYTES));
    for (unsigned i = 4; i-- > 0;) {
        uint32_t bytes = (uint32_t)strlen(keys[i]);
        size_t room = tide_emission_key_bytes(bytes);
        assert_int_equal(tide_emission_reserve(&batch, TIDE_CHANNEL_KEYS, room), TIDE_ROOM);
        const struct tide_key_text *kept = tide_emission_keep_key(&batch, keys[i], bytes);
        assert_memory_equal(kept->text, keys[i], bytes);
        order[i] = (struct tide_order_key){.first_row = (uint64_t)(uintptr_t)kept,
                                           .phase = TIDE_PHASE_PROCESS};
    }
    for (unsigned i = 0; i < 4; i++)
        for (unsigned j = 0; j < 4; j++)
            assert_int_equal(tide_order_before(&order[i], &order[j]), i < j);
    order[3].end_ms = -1; /* an earlier deadline comes first, whatever the key */
    assert_true(tide_order_before(&order[3], &order[0]));
    tide_emission_batch_fini(&batch);
}

static void quick_look_says_what_reserve_would_say_without_growing(void **state)
{
    (void)state;
    struct tide_emission_batch batch;
    assert_true(tide_emission_batch_init(&batch, TEXT_BYTES));
    assert_false(tide_emission_has_room(&batch, TIDE_CHANNEL_ALERTS, 1));
    assert_int_equal(tide_emission_reserve(&batch, TIDE_CHANNEL_ALERTS, 1), TIDE_ROOM);
    assert_true(tide_emission_has_room(&batch, TIDE_CHANNEL_ALERTS, TEXT_BYTES));
    batch.channels[TIDE_CHANNEL_ALERTS].bytes = TEXT_BYTES - 5;
    assert_true(tide_emission_has_room(&batch, TIDE_CHANNEL_ALERTS, 5));
    assert_false(tide_emission_has_room(&batch, TIDE_CHANNEL_ALERTS, 6));
    tide_emission_batch_fini(&batch);
}

static void reset_keeps_common_room_and_drops_a_huge_one(void **state)
{
    (void)state;
    struct tide_emission_batch batch;
    assert_true(tide_emission_batch_init(&batch, TEXT_BYTES));
    assert_int_equal(tide_emission_reserve(&batch, TIDE_CHANNEL_RESULTS, 10), TIDE_ROOM);
    assert_int_equal(tide_emission_reserve(&batch, TIDE_CHANNEL_ALERTS, 1 << 22), TIDE_ROOM);
    batch.channels[TIDE_CHANNEL_RESULTS].bytes = batch.channels[TIDE_CHANNEL_ALERTS].bytes = 10;
    batch.record_count = 5;
    batch.is_last = true;
    tide_emission_batch_reset(&batch);
    assert_int_equal(batch.channels[TIDE_CHANNEL_RESULTS].bytes, 0);
    assert_int_equal(batch.channels[TIDE_CHANNEL_RESULTS].capacity, TEXT_BYTES);
    assert_int_equal(batch.channels[TIDE_CHANNEL_ALERTS].bytes, 0);
    assert_int_equal(batch.channels[TIDE_CHANNEL_ALERTS].capacity, 0);
    assert_int_equal(batch.record_count, 0);
    assert_false(batch.is_last);
    tide_emission_batch_fini(&batch);
}

/* Each one comes before the next. */
static const struct tide_order_key ascending[] = {
    {0, 0, 0, TIDE_PHASE_ROW},
    {1, 500, 9, TIDE_PHASE_ROW},
    {1, INT64_MIN, 9, TIDE_PHASE_WINDOW},
    {1, -5, 9, TIDE_PHASE_WINDOW},
    {1, 10, 3, TIDE_PHASE_WINDOW},
    {1, 10, 4, TIDE_PHASE_WINDOW},
    {1, 11, 0, TIDE_PHASE_WINDOW},
    {1, 0, 0, TIDE_PHASE_TIMER},
    {2, INT64_MIN, 0, TIDE_PHASE_ROW},
    {UINT64_MAX, INT64_MAX, UINT64_MAX, TIDE_PHASE_TIMER},
};

static void order_is_by_cause_then_phase_then_end_then_first_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ascending / sizeof ascending[0]; i++)
        for (size_t j = 0; j < sizeof ascending / sizeof ascending[0]; j++)
            assert_int_equal(tide_order_before(&ascending[i], &ascending[j]), i < j);
}

static void fini_of_a_zeroed_batch_is_fine(void **state)
{
    (void)state;
    struct tide_emission_batch batch = {0};
    tide_emission_batch_fini(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channel_that_holds_something_is_full_instead_of_growing),
        cmocka_unit_test(empty_channel_grows_to_fit_any_line),
        cmocka_unit_test(batch_is_full_while_each_channel_may_still_get_one_record),
        cmocka_unit_test(keys_order_by_their_bytes_where_the_phase_asks_for_them),
        cmocka_unit_test(quick_look_says_what_reserve_would_say_without_growing),
        cmocka_unit_test(reset_keeps_common_room_and_drops_a_huge_one),
        cmocka_unit_test(order_is_by_cause_then_phase_then_end_then_first_row),
        cmocka_unit_test(fini_of_a_zeroed_batch_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
