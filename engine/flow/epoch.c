#include "engine/flow/epoch.h"

static size_t steps_bytes(unsigned epoch_count, uint32_t step_capacity)
{
    return (size_t)epoch_count * step_capacity * sizeof(struct tide_step);
}

size_t tide_epoch_pool_bytes(unsigned epoch_count, uint32_t step_capacity)
{
    return epoch_count * sizeof(struct tide_epoch) + steps_bytes(epoch_count, step_capacity);
}

bool tide_epoch_pool_init(struct tide_epoch_pool *pool, unsigned epoch_count,
                          uint32_t step_capacity, uint64_t row_capacity)
{
    TIDE_ASSERT(epoch_count >= 2 && step_capacity >= 1 && row_capacity >= 1);
    *pool = (struct tide_epoch_pool){
        .epoch_count = epoch_count, .step_capacity = step_capacity, .row_capacity = row_capacity};
    pool->epochs =
        tide_alloc_aligned(_Alignof(struct tide_epoch), epoch_count * sizeof *pool->epochs);
    pool->steps = tide_alloc(steps_bytes(epoch_count, step_capacity));
    if (!pool->epochs || !pool->steps) return false;
    for (unsigned i = 0; i < epoch_count; i++) {
        atomic_init(&pool->epochs[i].reader_count, 0);
        pool->epochs[i].steps = pool->steps + (size_t)i * step_capacity;
    }
    return true;
}

void tide_epoch_pool_fini(struct tide_epoch_pool *pool)
{
    tide_free(pool->epochs);
    tide_free(pool->steps);
    *pool = (struct tide_epoch_pool){0};
}

struct tide_epoch *tide_epoch_open(struct tide_epoch_pool *pool, unsigned reader_count,
                                   uint64_t row_begin, uint64_t rules_version)
{
    struct tide_epoch *epoch = &pool->epochs[pool->next];
    /* E1 acquire: pairs with E2; the workers' reads of the steps are over before they are written
     * again. */
    if (atomic_load_explicit(&epoch->reader_count, memory_order_acquire) != 0) return NULL;
    pool->next = (pool->next + 1) % pool->epoch_count;
    epoch->step_count = 0;
    epoch->row_begin = row_begin;
    epoch->rules_version = rules_version;
    /* Relaxed: workers learn of the epoch through a ring. */
    atomic_store_explicit(&epoch->reader_count, reader_count, memory_order_relaxed);
    return epoch;
}

bool tide_epoch_leave(struct tide_epoch *epoch)
{
    /* E2 acq_rel: pairs with E1, and with the other workers' E2, so that the last one speaks for
     * all. */
    return atomic_fetch_sub_explicit(&epoch->reader_count, 1, memory_order_acq_rel) == 1;
}

uint32_t tide_epoch_find_watermark(const struct tide_epoch *epoch, uint32_t begin, uint32_t end,
                                   int64_t watermark_ms)
{
    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;
        if (epoch->steps[middle].watermark_ms >= watermark_ms) end = middle;
        else begin = middle + 1;
    }
    return begin;
}

uint32_t tide_epoch_find_fire(const struct tide_epoch *epoch, uint32_t begin, uint32_t end,
                              int64_t fire_ms)
{
    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;
        if (epoch->steps[middle].fire_ms >= fire_ms) end = middle;
        else begin = middle + 1;
    }
    return begin;
}

uint32_t tide_epoch_find_row(const struct tide_epoch *epoch, uint32_t begin, uint32_t end,
                             uint64_t row)
{
    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;
        if (tide_step_precedes(&epoch->steps[middle], row)) begin = middle + 1;
        else end = middle;
    }
    return begin;
}
