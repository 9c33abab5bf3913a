#include "engine/flow/batch.h"

enum { SIDE_BYTES_FIRST = 4096, REFIRES_FIRST = 64 };

static size_t rows_bytes(uint32_t row_capacity)
{
    return tide_aligned_bytes(TIDE_LINE_BYTES, row_capacity * sizeof(struct tide_row));
}

static size_t marks_bytes(uint32_t row_capacity)
{
    return tide_aligned_bytes(TIDE_LINE_BYTES, row_capacity * sizeof(uint32_t));
}

size_t tide_batch_bytes(uint32_t row_capacity)
{
    return rows_bytes(row_capacity) + marks_bytes(row_capacity);
}

bool tide_batch_init(struct tide_batch *batch, uint32_t row_capacity)
{
    *batch = (struct tide_batch){.row_capacity = row_capacity};
    batch->rows = tide_alloc_aligned(TIDE_LINE_BYTES, rows_bytes(row_capacity));
    batch->marks = tide_alloc_aligned(TIDE_LINE_BYTES, marks_bytes(row_capacity));
    return batch->rows && batch->marks;
}

void tide_batch_fini(struct tide_batch *batch)
{
    tide_free(batch->rows);
    tide_free(batch->marks);
    tide_free(batch->side);
    tide_free(batch->refires);
    *batch = (struct tide_batch){0};
}

void tide_batch_reset(struct tide_batch *batch, struct tide_epoch *epoch, uint64_t row_base)
{
    batch->row_count = 0;
    batch->flags = 0;
    batch->step_begin = batch->step_end = 0;
    batch->epoch = epoch;
    batch->row_base = row_base;
    batch->side_bytes = 0;
    batch->refire_count = 0;
    if (batch->side_capacity >
        TIDE_BATCH_SIDE_BYTES_KEPT) { /* one huge key must not cost its room for ever */
        tide_free(batch->side);
        batch->side = NULL;
        batch->side_capacity = 0;
    }
}

bool tide_batch_reserve(struct tide_batch *batch, size_t bytes, uint32_t *offset)
{
    size_t begin = (batch->side_bytes + 15) & ~(size_t)15;
    if (begin + bytes > UINT32_MAX) return false;
    if (begin + bytes > batch->side_capacity) {
        size_t capacity = batch->side_capacity ? batch->side_capacity : SIDE_BYTES_FIRST;
        while (capacity < begin + bytes) capacity *= 2;
        char *side = tide_realloc(batch->side, capacity);
        if (!side) return false;
        batch->side = side;
        batch->side_capacity = capacity;
    }
    batch->side_bytes = begin + bytes;
    *offset = (uint32_t)begin;
    return true;
}

bool tide_batch_add_refire(struct tide_batch *batch, int64_t watermark_ms)
{
    if (batch->refire_count == batch->refire_capacity) {
        uint32_t capacity = batch->refire_capacity ? batch->refire_capacity * 2 : REFIRES_FIRST;
        struct tide_refire *refires =
            tide_realloc(batch->refires, capacity * sizeof *batch->refires);
        if (!refires) return false;
        batch->refires = refires;
        batch->refire_capacity = capacity;
    }
    batch->refires[batch->refire_count++] =
        (struct tide_refire){batch->row_count - 1, watermark_ms};
    return true;
}

uint32_t tide_batch_find_row(const struct tide_batch *batch, uint32_t begin, uint64_t row)
{
    uint32_t end = batch->row_count;
    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;
        if (batch->row_base + (batch->marks[middle] & TIDE_MARK_ROW) > row) end = middle;
        else begin = middle + 1;
    }
    return begin;
}
