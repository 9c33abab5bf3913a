/*
 * folder: a private folder for what the runs under measurement write.
 * Owns:     the folder and every file in it; both are gone after fini.
 * Threads:  one.
 * Blocks:   in the file system.
 * Errors:   exit 1: no folder can be made, or a path is too long.
 * Limits:   files only, no folders in it.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_FOLDER_H
#define TIDE_INSTRUMENTS_BENCH_FOLDER_H

#include "engine/base/error.h"

enum { TIDE_BENCH_PATH_BYTES = 1024 };

struct tide_bench_folder {
    char path[TIDE_BENCH_PATH_BYTES]; /* "": none */
};

/* Makes it in the folder that the environment's TMPDIR names, else in /tmp. */
TIDE_MUST_USE bool tide_bench_folder_init(struct tide_bench_folder *folder,
                                          struct tide_error *error);

/* Removes the files, not the folder. */
void tide_bench_folder_empty(const struct tide_bench_folder *folder);
void tide_bench_folder_fini(struct tide_bench_folder *folder); /* a zeroed one is fine */

/* The path of a file in it, which need not be there; name: at most 64 bytes. */
struct tide_bench_path {
    char text[TIDE_BENCH_PATH_BYTES];
};
struct tide_bench_path tide_bench_folder_file(const struct tide_bench_folder *folder,
                                              const char *name);

#endif
