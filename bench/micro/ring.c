/*
 * How many pointers a second does a ring pass from one thread to another, and how long does a round
 * trip take?
 *
 * throughput: the producer pushes while there is room, the consumer pops; both wait as the pipeline
 * does but never sleep. round trip: one item there and one back, so that each thread waits every
 * time, by each way of waiting.
 */
#include "bench/micro/measure.h"
#include "bench/micro/policy.h"

#include <pthread.h>
#include <stdio.h>

enum { ITEM_COUNT = 1 << 20, TRIP_COUNT = 2000 };

/* --- throughput --- */

struct ring_pair {
    struct tide_ring ring;
    struct tide_patience patience;
};

static void *consume(void *self)
{
    struct ring_pair *pair = self;
    for (uint64_t taken = 0; taken < ITEM_COUNT; taken++)
        for (unsigned looks = 0; !tide_ring_pop(&pair->ring); looks++)
            if (!tide_patience_wait(&pair->patience, looks)) looks = 0;
    return NULL;
}

static void two_threads(void *self)
{
    struct ring_pair *pair = self;
    pthread_t consumer;
    TIDE_ASSERT(pthread_create(&consumer, NULL, consume, pair) == 0);
    for (uint64_t sent = 0; sent < ITEM_COUNT; sent++)
        for (unsigned looks = 0; !tide_ring_push(&pair->ring, pair); looks++)
            if (!tide_patience_wait(&pair->patience, looks)) looks = 0;
    pthread_join(consumer, NULL);
}

static void one_thread(void *self)
{
    struct ring_pair *pair = self;
    for (uint64_t i = 0; i < ITEM_COUNT; i++) {
        bool pushed = tide_ring_push(&pair->ring, pair);
        void *item = tide_ring_pop(&pair->ring);
        TIDE_ASSERT(pushed && item);
    }
}

static void measure_throughput(const struct measure *measure)
{
    static const unsigned slot_counts[] = {2, 8, 64, 1024, 4096};
    static struct ring_pair pair;
    pair.patience = tide_patience_for(2);
    for (unsigned i = 0; i < sizeof slot_counts / sizeof slot_counts[0]; i++) {
        TIDE_ASSERT(tide_ring_init(&pair.ring, slot_counts[i]));
        struct measure_case measured = {
            .name = "throughput", .unit = "item", .unit_count = ITEM_COUNT, .self = &pair};
        if (i == 0) {
            snprintf(measured.variant, sizeof measured.variant, "one thread");
            measured.run = one_thread;
            measure_case(measure, &measured);
        }
        snprintf(measured.variant, sizeof measured.variant, "%u slots", slot_counts[i]);
        measured.run = two_threads;
        measure_case(measure, &measured);
        tide_ring_fini(&pair.ring);
    }
}

/* --- round trip --- */

/* What one of the two receives on. */
struct end {
    struct tide_ring ring;
    struct tide_waiter waiter;
};

struct court {
    struct end there, back;
    struct tide_patience patience;
};

static void send(struct end *end, void *item)
{
    TIDE_ASSERT(tide_ring_push(&end->ring, item));
    tide_waiter_notify(&end->waiter);
}

/* As a stage of the pipeline waits. */
static void receive(struct end *end, const struct tide_patience *patience)
{
    for (unsigned looks = 0;; looks++) {
        tide_waiter_clear(&end->waiter);
        if (tide_ring_pop(&end->ring)) return;
        if (tide_patience_wait(patience, looks)) continue;
        tide_waiter_sleep(&end->waiter);
        looks = 0;
    }
}

static void *return_all(void *self)
{
    struct court *court = self;
    for (unsigned i = 0; i < TRIP_COUNT; i++) {
        receive(&court->there, &court->patience);
        send(&court->back, court);
    }
    return NULL;
}

static void serve_all(void *self)
{
    struct court *court = self;
    pthread_t other;
    TIDE_ASSERT(pthread_create(&other, NULL, return_all, court) == 0);
    for (unsigned i = 0; i < TRIP_COUNT; i++) {
        send(&court->there, court);
        receive(&court->back, &court->patience);
    }
    pthread_join(other, NULL);
}

static void open_end(struct end *end)
{
    TIDE_ASSERT(tide_ring_init(&end->ring, 2));
    tide_waiter_init(&end->waiter);
}

static void measure_round_trip(const struct measure *measure)
{
    static struct court court;
    open_end(&court.there);
    open_end(&court.back);
    for (enum policy policy = 0; policy < POLICY_COUNT; policy++) {
        court.patience = policy_patience(policy);
        struct measure_case measured = {.name = "round trip",
                                        .unit = "round trip",
                                        .unit_count = TRIP_COUNT,
                                        .run = serve_all,
                                        .self = &court};
        snprintf(measured.variant, sizeof measured.variant, "%s", policy_name(policy));
        measure_case(measure, &measured);
    }
    tide_ring_fini(&court.there.ring);
    tide_ring_fini(&court.back.ring);
}

int main(int argc, char **argv)
{
    struct measure measure = measure_begin("ring", argc, argv);
    measure_throughput(&measure);
    measure_round_trip(&measure);
    return 0;
}
