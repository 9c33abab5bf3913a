/*
 * trace: the records of one stream of results in order, as hashes, in parts by key.
 * Owns:     20 bytes a record, and a digest for each TIDE_TRACE_BLOCK records.
 * Threads:  one per struct; a reference is only read.
 * Blocks:   never. Allocates as records come.
 * Errors:   exit 1: out of memory, or too many records.
 * Limits:   2^32 - 2 records.
 *
 * A trace that is read beside a reference keeps nothing as long as both agree, block by block: a
 * run that gives the same bytes costs a digest and no memory. Records of one key are in one part,
 * so what is done part by part (matching, the order within keys) works in the caches.
 */
#ifndef TIDE_INSTRUMENTS_COMPARE_TRACE_H
#define TIDE_INSTRUMENTS_COMPARE_TRACE_H

#include "engine/instruments/compare/shape.h"

enum { TIDE_TRACE_PARTS = 1024, TIDE_TRACE_BLOCK = 1024 };

#define TIDE_TRACE_RECORDS_MAX (UINT32_MAX - 1)

struct tide_trace_chunk;

struct tide_trace_part {
    struct tide_trace_chunk *first, *last;
    uint32_t count;
};

struct tide_trace_digest {
    uint64_t words[2];
};

struct tide_trace {
    const struct tide_trace *reference; /* NULL: this is one */
    uint32_t count;
    uint32_t agreed; /* so many records at the beginning are the reference's; the parts lack them */
    bool agrees;     /* all so far are */
    struct tide_trace_part parts[TIDE_TRACE_PARTS];
    struct tide_mark block[TIDE_TRACE_BLOCK];
    uint32_t block_count;
    struct tide_trace_digest *digests; /* a reference's; the last one is of what was left */
    uint32_t digest_count, digest_capacity;
    uint64_t byte_count, digest[2]; /* of the whole stream; the caller sets them */
};

/* A record as it is taken out of a part. */
struct tide_trace_entry {
    struct tide_mark mark;
    uint32_t index; /* from 0 */
};

/* NULL without memory. */
struct tide_trace *tide_trace_create(const struct tide_trace *reference);
void tide_trace_destroy(struct tide_trace *trace); /* NULL is fine */

TIDE_MUST_USE bool tide_trace_add(struct tide_trace *trace, const struct tide_mark *mark,
                                  struct tide_error *error);
TIDE_MUST_USE bool tide_trace_end(struct tide_trace *trace, struct tide_error *error);

/* Where the records of a key are. */
static inline unsigned tide_trace_part_of(uint64_t key)
{
    return (unsigned)(key >> 54);
}

/* Writes the part's records from `from` on, in order; entries has room for the part's count. */
uint32_t tide_trace_gather(const struct tide_trace *trace, unsigned part, uint32_t from,
                           struct tide_trace_entry *entries);

#endif
