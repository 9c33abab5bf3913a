/*
 * key_group: a group of rows' hashes, with the keyed state they lead to called into cache, so that
 *           the misses of a group overlap.
 * Owns:     nothing.
 * Threads:  the worker's.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   TIDE_KEY_GROUP_ROWS rows.
 */
#ifndef TIDE_STAGES_KEY_GROUP_H
#define TIDE_STAGES_KEY_GROUP_H

#include "engine/flow/batch.h"
#include "engine/state/key_table.h"

enum { TIDE_KEY_GROUP_ROWS = 32 };

/* Hashes of rows [begin, begin + count); that of a row with a long key means nothing. First all
 * hashes, with the slots they lead to called; then the records these lead to. */
static inline void tide_key_group_prepare(const struct tide_key_table *keys,
                                          const struct tide_hash_seed *seed,
                                          const struct tide_batch *batch, uint32_t begin,
                                          uint32_t count, uint64_t hashes[TIDE_KEY_GROUP_ROWS])
{
    const struct tide_row *rows = batch->rows + begin;
    for (uint32_t i = 0; i < count; i++) {
        hashes[i] = tide_hash_inline(seed, rows[i].key[0], rows[i].key[1]);
        tide_key_table_prefetch(keys, hashes[i]);
    }
    for (uint32_t i = 0; i < count; i++) tide_key_table_prefetch_record(keys, hashes[i]);
}

#endif
