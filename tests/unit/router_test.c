/* Does every worker get its rows, every step and the word of how far the input is, once, in order
 * and in time, however slow it is? With the links in hand and no threads. */
#include "engine/stages/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chance.h"
#include "planned.h"

enum { WORKERS_MAX = 5, SLOTS_MAX = 8 };

/* A router and all that hangs on it. */
struct bench {
    struct planned planned;
    struct tide_waiter producer, consumers[WORKERS_MAX];
    struct tide_batch batches[WORKERS_MAX][SLOTS_MAX];
    struct tide_link links[WORKERS_MAX];
    struct tide_router router;
    unsigned workers, slots;
};

static void open_bench(struct bench *bench, const char *workers, const char *slots,
                       const char *rows)
{
    struct tide_error error = {0};
    PLAN(&bench->planned, "-p", workers, "--ring-slots", slots, "--batch-rows", rows);
    bench->workers = bench->planned.plan.parallelism;
    bench->slots = bench->planned.plan.ring_slots;
    tide_waiter_init(&bench->producer);
    for (unsigned i = 0; i < bench->workers; i++) {
        void *items[SLOTS_MAX];
        tide_waiter_init(&bench->consumers[i]);
        for (unsigned j = 0; j < bench->slots; j++) {
            assert_true(
                tide_batch_init(&bench->batches[i][j], bench->planned.plan.batch_rows, false));
            items[j] = &bench->batches[i][j];
        }
        assert_true(tide_link_init(&bench->links[i], items, bench->slots, &bench->producer,
                                   &bench->consumers[i]));
    }
    assert_true(tide_router_init(&bench->router, &bench->planned.plan, bench->links, &error));
}

static void close_bench(struct bench *bench)
{
    tide_router_fini(&bench->router);
    for (unsigned i = 0; i < bench->workers; i++) {
        tide_link_fini(&bench->links[i]);
        for (unsigned j = 0; j < bench->slots; j++) tide_batch_fini(&bench->batches[i][j]);
    }
    plan_end(&bench->planned);
}

/* One row for a worker; false: no room. */
static bool put_row(struct bench *bench, unsigned worker)
{
    struct tide_batch *batch = tide_router_batch(&bench->router, worker);
    if (!batch) return false;
    batch->marks[batch->row_count++] = (uint32_t)(bench->router.row - batch->row_base);
    bench->router.row++;
    return true;
}

static struct tide_batch *receive(struct bench *bench, unsigned worker)
{
    return tide_link_receive(&bench->links[worker]);
}

static void give_back(struct bench *bench, unsigned worker, struct tide_batch *batch)
{
    tide_link_give_back(&bench->links[worker], batch);
}

static void epoch_is_not_opened_while_all_are_read(void **state)
{
    (void)state;
    static struct bench bench;
    open_bench(&bench, "2", "2", "1"); /* two slots: two epochs */
    struct tide_epoch *epochs[2];
    for (unsigned i = 0; i < 2; i++) {
        assert_true(tide_router_open_epoch(&bench.router, i));
        epochs[i] = bench.router.epoch;
        assert_true(tide_router_close_epoch(&bench.router, 0));
        assert_null(bench.router.epoch);
    }
    assert_false(tide_router_open_epoch(&bench.router, 2));
    for (unsigned worker = 0; worker < 2; worker++) {
        assert_false(tide_router_open_epoch(&bench.router, 2));
        struct tide_batch *batch = receive(&bench, worker);
        assert_ptr_equal(batch->epoch, epochs[0]);
        give_back(&bench, worker, batch);
        assert_int_equal(tide_epoch_leave(epochs[0]), worker == 1);
    }
    assert_true(tide_router_open_epoch(&bench.router, 2));
    assert_ptr_equal(bench.router.epoch, epochs[0]);
    assert_int_equal(bench.router.epoch->rules_version, 2);
    close_bench(&bench);
}

static void worker_without_an_empty_batch_blocks_only_its_own_rows(void **state)
{
    (void)state;
    static struct bench bench;
    open_bench(&bench, "2", "2", "1");
    assert_true(tide_router_open_epoch(&bench.router, 0));
    assert_true(put_row(&bench, 0)); /* open */
    assert_true(put_row(&bench, 0)); /* one sent, one open */
    assert_false(put_row(&bench, 0));
    assert_false(put_row(&bench, 0));
    assert_int_equal(bench.router.row, 2);
    assert_true(put_row(&bench, 1));
    for (uint64_t row = 0; row < 2; row++) {
        struct tide_batch *batch = receive(&bench, 0);
        assert_int_equal(batch->row_count, 1);
        assert_int_equal(batch->row_base + batch->marks[0], row);
        give_back(&bench, 0, batch);
        assert_true(put_row(&bench, 0));
    }
    close_bench(&bench);
}

