/*
 * description: what a run would be, taken from its plan: threads, rings, memory, rules and options.
 * Owns:     its lists and the printed rules; plan and options are borrowed.
 * Threads:  one.
 * Blocks:   no longer than stat(2) and a read of a regular file's first bytes.
 * Errors:   init: out of memory. A file that is not there is described as such.
 * Limits:   as plan.h.
 *
 * Nothing is computed here a second time: sizes and counts come from the functions by which the
 * pipeline is built.
 */
#ifndef TIDE_INSTRUMENTS_EXPLAIN_DESCRIPTION_H
#define TIDE_INSTRUMENTS_EXPLAIN_DESCRIPTION_H

#include "engine/plan/options.h"
#include "engine/stages/footprint.h"
#include "engine/stages/pipeline.h"

enum { TIDE_EXPLAIN_TEXT_BYTES = 640 };

struct tide_explain_stage {
    struct tide_post post;
    char thread[TIDE_THREAD_NAME_BYTES];
    struct tide_patience patience;
};

enum tide_explain_cargo {
    TIDE_EXPLAIN_BLOCKS,     /* of the input */
    TIDE_EXPLAIN_PARCELS,    /* of rows of one of several inputs */
    TIDE_EXPLAIN_BATCHES,    /* of rows, with the watermark */
    TIDE_EXPLAIN_LINES,      /* results and alerts with their order keys */
    TIDE_EXPLAIN_SIDE_LINES, /* late rows and rejects */
    TIDE_EXPLAIN_SNAPSHOTS   /* what a stage keeps, at a checkpoint */
};

/* One way between two stages: a ring of full items, and one of empty items back. */
struct tide_explain_link {
    unsigned from, to; /* stages */
    enum tide_explain_cargo cargo;
    unsigned items;
    size_t slots;        /* of each of the two rings */
    uint64_t item_bytes; /* 0: an item grows as it is filled */
};

struct tide_explain_memory {
    const char *what;
    uint64_t count, each_bytes, bytes; /* each_bytes 0: the parts differ in size */
    const char *note;                  /* may be empty */
};

enum tide_explain_file_kind {
    TIDE_EXPLAIN_STREAM,     /* standard input, a pipe, a device */
    TIDE_EXPLAIN_REGULAR,    /* source says what it holds */
    TIDE_EXPLAIN_MISLABELED, /* its name promises a packed file, and it is none */
    TIDE_EXPLAIN_FOLDER,
    TIDE_EXPLAIN_ABSENT,
    TIDE_EXPLAIN_UNREADABLE,
};

struct tide_explain_file {
    const char *name;
    enum tide_explain_file_kind kind;
    uint64_t bytes;
    const struct tide_source *source;
};

struct tide_explain_rule {
    const struct tide_rule *rule;
    char *condition; /* as it was understood */
    char test[192];  /* how it is decided */
};

/* A text that was given for an option of the run, and is in force. */
struct tide_explain_option {
    unsigned id;
    const char *text, *fallback; /* fallback NULL: none */
    unsigned line;               /* of the config file; 0: the command line */
    bool is_default;             /* the text is the fallback's */
    char effect[TIDE_EXPLAIN_TEXT_BYTES];
};

struct tide_explanation {
    const struct tide_plan *plan;
    const struct tide_options *options;
    const char *scanner;
    unsigned core_count, thread_count;

    struct tide_explain_stage *stages;
    unsigned stage_count;
    struct tide_explain_link *links;
    unsigned link_count;
    struct tide_explain_file *files;

    struct tide_state_layout states;
    struct tide_epoch_shape epochs;
    struct tide_footprint footprint;
    struct tide_explain_memory memory[TIDE_FOOTPRINT_PART_COUNT];
    uint64_t windows_max; /* open or kept at once in a worker; 0: no limit */

    struct tide_explain_rule *rules;
    unsigned rule_count;
    struct tide_explain_option *given;
    unsigned given_count;
    char watermark_rule[TIDE_EXPLAIN_TEXT_BYTES], order_rule[TIDE_EXPLAIN_TEXT_BYTES];
};

/* Describes the plan that was built from these options. Call fini also after a failure. */
TIDE_MUST_USE bool tide_explanation_init(struct tide_explanation *explanation,
                                         const struct tide_plan *plan,
                                         const struct tide_options *options,
                                         struct tide_error *error);
void tide_explanation_fini(struct tide_explanation *explanation); /* a zeroed one is fine */

/* How many stages are alike with this one; 1: it is the only one. */
unsigned tide_explain_alike(const struct tide_explanation *explanation, struct tide_post post);

/* What the items of a link are: "batches of 2048 rows". Writes to text, returns it. */
const char *tide_explain_cargo_text(const struct tide_explanation *explanation,
                                    const struct tide_explain_link *link, char *text, size_t bytes);

#endif
