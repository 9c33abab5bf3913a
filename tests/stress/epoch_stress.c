/* Are the steps of an epoch safe from being written again while any of several workers still reads
 * them? Epochs go out through rings, and nothing but leaving comes back. */
#include "engine/flow/epoch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>

#include "tests/unit/chance.h"

enum { READERS = 3, EPOCHS = 2, ROUNDS = 100000, STEPS = 4 };

struct reader {
    struct tide_ring ring; /* from the main thread */
    pthread_t thread;
    uint64_t seed, last_count;
    bool was_right;
};

/* What the main thread wrote into the epoch of this round. */
static bool is_of_round(const struct tide_epoch *epoch, uint64_t round)
{
    bool right = epoch->row_begin == round && epoch->rules_version == round / 3;
    for (uint32_t i = 0; i < STEPS; i++) right = right && epoch->steps[i].row == round + i;
    return right;
}

static void *read_epochs(void *context)
{
    struct reader *reader = context;
    struct chance chance = {reader->seed};
    reader->was_right = true;
    for (uint64_t round = 0; round < ROUNDS;) {
        struct tide_epoch *epoch = tide_ring_pop(&reader->ring);
        if (!epoch || chance_is(&chance, 20)) sched_yield();
        if (!epoch) continue;
        reader->was_right = is_of_round(epoch, round++) && reader->was_right;
        reader->last_count += tide_epoch_leave(epoch);
    }
    return NULL;
}

static struct tide_epoch *open_next(struct tide_epoch_pool *pool, uint64_t round)
{
    struct tide_epoch *epoch;
    while (!(epoch = tide_epoch_open(pool, READERS, round, round / 3))) sched_yield();
    for (uint32_t i = 0; i < STEPS; i++)
        epoch->steps[epoch->step_count++] =
            (struct tide_step){.row = round + i, .watermark_ms = (int64_t)i};
    return epoch;
}

static void steps_stay_until_the_last_reader_has_left(void **state)
{
    (void)state;
    static struct reader readers[READERS];
    struct chance chance = chance_begin();
    struct tide_epoch_pool pool;
    uint64_t last_count = 0;
    assert_true(tide_epoch_pool_init(&pool, EPOCHS, STEPS, ROUNDS));
    for (unsigned i = 0; i < READERS; i++) {
        readers[i].seed = chance_next(&chance);
        assert_true(tide_ring_init(&readers[i].ring, EPOCHS));
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_epochs, &readers[i]), 0);
    }
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct tide_epoch *epoch = open_next(&pool, round);
        for (unsigned i = 0; i < READERS; i++)
            while (!tide_ring_push(&readers[i].ring, epoch)) sched_yield();
    }
    for (unsigned i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_true(readers[i].was_right);
        last_count += readers[i].last_count;
        tide_ring_fini(&readers[i].ring);
    }
    assert_int_equal(last_count, ROUNDS); /* one of them was the last, every time */
    tide_epoch_pool_fini(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_stay_until_the_last_reader_has_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
