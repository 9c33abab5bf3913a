/* Does a pipeline ask for the memory that its footprint says, no byte more, and is what it asks for
 * later within the bounds? */
#include "counted_memory.h"

#include "planned.h"

#include "chance.h"
#include "engine/stages/footprint.h"
#include "engine/stages/pipeline_parts.h"

#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    WORDS_MAX = 20,
    PATH_BYTES = 64,
    KEYS = 500,
    ROWS = 20000,
    ROW_BYTES_MAX = 64,
    STRAY_BYTES = 32 << 10, /* headers, a straddling record, unquoted fields, the source */
};

static const struct tide_hash_seed seed = {{0x9E3779B97F4A7C15u, 0xC2B2AE3D27D4EB4Fu}};

static void pane_holds_what_it_says_at_every_size(void **state)
{
    (void)state;
    for (uint32_t stride = 0; stride <= 48; stride += 48) {
        uint64_t before = counted_held;
        struct tide_pane *pane = tide_pane_create(stride);
        assert_int_equal(counted_held - before, tide_pane_bytes(0, stride));
        for (uint64_t i = 1; i <= 3000; i++) {
            const struct tide_key key = {.words = {i, 0}, .bytes = 8};
            assert_non_null(tide_pane_add(pane, &key, tide_hash_inline(&seed, i, 0), &seed));
            assert_int_equal(counted_held - before, tide_pane_bytes((uint32_t)i, stride));
        }
        tide_pane_destroy(pane);
        assert_int_equal(counted_held, before);
    }
}

static void window_store_holds_what_it_says_at_every_size(void **state)
{
    (void)state;
    uint64_t before = counted_held;
    struct tide_window_store store;
    assert_true(tide_window_store_init(&store, 0, &seed));
    for (uint32_t open = 0; open <= 300; open++) {
        assert_int_equal(counted_held - before,
                         tide_window_store_bytes(open) + open * tide_pane_bytes(0, 0));
        assert_non_null(tide_window_store_open(&store, open * 10, open * 10 + 10));
    }
    tide_window_store_fini(&store);
    assert_int_equal(counted_held, before);
}

/* --- whole pipelines --- */

/* Any that are on: create only looks at which. */
static void mark_outputs(const struct tide_plan *plan, struct tide_output *outputs[],
                         struct tide_output *mark)
{
    outputs[TIDE_CHANNEL_ALERTS] = plan->outputs[TIDE_OUTPUT_ALERTS] ? mark : NULL;
    outputs[TIDE_CHANNEL_RESULTS] = plan->outputs[TIDE_OUTPUT_RESULTS] ? mark : NULL;
    outputs[TIDE_CHANNEL_LATE] = plan->outputs[TIDE_OUTPUT_LATE] ? mark : NULL;
    outputs[TIDE_CHANNEL_REJECTS] = plan->outputs[TIDE_OUTPUT_REJECTS] ? mark : NULL;
}

static void create_asks_for_exactly_the_footprint(void **state)
{
    (void)state;
    static const char *const machines[][WORDS_MAX] = {
        {"-p", "1"},
        {"-p", "3"},
        {"-p", "64"},
        {"-p", "256", "--batch-rows", "1", "--ring-slots", "2"},
        {"-p", "1", "--batch-rows", "65536", "--ring-slots", "4"},
        {"-p", "3", "--batch-rows", "1", "--ring-slots", "4096"},
        {"-p", "3", "--order", "key", "--results", "r"},
        {"-p", "5", "--results", "r", "--late", "l", "--rejects", "j", "--alerts", "a"},
        {"-p", "3", "--alert", "none", "--scheduler", "one:5"},
        {"-p", "2", "--aggregate", "min,max,stddev", "--batch-rows", "7"},
        {"-p", "3", "--inputs", "partitions", "one"},
        {"-p", "3", "--inputs", "partitions", "one", "two"},
        {"-p", "64", "--inputs", "partitions", "--batch-rows", "1", "--ring-slots", "2", "a", "b",
         "c", "d"},
        {"-p", "1", "--inputs", "partitions", "--scheduler", "one:5", "--late", "l", "a", "b", "c"},
        {"-p", "3", "--window", "session:5s", "--late", "l", "--aggregate", "last"},
        {"-p", "3", "--window", "count:7", "--late", "l", "--aggregate", "last,min"},
        {"-p", "3", "--window", "sliding:10s/3s"},
        {"-p", "2", "--window", "sliding:10s/3s", "--aggregate", "sum,min,last"},
    };
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        struct planned planned;
        struct tide_footprint footprint;
        struct tide_output *outputs[TIDE_CHANNEL_COUNT], mark = {0};
        struct tide_error error = {0};
        plan_begin(&planned, machines[i]);
        mark_outputs(&planned.plan, outputs, &mark);
        tide_footprint_of(&planned.plan, &footprint);
        uint64_t before = counted_held;
        struct tide_pipeline *pipeline = tide_pipeline_create(&planned.plan, outputs, &error);
        assert_non_null(pipeline);
        if (counted_held - before != footprint.total_at_start)
            fail_msg("machine %zu: %llu bytes held, %llu said", i,
                     (unsigned long long)(counted_held - before),
                     (unsigned long long)footprint.total_at_start);
        tide_pipeline_destroy(pipeline);
        assert_int_equal(counted_held, before);
        plan_end(&planned);
    }
}

