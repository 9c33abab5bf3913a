/* Does a plan hold what the options say, and is every contradiction and wrong value refused by the
 * name of its option? */
#include "engine/plan/plan.h"

#include "engine/plan/format.h"
#include "engine/plan/run_options.h"
#include "operators/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 8 };

struct built {
    struct tide_options options;
    struct tide_plan plan;
    struct tide_error error;
};

/* arguments: without the command, NULL-terminated */
static bool build(struct built *built, const char *const arguments[])
{
    char *argv[ARGUMENTS_MAX + 2] = {(char *)"run"};
    int argc = 1;
    for (; arguments[argc - 1]; argc++) argv[argc] = (char *)arguments[argc - 1];
    *built = (struct built){0};
    return tide_options_parse(&built->options, &tide_run_options, argc, argv, &built->error) &&
           tide_plan_build(&built->plan, &built->options, &tide_operators, &built->error);
}

static void fini(struct built *built)
{
    tide_plan_fini(&built->plan);
    tide_options_fini(&built->options);
}

/* A folder of its own, with files in.csv and link.csv, which leads to it. */
static int enter_folder(void **state)
{
    static char folder[64];
    strcpy(folder, "/tmp/tidemark-plan-XXXXXX");
    if (!mkdtemp(folder) || chdir(folder) != 0) return -1;
    *state = folder;
    int fd = open("in.csv", O_CREAT | O_WRONLY, 0600);
    return fd < 0 || close(fd) != 0 || symlink("in.csv", "link.csv") != 0 ? -1 : 0;
}

static int leave_folder(void **state)
{
    return unlink("in.csv") || unlink("link.csv") || chdir("/") || rmdir(*state) ? -1 : 0;
}

