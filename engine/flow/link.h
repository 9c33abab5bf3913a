/*
 * link: a one-way road between two threads: full items go forward, empty ones come home.
 * Owns:     its two rings; the items belong to whoever set it up, and at any time to one party or
 *           one ring.
 * Threads:  one producer (take, send, nudge_consumer), one consumer (receive, give_back,
 *           nudge_producer).
 * Blocks:   never. Allocates in init only.
 * Errors:   init returns false without memory; take NULL = back-pressure; receive NULL = nothing
 *           there.
 * Limits:   1 .. TIDE_LINK_ITEMS_MAX items; send cannot fail, because the ring has room for all of
 *           them.
 *
 * Waking a thread costs a system call, so a party is woken when half of the items wait for it, when
 * the other says the matter is urgent, and (nudge) always before the other goes to sleep itself.
 * Thus nobody sleeps on work for longer than its peer is busy, and no two parties ever sleep
 * waiting for each other.
 */
#ifndef TIDE_FLOW_LINK_H
#define TIDE_FLOW_LINK_H

#include "engine/flow/waiter.h"

enum { TIDE_LINK_ITEMS_MAX = 4096 };

enum tide_urgency { TIDE_WHEN_HALF, TIDE_NOW };

struct tide_link {
    struct tide_ring forward, back;
    struct tide_waiter *producer, *consumer; /* shared with the parties' other links */
    unsigned item_count, half;
    _Alignas(TIDE_PARTY_BYTES) unsigned sent;     /* producer: since it last woke the consumer */
    _Alignas(TIDE_PARTY_BYTES) unsigned returned; /* consumer: since it last woke the producer */
    unsigned waiting_most;                        /* consumer: as the next two */
    uint64_t received, waiting_total;             /* items in the ring when one was received */
};

/* Slots of each of its rings, and what both allocate, for so many items. */
size_t tide_link_slot_count(unsigned item_count);
size_t tide_link_bytes(unsigned item_count);

/* items: `item_count` pointers, all of which start at home with the producer. */
TIDE_MUST_USE bool tide_link_init(struct tide_link *link, void *const items[], unsigned item_count,
                                  struct tide_waiter *producer, struct tide_waiter *consumer);
void tide_link_fini(struct tide_link *link); /* a zeroed one is fine */

static inline void *tide_link_take(struct tide_link *link)
{
    return tide_ring_pop(&link->back);
}

static inline void tide_link_nudge_consumer(struct tide_link *link)
{
    if (link->sent == 0) return;
    link->sent = 0;
    tide_waiter_notify(link->consumer);
}

static inline void tide_link_send(struct tide_link *link, void *item, enum tide_urgency urgency)
{
    bool pushed = tide_ring_push(&link->forward, item);
    TIDE_ASSERT(pushed);
    link->sent++;
    if (urgency == TIDE_NOW || link->sent >= link->half) tide_link_nudge_consumer(link);
}

static inline void *tide_link_receive(struct tide_link *link)
{
    void *item = tide_ring_pop(&link->forward);
    if (!item) return NULL;
    unsigned waiting = (unsigned)tide_ring_count(&link->forward) + 1; /* this one counts */
    link->received++;
    link->waiting_total += waiting;
    if (waiting > link->waiting_most) link->waiting_most = waiting;
    return item;
}

static inline void tide_link_nudge_producer(struct tide_link *link)
{
    if (link->returned == 0) return;
    link->returned = 0;
    tide_waiter_notify(link->producer);
}

static inline void tide_link_give_back(struct tide_link *link, void *item)
{
    bool pushed = tide_ring_push(&link->back, item);
    TIDE_ASSERT(pushed);
    if (++link->returned >= link->half) tide_link_nudge_producer(link);
}

#endif