static void closing_reaches_every_worker_once_even_without_rows(void **state)
{
    (void)state;
    static struct bench bench;
    open_bench(&bench, "3", "2", "4");
    assert_true(tide_router_open_epoch(&bench.router, 7));
    assert_true(put_row(&bench, 1));
    assert_false(tide_router_add_step(&bench.router, 500));
    assert_true(put_row(&bench, 1));
    assert_true(tide_router_close_epoch(&bench.router, TIDE_BATCH_END));
    for (unsigned worker = 0; worker < 3; worker++) {
        struct tide_batch *batch = receive(&bench, worker);
        assert_non_null(batch);
        assert_int_equal(batch->flags, TIDE_BATCH_LEAVES_EPOCH | TIDE_BATCH_END);
        assert_int_equal(batch->row_count, worker == 1 ? 2 : 0);
        assert_int_equal(batch->complete_row, 2);
        assert_int_equal(batch->epoch->rules_version, 7);
        assert_int_equal(batch->step_begin, 0);
        assert_int_equal(batch->step_end, 1);
        assert_int_equal(batch->epoch->steps[0].row, 1);
        assert_int_equal(batch->epoch->steps[0].watermark_ms, 500);
        assert_null(receive(&bench, worker));
    }
    close_bench(&bench);
}

/* What fires by processing time is told before the row that comes then; the watermark only on its
 * way. */
static void steps_of_processing_time_fire_by_it_and_never_go_back(void **state)
{
    (void)state;
    static struct bench bench;
    open_bench(&bench, "1", "2", "4");
    assert_true(tide_router_open_epoch(&bench.router, 0));
    assert_false(tide_router_add_arrival(&bench.router, 1000));
    assert_true(put_row(&bench, 0));
    assert_false(tide_router_add_watermark(&bench.router, 77, 1000));
    assert_false(tide_router_add_arrival(&bench.router, 2000));
    const struct tide_step *steps = bench.router.epoch->steps;
    assert_true(steps[0].is_before && steps[0].row == 0 && tide_step_precedes(&steps[0], 0));
    assert_int_equal(steps[0].fire_ms, 999);
    assert_int_equal(steps[0].watermark_ms, TIDE_WATERMARK_NONE);
    assert_false(steps[1].is_before);
    assert_int_equal(steps[1].fire_ms, 999);
    assert_int_equal(steps[1].watermark_ms, 77);
    assert_int_equal(steps[1].before_ms, TIDE_WATERMARK_NONE);
    assert_int_equal(steps[2].fire_ms, 1999);
    assert_int_equal(steps[2].before_ms, 77);
    assert_int_equal(bench.router.watermark_ms, 77);
    close_bench(&bench);
}

static void closing_goes_on_where_it_was_blocked(void **state)
{
    (void)state;
    static struct bench bench;
    open_bench(&bench, "2", "2", "1");
    assert_true(tide_router_open_epoch(&bench.router, 0));
    assert_true(put_row(&bench, 0));
    assert_true(put_row(&bench, 0));
    tide_router_flush(&bench.router); /* worker 0 has both its batches now */
    struct tide_batch *told = receive(&bench, 1);
    assert_int_equal(told->flags, TIDE_BATCH_FLUSH);
    assert_false(tide_router_close_epoch(&bench.router, 0));
    assert_false(tide_router_close_epoch(&bench.router, 0));
    struct tide_batch *last = receive(&bench, 1);
    assert_int_equal(last->flags, TIDE_BATCH_LEAVES_EPOCH);
    assert_null(receive(&bench, 1)); /* it has heard the end once */
    give_back(&bench, 0, receive(&bench, 0));
    assert_true(tide_router_close_epoch(&bench.router, 0));
    assert_int_equal(receive(&bench, 0)->flags, TIDE_BATCH_FLUSH);
    assert_int_equal(receive(&bench, 0)->flags, TIDE_BATCH_LEAVES_EPOCH);
    assert_null(receive(&bench, 1));
    close_bench(&bench);
}

