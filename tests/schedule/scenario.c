#include "tests/schedule/scenario.h"

#include "engine/plan/run_options.h"
#include "engine/plan/side_outputs.h"
#include "operators/registry.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FIRST_TIME_MS 1715421600000

/* A scenario that cannot be set up is an error of this program, not a finding. */
static _Noreturn void give_up(const struct scenario *scenario, const char *why)
{
    scenario_print(scenario);
    fprintf(stderr, "schedule: no such scenario: %s\n", why);
    exit(2);
}

uint64_t scenario_mix(uint64_t seed, uint64_t purpose)
{
    struct chance chance = {seed ^ purpose * 0xD6E8FEB86659FD93u};
    return chance_next(&chance);
}

/* --- options --- */

static void add(struct scenario *scenario, const char *format, ...) TIDE_PRINTF(2, 3);

static void add(struct scenario *scenario, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    TIDE_ASSERT(scenario->word_count < SCENARIO_WORDS_MAX);
    vsnprintf(scenario->words[scenario->word_count++], SCENARIO_WORD_BYTES, format, arguments);
    va_end(arguments);
}

static void add_option(struct scenario *scenario, const char *option, const char *value)
{
    add(scenario, "%s", option);
    add(scenario, "%s", value);
}

static void draw_window(struct scenario *scenario, struct chance *chance)
{
    add(scenario, "--window");
    switch (chance_below(chance, 6)) {
    case 0:
    case 1:
        add(scenario, "tumbling:%ums+%ums", 5 + chance_below(chance, 40), chance_below(chance, 5));
        break;
    case 2:
        add(scenario, "sliding:%ums/%ums", 8 + chance_below(chance, 30),
            3 + chance_below(chance, 20));
        break;
    case 3:
    case 4:
        add(scenario, "session:%ums", 2 + chance_below(chance, 20));
        break;
    default:
        add(scenario, "count:%u", 1 + chance_below(chance, 4));
    }
}

static void draw_clock(struct scenario *scenario, struct chance *chance)
{
    switch (chance_below(chance, 8)) {
    case 0:
        add(scenario, "--clock");
        add(scenario, "virtual:%u", 1 + chance_below(chance, 1000));
        break;
    case 1:
        add_option(scenario, "--clock", "processing");
        scenario->is_timed = true;
        break;
    case 2:
        add(scenario, "--idle-timeout");
        add(scenario, "%ums", 1 + chance_below(chance, 30));
        scenario->is_timed = true;
        break;
    default:
        if (chance_is(chance, 2)) {
            add(scenario, "--allowed-lateness");
            add(scenario, "%ums", chance_below(chance, 30));
        }
    }
    bool is_unbounded = !scenario->is_timed && chance_is(chance, 12);
    add(scenario, "--out-of-orderness");
    if (is_unbounded) add(scenario, "unbounded");
    else add(scenario, "%ums", chance_below(chance, 15));
}

static void draw_rules(struct scenario *scenario, struct chance *chance)
{
    add_option(scenario, "--aggregate", "sum,count,max,last");
    add_option(scenario, "--alert", "much=sum > 20");
    if (chance_is(chance, 3)) add_option(scenario, "--alert", "count >= 2 AND max > 5");
    if (chance_is(chance, 3)) {
        add_option(scenario, "--alert", "sum > history.mean");
        add(scenario, "--history");
        add(scenario, "%u", 1 + chance_below(chance, 4));
    }
    if (chance_is(chance, 3)) {
        add(scenario, "--inactive");
        add(scenario, "%ums", 1 + chance_below(chance, 40));
        if (chance_is(chance, 2)) add_option(scenario, "--side-output", "inactive=quiet");
    }
    if (chance_is(chance, 3)) add_option(scenario, "--side-output", "much=much");
    if (chance_is(chance, 6)) add_option(scenario, "--max-future", "60ms");
    if (chance_is(chance, 10)) add_option(scenario, "--max-rejects", "2");
    if (chance_is(chance, 6)) add_option(scenario, "--at-end", "drop");
}

