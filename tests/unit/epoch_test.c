/* Is an epoch used again only when every worker has left it, and are its steps found by watermark?
 */
#include "engine/flow/epoch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chance.h"

enum { STEPS = 64 };

static void open_while_the_oldest_is_read_returns_null(void **state)
{
    (void)state;
    struct tide_epoch_pool pool;
    assert_true(tide_epoch_pool_init(&pool, 2, 4, 16));
    struct tide_epoch *first = tide_epoch_open(&pool, 3, 0, 0);
    struct tide_epoch *second = tide_epoch_open(&pool, 3, 10, 0);
    assert_non_null(first);
    assert_non_null(second);
    assert_ptr_not_equal(first, second);
    assert_null(tide_epoch_open(&pool, 3, 20, 0));
    for (unsigned reader = 0; reader < 3; reader++) {
        assert_null(tide_epoch_open(&pool, 3, 20, 0));
        assert_int_equal(tide_epoch_leave(first), reader == 2); /* the last one is told so */
    }
    assert_ptr_equal(tide_epoch_open(&pool, 3, 20, 0), first);
    assert_null(tide_epoch_open(&pool, 3, 30, 0));
    tide_epoch_pool_fini(&pool);
}

static void younger_epoch_left_early_does_not_free_the_oldest(void **state)
{
    (void)state;
    struct tide_epoch_pool pool;
    assert_true(tide_epoch_pool_init(&pool, 2, 4, 16));
    struct tide_epoch *first = tide_epoch_open(&pool, 1, 0, 0);
    struct tide_epoch *second = tide_epoch_open(&pool, 1, 10, 0);
    assert_true(tide_epoch_leave(second));
    assert_null(tide_epoch_open(&pool, 1, 20, 0));
    assert_true(tide_epoch_leave(first));
    assert_ptr_equal(tide_epoch_open(&pool, 1, 20, 0), first);
    assert_ptr_equal(tide_epoch_open(&pool, 1, 30, 0), second);
    tide_epoch_pool_fini(&pool);
}

static void opened_epoch_is_empty_whatever_it_was_before(void **state)
{
    (void)state;
    struct tide_epoch_pool pool;
    assert_true(tide_epoch_pool_init(&pool, 2, STEPS, 16));
    for (uint64_t i = 0; i < 7; i++) {
        struct tide_epoch *epoch = tide_epoch_open(&pool, 1, i * 10, i + 5);
        assert_non_null(epoch);
        assert_int_equal(epoch->step_count, 0);
        assert_int_equal(epoch->row_begin, i * 10);
        assert_int_equal(epoch->rules_version, i + 5);
        for (uint32_t step = 0; step < STEPS; step++)
            epoch->steps[epoch->step_count++] =
                (struct tide_step){.row = i, .watermark_ms = (int64_t)i};
        assert_true(tide_epoch_leave(epoch));
    }
    tide_epoch_pool_fini(&pool);
}

static void epochs_have_room_of_their_own(void **state)
{
    (void)state;
    struct tide_epoch_pool pool;
    struct tide_epoch *epochs[4];
    assert_true(tide_epoch_pool_init(&pool, 4, STEPS, 16));
    for (unsigned i = 0; i < 4; i++) {
        epochs[i] = tide_epoch_open(&pool, 1, 0, 0);
        for (uint32_t step = 0; step < STEPS; step++)
            epochs[i]->steps[step] = (struct tide_step){.row = i, .watermark_ms = (int64_t)step};
    }
    for (unsigned i = 0; i < 4; i++)
        for (uint32_t step = 0; step < STEPS; step++) {
            assert_int_equal(epochs[i]->steps[step].row, i);
            assert_int_equal(epochs[i]->steps[step].watermark_ms, step);
        }
    tide_epoch_pool_fini(&pool);
}

static uint32_t find_naively(const struct tide_epoch *epoch, uint32_t begin, uint32_t end,
                             int64_t watermark_ms)
{
    while (begin < end && epoch->steps[begin].watermark_ms < watermark_ms) begin++;
    return begin;
}

static void first_step_that_reaches_a_watermark_is_found(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    struct tide_epoch_pool pool;
    assert_true(tide_epoch_pool_init(&pool, 2, STEPS, 16));
    for (unsigned round = 0; round < 20000; round++) {
        struct tide_epoch *epoch = tide_epoch_open(&pool, 1, 0, 0);
        int64_t watermark_ms = (int64_t)chance_below(&chance, 100) - 50;
        uint32_t count = chance_below(&chance, STEPS + 1);
        for (uint32_t i = 0; i < count; i++) {
            watermark_ms += chance_below(&chance, 4); /* equal ones too */
            epoch->steps[epoch->step_count++] =
                (struct tide_step){.row = i, .watermark_ms = watermark_ms};
        }
        if (count && chance_is(&chance, 4)) epoch->steps[count - 1].watermark_ms = INT64_MAX;
        uint32_t begin = chance_below(&chance, count + 1);
        uint32_t end = begin + chance_below(&chance, count - begin + 1);
        int64_t sought_ms = (int64_t)chance_below(&chance, 300) - 75;
        if (chance_is(&chance, 10)) sought_ms = chance_is(&chance, 2) ? INT64_MIN : INT64_MAX;
        assert_int_equal(tide_epoch_find_watermark(epoch, begin, end, sought_ms),
                         find_naively(epoch, begin, end, sought_ms));
        assert_true(tide_epoch_leave(epoch));
    }
    tide_epoch_pool_fini(&pool);
}

static void fini_of_a_zeroed_pool_is_fine(void **state)
{
    (void)state;
    struct tide_epoch_pool pool = {0};
    tide_epoch_pool_fini(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_while_the_oldest_is_read_returns_null),
        cmocka_unit_test(younger_epoch_left_early_does_not_free_the_oldest),
        cmocka_unit_test(opened_epoch_is_empty_whatever_it_was_before),
        cmocka_unit_test(epochs_have_room_of_their_own),
        cmocka_unit_test(first_step_that_reaches_a_watermark_is_found),
        cmocka_unit_test(fini_of_a_zeroed_pool_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
