#include "engine/flow/batch.h"

enum { SIDE_BYTES_FIRST = 4096, NOTES_FIRST = 64 };

static size_t rows_bytes(uint32_t row_capacity)
{
    return tide_aligned_bytes(TIDE_LINE_BYTES, row_capacity * sizeof(struct tide_row));
}

static size_t marks_bytes(uint32_t row_capacity)
{
    return tide_aligned_bytes(TIDE_LINE_BYTES, row_capacity * sizeof(uint32_t));
}

static size_t arrivals_bytes(uint32_t row_capacity)
{
    return tide_aligned_bytes(TIDE_LINE_BYTES, row_capacity * sizeof(int64_t));
}

size_t tide_batch_bytes(uint32_t row_capacity, bool has_arrivals)
{
    return rows_bytes(row_capacity) + marks_bytes(row_capacity) +
           (has_arrivals ? arrivals_bytes(row_capacity) : 0);
}

bool tide_batch_init(struct tide_batch *batch, uint32_t row_capacity, bool has_arrivals)
{
    *batch = (struct tide_batch){.row_capacity = row_capacity};
    batch->rows = tide_alloc_aligned(TIDE_LINE_BYTES, rows_bytes(row_capacity));
    batch->marks = tide_alloc_aligned(TIDE_LINE_BYTES, marks_bytes(row_capacity));
    if (has_arrivals)
        batch->arrivals_ms = tide_alloc_aligned(TIDE_LINE_BYTES, arrivals_bytes(row_capacity));
    return batch->rows && batch->marks && (batch->arrivals_ms || !has_arrivals);
}

void tide_batch_fini(struct tide_batch *batch)
{
    tide_free(batch->rows);
    tide_free(batch->marks);
    tide_free(batch->side);
    tide_free(batch->arrivals_ms);
    tide_free(batch->notes);
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
    batch->note_count = 0;
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

bool tide_batch_add_note(struct tide_batch *batch, enum tide_standing standing,
                         int64_t watermark_ms)
{
    if (batch->note_count == batch->note_capacity) {
        uint32_t capacity = batch->note_capacity ? batch->note_capacity * 2 : NOTES_FIRST;
        struct tide_note *notes = tide_realloc(batch->notes, capacity * sizeof *batch->notes);
        if (!notes) return false;
        batch->notes = notes;
        batch->note_capacity = capacity;
    }
    batch->notes[batch->note_count++] = (struct tide_note){
        .at = batch->row_count - 1, .standing = standing, .watermark_ms = watermark_ms};
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
