#include "engine/stages/header.h"

#include "engine/base/memory.h"
#include "engine/stages/reader.h"

static const char *file_name(const struct tide_records *records, const struct tide_plan *plan)
{
    return tide_reader_file_name(plan, records->chunk.file);
}

void tide_header_absent(struct tide_records *records, const struct tide_plan *plan,
                        struct tide_columns *columns)
{
    tide_columns_from_numbers(columns, plan);
    tide_columns_teach(columns, columns->needed, records->decoder);
}

/* Keys that were given by number print under the name the first header has for them. */
static bool keep_key_names(const struct tide_chunk *chunk, const struct tide_plan *plan,
                           const struct tide_columns *columns, char *scratch)
{
    struct tide_key_names *kept = plan->key_names;
    for (unsigned i = 0; i < plan->key_count && chunk->file == 0; i++) {
        size_t bytes;
        const char *name = tide_columns_name(chunk, columns->keys[i], scratch, &bytes);
        if (bytes == 0) continue;
        kept->names[i] = tide_strndup(name, bytes);
        if (!kept->names[i]) return false;
    }
    return true;
}

bool tide_header_read(struct tide_records *records, struct tide_classifier *classifier,
                      struct tide_columns *columns, struct tide_error *error)
{
    const struct tide_plan *plan = classifier->plan;
    const struct tide_chunk *chunk = &records->chunk;
    size_t bytes;
    tide_chunk_record(chunk, 0, &bytes);
    if (chunk->is_open_quote)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "%s:%llu: a quote in the header stays open to the end of the file",
                              file_name(records, plan),
                              (unsigned long long)tide_records_line(records, 0));
    if (chunk->is_overlong || bytes > plan->row_bytes_max)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "%s: the header is longer than --max-row-bytes %zu",
                              file_name(records, plan), plan->row_bytes_max);
    char *scratch = tide_classifier_scratch(classifier, bytes + 1);
    if (!scratch) return tide_error_memory(error, "the header");
    if (!tide_columns_from_header(columns, plan, chunk, scratch, file_name(records, plan), error))
        return false;
    if (!keep_key_names(chunk, plan, columns, scratch))
        return tide_error_memory(error, "the header");
    tide_columns_teach(columns, chunk->field_count, records->decoder);
    return true;
}

bool tide_header_missing(const struct tide_records *records, const struct tide_plan *plan,
                         struct tide_error *error)
{
    return tide_error_set(error, TIDE_EXIT_FAILED, "%s: the file is empty: not even a header",
                          file_name(records, plan));
}
