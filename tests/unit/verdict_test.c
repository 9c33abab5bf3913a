/* Is the stage named that binds, by figures where there is no doubt, and near each threshold? */
#include "engine/instruments/bench/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "level.h"

/* Judges a level of 1 s. */
static struct tide_verdict judge(unsigned cores, struct made_stage reader, struct made_stage parser,
                                 const struct made_stage workers[], unsigned worker_count,
                                 struct made_stage sink)
{
    static struct made_level level;
    struct tide_verdict verdict;
    make_level(&level, cores, 1, reader, parser, workers, worker_count, sink);
    tide_verdict(&level.figures, &verdict);
    return verdict;
}

static const struct made_stage idle = {.computing_s = 0.02};

static void check(const struct tide_verdict *verdict, enum tide_binding binding,
                  const char *const words[])
{
    if (verdict->binding != binding)
        fail_msg("'%s' instead of '%s': %s", tide_binding_name(verdict->binding),
                 tide_binding_name(binding), verdict->text);
    for (unsigned i = 0; words[i]; i++)
        if (!strstr(verdict->text, words[i])) fail_msg("no '%s' in: %s", words[i], verdict->text);
    assert_true(strlen(verdict->text) < TIDE_VERDICT_BYTES - 1);
    assert_null(strchr(verdict->text, '\n'));
}
#define expect(verdict, binding, ...)                                                              \
    check(verdict, binding, (const char *const[]){__VA_ARGS__, NULL})

static void level_whose_stages_have_no_time_says_nothing(void **state)
{
    (void)state;
    struct tide_verdict verdict;
    tide_verdict(&(struct tide_level_figures){.parallelism = 4, .cores = 2}, &verdict);
    expect(&verdict, TIDE_BINDS_UNKNOWN, "by turns");
}

static void run_of_milliseconds_is_too_short_to_say(void **state)
{
    (void)state;
    struct made_level level;
    struct tide_verdict verdict;
    make_level(&level, 8, 0.012, (struct made_stage){0}, (struct made_stage){.computing_s = 0.0119},
               (struct made_stage[]){{.rows = 10}}, 1, (struct made_stage){0});
    tide_verdict(&level.figures, &verdict);
    expect(&verdict, TIDE_BINDS_UNKNOWN, "12 ms");
}

static void stages_that_compute_nothing_leave_it_open(void **state)
{
    (void)state;
    const struct made_stage none = {0};
    struct tide_verdict verdict = judge(4, none, none, (struct made_stage[]){none, none}, 2, none);
    /* All of them wait for input, the reader above all. */
    expect(&verdict, TIDE_BINDS_INPUT, "the reader waits for the input 100 %");
}

static void busy_parser_binds(void **state)
{
    (void)state;
    const struct made_stage reader = {.computing_s = 0.05, .room_s = 0.9};
    const struct made_stage parser = {.computing_s = 0.97};
    const struct made_stage workers[] = {{.computing_s = 0.4, .rows = 500},
                                         {.computing_s = 0.42, .rows = 500}};
    struct tide_verdict verdict = judge(8, reader, parser, workers, 2, idle);
    expect(&verdict, TIDE_BINDS_PARSER, "the parser is busy 97 %", "more workers will not help",
           "--simd");
    assert_false(verdict.workers_help);
}

static void parser_that_does_not_compute_is_held_up(void **state)
{
    (void)state;
    struct tide_verdict verdict =
        judge(8, idle, (struct made_stage){.computing_s = 0.1, .held_s = 0.85},
              (struct made_stage[]){{.computing_s = 0.1, .rows = 1}}, 1, idle);
    expect(&verdict, TIDE_BINDS_PARSER, "the parser is busy 95 %, mostly held up", "disk");
}

