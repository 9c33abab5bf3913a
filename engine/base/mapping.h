/*
 * mapping: a window through which a stretch of a regular file is seen without being copied.
 * Owns:     a reserved range of addresses; the file's descriptor stays the caller's.
 * Threads:  show and init: one at a time; whoever holds the window may read it.
 * Blocks:   show does, while pages are read from disk.
 * Errors:   show: errno is set. A page that cannot be read later (the file was cut short, the disk
 *           failed) is replaced by zeroes, and tide_mapping_has_failed says so: what was read since
 *           must not be trusted.
 * Limits:   TIDE_MAPPING_SLACK_BYTES before and behind the window may be read and mean nothing.
 *
 * Copying a file's bytes out of the page cache costs 5 ns for a row of 36 bytes, more than finding
 * its fields. Windows are small and used again, so the process stays as small as with a buffer.
 */
#ifndef TIDE_BASE_MAPPING_H
#define TIDE_BASE_MAPPING_H

#include "engine/base/memory.h"

#include <stdbool.h>
#include <stdint.h>

enum { TIDE_MAPPING_SLACK_BYTES = TIDE_PAGE_BYTES };

struct tide_mapping {
    char *reserved; /* NULL: none */
    size_t window_bytes;
};

/* Reserves room for windows of at most window_bytes, a multiple of the page size. False: no address
 * space. */
TIDE_MUST_USE bool tide_mapping_init(struct tide_mapping *mapping, size_t window_bytes);
void tide_mapping_fini(struct tide_mapping *mapping); /* a zeroed one is fine */

/* Shows file bytes [offset, offset + bytes), offset a multiple of the page size, in place of what
 * was shown before, to be read only. NULL: errno says why. */
TIDE_MUST_USE char *tide_mapping_show(struct tide_mapping *mapping, int fd, uint64_t offset,
                                      size_t bytes);

/* Has any window of this process met a page that could not be read? */
bool tide_mapping_has_failed(void);

#endif
