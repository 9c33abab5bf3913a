/* While a pipeline runs: do new rules count from one row on, the same for all workers; does a stop
 * leave what had fired and nothing else; and does a failure end every thread? */
#include "pipeline_run.h"

enum { ROWS = 12000, LABEL_BYTES = 24, RELOADS_MAX = 2000, NAP_US = 300, STOPS = 6 };

static const struct machine machines[] = {
    {"1", "1", "2", "threads", "global"},  {"2", "3", "2", "threads", "global"},
    {"3", "2", "2", "threads", "global"},  {"7", "1", "2", "threads", "global"},
    {"16", "3", "2", "threads", "global"}, {"3", "64", "4", "threads", "global"},
    {"2", "1", "2", "one:7", "global"},    {"7", "3", "2", "one:8", "global"},
};
enum { MACHINES = sizeof machines / sizeof machines[0] };

static struct input input;
static struct run expected;

static int read_with_one_worker(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    draw_input(&chance, &input, ROWS);
    run_whole(&expected, &input, &plain_machine);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    run_end(&expected);
    close(input.file.fd);
    return 0;
}

/* --- reloads
 * -------------------------------------------------------------------------------------- */

/* A rule that always holds and says which version it is of. */
static struct tide_rule_set *make_rules(uint64_t version)
{
    char text[LABEL_BYTES];
    struct tide_error error = {0};
    snprintf(text, sizeof text, "v%llu=count > 0", (unsigned long long)version);
    const char *const texts[] = {text};
    struct tide_rule_set *rules = tide_rules_build(texts, 1, tide_operators.aggregates, 6, &error);
    assert_non_null(rules);
    return rules;
}

/* The row whose watermark this is: the one after the last for the final one. */
static uint64_t row_of_watermark(int64_t watermark_ms)
{
    uint64_t row = 0;
    while (row < input.row_count && input.watermarks_ms[row] < watermark_ms) row++;
    if (row < input.row_count) assert_int_equal(input.watermarks_ms[row], watermark_ms);
    else assert_int_equal(watermark_ms, INT64_MAX);
    return row;
}

/* As its rule's name says. */
static uint64_t version_of(const struct tide_rule_change *change)
{
    return strtoull(change->rules[0].text + 1, NULL, 10);
}

static uint64_t version_at(const struct tide_rule_log *log, uint64_t row)
{
    uint64_t version = 0;
    for (unsigned i = 0; i < log->count && log->changes[i].row <= row; i++)
        version = version_of(&log->changes[i]);
    return version;
}

/* Each result is an alert of the rules that were in force at the row that made it fire. */
static void check_alerts(const struct run *run)
{
    unsigned line_count = 0;
    const struct tide_rule_log *log = tide_pipeline_rule_log(run->pipeline);
    const char *line =
        strchr(run->outputs[TIDE_CHANNEL_ALERTS].at, '\n') + 1; /* behind the header */
    for (; *line; line = strchr(line, '\n') + 1, line_count++) {
        const char *fields[8] = {line};
        for (unsigned i = 1; i < 8; i++) fields[i] = strchr(fields[i - 1], ',') + 1;
        int64_t watermark_ms = strtoll(fields[6], NULL, 10);
        uint64_t version = version_at(log, row_of_watermark(watermark_ms));
        if (strtoull(fields[7] + 1, NULL, 10) != version)
            fail_msg("not of version %llu: %.*s", (unsigned long long)version,
                     (int)strcspn(line, "\n"), line);
    }
    assert_int_equal(line_count, run->totals.results);
    for (unsigned i = 1; i < log->count; i++) {
        assert_true(log->changes[i].row >= log->changes[i - 1].row);
        assert_true(version_of(&log->changes[i]) > version_of(&log->changes[i - 1]));
    }
}

static void check_reloads(const struct machine *machine)
{
    struct run run;
    struct tide_error error = {0};
    struct tide_glance glance;
    uint64_t version = 0;
    unsigned reloads = 0;
    run_begin(&run, input.file.path, machine, "v0=count > 0", NULL);
    tide_pipeline_start(run.pipeline);
    while (!run_is_done(&run, 0) && reloads < RELOADS_MAX) {
        assert_true(tide_pipeline_reload(run.pipeline, make_rules(++reloads), &version, &error));
        assert_int_equal(version, reloads);
        tide_pipeline_look(run.pipeline, &glance);
        assert_true(glance.rows <= ROWS + 1 && glance.ring_percent <= 100);
        usleep(NAP_US);
    }
    assert_true(run_finish(&run));
    check_alerts(&run);
    assert_string_equal(run.outputs[TIDE_CHANNEL_RESULTS].at,
                        expected.outputs[TIDE_CHANNEL_RESULTS].at);
    assert_string_equal(run.outputs[TIDE_CHANNEL_LATE].at, expected.outputs[TIDE_CHANNEL_LATE].at);
    assert_string_equal(run.outputs[TIDE_CHANNEL_REJECTS].at,
                        expected.outputs[TIDE_CHANNEL_REJECTS].at);
    const unsigned change_count = tide_pipeline_rule_log(run.pipeline)->count;
    print_message("%s: %u reloads, %u took effect\n", describe(machine), reloads, change_count - 1);
    run_end(&run);
}

static void new_rules_count_from_one_row_on_for_all_workers(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MACHINES; i++) check_reloads(&machines[i]);
}

