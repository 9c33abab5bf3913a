/*
 * profile: a look at an input before it is run: one pass, what it found, and the command it
 *          suggests.
 * Owns:     everything but the options and the registry.
 * Threads:  open and close: the main thread; read: any one; stop: any. Read sets the zone anew, to
 *           what it is, so nobody else may look at local times meanwhile.
 * Blocks:   read, until the input ends or is stopped.
 * Errors:   what `tidemark run` would not start with either: options, columns, files; and memory,
 *           which grows with the distinct keys.
 * Limits:   as its parts.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_PROFILE_H
#define TIDE_INSTRUMENTS_PROFILE_PROFILE_H

#include "engine/instruments/profile/guess.h"
#include "engine/instruments/profile/input.h"
#include "engine/instruments/profile/suggestion.h"
#include "engine/instruments/profile/tally.h"

/* Options of `tidemark run` put together from what was given and what was found out. */
struct tide_profile_options {
    char **forwarded, **argv;
    char *texts;
    struct tide_options options;
    struct tide_plan plan;
};

struct tide_profile {
    const struct tide_options *given;
    const struct tide_registry *registry;
    struct tide_control control;
    struct tide_profile_input input;
    struct tide_profile_options first; /* as given: enough to look at the first bytes */
    struct tide_profile_options final; /* with the guesses: what the pass reads by */
    struct tide_guesses guesses;
    struct tide_tally tally;
    uint64_t keys_holding_half; /* of the rows */
    struct tide_suggestion suggestion;
    bool was_stopped; /* before the input ended */
};

/* given: options of a set whose base is tide_run_options. A profile is large: allocate it with
 * TIDE_PARTY_BYTES alignment. Call close also after a failure. */
TIDE_MUST_USE bool tide_profile_open(struct tide_profile *profile, const struct tide_options *given,
                                     const struct tide_registry *registry,
                                     struct tide_error *error);
void tide_profile_close(struct tide_profile *profile);

/* Reads all of the input, or what there is until it is stopped. */
TIDE_MUST_USE bool tide_profile_read(struct tide_profile *profile, struct tide_error *error);

/* Ends the reading here: what was read is what the report is about. */
void tide_profile_stop(struct tide_profile *profile);

static inline const struct tide_plan *tide_profile_plan(const struct tide_profile *profile)
{
    return &profile->final.plan;
}

#endif
