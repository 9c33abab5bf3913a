/*
 * place: where in one input file a checkpoint stands, and what had been read of it by then.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   none.
 */
#ifndef TIDE_FLOW_PLACE_H
#define TIDE_FLOW_PLACE_H

#include <stdbool.h>
#include <stdint.h>

/* Offsets are in the unpacked file. */
struct tide_input_place {
    uint64_t offset;     /* where the first record begins that has not been routed */
    uint64_t line;       /* physical line it is on, from 1 */
    bool is_after_cr;    /* a line feed there ends no line of its own */
    uint64_t read_bytes; /* what had been read, offset at least ... */
    uint64_t digest;     /* ... and its digest */
    uint64_t skip_count; /* records from offset on that had been routed: of several inputs */
};

#endif
