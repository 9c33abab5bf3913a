/*
 * report: what a profile found, as text for people and as JSON for programs.
 * Owns:     nothing.
 * Threads:  one.
 * Blocks:   as the stream does; allocates for the suggested command.
 * Errors:   the stream's; no memory.
 * Limits:   the lists show their first entries; JSON shows more of them.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_REPORT_H
#define TIDE_INSTRUMENTS_PROFILE_REPORT_H

#include "engine/instruments/profile/profile.h"

#include <stdio.h>

enum { TIDE_REPORT_TOP_KEYS_MAX = 1000, TIDE_REPORT_LINE_COLUMNS = 100 };

/* top_keys: how many keys to show, at most TIDE_REPORT_TOP_KEYS_MAX. False without memory. */
TIDE_MUST_USE bool tide_profile_report_text(const struct tide_profile *profile, unsigned top_keys,
                                            FILE *out);
void tide_profile_report_json(const struct tide_profile *profile, unsigned top_keys, FILE *out);

/* The suggested command as arguments: calls `put` with each, `tidemark` first. */
void tide_profile_command(const struct tide_profile *profile,
                          void (*put)(void *context, const char *argument), void *context);

/* As many draws of the hash as give a picture in little time, whatever the number of keys. */
unsigned tide_profile_draws(const struct tide_profile *profile);

/* The --window of a profile as it was given. */
const char *tide_profile_window(const struct tide_profile *profile);

#endif
