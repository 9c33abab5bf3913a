#include "engine/instruments/compare/trace.h"

#include "engine/base/memory.h"

#include <string.h>

#include <xxhash.h>

/* Small, so that a thousand parts of a few records each are no burden; a chunk is just below 10
 * KiB, which is a size that jemalloc has. */
enum { CHUNK_RECORDS = 511 };

/* 20 bytes without padding, side by side: a record is written to one cache line, or two. */
struct packed {
    uint32_t index, key[2], record[2];
};

/* Full but for the last one of a part. */
struct tide_trace_chunk {
    struct tide_trace_chunk *next;
    struct packed records[CHUNK_RECORDS];
};

struct tide_trace *tide_trace_create(const struct tide_trace *reference)
{
    struct tide_trace *trace = tide_alloc_zeroed(1, sizeof *trace);
    if (!trace) return NULL;
    trace->reference = reference;
    trace->agrees = reference != NULL;
    return trace;
}

void tide_trace_destroy(struct tide_trace *trace)
{
    if (!trace) return;
    for (unsigned i = 0; i < TIDE_TRACE_PARTS; i++) {
        for (struct tide_trace_chunk *chunk = trace->parts[i].first, *next; chunk; chunk = next) {
            next = chunk->next;
            tide_free(chunk);
        }
    }
    tide_free(trace->digests);
    tide_free(trace);
}

static bool keep(struct tide_trace *trace, const struct tide_mark *mark, uint32_t index,
                 struct tide_error *error)
{
    struct tide_trace_part *part = &trace->parts[tide_trace_part_of(mark->key)];
    uint32_t at = part->count % CHUNK_RECORDS;
    if (at == 0) {
        struct tide_trace_chunk *chunk = tide_alloc(sizeof *chunk);
        if (!chunk) return tide_error_memory(error, "the results");
        chunk->next = NULL;
        if (part->last) part->last->next = chunk;
        else part->first = chunk;
        part->last = chunk;
    }
    struct packed *packed = &part->last->records[at];
    packed->index = index;
    memcpy(packed->key, &mark->key, sizeof packed->key);
    memcpy(packed->record, &mark->record, sizeof packed->record);
    part->count++;
    return true;
}

static bool note_digest(struct tide_trace *trace, const struct tide_trace_digest *digest,
                        struct tide_error *error)
{
    if (trace->digest_count == trace->digest_capacity) {
        uint32_t capacity = trace->digest_capacity ? 2 * trace->digest_capacity : 64;
        struct tide_trace_digest *larger = tide_realloc(trace->digests, capacity * sizeof *larger);
        if (!larger) return tide_error_memory(error, "the results");
        trace->digests = larger;
        trace->digest_capacity = capacity;
    }
    trace->digests[trace->digest_count++] = *digest;
    return true;
}

/* Is this block the one that the reference has at the same place? */
static bool agrees_with(const struct tide_trace *trace, const struct tide_trace_digest *digest)
{
    const struct tide_trace *reference = trace->reference;
    uint32_t at = (trace->count - trace->block_count) / TIDE_TRACE_BLOCK;
    return trace->agrees && at < reference->digest_count &&
           reference->digests[at].words[0] == digest->words[0] &&
           reference->digests[at].words[1] == digest->words[1];
}

static bool end_block(struct tide_trace *trace, struct tide_error *error)
{
    uint32_t count = trace->block_count, before = trace->count - count;
    if (count == 0) return true;
    XXH128_hash_t hash = XXH3_128bits(trace->block, count * sizeof trace->block[0]);
    const struct tide_trace_digest digest = {{hash.low64, hash.high64}};
    if (!trace->reference && !note_digest(trace, &digest, error)) return false;
    bool agrees = trace->reference && agrees_with(trace, &digest);
    trace->block_count = 0;
    if (agrees) {
        trace->agreed = trace->count;
        return true;
    }
    trace->agrees = false;
    for (uint32_t i = 0; i < count; i++)
        if (!keep(trace, &trace->block[i], before + i, error)) return false;
    return true;
}

bool tide_trace_add(struct tide_trace *trace, const struct tide_mark *mark,
                    struct tide_error *error)
{
    if (trace->count == TIDE_TRACE_RECORDS_MAX)
        return tide_error_set(error, TIDE_EXIT_FAILED, "more than %u results are too many",
                              TIDE_TRACE_RECORDS_MAX);
    trace->block[trace->block_count++] = *mark;
    trace->count++;
    return trace->block_count < TIDE_TRACE_BLOCK || end_block(trace, error);
}

bool tide_trace_end(struct tide_trace *trace, struct tide_error *error)
{
    return end_block(trace, error);
}

uint32_t tide_trace_gather(const struct tide_trace *trace, unsigned part, uint32_t from,
                           struct tide_trace_entry *entries)
{
    uint32_t count = 0, left = trace->parts[part].count;
    for (const struct tide_trace_chunk *chunk = trace->parts[part].first; chunk;
         chunk = chunk->next) {
        uint32_t here = left < CHUNK_RECORDS ? left : CHUNK_RECORDS;
        for (const struct packed *packed = chunk->records; packed < chunk->records + here;
             packed++) {
            struct tide_trace_entry *entry = &entries[count];
            entry->index = packed->index;
            memcpy(&entry->mark.key, packed->key, sizeof packed->key);
            memcpy(&entry->mark.record, packed->record, sizeof packed->record);
            count += packed->index >= from;
        }
        left -= here;
    }
    return count;
}
