/* Are the stats of a measured run taken only if they are what a run writes, and are medians those
 * of the right stages? */
#include "output_folder.h"

#include "engine/instruments/bench/run.h"

/* Two workers, of which the second has more to do. */
#define STAGE(name, more, rows, busy)                                                              \
    "{\"stage\": \"" name "\", " more "\"rows\": " rows ", \"batches\": 3, \"wall_s\": 1.0, "      \
    "\"busy_s\": " busy ", \"waiting_for_input_s\": 0.25, \"waiting_for_room_s\": 0.125, "         \
    "\"cpu_s\": 0.5, \"waiting_for_core_s\": null, \"sleeps\": 0, "                                \
    "\"ring\": {\"slots\": 16, \"mean\": 2.5, \"most\": 7}}"
#define READER                                                                                     \
    "{\"stage\": \"reader\", \"rows\": 0, \"batches\": 0, \"wall_s\": 1, \"busy_s\": 0.5, "        \
    "\"waiting_for_input_s\": 0, \"waiting_for_room_s\": 0.5, \"cpu_s\": 0.25, "                   \
    "\"waiting_for_core_s\": 0.0625}"
#define STATS(busy_0, busy_1)                                                                      \
    "{\"counts\": {\"used\": 9, \"rows\": 10, \"results\": 4}, "                                   \
    "\"timing\": {\"input_bytes\": 1000, \"peak_memory_kib\": 2048}, "                             \
    "\"threads\": {\"cores\": 2, \"batch_rows\": 64, \"ring_slots\": 16, \"skew\": 1.6, "          \
    "\"stages\": [" READER ", " STAGE("parser", "", "10", "0.75") ", " STAGE(                      \
        "worker", "\"worker\": 0, ", "2", busy_0) ", " STAGE("worker", "\"worker\": 1, ", "8",     \
                                                             busy_1) ", " STAGE("sink", "", "0",   \
                                                                                "0.1") "]}}"

static const char whole[] = STATS("0.1", "0.9");

static void read_fine(struct tide_bench_run *run, const char *text)
{
    struct tide_error error = {0};
    *run = (struct tide_bench_run){0};
    put_file("stats", text);
    if (!tide_bench_run_read(run, "stats", &error)) fail_msg("%s", error.text);
}

static void check_refused(const char *text, const char *message)
{
    struct tide_bench_run run = {0};
    struct tide_error error = {0};
    put_file("stats", text);
    assert_false(tide_bench_run_read(&run, "stats", &error));
    if (!strstr(error.text, message)) fail_msg("'%s' does not say %s", error.text, message);
    assert_int_equal(error.exit, TIDE_EXIT_FAILED);
    tide_bench_run_fini(&run);
}

static void what_is_no_stats_is_refused(void **state)
{
    (void)state;
    assert_false(
        tide_bench_run_read(&(struct tide_bench_run){0}, "nosuch", &(struct tide_error){0}));
    check_refused("", "holds no stats");
    check_refused("{\"counts\": {}", "holds no stats");
    check_refused("{\"counts\": {}, \"counts\": {}}", "holds no stats"); /* twice */
    check_refused("[]", "'rows' is missing");
    check_refused("{}", "'rows' is missing");
}

/* The stats with the first `from` replaced. */
static void check_changed(const char *from, const char *to, const char *message)
{
    char text[4096];
    const char *at = strstr(whole, from);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, to, at + strlen(from));
    check_refused(text, message);
}

static void a_member_that_cannot_be_is_named(void **state)
{
    (void)state;
    check_changed("\"rows\": 10", "\"rows\": -1", "'rows'");
    check_changed("\"rows\": 10", "\"rows\": 1e300", "'rows'");
    check_changed("\"rows\": 10", "\"rows\": \"10\"", "'rows'");
    check_changed("\"results\": 4", "\"results\": null", "'results'");
    check_changed("\"cores\": 2", "\"cores\": 5000000000", "'cores'");
    check_changed("\"skew\": 1.6", "\"skew\": []", "'skew'");
    check_changed("\"busy_s\": 0.5", "\"busy_s\": true", "'busy_s'");
    check_changed("\"waiting_for_core_s\": null", "\"waiting_for_core_s\": \"\"",
                  "'waiting_for_core_s'");
    check_changed("\"mean\": 2.5", "\"mean\": {}", "'mean'");
    check_changed("\"ring\": {\"slots\": 16, \"mean\": 2.5, \"most\": 7}", "\"ring\": 5", "'mean'");
}

