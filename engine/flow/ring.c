#include "engine/flow/ring.h"

bool tide_ring_init(struct tide_ring *ring, size_t slot_count)
{
    TIDE_ASSERT(slot_count >= 2 && slot_count <= 65536 && (slot_count & (slot_count - 1)) == 0);
    atomic_init(&ring->tail, 0);
    atomic_init(&ring->head, 0);
    ring->head_seen = ring->tail_seen = 0;
    ring->mask = slot_count - 1;
    ring->slots = tide_alloc_zeroed(1, tide_ring_bytes(slot_count));
    return ring->slots != NULL;
}

void tide_ring_fini(struct tide_ring *ring)
{
    tide_free(ring->slots);
    ring->slots = NULL;
}

bool tide_ring_valid(const struct tide_ring *ring)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    /* Differences, not comparisons: the indices wrap. */
    return ring->slots && tail - head <= ring->mask + 1 &&
           head - ring->head_seen <= ring->mask + 1 && tail - ring->tail_seen <= ring->mask + 1;
}
