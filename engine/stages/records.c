#include "engine/stages/records.h"

#include "engine/base/memory.h"

#include <string.h>

/* A slice of the block is indexed and decoded while it lies in the first-level cache. */
enum { SLICE_BYTES = 16 << 10, JOINT_BYTES_FIRST = 4096, BOM_BYTES = 3 };

size_t tide_records_bytes(void)
{
    return tide_csv_index_bytes(TIDE_BLOCK_WINDOW_BYTES);
}

bool tide_records_init(struct tide_records *records, const struct tide_scanner *scanner,
                       struct tide_decoder *decoder, size_t row_bytes_max, char delimiter,
                       struct tide_link *in, struct tide_error *error)
{
    *records = (struct tide_records){
        .scanner = scanner, .decoder = decoder, .row_bytes_max = row_bytes_max, .in = in};
    return tide_csv_index_init(&records->index, TIDE_BLOCK_WINDOW_BYTES, delimiter, error);
}

void tide_records_fini(struct tide_records *records)
{
    tide_csv_index_fini(&records->index);
    tide_csv_index_fini(&records->joint_index);
    if (records->joint) tide_free(records->joint - TIDE_BLOCK_SLACK_BYTES);
    *records = (struct tide_records){0};
}

/* --- the joint --- */

static bool joint_reserve(struct tide_records *records, size_t bytes)
{
    if (bytes <= records->joint_capacity) return true;
    size_t capacity = records->joint_capacity ? records->joint_capacity : JOINT_BYTES_FIRST;
    while (capacity < bytes) capacity *= 2;
    char *memory = tide_alloc_zeroed(1, capacity + 2 * TIDE_BLOCK_SLACK_BYTES);
    if (!memory) return false;
    if (records->joint) {
        memcpy(memory + TIDE_BLOCK_SLACK_BYTES, records->joint, records->joint_bytes);
        tide_free(records->joint - TIDE_BLOCK_SLACK_BYTES);
    }
    records->joint = memory + TIDE_BLOCK_SLACK_BYTES;
    records->joint_capacity = capacity;
    return true;
}

/* Adds to the straddling record as much as may be kept of it. */
static bool joint_append(struct tide_records *records, const char *bytes, size_t count)
{
    size_t room = records->row_bytes_max - records->joint_bytes;
    if (count > room) {
        records->joint_is_overlong = true;
        count = room;
    }
    if (!joint_reserve(records, records->joint_bytes + count + 1))
        return false; /* + the row end added later */
    memcpy(records->joint + records->joint_bytes, bytes, count);
    records->joint_bytes += count;
    return true;
}

enum joint_end { AT_ROW_END, AT_FILE_END };

static bool joint_index_reserve(struct tide_records *records, size_t bytes)
{
    if (bytes <= records->joint_index_bytes) return true;
    struct tide_error error = {0};
    tide_csv_index_fini(&records->joint_index);
    records->joint_index_bytes = records->joint_capacity;
    return tide_csv_index_init(&records->joint_index, records->joint_capacity,
                               records->index.delimiter, &error);
}

/* The joint's record becomes the chunk. An overlong one is a single field: nobody will look into
 * it. */
static enum tide_records_news joint_chunk(struct tide_records *records, enum joint_end at)
{
    struct tide_chunk *chunk = &records->chunk;
    struct tide_csv_index *index = &records->joint_index;
    uint32_t bytes = (uint32_t)records->joint_bytes;
    if (!joint_index_reserve(records, bytes + 1)) return TIDE_RECORDS_NO_MEMORY;
    chunk->bytes = records->joint;
    chunk->separators = index->separators;
    chunk->offset = records->joint_offset;
    chunk->file = records->joint_file;
    chunk->is_overlong = records->joint_is_overlong;
    chunk->is_open_quote = at == AT_FILE_END && records->index.state == TIDE_CSV_QUOTED;
    records->joint_bytes = 0;
    records->joint_is_overlong = false;