struct run {
    struct planned planned;
    char input[PATH_BYTES];
    int fd;
    struct tide_output_set set;
    uint64_t begin_held, most;  /* before create, and at most until the end */
    uint64_t worker_panes_most; /* of one worker, open or spare */
};

/* Rows of KEYS keys; times go forward by up to step_ms a row, and back by up to disorder_ms. */
static void write_input(struct run *run, int64_t step_ms, int64_t disorder_ms)
{
    static char text[ROWS * ROW_BYTES_MAX];
    struct chance chance = {5};
    int64_t now_ms = 1715421600000;
    size_t bytes = (size_t)sprintf(text, "transaction_id,timestamp,amount\n");
    for (unsigned i = 0; i < ROWS; i++) {
        now_ms += chance_below(&chance, (unsigned)step_ms + 1);
        bytes +=
            (size_t)sprintf(text + bytes, "k%u,%lld,%u.5\n", i % KEYS,
                            (long long)(now_ms - chance_below(&chance, (unsigned)disorder_ms + 1)),
                            chance_below(&chance, 9000));
    }
    run->fd = memfd_create("input", 0);
    assert_int_equal(write(run->fd, text, bytes), bytes);
    snprintf(run->input, sizeof run->input, "/proc/self/fd/%d", run->fd);
}

static void count_panes(struct run *run, const struct tide_pipeline *pipeline)
{
    for (unsigned i = 0; i < pipeline->plan->parallelism; i++) {
        const struct tide_window_store *store = &pipeline->lanes[i].worker.store;
        uint64_t panes = store->open.count + store->held.count;
        for (const struct tide_pane *pane = store->spare; pane; pane = pane->next) panes++;
        if (panes > run->worker_panes_most) run->worker_panes_most = panes;
    }
}

/* words: of which the last is the input's place */
static void run_through(struct run *run, const char *const words[])
{
    const char *all[WORDS_MAX] = {"--time-format", "epoch-ms",  "--alerts",
                                  "/dev/null",     "--results", "/dev/null"};
    unsigned count = 6;
    for (; *words; words++) all[count++] = *words;
    all[count] = run->input;
    plan_begin(&run->planned, all);
    struct tide_error error = {0};
    struct tide_totals totals;
    struct tide_output *outputs[TIDE_CHANNEL_COUNT] = {0};
    outputs[TIDE_CHANNEL_ALERTS] = tide_output_open(&run->set, "/dev/null", &error);
    outputs[TIDE_CHANNEL_RESULTS] = tide_output_open(&run->set, "/dev/null", &error);
    run->begin_held = counted_held;
    struct tide_pipeline *pipeline = tide_pipeline_create(&run->planned.plan, outputs, &error);
    assert_non_null(pipeline);
    counted_most = counted_held;
    tide_pipeline_start(pipeline);
    assert_true(tide_pipeline_join(pipeline, &totals, &error));
    assert_int_equal(totals.used + totals.rows.late + totals.rows.gap, ROWS);
    run->most = counted_most;
    count_panes(run, pipeline);
    tide_pipeline_destroy(pipeline);
    assert_true(tide_output_commit(&run->set, &error));
}

