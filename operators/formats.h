/*
 * formats: the output format operators of this build, for the registry.
 * Owns:     nothing; the tables are const.
 * Threads:  any, each with its own formatter.
 * Blocks:   never; allocates nothing.
 * Errors:   none: every value and every byte has a text.
 * Limits:   as engine/plan/format.h says.
 */
#ifndef TIDE_OPERATORS_FORMATS_H
#define TIDE_OPERATORS_FORMATS_H

#include "engine/plan/format.h"

extern const struct tide_format tide_format_csv;   /* RFC 4180 with a header, LF */
extern const struct tide_format tide_format_jsonl; /* one JSON object a line, the same names */
extern const struct tide_format tide_format_flink; /* what a PyFlink print of the job shows */

#endif
