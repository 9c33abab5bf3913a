/* Who comes next: strategies that reach different corners of the same pipeline. */
#ifndef TIDE_TESTS_SCHEDULE_CHOOSER_H
#define TIDE_TESTS_SCHEDULE_CHOOSER_H

#include "engine/stages/control.h"
#include "tests/unit/chance.h"

enum chooser_strategy {
    CHOOSER_PLAIN,    /* everybody in turn */
    CHOOSER_UNIFORM,  /* any of those that can run */
    CHOOSER_PRIORITY, /* by priorities, that change at a few points drawn in advance */
    CHOOSER_STARVE,   /* one of them only when nobody else can run */
    CHOOSER_GREEDY,   /* the same one as long as it can */
    CHOOSER_BURSTS,   /* the same one a few times */
    CHOOSER_STRATEGY_COUNT
};

enum { CHOOSER_CHANGES_MAX = 4 };

struct chooser {
    enum chooser_strategy strategy;
    struct chance chance;
    unsigned actor_count;
    uint64_t step;
    unsigned last;    /* who came last */
    unsigned left;    /* of a burst */
    unsigned starved; /* who is to wait */
    int priorities[TIDE_WAITERS_MAX];
    uint64_t changes[CHOOSER_CHANGES_MAX]; /* at these steps */
    unsigned change_count;
};

/* steps: about how many the run will have */
void chooser_init(struct chooser *chooser, enum chooser_strategy strategy, uint64_t seed,
                  unsigned actor_count, uint64_t steps);

/* One of `count` actors that can run, by number in ascending order. */
unsigned chooser_pick(struct chooser *chooser, const unsigned able[], unsigned count);

const char *chooser_strategy_name(enum chooser_strategy strategy);

#endif
