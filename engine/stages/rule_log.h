/*
 * rule_log: which alert rules were in force from which row on.
 * Owns:     the texts.
 * Threads:  one: the parser's; the main thread's before it runs and after it has ended.
 * Blocks:   never; allocates when rules change.
 * Errors:   add: without memory; load: damaged, or without memory if the reader has no damage.
 * Limits:   TIDE_RULE_CHANGES_MAX changes.
 */
#ifndef TIDE_STAGES_RULE_LOG_H
#define TIDE_STAGES_RULE_LOG_H

#include "engine/plan/rules.h"
#include "engine/state/snapshot.h"

enum { TIDE_RULE_CHANGES_MAX = 4096 };

struct tide_rule_text {
    char *text;         /* as typed */
    size_t label_bytes; /* of it, that the column `rule` shows */
};

struct tide_rule_change {
    uint64_t row; /* from which on they count */
    unsigned rule_count;
    struct tide_rule_text *rules;
};

struct tide_rule_log {
    struct tide_rule_change *changes;
    unsigned count, capacity;
};

/* What a log with these rules allocates. */
size_t tide_rule_log_bytes(const struct tide_rule_set *rules);

void tide_rule_log_fini(struct tide_rule_log *log); /* a zeroed one is fine */
TIDE_MUST_USE bool tide_rule_log_add(struct tide_rule_log *log, uint64_t row,
                                     const struct tide_rule_set *rules);

/* Are these the rules of the last change? */
bool tide_rule_log_ends_with(const struct tide_rule_log *log, const struct tide_rule_set *rules);

void tide_rule_log_save(const struct tide_rule_log *log, struct tide_snapshot *snapshot);
TIDE_MUST_USE bool tide_rule_log_load(struct tide_rule_log *log,
                                      struct tide_snapshot_reader *reader);

#endif
