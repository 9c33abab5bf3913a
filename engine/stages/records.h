/*
 * records: from blocks of bytes to records, a chunk at a time, whatever the block boundaries cut
 *           through.
 * Owns:     the record index, and the joint: a copy of the record that straddles blocks.
 * Threads:  one: the parser's.
 * Blocks:   never; allocates in init, and when a record straddles blocks that is longer than any
 *           before.
 * Errors:   init and next: out of memory.
 * Limits:   a record past row_bytes_max is cut to it and marked; its rest is passed over in
 *           constant memory.
 *
 * Most records lie whole in a block and are never copied. Only the one that straddles two blocks is
 * put together in the joint, and becomes a chunk of its own.
 */
#ifndef TIDE_STAGES_RECORDS_H
#define TIDE_STAGES_RECORDS_H

#include "engine/flow/block.h"
#include "engine/flow/link.h"
#include "engine/flow/place.h"
#include "engine/text/scan.h"

enum { TIDE_CHUNK_ROWS = 128 };

/* Records that lie in one stretch of memory and have the same number of fields. Valid until the
 * next call of tide_records_next. */
struct tide_chunk {
    uint32_t count;
    uint32_t first,
        field_count; /* record i's field j ends at separators[first + i * field_count + j] */
    const uint32_t
        *separators; /* offsets into bytes; what is before the first field of all may be read too */
    const char *bytes;
    uint64_t offset; /* of bytes[0] in the unpacked file */
    unsigned file;
    bool is_overlong;      /* its one record was cut to row_bytes_max */
    bool is_open_quote;    /* its one record ended with the file, inside quotes */
    struct tide_row *rows; /* own_rows, or where the caller wanted them */
    struct tide_row own_rows[TIDE_CHUNK_ROWS];
    uint8_t kinds[TIDE_CHUNK_ROWS]; /* enum tide_row_kind */
};

/* A place in the stretch of memory whose line number is known; asking moves it on. */
struct tide_line_mark {
    uint32_t at;
    uint64_t line;
};

/* A record whose place is known, and how many have been taken from there on. */
struct tide_records_anchor {
    uint64_t offset, line;
    bool is_after_cr;
    uint64_t taken_count;
};

struct tide_records {
    const struct tide_scanner *scanner;
    struct tide_decoder *decoder; /* the parser's, which learns columns from headers */
    struct tide_decode_memo memo;
    size_t row_bytes_max;
    struct tide_link *in;

    struct tide_block *block; /* being read, NULL: the next one is awaited */
    struct tide_csv_index index;
    uint32_t slice_end; /* what the index has seen of the block */
    struct tide_line_mark mark;

    char *joint; /* with slack on both sides */
    size_t joint_bytes, joint_capacity;
    bool joint_is_overlong;
    uint64_t joint_offset, joint_line;
    bool joint_is_after_cr;
    unsigned joint_file;
    struct tide_csv_index joint_index;
    size_t joint_index_bytes;

    char last_before_block; /* CR or not: an LF behind it is no line of its own */
    bool block_is_spent;    /* its last records are taken, its rest is in the joint */
    bool has_ended_input;
    struct tide_chunk chunk;

    /* What a checkpoint has to know beside the rest, kept if is_tracked. */
    bool is_tracked;
    struct tide_checksum read; /* of the file, as far as it has been indexed */
    bool has_read_end;         /* ... in an earlier run, and that was all of it */
    bool block_ends_file;      /* the last one */
    uint64_t block_end;        /* its end's offset */
    uint64_t first_offset;     /* of the file's first record; UINT64_MAX: not met yet */
    uint64_t file_bytes;
    struct tide_records_anchor anchor;
};

enum tide_records_news {
    TIDE_RECORDS_CHUNK,    /* chunk holds at least one record */
    TIDE_RECORDS_NEW_FILE, /* the records that follow are of another file: chunk.file */
    TIDE_RECORDS_FILE_END, /* there are no more of this file */
    TIDE_RECORDS_END,      /* there are no more at all */
    TIDE_RECORDS_STARVED,  /* no block has come yet */
    TIDE_RECORDS_NO_MEMORY,
};

size_t tide_records_bytes(void); /* what init allocates */
TIDE_MUST_USE bool tide_records_init(struct tide_records *records,
                                     const struct tide_scanner *scanner,
                                     struct tide_decoder *decoder, size_t row_bytes_max,
                                     char delimiter, struct tide_link *in,
                                     struct tide_error *error);
void tide_records_fini(struct tide_records *records); /* a zeroed one is fine */

/* Where record i of a chunk begins in its bytes. */
static inline uint32_t tide_chunk_start(const struct tide_chunk *chunk, unsigned i)
{
    return chunk->separators[(int64_t)chunk->first + (int64_t)i * chunk->field_count - 1] + 1;
}

/* Record i: raw, without its line end. */
static inline const char *tide_chunk_record(const struct tide_chunk *chunk, unsigned i,
                                            size_t *bytes)
{
    uint32_t start = tide_chunk_start(chunk, i);
    *bytes = tide_csv_trim_cr(chunk->bytes, start,
                              chunk->separators[chunk->first + (i + 1) * chunk->field_count - 1]);
    return chunk->bytes + start;
}

/* Field `column` of record i, as it stands in the file, quotes and all. */
static inline const char *tide_chunk_field(const struct tide_chunk *chunk, unsigned i,
                                           uint32_t column, size_t *bytes)
{
    const uint32_t *end =
        chunk->separators + chunk->first + (size_t)i * chunk->field_count + column;
    uint32_t start = end[-1] + 1;
    *bytes = column + 1 == chunk->field_count ? tide_csv_trim_cr(chunk->bytes, start, end[0])
                                              : end[0] - start;
    return chunk->bytes + start;
}

/* The next chunk of at most `count` records (1 .. TIDE_CHUNK_ROWS); their rows go to `rows`, or to
 * the chunk's own array if that is NULL. */
enum tide_records_news tide_records_next(struct tide_records *records, struct tide_row *rows,
                                         uint32_t count);

/* Before the first block: from now on it may be asked where the records are. */
void tide_records_track(struct tide_records *records);

/* Where record `next` of the chunk begins, or the one after the chunk if there are no more in it;
 * of the chunk's file. As long as none of its records has been passed that is its beginning. Ask in
 * ascending order. */
struct tide_input_place tide_records_place(struct tide_records *records, unsigned next);

/* The same without a search: a place not far before the chunk's end, and in skip_count the records
 * from there up to it, since the last tide_records_anchor if that was later. */
struct tide_input_place tide_records_near(const struct tide_records *records);

/* Notes in a place, which is one in the chunk's file, how much of that has been read by now. */
void tide_records_note_read(const struct tide_records *records, struct tide_input_place *place);

/* Counts from here on: behind the chunk. */
void tide_records_anchor(struct tide_records *records);

/* After track: the blocks that come are of this file, from a place on that tide_records_place has
 * told. */
void tide_records_resume(struct tide_records *records, unsigned file,
                         const struct tide_input_place *place);

/* Is a record being passed over that is longer than row_bytes_max? Its beginning may be any number
 * of bytes away, which whoever goes on there would have to keep, where they come from a pipe. */
bool tide_records_is_far_behind(const struct tide_records *records);

/* Physical line on which record i of the chunk starts, from 1. Ask in ascending order. */
uint64_t tide_records_line(struct tide_records *records, unsigned i);

#endif
