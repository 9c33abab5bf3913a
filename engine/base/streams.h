/*
 * streams: keeps the numbers of the standard streams taken where the caller has closed them.
 * Owns:     descriptors 0, 1 and 2 where they were closed, until the process ends.
 * Threads:  the main one, before anything else is opened.
 * Blocks:   never.
 * Errors:   false with errno.
 * Limits:   none.
 */
#ifndef TIDE_BASE_STREAMS_H
#define TIDE_BASE_STREAMS_H

#include "engine/base/assert.h"

#include <stdbool.h>

/* A file that is opened takes the least number that is free, and what is written to a closed
 * standard output or standard error would go into it. So those that are closed get a file that
 * cannot be read or written as they would be: they go on failing as closed ones do (EBADF). */
TIDE_MUST_USE bool tide_streams_hold(void);

#endif
