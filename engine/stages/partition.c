#include "engine/stages/partition.h"

#include "engine/flow/interleave.h"
#include "engine/flow/watermark.h"
#include "engine/stages/decoder.h"
#include "engine/stages/header.h"
#include "engine/stages/reader.h"

#include <string.h>

bool tide_partition_init(struct tide_partition *partition, const struct tide_plan *plan,
                         struct tide_control *control, const struct tide_hash_seed *seed,
                         struct tide_link *blocks, struct tide_link *out, struct tide_error *error)
{
    *partition = (struct tide_partition){.plan = plan,
                                         .control = control,
                                         .seed = *seed,
                                         .out = out,
                                         .time_max_ms = INT64_MIN,
                                         .watermark_ms = TIDE_WATERMARK_NONE};
    partition->places_refused =
        plan->outputs[TIDE_OUTPUT_REJECTS] != NULL || plan->rejects_max >= 0;
    partition->places_late = plan->outputs[TIDE_OUTPUT_LATE] != NULL && !plan->unbounded;
    partition->places_all = partition->places_late && plan->idle_ms > 0;
    if (partition->places_all) partition->watermark_ms = INT64_MAX;
    tide_decoder_init(&partition->decoder, plan);
    tide_classifier_init(&partition->classifier, plan, &partition->columns);
    if (!tide_records_init(&partition->records, tide_scanner_select(plan->scanner),
                           &partition->decoder, plan->row_bytes_max, plan->delimiter, blocks,
                           error))
        return false;
    if (plan->checkpoint_folder) tide_records_track(&partition->records);
    return true;
}

void tide_partition_fini(struct tide_partition *partition)
{
    tide_records_fini(&partition->records);
    tide_classifier_fini(&partition->classifier);
}

static enum tide_progress fail(struct tide_partition *partition, const struct tide_error *error)
{
    /* What is wrong may be the zeroes that stand where a file was cut short. */
    struct tide_error cut = {0};
    bool is_whole = tide_reader_check_windows(partition->plan, partition->records.chunk.file, &cut);
    tide_control_fail(partition->control, is_whole ? error : &cut);
    return TIDE_DONE;
}

static enum tide_progress fail_memory(struct tide_partition *partition)
{
    struct tide_error error = {0};
    tide_error_memory(&error, "a long record");
    return fail(partition, &error);
}

/* --- one record --- */

/* Notes where record i, the parcel's row `at`, comes from. */
static bool add_place(struct tide_partition *partition, unsigned i, uint32_t at,
                      const struct tide_classified *refused)
{
    struct tide_parcel *parcel = partition->parcel;
    const struct tide_chunk *chunk = &partition->records.chunk;
    struct tide_parcel_place place = {.at = at, .class = refused->class, .reason = refused->reason};
    bool is_wanted = refused->reason ? partition->places_refused : partition->places_late;
    size_t bytes;
    const char *record = tide_chunk_record(chunk, i, &bytes);
    if (is_wanted) {
        if (!tide_batch_reserve(&parcel->batch, bytes, &place.record_offset)) return false;
        memcpy(parcel->batch.side + place.record_offset, record, bytes);
        place.record_bytes = (uint32_t)bytes;
        place.line = tide_records_line(&partition->records, i);
        place.byte = chunk->offset + tide_chunk_start(chunk, i);
    }
    parcel->batch.marks[at] |= TIDE_PARCEL_PLACED;
    return tide_parcel_add_place(parcel, &place);
}

static bool refuse(struct tide_partition *partition, unsigned i, uint32_t at,
                   const struct tide_classified *refused)
{
    partition->parcel->batch.marks[at] |= TIDE_PARCEL_REFUSED;
    return add_place(partition, i, at, refused);
}

/* Is the greatest time so far too much ahead of the one before? */
static bool is_future(const struct tide_partition *partition, int64_t time_ms)
{
    int64_t ahead_ms;
    if (partition->plan->max_future_ms < 0 || !partition->has_time) return false;
    if (__builtin_sub_overflow(time_ms, partition->time_max_ms, &ahead_ms)) return true;
    return ahead_ms > partition->plan->max_future_ms;
}

static void advance(struct tide_partition *partition, int64_t time_ms)
{
    partition->time_max_ms = time_ms;
    partition->has_time = true;
    if (partition->places_late && !partition->places_all &&
        __builtin_sub_overflow(time_ms, partition->plan->bound_ms + 1, &partition->watermark_ms))
        partition->watermark_ms = TIDE_WATERMARK_NONE;
}

/* Copies what is longer than a row beside the rows. */
static bool keep(struct tide_partition *partition, const void *bytes, size_t count,
                 uint32_t *offset)
{
    struct tide_batch *batch = &partition->parcel->batch;
    if (!tide_batch_reserve(batch, count, offset)) return false;
    memcpy(batch->side + *offset, bytes, count);
    return true;
}

