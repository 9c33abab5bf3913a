/*
 * place_snapshot: places in input files, in a checkpoint and back from it.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never.
 * Errors:   as snapshot.h.
 * Limits:   none.
 */
#ifndef TIDE_STATE_PLACE_SNAPSHOT_H
#define TIDE_STATE_PLACE_SNAPSHOT_H

#include "engine/flow/place.h"
#include "engine/state/snapshot.h"

void tide_input_place_save(const struct tide_input_place *place, struct tide_snapshot *snapshot);
TIDE_MUST_USE bool tide_input_place_load(struct tide_input_place *place,
                                         struct tide_snapshot_reader *reader);

#endif