    tide_csv_index_new_file(index);
    records->joint[bytes] = '\n';
    if (!chunk->is_overlong)
        records->scanner->index(index, records->joint, bytes + 1, 0, bytes + 1);
    struct tide_taken taken = {0};
    if (chunk->is_overlong ||
        chunk->is_open_quote) { /* in an open quote the row end just added is no row end */
        records->joint[bytes] = '\0';
        index->separators[index->separator_count++] = bytes;
        chunk->kinds[0] = TIDE_ROW_OTHER;
        taken = (struct tide_taken){1, 0, index->separator_count};
    } else {
        taken = records->scanner->decode(records->decoder, &records->memo, index, records->joint,
                                         chunk->rows, chunk->kinds, 1);
    }
    chunk->count = taken.count;
    chunk->first = taken.first;
    chunk->field_count = taken.field_count;
    return TIDE_RECORDS_CHUNK;
}

/* --- the block --- */

/* Where the first record begins that has not been taken. */
static uint32_t untaken_start(const struct tide_records *records)
{
    return records->index.separators[(int64_t)records->index.separator_next - 1] + 1;
}

static char byte_before(const struct tide_records *records, uint32_t at)
{
    return at > 0 ? records->block->bytes[at - 1] : records->last_before_block;
}

/* The line of a place that lies before slice_end, counted back from there: what lies between is
 * less than a record. */
static uint64_t line_back_from_slice_end(const struct tide_records *records, uint32_t at)
{
    uint64_t lines_after = tide_csv_count_lines(
        byte_before(records, at), records->block->bytes + at, records->slice_end - at);
    return 1 + records->index.line_count - lines_after;
}

/* Takes what is new of the block up to `end` into the checksum, while it is called into cache for
 * the index. */
static void read_on(struct tide_records *records, uint32_t end)
{
    const struct tide_block *block = records->block;
    struct tide_checksum *read = &records->read;
    if (block->offset + end <= read->bytes) return; /* an earlier run has read further */
    uint32_t begin = (uint32_t)(read->bytes - block->offset);
    tide_checksum_add(read, records->scanner->add_stripes, block->bytes + begin, end - begin);
}

/* Indexes the next slice; slices end at multiples of SLICE_BYTES. */
static void index_more(struct tide_records *records)
{
    const struct tide_block *block = records->block;
    uint32_t begin = records->slice_end, end = begin - begin % SLICE_BYTES + SLICE_BYTES;
    if (end > block->count) end = block->count;
    if (records->is_tracked) read_on(records, end);
    records->scanner->index(&records->index, block->bytes, block->count, begin, end);
    records->slice_end = end;
}

static void index_slice(struct tide_records *records)
{
    tide_csv_index_compact(&records->index);
    uint32_t start = untaken_start(records);
    records->mark = (struct tide_line_mark){start, line_back_from_slice_end(records, start)};
    records->anchor =
        (struct tide_records_anchor){.offset = records->block->offset + start,
                                     .line = records->mark.line,
                                     .is_after_cr = byte_before(records, start) == '\r'};
    index_more(records);
}

/* The rest of a straddling record is at the front of this block, perhaps all of it. */
static enum tide_records_news finish_joint(struct tide_records *records)
{
    struct tide_block *block = records->block;
    struct tide_csv_index *index = &records->index;
    while (index->row_end_count == 0 && records->slice_end < block->count) {
        index->separator_count = 0; /* the joint is indexed anew when it is whole */
        index_more(records);
    }
    bool whole = index->row_end_count > 0;
    uint32_t end = whole ? index->row_ends[0] : block->count;
    /* The CR of a CRLF must not count against row_bytes_max. */
    uint32_t part = whole ? tide_csv_trim_cr(block->bytes, 0, end) : end;
    if (!joint_append(records, block->bytes, part)) return TIDE_RECORDS_NO_MEMORY;
    records->block_is_spent = !whole;
    if (!whole) return TIDE_RECORDS_STARVED;
    while (index->separators[index->separator_next++] != end) continue;
    index->row_next = 1;
    return joint_chunk(records, AT_ROW_END);
}

/* What is left of the block is the beginning of a record that goes on in the next one. */
static bool keep_rest(struct tide_records *records)
{
    struct tide_block *block = records->block;
    uint32_t start = untaken_start(records);
    if (start >= block->count) return true;
    records->joint_offset = block->offset + start;
    records->joint_file = block->file;
    records->joint_line = line_back_from_slice_end(records, start);
    records->joint_is_after_cr = byte_before(records, start) == '\r';
    return joint_append(records, block->bytes + start, block->count - start);
}