static void the_same_rules_again_change_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MACHINES; i++) {
        static const char *const texts[] = {"sum > 800"};
        struct run run;
        struct tide_error error = {0};
        uint64_t version;
        run_begin(&run, input.file.path, &machines[i], NULL, NULL);
        tide_pipeline_start(run.pipeline);
        for (unsigned reloads = 0; !run_is_done(&run, 0) && reloads < RELOADS_MAX; reloads++) {
            struct tide_rule_set *rules =
                tide_rules_build(texts, 1, tide_operators.aggregates, 6, &error);
            assert_non_null(rules);
            assert_true(tide_pipeline_reload(run.pipeline, rules, &version, &error));
            usleep(NAP_US);
        }
        assert_true(run_finish(&run));
        for (unsigned channel = 0; channel < RUN_OUTPUT_COUNT; channel++)
            assert_string_equal(run.outputs[channel].at, expected.outputs[channel].at);
        assert_same_totals(&expected.totals, &run.totals);
        run_end(&run);
    }
}

/* --- stops
 * ---------------------------------------------------------------------------------------- */

/* Whole lines from the front of what the unbroken run wrote. */
static void check_is_front(const struct run *run, unsigned channel, const struct machine *machine)
{
    const struct text *have = &run->outputs[channel], *want = &expected.outputs[channel];
    bool is_front = have->bytes <= want->bytes && memcmp(have->at, want->at, have->bytes) == 0;
    if (!is_front || have->bytes == 0 || have->at[have->bytes - 1] != '\n')
        fail_msg("%s of a stopped run with %s are not the front of all", channel_name(channel),
                 describe(machine));
}

static void check_stop(const struct machine *machine, unsigned nap_us)
{
    struct run run;
    run_begin(&run, input.file.path, machine, NULL, NULL);
    tide_pipeline_start(run.pipeline);
    usleep(nap_us);
    tide_pipeline_stop(run.pipeline);
    tide_pipeline_stop(run.pipeline);
    if (!run_finish(&run))
        fail_msg("%s", run.error.text); /* it also checks that the rows balance */
    for (unsigned i = 0; i < RUN_OUTPUT_COUNT; i++) check_is_front(&run, i, machine);
    assert_true(run.totals.rows.rows <= ROWS);
    if (!run.totals.was_stopped) assert_same_totals(&expected.totals, &run.totals);
    run_end(&run);
}

static void stopped_run_leaves_the_front_of_every_output(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    for (unsigned i = 0; i < MACHINES; i++)
        for (unsigned round = 0; round < STOPS; round++)
            check_stop(&machines[i], round == 0 ? 0 : chance_below(&chance, 1u << (8 + 2 * round)));
}

/* What has fired comes out, although more input may come at any time. */
static void wait_for_result(const struct run *run, const struct machine *machine)
{
    for (unsigned waited_ms = 0; waited_ms < RUN_PATIENCE_MS; waited_ms++) {
        struct text text = read_memory_file(&run->files[TIDE_CHANNEL_RESULTS]);
        bool has_result = strstr(text.at, "\n0,2000,k1,1000,5,1,") != NULL;
        test_free(text.at);
        if (has_result) return;
        usleep(1000);
    }
    fail_msg("with %s a result waits for more input", describe(machine));
}

static void silent_input_holds_up_neither_results_nor_a_stop(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MACHINES; i++) {
        static const char some[] = "transaction_id,timestamp,amount\nk1,1000,5\nk2,9000,1\n";
        char path[RUN_PATH_BYTES];
        struct run run;
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], some, sizeof some - 1), sizeof some - 1);
        snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
        run_begin(&run, path, &machines[i], NULL, NULL);
        tide_pipeline_start(run.pipeline);
        wait_for_result(&run, &machines[i]);
        assert_false(run_is_done(&run, 10));
        tide_pipeline_stop(run.pipeline);
        assert_true(run_finish(&run));
        assert_true(run.totals.was_stopped);
        assert_int_equal(run.totals.results, 1);
        run_end(&run);
        close(ends[0]);
        close(ends[1]);
    }
}

/* --- failures
 * ------------------------------------------------------------------------------------- */

static void full_disk_ends_all_stages(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MACHINES; i++) {
        struct run run;
        run_begin(&run, input.file.path, &machines[i], "all=count > 0", "/dev/full");
        tide_pipeline_start(run.pipeline);
        assert_false(run_finish(&run));
        assert_int_equal(run.error.exit, TIDE_EXIT_FAILED);
        assert_non_null(strstr(run.error.text, "/dev/full"));
        run_end(&run);
    }
}

static void input_that_cannot_be_opened_ends_all_stages(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MACHINES; i++) {
        struct run run;
        run_begin(&run, "/nowhere/at/all.csv", &machines[i], NULL, NULL);
        tide_pipeline_start(run.pipeline);
        assert_false(run_finish(&run));
        assert_int_equal(run.error.exit, TIDE_EXIT_FAILED);
        assert_non_null(strstr(run.error.text, "/nowhere/at/all.csv"));
        run_end(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_rules_count_from_one_row_on_for_all_workers),
        cmocka_unit_test(the_same_rules_again_change_nothing),
        cmocka_unit_test(stopped_run_leaves_the_front_of_every_output),
        cmocka_unit_test(silent_input_holds_up_neither_results_nor_a_stop),
        cmocka_unit_test(full_disk_ends_all_stages),
        cmocka_unit_test(input_that_cannot_be_opened_ends_all_stages),
    };
    return cmocka_run_group_tests(tests, read_with_one_worker, forget);
}
