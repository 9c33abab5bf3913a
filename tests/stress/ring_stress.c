/* Do two threads hand over millions of items through rings of few slots, each once, in order and
 * with what was written to it before? */
#include "engine/flow/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>

#include "tests/unit/chance.h"

enum { ITEMS = 2000000, CELLS = 64 };

/* What an item is: written with plain stores before it is pushed, so that only the ring orders
 * them. */
struct cell {
    uint64_t number, square;
};

struct run {
    struct tide_ring ring;
    struct cell *cells; /* more than slots: one is written while all slots are full */
    uint64_t seed;
    uint64_t full_count; /* pushes in vain: the producer was faster */
};

/* Now and then somebody dawdles, so that the ring is found full and empty. */
static void dawdle(struct chance *chance)
{
    if (chance_is(chance, 1000)) sched_yield();
}

static void *produce(void *context)
{
    struct run *run = context;
    struct chance chance = {run->seed};
    for (uint64_t number = 0; number < ITEMS; number++) {
        struct cell *cell = &run->cells[number % CELLS];
        cell->number = number;
        cell->square = number * number;
        while (!tide_ring_push(&run->ring, cell)) {
            run->full_count++;
            sched_yield();
        }
        dawdle(&chance);
    }
    return NULL;
}

/* How many cells are in use at most: what is in the ring, what the consumer looks at, what is being
 * written. */
static void check_slot_count(size_t slot_count, uint64_t seed)
{
    static struct cell cells[CELLS];
    struct run run = {.cells = cells, .seed = seed};
    struct chance chance = {seed + 1};
    pthread_t producer;
    uint64_t sum = 0;
    assert_true(slot_count + 2 <= CELLS);
    assert_true(tide_ring_init(&run.ring, slot_count));
    assert_int_equal(pthread_create(&producer, NULL, produce, &run), 0);
    for (uint64_t number = 0; number < ITEMS; dawdle(&chance)) {
        const struct cell *cell = tide_ring_pop(&run.ring);
        if (!cell) {
            sched_yield();
            continue;
        }
        if (cell->number != number || cell->square != number * number)
            fail_msg("item %llu is %llu", (unsigned long long)number,
                     (unsigned long long)cell->number);
        sum += cell->number;
        number++;
        TIDE_ASSERT(tide_ring_count(&run.ring) <= slot_count);
    }
    pthread_join(producer, NULL);
    assert_null(tide_ring_pop(&run.ring));
    assert_true(tide_ring_valid(&run.ring));
    assert_true(sum == (uint64_t)ITEMS * (ITEMS - 1) / 2);
    print_message("%zu slots: full %llu times\n", slot_count, (unsigned long long)run.full_count);
    tide_ring_fini(&run.ring);
}

static void items_arrive_once_in_order_and_whole(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    for (size_t slot_count = 2; slot_count <= 8; slot_count *= 2)
        check_slot_count(slot_count, chance_next(&chance));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_arrive_once_in_order_and_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