static void begin_file(struct tide_records *records)
{
    tide_csv_index_new_file(&records->index);
    records->read = (struct tide_checksum){0};
    records->has_read_end = false;
    records->first_offset = UINT64_MAX;
    records->anchor = (struct tide_records_anchor){.line = 1};
}

static void begin_block(struct tide_records *records)
{
    struct tide_block *block = records->block;
    records->slice_end = 0;
    records->block_is_spent = false;
    records->last_before_block = !block->begins_file && records->index.ends_in_cr ? '\r' : '\0';
    records->block_end = block->offset + block->count;
    records->file_bytes = block->file_bytes;
    records->block_ends_file = block->ends_file;
    if (block->begins_file) begin_file(records);
    else tide_csv_index_new_block(&records->index);
    if (block->begins_file && block->count >= BOM_BYTES &&
        memcmp(block->bytes, "\xEF\xBB\xBF", BOM_BYTES) == 0) {
        if (records->is_tracked) read_on(records, BOM_BYTES);
        records->slice_end = BOM_BYTES;
        records->index.separators[-1] = BOM_BYTES - 1;
    }
    records->mark = (struct tide_line_mark){0, 1 + records->index.line_count};
}

/* The next chunk of the block; STARVED: nothing is left of it, and its rest is in the joint. */
static enum tide_records_news next_in_block(struct tide_records *records, uint32_t count)
{
    struct tide_chunk *chunk = &records->chunk;
    if (records->block_is_spent) return TIDE_RECORDS_STARVED;
    if (records->joint_bytes > 0) return finish_joint(records);
    for (;;) {
        struct tide_taken taken =
            records->scanner->decode(records->decoder, &records->memo, &records->index,
                                     records->block->bytes, chunk->rows, chunk->kinds, count);
        if (taken.count > 0) {
            chunk->count = taken.count;
            chunk->first = taken.first;
            chunk->field_count = taken.field_count;
            chunk->bytes = records->block->bytes;
            chunk->separators = records->index.separators;
            chunk->offset = records->block->offset;
            chunk->file = records->block->file;
            chunk->is_overlong = false;
            chunk->is_open_quote = false;
            return TIDE_RECORDS_CHUNK;
        }
        if (records->slice_end == records->block->count) break;
        index_slice(records);
    }
    records->block_is_spent = true;
    return keep_rest(records) ? TIDE_RECORDS_STARVED : TIDE_RECORDS_NO_MEMORY;
}

/* The next record that a block or the joint holds whole. */
static enum tide_records_news next_chunk(struct tide_records *records, uint32_t count)
{
    enum tide_records_news news = next_in_block(records, count);
    if (news == TIDE_RECORDS_STARVED && records->block->ends_file && records->joint_bytes > 0)
        news = joint_chunk(records, AT_FILE_END); /* no line end behind its last record */
    if (news != TIDE_RECORDS_CHUNK) return news;
    if (TIDE_UNLIKELY(records->first_offset == UINT64_MAX))
        records->first_offset = records->chunk.offset + tide_chunk_start(&records->chunk, 0);
    records->anchor.taken_count += records->chunk.count;
    return news;
}

enum tide_records_news tide_records_next(struct tide_records *records, struct tide_row *rows,
                                         uint32_t count)
{
    records->chunk.rows = rows ? rows : records->chunk.own_rows;
    records->chunk.count = 0;
    for (;;) {
        if (!records->block) {
            if (records->has_ended_input) return TIDE_RECORDS_END;
            records->block = tide_link_receive(records->in);
            if (!records->block) return TIDE_RECORDS_STARVED;
            begin_block(records);
            records->chunk.file = records->block->file;
            if (records->block->begins_file) return TIDE_RECORDS_NEW_FILE;
        }
        enum tide_records_news news = next_chunk(records, count);
        if (news != TIDE_RECORDS_STARVED) return news;
        bool ends_file = records->block->ends_file;
        records->has_ended_input = records->block->ends_input;
        tide_link_give_back(records->in, records->block);
        records->block = NULL;
        if (ends_file) return TIDE_RECORDS_FILE_END;
    }
}

