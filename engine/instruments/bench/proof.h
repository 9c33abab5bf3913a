/*
 * proof: are the outputs of all runs the same? Figures of runs that did not do the same are none.
 * Owns:     the text of the counts.
 * Threads:  one.
 * Blocks:   while outputs are read.
 * Errors:   exit 1: an output cannot be read.
 * Limits:   none.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_PROOF_H
#define TIDE_INSTRUMENTS_BENCH_PROOF_H

#include "engine/instruments/bench/digest.h"
#include "engine/instruments/bench/folder.h"
#include "engine/plan/plan.h"

/* The four outputs come first in the kinds; the stats are compared by their counts. */
enum { TIDE_PROOF_OUTPUT_COUNT = TIDE_OUTPUT_STATS };

struct tide_proof_output {
    bool is_written;      /* by every run */
    bool is_ordered;      /* also with --order key */
    bool sequence_is_set; /* to that of the first run whose order is settled */
    struct tide_digest sequence;
    struct tide_file_digest first; /* of the first run */
};

struct tide_proof {
    struct tide_proof_output outputs[TIDE_PROOF_OUTPUT_COUNT];
    enum tide_digest_kinds kinds;
    unsigned run_count;
    char *counts; /* of the first run */
};

/* Do the measured runs write this output? Alerts always, the others if the run options ask. */
bool tide_proof_covers(const struct tide_plan *plan, unsigned output);

/* What the sweep will write. any_key_order: some runs leave the order of lines open, so that all
 * are compared as multisets too. */
void tide_proof_init(struct tide_proof *proof, const struct tide_plan *plan, bool any_key_order);
void tide_proof_fini(struct tide_proof *proof); /* a zeroed one is fine */

/* "alerts", "results", "late rows", "rejects", as a sentence names them. */
const char *tide_proof_output_name(unsigned output);

/* The name of the output's file in the work folder; also the long name of its option. */
const char *tide_proof_file_name(unsigned output);

/* Compares what a run left in the folder with what the first one left. difference: what is not the
 * same, for a sentence, or NULL. */
TIDE_MUST_USE bool tide_proof_add(struct tide_proof *proof, const struct tide_bench_folder *folder,
                                  enum tide_order order, const char *counts,
                                  const char **difference, struct tide_error *error);

#endif
