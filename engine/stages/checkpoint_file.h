/*
 * checkpoint_file: one checkpoint on disk: sections of bytes, whole or not there.
 * Owns:     a file that was read owns its bytes.
 * Threads:  write: the checkpointer's, or the main thread's when it has ended; read: the main's.
 * Blocks:   in writes, fsync and reads.
 * Errors:   exit 1. What is damaged, and how, is said without the file's name: the caller adds it.
 * Limits:   TIDE_SECTIONS_MAX sections.
 *
 * "TIDEMARK", format (u32), number of sections (u32); each section: kind (u32), 0 (u32), bytes
 * (u64), the bytes; at the end XXH3-128 of all before. Little-endian. A file gets its name when it
 * is complete and on the disk, by rename(2).
 */
#ifndef TIDE_STAGES_CHECKPOINT_FILE_H
#define TIDE_STAGES_CHECKPOINT_FILE_H

#include "engine/base/error.h"

#include <stdint.h>

enum {
    TIDE_CHECKPOINT_FORMAT = 1,
    TIDE_CHECKPOINT_NAME_BYTES = 32,
    TIDE_SECTIONS_MAX = 300,
};

enum tide_section_kind {
    TIDE_SECTION_PLAN = 1, /* which run it is of */
    TIDE_SECTION_PARSER,
    TIDE_SECTION_WORKER,    /* one a worker */
    TIDE_SECTION_SINK,      /* with the lengths of the outputs */
    TIDE_SECTION_BEGINNING, /* empty: nothing has been read yet */
};

struct tide_section {
    uint32_t kind;
    const char *bytes;
    size_t count;
};

struct tide_checkpoint_file {
    char *bytes;
    struct tide_section sections[TIDE_SECTIONS_MAX];
    unsigned section_count;
};

enum tide_checkpoint_state {
    TIDE_CHECKPOINT_WHOLE,
    TIDE_CHECKPOINT_DAMAGED, /* an older one may be better */
    TIDE_CHECKPOINT_REFUSED, /* of a newer format, or it cannot be read: the error says so */
};

/* "checkpoint-" and the number in 20 digits, so that names are ordered as numbers are. */
void tide_checkpoint_name(uint64_t number, char name[TIDE_CHECKPOINT_NAME_BYTES]);

/* Writes a new file into the folder, readable for its owner only. *bytes: its size. False: it is
 * not there. */
TIDE_MUST_USE bool tide_checkpoint_write(int folder_fd, uint64_t number,
                                         const struct tide_section sections[],
                                         unsigned section_count, uint64_t *bytes,
                                         struct tide_error *error);

/* Reads and checks a file. The sections point into its bytes. */
enum tide_checkpoint_state tide_checkpoint_read(int folder_fd, const char *name,
                                                struct tide_checkpoint_file *file,
                                                struct tide_error *error);
void tide_checkpoint_fini(struct tide_checkpoint_file *file); /* a zeroed one is fine */

/* The first section of a kind; NULL: there is none. */
const struct tide_section *tide_checkpoint_section(const struct tide_checkpoint_file *file,
                                                   enum tide_section_kind kind);

#endif
