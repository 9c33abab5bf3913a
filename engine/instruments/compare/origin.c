/* The reader and the parser's record code run by turns on this thread; every row is read with care,
 * for speed does not matter here. The watermark is the parser's. */
#include "engine/instruments/compare/origin.h"

#include "engine/base/memory.h"
#include "engine/stages/classify.h"
#include "engine/stages/reader.h"

#include <string.h>

struct scan {
    const struct tide_plan *plan;
    const struct tide_origin_question *question;
    struct tide_origin *origin;
    struct tide_control control;
    struct tide_block blocks[TIDE_BLOCK_COUNT];
    struct tide_link link;
    struct tide_waiter waiter;
    struct tide_reader reader;
    struct tide_decoder decoder; /* knows no columns: no row is plain */
    struct tide_records records;
    struct tide_columns columns;
    struct tide_classifier classifier;
    bool awaits_header;
    bool has_time;
    int64_t time_max_ms, watermark_ms;
    int64_t begin_ms; /* the virtual clock's */
    uint64_t row_count;
    uint64_t group_count; /* rows of the key since its last whole count window */
    int64_t group_first_ms;
    bool is_found; /* the count window that was asked for is whole */
};

static bool read_header(struct scan *scan, struct tide_error *error)
{
    const struct tide_chunk *chunk = &scan->records.chunk;
    size_t bytes;
    tide_chunk_record(chunk, 0, &bytes);
    char *scratch = tide_classifier_scratch(&scan->classifier, bytes + 1);
    if (!scratch) return tide_error_memory(error, "the header");
    scan->awaits_header = false;
    return tide_columns_from_header(&scan->columns, scan->plan, chunk, scratch,
                                    tide_reader_file_name(scan->plan, chunk->file), error);
}

static bool is_future(const struct scan *scan, int64_t time_ms)
{
    int64_t ahead_ms;
    if (scan->plan->max_future_ms < 0 || !scan->has_time) return false;
    if (__builtin_sub_overflow(time_ms, scan->time_max_ms, &ahead_ms)) return true;
    return ahead_ms > scan->plan->max_future_ms;
}

static void advance(struct scan *scan, int64_t time_ms)
{
    if (scan->has_time && time_ms <= scan->time_max_ms) return;
    scan->has_time = true;
    scan->time_max_ms = time_ms;
    if (scan->plan->unbounded) return;
    if (__builtin_sub_overflow(time_ms, scan->plan->bound_ms + 1, &scan->watermark_ms))
        scan->watermark_ms = INT64_MIN;
}

/* The time by which the row is put into windows. Those of the virtual clock lose no rows. */
static int64_t window_time(struct scan *scan, int64_t time_ms)
{
    if (scan->plan->clock != TIDE_CLOCK_VIRTUAL) return time_ms;
    if (scan->row_count == 0) scan->begin_ms = time_ms;
    return tide_plan_virtual_ms(scan->plan, scan->begin_ms, scan->row_count++);
}

/* A session ends a gap after its last row. */
static int64_t last_time(const struct scan *scan)
{
    const struct tide_plan *plan = scan->plan;
    int64_t behind_ms = plan->window->kind == TIDE_WINDOW_SESSION ? plan->shape.size_ms : 1,
            last_ms;
    return __builtin_sub_overflow(scan->question->end_ms, behind_ms, &last_ms) ? INT64_MIN
                                                                               : last_ms;
}

static bool is_asked_for(struct scan *scan, const struct tide_classified *row)
{
    const struct tide_origin_question *question = scan->question;
    int64_t time_ms = window_time(scan, row->time_ms);
    if (row->key_bytes != question->key.bytes ||
        memcmp(row->key, question->key.at, row->key_bytes) != 0)
        return false;
    if (scan->plan->window->kind == TIDE_WINDOW_COUNT) return !scan->is_found;
    if (time_ms < question->start_ms || time_ms > last_time(scan)) return false;
    return scan->plan->clock == TIDE_CLOCK_VIRTUAL ||
           !tide_plan_is_gone(scan->plan, question->end_ms, scan->watermark_ms);
}

static bool note(struct scan *scan, unsigned i, struct tide_error *error)
{
    struct tide_origin *origin = scan->origin;
    origin->count++;
    if (scan->plan->clock == TIDE_CLOCK_EVENT && scan->plan->window->kind != TIDE_WINDOW_COUNT)
        origin->refired += scan->question->end_ms - 1 <= scan->watermark_ms;
    if (origin->shown == TIDE_ORIGIN_SHOWN) return true;
    struct tide_origin_row *row = &origin->rows[origin->shown];
    const char *record = tide_chunk_record(&scan->records.chunk, i, &row->bytes);
    row->file = scan->records.chunk.file;
    row->line = tide_records_line(&scan->records, i);
    row->record = tide_strndup(record, row->bytes);
    if (!row->record) return tide_error_memory(error, "a row of the input");
    origin->shown++;
    return true;
}

static void forget_rows(struct tide_origin *origin)
{
    for (unsigned i = 0; i < origin->shown; i++) tide_free(origin->rows[i].record);
    *origin = (struct tide_origin){0};
}

/* The row that was noted last is one of a count window: its rows are noted until it is whole, and
 * forgotten if it is another. */