static void end_run(struct run *run)
{
    plan_end(&run->planned);
    close(run->fd);
}

static void run_stays_within_footprint_and_state(void **state)
{
    (void)state;
    static const char *const machines[][WORDS_MAX] = {
        {"-p", "1"},
        {"-p", "3"},
        {"-p", "64", "--batch-rows", "16"},
        {"-p", "2", "--aggregate", "sum,min,stddev", "--ring-slots", "2", "--batch-rows", "64"},
    };
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        struct run run = {0};
        struct tide_footprint footprint;
        write_input(&run, 5, 900);
        run_through(&run, machines[i]);
        const struct tide_plan *plan = &run.planned.plan;
        tide_footprint_of(plan, &footprint);
        uint32_t stride = tide_worker_states(plan).stride;
        uint64_t pane = tide_pane_bytes(KEYS / plan->parallelism, stride);
        uint64_t later = run.most - run.begin_held - footprint.total_at_start;
        /* The keys do not spread evenly, and a table that grows is there twice for a moment. */
        uint64_t panes = 3 * plan->parallelism * tide_footprint_windows_max(plan) * pane;
        assert_in_range(later, pane + 1, footprint.texts_max + panes + STRAY_BYTES);
        assert_true(footprint.texts_max > 0);
        end_run(&run);
    }
}

static void windows_open_at_once_keep_to_the_bound(void **state)
{
    (void)state;
    static const struct {
        const char *window, *bound, *lateness;
        int64_t step_ms;
    } cases[] = {
        {"tumbling:1s", "0", "0", 100},           {"tumbling:1s", "1s", "0", 100},
        {"tumbling:1s", "2500ms", "0", 20},       {"tumbling:10ms", "100ms", "0", 3},
        {"tumbling:7ms", "5ms", "0", 3},          {"tumbling:1min+3s", "1s", "0", 100},
        {"tumbling:10ms", "100ms", "0", 100},     {"tumbling:1s", "0", "1s", 100},
        {"tumbling:1s", "1s", "2500ms", 20},      {"tumbling:10ms", "10ms", "1ms", 3},
        {"tumbling:7ms", "5ms", "100ms", 3},      {"sliding:1s/100ms", "0", "0", 50},
        {"sliding:1s/300ms", "1s", "0", 50},      {"sliding:1s/300ms", "200ms", "700ms", 30},
        {"sliding:10ms/15ms", "20ms", "0", 3},    {"sliding:10ms/15ms", "20ms", "30ms", 3},
        {"sliding:7ms/5ms+1ms", "3ms", "9ms", 1},
    };
    bool is_reached = false;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct run run = {0};
        write_input(&run, cases[i].step_ms, 3000);
        const char *const words[] = {"-p",
                                     "1",
                                     "--window",
                                     cases[i].window,
                                     "--out-of-orderness",
                                     cases[i].bound,
                                     "--allowed-lateness",
                                     cases[i].lateness,
                                     "--batch-rows",
                                     "1",
                                     NULL};
        run_through(&run, words);
        uint64_t most = tide_footprint_windows_max(&run.planned.plan) *
                        tide_window_slices(&run.planned.plan.shape);
        assert_in_range(run.worker_panes_most, 1, most);
        is_reached = is_reached || run.worker_panes_most == most;
        end_run(&run);
    }
    assert_true(is_reached);
}

static void unbounded_out_of_orderness_has_no_bound(void **state)
{
    (void)state;
    struct planned planned;
    PLAN(&planned, "--out-of-orderness", "unbounded");
    assert_int_equal(tide_footprint_windows_max(&planned.plan), 0);
    plan_end(&planned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pane_holds_what_it_says_at_every_size),
        cmocka_unit_test(window_store_holds_what_it_says_at_every_size),
        cmocka_unit_test(create_asks_for_exactly_the_footprint),
        cmocka_unit_test(run_stays_within_footprint_and_state),
        cmocka_unit_test(windows_open_at_once_keep_to_the_bound),
        cmocka_unit_test(unbounded_out_of_orderness_has_no_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