/* What it waits for a core is not the parser's own need. */
static void parser_that_waits_for_a_core_does_not_bind(void **state)
{
    (void)state;
    const struct made_stage parser = {.computing_s = 0.45, .queued_s = 0.52};
    const struct made_stage workers[] = {{.computing_s = 0.4, .queued_s = 0.5, .rows = 5}};
    const struct made_stage reader = {.computing_s = 0.02, .room_s = 0.9};
    struct tide_verdict verdict = judge(1, reader, parser, workers, 1, idle);
    expect(&verdict, TIDE_BINDS_CORES, "4 threads share 1 core and wait for one");
}

static void one_hot_worker_is_skew(void **state)
{
    (void)state;
    const struct made_stage parser = {.computing_s = 0.3, .room_s = 0.6};
    const struct made_stage workers[] = {{.computing_s = 0.2, .rows = 130},
                                         {.computing_s = 0.2, .rows = 130},
                                         {.computing_s = 0.2, .rows = 130},
                                         {.computing_s = 0.96, .rows = 610}};
    struct tide_verdict verdict = judge(8, idle, parser, workers, 4, idle);
    expect(&verdict, TIDE_BINDS_SKEW, "one worker gets 61 % of the rows (skew 2.4)",
           "more workers will not help");
    assert_false(verdict.workers_help);
}

static void one_worker_with_costly_keys_is_no_skew(void **state)
{
    (void)state;
    const struct made_stage workers[] = {{.computing_s = 0.95, .rows = 500},
                                         {.computing_s = 0.3, .rows = 500}};
    struct tide_verdict verdict = judge(8, idle, idle, workers, 2, idle);
    expect(&verdict, TIDE_BINDS_ONE_WORKER, "one worker is busy 95 % with 50 % of the rows",
           "cost more");
}

static void even_workers_call_for_more(void **state)
{
    (void)state;
    const struct made_stage parser = {.computing_s = 0.4};
    const struct made_stage workers[] = {{.computing_s = 0.96, .rows = 500},
                                         {.computing_s = 0.93, .rows = 510}};
    struct tide_verdict verdict = judge(8, idle, parser, workers, 2, idle);
    expect(&verdict, TIDE_BINDS_WORKERS, "the workers are busy 96 %: more workers will help",
           "2.4 times as fast; then the parser binds");
    assert_true(verdict.workers_help);
    verdict = judge(8, idle, idle, workers, 1, idle);
    expect(&verdict, TIDE_BINDS_WORKERS, "the worker is busy 96 %", "no other stage is near");
}

static void busy_workers_on_full_cores_call_for_cores(void **state)
{
    (void)state;
    const struct made_stage workers[] = {{.computing_s = 0.92, .rows = 500},
                                         {.computing_s = 0.92, .rows = 500}};
    struct tide_verdict verdict = judge(2, idle, idle, workers, 2, idle);
    expect(&verdict, TIDE_BINDS_WORKERS, "all 2 cores are in use", "more cores would");
    assert_false(verdict.workers_help);
}

static void workers_and_parser_alike_are_balanced(void **state)
{
    (void)state;
    const struct made_stage parser = {.computing_s = 0.93};
    const struct made_stage workers[] = {{.computing_s = 0.95, .rows = 500}};
    struct tide_verdict verdict = judge(8, idle, parser, workers, 1, idle);
    expect(&verdict, TIDE_BINDS_WORKERS, "hardly help, for the parser is busy 93 %");
    assert_false(verdict.workers_help);
    verdict = judge(8, idle, (struct made_stage){.computing_s = 0.97}, workers, 1, idle);
    expect(&verdict, TIDE_BINDS_PARSER, "97 % (the workers follow closely: 95 %)");
}

static void sink_held_up_is_the_output(void **state)
{
    (void)state;
    const struct made_stage workers[] = {{.computing_s = 0.1, .room_s = 0.8, .rows = 1}};
    struct tide_verdict verdict =
        judge(8, idle, idle, workers, 1, (struct made_stage){.computing_s = 0.04, .held_s = 0.92});
    expect(&verdict, TIDE_BINDS_OUTPUT, "the sink is busy 96 %, writing",
           "the output is the bottleneck");
}