static void stages_must_be_those_of_a_pipeline(void **state)
{
    (void)state;
    check_changed("\"stage\": \"parser\"", "\"stage\": \"sorter\"", "'stage'");
    check_changed("\"stage\": \"parser\"", "\"stage\": 7", "'stage'");
    check_changed("\"stage\": \"parser\"", "\"stage\": \"worker\"", "'stages'");
    check_changed("\"stage\": \"sink\"", "\"stage\": \"worker\"", "'stages'");
    check_changed(READER ", ", "", "'stages'");
    check_changed("\"stages\": [", "\"levels\": [", "'stages'");
}

static void what_a_run_told_is_read(void **state)
{
    (void)state;
    struct tide_bench_run run;
    read_fine(&run, whole);
    assert_string_equal(run.counts, "{\"results\":4,\"rows\":10,\"used\":9}");
    assert_true(run.rows == 10 && run.results == 4 && run.input_bytes == 1000);
    assert_true(run.cores == 2 && run.batch_rows == 64 && run.ring_slots == 16);
    assert_true(run.peak_kib == 2048 && run.skew == 1.6 && run.stage_count == 5);
    const struct tide_stage_figures *reader = &run.stages[0], *parser = &run.stages[1];
    assert_true(reader->kind == TIDE_STAGE_READER && reader->core_s == 0.0625);
    assert_true(reader->ring_slots == 0 && reader->room_s == 0.5);
    assert_true(parser->busy_s == 0.75 && parser->input_s == 0.25 && parser->room_s == 0.125);
    assert_true(parser->core_s == -1); /* not told */
    assert_true(parser->ring_mean == 2.5 && parser->ring_most == 7 && parser->ring_slots == 16);
    tide_bench_run_fini(&run);
}

static void workers_come_by_what_they_needed(void **state)
{
    (void)state;
    struct tide_bench_run run;
    read_fine(&run, whole);
    const struct tide_stage_figures *first = &run.stages[2], *second = &run.stages[3];
    assert_true(first->rows == 8 && first->index == 0 && first->busy_s == 0.9);
    assert_true(second->rows == 2 && second->index == 1 && second->busy_s == 0.1);
    tide_bench_run_fini(&run);
}

static void figures_are_medians_over_the_runs(void **state)
{
    (void)state;
    static const char *const texts[] = {STATS("0.1", "0.9"), STATS("0.3", "0.5"),
                                        STATS("0.2", "0.6")};
    struct tide_bench_run runs[3];
    struct tide_stage_figures stages[5];
    struct tide_level_figures level;
    for (unsigned i = 0; i < 3; i++) {
        read_fine(&runs[i], texts[i]);
        runs[i].timing =
            (struct tide_bench_timing){.wall_s = 3 - i, .user_s = i, .system_s = 0.5 * i};
        runs[i].peak_kib = 100 * i;
    }
    assert_true(tide_bench_run_medians(runs, 3, 2, stages, &level, &(struct tide_error){0}));
    assert_true(level.parallelism == 2 && level.threads == 5 && level.cores == 2);
    assert_true(level.rows == 10 && level.input_bytes == 1000);
    assert_true(level.wall_s.median == 2 && level.wall_s.least == 1 && level.wall_s.most == 3);
    assert_true(level.user_s == 1 && level.system_s == 0.5 && level.peak_kib == 100);
    assert_true(level.stages == stages && level.stage_count == 5);
    assert_true(stages[2].busy_s == 0.6 && stages[3].busy_s == 0.2 && stages[2].rows == 8);
    assert_true(runs[0].timing.wall_s == 3); /* the runs stay as they were */
    for (unsigned i = 0; i < 3; i++) tide_bench_run_fini(&runs[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(what_is_no_stats_is_refused),        IN_FOLDER(a_member_that_cannot_be_is_named),
        IN_FOLDER(stages_must_be_those_of_a_pipeline), IN_FOLDER(what_a_run_told_is_read),
        IN_FOLDER(workers_come_by_what_they_needed),   IN_FOLDER(figures_are_medians_over_the_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