uint64_t tide_records_line(struct tide_records *records, unsigned i)
{
    if (records->chunk.bytes == records->joint) return records->joint_line;
    uint32_t at = tide_chunk_start(&records->chunk, i);
    struct tide_line_mark *mark = &records->mark;
    mark->line += tide_csv_count_lines(byte_before(records, mark->at),
                                       records->block->bytes + mark->at, at - mark->at);
    mark->at = at;
    return mark->line;
}

/* --- places --- */

void tide_records_track(struct tide_records *records)
{
    records->is_tracked = true;
    records->first_offset = UINT64_MAX;
}

void tide_records_resume(struct tide_records *records, unsigned file,
                         const struct tide_input_place *place)
{
    begin_file(records);
    records->chunk.file = file;
    records->chunk.count = 0;
    records->block_end = place->offset;
    records->file_bytes = place->file_bytes;
    if (place->offset == 0) return; /* the checksum begins anew with the file */
    records->first_offset = 0;      /* passed long ago */
    records->index.line_count = place->line - 1;
    records->index.ends_in_cr = place->is_after_cr;
    records->anchor = (struct tide_records_anchor){
        .offset = place->offset, .line = place->line, .is_after_cr = place->is_after_cr};
    records->read = place->read;
    records->has_read_end = place->has_ended;
}

static struct tide_input_place block_place(const struct tide_records *records, uint32_t at,
                                           uint64_t line)
{
    return (struct tide_input_place){.offset = records->block->offset + at,
                                     .line = line,
                                     .is_after_cr = byte_before(records, at) == '\r'};
}

static struct tide_input_place joint_place(const struct tide_records *records)
{
    return (struct tide_input_place){.offset = records->joint_offset,
                                     .line = records->joint_line,
                                     .is_after_cr = records->joint_is_after_cr};
}

/* Behind everything that has been indexed. */
static struct tide_input_place end_place(const struct tide_records *records)
{
    return (struct tide_input_place){.offset = records->block_end,
                                     .line = 1 + records->index.line_count,
                                     .is_after_cr = records->index.ends_in_cr};
}

static struct tide_input_place find_place(struct tide_records *records, unsigned next)
{
    const struct tide_chunk *chunk = &records->chunk;
    if (next < chunk->count) {
        if (chunk->bytes == records->joint) return joint_place(records);
        const uint64_t line = tide_records_line(records, next);
        return block_place(records, tide_chunk_start(chunk, next), line);
    }
    if (records->joint_bytes > 0) return joint_place(records);
    if (!records->block || records->block_is_spent) return end_place(records);
    const uint32_t at = untaken_start(records);
    return block_place(records, at, line_back_from_slice_end(records, at));
}

void tide_records_note_read(const struct tide_records *records, struct tide_input_place *place)
{
    TIDE_ASSERT(records->is_tracked);
    place->read = records->read;
    place->has_ended = records->has_read_end ||
                       (records->block_ends_file && records->read.bytes == records->block_end);
    place->file_bytes = records->file_bytes;
}

static struct tide_input_place complete(const struct tide_records *records,
                                        struct tide_input_place place)
{
    if (place.offset <= records->first_offset)
        place = (struct tide_input_place){.line = 1, .skip_count = place.skip_count};
    tide_records_note_read(records, &place);
    return place;
}

struct tide_input_place tide_records_place(struct tide_records *records, unsigned next)
{
    return complete(records, find_place(records, next));
}

struct tide_input_place tide_records_near(const struct tide_records *records)
{
    const struct tide_records_anchor *anchor = &records->anchor;
    return complete(records, (struct tide_input_place){.offset = anchor->offset,
                                                       .line = anchor->line,
                                                       .is_after_cr = anchor->is_after_cr,
                                                       .skip_count = anchor->taken_count});
}

void tide_records_anchor(struct tide_records *records)
{
    const struct tide_input_place place = find_place(records, records->chunk.count);
    records->anchor = (struct tide_records_anchor){
        .offset = place.offset, .line = place.line, .is_after_cr = place.is_after_cr};
}

bool tide_records_is_far_behind(const struct tide_records *records)
{
    return records->joint_bytes > 0 && records->joint_is_overlong;
}