static void wrong_value_is_refused_by_its_option(void **state)
{
    (void)state;
    static const struct {
        const char *arguments[ARGUMENTS_MAX];
        const char *start, *hint;
    } cases[] = {
        {{"--window", "hopping:10s/5s"}, "--window: ", "sliding:SIZE/SLIDE[+OFFSET]"},
        {{"--window", "sliding:10s"}, "--window: ", "no slide"},
        {{"--window", "tumbling"}, "--window: ", "tumbling:SIZE[+OFFSET]"},
        {{"--window", "tumbling:ten"}, "--window: ", "no duration"},
        {{"--window", "Tumbling:1s"}, "--window: ", "unknown window"},
        {{"--aggregate", "sum,avg,count"}, "--aggregate: ", "unknown aggregate 'avg'"},
        {{"--aggregate", "counts"}, "--aggregate: ", "did you mean count?"},
        {{"--aggregate", "sum,"}, "--aggregate: ", "unknown aggregate ''"},
        {{"--aggregate", "sum, SUM"}, "--aggregate: ", "twice"},
        {{"--alert", "summ > 3"}, "--alert: ", "summ"},
        {{"--alert", "none", "--alert", "sum > 1"}, "--alert: ", "none"},
        {{"--format", "cvs"}, "--format: ", "did you mean csv?"},
        {{"--order", "heap"}, "--order: ", "global, key, flink"},
        {{"--flink-parallelism", "2"}, "--flink-parallelism: ", "--format flink"},
        {{"--at-end", "keep"}, "--at-end: ", "fire, drop"},
        {{"--clock", "wall"}, "--clock: ", "event, processing or virtual:RATE"},
        {{"--clock", "virtual:0"}, "--clock: ", "1 to 1000000000"},
        {{"--clock", "virtual:1e3"}, "--clock: ", "as in virtual:1000"},
        {{"--clock", "virtual:18446744073709551617"}, "--clock: ", "no rate"},
        {{"--idle-timeout", "0"}, "--idle-timeout: ", "or off"},
        {{"--idle-timeout", "soon"}, "--idle-timeout: ", "or off"},
        {{"--idle-timeout", "1s", "--out-of-orderness=unbounded"}, "--idle-timeout: ", "unbounded"},
        {{"--idle-timeout", "1s", "--clock=virtual:7"}, "--idle-timeout: ", "--clock virtual:7"},
        {{"--time-output", "ISO"}, "--time-output: ", "iso"},
        {{"--progress", "on"}, "--progress: ", "auto, always, never"},
        {{"--simd", "sse9"}, "--simd: ", "auto, avx2, portable"},
        {{"--out-of-orderness", "forever"}, "--out-of-orderness: ", "or unbounded"},
        {{"--out-of-orderness=-1s"}, "--out-of-orderness: ", "no duration"},
        {{"--max-future", "1y"}, "--max-future: ", "or off"},
        {{"--decimals", "19"}, "--decimals: ", "from 0 to 18"},
        {{"--decimals", "2.5"}, "--decimals: ", "from 0 to 18"},
        {{"-p", "0"}, "--parallelism: ", "from 1 to 256, or auto"},
        {{"-p", "257"}, "--parallelism: ", "from 1 to 256"},
        {{"-p", "99999999999999999999999"}, "--parallelism: ", "from 1 to 256"},
        {{"--batch-rows", "0"}, "--batch-rows: ", "from 1 to 65536"},
        {{"--ring-slots", "6"}, "--ring-slots: ", "power of two"},
        {{"--ring-slots", "8192"}, "--ring-slots: ", "from 2 to 4096"},
        {{"--max-row-bytes", "0"}, "--max-row-bytes: ", "from 1"},
        {{"--max-rejects", "-1"}, "--max-rejects: ", "a percentage such as 1%"},
        {{"--max-rejects", ""}, "--max-rejects: ", "none"},
        {{"--max-rejects", "100.1%"}, "--max-rejects: ", "from 0 to 100"},
        {{"--max-rejects", "%"}, "--max-rejects: ", "from 0 to 100"},
        {{"--max-rejects", "1.2.3%"}, "--max-rejects: ", "from 0 to 100"},
        {{"--max-rejects", "0.0000001%"}, "--max-rejects: ", "six decimals"},
        {{"--delimiter", ""}, "--delimiter: ", "not one byte"},
        {{"--delimiter", "||"}, "--delimiter: ", "not one byte"},
        {{"--delimiter", "\""}, "--delimiter: ", "quote"},
        {{"--delimiter", "\n"}, "--delimiter: ", "line end"},
        {{"--delimiter", "\r"}, "--delimiter: ", "line end"},
        {{"--key", "a,,b"}, "--key: ", "empty"},
        {{"--key", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"}, "--key: ", "more than 16"},
        {{"--time", " "}, "--time: ", "empty"},
        {{"--no-header"}, "--key: ", "no column number"},
        {{"--no-header", "--key=1", "--time=2", "--value=amount"}, "--value: ", "no column number"},
        {{"--no-header", "--key=0", "--time=2", "--value=3"}, "--key: ", "no column number"},
        {{"--no-header", "--key=1", "--time=12345678", "--value=3"},
         "--time: ",
         "no column number"},
        {{"--timezone", "Nowhere/Land"}, "--timezone: ", "Nowhere/Land"},
        {{"--time-format", "seconds"}, "--time-format: ", "seconds"},
        {{"-q", "-v"}, "--verbose: ", "--quiet"},
        {{"-", "-"}, "- is given", "only once"},
        {{""}, "an input file's name", "empty"},
        {{"--results", "-", "--late", "-"},
         "--late: ",
         "--results goes to standard output already"},
        {{"--alerts", "-", "--stats", "/dev/stdout"},
         "--stats: ",
         "--alerts goes to standard output"},
        {{"--results", "new.csv", "--late", "./new.csv"}, "--late: ", "file of --results already"},
        {{"--results", "in.csv", "--late", "link.csv"}, "--late: ", "file of --results already"},
        {{"--results", "link.csv", "in.csv"}, "--results: ", "also an input"},
        {{"--stats", ""}, "--stats: ", "empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct built built;
        if (build(&built, cases[i].arguments)) fail_msg("case %zu was taken", i);
        assert_int_equal(built.error.exit, TIDE_EXIT_USAGE);
        if (strncmp(built.error.text, cases[i].start, strlen(cases[i].start)) != 0 ||
            !strstr(built.error.text, cases[i].hint))
            fail_msg("'%s' is not '%s...%s'", built.error.text, cases[i].start, cases[i].hint);
        assert_null(strchr(built.error.text, '\n'));
        fini(&built);
    }
}

static void no_option_at_all_is_the_lab(void **state)
{
    (void)state;
    struct built built;
    assert_true(build(&built, (const char *const[]){NULL}));
    const struct tide_plan *plan = &built.plan;
    assert_int_equal(plan->file_count, 1);
    assert_string_equal(plan->files[0], "-");
    assert_int_equal(plan->key_count, 1);
    assert_string_equal(plan->keys[0].name, "transaction_id");
    assert_int_equal(plan->keys[0].number, 0);
    assert_string_equal(plan->time.name, "timestamp");
    assert_string_equal(plan->value.name, "amount");
    assert_true(plan->has_header);
    assert_int_equal(plan->delimiter, ',');
    assert_int_equal(plan->row_bytes_max, TIDE_ROW_BYTES_MAX_DEFAULT);
    assert_true(tide_na_is(&plan->na, "NaN", 3));
    assert_int_equal(plan->decimal.scale, 6);
    assert_int_equal(plan->bound_ms, 1000);
    assert_false(plan->unbounded);
    assert_int_equal(plan->max_future_ms, -1);
    assert_string_equal(plan->window->name, "tumbling");
    assert_int_equal(plan->shape.size_ms, 10000);
    assert_int_equal(plan->shape.offset_ms, 0);
    assert_false(plan->drop_at_end);
    assert_int_equal(plan->clock, TIDE_CLOCK_EVENT);
    assert_int_equal(plan->idle_ms, -1);
    assert_false(plan->is_following);
    assert_false(tide_plan_wakes(plan));
    assert_int_equal(plan->listed_count, 2);
    assert_string_equal(plan->registry->aggregates[plan->listed[0]]->name, "sum");
    assert_string_equal(plan->registry->aggregates[plan->listed[1]]->name, "count");
    assert_int_equal(plan->rules->rule_count, 1);
    assert_string_equal(plan->rules->rules[0].label, "sum > 8000");
    assert_string_equal(plan->format->name, "csv");
    assert_string_equal(plan->outputs[TIDE_OUTPUT_ALERTS], "-");
    for (unsigned i = TIDE_OUTPUT_RESULTS; i < TIDE_OUTPUT_COUNT; i++)
        assert_null(plan->outputs[i]);
    assert_true(plan->batch_rows >= TIDE_BATCH_ROWS_AUTO_MIN &&
                plan->batch_rows <= TIDE_BATCH_ROWS_AUTO_MAX);
    assert_int_equal(plan->ring_slots, TIDE_RING_SLOTS_DEFAULT);
    assert_int_equal(plan->rejects_max, -1);
    assert_true(plan->rejects_millionths_max < 0);
    assert_string_equal(tide_plan_key_name(plan, 0), "transaction_id");
    assert_null(plan->config_file);
    fini(&built);
}

static void parallelism_auto_leaves_one_core_to_the_parser(void **state)
{
    (void)state;
    struct built built;
    cpu_set_t allowed, one;
    assert_int_equal(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    assert_true(build(&built, (const char *const[]){"-p", "auto", NULL}));
    assert_true(built.plan.parallelism >= 1 && built.plan.parallelism <= 8);
    assert_true(built.plan.parallelism == 1 || (int)built.plan.parallelism < CPU_COUNT(&allowed));
    fini(&built);
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_true(build(&built, (const char *const[]){NULL}));
    assert_int_equal(built.plan.parallelism, 1);
    fini(&built);
    assert_int_equal(sched_setaffinity(0, sizeof allowed, &allowed), 0);
}

static void values_arrive_in_the_plan(void **state)
{
    (void)state;
    struct built built;
    assert_true(
        build(&built, (const char *const[]){"--out-of-orderness=unbounded", "--max-future=1h",
                                            "--window=tumbling:1h+90min", "--at-end=drop",
                                            "--aggregate=Last, mean", "-p7", "a", "b", NULL}));
    const struct tide_plan *plan = &built.plan;
    assert_true(plan->unbounded);
    assert_int_equal(plan->bound_ms, 0);
    assert_int_equal(plan->max_future_ms, 3600000);
    assert_int_equal(plan->shape.offset_ms, 30 * 60000);
    assert_true(plan->drop_at_end);
    assert_string_equal(plan->registry->aggregates[plan->listed[0]]->name, "last");
    assert_string_equal(plan->registry->aggregates[plan->listed[1]]->name, "mean");
    assert_int_equal(plan->parallelism, 7);
    assert_int_equal(plan->file_count, 2);
    assert_string_equal(plan->files[1], "b");
    fini(&built);

    assert_true(
        build(&built, (const char *const[]){"--max-rejects=0.5%", "--time-output=epoch-ms",
                                            "--order=key", "--progress=never", "--simd=portable",
                                            "--decimal-comma", "--trim", "--decimals=0", NULL}));
    assert_int_equal(plan->rejects_max, -1);
    assert_int_equal(plan->rejects_millionths_max, 500000);
    assert_int_equal(plan->time_style, TIDE_TIME_STYLE_EPOCH_MS);
    assert_int_equal(plan->order, TIDE_ORDER_KEY);
    assert_int_equal(plan->progress, TIDE_NEVER);
    assert_int_equal(plan->scanner, TIDE_SCANNER_PORTABLE);
    assert_true(plan->decimal.comma);
    assert_true(plan->trim);
    assert_int_equal(plan->decimal.scale, 0);
    fini(&built);

    assert_true(build(&built, (const char *const[]){"--clock=virtual:1000000000", "--follow",
                                                    "--allowed-lateness=5s", "a", "b", NULL}));
    assert_int_equal(plan->clock, TIDE_CLOCK_VIRTUAL);
    assert_int_equal(plan->clock_rate, 1000000000);
    assert_int_equal(plan->lateness_ms, 0);
    assert_false(tide_plan_wakes(plan));
    assert_false(tide_plan_follows(plan, 0));
    assert_true(tide_plan_follows(plan, 1));
    assert_int_equal(tide_plan_virtual_ms(plan, -5, 3999999), -2);
    assert_int_equal(tide_plan_virtual_ms(plan, INT64_MAX - 1, 2000000), INT64_MAX);
    fini(&built);

    assert_true(build(&built, (const char *const[]){"--idle-timeout=5s", NULL}));
    assert_int_equal(plan->idle_ms, 5000);
    assert_true(tide_plan_wakes(plan));
    fini(&built);

    assert_true(build(&built, (const char *const[]){"--max-rejects=0", NULL}));
    assert_int_equal(plan->rejects_max, 0);
    fini(&built);
}

static void delimiter_has_its_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char delimiter;
    } cases[] = {{";", ';'}, {"|", '|'}, {"tab", '\t'}, {"\\t", '\t'}, {"\t", '\t'}, {" ", ' '}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct built built;
        assert_true(build(&built, (const char *const[]){"--delimiter", cases[i].text, NULL}));
        assert_int_equal(built.plan.delimiter, cases[i].delimiter);
        fini(&built);
    }
}

static void key_columns_have_names_and_numbers(void **state)
{
    (void)state;
    struct built built;
    const struct tide_plan *plan = &built.plan;
    assert_true(build(&built, (const char *const[]){"--key", "card no, 2", "--time", "10", NULL}));
    assert_int_equal(plan->key_count, 2);
    assert_string_equal(tide_plan_key_name(plan, 0), "card no");
    assert_int_equal(plan->keys[0].number, 0);
    assert_int_equal(plan->keys[1].number, 2);
    assert_int_equal(plan->time.number, 10);
    fini(&built);
    assert_true(build(
        &built, (const char *const[]){"--no-header", "--key=3", "--time=1", "--value=2", NULL}));
    assert_string_equal(tide_plan_key_name(plan, 0), "key");
    fini(&built);
    assert_true(build(
        &built, (const char *const[]){"--no-header", "--key=3,1", "--time=1", "--value=2", NULL}));
    assert_string_equal(tide_plan_key_name(plan, 0), "key1");
    assert_string_equal(tide_plan_key_name(plan, 1), "key2");
    fini(&built);
}

static void alerts_go_to_standard_output_only_if_it_is_free_and_there_are_any(void **state)
{
    (void)state;
    static const struct {
        const char *arguments[ARGUMENTS_MAX];
        const char *alerts;
    } cases[] = {
        {{"--results", "r.csv"}, "-"},
        {{"--results", "-"}, NULL},
        {{"--stats", "/dev/stdout"}, NULL},
        {{"--alert", "none"}, NULL},
        {{"--alert", "none", "--format", "flink"}, "-"},
        {{"--alert", "none", "--alerts", "a.csv"}, "a.csv"},
        {{"--results", "-", "--alerts", "a.csv"}, "a.csv"},
        {{"--results", "/dev/null", "--late", "/dev/null", "--alerts=/dev/null"}, "/dev/null"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct built built;
        if (!build(&built, cases[i].arguments)) fail_msg("%s", built.error.text);
        const char *alerts = built.plan.outputs[TIDE_OUTPUT_ALERTS];
        if (cases[i].alerts) assert_string_equal(alerts, cases[i].alerts);
        else assert_null(alerts);
        fini(&built);
    }
}

static void reload_has_no_file_when_the_command_line_gives_rules(void **state)
{
    (void)state;
    struct built built;
    assert_true(build(&built, (const char *const[]){"--config", "in.csv", NULL}));
    assert_string_equal(built.plan.config_file, "in.csv");
    fini(&built);
    assert_true(build(&built, (const char *const[]){"--config=in.csv", "--alert=sum > 1", NULL}));
    assert_null(built.plan.config_file);
    fini(&built);
    assert_false(build(&built, (const char *const[]){"--config=in.csv", "--results=in.csv", NULL}));
    assert_non_null(strstr(built.error.text, "config file"));
    fini(&built);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_value_is_refused_by_its_option),
        cmocka_unit_test(no_option_at_all_is_the_lab),
        cmocka_unit_test(parallelism_auto_leaves_one_core_to_the_parser),
        cmocka_unit_test(values_arrive_in_the_plan),
        cmocka_unit_test(delimiter_has_its_forms),
        cmocka_unit_test(key_columns_have_names_and_numbers),
        cmocka_unit_test(alerts_go_to_standard_output_only_if_it_is_free_and_there_are_any),
        cmocka_unit_test(reload_has_no_file_when_the_command_line_gives_rules),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
