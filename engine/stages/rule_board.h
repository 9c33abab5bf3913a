/*
 * rule_board: where the rule sets in force hang, by version; the parser chooses the row from which
 *           a new one counts.
 * Owns:     the table and all rule sets but the first, which is the plan's.
 * Threads:  the main thread adds; the parser asks for the newest version; workers look versions up.
 *           Readers use RCU.
 * Blocks:   add waits for an RCU grace period; looking never blocks.
 * Errors:   init and add: out of memory.
 * Limits:   versions count from 0.
 *
 * A version goes in band, in the epoch, so that all workers change at the same row. A set may be
 * freed when every worker has reached a later version (they say so, see tide_rule_board_reached)
 * and a grace period has passed.
 */
#ifndef TIDE_STAGES_RULE_BOARD_H
#define TIDE_STAGES_RULE_BOARD_H

#include "engine/plan/plan.h"

#include <stdatomic.h>

struct tide_rule_table;

struct tide_rule_board {
    void *table; /* struct tide_rule_table, under RCU */
    const struct tide_rule_set *first;
    _Atomic uint64_t *reached; /* a worker each: the version it is at */
    unsigned worker_count;
};

/* What init allocates. */
size_t tide_rule_board_bytes(unsigned worker_count);

TIDE_MUST_USE bool tide_rule_board_init(struct tide_rule_board *board,
                                        const struct tide_rule_set *first, unsigned worker_count,
                                        struct tide_error *error);
void tide_rule_board_fini(struct tide_rule_board *board); /* no reader is left */

/* Main thread: hangs up a new set, which moves here. Frees what nobody needs any more. */
TIDE_MUST_USE bool tide_rule_board_add(struct tide_rule_board *board, struct tide_rule_set *rules,
                                       struct tide_error *error);

/* Parser, as an RCU reader: the newest version. */
uint64_t tide_rule_board_newest(const struct tide_rule_board *board);

/* Worker, as an RCU reader: the set of a version; valid until the worker is quiescent. */
const struct tide_rule_set *tide_rule_board_get(const struct tide_rule_board *board,
                                                uint64_t version);

/* Worker: it will ask for no version below this one any more. */
void tide_rule_board_reached(struct tide_rule_board *board, unsigned worker, uint64_t version);

#endif
