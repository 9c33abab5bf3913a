/*
 * confluence: where the parcels of several inputs become one stream of rows.
 * Owns:     the parcels it has taken, until it gives them back.
 * Threads:  one: the parser's.
 * Blocks:   never; allocates in init only.
 * Errors:   init: out of memory.
 * Limits:   at least one input.
 *
 * Which input is next is decided by its rows alone (interleave.h). So it is waited for, though
 * others may have rows: else the order would depend on who comes first. An input is finished when
 * it is asked for a row and has none any more; not before, for nobody can know.
 *
 * With --idle-timeout an input that has been empty for so long is idle: it is not waited for until
 * it brings rows again, and its watermark does not count.
 */
#ifndef TIDE_STAGES_CONFLUENCE_H
#define TIDE_STAGES_CONFLUENCE_H

#include "engine/base/error.h"
#include "engine/flow/interleave.h"
#include "engine/flow/link.h"
#include "engine/flow/parcel.h"
#include "engine/flow/watermark.h"
#include "engine/stages/columns.h"

struct tide_confluence_input {
    struct tide_link *link;
    struct tide_parcel *parcel; /* NULL: the next one is awaited */
    uint32_t row_next, place_next;
    bool has_begun;               /* something has come of it */
    int64_t silent_since_ns;      /* it was found empty; 0: it was not */
    struct tide_input_place from; /* of the parcel's first row; NULL: of the last one's */
    struct tide_columns *columns; /* its partition's, which are known when something has come */
};

struct tide_confluence {
    struct tide_confluence_input *inputs;
    unsigned input_count;            /* 0: there is no confluence */
    int64_t behind_ms;               /* how far a watermark is behind the greatest time */
    struct tide_interleave order;    /* of the inputs that are neither idle nor finished */
    struct tide_watermark watermark; /* told of the times in `order` when inputs come or go */
    uint64_t end_count;              /* inputs that have finished while others had not */
};

enum tide_confluence_news {
    TIDE_CONFLUENCE_ROW,      /* the next input's parcel has a row at row_next */
    TIDE_CONFLUENCE_FINISHED, /* the input that was next has finished, others have not */
    TIDE_CONFLUENCE_END,      /* all have finished */
    TIDE_CONFLUENCE_STARVED,  /* the next input has sent nothing yet, or all are idle */
};

/* What init allocates. */
size_t tide_confluence_bytes(unsigned input_count);

TIDE_MUST_USE bool tide_confluence_init(struct tide_confluence *confluence, struct tide_link *links,
                                        unsigned input_count, int64_t bound_ms,
                                        struct tide_error *error);
void tide_confluence_fini(struct tide_confluence *confluence); /* a zeroed one is fine */

/* The input whose row is next. There must be one. */
static inline struct tide_confluence_input *
tide_confluence_next(const struct tide_confluence *confluence)
{
    return &confluence->inputs[tide_interleave_next(&confluence->order)];
}

/* Makes sure that the next input shows a row. FINISHED: `watermark` has gone on. */
enum tide_confluence_news tide_confluence_look(struct tide_confluence *confluence);

/* The greatest time that the next input may reach and still be next; no row after it is. */
int64_t tide_confluence_stay_ms(const struct tide_confluence *confluence);

/* Least greatest time of the inputs beside the next one, TIDE_INTERLEAVE_NO_TIME if one has none;
 * INT64_MAX: there is no other. */
int64_t tide_confluence_others_ms(const struct tide_confluence *confluence);

/* The watermark that an input's greatest time makes. */
int64_t tide_confluence_behind(const struct tide_confluence *confluence, int64_t greatest_ms);

/* Nothing has come of the next input. What has been empty for idle_ns by now_ns is idle: then
 * `watermark` may have gone on. All: of no input has anything come. */
struct tide_silence {
    bool is_new_idle, is_of_all;
};
struct tide_silence tide_confluence_listen(struct tide_confluence *confluence, int64_t now_ns,
                                           int64_t idle_ns);

/* When the next input will be idle unless something comes; TIDE_CLOCK_NEVER: none will. */
int64_t tide_confluence_idle_at_ns(const struct tide_confluence *confluence, int64_t idle_ns);

/* In a checkpoint and back from it, as snapshot.h, but for the places in the inputs. */
void tide_confluence_save(const struct tide_confluence *confluence, struct tide_snapshot *snapshot);
TIDE_MUST_USE bool tide_confluence_load(struct tide_confluence *confluence,
                                        struct tide_snapshot_reader *reader);

/* May the parser's watermark be there, and that of each input? Further than the greatest times
 * allow a row would be late of which its partition has not noted where it is from. With
 * --idle-timeout (may_be_idle) all is noted, for the watermark leaves idle inputs behind. */
bool tide_confluence_allows(const struct tide_confluence *confluence, int64_t watermark_ms,
                            bool may_be_idle);

/* Where the next row of an input that has not been taken is. */
struct tide_input_place tide_confluence_place(const struct tide_confluence *confluence,
                                              unsigned input);

/* That input goes on there. */
void tide_confluence_resume(struct tide_confluence *confluence, unsigned input,
                            const struct tide_input_place *place);

/* Have all inputs finished? */
static inline bool tide_confluence_has_ended(const struct tide_confluence *confluence)
{
    return confluence->watermark.finished_count == confluence->input_count;
}

void tide_confluence_nudge(struct tide_confluence *confluence);

#endif
