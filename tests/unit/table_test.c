/* Do columns stand below each other, as text and as Markdown? */
#include "engine/instruments/bench/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check(const struct tide_table *table, enum tide_table_style style, const char *expected)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    assert_true(tide_table_print(table, out, style, &(struct tide_error){0}));
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void fill(struct tide_table *table)
{
    tide_table_init(table);
    tide_table_column(table, "N", false);
    tide_table_column(table, "stage", true);
    tide_table_column(table, "busy", false);
    tide_table_cell(table, "%u", 1u);
    tide_table_cell(table, "parser");
    tide_table_cell(table, "%.1f %%", 12.34);
    tide_table_cell(table, "%u", 256u);
    tide_table_cell(table, "sink");
    tide_table_cell(table, "?");
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
    (void)state;
    struct tide_table table;
    fill(&table);
    check(&table, TIDE_TABLE_TEXT,
          "    N  stage     busy\n"
          "    1  parser  12.3 %\n"
          "  256  sink         ?\n");
    tide_table_fini(&table);
}

static void markdown_has_a_rule_that_tells_the_side(void **state)
{
    (void)state;
    struct tide_table table;
    fill(&table);
    check(&table, TIDE_TABLE_MARKDOWN,
          "|   N | stage  |   busy |\n"
          "| --: | ------ | -----: |\n"
          "|   1 | parser | 12.3 % |\n"
          "| 256 | sink   |      ? |\n");
    tide_table_fini(&table);
}

static void a_last_column_of_words_has_no_blanks_behind(void **state)
{
    (void)state;
    struct tide_table table;
    tide_table_init(&table);
    tide_table_column(&table, "limit", true);
    tide_table_cell(&table, "cores");
    tide_table_cell(&table, "a worker");
    check(&table, TIDE_TABLE_TEXT, "  limit\n  cores\n  a worker\n");
    tide_table_fini(&table);
}

static void many_rows_and_long_cells_fit(void **state)
{
    (void)state;
    char cell[2 * TIDE_TABLE_CELL_BYTES];
    struct tide_table table;
    memset(cell, 'x', sizeof cell - 1);
    cell[sizeof cell - 1] = '\0';
    tide_table_init(&table);
    tide_table_column(&table, "n", false);
    for (unsigned i = 0; i < 1000; i++) tide_table_cell(&table, "%s", cell);
    assert_int_equal(table.cell_count, 1001);
    assert_int_equal(strlen(table.cells[1000]), TIDE_TABLE_CELL_BYTES - 1);
    tide_table_fini(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
        cmocka_unit_test(markdown_has_a_rule_that_tells_the_side),
        cmocka_unit_test(a_last_column_of_words_has_no_blanks_behind),
        cmocka_unit_test(many_rows_and_long_cells_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
