/*
 * flink_parts: what the order of Flink keeps of each key, for the files that go on with it and that
 *           save it.
 * Owns:     as flink_order.h.
 * Threads:  as flink_order.h.
 * Blocks:   never; add_window allocates.
 * Errors:   add_window NULL without memory.
 * Limits:   as flink_order.h.
 */
#ifndef TIDE_STAGES_FLINK_PARTS_H
#define TIDE_STAGES_FLINK_PARTS_H

#include "engine/stages/flink_order.h"

struct tide_flink_window {
    struct tide_flink_timer fire, clean_up;
    struct tide_flink_key *key;
    struct tide_flink_window *next; /* of the key: the next earlier end */
    int64_t start_ms, end_ms;
    uint64_t first_row;
};

struct tide_flink_key {
    _Alignas(16) struct tide_key_record head;
    struct tide_flink_window *first; /* by end, the latest first */
    struct tide_flink_timer silence;
    int64_t active_ms;   /* the last activity, while the silence stands */
    uint64_t active_row; /* that set it */
};

/* When a window is gone; INT64_MAX: never, and there is no timer for that. */
int64_t tide_flink_gone_ms(const struct tide_plan *plan, int64_t end_ms);

/* When a silence ends that began then. */
int64_t tide_flink_silence_ms(const struct tide_plan *plan, int64_t active_ms);

/* A window without timers at this place of the key's list. */
struct tide_flink_window *tide_flink_add_window(struct tide_flink_key *key,
                                                struct tide_flink_window **place, int64_t start_ms,
                                                int64_t end_ms, uint64_t first_row);

#endif
