/* What lies outside of a pipeline, in the hands of the test: time, chance, memory, outputs, the
 * sizes of rings and emissions, and RCU's grace periods. The program is linked with --wrap: the
 * engine's calls come here. One thread. */
#ifndef TIDE_TESTS_SCHEDULE_WORLD_H
#define TIDE_TESTS_SCHEDULE_WORLD_H

#include "engine/base/output.h"
#include "engine/flow/emission.h"
#include "engine/stages/checkpoint_file.h"

enum {
    WORLD_BEGIN_NS = 1000000000,
    WORLD_NS_A_MS = 1000000,
    WORLD_ITEMS_MAX = 64, /* no limit to what is under way between two stages */
};

#define WORLD_BEGIN_WALL_MS 1715421600000

/* An output's bytes; room is kept from one run to the next. */
struct world_text {
    char *at;
    size_t bytes, capacity;
};

/* A checkpoint. Its sections point into its bytes. */
struct world_record {
    struct tide_checkpoint_file file;
    struct world_text text;
};

enum { WORLD_RECORDS = 2 };

struct world {
    int64_t now_ns;            /* of both clocks */
    uint64_t hash_seed;        /* which keys go to which worker */
    uint64_t allocations_left; /* then there is no memory; UINT64_MAX: there always is */
    uint64_t writes_left;      /* then the disk is full; UINT64_MAX: it never is */
    size_t emission_bytes;     /* of a channel of an emission batch */
    size_t read_bytes;         /* no read(2) gives more */
    unsigned items_max;        /* of a link */
    struct tide_output outputs[TIDE_CHANNEL_COUNT];
    struct world_record records[WORLD_RECORDS]; /* number i at i % WORLD_RECORDS */
    uint64_t record_next;                       /* the next one's number */
    unsigned record_count;                      /* that are there */
    struct world_text *texts;                   /* what has been written, by channel */
};

extern struct world world;

/* Beginning of time, everything at hand. texts: by channel. */
void world_begin(struct world_text *texts);

/* Nothing has been written. */
void world_clear(struct world_text *texts);

/* The newest checkpoint; NULL: there is none. */
const struct world_record *world_record(void);

/* The newest is gone, if there is another. */
void world_lose_record(void);

/* Sets the outputs up as they were at this checkpoint; what the texts hold beyond is cut when the
 * run asks for it. */
void world_resume(const struct world_record *record);

/* What was to be freed after a grace period: call where no stage is in the midst of a step. */
void world_end_grace(void);

void world_fini(void);

#endif