/* probe.so says what it sees, and its timers are a test of their own. */
static void draw_process(struct scenario *scenario, struct chance *chance)
{
    if (!chance_is(chance, 5)) return;
    add_option(scenario, "--process", SCHEDULE_PROBE);
    add(scenario, "--process-arg");
    add(scenario, "after=%u", chance_below(chance, 30));
    add(scenario, "--process-arg");
    add(scenario, "step=%d", (int)chance_below(chance, 20) - 3);
    add(scenario, "--process-arg");
    add(scenario, "again=%u", chance_below(chance, 3));
    add(scenario, "--process-arg");
    add(scenario, "erase=%u", chance_below(chance, 3));
}

static void draw_options(struct scenario *scenario, struct chance *chance)
{
    static const char *const orders[] = {"global", "global", "key", "flink"};
    add_option(scenario, "--time-format", "epoch-ms");
    add_option(scenario, "--time-output", "epoch-ms");
    draw_window(scenario, chance);
    draw_clock(scenario, chance);
    draw_rules(scenario, chance);
    draw_process(scenario, chance);
    add_option(scenario, "--order", orders[chance_below(chance, 4)]);
    add_option(scenario, "--alerts", "alerts");
    add_option(scenario, "--results", "results");
    if (!chance_is(chance, 4)) add_option(scenario, "--late", "late");
    if (!chance_is(chance, 4)) add_option(scenario, "--rejects", "rejects");
    if (chance_is(chance, 4)) add_option(scenario, "--trace", "trace");
    if (scenario->input_count > 1 && chance_is(chance, 3))
        add_option(scenario, "--inputs", "concat");
    else if (scenario->input_count > 1) add_option(scenario, "--inputs", "partitions");
    add_option(scenario, "-p", "1");
    for (unsigned i = 0; i < scenario->input_count; i++)
        add(scenario, "/proc/self/fd/%u", SCENARIO_INPUT_FD + i);
}

static void build_plan(struct scenario *scenario)
{
    char *argv[SCENARIO_WORDS_MAX + 1] = {(char *)(uintptr_t) "run"};
    struct tide_error error = {0};
    for (unsigned i = 0; i < scenario->word_count; i++) argv[i + 1] = scenario->words[i];
    if (!tide_options_parse(&scenario->options, &tide_run_options, (int)scenario->word_count + 1,
                            argv, &error) ||
        !tide_plan_build(&scenario->plan, &scenario->options, &tide_operators, &error))
        give_up(scenario, error.text);
    /* As with a config file, from which new rules can come: all aggregates are kept. */
    scenario->plan.config_file = "rules";
}

struct tide_rule_set *scenario_rules(const struct scenario *scenario, uint64_t version)
{
    char texts[2][SCENARIO_WORD_BYTES];
    struct tide_error error = {0};
    snprintf(texts[0], sizeof texts[0], "v%llu=sum > %llu", (unsigned long long)version,
             (unsigned long long)(version % 3 * 10));
    snprintf(texts[1], sizeof texts[1], "much=count > %llu", (unsigned long long)(version % 2));
    const char *const list[] = {texts[0], texts[1]};
    struct tide_rule_set *rules =
        tide_rules_build(list, 2, tide_operators.aggregates, scenario->plan.decimal.scale, &error);
    if (!rules) give_up(scenario, error.text);
    tide_side_outputs_route(&scenario->plan, rules);
    return rules;
}

/* --- inputs --- */

static int write_record(struct chance *chance, char *out, int64_t time_ms)
{
    static const char *const bad[] = {"k1,,5\n", "k2,7\n", "k3,soon,5\n", "NA,8,1\n",
                                      "\"k\n4\",x,1\n"};
    if (chance_is(chance, 16)) return sprintf(out, "%s", bad[chance_below(chance, 5)]);
    const char *key = chance_is(chance, 8) ? "a-key-of-more-than-sixteen-bytes-" : "k";
    const char *amount = chance_is(chance, 16) ? "123456789012345678" : "";
    const char *quote = chance_is(chance, 12) ? "\"" : "";
    return sprintf(out, "%s%s%u%s,%lld,%s%u.%u%s", quote, key, chance_below(chance, 6), quote,
                   (long long)time_ms, amount, chance_below(chance, 30), chance_below(chance, 10),
                   chance_is(chance, 9) ? "\r\n" : "\n");
}

