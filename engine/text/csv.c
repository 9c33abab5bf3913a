#include "engine/text/csv.h"

#include "engine/base/memory.h"

#include <string.h>

/* Every byte may be a separator, a step writes a few entries past the last one, and [-1] must
 * exist.
 */
static size_t entry_count_for(size_t block_bytes_max)
{
    return block_bytes_max + 2 * TIDE_CSV_STEP_BYTES;
}

size_t tide_csv_index_bytes(size_t block_bytes_max)
{
    return 2 * entry_count_for(block_bytes_max) * sizeof(uint32_t);
}

bool tide_csv_index_init(struct tide_csv_index *index, size_t block_bytes_max, char delimiter,
                         struct tide_error *error)
{
    size_t entry_count = entry_count_for(block_bytes_max);
    *index = (struct tide_csv_index){.delimiter = delimiter};
    uint32_t *memory = tide_alloc(tide_csv_index_bytes(block_bytes_max));
    if (!memory) return tide_error_memory(error, "the record index");
    index->memory = memory;
    index->separators = memory + TIDE_CSV_STEP_BYTES;
    index->row_ends = memory + entry_count + TIDE_CSV_STEP_BYTES;
    tide_csv_index_new_block(index);
    return true;
}

void tide_csv_index_fini(struct tide_csv_index *index)
{
    tide_free(index->memory);
    *index = (struct tide_csv_index){0};
}

void tide_csv_index_new_block(struct tide_csv_index *index)
{
    index->separator_count = index->row_end_count = 0;
    index->separator_next = index->row_next = 0;
    index->separators[-1] = UINT32_MAX; /* + 1 = offset 0 */
    index->has_quote = index->has_nul = index->has_cr = false;
}

void tide_csv_index_new_file(struct tide_csv_index *index)
{
    tide_csv_index_new_block(index);
    index->state = TIDE_CSV_START;
    index->line_count = 0;
    index->ends_in_cr = false;
}

void tide_csv_index_compact(struct tide_csv_index *index)
{
    uint32_t separators = index->separator_count - index->separator_next;
    uint32_t rows = index->row_end_count - index->row_next;
    /* From [-1] on: the end of the last row that was taken moves along. */
    memmove(index->separators - 1, index->separators + (ptrdiff_t)index->separator_next - 1,
            (separators + 1) * sizeof *index->separators);
    memmove(index->row_ends, index->row_ends + index->row_next, rows * sizeof *index->row_ends);
    index->separator_count = separators;
    index->row_end_count = rows;
    index->separator_next = index->row_next = 0;
}

uint64_t tide_csv_count_lines(char before, const char *text, size_t bytes)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < bytes; i++) {
        lines += text[i] == '\r' || (text[i] == '\n' && before != '\r');
        before = text[i];
    }
    return lines;
}

const char *tide_csv_field(const char *text, size_t bytes, char *scratch, size_t *content_bytes)
{
    *content_bytes = bytes;
    if (bytes == 0 || text[0] != '"') return text;

    const char *end = text + bytes, *from = text + 1;
    const char *quote = memchr(from, '"', (size_t)(end - from));
    if (!quote || quote + 1 == end) { /* still open, or one plain quoted stretch: nothing to copy */
        *content_bytes = (size_t)((quote ? quote : end) - from);
        return from;
    }
    char *out = scratch;
    for (;;) {
        size_t stretch = (size_t)((quote ? quote : end) - from);
        memcpy(out, from, stretch);
        out += stretch;
        if (!quote) break;
        if (quote + 1 < end && quote[1] == '"') { /* "" within quotes */
            *out++ = '"';
            from = quote + 2;
            quote = memchr(from, '"', (size_t)(end - from));
            continue;
        }
        memcpy(out, quote + 1, (size_t)(end - quote - 1)); /* closed: the rest as it stands */
        out += end - quote - 1;
        break;
    }
    *content_bytes = (size_t)(out - scratch);
    return scratch;
}
