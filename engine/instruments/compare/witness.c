#include "engine/instruments/compare/witness.h"

#include "engine/base/memory.h"

#include <string.h>

static bool is_listed(const struct tide_wanted *wanted, uint64_t record)
{
    for (uint32_t i = 0; i < wanted->record_count; i++)
        if (wanted->records[i] == record) return true;
    return false;
}

static uint64_t count_feeds(struct tide_span text)
{
    uint64_t feeds = 0;
    const char *end = text.at + text.bytes;
    for (const char *at = text.at; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        feeds++;
    return feeds;
}

/* The record and then its key, which is not in it as it stands. */
static bool keep(struct tide_witness *witness, struct tide_span record,
                 const struct tide_result *result, struct tide_error *error)
{
    witness->text = tide_alloc(record.bytes + result->key.bytes + 1);
    if (!witness->text) return tide_error_memory(error, "a result");
    memcpy(witness->text, record.at, record.bytes);
    witness->bytes = record.bytes;
    witness->result = *result;
    struct tide_span *spans[] = {&witness->result.window_start, &witness->result.window_end,
                                 &witness->result.first_time, &witness->result.sum};
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++)
        if (spans[i]->at) spans[i]->at = witness->text + (spans[i]->at - record.at);
    if (result->key.bytes > 0)
        memcpy(witness->text + record.bytes, result->key.at, result->key.bytes);
    witness->result.key.at = witness->text + record.bytes;
    witness->found = true;
    return true;
}

/* Takes the record if it is the one. */
static bool examine(struct tide_witness *witness, struct tide_side_stream *stream,
                    const struct tide_wanted *wanted, struct tide_span record,
                    struct tide_error *error)
{
    struct tide_result result;
    if (!tide_shape_read(&stream->shape, record, &result, error)) return false;
    witness->place = tide_shape_place(&stream->shape, &result);
    if (wanted->has_place && witness->place != wanted->place) return true;
    return keep(witness, record, &result, error);
}

static bool search(struct tide_witness *witness, struct tide_side_stream *stream,
                   const struct tide_wanted *wanted, struct tide_error *error)
{
    struct tide_span record;
    struct tide_mark mark;
    struct tide_span header = {stream->shape.header, stream->shape.header_bytes};
    uint64_t line = 1 + (header.at ? 1 + count_feeds(header) : 0);
    for (uint32_t index = 0;;) {
        enum tide_lines_news news = tide_lines_next(&stream->lines, &record, error);
        if (news == TIDE_LINES_FAILED) return false;
        if (news == TIDE_LINES_END) return true;
        witness->line = line + stream->lines.blank_count;
        line += 1 + count_feeds(record);
        enum tide_shape_news counts = tide_shape_mark(&stream->shape, record, &mark, error);
        if (counts == TIDE_SHAPE_FAILED) return false;
        if (counts == TIDE_SHAPE_PASSED_OVER) continue;
        bool fits = wanted->has_index ? index == wanted->index
                                      : mark.key == wanted->key && is_listed(wanted, mark.record);
        index++;
        if (!fits) continue;
        if (!examine(witness, stream, wanted, record, error)) return false;
        if (witness->found) return true;
    }
}

bool tide_witness_find(struct tide_witness *witness, const struct tide_side *side,
                       const struct tide_manner *manner, const struct tide_wanted *wanted,
                       struct tide_error *error)
{
    struct tide_side_stream stream;
    *witness = (struct tide_witness){0};
    if (!tide_side_open(&stream, side, manner, error)) return false;
    bool ok = search(witness, &stream, wanted, error);
    tide_side_abandon(&stream);
    return ok;
}

void tide_witness_fini(struct tide_witness *witness)
{
    tide_free(witness->text);
    *witness = (struct tide_witness){0};
}
