/*
 * block: a stretch of one input file's bytes on its way from the reader to the parser.
 * Owns:     its bytes.
 * Threads:  one owner at a time: the reader, a ring, or the parser.
 * Blocks:   never; allocates in init only.
 * Errors:   init returns false without memory.
 * Limits:   TIDE_BLOCK_BYTES bytes, page-aligned (read(2) into an unaligned block takes three times as long), with a page of
 *           slack on both sides that may be read but means nothing.
 */
#ifndef TIDE_FLOW_BLOCK_H
#define TIDE_FLOW_BLOCK_H

#include "engine/base/memory.h"

#include <stdbool.h>
#include <stdint.h>

enum { TIDE_BLOCK_BYTES = 256 << 10, TIDE_BLOCK_COUNT = 4 };

struct tide_block {
    char *bytes;
    uint32_t count;
    unsigned file;   /* which input file, from 0 */
    uint64_t offset; /* of bytes[0] in the unpacked file */
    bool begins_file, ends_file, ends_input;
    void *memory;
};

TIDE_MUST_USE bool tide_block_init(struct tide_block *block);
void tide_block_fini(struct tide_block *block); /* a zeroed one is fine */

#endif