static void sink_that_computes_merges(void **state)
{
    (void)state;
    const struct made_stage workers[] = {{.computing_s = 0.1, .rows = 1},
                                         {.computing_s = 0.1, .rows = 1}};
    const struct made_stage sink = {.computing_s = 0.9, .held_s = 0.02};
    struct tide_verdict verdict = judge(8, idle, idle, workers, 2, sink);
    expect(&verdict, TIDE_BINDS_SINK, "merging and writing", "--order key");
    verdict = judge(8, idle, idle, workers, 1, sink);
    expect(&verdict, TIDE_BINDS_SINK, "busy 92 %, writing");
    assert_null(strstr(verdict.text, "--order"));
}

static void reader_binds_by_unpacking_or_by_the_disk(void **state)
{
    (void)state;
    const struct made_stage workers[] = {{.computing_s = 0.1, .rows = 1}};
    struct tide_verdict verdict =
        judge(8, (struct made_stage){.computing_s = 0.99}, idle, workers, 1, idle);
    expect(&verdict, TIDE_BINDS_READER, "the reader is busy 99 %, reading or unpacking");
    verdict =
        judge(8, (struct made_stage){.computing_s = 0.1, .held_s = 0.8}, idle, workers, 1, idle);
    expect(&verdict, TIDE_BINDS_READER, "the reader is busy 90 %, waiting for the disk");
}

static void quiet_input_is_the_bottleneck(void **state)
{
    (void)state;
    const struct made_stage workers[] = {{.computing_s = 0.1, .rows = 1}};
    struct tide_verdict verdict =
        judge(1, (struct made_stage){.computing_s = 0.07}, idle, workers, 1, idle);
    expect(&verdict, TIDE_BINDS_INPUT, "waits for the input 93 %", "whatever feeds it");
}

static void many_threads_on_few_cores_lack_cores(void **state)
{
    (void)state;
    struct made_stage workers[64];
    for (unsigned i = 0; i < 64; i++)
        workers[i] = (struct made_stage){.computing_s = 0.02, .queued_s = 0.04, .rows = 100};
    const struct made_stage parser = {.computing_s = 0.5, .queued_s = 0.3};
    const struct made_stage reader = {.computing_s = 0.02, .room_s = 0.9};
    struct tide_verdict verdict = judge(2, reader, parser, workers, 64, idle);
    expect(&verdict, TIDE_BINDS_CORES, "67 threads share 2 cores and wait for one 61 %",
           "more workers will not help", "until the parser binds");
    assert_false(verdict.workers_help);
    assert_null(strstr(verdict.text, "other processes"));
    for (unsigned i = 0; i < 64; i++)
        workers[i] = (struct made_stage){.computing_s = 0.005, .queued_s = 0.08, .rows = 100};
    verdict = judge(2, reader, parser, workers, 64, idle);
    expect(&verdict, TIDE_BINDS_CORES, "67 threads share 2 cores", "other processes take part");
}

static void cores_that_others_use_are_told_apart(void **state)
{
    (void)state;
    const struct made_stage reader = {.computing_s = 0.02, .room_s = 0.9};
    const struct made_stage parser = {.computing_s = 0.3, .queued_s = 0.6};
    const struct made_stage workers[] = {{.computing_s = 0.3, .queued_s = 0.6, .rows = 1}};
    struct tide_verdict verdict = judge(4, reader, parser, workers, 1, idle);
    expect(&verdict, TIDE_BINDS_NEIGHBOURS, "use only 0.6 of 4", "quiet machine");
}

