/* One schedule: what is run, and whether its outputs are those of one worker in the plain order. */
#ifndef TIDE_TESTS_SCHEDULE_TRIAL_H
#define TIDE_TESTS_SCHEDULE_TRIAL_H

#include "tests/schedule/compare.h"
#include "tests/schedule/drive.h"

enum { TRIALS_A_SCENARIO = 32, TRIAL_RUNS_MAX = 4 };

enum trial_kind {
    TRIAL_WHOLE,  /* all of the input */
    TRIAL_STOP,   /* up to where it is stopped */
    TRIAL_RELOAD, /* with new rules on the way */
    TRIAL_FAIL,   /* a failure must end it */
    TRIAL_RESUME, /* with checkpoints: broken off, and resumed from one, several times */
    TRIAL_KIND_COUNT
};

/* A scenario with what it gives. */
struct expected {
    struct scenario scenario;
    struct outcome outcome;
    bool is_there;
};

struct trial {
    uint64_t seed;
    struct expected *expected;
    enum trial_kind kind;
    struct drive drives[TRIAL_RUNS_MAX]; /* one after the other; more than one only to resume */
    unsigned drive_count;
    struct outcome outcome, stopped, reloaded; /* the last two: by one worker, to compare with */
    char why[COMPARE_TEXT_BYTES];
};

/* Runs the schedule of this seed. False: it went wrong, and trial->why says how. */
bool trial_run(struct trial *trial, uint64_t seed);
void trial_fini(struct trial *trial);

const char *trial_kind_name(enum trial_kind kind);

/* What it was, to read. */
void trial_print(const struct trial *trial);

#endif
