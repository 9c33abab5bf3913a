/* One run of a pipeline in an order of turns that a chooser decides. Each stage behaves as its
 * thread would (tide_stage_run): it steps, looks again, nudges, sleeps, and wakes only when it has
 * been notified, its input has something, or its clock says so. So a wake-up that is lost shows as
 * a run that is stuck. */
#ifndef TIDE_TESTS_SCHEDULE_DRIVE_H
#define TIDE_TESTS_SCHEDULE_DRIVE_H

#include "engine/stages/pipeline.h"
#include "tests/schedule/chooser.h"
#include "tests/schedule/scenario.h"
#include "tests/schedule/world.h"

enum { DRIVE_EVENTS_MAX = 64, DRIVE_CHANGES_MAX = 16 };

/* Whatever changes speed only. */
struct machine {
    unsigned parallelism, batch_rows, ring_slots, items_max;
    size_t emission_bytes, read_bytes;
    enum tide_scanner_choice scanner;
    uint64_t hash_seed;
};

/* What the outside does to the run. */
enum event_kind {
    EVENT_FEED, /* an input has come up to byte `end` */
    EVENT_END,  /* an input ends */
    EVENT_STOP,
    EVENT_RELOAD, /* the rules of version `count` */
    EVENT_LOOK,
    EVENT_FAIL,      /* as where a thread could not be started */
    EVENT_NO_MEMORY, /* no further allocation but `count` */
    EVENT_FULL_DISK, /* no further write but `count` */
};

struct event {
    enum event_kind kind;
    uint64_t step;    /* not before this one, unless nothing else can happen */
    int64_t after_ms; /* the event before, where the scenario is timed */
    unsigned input;
    uint32_t end; /* bytes */
    uint64_t count;
};

struct drive {
    const struct scenario *scenario;
    struct machine machine;
    struct chooser chooser;
    bool feeds;        /* pipes, that the events fill; else the inputs are regular files */
    bool settles;      /* every event waits until nothing else can happen */
    bool drops;        /* --at-end drop, whatever the scenario says */
    unsigned patience; /* looks in vain before a sleep */
    struct event events[DRIVE_EVENTS_MAX];
    unsigned event_count;

    /* Checkpoints: after so many rows, or after so long; neither: none are taken. */
    uint64_t checkpoint_rows;
    int64_t checkpoint_ms;
    int64_t step_ns;                   /* what a step takes by the clock */
    uint64_t crash_step;               /* all is lost at this step but what is written; 0: never */
    const struct world_record *record; /* to go on from; NULL: from the beginning */
};

enum ending {
    ENDING_GOOD,
    ENDING_FAILED,  /* by an error that the run has told */
    ENDING_REFUSED, /* it did not begin: the checkpoint does not allow that */
    ENDING_CRASHED, /* as its drive wanted it */
    ENDING_STUCK,   /* nobody can run */
    ENDING_ENDLESS, /* far more steps than there is work */
};

struct drive_change {
    uint64_t row, version;
};

struct outcome {
    enum ending ending;
    struct tide_error error;
    struct tide_totals totals;
    struct world_text texts[TIDE_CHANNEL_COUNT];
    struct drive_change changes[DRIVE_CHANGES_MAX];
    unsigned change_count;
    uint64_t steps, sleeps;
    char where[1024]; /* stuck or endless: what each stage was about */
};

/* The outcome's texts are used again by the next run with it, which begins with empty ones unless
 * it goes on from a record. */
void drive_run(struct drive *drive, struct outcome *outcome);

void outcome_fini(struct outcome *outcome);

#endif
