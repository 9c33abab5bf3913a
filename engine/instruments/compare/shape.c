#include "engine/instruments/compare/shape.h"

#include "engine/base/memory.h"
#include "engine/instruments/compare/shape_fields.h"

#include <string.h>

#include <xxhash.h>

static const char csv_begins[] = "window_start,window_end,";
static const char jsonl_begins[] = "{\"window_start\":";
static const char byte_order_mark[] = "\xef\xbb\xbf";

static bool begins(struct tide_span text, const char *with)
{
    size_t bytes = strlen(with);
    return text.bytes >= bytes && memcmp(text.at, with, bytes) == 0;
}

static struct tide_span behind_mark(struct tide_span text)
{
    if (!begins(text, byte_order_mark)) return text;
    return (struct tide_span){text.at + 3, text.bytes - 3};
}

/* A log may begin with anything: one line of the kind we know is enough. */
static bool holds_flink_line(struct tide_span front)
{
    char scratch[1024];
    const char *end = front.at + front.bytes;
    for (const char *at = front.at; at < end;) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        const char *limit = feed ? feed : end;
        struct tide_span line = {at, (size_t)(limit - at)};
        if (line.bytes > 0 && at[line.bytes - 1] == '\r') line.bytes--;
        if (line.bytes < sizeof scratch &&
            tide_flink_line_read(line, scratch).kind != TIDE_FLINK_OTHER)
            return true;
        at = limit + 1;
    }
    return false;
}

enum tide_shape_kind tide_shape_recognise(struct tide_span front)
{
    front = behind_mark(front);
    if (front.bytes == 0) return TIDE_SHAPE_EMPTY;
    if (begins(front, csv_begins)) return TIDE_SHAPE_CSV;
    if (begins(front, jsonl_begins)) return TIDE_SHAPE_JSONL;
    return holds_flink_line(front) ? TIDE_SHAPE_FLINK : TIDE_SHAPE_OTHER;
}

const char *tide_shape_name(enum tide_shape_kind kind)
{
    static const char *const names[] = {"empty", "csv", "jsonl", "what Flink prints", "no results"};
    return names[kind];
}

static bool reserve(struct tide_shape *shape, size_t bytes, struct tide_error *error)
{
    if (bytes <= shape->scratch_bytes) return true;
    size_t capacity = bytes < 4096 ? 4096 : 2 * bytes;
    tide_free(shape->scratch);
    shape->scratch = tide_alloc(capacity);
    shape->scratch_bytes = shape->scratch ? capacity : 0;
    return shape->scratch || tide_error_memory(error, "a long record");
}

static bool read_header(struct tide_shape *shape, struct tide_lines *lines,
                        struct tide_error *error)
{
    struct tide_span header;
    if (tide_lines_next(lines, &header, error) == TIDE_LINES_FAILED) return false;
    shape->header = tide_strndup(header.at, header.bytes);
    if (!shape->header) return tide_error_memory(error, "the header");
    shape->header_bytes = header.bytes;
    if (!tide_csv_header_read(header, &shape->key_count, &shape->sum_column))
        return tide_error_set(error, TIDE_EXIT_USAGE,
                              "%s begins like results, but its header lacks first_time",
                              lines->name);
    if (shape->identity != TIDE_IDENTITY_TEXT && shape->sum_column < 0)
        return tide_error_set(error, TIDE_EXIT_USAGE,
                              "%s has no column sum, which is what Flink's lines hold",
                              lines->name);
    return true;
}

bool tide_shape_begin(struct tide_shape *shape, struct tide_lines *lines, struct tide_error *error)
{
    struct tide_span front;
    if (!tide_lines_look(lines, TIDE_SHAPE_FRONT_BYTES, &front, error)) return false;
    shape->kind = tide_shape_recognise(front);
    if (begins(front, byte_order_mark)) tide_lines_skip(lines, 3);
    lines->is_csv = shape->kind == TIDE_SHAPE_CSV;
    if (shape->kind == TIDE_SHAPE_OTHER)
        return tide_error_set(error, TIDE_EXIT_USAGE,
                              "%s holds no results: no header window_start,window_end,..., no such "
                              "JSON object, and no line of a Flink print log",
                              lines->name);
    return shape->kind != TIDE_SHAPE_CSV || read_header(shape, lines, error);
}

void tide_shape_fini(struct tide_shape *shape)
{
    tide_free(shape->header);
    tide_free(shape->scratch);
    tide_free(shape->tally.by_subtask);
    *shape = (struct tide_shape){0};
}

/* --- taking apart --- */

static void read_flink(struct tide_span record, char *scratch, struct tide_result *result,
                       struct tide_flink_line *line)
{
    *line = tide_flink_line_read(record, scratch);
    if (line->kind == TIDE_FLINK_OTHER) return;
    result->key = line->key;
    result->sum = line->value_text;
    result->time_ms = line->time_ms;
    result->value = line->value;
    result->has_value = true;
}

