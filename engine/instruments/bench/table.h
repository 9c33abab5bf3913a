/*
 * table: rows of short texts, printed as aligned columns or as Markdown.
 * Owns:     the texts.
 * Threads:  one.
 * Blocks:   in printing.
 * Errors:   memory that is short is remembered; print reports it.
 * Limits:   TIDE_TABLE_COLUMNS_MAX columns, cells of TIDE_TABLE_CELL_BYTES - 1 bytes, ASCII.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_TABLE_H
#define TIDE_INSTRUMENTS_BENCH_TABLE_H

#include "engine/base/error.h"

#include <stdio.h>

enum { TIDE_TABLE_COLUMNS_MAX = 20, TIDE_TABLE_CELL_BYTES = 48 };

enum tide_table_style { TIDE_TABLE_TEXT, TIDE_TABLE_MARKDOWN };

struct tide_table {
    char (*cells)[TIDE_TABLE_CELL_BYTES];
    unsigned column_count, cell_count, capacity;
    bool is_left[TIDE_TABLE_COLUMNS_MAX]; /* aligned so; else right */
    bool has_failed;
};

/* A new table without columns. */
void tide_table_init(struct tide_table *table);
void tide_table_fini(struct tide_table *table);

/* One more column; before the first cell. */
void tide_table_column(struct tide_table *table, const char *head, bool is_left);

/* The next cell, row by row, printf-like. */
void tide_table_cell(struct tide_table *table, const char *format, ...) TIDE_PRINTF(2, 3);

TIDE_MUST_USE bool tide_table_print(const struct tide_table *table, FILE *out,
                                    enum tide_table_style style, struct tide_error *error);

#endif
