/* Do items go round between threads that sleep whenever they have nothing to do, without one
 * getting lost and without both sleeping at once? A hang is the failure to look for; the test has a
 * time limit. */
#include "engine/flow/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "tests/unit/chance.h"

enum { ITEMS_MAX = 8, SENDS = 150000, CONSUMERS_MAX = 3 };

/* What travels: written by the producer with plain stores, and stamped by the consumer. */
struct parcel {
    uint64_t number, stamp;
};

struct consumer {
    struct tide_link link;
    struct tide_waiter waiter;
    struct parcel parcels[ITEMS_MAX];
    pthread_t thread;
    uint64_t seed, received, sleep_count, sent;
};

/* One producer with links to several consumers; all links wake it through one waiter, as the
 * parser's. */
struct party {
    struct tide_waiter producer;
    struct consumer consumers[CONSUMERS_MAX];
    unsigned consumer_count;
    uint64_t sleep_count;
};

/* Takes what there is, in order. True: something was there. */
static bool consume(struct consumer *consumer, struct chance *chance)
{
    bool any = false;
    for (struct parcel *parcel; (parcel = tide_link_receive(&consumer->link)) != NULL;) {
        any = true;
        TIDE_ASSERT(parcel->number == consumer->received);
        parcel->stamp = parcel->number * 3;
        consumer->received++;
        tide_link_give_back(&consumer->link, parcel);
        if (chance_is(chance, 8)) break;
    }
    return any;
}

static void *run_consumer(void *context)
{
    struct consumer *consumer = context;
    struct chance chance = {consumer->seed};
    while (consumer->received < SENDS) {
        if (consume(consumer, &chance)) continue;
        tide_link_nudge_producer(&consumer->link);
        tide_waiter_clear(&consumer->waiter);
        if (consume(consumer, &chance)) continue;
        tide_link_nudge_producer(&consumer->link);
        consumer->sleep_count++;
        tide_waiter_sleep(&consumer->waiter);
    }
    tide_link_nudge_producer(&consumer->link);
    return NULL;
}

/* Sends one parcel to somebody who has room. False: nobody has. */
static bool produce(struct party *party, struct chance *chance)
{
    unsigned first = chance_below(chance, party->consumer_count);
    for (unsigned i = 0; i < party->consumer_count; i++) {
        struct consumer *to = &party->consumers[(first + i) % party->consumer_count];
        if (to->sent == SENDS) continue;
        struct parcel *parcel = tide_link_take(&to->link);
        if (!parcel) continue;
        TIDE_ASSERT(parcel->number == UINT64_MAX || parcel->stamp == parcel->number * 3);
        parcel->number = to->sent++;
        tide_link_send(&to->link, parcel, chance_is(chance, 16) ? TIDE_NOW : TIDE_WHEN_HALF);
        return true;
    }
    return false;
}

static void nudge_consumers(struct party *party)
{
    for (unsigned i = 0; i < party->consumer_count; i++)
        tide_link_nudge_consumer(&party->consumers[i].link);
}

static bool is_all_sent(const struct party *party)
{
    for (unsigned i = 0; i < party->consumer_count; i++)
        if (party->consumers[i].sent < SENDS) return false;
    return true;
}

static void run_producer(struct party *party, uint64_t seed)
{
    struct chance chance = {seed};
    while (!is_all_sent(party)) {
        if (produce(party, &chance)) continue;
        nudge_consumers(party);
        tide_waiter_clear(&party->producer);
        if (produce(party, &chance)) continue;
        nudge_consumers(party);
        party->sleep_count++;
        tide_waiter_sleep(&party->producer);
    }
    nudge_consumers(party);
}

static void check_party(struct chance *chance, unsigned consumer_count, unsigned item_count)
{
    static struct party party;
    party = (struct party){.consumer_count = consumer_count};
    tide_waiter_init(&party.producer);
    for (unsigned i = 0; i < consumer_count; i++) {
        struct consumer *consumer = &party.consumers[i];
        void *items[ITEMS_MAX];
        for (unsigned j = 0; j < item_count; j++) {
            consumer->parcels[j].number = UINT64_MAX;
            items[j] = &consumer->parcels[j];
        }
        tide_waiter_init(&consumer->waiter);
        consumer->seed = chance_next(chance);
        assert_true(
            tide_link_init(&consumer->link, items, item_count, &party.producer, &consumer->waiter));
    }
    for (unsigned i = 0; i < consumer_count; i++) {
        struct consumer *consumer = &party.consumers[i];
        assert_int_equal(pthread_create(&consumer->thread, NULL, run_consumer, consumer), 0);
    }
    run_producer(&party, chance_next(chance));
    uint64_t sleep_count = 0;
    for (unsigned i = 0; i < consumer_count; i++) {
        pthread_join(party.consumers[i].thread, NULL);
        assert_int_equal(party.consumers[i].received, SENDS);
        sleep_count += party.consumers[i].sleep_count;
        tide_link_fini(&party.consumers[i].link);
    }
    print_message("%u consumers, %u items: slept %llu + %llu times\n", consumer_count, item_count,
                  (unsigned long long)party.sleep_count, (unsigned long long)sleep_count);
    assert_true(party.sleep_count + sleep_count > 0);
}

static void every_item_arrives_and_everybody_ends(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    for (unsigned consumers = 1; consumers <= CONSUMERS_MAX; consumers++)
        for (unsigned items = 2; items <= ITEMS_MAX; items += items == 2 ? 1 : 5)
            check_party(&chance, consumers, items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_arrives_and_everybody_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
