/*
 * ring: bounded queue of pointers; the only thing two threads share on the data path.
 * Owns:     its slots, never what they point to.
 * Threads:  one producer (push, room), one consumer (pop, peek_count); init and fini when neither
 *           runs.
 * Blocks:   never; push and pop are wait-free. Allocates in init only.
 * Errors:   init returns false without memory; push false = full; pop NULL = empty.
 * Limits:   slot_count is a power of two, 2 .. 65536.
 *
 * Each party has a cache line of its own: the index it writes, and its last look at the other's.
 * Indices run freely and wrap at 2^64. (The layout is that of Concurrency Kit's ck_ring and DPDK's
 * rte_ring; the cached index is from FastForward and MCRingBuffer.)
 */
#ifndef TIDE_FLOW_RING_H
#define TIDE_FLOW_RING_H

#include "engine/base/memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { TIDE_PARTY_BYTES = 128 }; /* two cache lines: neighbours are prefetched in pairs */

struct tide_ring {
    _Alignas(TIDE_PARTY_BYTES) _Atomic uint64_t tail; /* producer: next slot to fill */
    uint64_t head_seen;
    _Alignas(TIDE_PARTY_BYTES) _Atomic uint64_t head; /* consumer: next slot to empty */
    uint64_t tail_seen;
    _Alignas(TIDE_PARTY_BYTES) void **slots; /* read-only after init */
    uint64_t mask;
};

/* What a ring allocates. */
static inline size_t tide_ring_bytes(size_t slot_count)
{
    return slot_count * sizeof(void *);
}

TIDE_MUST_USE bool tide_ring_init(struct tide_ring *ring, size_t slot_count);
void tide_ring_fini(struct tide_ring *ring); /* a zeroed one is fine */

/* Moves `item` (not NULL) to the consumer. */
static inline bool tide_ring_push(struct tide_ring *ring, void *item)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed); /* own index */
    if (tail - ring->head_seen > ring->mask) {
        /* A2 acquire: pairs with R2 in pop; the slot was read before it is written again. */
        ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (tail - ring->head_seen > ring->mask) return false;
    }
    ring->slots[tail & ring->mask] = item;
    /* R1 release: pairs with A1 in pop; slot and item are visible before the new tail. */
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

/* Takes the oldest item, or NULL. */
static inline void *tide_ring_pop(struct tide_ring *ring)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed); /* own index */
    if (head == ring->tail_seen) {
        /* A1 acquire: pairs with R1 in push. */
        ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
        if (head == ring->tail_seen) return NULL;
    }
    void *item = ring->slots[head & ring->mask];
    /* R2 release: pairs with A2 in push; the slot has been read. */
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return item;
}

/* Items in the ring as either party, or a third, may see them: exact for the consumer only. */
static inline uint64_t tide_ring_count(const struct tide_ring *ring)
{
    /* Relaxed: a figure for people and for wake-up thresholds; nothing is read through it. */
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    return tail - head <= ring->mask + 1 ? tail - head : 0;
}

/* The invariant as code: no more items than slots. Exact only while neither party runs. */
bool tide_ring_valid(const struct tide_ring *ring);

#endif
