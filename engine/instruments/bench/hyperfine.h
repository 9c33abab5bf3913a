/*
 * hyperfine: times one command by the program of that name.
 * Owns:     nothing; its files are in the work folder.
 * Threads:  one.
 * Blocks:   until the command has ended.
 * Errors:   exit 1: the program is missing (naming its package) or did not do its work.
 * Limits:   written for the options and the export of hyperfine 1.15.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_HYPERFINE_H
#define TIDE_INSTRUMENTS_BENCH_HYPERFINE_H

#include "engine/instruments/bench/folder.h"
#include "engine/instruments/bench/guard.h"
#include "engine/instruments/bench/run.h"

enum { TIDE_TOOL_VERSION_BYTES = 64 };

/* The version of a program whose --version prints "NAME VERSION..." */
TIDE_MUST_USE bool tide_tool_version(const struct tide_bench_guard *guard,
                                     const struct tide_bench_folder *folder, const char *name,
                                     const char *package, char version[TIDE_TOOL_VERSION_BYTES],
                                     struct tide_error *error);

/* Runs the command, words quoted as for a shell, once. A command that fails is timed too; the first
 * line it prints on standard error becomes `complaint`, which is else empty. */
TIDE_MUST_USE bool tide_hyperfine_time(const struct tide_bench_guard *guard,
                                       const struct tide_bench_folder *folder, const char *command,
                                       struct tide_bench_timing *timing,
                                       char complaint[TIDE_ERROR_BYTES], struct tide_error *error);

#endif