static void flush_tells_only_those_who_do_not_know_yet(void **state)
{
    (void)state;
    static struct bench bench;
    open_bench(&bench, "2", "8", "4");
    tide_router_flush(&bench.router); /* no epoch: nothing to say */
    assert_true(tide_router_open_epoch(&bench.router, 0));
    assert_true(put_row(&bench, 0));
    tide_router_flush(&bench.router);
    tide_router_flush(&bench.router);
    for (unsigned worker = 0; worker < 2; worker++) {
        struct tide_batch *batch = receive(&bench, worker);
        assert_int_equal(batch->row_count, worker == 0);
        assert_int_equal(batch->complete_row, 1);
        assert_int_equal(batch->flags, TIDE_BATCH_FLUSH);
        assert_int_equal(atomic_load(&bench.consumers[worker].word), TIDE_WAITER_NOTIFIED);
        assert_null(receive(&bench, worker));
    }
    close_bench(&bench);
}

static void flush_follows_a_full_batch_that_went_without_it(void **state)
{
    (void)state;
    static struct bench bench;
    open_bench(&bench, "1", "8", "2");
    assert_true(tide_router_open_epoch(&bench.router, 0));
    assert_true(put_row(&bench, 0));
    assert_true(put_row(&bench, 0));
    assert_non_null(tide_router_batch(&bench.router, 0)); /* room for a row that does not come */
    tide_router_flush(&bench.router);
    tide_router_flush(&bench.router);
    assert_int_equal(receive(&bench, 0)->flags, 0);
    struct tide_batch *batch = receive(&bench, 0);
    assert_non_null(batch);
    assert_int_equal(batch->flags, TIDE_BATCH_FLUSH);
    assert_int_equal(batch->row_count, 0);
    assert_null(receive(&bench, 0));
    close_bench(&bench);
}

static void epoch_is_full_at_its_last_step(void **state)
{
    (void)state;
    static struct bench bench;
    open_bench(&bench, "1", "2", "1");
    assert_true(tide_router_open_epoch(&bench.router, 0));
    uint32_t capacity = bench.router.epochs.step_capacity;
    for (uint32_t i = 1; i <= capacity; i++)
        assert_int_equal(tide_router_add_step(&bench.router, i), i == capacity);
    close_bench(&bench);
}

/* --- any order of events
 * -------------------------------------------------------------------------- */

/* What a worker has been told. */
struct told {
    uint64_t next_row; /* every number below has been seen or is somebody else's */
    uint64_t complete_row;
    int64_t watermark_ms;
    uint32_t steps; /* of the epoch it is in */
    uint64_t rows;
    struct tide_batch *held;
};

struct script {
    struct bench bench;
    struct told told[WORKERS_MAX];
    uint64_t sent[WORKERS_MAX]; /* rows */
    bool is_closing;
};

/* Checks a batch against all that the worker has heard before. */
static void check_batch(struct told *told, const struct tide_batch *batch)
{
    assert_int_equal(batch->step_begin, told->steps);
    assert_true(batch->step_end >= batch->step_begin);
    assert_true(batch->complete_row >= told->complete_row);
    assert_true(batch->watermark_ms >= told->watermark_ms);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        uint64_t row = batch->row_base + (batch->marks[i] & TIDE_MARK_ROW);
        assert_true(row >= told->next_row && row >= told->complete_row);
        assert_true(row < batch->complete_row);
        told->next_row = row + 1;
        told->rows++;
    }
    for (uint32_t i = batch->step_begin; i < batch->step_end; i++) {
        const struct tide_step *step = &batch->epoch->steps[i];
        assert_true(step->row >= told->complete_row && step->row < batch->complete_row);
        assert_true(step->watermark_ms <= batch->watermark_ms);
    }
    told->steps = batch->step_end;
    told->complete_row = batch->complete_row;
    told->watermark_ms = batch->watermark_ms;
}

/* A worker takes a batch, or gives back the one it holds. */
static void turn_of_worker(struct script *script, unsigned worker)
{
    struct told *told = &script->told[worker];
    if (!told->held) {
        told->held = receive(&script->bench, worker);
        if (told->held) check_batch(told, told->held);
        return;
    }
    struct tide_batch *batch = told->held;
    struct tide_epoch *epoch = batch->epoch;
    bool leaves = batch->flags & TIDE_BATCH_LEAVES_EPOCH;
    told->held = NULL;
    give_back(&script->bench, worker, batch);
    if (!leaves) return;
    assert_int_equal(told->steps, epoch->step_count); /* it has heard of every step */
    told->steps = 0;
    if (tide_epoch_leave(epoch)) assert_int_equal(atomic_load(&epoch->reader_count), 0);
}

