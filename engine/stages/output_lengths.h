/*
 * output_lengths: how much of each output a checkpoint vouches for.
 * Owns:     nothing; names point into the snapshot.
 * Threads:  any one.
 * Blocks:   never; allocates as the snapshot does.
 * Errors:   as snapshot.h.
 * Limits:   TIDE_OUTPUT_FILES_MAX outputs.
 */
#ifndef TIDE_STAGES_OUTPUT_LENGTHS_H
#define TIDE_STAGES_OUTPUT_LENGTHS_H

#include "engine/base/output.h"
#include "engine/state/snapshot.h"

struct tide_output_length {
    const char *part;
    size_t part_bytes;
    uint64_t bytes;
};

struct tide_output_lengths {
    bool
        is_finished; /* the run has ended well, and all that is left to do is to name the outputs */
    unsigned count;
    struct tide_output_length items[TIDE_OUTPUT_FILES_MAX];
};

/* outputs: NULL ones are passed over. */
void tide_output_lengths_save(struct tide_output *const outputs[], unsigned count, bool is_finished,
                              struct tide_snapshot *snapshot);

/* False: damaged. */
TIDE_MUST_USE bool tide_output_lengths_load(struct tide_output_lengths *lengths,
                                            struct tide_snapshot_reader *reader);

/* Of the part of this name; false: there is none. */
TIDE_MUST_USE bool tide_output_lengths_find(const struct tide_output_lengths *lengths,
                                            const char *part, uint64_t *bytes);

#endif
