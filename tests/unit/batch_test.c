/* Do side bytes keep what was put into them, does an empty batch forget everything, and is a row
 * found by its number? */
#include "engine/flow/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "chance.h"

enum { ROWS = 64 };

static void side_bytes_past_32_bits_are_refused(void **state)
{
    (void)state;
    struct tide_batch batch;
    uint32_t offset = 7;
    assert_true(tide_batch_init(&batch, 1, false));
    tide_batch_reset(&batch, NULL, 0);
    assert_false(tide_batch_reserve(&batch, (size_t)UINT32_MAX + 1, &offset));
    assert_true(tide_batch_reserve(&batch, 10, &offset));
    assert_false(tide_batch_reserve(&batch, (size_t)UINT32_MAX - 15, &offset));
    assert_int_equal(batch.side_bytes, 10);
    tide_batch_fini(&batch);
}

static void side_bytes_stay_while_there_come_more(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    struct tide_batch batch;
    uint32_t offsets[200], lengths[200];
    assert_true(tide_batch_init(&batch, ROWS, false));
    for (unsigned round = 0; round < 20; round++) {
        tide_batch_reset(&batch, NULL, 0);
        for (unsigned i = 0; i < 200; i++) {
            lengths[i] = 1 + chance_below(&chance, chance_is(&chance, 20) ? 20000 : 40);
            assert_true(tide_batch_reserve(&batch, lengths[i], &offsets[i]));
            assert_int_equal(offsets[i] % 16, 0);
            memset(batch.side + offsets[i], (int)i, lengths[i]);
        }
        for (unsigned i = 0; i < 200; i++)
            for (uint32_t at = 0; at < lengths[i]; at++)
                assert_int_equal((unsigned char)batch.side[offsets[i] + at], i);
    }
    tide_batch_fini(&batch);
}

static void reset_forgets_rows_flags_and_side(void **state)
{
    (void)state;
    struct tide_batch batch;
    struct tide_epoch epoch;
    uint32_t offset;
    assert_true(tide_batch_init(&batch, ROWS, false));
    batch.row_count = 3;
    batch.flags = TIDE_BATCH_END | TIDE_BATCH_MARKED;
    batch.step_begin = 1;
    batch.step_end = 2;
    assert_true(tide_batch_reserve(&batch, 100, &offset));
    assert_true(tide_batch_add_note(&batch, TIDE_STANDING_PASSED, 5));
    tide_batch_reset(&batch, &epoch, 17);
    assert_int_equal(batch.row_count, 0);
    assert_int_equal(batch.note_count, 0);
    assert_int_equal(batch.flags, 0);
    assert_int_equal(batch.step_begin, 0);
    assert_int_equal(batch.step_end, 0);
    assert_int_equal(batch.row_base, 17);
    assert_ptr_equal(batch.epoch, &epoch);
    assert_int_equal(batch.row_capacity, ROWS);
    assert_true(tide_batch_reserve(&batch, 5, &offset));
    assert_int_equal(offset, 0);
    tide_batch_fini(&batch);
}

static void one_huge_key_does_not_keep_its_room(void **state)
{
    (void)state;
    struct tide_batch batch;
    uint32_t offset;
    assert_true(tide_batch_init(&batch, ROWS, false));
    tide_batch_reset(&batch, NULL, 0);
    assert_true(tide_batch_reserve(&batch, 3 << 20, &offset));
    tide_batch_reset(&batch, NULL, 0);
    assert_true(batch.side_capacity <= 1 << 16);
    assert_true(tide_batch_reserve(&batch, 1000, &offset));
    memset(batch.side + offset, 1, 1000);
    tide_batch_fini(&batch);
}

static void every_row_may_have_a_note_with_a_watermark_of_its_own(void **state)
{
    (void)state;
    struct tide_batch batch;
    assert_true(tide_batch_init(&batch, 1000, false));
    for (unsigned round = 0; round < 2; round++) {
        tide_batch_reset(&batch, NULL, 0);
        for (unsigned i = 0; i < 1000; i++) {
            batch.row_count = i + 1;
            assert_true(tide_batch_add_note(&batch, TIDE_STANDING_PASSED, INT64_MIN + i + round));
        }
        assert_int_equal(batch.note_count, 1000);
        for (unsigned i = 0; i < 1000; i++) {
            assert_int_equal(batch.notes[i].at, i);
            assert_int_equal(batch.notes[i].watermark_ms, INT64_MIN + i + round);
        }
    }
    tide_batch_fini(&batch);
}

static void row_is_found_by_its_number(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    struct tide_batch batch;
    assert_true(tide_batch_init(&batch, ROWS, false));
    for (unsigned round = 0; round < 20000; round++) {
        uint64_t base = chance_is(&chance, 2) ? 0 : chance_next(&chance) >> 2;
        uint64_t row = base + chance_below(&chance, 3);
        tide_batch_reset(&batch, NULL, base);
        batch.row_count = chance_below(&chance, ROWS + 1);
        for (uint32_t i = 0; i < batch.row_count; i++, row += 1 + chance_below(&chance, 3)) {
            uint32_t mark = (uint32_t)(row - base);
            if (chance_is(&chance, 4)) mark |= TIDE_MARK_LONG_KEY;
            if (chance_is(&chance, 4)) mark |= TIDE_MARK_WIDE_AMOUNT;
            batch.marks[i] = mark;
        }
        uint64_t sought = base + chance_below(&chance, 3 * ROWS);
        if (chance_is(&chance, 20)) sought = chance_is(&chance, 2) ? UINT64_MAX : 0;
        uint32_t begin = chance_below(&chance, batch.row_count + 1), expected = begin;
        while (expected < batch.row_count &&
               base + (batch.marks[expected] & TIDE_MARK_ROW) <= sought)
            expected++;
        assert_int_equal(tide_batch_find_row(&batch, begin, sought), expected);
    }
    tide_batch_fini(&batch);
}

static void fini_of_a_zeroed_batch_is_fine(void **state)
{
    (void)state;
    struct tide_batch batch = {0};
    tide_batch_fini(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(side_bytes_past_32_bits_are_refused),
        cmocka_unit_test(side_bytes_stay_while_there_come_more),
        cmocka_unit_test(reset_forgets_rows_flags_and_side),
        cmocka_unit_test(one_huge_key_does_not_keep_its_room),
        cmocka_unit_test(every_row_may_have_a_note_with_a_watermark_of_its_own),
        cmocka_unit_test(row_is_found_by_its_number),
        cmocka_unit_test(fini_of_a_zeroed_batch_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
