/*
 * plugin: the shared library of --process, loaded and checked, with the arguments for it.
 * Owns:     the library, and the names and the list of the arguments.
 * Threads:  load and unload: the main thread; read-only between them.
 * Blocks:   while the library is read. Its constructors run in load.
 * Errors:   exit 1 if it cannot be loaded or is none; exit 2 for an argument it does not know.
 * Limits:   as tidemark_process.h.
 */
#ifndef TIDE_PLAN_PLUGIN_H
#define TIDE_PLAN_PLUGIN_H

#include "engine/base/error.h"
#include "engine/process/tidemark_process.h"

struct tide_plugin {
    const char *path; /* as given; borrowed */
    void *library;
    const struct tidemark_process_function *function; /* in the library */
    struct tidemark_argument *arguments;              /* values are borrowed */
    unsigned argument_count, side_output_count, counter_count;
};

/* Loads the library at `path`, never one of that name elsewhere: a path without a slash lies in the
 * working folder. Call unload also after a failure. */
TIDE_MUST_USE bool tide_plugin_load(struct tide_plugin *plugin, const char *path,
                                    struct tide_error *error);
void tide_plugin_unload(struct tide_plugin *plugin); /* a zeroed one is fine */

/* Takes one more NAME=VALUE, whose text must outlive the plug-in, if it knows the name. */
TIDE_MUST_USE bool tide_plugin_add_argument(struct tide_plugin *plugin, const char *text,
                                            struct tide_error *error);

/* The place of a side output by its name, or -1. */
int tide_plugin_side_output(const struct tide_plugin *plugin, const char *name);

#endif
