/* Do totals come out by their first rows, however many there are and however far apart these lie?
 */
#include "engine/state/row_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "chance.h"

static int by_row(const void *a, const void *b)
{
    const struct tide_row_item *first = a, *second = b;
    return (first->row > second->row) - (first->row < second->row);
}

/* Rows all different, within a span of 2^bits at the least; sorted and compared with qsort. */
static void check(struct tide_row_order *order, struct chance *chance, uint32_t count,
                  unsigned bits, uint64_t base)
{
    struct tide_row_item *expected = calloc(count + 1, sizeof *expected);
    uint64_t step = ((uint64_t)1 << bits) / (count + 1) + 1;
    assert_non_null(expected);
    order->count = 0;
    for (uint32_t i = 0; i < count; i++)
        expected[i] = (struct tide_row_item){base + i * step + chance_next(chance) % step, i};
    for (uint32_t i = count; i > 1; i--) {
        uint32_t other = chance_below(chance, i);
        struct tide_row_item item = expected[i - 1];
        expected[i - 1] = expected[other];
        expected[other] = item;
    }
    for (uint32_t i = 0; i < count; i++)
        assert_true(tide_row_order_add(order, expected[i].row, expected[i].number));
    qsort(expected, count, sizeof *expected, by_row);
    assert_true(tide_row_order_sort(order));
    assert_int_equal(order->count, count);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(order->items[i].row == expected[i].row);
        assert_int_equal(order->items[i].number, expected[i].number);
    }
    free(expected);
}

static void nothing_is_sorted_as_nothing(void **state)
{
    (void)state;
    struct tide_row_order order = {0};
    assert_true(tide_row_order_sort(&order));
    assert_int_equal(order.count, 0);
    tide_row_order_fini(&order);
}

static void rows_come_out_ascending(void **state)
{
    (void)state;
    static const uint32_t counts[] = {1, 2, 24, 25, 26, 100, 255, 256, 257, 1000, 5000, 7};
    static const unsigned spans[] = {1, 7, 8, 9, 16, 17, 31, 40, 62};
    struct chance chance = {20240511};
    struct tide_row_order order = {0};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        for (size_t j = 0; j < sizeof spans / sizeof spans[0]; j++)
            check(&order, &chance, counts[i], spans[j], chance_next(&chance) >> 2);
    tide_row_order_fini(&order);
}

static void the_greatest_numbers_are_sorted_too(void **state)
{
    (void)state;
    struct tide_row_order order = {0};
    for (uint32_t i = 0; i < 60; i++) assert_true(tide_row_order_add(&order, UINT64_MAX >> i, i));
    assert_true(tide_row_order_sort(&order));
    for (uint32_t i = 0; i < 60; i++) assert_int_equal(order.items[i].number, 59 - i);
    tide_row_order_fini(&order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_sorted_as_nothing),
        cmocka_unit_test(rows_come_out_ascending),
        cmocka_unit_test(the_greatest_numbers_are_sorted_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