static void turn_of_parser(struct script *script, struct chance *chance)
{
    struct tide_router *router = &script->bench.router;
    if (chance_is(chance, 10)) tide_router_flush(router);
    if (script->is_closing && tide_router_close_epoch(router, 0)) script->is_closing = false;
    if (script->is_closing || !tide_router_open_epoch(router, 0)) {
        tide_router_flush(router); /* as the parser does before it waits */
        return;
    }
    unsigned worker = chance_below(chance, script->bench.workers);
    bool moves = chance_is(chance, 5);
    struct tide_batch *batch = tide_router_batch(router, worker);
    if (!batch) {
        tide_router_flush(router);
        return;
    }
    batch->marks[batch->row_count++] = (uint32_t)(router->row - batch->row_base);
    script->sent[worker]++;
    if (moves) {
        router->watermark_ms =
            (router->watermark_ms == TIDE_WATERMARK_NONE ? 0 : router->watermark_ms) + 1 +
            chance_below(chance, 5);
        script->is_closing = tide_router_add_step(router, router->watermark_ms);
    }
    router->row++;
    if (router->row - router->epoch->row_begin >= router->epochs.row_capacity ||
        chance_is(chance, 40))
        script->is_closing = true;
}

static void check_script(struct chance *chance, const char *workers, const char *slots,
                         const char *rows)
{
    static struct script script;
    script = (struct script){.is_closing = false};
    open_bench(&script.bench, workers, slots, rows);
    for (unsigned i = 0; i < WORKERS_MAX; i++)
        script.told[i] = (struct told){.watermark_ms = TIDE_WATERMARK_NONE};
    unsigned slow = chance_below(chance, script.bench.workers);
    for (unsigned step = 0; step < 20000; step++) {
        unsigned who = chance_below(chance, script.bench.workers + 1);
        if (who == script.bench.workers) turn_of_parser(&script, chance);
        else if (who != slow || chance_is(chance, 20)) turn_of_worker(&script, who);
    }
    /* The end: everybody hears everything, and nobody waits for ever. */
    unsigned turns = 0;
    while (script.bench.router.epoch || !tide_router_open_epoch(&script.bench.router, 0) ||
           !tide_router_close_epoch(&script.bench.router, TIDE_BATCH_END)) {
        assert_true(turns++ < 1000);
        if (script.bench.router.epoch &&
            tide_router_close_epoch(&script.bench.router, TIDE_BATCH_END))
            break;
        for (unsigned i = 0; i < script.bench.workers; i++) turn_of_worker(&script, i);
    }
    for (unsigned i = 0; i < script.bench.workers; i++) {
        for (unsigned j = 0; j < 2 * SLOTS_MAX + 2; j++) turn_of_worker(&script, i);
        assert_int_equal(script.told[i].rows, script.sent[i]);
        assert_int_equal(script.told[i].complete_row, script.bench.router.row);
        assert_int_equal(script.told[i].watermark_ms, script.bench.router.watermark_ms);
    }
    close_bench(&script.bench);
}

static void everybody_hears_everything_once_and_in_order(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    static const char *const workers[] = {"1", "2", "3", "5"}, *const slots[] = {"2", "4", "8"},
                             *const rows[] = {"1", "2", "3", "16"};
    for (unsigned i = 0; i < 4; i++)
        for (unsigned j = 0; j < 3; j++)
            for (unsigned k = 0; k < 4; k++) check_script(&chance, workers[i], slots[j], rows[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epoch_is_not_opened_while_all_are_read),
        cmocka_unit_test(worker_without_an_empty_batch_blocks_only_its_own_rows),
        cmocka_unit_test(closing_reaches_every_worker_once_even_without_rows),
        cmocka_unit_test(steps_of_processing_time_fire_by_it_and_never_go_back),
        cmocka_unit_test(closing_goes_on_where_it_was_blocked),
        cmocka_unit_test(flush_tells_only_those_who_do_not_know_yet),
        cmocka_unit_test(flush_follows_a_full_batch_that_went_without_it),
        cmocka_unit_test(epoch_is_full_at_its_last_step),
        cmocka_unit_test(everybody_hears_everything_once_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
