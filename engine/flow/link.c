#include "engine/flow/link.h"

size_t tide_link_slot_count(unsigned item_count)
{
    size_t count = 2; /* a power of two */
    while (count < item_count) count *= 2;
    return count;
}

size_t tide_link_bytes(unsigned item_count)
{
    return 2 * tide_ring_bytes(tide_link_slot_count(item_count));
}

bool tide_link_init(struct tide_link *link, void *const items[], unsigned item_count,
                    struct tide_waiter *producer, struct tide_waiter *consumer)
{
    TIDE_ASSERT(item_count >= 1 && item_count <= TIDE_LINK_ITEMS_MAX);
    size_t slot_count = tide_link_slot_count(item_count);
    if (!tide_ring_init(&link->forward, slot_count) || !tide_ring_init(&link->back, slot_count))
        return false;
    link->producer = producer;
    link->consumer = consumer;
    link->item_count = item_count;
    link->half = item_count > 1 ? item_count / 2 : 1;
    link->sent = link->returned = 0;
    for (unsigned i = 0; i < item_count; i++) {
        bool pushed = tide_ring_push(&link->back, items[i]);
        TIDE_ASSERT(pushed);
    }
    return true;
}

void tide_link_fini(struct tide_link *link)
{
    tide_ring_fini(&link->forward);
    tide_ring_fini(&link->back);
}
