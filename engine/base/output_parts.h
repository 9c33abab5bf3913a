/*
 * output_parts: what the files that open, write and finish outputs share.
 * Owns:     nothing; all of it works on the output.
 * Threads:  as output.h.
 * Blocks:   as output.h.
 * Errors:   as output.h; close_file: errno.
 * Limits:   as output.h.
 */
#ifndef TIDE_BASE_OUTPUT_PARTS_H
#define TIDE_BASE_OUTPUT_PARTS_H

#include "engine/base/output.h"

#include <sys/stat.h>

/* Bytes of the folder in front of the last name, the slash included; 0: the current folder. */
size_t tide_output_folder_bytes(const char *path);

/* "." for the current folder. NULL: no memory. */
char *tide_output_folder_of(const char *path);

/* A new file beside the target, with the owner and rights of the old one, or NULL. part: what it
 * will be a copy of, or NULL. */
TIDE_MUST_USE bool tide_output_create_temporary(struct tide_output *output, const struct stat *old,
                                                const struct stat *part, struct tide_error *error);

TIDE_MUST_USE bool tide_output_write_all(struct tide_output *output, const char *bytes,
                                         size_t count, struct tide_error *error);

/* Closes its descriptor, if it has one. */
bool tide_output_close_file(struct tide_output *output);

/* Closes, removes what is unfinished, unless it is a part, and forgets. */
void tide_output_release(struct tide_output *output);

#endif