static bool keep_long_key(struct tide_partition *partition, uint32_t at, const char *key,
                          size_t bytes)
{
    uint32_t offset;
    if (!keep(partition, key, bytes, &offset)) return false;
    partition->parcel->batch.rows[at].key[0] = (uint64_t)offset << 32 | bytes;
    partition->parcel->batch.rows[at].key[1] = 0;
    partition->parcel->batch.marks[at] |= TIDE_PARCEL_LONG_KEY;
    return true;
}

static uint32_t worker_of(const struct tide_partition *partition, const struct tide_row *row)
{
    return tide_hash_route(tide_hash_inline(&partition->seed, row->key[0], row->key[1]),
                           partition->plan->parallelism);
}

/* Writes the row of a record that was read with care. */
static bool keep_classified(struct tide_partition *partition, uint32_t at,
                            const struct tide_classified *read)
{
    struct tide_batch *batch = &partition->parcel->batch;
    struct tide_row *row = &batch->rows[at];
    *row = (struct tide_row){.time_ms = read->time_ms, .amount = (int64_t)read->amount};
    if (read->amount != row->amount) {
        uint32_t offset;
        if (!keep(partition, &read->amount, sizeof read->amount, &offset)) return false;
        row->amount = offset;
        batch->marks[at] |= TIDE_PARCEL_WIDE_AMOUNT;
    }
    if (read->key_bytes > TIDE_KEY_INLINE_BYTES)
        return keep_long_key(partition, at, read->key, read->key_bytes);
    memcpy(row->key, read->key, read->key_bytes);
    batch->marks[at] |= worker_of(partition, row);
    return true;
}

/* A record that the scanner left alone. */
static bool mark_unread(struct tide_partition *partition, unsigned i, uint32_t at, bool *is_row)
{
    const struct tide_chunk *chunk = &partition->records.chunk;
    struct tide_classified read = tide_classify(&partition->classifier, chunk, i);
    *is_row = read.class == TIDE_CLASS_GOOD;
    if (read.class == TIDE_CLASS_NO_MEMORY) return false;
    if (!*is_row) return refuse(partition, i, at, &read);
    if (chunk->field_count !=
        partition->decoder.field_count) /* perhaps all of them end in one comma more */
        tide_columns_teach(&partition->columns, chunk->field_count, &partition->decoder);
    return keep_classified(partition, at, &read);
}

/* Any record: the definition of what mark_rows does for most. */
static bool mark_row(struct tide_partition *partition, unsigned i, uint32_t at)
{
    struct tide_batch *batch = &partition->parcel->batch;
    const struct tide_row *row = &batch->rows[at];
    bool is_row = true, is_kept = true;
    batch->marks[at] = 0;
    switch ((enum tide_row_kind)partition->records.chunk.kinds[i]) {
    case TIDE_ROW_PLAIN:
        batch->marks[at] = worker_of(partition, row);
        break;
    case TIDE_ROW_LONG_KEY:
        is_kept = keep_long_key(partition, at, (const char *)(uintptr_t)row->key[0], row->key[1]);
        break;
    case TIDE_ROW_OTHER:
        is_kept = mark_unread(partition, i, at, &is_row);
        break;
    }
    if (!is_row || !is_kept) return is_kept;
    const struct tide_classified future = {.class = TIDE_CLASS_FUTURE, .reason = "future"},
                                 good = {.class = TIDE_CLASS_GOOD};
    if (row->time_ms > partition->time_max_ms) {
        if (is_future(partition, row->time_ms)) return refuse(partition, i, at, &future);
        advance(partition, row->time_ms);
    }
    bool may_be_late = partition->places_late && row->time_ms <= partition->watermark_ms;
    return !may_be_late || add_place(partition, i, at, &good);
}

void tide_partition_resume(struct tide_partition *partition, unsigned file,
                           const struct tide_input_place *place, int64_t time_max_ms)
{
    partition->has_ended = place->is_done;
    partition->skip_count = place->skip_count;
    tide_records_resume(&partition->records, file, place);
    if (time_max_ms != TIDE_INTERLEAVE_NO_TIME) advance(partition, time_max_ms);
    if (place->offset > 0)
        tide_columns_teach(&partition->columns, partition->columns.needed, &partition->decoder);
}

/* --- chunks and parcels --- */

static bool open_parcel(struct tide_partition *partition)
{
    if (partition->parcel) return true;
    partition->parcel = tide_link_take(partition->out);
    if (partition->parcel) tide_parcel_reset(partition->parcel);
    return partition->parcel != NULL;
}

