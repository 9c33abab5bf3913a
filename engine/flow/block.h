/*
 * block: a stretch of one input file's bytes on its way from the reader to the parser.
 * Owns:     its bytes.
 * Threads:  one owner at a time: the reader, a ring, or the parser.
 * Blocks:   never; allocates in init only.
 * Errors:   init returns false without memory.
 * Limits:   TIDE_BLOCK_BYTES bytes that were read or unpacked, page-aligned (read(2) into an
 *           unaligned block takes three times as long), or a window of TIDE_BLOCK_WINDOW_BYTES on
 *           the file itself; a page of slack on both sides may be read but means nothing.
 */
#ifndef TIDE_FLOW_BLOCK_H
#define TIDE_FLOW_BLOCK_H

#include "engine/base/mapping.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    TIDE_BLOCK_BYTES = 256 << 10,
    TIDE_BLOCK_COUNT = 4,
    TIDE_BLOCK_WINDOW_BYTES = 4 << 20,
    TIDE_BLOCK_MEMORY_BYTES = TIDE_BLOCK_BYTES + 2 * TIDE_PAGE_BYTES, /* what init allocates */
};

struct tide_block {
    char *bytes; /* in memory, or in the window */
    uint32_t count;
    unsigned file;       /* which input file, from 0 */
    uint64_t offset;     /* of bytes[0] in the unpacked file */
    uint64_t file_bytes; /* of a regular file, as it is on disk when the block is read; else 0 */
    bool begins_file, ends_file, ends_input;
    char *memory;               /* TIDE_BLOCK_BYTES behind a page of slack */
    struct tide_mapping window; /* made when it is first used */
};

TIDE_MUST_USE bool tide_block_init(struct tide_block *block);
/* Makes bytes point to memory, and the block empty. */
void tide_block_use_memory(struct tide_block *block);

/* Makes bytes show `count` bytes of a file instead, no more than fit a window that begins with
 * offset's page. False: errno says why. */
TIDE_MUST_USE bool tide_block_use_window(struct tide_block *block, int fd, uint64_t offset,
                                         uint32_t count);

void tide_block_fini(struct tide_block *block); /* a zeroed one is fine */

#endif