bool tide_shape_read(struct tide_shape *shape, struct tide_span record, struct tide_result *result,
                     struct tide_error *error)
{
    struct tide_flink_line line;
    *result = (struct tide_result){0};
    if (!reserve(shape, record.bytes + 1, error)) return false;
    switch (shape->kind) {
    case TIDE_SHAPE_CSV:
        tide_csv_result_read(record, shape->key_count, shape->sum_column, shape->scratch, result);
        break;
    case TIDE_SHAPE_JSONL:
        tide_json_result_read(record, shape->scratch, result);
        break;
    case TIDE_SHAPE_FLINK:
        read_flink(record, shape->scratch, result, &line);
        break;
    case TIDE_SHAPE_EMPTY:
    case TIDE_SHAPE_OTHER:
        break;
    }
    if (shape->kind != TIDE_SHAPE_FLINK && shape->identity != TIDE_IDENTITY_TEXT)
        tide_result_evaluate(result, shape->times);
    return true;
}

uint64_t tide_shape_place(const struct tide_shape *shape, const struct tide_result *result)
{
    if (result->has_value)
        return XXH3_64bits_withSeed(&result->time_ms, sizeof result->time_ms, shape->seed);
    if (result->window_start.bytes == 0) return 0;
    const char *end = result->window_end.at + result->window_end.bytes;
    return XXH3_64bits_withSeed(result->window_start.at, (size_t)(end - result->window_start.at),
                                shape->seed);
}

/* --- marks --- */

static bool tally_element(struct tide_flink_tally *tally, unsigned subtask,
                          struct tide_error *error)
{
    if (subtask >= tally->subtask_count) {
        unsigned count = subtask + 1;
        uint64_t *larger = tide_realloc(tally->by_subtask, count * sizeof *larger);
        if (!larger) return tide_error_memory(error, "the subtasks");
        memset(larger + tally->subtask_count, 0, (count - tally->subtask_count) * sizeof *larger);
        tally->by_subtask = larger;
        tally->subtask_count = count;
    }
    tally->by_subtask[subtask]++;
    return true;
}

/* What Flink's line and a result have in common. Both zeroes are one, and so are all NaN. */
static uint64_t value_hash(const struct tide_shape *shape, const struct tide_result *result,
                           uint64_t key)
{
    double value = result->value == 0 ? 0 : result->value;
    if (shape->identity == TIDE_IDENTITY_FLOAT32) value = (double)(float)value;
    if (value != value) value = (double)__builtin_nanf("");
    uint64_t words[3] = {key, (uint64_t)result->time_ms, 0};
    memcpy(&words[2], &value, sizeof value);
    return XXH3_64bits_withSeed(words, sizeof words, shape->seed);
}

static enum tide_shape_news mark_value(struct tide_shape *shape, struct tide_span record,
                                       struct tide_mark *mark, struct tide_error *error)
{
    struct tide_result result = {0};
    if (shape->kind == TIDE_SHAPE_FLINK) {
        struct tide_flink_line line;
        if (!reserve(shape, record.bytes + 1, error)) return TIDE_SHAPE_FAILED;
        read_flink(record, shape->scratch, &result, &line);
        shape->tally.detections += line.kind == TIDE_FLINK_DETECTION;
        shape->tally.others += line.kind == TIDE_FLINK_OTHER;
        if (line.kind != TIDE_FLINK_ELEMENT) return TIDE_SHAPE_PASSED_OVER;
        if (!tally_element(&shape->tally, line.subtask, error)) return TIDE_SHAPE_FAILED;
    } else if (!tide_shape_read(shape, record, &result, error)) {
        return TIDE_SHAPE_FAILED;
    }
    mark->key = XXH3_64bits_withSeed(result.key.at, result.key.bytes, shape->seed);
    mark->record = result.has_value ? value_hash(shape, &result, mark->key)
                                    : XXH3_64bits_withSeed(record.at, record.bytes, shape->seed);
    return TIDE_SHAPE_COUNTS;
}

/* The bytes that stand for the key: the fields as they are written, which is always the same way.
 */
static bool find_key(struct tide_shape *shape, struct tide_span record, struct tide_span *key,
                     struct tide_error *error)
{
    *key = record; /* what is no result is a key of its own */
    if (shape->kind == TIDE_SHAPE_CSV) tide_csv_key_find(record, shape->key_count, key);
    if (shape->kind == TIDE_SHAPE_JSONL) tide_json_key_find(record, key);
    if (shape->kind != TIDE_SHAPE_FLINK) return true;
    if (!reserve(shape, record.bytes + 1, error)) return false;
    struct tide_flink_line line = tide_flink_line_read(record, shape->scratch);
    if (line.kind != TIDE_FLINK_OTHER) *key = line.key;
    return true;
}

enum tide_shape_news tide_shape_mark(struct tide_shape *shape, struct tide_span record,
                                     struct tide_mark *mark, struct tide_error *error)
{
    if (shape->identity != TIDE_IDENTITY_TEXT) return mark_value(shape, record, mark, error);
    struct tide_span key;
    if (!find_key(shape, record, &key, error)) return TIDE_SHAPE_FAILED;
    mark->key = XXH3_64bits_withSeed(key.at, key.bytes, shape->seed);
    mark->record = XXH3_64bits_withSeed(record.at, record.bytes, shape->seed);
    return TIDE_SHAPE_COUNTS;
}
