/*
 * sources: the source operators of this build, for the registry.
 * Owns:     nothing; the tables are const.
 * Threads:  any; what open returns belongs to the reader.
 * Blocks:   as engine/flow/source.h says.
 * Errors:   packed data that is damaged, or ends too early, is an error when it is met.
 * Limits:   gzip: any number of members; zstd: windows of at most 128 MiB (its --long=27).
 */
#ifndef TIDE_OPERATORS_SOURCES_H
#define TIDE_OPERATORS_SOURCES_H

#include "engine/flow/source.h"

extern const struct tide_source tide_source_gzip;  /* recognised by its magic */
extern const struct tide_source tide_source_zstd;  /* recognised by its magic */
extern const struct tide_source tide_source_plain; /* takes anything: the last to be asked */

#endif