/* Times creep forward with some disorder; now and then one is far ahead. */
static void draw_input(struct scenario_input *input, struct chance *chance)
{
    static const char header[] = "transaction_id,timestamp,amount\n";
    int64_t now_ms = FIRST_TIME_MS + chance_below(chance, 20);
    const uint32_t stride_ms = 1 + chance_below(chance, 12);
    memcpy(input->text, header, sizeof header - 1);
    input->bytes = input->ends[0] = sizeof header - 1;
    input->record_count = chance_below(chance, SCENARIO_RECORDS_MAX + 1);
    if (chance_is(chance, 2)) input->record_count %= 12;
    for (unsigned i = 0; i < input->record_count; i++) {
        now_ms += chance_below(chance, chance_is(chance, 30) ? 200 : stride_ms);
        int64_t time_ms = now_ms - chance_below(chance, chance_is(chance, 6) ? 50 : 6);
        input->bytes += (uint32_t)write_record(chance, input->text + input->bytes, time_ms);
        input->ends[i + 1] = input->bytes;
    }
    input->file = memfd_create("schedule", MFD_CLOEXEC);
    if (input->file < 0 || write(input->file, input->text, input->bytes) != (ssize_t)input->bytes)
        abort();
}

static uint32_t draw_piece(const struct scenario_input *input, uint32_t begin,
                           struct chance *chance)
{
    uint32_t left = input->bytes - begin, most = 1 + input->bytes / 3;
    uint32_t bytes = 1 + chance_below(chance, most);
    return begin + (bytes < left ? bytes : left);
}

/* The inputs come in pieces, now one and then another; sometimes there is a long silence. */
static void draw_moments(struct scenario *scenario, struct chance *chance)
{
    uint32_t ends[SCENARIO_INPUTS_MAX] = {0};
    while (scenario->moment_count < SCENARIO_MOMENTS_MAX) {
        struct scenario_moment *moment = &scenario->moments[scenario->moment_count++];
        unsigned i = chance_below(chance, scenario->input_count);
        ends[i] = draw_piece(&scenario->inputs[i], ends[i], chance);
        *moment = (struct scenario_moment){
            .after_ms = chance_below(chance, chance_is(chance, 4) ? 100 : 8),
            .input = i,
            .end = ends[i],
        };
    }
}

void scenario_begin(struct scenario *scenario, uint64_t seed)
{
    struct chance chance = {scenario_mix(seed, 1)};
    *scenario = (struct scenario){.seed = seed};
    scenario->input_count = chance_is(&chance, 3) ? 2 + chance_below(&chance, 2) : 1;
    for (unsigned i = 0; i < scenario->input_count; i++) draw_input(&scenario->inputs[i], &chance);
    draw_options(scenario, &chance);
    if (scenario->is_timed) draw_moments(scenario, &chance);
    build_plan(scenario);
}

void scenario_end(struct scenario *scenario)
{
    for (unsigned i = 0; i < scenario->input_count; i++) close(scenario->inputs[i].file);
    tide_plan_fini(&scenario->plan);
    tide_options_fini(&scenario->options);
}

void scenario_print(const struct scenario *scenario)
{
    printf("scenario %llu: tidemark run", (unsigned long long)scenario->seed);
    for (unsigned i = 0; i < scenario->word_count; i++)
        printf(strpbrk(scenario->words[i], " >=") ? " '%s'" : " %s", scenario->words[i]);
    printf("\n");
    for (unsigned i = 0; i < scenario->input_count; i++)
        printf("--- input %u ---\n%.*s", i, (int)scenario->inputs[i].bytes,
               scenario->inputs[i].text);
    for (unsigned i = 0; i < scenario->moment_count; i++)
        printf("%lld ms later: input %u up to byte %u\n", (long long)scenario->moments[i].after_ms,
               scenario->moments[i].input, scenario->moments[i].end);
}