/* Where the kernel keeps no statistics, waiting for a core looks like being held up. */
static void full_cores_are_seen_without_the_kernels_word(void **state)
{
    (void)state;
    struct made_level level;
    struct tide_verdict verdict;
    const struct made_stage busy = {.computing_s = 0.23, .held_s = 0.7, .rows = 1};
    make_level(&level, 1, 1, busy, busy, (struct made_stage[]){busy, busy}, 2, idle);
    for (unsigned i = 0; i < level.figures.stage_count; i++) level.stages[i].core_s = -1;
    tide_verdict(&level.figures, &verdict);
    expect(&verdict, TIDE_BINDS_CORES, "5 threads keep 1 core busy 94 %");
}

static void nothing_binds_when_all_wait_for_each_other(void **state)
{
    (void)state;
    const struct made_stage reader = {.computing_s = 0.05, .room_s = 0.9};
    const struct made_stage workers[] = {{.computing_s = 0.55, .rows = 1},
                                         {.computing_s = 0.5, .rows = 1}};
    struct tide_verdict verdict =
        judge(8, reader, (struct made_stage){.computing_s = 0.62}, workers, 2, idle);
    expect(&verdict, TIDE_BINDS_NOTHING, "nothing binds clearly", "parser is busy 62 %",
           "busiest worker 55 %", "--batch-rows");
}

/* A stage that is over early is compared with the whole run, not with its own life. */
static void reader_that_ended_early_does_not_bind(void **state)
{
    (void)state;
    struct made_level level;
    struct tide_verdict verdict;
    const struct made_stage parser = {.computing_s = 0.9};
    make_level(&level, 8, 1, (struct made_stage){.computing_s = 0.3}, parser,
               (struct made_stage[]){{.rows = 1}}, 1, idle);
    level.stages[0].wall_s = 0.3;
    tide_verdict(&level.figures, &verdict);
    expect(&verdict, TIDE_BINDS_PARSER, "the parser is busy 90 %");
}

static void longest_texts_fit(void **state)
{
    (void)state;
    struct made_level level;
    struct tide_verdict verdict;
    struct made_stage workers[64] = {{.rows = 0}};
    for (unsigned i = 0; i < 64; i++) workers[i] = (struct made_stage){.held_s = 1e6};
    const struct made_stage all = {.held_s = 1e6};
    for (unsigned first = 0; first < 4; first++) {
        make_level(&level, 1000000, 1e6, all, all, workers, 64, all);
        level.figures.threads = 4000000000u;
        level.stages[first == 3 ? 66 : first].busy_s *= 1.01;
        tide_verdict(&level.figures, &verdict);
        assert_in_range(strlen(verdict.text), 50, TIDE_VERDICT_BYTES - 30);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(level_whose_stages_have_no_time_says_nothing),
        cmocka_unit_test(run_of_milliseconds_is_too_short_to_say),
        cmocka_unit_test(stages_that_compute_nothing_leave_it_open),
        cmocka_unit_test(busy_parser_binds),
        cmocka_unit_test(parser_that_does_not_compute_is_held_up),
        cmocka_unit_test(parser_that_waits_for_a_core_does_not_bind),
        cmocka_unit_test(one_hot_worker_is_skew),
        cmocka_unit_test(one_worker_with_costly_keys_is_no_skew),
        cmocka_unit_test(even_workers_call_for_more),
        cmocka_unit_test(busy_workers_on_full_cores_call_for_cores),
        cmocka_unit_test(workers_and_parser_alike_are_balanced),
        cmocka_unit_test(sink_held_up_is_the_output),
        cmocka_unit_test(sink_that_computes_merges),
        cmocka_unit_test(reader_binds_by_unpacking_or_by_the_disk),
        cmocka_unit_test(quiet_input_is_the_bottleneck),
        cmocka_unit_test(many_threads_on_few_cores_lack_cores),
        cmocka_unit_test(cores_that_others_use_are_told_apart),
        cmocka_unit_test(full_cores_are_seen_without_the_kernels_word),
        cmocka_unit_test(nothing_binds_when_all_wait_for_each_other),
        cmocka_unit_test(reader_that_ended_early_does_not_bind),
        cmocka_unit_test(longest_texts_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
