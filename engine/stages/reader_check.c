/*
 * What an earlier run has read of a file is read again: the place at which this one goes on means
 * something in no other file.
 */
#include "engine/stages/reader_parts.h"

#include "engine/base/memory.h"
#include "engine/text/scan.h"

#include <stdio.h>
#include <string.h>

enum { HELD_BYTES_FIRST = 4096, WHY_BYTES = 160 };

void tide_reader_check_begin(struct tide_reader *reader)
{
    struct tide_reader_check *check = &reader->check;
    tide_reader_check_end(reader);
    if (!reader->places) return;
    check->place = reader->places[reader->file];
    check->is_open = check->place.read.bytes > 0 || check->place.has_ended;
}

void tide_reader_check_end(struct tide_reader *reader)
{
    tide_free(reader->check.held);
    reader->check = (struct tide_reader_check){0};
}

static enum tide_progress refuse(struct tide_reader *reader, const char *why)
{
    struct tide_error error = {0};
    tide_error_set(&error, TIDE_EXIT_FAILED,
                   "cannot resume: %s is not what the checkpoint was taken of: %s; resume with the "
                   "input as it was, or begin anew in another folder",
                   tide_reader_file_name(reader->plan, reader->file), why);
    tide_control_fail(reader->control, &error);
    return TIDE_DONE;
}

static enum tide_progress refuse_size(struct tide_reader *reader, const char *how, uint64_t is,
                                      uint64_t was)
{
    char why[WHY_BYTES];
    snprintf(why, sizeof why, how, (unsigned long long)is, (unsigned long long)was);
    return refuse(reader, why);
}

/* A followed file may have grown meanwhile. A pipe has no size, then or now. */
static bool has_its_size(const struct tide_reader *reader)
{
    const uint64_t was = reader->check.place.file_bytes;
    if (!reader->is_regular || was == 0) return true;
    return reader->is_followed ? reader->file_bytes >= was : reader->file_bytes == was;
}

static bool hold(struct tide_reader_check *check, const char *bytes, size_t count)
{
    const size_t needed = check->held_bytes + count;
    if (needed > check->held_capacity) {
        size_t capacity = check->held_capacity ? check->held_capacity : HELD_BYTES_FIRST;
        while (capacity < needed) capacity *= 2;
        char *held = tide_realloc(check->held, capacity);
        if (!held) return false;
        check->held = held;
        check->held_capacity = capacity;
    }
    memcpy(check->held + check->held_bytes, bytes, count);
    check->held_bytes = needed;
    return true;
}

/* Takes what the block has. What lies behind the place is wanted again. */
static bool see_block(struct tide_reader *reader)
{
    struct tide_reader_check *check = &reader->check;
    struct tide_block *block = reader->block;
    const uint64_t begin = check->seen.bytes, end = begin + block->count;
    const uint64_t kept = check->place.offset > begin ? check->place.offset : begin;
    tide_checksum_add(&check->seen, tide_scanner_select(reader->plan->scanner)->add_stripes,
                      block->bytes, block->count);
    bool is_held = reader->is_mapped || check->place.is_done || kept >= end ||
                   hold(check, block->bytes + (kept - begin), (size_t)(end - kept));
    tide_block_use_memory(block);
    return is_held;
}

/* The next bytes are in the block. */
static enum tide_progress get_bytes(struct tide_reader *reader)
{
    struct tide_reader_check *check = &reader->check;
    const uint64_t left = check->place.read.bytes - check->seen.bytes;
    bool has_ended = false;
    if (reader->is_mapped)
        return tide_reader_show(reader, check->seen.bytes,
                                left < TIDE_BLOCK_WINDOW_BYTES ? (uint32_t)left
                                                               : TIDE_BLOCK_WINDOW_BYTES);
    return tide_reader_fill(reader, left < TIDE_BLOCK_BYTES ? (uint32_t)left : TIDE_BLOCK_BYTES,
                            &has_ended);
}

static enum tide_progress see_more(struct tide_reader *reader)
{
    struct tide_reader_check *check = &reader->check;
    enum tide_progress progress = get_bytes(reader);
    if (progress == TIDE_DONE) return progress;
    /* A pipe may have more later, a followed file had it already. */
    if (progress == TIDE_STARVED && !reader->is_regular && reader->block->count == 0)
        return TIDE_STARVED;
    if (reader->block->count == 0)
        return refuse_size(reader, "it ends after %llu bytes, of which there were %llu or more",
                           check->seen.bytes, check->place.read.bytes);
    if (see_block(reader)) return TIDE_PROGRESSED;
    return tide_reader_fail(reader, TIDE_EXIT_FAILED, "out of memory");
}

/* PROGRESSED: where it had ended it ends. */
static enum tide_progress see_end(struct tide_reader *reader)
{
    const uint64_t end = reader->check.seen.bytes;
    bool has_ended = reader->file_bytes == end;
    if (!reader->is_mapped) {
        enum tide_progress progress = tide_reader_fill(reader, 1, &has_ended);
        if (progress != TIDE_PROGRESSED) return progress;
    }
    if (has_ended) return TIDE_PROGRESSED;
    return refuse_size(reader, "it goes on after its first %llu bytes, where it had ended", end, 0);
}

enum tide_progress tide_reader_check_step(struct tide_reader *reader)
{
    struct tide_reader_check *check = &reader->check;
    const struct tide_checksum *read = &check->place.read;
    if (check->seen.bytes == 0 && !has_its_size(reader))
        return refuse_size(reader, "it has %llu bytes, and had %llu", reader->file_bytes,
                           check->place.file_bytes);
    if (check->seen.bytes < read->bytes) return see_more(reader);
    struct tide_error error = {0};
    if (!tide_reader_check_windows(reader->plan, reader->file, &error)) {
        tide_control_fail(reader->control, &error);
        return TIDE_DONE;
    }
    if (!tide_checksum_equals(&check->seen, read))
        return refuse_size(reader, "its first %llu bytes are not the same", read->bytes, 0);
    if (check->place.has_ended) {
        enum tide_progress progress = see_end(reader);
        if (progress != TIDE_PROGRESSED) return progress;
    }
    check->is_open = false;
    return TIDE_PROGRESSED;
}

void tide_reader_give_held(struct tide_reader *reader)
{
    struct tide_reader_check *check = &reader->check;
    struct tide_block *block = reader->block;
    if (!check->held) return;
    size_t count = check->held_bytes - check->held_begin, room = TIDE_BLOCK_BYTES - block->count;
    if (count > room) count = room;
    memcpy(block->bytes + block->count, check->held + check->held_begin, count);
    block->count += (uint32_t)count;
    check->held_begin += count;
    if (check->held_begin == check->held_bytes) tide_reader_check_end(reader);
}
