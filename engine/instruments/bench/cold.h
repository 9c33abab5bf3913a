/*
 * cold: takes files out of the page cache, and looks whether they are.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   while what is not on disk yet gets there.
 * Errors:   exit 1, naming the file.
 * Limits:   none.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_COLD_H
#define TIDE_INSTRUMENTS_BENCH_COLD_H

#include "engine/base/error.h"

/* left: the share of the files' pages that are still in the cache, 0 to 1. It stays at 1 where the
 * file system has no other place for them (tmpfs), and where the system does not tell, because the
 * file is somebody else's. */
TIDE_MUST_USE bool tide_bench_cold(const char *const files[], unsigned file_count, double *left,
                                   struct tide_error *error);

#endif
