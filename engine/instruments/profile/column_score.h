/*
 * column_score: how likely a column is to be the key, the time or the amount.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   none.
 * Limits:   names are looked at up to TIDE_SCORED_NAME_BYTES.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_COLUMN_SCORE_H
#define TIDE_INSTRUMENTS_PROFILE_COLUMN_SCORE_H

#include "engine/instruments/profile/column_facts.h"

enum { TIDE_SCORED_NAME_BYTES = 64, TIDE_SCORE_NEVER = -1000 };

enum tide_column_role { TIDE_ROLE_KEY, TIDE_ROLE_TIME, TIDE_ROLE_VALUE, TIDE_ROLE_COUNT };

/* Higher is likelier; TIDE_SCORE_NEVER: it cannot be. *by_name: does its name speak for it? */
int tide_column_score(const struct tide_column_facts *facts, enum tide_column_role role,
                      bool *by_name);

#endif
