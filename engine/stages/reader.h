/*
 * reader: the stage that reads the input files one after the other, or one of them, unpacks them,
 *           and hands on blocks.
 * Owns:     the open file and its source's state.
 * Threads:  its own; `progress` figures are for anyone.
 * Blocks:   in wait_for_input only (poll on the input and the control's wake-up descriptor); a
 *           regular file's read too.
 * Errors:   latched with the file's name: it cannot be opened or read, its packed data is damaged,
 *           it was cut short while it was followed, or it is not what a checkpoint says of it.
 * Limits:   none.
 *
 * A run that is resumed gives the places of all files. Those that are done, and of the first that
 * is not what had been read, are read again and compared, a slice a step; nothing is sent before
 * all of it was right. Then the file goes on at its place: a mapped one is shown from there on, and
 * of any other the bytes from the place on that have been verified are held in memory, for a pipe
 * can be read but once.
 */
#ifndef TIDE_STAGES_READER_H
#define TIDE_STAGES_READER_H

#include "engine/flow/block.h"
#include "engine/flow/link.h"
#include "engine/flow/place.h"
#include "engine/stages/control.h"
#include "engine/stages/follow.h"
#include "engine/stages/stage.h"

/* A file that an earlier run has read is read again up to where that had come to. */
struct tide_reader_check {
    struct tide_input_place place; /* zeroed: it has read nothing of it */
    struct tide_checksum seen;
    bool is_open; /* not all of it has been seen */
    char *held;   /* what was seen behind the place and cannot be read once more */
    size_t held_begin, held_bytes, held_capacity;
};

struct tide_reader {
    const struct tide_plan *plan;
    struct tide_control *control;
    struct tide_link *out;
    unsigned file;     /* the one being read, or to be opened next */
    unsigned file_end; /* the first that is not its own */
    int fd;
    bool is_open, is_regular;
    bool is_mapped;   /* blocks show the file instead of holding a copy */
    bool is_followed; /* its end is a pause */
    struct tide_follow follow;
    uint64_t file_bytes;
    const struct tide_source *source;
    void *source_state;
    unsigned char head[TIDE_SOURCE_MAGIC_BYTES]; /* first bytes, read to recognise the source */
    size_t head_bytes;
    uint64_t offset;                 /* unpacked bytes handed on of this file */
    uint64_t consumed_before;        /* packed bytes of the files before this one */
    bool file_begun;                 /* a block of this file has been sent */
    struct tide_block *block;        /* being filled */
    _Atomic uint64_t bytes_consumed; /* packed, for the progress bar */
    uint64_t bytes_unpacked;

    const struct tide_input_place *places; /* of all files, in the run that is resumed; NULL */
    bool is_unverified;                    /* control has not been told yet that all is as it was */
    struct tide_reader_check check;        /* of the file that is open */
};

/* Checks that every named file can be opened and is no folder, and that a packed one is not to be
 * followed, before anything is written. bytes_total: sum of the sizes of the regular files, 0 if
 * any input is of unknown length or followed. */
TIDE_MUST_USE bool tide_reader_check_files(const struct tide_plan *plan, uint64_t *bytes_total,
                                           struct tide_error *error);

void tide_reader_init(struct tide_reader *reader, const struct tide_plan *plan,
                      struct tide_control *control, struct tide_link *out);
/* The same, of one of the files only. */
void tide_reader_init_one(struct tide_reader *reader, const struct tide_plan *plan, unsigned file,
                          struct tide_control *control, struct tide_link *out);
/* Before the first step: the files go on at these places, one a file, which are borrowed. */
void tide_reader_resume(struct tide_reader *reader, const struct tide_input_place *places);
void tide_reader_fini(struct tide_reader *reader);

/* Has every page of every window been read so far? `file` is the one being read. */
TIDE_MUST_USE bool tide_reader_check_windows(const struct tide_plan *plan, unsigned file,
                                             struct tide_error *error);

enum tide_progress tide_reader_step(void *reader);
void tide_reader_nudge(void *reader);
void tide_reader_wait_for_input(void *reader, int64_t latest_ns);

/* "standard input" or the file's name. */
const char *tide_reader_file_name(const struct tide_plan *plan, unsigned file);

#endif