static void end_group(struct scan *scan, int64_t time_ms)
{
    const struct tide_origin_question *question = scan->question;
    if (scan->group_count++ == 0) scan->group_first_ms = time_ms;
    if (scan->group_count < scan->plan->shape.row_count) return;
    scan->group_count = 0;
    scan->is_found = scan->group_first_ms == question->start_ms && time_ms == question->end_ms;
    if (!scan->is_found) forget_rows(scan->origin);
}

static bool take_chunk(struct scan *scan, struct tide_error *error)
{
    const struct tide_chunk *chunk = &scan->records.chunk;
    unsigned i = 0;
    if (scan->awaits_header) {
        if (!read_header(scan, error)) return false;
        i = 1;
    }
    for (; i < chunk->count; i++) {
        struct tide_classified row = tide_classify(&scan->classifier, chunk, i);
        if (row.class == TIDE_CLASS_NO_MEMORY) return tide_error_memory(error, "a long record");
        if (row.class != TIDE_CLASS_GOOD || is_future(scan, row.time_ms)) continue;
        if (is_asked_for(scan, &row)) {
            if (!note(scan, i, error)) return false;
            if (scan->plan->window->kind == TIDE_WINDOW_COUNT) end_group(scan, row.time_ms);
        }
        advance(scan, row.time_ms);
    }
    return true;
}

/* Of files that are read side by side each has its own watermark, and its rows are judged by it. */
static void begin_file(struct scan *scan)
{
    if (tide_plan_partitions(scan->plan) > 0) {
        scan->has_time = false;
        scan->watermark_ms = INT64_MIN;
    }
    scan->awaits_header = scan->plan->has_header;
    if (!scan->plan->has_header) tide_columns_from_numbers(&scan->columns, scan->plan);
}

static bool read_all(struct scan *scan, struct tide_error *error)
{
    for (;;) {
        switch (
            tide_records_next(&scan->records, NULL, scan->awaits_header ? 1 : TIDE_CHUNK_ROWS)) {
        case TIDE_RECORDS_CHUNK:
            if (!take_chunk(scan, error)) return false;
            break;
        case TIDE_RECORDS_NEW_FILE:
            begin_file(scan);
            break;
        case TIDE_RECORDS_FILE_END:
            break;
        case TIDE_RECORDS_END:
            return true;
        case TIDE_RECORDS_NO_MEMORY:
            return tide_error_memory(error, "a long record");
        case TIDE_RECORDS_STARVED:
            if (tide_reader_step(&scan->reader) == TIDE_STARVED)
                tide_reader_wait_for_input(&scan->reader, TIDE_CLOCK_NEVER);
            if (!tide_control_has_failed(&scan->control)) break;
            *error = scan->control.error;
            return false;
        }
    }
}

static bool set_up(struct scan *scan, struct tide_error *error)
{
    void *items[TIDE_BLOCK_COUNT];
    uint64_t bytes_total;
    if (!tide_reader_check_files(scan->plan, &bytes_total, error) ||
        !tide_control_init(&scan->control, error))
        return false;
    for (unsigned i = 0; i < TIDE_BLOCK_COUNT; i++) {
        if (!tide_block_init(&scan->blocks[i])) return tide_error_memory(error, "the input");
        items[i] = &scan->blocks[i];
    }
    tide_waiter_init(&scan->waiter);
    if (!tide_link_init(&scan->link, items, TIDE_BLOCK_COUNT, &scan->waiter, &scan->waiter))
        return tide_error_memory(error, "the input");
    tide_reader_init(&scan->reader, scan->plan, &scan->control, &scan->link);
    tide_classifier_init(&scan->classifier, scan->plan, &scan->columns);
    return tide_records_init(&scan->records, tide_scanner_select(scan->plan->scanner),
                             &scan->decoder, scan->plan->row_bytes_max, scan->plan->delimiter,
                             &scan->link, error);
}

static void tear_down(struct scan *scan)
{
    tide_records_fini(&scan->records);
    tide_classifier_fini(&scan->classifier);
    tide_reader_fini(&scan->reader);
    tide_link_fini(&scan->link);
    for (unsigned i = 0; i < TIDE_BLOCK_COUNT; i++) tide_block_fini(&scan->blocks[i]);
    tide_control_fini(&scan->control);
    tide_free(scan);
}

bool tide_origin_find(struct tide_origin *origin, const struct tide_plan *plan,
                      const struct tide_origin_question *question, struct tide_error *error)
{
    *origin = (struct tide_origin){0};
    struct scan *scan = tide_alloc_aligned(TIDE_PARTY_BYTES, sizeof *scan);
    if (!scan) return tide_error_memory(error, "the input");
    memset(scan, 0, sizeof *scan);
    scan->control.wake_fd = -1;
    scan->plan = plan;
    scan->question = question;
    scan->origin = origin;
    scan->watermark_ms = INT64_MIN;
    bool ok = set_up(scan, error) && read_all(scan, error);
    if (plan->window->kind == TIDE_WINDOW_COUNT && !scan->is_found) forget_rows(origin);
    tear_down(scan);
    return ok;
}

void tide_origin_fini(struct tide_origin *origin)
{
    forget_rows(origin);
}
