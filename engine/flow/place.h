/*
 * place: where in one input file a checkpoint stands, and what had been read of it by then.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   none.
 *
 * What was read is not less than what was taken: a stage looks ahead of the records it hands on.
 */
#ifndef TIDE_FLOW_PLACE_H
#define TIDE_FLOW_PLACE_H

#include "engine/text/checksum.h"

/* Offsets are in the unpacked file. */
struct tide_input_place {
    uint64_t offset;  /* where the first record begins that has not been routed; 0: nothing of the
                         file has been, not even its header */
    uint64_t line;    /* physical line it is on, from 1 */
    bool is_after_cr; /* a line feed there ends no line of its own */
    uint64_t skip_count; /* records from offset on that had been routed: of several inputs */

    struct tide_checksum read; /* of all that had been read, offset bytes or more */
    bool has_ended;            /* ... and that was all there is of it */
    uint64_t file_bytes;       /* of a regular file as it is on disk; 0: not known */
    bool is_done;              /* all is routed, its end too: it need only be what it was */
};

#endif
