/* What a run is about: options, inputs, and when they come, all drawn from one seed. Outputs must
 * depend on nothing else. */
#ifndef TIDE_TESTS_SCHEDULE_SCENARIO_H
#define TIDE_TESTS_SCHEDULE_SCENARIO_H

#include "engine/plan/options.h"
#include "engine/plan/plan.h"
#include "tests/unit/chance.h"

enum {
    SCENARIO_WORDS_MAX = 64,
    SCENARIO_WORD_BYTES = 64,
    SCENARIO_INPUTS_MAX = 3,
    SCENARIO_RECORDS_MAX = 48,
    SCENARIO_INPUT_BYTES_MAX = 128 * (SCENARIO_RECORDS_MAX + 1),
    SCENARIO_MOMENTS_MAX = 24,
    SCENARIO_INPUT_FD = 100, /* the first input is /proc/self/fd/100 */
};

struct scenario_input {
    char text[SCENARIO_INPUT_BYTES_MAX];
    uint32_t bytes;
    uint32_t ends[SCENARIO_RECORDS_MAX + 1]; /* of the header, and of each record */
    unsigned record_count;
    int file; /* the same bytes in memory, for those who want a regular file */
};

/* A piece of an input arrives at a time of its own; all that is under way settles before. */
struct scenario_moment {
    int64_t after_ms; /* the one before */
    unsigned input;
    uint32_t end; /* bytes of the input that are there by then */
};

struct scenario {
    uint64_t seed;
    char words[SCENARIO_WORDS_MAX][SCENARIO_WORD_BYTES];
    unsigned word_count;
    struct tide_options options;
    struct tide_plan plan; /* for one worker */
    struct scenario_input inputs[SCENARIO_INPUTS_MAX];
    unsigned input_count;
    bool is_timed; /* results depend on when rows come: on `moments` and nothing else */
    struct scenario_moment moments[SCENARIO_MOMENTS_MAX];
    unsigned moment_count;
};

void scenario_begin(struct scenario *scenario, uint64_t seed);
void scenario_end(struct scenario *scenario);

/* Rules of the same aggregates, another set for each version; version 0 is the plan's own. */
struct tide_rule_set *scenario_rules(const struct scenario *scenario, uint64_t version);

/* Options and inputs, to read. */
void scenario_print(const struct scenario *scenario);

/* A seed of its own for each purpose and number. */
uint64_t scenario_mix(uint64_t seed, uint64_t purpose);

#endif
