/*
 * process_parts: what a worker's instance of the process function is made of, for the files that
 *           call it and that it calls.
 * Owns:     as worker_process.h.
 * Threads:  as worker_process.h.
 * Blocks:   never.
 * Errors:   as worker_process.h.
 * Limits:   as tidemark_process.h.
 */
#ifndef TIDE_STAGES_PROCESS_PARTS_H
#define TIDE_STAGES_PROCESS_PARTS_H

#include "engine/flow/emission.h"
#include "engine/stages/worker.h"
#include "engine/state/key_timers.h"

enum { TIDE_PROCESS_CLOCK_COUNT = 2 }; /* indexed by enum tidemark_time */

/* A key that has state or timers. */
struct tide_process_record {
    struct tide_key_record head;
    uint32_t timer_count; /* of both clocks, those that were removed too until they are gone */
    uint32_t advance;     /* to which chain belongs */
    uint32_t
        chain; /* timers that on_timer has set without getting on, see TIDEMARK_TIMER_CHAIN_MAX */
    bool has_state;
    _Alignas(16) char state[];
};

/* A finished line, behind those before it in the instance's text. */
struct tide_process_line {
    unsigned channel;
    size_t bytes;
};

struct tide_process_lines {
    char *text;
    size_t text_bytes, text_capacity, text_sent;
    struct tide_process_line *items;
    unsigned count, capacity, sent;
    uint64_t alert_count; /* lines of --alerts, wanted or not */
};

/* The callback under way. All of it is zero between two callbacks, but for what a call needs that
 * has emitted lines: those are sent when it has returned. */
struct tide_process_call {
    const struct tide_due *due; /* the result; NULL: a timer */
    bool is_touched;            /* there is something to do when it has returned */
    bool has_failed, is_looked_up, has_emission;
    struct tide_process_record *record; /* NULL: not looked up, or the key has none */
    struct tide_emission emission;      /* what its lines show */
    struct tide_order_key order;        /* of its lines */
    struct tide_key key;
    enum tidemark_time time; /* of a timer, as the next two */
    int64_t time_ms, due_ms;
};

/* How a value is had of a result: from the entry itself, or among the worker's values. */
struct tide_process_value {
    enum tide_aggregate_field field;
    unsigned index;
};

struct tide_worker_process {
    struct tide_worker *worker;
    const struct tide_plugin *plugin;
    void *self;
    bool is_open;
    bool needs_values; /* some value is not in the entry */

    struct tide_key_table keys;
    struct tide_key_timers timers[TIDE_PROCESS_CLOCK_COUNT];
    int64_t reached_ms[TIDE_PROCESS_CLOCK_COUNT]; /* up to which deadline timers have fired */
    int64_t clock_ms; /* processing time when the batches before this one ended */
    uint32_t advance; /* a number for each step */

    struct tidemark_context context;
    struct tidemark_error error;
    struct tidemark_result result;
    struct tidemark_value values[TIDE_AGGREGATE_COUNT_MAX];
    struct tide_process_value wanted[TIDE_AGGREGATE_COUNT_MAX];
    struct tide_process_call call;

    enum tide_channel
        side_channels[TIDEMARK_SIDE_OUTPUTS_MAX]; /* TIDE_CHANNEL_ALERTS: nobody asked for it */
    struct tide_process_lines lines;
    uint64_t counters[TIDEMARK_COUNTERS_MAX];
};

extern const struct tidemark_calls tide_process_calls;

/* Ends a callback that has returned `status`, STARVED if it failed, and sends what it emitted; send
 * goes on with that where there was no room. */
enum tide_progress tide_process_end_call(struct tide_worker_process *process, int status);
enum tide_progress tide_process_send_lines(struct tide_worker_process *process);

/* What the plug-in says, made one line. */
void tide_process_clean(char *text, size_t room);

/* Processing time, of the callback under way. */
int64_t tide_process_clock_ms(const struct tide_worker_process *process);

/* The key of the callback under way, and its place in the order. */
struct tide_key tide_process_key(const struct tide_worker_process *process);
struct tide_order_key tide_process_order(const struct tide_worker_process *process);

#endif