/* Where it begins has been noted before it had rows; what has been read, when it has them all. */
static void send(struct tide_partition *partition, enum tide_urgency urgency)
{
    if (partition->records.is_tracked)
        tide_records_note_read(&partition->records, &partition->parcel->from);
    tide_link_send(partition->out, partition->parcel, urgency);
    partition->parcel_count++;
    partition->parcel = NULL;
}

/* The chunk's records are the parcel's next rows, where the scanner has written them already. */
static bool mark_rows(struct tide_partition *partition)
{
    const struct tide_chunk *chunk = &partition->records.chunk;
    struct tide_batch *batch = &partition->parcel->batch;
    const bool checks_future = partition->plan->max_future_ms >= 0;
    for (unsigned i = 0; i < chunk->count; i++) {
        const uint32_t at = batch->row_count++;
        const struct tide_row *row = &batch->rows[at];
        if (TIDE_LIKELY(chunk->kinds[i] == TIDE_ROW_PLAIN && !checks_future &&
                        row->time_ms > partition->watermark_ms)) {
            batch->marks[at] = worker_of(partition, row);
            if (row->time_ms > partition->time_max_ms) advance(partition, row->time_ms);
        } else if (!mark_row(partition, i, at)) {
            return false;
        }
    }
    partition->row_count += chunk->count;
    if (batch->row_count == batch->row_capacity || batch->side_bytes > TIDE_BATCH_SIDE_BYTES_KEPT)
        send(partition, TIDE_WHEN_HALF);
    return true;
}

static void begin_file(struct tide_partition *partition)
{
    partition->awaits_header = partition->plan->has_header;
    if (!partition->awaits_header)
        tide_header_absent(&partition->records, partition->plan, &partition->columns);
}

static enum tide_progress take_chunk(struct tide_partition *partition)
{
    struct tide_error error = {0};
    if (!partition->awaits_header && partition->skip_count > 0) {
        partition->skip_count -= partition->records.chunk.count;
        return TIDE_PROGRESSED;
    }
    if (!partition->awaits_header)
        return mark_rows(partition) ? TIDE_PROGRESSED : fail_memory(partition);
    if (!tide_header_read(&partition->records, &partition->classifier, &partition->columns, &error))
        return fail(partition, &error);
    partition->awaits_header = false;
    if (partition->records.is_tracked) tide_records_anchor(&partition->records);
    send(partition, TIDE_NOW); /* empty: the parser knows that the header has been read */
    return TIDE_PROGRESSED;
}

static uint32_t room(const struct tide_partition *partition)
{
    const struct tide_batch *batch = &partition->parcel->batch;
    uint32_t left = batch->row_capacity - batch->row_count;
    if (partition->awaits_header) return 1;
    if (left > TIDE_CHUNK_ROWS) left = TIDE_CHUNK_ROWS;
    if (partition->skip_count > 0 && partition->skip_count < left)
        left = (uint32_t)partition->skip_count;
    return left;
}

static enum tide_progress take_news(struct tide_partition *partition)
{
    struct tide_batch *batch = &partition->parcel->batch;
    struct tide_error error = {0};
    if (partition->records.is_tracked && batch->row_count == 0)
        partition->parcel->from = tide_records_near(&partition->records);
    switch (
        tide_records_next(&partition->records, batch->rows + batch->row_count, room(partition))) {
    case TIDE_RECORDS_CHUNK:
        return take_chunk(partition);
    case TIDE_RECORDS_NEW_FILE:
        begin_file(partition);
        return TIDE_PROGRESSED;
    case TIDE_RECORDS_FILE_END:
        if (!partition->awaits_header) return TIDE_PROGRESSED;
        tide_header_missing(&partition->records, partition->plan, &error);
        return fail(partition, &error);
    case TIDE_RECORDS_END:
        batch->flags |= TIDE_BATCH_END;
        send(partition, TIDE_NOW);
        partition->has_ended = true;
        return TIDE_PROGRESSED;
    case TIDE_RECORDS_STARVED:
        return TIDE_STARVED;
    case TIDE_RECORDS_NO_MEMORY:
        break;
    }
    return fail_memory(partition);
}

enum tide_progress tide_partition_step(void *self)
{
    struct tide_partition *partition = self;
    if (tide_control_has_failed(partition->control) ||
        tide_control_is_stopping(partition->control) || partition->has_ended)
        return TIDE_DONE;
    return open_parcel(partition) ? take_news(partition) : TIDE_BLOCKED;
}

/* What there is goes on before the stage waits. */
void tide_partition_nudge(void *self)
{
    struct tide_partition *partition = self;
    if (partition->parcel && partition->parcel->batch.row_count > 0) send(partition, TIDE_NOW);
    tide_link_nudge_consumer(partition->out);
    tide_link_nudge_producer(partition->records.in);
}
