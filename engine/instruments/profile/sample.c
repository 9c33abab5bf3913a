#include "engine/instruments/profile/sample.h"

#include "engine/base/memory.h"
#include "engine/text/scan.h"

#include <string.h>

enum { BOM_BYTES = 3 };

/* The bytes with the slack the scanner may look into, and room for the unquoted fields. */
struct bench {
    char *bytes, *scratch;
    uint32_t count, start;
    struct tide_csv_index index;
};

static struct tide_sample_field take_field(struct bench *bench, uint32_t start, uint32_t end)
{
    struct tide_sample_field field;
    field.text = tide_csv_field(bench->bytes + start, end - start, bench->scratch, &field.bytes);
    if (field.text == bench->scratch) bench->scratch += field.bytes;
    for (; field.bytes > 0 && (*field.text == ' ' || *field.text == '\t'); field.text++)
        field.bytes--;
    while (field.bytes > 0 &&
           (field.text[field.bytes - 1] == ' ' || field.text[field.bytes - 1] == '\t'))
        field.bytes--;
    return field;
}

static void take_record(struct tide_sample *sample, struct bench *bench, struct tide_taken taken)
{
    struct tide_sample_field *fields =
        &sample->fields[(size_t)sample->row_count++ * sample->column_count];
    const uint32_t *separators = bench->index.separators + taken.first;
    for (uint32_t i = 0; i < sample->column_count; i++) {
        fields[i] = (struct tide_sample_field){"", 0};
        if (i >= taken.field_count) continue;
        const uint32_t start = separators[(int64_t)i - 1] + 1;
        uint32_t end = separators[i];
        if (i + 1 == taken.field_count) end = start + tide_csv_trim_cr(bench->bytes, start, end);
        fields[i] = take_field(bench, start, end);
    }
}

/* Without columns the decoder hands on every record as it is. */
static bool take_records(struct tide_sample *sample, struct bench *bench, struct tide_error *error)
{
    const struct tide_scanner *scanner = tide_scanner_select(TIDE_SCANNER_BEST);
    const struct tide_decoder decoder = {0};
    struct tide_decode_memo memo = {0};
    struct tide_row row;
    uint8_t kind;
    for (;;) {
        const struct tide_taken taken =
            scanner->decode(&decoder, &memo, &bench->index, bench->bytes, &row, &kind, 1);
        if (taken.count == 0 || sample->row_count == TIDE_SAMPLE_ROWS) return true;
        if (!sample->fields) {
            sample->column_count =
                taken.field_count < TIDE_SAMPLE_COLUMNS ? taken.field_count : TIDE_SAMPLE_COLUMNS;
            sample->fields = tide_alloc_zeroed((size_t)TIDE_SAMPLE_ROWS * sample->column_count,
                                               sizeof *sample->fields);
            if (!sample->fields) return tide_error_memory(error, "the first rows");
        }
        take_record(sample, bench, taken);
    }
}

bool tide_sample_init(struct tide_sample *sample, const char *bytes, size_t count, char delimiter,
                      struct tide_error *error)
{
    *sample = (struct tide_sample){0};
    sample->memory = tide_alloc_zeroed(1, 2 * count + 2 * TIDE_BLOCK_SLACK_BYTES + 2);
    if (!sample->memory) return tide_error_memory(error, "the first rows");
    struct bench bench = {.bytes = sample->memory + TIDE_BLOCK_SLACK_BYTES,
                          .count = (uint32_t)count};
    memcpy(bench.bytes, bytes, count);
    bench.scratch = bench.bytes + count + TIDE_BLOCK_SLACK_BYTES;
    if (count >= BOM_BYTES && memcmp(bytes, "\xEF\xBB\xBF", BOM_BYTES) == 0)
        bench.start = BOM_BYTES;
    if (!tide_csv_index_init(&bench.index, count, delimiter, error)) return false;
    tide_csv_index_new_file(&bench.index);
    if (bench.start) bench.index.separators[-1] = bench.start - 1;
    tide_scanner_select(TIDE_SCANNER_BEST)
        ->index(&bench.index, bench.bytes, bench.count, bench.start, bench.count);
    bool taken = take_records(sample, &bench, error);
    tide_csv_index_fini(&bench.index);
    return taken;
}

void tide_sample_fini(struct tide_sample *sample)
{
    tide_free(sample->fields);
    tide_free(sample->memory);
    *sample = (struct tide_sample){0};
}
