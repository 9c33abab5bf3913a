#include "engine/stages/columns.h"

#include "engine/plan/nearest.h"

#include <stdio.h>
#include <string.h>

struct header {
    const struct tide_chunk *chunk;
    char *scratch;
    const char *file_name;
    struct tide_error *error;
};

const char *tide_columns_name(const struct tide_chunk *chunk, uint32_t column, char *scratch,
                              size_t *bytes)
{
    const char *text = tide_chunk_field(chunk, 0, column, bytes);
    text = tide_csv_field(text, *bytes, scratch, bytes);
    for (; *bytes > 0 && (*text == ' ' || *text == '\t'); text++) --*bytes;
    while (*bytes > 0 && (text[*bytes - 1] == ' ' || text[*bytes - 1] == '\t')) --*bytes;
    return text;
}

static const char *name_of(const struct header *header, uint32_t column, size_t *bytes)
{
    return tide_columns_name(header->chunk, column, header->scratch, bytes);
}

static bool refuse(const struct header *header, const struct tide_column *column,
                   const char *option)
{
    struct tide_nearest nearest;
    char nearest_text[64] = "", list[512] = "";
    size_t list_bytes = 0;
    tide_nearest_init(&nearest, column->name, strlen(column->name));
    for (uint32_t i = 0; i < header->chunk->field_count; i++) {
        char name[64];
        size_t bytes;
        const char *text = name_of(header, i, &bytes);
        snprintf(name, sizeof name, "%.*s", (int)bytes, text);
        if (list_bytes + strlen(name) + 3 < sizeof list)
            list_bytes += (size_t)snprintf(list + list_bytes, sizeof list - list_bytes, "%s%s",
                                           i ? ", " : "", name);
        const char *before = nearest.name;
        tide_nearest_offer(&nearest, name);
        if (nearest.name != before) memcpy(nearest_text, name, sizeof nearest_text);
    }
    const char *file = header->file_name;
    if (nearest.name)
        return tide_error_set(
            header->error, TIDE_EXIT_USAGE,
            "%s: no column '%s' in the header (%s); did you mean '%s'? (the header has: %s)", file,
            column->name, option, nearest_text, list);
    return tide_error_set(
        header->error, TIDE_EXIT_USAGE,
        "%s: no column '%s' in the header (%s NAME names another; the header has: %s)", file,
        column->name, option, list);
}

static bool find(const struct header *header, const struct tide_column *column, const char *option,
                 uint32_t *place)
{
    uint32_t field_count = header->chunk->field_count;
    size_t wanted_bytes = strlen(column->name);
    for (uint32_t i = 0; i < field_count; i++) {
        size_t bytes;
        const char *name = name_of(header, i, &bytes);
        if (bytes != wanted_bytes || memcmp(name, column->name, bytes) != 0) continue;
        *place = i;
        return true;
    }
    if (column->number == 0) return refuse(header, column, option);
    if (column->number > field_count)
        return tide_error_set(header->error, TIDE_EXIT_USAGE,
                              "%s: no column %u (%s): the header has %u columns", header->file_name,
                              column->number, option, field_count);
    *place = column->number - 1;
    return true;
}

static void find_needed(struct tide_columns *columns, unsigned key_count)
{
    columns->needed = (columns->time > columns->value ? columns->time : columns->value) + 1;
    for (unsigned i = 0; i < key_count; i++)
        if (columns->keys[i] >= columns->needed) columns->needed = columns->keys[i] + 1;
}

bool tide_columns_from_header(struct tide_columns *columns, const struct tide_plan *plan,
                              const struct tide_chunk *chunk, char *scratch, const char *file_name,
                              struct tide_error *error)
{
    const struct header header = {chunk, scratch, file_name, error};
    for (unsigned i = 0; i < plan->key_count; i++)
        if (!find(&header, &plan->keys[i], "--key", &columns->keys[i])) return false;
    if (!find(&header, &plan->time, "--time", &columns->time)) return false;
    if (!find(&header, &plan->value, "--value", &columns->value)) return false;
    find_needed(columns, plan->key_count);
    return true;
}

void tide_columns_from_numbers(struct tide_columns *columns, const struct tide_plan *plan)
{
    for (unsigned i = 0; i < plan->key_count; i++) columns->keys[i] = plan->keys[i].number - 1;
    columns->time = plan->time.number - 1;
    columns->value = plan->value.number - 1;
    find_needed(columns, plan->key_count);
}

void tide_columns_teach(const struct tide_columns *columns, uint32_t field_count,
                        struct tide_decoder *decoder)
{
    decoder->field_count = field_count;
    decoder->key_column = columns->keys[0];
    decoder->time_column = columns->time;
    decoder->value_column = columns->value;
}

/* --- checkpoints --- */

void tide_columns_save(const struct tide_columns *columns, unsigned key_count,
                       struct tide_snapshot *snapshot)
{
    for (unsigned i = 0; i < key_count; i++) tide_put_u32(snapshot, columns->keys[i]);
    tide_put_u32(snapshot, columns->time);
    tide_put_u32(snapshot, columns->value);
    tide_put_u32(snapshot, columns->needed);
}

/* A column beyond the longest record there can be is damage: what is read must be in bounds. */
static uint32_t load_column(struct tide_snapshot_reader *reader, uint32_t *needed)
{
    const uint32_t column = tide_get_u32(reader);
    if (column >= TIDE_ROW_BYTES_LIMIT) tide_damage(reader, "a column's number is out of range");
    if (column >= *needed) *needed = column + 1;
    return column;
}

bool tide_columns_load(struct tide_columns *columns, unsigned key_count,
                       struct tide_snapshot_reader *reader)
{
    uint32_t needed = 0;
    for (unsigned i = 0; i < key_count; i++) columns->keys[i] = load_column(reader, &needed);
    columns->time = load_column(reader, &needed);
    columns->value = load_column(reader, &needed);
    columns->needed = tide_get_u32(reader);
    if (reader->damage) return false;
    return columns->needed == needed || tide_damage(reader, "its columns contradict each other");
}
