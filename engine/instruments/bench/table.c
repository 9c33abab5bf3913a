#include "engine/instruments/bench/table.h"

#include "engine/base/memory.h"

#include <stdarg.h>
#include <string.h>

enum { CAPACITY_FIRST = 64 };

void tide_table_init(struct tide_table *table)
{
    *table = (struct tide_table){0};
}

void tide_table_fini(struct tide_table *table)
{
    tide_free(table->cells);
    *table = (struct tide_table){0};
}

/* NULL: no memory. */
static char *add(struct tide_table *table)
{
    if (table->cell_count == table->capacity) {
        unsigned capacity = table->capacity ? 2 * table->capacity : CAPACITY_FIRST;
        void *cells = tide_realloc(table->cells, capacity * sizeof *table->cells);
        table->has_failed |= !cells;
        if (!cells) return NULL;
        table->cells = cells;
        table->capacity = capacity;
    }
    return table->cells[table->cell_count++];
}

void tide_table_column(struct tide_table *table, const char *head, bool is_left)
{
    TIDE_ASSERT(table->column_count == table->cell_count);
    TIDE_ASSERT(table->column_count < TIDE_TABLE_COLUMNS_MAX);
    char *cell = add(table);
    if (cell) snprintf(cell, TIDE_TABLE_CELL_BYTES, "%s", head);
    table->is_left[table->column_count++] = is_left;
}

void tide_table_cell(struct tide_table *table, const char *format, ...)
{
    char *cell = add(table);
    if (!cell) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(cell, TIDE_TABLE_CELL_BYTES, format, arguments);
    va_end(arguments);
}

static int column_width(const struct tide_table *table, unsigned column)
{
    size_t width = 3; /* the least that Markdown's rule takes */
    for (unsigned i = column; i < table->cell_count; i += table->column_count)
        if (strlen(table->cells[i]) > width) width = strlen(table->cells[i]);
    return (int)width;
}

static void print_row(const struct tide_table *table, FILE *out, enum tide_table_style style,
                      unsigned row, const int widths[])
{
    bool is_markdown = style == TIDE_TABLE_MARKDOWN;
    for (unsigned i = 0; i < table->column_count; i++) {
        const char *cell = table->cells[row * table->column_count + i];
        bool is_last = i + 1 == table->column_count;
        int width = table->is_left[i] && is_last && !is_markdown ? 0 : widths[i];
        fprintf(out, "%s%*s", is_markdown ? "| " : "  ", table->is_left[i] ? -width : width, cell);
        if (is_markdown) fputs(is_last ? " |" : " ", out);
    }
    fputc('\n', out);
}

static void print_rule(const struct tide_table *table, FILE *out, const int widths[])
{
    for (unsigned i = 0; i < table->column_count; i++) {
        fputs("| ", out);
        for (int j = table->is_left[i] ? 0 : 1; j < widths[i]; j++) fputc('-', out);
        fputs(table->is_left[i] ? " " : ": ", out);
    }
    fputs("|\n", out);
}

bool tide_table_print(const struct tide_table *table, FILE *out, enum tide_table_style style,
                      struct tide_error *error)
{
    int widths[TIDE_TABLE_COLUMNS_MAX];
    if (table->has_failed) return tide_error_memory(error, "a table");
    TIDE_ASSERT(table->column_count > 0 && table->cell_count % table->column_count == 0);
    for (unsigned i = 0; i < table->column_count; i++) widths[i] = column_width(table, i);
    unsigned row_count = table->cell_count / table->column_count;
    for (unsigned row = 0; row < row_count; row++) {
        print_row(table, out, style, row, widths);
        if (row == 0 && style == TIDE_TABLE_MARKDOWN) print_rule(table, out, widths);
    }
    return true;
}
