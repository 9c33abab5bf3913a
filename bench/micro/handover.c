/*
 * What does it cost to hand rows from one thread to another, by rows in a batch, batches on the
 * road and the way of waiting?
 *
 * link: batches, written by one thread and read by the other, with the pipeline's own stage loop.
 * "one thread" does the same writing and reading without handing over: what a link costs is the
 * difference.
 */
#include "bench/micro/measure.h"
#include "bench/micro/policy.h"

#include "engine/flow/batch.h"
#include "engine/flow/link.h"
#include "engine/stages/stage.h"

#include <pthread.h>
#include <stdio.h>

enum { BATCH_COUNT_MAX = 20000, ROW_COUNT_MAX = 4 << 20, POLICY_BATCHES = 16 };

struct crew {
    struct tide_stage producer, consumer;
    struct tide_link link;
    struct tide_batch *batches;
    unsigned pool_count;
    uint32_t batch_rows;
    uint64_t batch_count;
    _Alignas(TIDE_PARTY_BYTES) uint64_t unsent; /* batches; the producer's */
    _Alignas(TIDE_PARTY_BYTES) uint64_t unread; /* batches; the consumer's */
    uint64_t sum;
};

static void write_rows(const struct crew *crew, struct tide_batch *batch, uint64_t base)
{
    for (uint32_t i = 0; i < crew->batch_rows; i++) {
        batch->rows[i] =
            (struct tide_row){.key = {base + i, 0}, .time_ms = (int64_t)base, .amount = i};
        batch->marks[i] = i;
    }
    batch->row_count = crew->batch_rows;
}

static uint64_t read_rows(const struct tide_batch *batch)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < batch->row_count; i++)
        sum += batch->rows[i].key[0] + (uint64_t)batch->rows[i].amount + batch->marks[i];
    return sum;
}

static enum tide_progress produce(void *self)
{
    struct crew *crew = self;
    if (crew->unsent == 0) return TIDE_DONE;
    struct tide_batch *batch = tide_link_take(&crew->link);
    if (!batch) return TIDE_BLOCKED;
    write_rows(crew, batch, crew->unsent--);
    tide_link_send(&crew->link, batch, TIDE_WHEN_HALF);
    return TIDE_PROGRESSED;
}

static void nudge_consumer(void *self)
{
    struct crew *crew = self;
    tide_link_nudge_consumer(&crew->link);
}

static enum tide_progress consume(void *self)
{
    struct crew *crew = self;
    if (crew->unread == 0) return TIDE_DONE;
    struct tide_batch *batch = tide_link_receive(&crew->link);
    if (!batch) return TIDE_STARVED;
    crew->sum += read_rows(batch);
    crew->unread--;
    tide_link_give_back(&crew->link, batch);
    return TIDE_PROGRESSED;
}

static void nudge_producer(void *self)
{
    struct crew *crew = self;
    tide_link_nudge_producer(&crew->link);
}

static void link_two_threads(void *self)
{
    struct crew *crew = self;
    pthread_t consumer;
    crew->unsent = crew->unread = crew->batch_count;
    TIDE_ASSERT(pthread_create(&consumer, NULL, tide_stage_run, &crew->consumer) == 0);
    tide_stage_run(&crew->producer);
    pthread_join(consumer, NULL);
    measure_keep(crew->sum);
}

static void link_one_thread(void *self)
{
    struct crew *crew = self;
    for (uint64_t i = 0; i < crew->batch_count; i++) {
        struct tide_batch *batch = &crew->batches[i % crew->pool_count];
        write_rows(crew, batch, i);
        measure_keep((uint64_t)(uintptr_t)batch->rows);
        crew->sum += read_rows(batch);
    }
    measure_keep(crew->sum);
}

static void open_crew(struct crew *crew, uint32_t batch_rows, unsigned pool_count,
                      enum policy policy)
{
    void *items[TIDE_LINK_ITEMS_MAX];
    *crew = (struct crew){.pool_count = pool_count, .batch_rows = batch_rows};
    crew->batch_count =
        ROW_COUNT_MAX / batch_rows < BATCH_COUNT_MAX ? ROW_COUNT_MAX / batch_rows : BATCH_COUNT_MAX;
    crew->producer = (struct tide_stage){
        .name = "producer", .self = crew, .step = produce, .nudge = nudge_consumer};
    crew->consumer = (struct tide_stage){
        .name = "consumer", .self = crew, .step = consume, .nudge = nudge_producer};
    crew->producer.patience = crew->consumer.patience = policy_patience(policy);
    tide_waiter_init(&crew->producer.waiter);
    tide_waiter_init(&crew->consumer.waiter);
    crew->batches = measure_alloc_parties(pool_count, sizeof *crew->batches);
    for (unsigned i = 0; i < pool_count; i++) {
        TIDE_ASSERT(tide_batch_init(&crew->batches[i], batch_rows, false));
        items[i] = &crew->batches[i];
    }
    TIDE_ASSERT(tide_link_init(&crew->link, items, pool_count, &crew->producer.waiter,
                               &crew->consumer.waiter));
}

static void close_crew(struct crew *crew)
{
    tide_link_fini(&crew->link);
    for (unsigned i = 0; i < crew->pool_count; i++) tide_batch_fini(&crew->batches[i]);
    tide_free(crew->batches);
}

static void measure_link(const struct measure *measure, uint32_t batch_rows, unsigned pool_count)
{
    static struct crew crew;
    open_crew(&crew, batch_rows, pool_count, POLICY_OWN);
    struct measure_case measured = {.name = "link",
                                    .unit = "row",
                                    .unit_count = crew.batch_count * batch_rows,
                                    .run = link_two_threads,
                                    .self = &crew};
    snprintf(measured.variant, sizeof measured.variant, "%u rows a batch, %u batches", batch_rows,
             pool_count);
    measure_case(measure, &measured);
    measured.name = "one thread";
    measured.run = link_one_thread;
    measure_case(measure, &measured);
    close_crew(&crew);
}

static void measure_policy(const struct measure *measure, uint32_t batch_rows, enum policy policy)
{
    static struct crew crew;
    open_crew(&crew, batch_rows, POLICY_BATCHES, policy);
    struct measure_case measured = {.name = "waiting",
                                    .unit = "row",
                                    .unit_count = crew.batch_count * batch_rows,
                                    .run = link_two_threads,
                                    .self = &crew};
    snprintf(measured.variant, sizeof measured.variant, "%u rows a batch, %s", batch_rows,
             policy_name(policy));
    measure_case(measure, &measured);
    close_crew(&crew);
}

int main(int argc, char **argv)
{
    static const uint32_t batch_rows[] = {1, 8, 64, 512, 2048}, policy_rows[] = {8, 512};
    static const unsigned pool_counts[] = {2, 16, 64};
    struct measure measure = measure_begin("handover", argc, argv);
    for (unsigned i = 0; i < sizeof batch_rows / sizeof batch_rows[0]; i++)
        for (unsigned j = 0; j < sizeof pool_counts / sizeof pool_counts[0]; j++)
            measure_link(&measure, batch_rows[i], pool_counts[j]);
    for (unsigned i = 0; i < sizeof policy_rows / sizeof policy_rows[0]; i++)
        for (enum policy policy = 0; policy < POLICY_COUNT; policy++)
            measure_policy(&measure, policy_rows[i], policy);
    return 0;
}
