#include "engine/instruments/compare/trace.h"

#include "engine/base/memory.h"

#include <xxhash.h>

/* Small, so that a thousand parts of a few records each are no burden. */
enum { CHUNK_RECORDS = 408 };

struct tide_trace_chunk {
    struct tide_trace_chunk *next;
    uint32_t count;
    uint32_t indices[CHUNK_RECORDS];
    uint64_t keys[CHUNK_RECORDS], records[CHUNK_RECORDS];
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
    struct tide_trace_chunk *chunk = part->last;
    if (!chunk || chunk->count == CHUNK_RECORDS) {
        chunk = tide_alloc(sizeof *chunk);
        if (!chunk) return tide_error_memory(error, "the results");
        chunk->next = NULL;
        chunk->count = 0;
        if (part->last) part->last->next = chunk;
        else part->first = chunk;
        part->last = chunk;
    }
    uint32_t at = chunk->count++;
    chunk->keys[at] = mark->key;
    chunk->records[at] = mark->record;
    chunk->indices[at] = index;
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
    uint32_t count = 0;
    for (const struct tide_trace_chunk *chunk = trace->parts[part].first; chunk;
         chunk = chunk->next) {
        for (uint32_t i = 0; i < chunk->count; i++) {
            if (chunk->indices[i] < from) continue;
            entries[count++] =
                (struct tide_trace_entry){{chunk->keys[i], chunk->records[i]}, chunk->indices[i]};
        }
    }
    return count;
}
