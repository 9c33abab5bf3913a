/*
 * parser: the stage that sees every row: it reads, classifies, decides the watermark and who is
 *           late, and hands each row to the worker that owns its key.
 * Owns:     records, classifier, router and side texts.
 * Threads:  its own; counts may be read when it has ended.
 * Blocks:   never; a step ends where there is nothing to take or no room.
 * Errors:   latched: a header that lacks a column, a policy that is broken, memory.
 * Limits:   as plan.h.
 *
 * The watermark is decided here and nowhere else, from all rows: were a worker to derive it from
 * its own keys, lateness would depend on how many workers there are.
 */
#ifndef TIDE_STAGES_PARSER_H
#define TIDE_STAGES_PARSER_H

#include "engine/stages/classify.h"
#include "engine/stages/confluence.h"
#include "engine/stages/router.h"
#include "engine/stages/rule_board.h"
#include "engine/stages/rule_log.h"
#include "engine/stages/side_text.h"
#include "engine/stages/stage.h"
#include "engine/stages/view.h"
#include "engine/text/hash.h"

/* Every record is in exactly one of these classes; gap is for windows that leave gaps. */
struct tide_row_counts {
    uint64_t rows, late, gap, missing, malformed, future;
};

/* Time beside that of the rows. */
struct tide_parser_clock {
    int64_t now_ms;          /* processing time of the latest row or moment; never goes back */
    int64_t taken_ms;        /* the wall clock's when the chunk was taken */
    int64_t begin_ms;        /* the virtual clock's at the first row */
    uint64_t row_count;      /* accepted rows, which have arrived */
    bool is_silent;          /* no record has come since, and the watermark was this */
    int64_t silent_since_ns; /* ... */
    int64_t silent_from_ms;  /* ... */
    bool is_ahead;           /* the watermark has moved on beyond what rows make of it */
    int64_t tick_ns;         /* when time last moved on without a row */
    uint64_t moment_count;   /* how often that took a row's number */
};

/* The barrier of a checkpoint. */
struct tide_parser_barrier {
    struct tide_snapshot *snapshot; /* for the one under way; NULL: there is none */
    bool workers_are_told;
    uint64_t row;       /* where the last one stood */
    uint64_t begin_row; /* where a resumed run has begun */
};

struct tide_parser {
    const struct tide_plan *plan;
    struct tide_control *control;
    struct tide_rule_board *rule_board;
    struct tide_view_board *views;
    struct tide_hash_seed seed;
    struct tide_decoder decoder;
    struct tide_records records;
    struct tide_columns columns;
    struct tide_classifier classifier;
    struct tide_router router;
    struct tide_side_text side;

    /* Several inputs: records are read by their partitions, and the chunk holds one at a time. */
    struct tide_confluence confluence;
    const struct tide_parcel_place *place; /* of that record; NULL: not noted, or in the chunk */
    const char *place_side;

    struct tide_link *snapshots; /* to the checkpointer; NULL: there is none */
    struct tide_parser_barrier barrier;
    struct tide_input_place
        *places; /* of each file, as far as it was read, for checkpoints; NULL */

    unsigned next; /* of the chunk's records */
    bool awaits_header;
    bool epoch_is_full, notes_all;
    bool has_gaps;       /* between windows: every row's time has to be looked at */
    int64_t time_max_ms; /* greatest event time of an accepted row; of several inputs, of the one
                            whose row is routed */
    int64_t time_first_ms;
    bool has_time;
    int64_t watermark_max_ms; /* the other inputs allow no more; INT64_MAX: there are none */
    int64_t fire_next_ms;     /* what the next window waits for; see struct tide_step */
    struct tide_parser_clock clock;
    uint64_t rules_version;

    enum {
        TIDE_PARSER_READING,
        TIDE_PARSER_ENDING,      /* the last step is still to be written */
        TIDE_PARSER_CLOSING,     /* every worker gets its last batch */
        TIDE_PARSER_SIDE_TEXT,   /* the sink gets its last side texts */
        TIDE_PARSER_CHECKPOINTS, /* the checkpointer is told that there will be no more */
        TIDE_PARSER_ENDED,
    } phase;
    bool was_stopped;                /* ended before the input did */
    struct tide_error broken_policy; /* why, if the data did it */

    struct tide_row_counts counts;
    struct tide_rule_log rule_log; /* begins with the plan's own at row 0 */
};

/* What init allocates beside records and router. */
size_t tide_parser_bytes(const struct tide_plan *plan);

/* input: the link with blocks; if the plan has partitions, the links with their parcels. */
TIDE_MUST_USE bool tide_parser_init(struct tide_parser *parser, const struct tide_plan *plan,
                                    struct tide_control *control,
                                    struct tide_rule_board *rule_board,
                                    struct tide_view_board *views,
                                    const struct tide_hash_seed *seed, struct tide_link *input,
                                    struct tide_link *workers, struct tide_link *side,
                                    struct tide_error *error);
void tide_parser_fini(struct tide_parser *parser); /* a zeroed one is fine */

enum tide_progress tide_parser_step(void *parser);
void tide_parser_nudge(void *parser);
int64_t tide_parser_wake_at_ns(const void *parser);

#endif
