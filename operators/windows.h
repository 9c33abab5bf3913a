/*
 * windows: the window operators of this build, for the registry.
 * Owns:     nothing; all tables are const.
 * Threads:  read-only.
 * Blocks:   never.
 * Errors:   as engine/state/window.h says.
 * Limits:   sizes from 1 ms to 2^62 ms, or 1 to 10^18 - 1 rows.
 */
#ifndef TIDE_OPERATORS_WINDOWS_H
#define TIDE_OPERATORS_WINDOWS_H

#include "engine/state/window.h"

extern const struct tide_window
    tide_window_tumbling; /* one after the other, without gap or overlap */
extern const struct tide_window tide_window_sliding; /* one every slide, of any size */
extern const struct tide_window tide_window_session; /* of each key, ended by a pause */
extern const struct tide_window tide_window_count;   /* of each key, of so many rows */

#endif
