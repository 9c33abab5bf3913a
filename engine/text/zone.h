/*
 * zone: a time zone of the system's zoneinfo, or a fixed offset; local time to UTC and back.
 * Owns:     its name.
 * Threads:  init before the threads start (it sets TZ); everything else from any thread.
 * Blocks:   init reads the zone file; libc may lock inside the conversions: remember results.
 * Errors:   init refuses an unknown zone (exit 2).
 * Limits:   one named zone a process, because libc has one.
 */
#ifndef TIDE_TEXT_ZONE_H
#define TIDE_TEXT_ZONE_H

#include "engine/base/error.h"

#include <stdint.h>

enum { TIDE_ZONE_OFFSET_BYTES = 6 }; /* ±hh:mm */

struct tide_zone {
    bool fixed;             /* UTC or an offset: the two conversions are one addition */
    int32_t fixed_offset_s; /* east of Greenwich is positive */
    char name[64];
};

/* Takes "UTC", "Z", "+hh:mm", "-hh:mm" or a zoneinfo name such as "Europe/London", looked up under
 * $TZDIR or /usr/share/zoneinfo. */
TIDE_MUST_USE bool tide_zone_init(struct tide_zone *zone, const char *name,
                                  struct tide_error *error);

/* Seconds since the epoch of a wall-clock reading, itself given as if it were UTC. A reading that
 * is ambiguous or missing is taken as Python's datetime.timestamp() does with fold 0 (PEP 495). */
int64_t tide_zone_utc_s(const struct tide_zone *zone, int64_t local_s);

/* Offset from UTC in force at utc_s, in seconds. */
int32_t tide_zone_offset_s(const struct tide_zone *zone, int64_t utc_s);

/* Reads the six bytes +hh:mm or -hh:mm, at most 23:59; false if they are anything else. */
TIDE_MUST_USE bool tide_zone_offset_read(const char *text, int32_t *offset_s);

#endif
