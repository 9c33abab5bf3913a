/*
 * tidemark_process: the interface between tidemark and a process function of your own, a C plug-in
 *           that sees every result of a window (`tidemark run --process ./FILE.so`).
 * Owns:     nothing; who owns what stands at each function. Texts and results are borrowed: valid
 *           until the callback returns. `self` is the plug-in's own.
 * Threads:  one instance a worker. open, load and close are called on the main thread, before the
 *           workers start and after they have ended; on_result, on_timer and save on the worker's
 *           own thread, never two at once for one instance. Instances run side by side: what they
 *           share (static variables, libraries) the plug-in must guard itself.
 * Blocks:   callbacks should not: a worker that waits stops the pipeline behind it. Calls into
 *           tidemark never block.
 * Errors:   a callback returns 0, or anything else to stop the run with the text in *error; calls
 *           return 0, or -1 and have set the text. A failed run leaves no output files.
 * Limits:   as named by the constants below.
 *
 * All times are milliseconds since 1970-01-01 00:00 UTC. Needs nothing but the C library's headers,
 * C99 or later or C++11 or later; no C++ exception may leave a callback.
 *
 * A plug-in is a shared library that defines one symbol:
 *
 *     TIDEMARK_PROCESS const struct tidemark_process_function tidemark_process = {
 *         .abi = TIDEMARK_PROCESS_ABI,
 *         .name = "my function",
 *         .on_result = on_result,
 *     };
 *
 * All rows of a key go to one worker, so all its results, its state and its timers are one
 * instance's. Output is the same at every parallelism as long as what a callback does follows from
 * its key's own history, the arguments and the watermark, and not from `subtask`, static variables
 * or the time of day.
 */
#ifndef TIDEMARK_PROCESS_H
#define TIDEMARK_PROCESS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes with every change of this file that a compiled plug-in could notice. */
#define TIDEMARK_PROCESS_ABI 2u

#define TIDEMARK_WATERMARK_NONE INT64_MIN /* before the first row */
#define TIDEMARK_WATERMARK_END  INT64_MAX /* the input has ended */

enum {
    TIDEMARK_ERROR_BYTES = 512,
    TIDEMARK_STATE_BYTES_MAX = 1 << 20,  /* of one key */
    TIDEMARK_SAVED_BYTES_MAX = 16 << 20, /* what save puts of one key */
    TIDEMARK_TEXT_BYTES_MAX = 1 << 20,   /* of one line */
    TIDEMARK_LINES_BYTES_MAX = 64 << 20, /* what the lines of one callback come to, as printed */
    TIDEMARK_ARGUMENTS_MAX = 64,         /* names a function knows */
    TIDEMARK_SIDE_OUTPUTS_MAX = 16,
    TIDEMARK_COUNTERS_MAX = 64,
    TIDEMARK_TIMER_CHAIN_MAX = 1000 /* see tidemark_register_timer */
};

/* Why a run is to stop: one line, without a line end. */
struct tidemark_error {
    char text[TIDEMARK_ERROR_BYTES];
};

/* The exact number units / 10^scale, where units = units_high * 2^64 + units_low; or NULL, as the
 * stddev of one row is. */
struct tidemark_value {
    uint64_t units_low;
    int64_t units_high;
    uint8_t scale;
    uint8_t is_null;
};

/* --process-arg NAME=VALUE. */
struct tidemark_argument {
    const char *name, *value;
};

/* What an instance is told when it begins. */
struct tidemark_open {
    uint32_t subtask, parallelism; /* which worker this is: 0 .. parallelism - 1 */
    uint32_t argument_count, aggregate_count;
    const struct tidemark_argument *arguments; /* as given; the last one of a name counts */
    const char *const *aggregates; /* the names in --aggregate, the order of a result's values */
    struct tidemark_error *error;
};

/* A window of one key has fired; with --allowed-lateness perhaps once more, with its new values. */
struct tidemark_result {
    int64_t window_start_ms, window_end_ms; /* the end is the first instant after the window */
    int64_t first_time_ms;                  /* event time of its first row to arrive */
    uint32_t value_count;
    const struct tidemark_value *values; /* in the order of --aggregate */
};

/* Which clock a timer follows: the watermark, or the processing time of --clock. */
enum tidemark_time { TIDEMARK_EVENT_TIME, TIDEMARK_PROCESSING_TIME };

struct tidemark_timer {
    int64_t time_ms; /* as registered */
    enum tidemark_time time;
};

/* What a callback is about. The key is its bytes, not terminated by NUL; where --key names several
 * columns, a NUL byte stands between their texts. */
struct tidemark_context {
    const struct tidemark_calls *calls; /* for the functions below */
    const char *key;
    size_t key_bytes;
    int64_t watermark_ms; /* the one that made this happen; where a row itself did (a late row, the
                             last of a count window), the one before it */
    struct tidemark_error *error;
};

struct tidemark_calls {
    void *(*state)(struct tidemark_context *context);
    void (*clear_state)(struct tidemark_context *context);
    int64_t (*processing_time)(struct tidemark_context *context);
    int (*register_timer)(struct tidemark_context *context, enum tidemark_time time,
                          int64_t time_ms);
    int (*delete_timer)(struct tidemark_context *context, enum tidemark_time time, int64_t time_ms);
    int (*emit)(struct tidemark_context *context, const char *text, size_t bytes);
    int (*emit_to)(struct tidemark_context *context, unsigned side_output, const char *text,
                   size_t bytes);
    int (*count)(struct tidemark_context *context, unsigned counter, uint64_t more);
};

/* A key whose state goes into a checkpoint. */
struct tidemark_saving {
    int (*put)(struct tidemark_saving *saving, const void *bytes,
               size_t count); /* for save_bytes */
    const char *key;
    size_t key_bytes;
    struct tidemark_error *error;
};

/* A key whose state comes out of a checkpoint: what save has put. The bytes are not aligned. */
struct tidemark_saved {
    const char *key;
    size_t key_bytes;
    const void *bytes;
    size_t byte_count;
    struct tidemark_error *error;
};

/* What a plug-in is. Everything but abi, name and on_result may be left out (0, NULL). Lists end
 * with NULL, and a list's index is what the calls take. */
struct tidemark_process_function {
    uint32_t abi;                    /* TIDEMARK_PROCESS_ABI */
    uint32_t state_bytes;            /* of each key's state */
    const char *name;                /* for messages */
    const char *const *arguments;    /* names it knows: --process-arg refuses all others */
    const char *const *side_outputs; /* names for --side-output NAME=FILE */
    const char *const *counters;     /* names for --stats */

    /* Begins an instance. What it leaves in *self is passed to everything else. */
    int (*open)(const struct tidemark_open *open, void **self);

    /* Ends an instance whose open returned 0; also after a failed run. */
    void (*close)(void *self);

    int (*on_result)(void *self, const struct tidemark_result *result,
                     struct tidemark_context *context);

    /* Needed if timers are registered. */
    int (*on_timer)(void *self, const struct tidemark_timer *timer,
                    struct tidemark_context *context);

    /* --- checkpoints: each key's state, its timers and the counters are saved. What is in *self or
     * in static variables is not: after a resume it is what open makes of it, perhaps with another
     * parallelism, so it must not decide what the callbacks do. --- */

    /* What a state's bytes mean. A checkpoint is refused whose function has another name, version
     * or size of state: raise it when you change them. */
    uint32_t state_version;

    /* Why states cannot be saved, for a function that does not do it: then --checkpoint is refused
     * with this text. */
    const char *no_checkpoints;

    /* Both or neither. Without them a state is saved as its bytes, which is right if there is no
     * address and no handle in it. save puts what makes the state (tidemark_save_bytes) and changes
     * nothing; load makes a state, zero at first, of what was put, which it must not trust further
     * than the file: it returns 0, or -1 and an error's text to have the checkpoint refused. */
    int (*save)(void *self, const void *state, struct tidemark_saving *saving);
    int (*load)(void *self, void *state, const struct tidemark_saved *saved);
};

/* Goes before the definition, for builds with -fvisibility=hidden. */
#define TIDEMARK_PROCESS __attribute__((visibility("default")))

extern TIDEMARK_PROCESS const struct tidemark_process_function tidemark_process;

/* --- calls: only from within on_result and on_timer, with the context these were given --- */

/* The state of this key: state_bytes bytes, aligned to 16, zero when first used. It stays where it
 * is and as it is until it is cleared or the run ends. NULL without memory: return -1 then. The
 * first call of a callback is a look-up in a table; further ones cost nothing. */
static inline void *tidemark_state(struct tidemark_context *context)
{
    return context->calls->state(context);
}

/* Forgets this key's state and gives its memory back. The next tidemark_state is zero again. */
static inline void tidemark_clear_state(struct tidemark_context *context)
{
    context->calls->clear_state(context);
}

/* Processing time now: that of --clock, or the time of day where --clock is event. */
static inline int64_t tidemark_processing_time(struct tidemark_context *context)
{
    return context->calls->processing_time(context);
}

/* Asks for on_timer of this key once the watermark, or processing time, is at time_ms or past it.
 * There is at most one timer of a key, a clock and a time: asking again changes nothing. One that
 * is due already fires as soon as the clock next reaches this function: in the same advance when it
 * is registered there, else with the next one. At the end of the input the watermark is past every
 * time, so each event timer fires then at the latest (with --at-end drop none does), and those of
 * processing time are dropped. A key may not keep on for ever: when, at the end of the input or
 * without getting on in time, on_timer has answered a timer with a new one
 * TIDEMARK_TIMER_CHAIN_MAX times in one advance, the run stops with an error. */
static inline int tidemark_register_timer(struct tidemark_context *context, enum tidemark_time time,
                                          int64_t time_ms)
{
    return context->calls->register_timer(context, time, time_ms);
}

/* Takes a timer of this key back; there need not be one. */
static inline int tidemark_delete_timer(struct tidemark_context *context, enum tidemark_time time,
                                        int64_t time_ms)
{
    return context->calls->delete_timer(context, time, time_ms);
}

/* A line in --alerts whose last column, rule, is this text. In on_result it shows the window and
 * its aggregates; in on_timer window_end is the timer's time, and the rest is empty. Lines appear
 * in the order of the calls, and none of them if the callback fails. A text is copied; it holds no
 * line end and no NUL. */
static inline int tidemark_emit(struct tidemark_context *context, const char *text, size_t bytes)
{
    return context->calls->emit(context, text, bytes);
}

/* A line of just this text in a side output; nobody sees it without --side-output of that name. */
static inline int tidemark_emit_to(struct tidemark_context *context, unsigned side_output,
                                   const char *text, size_t bytes)
{
    return context->calls->emit_to(context, side_output, text, bytes);
}

/* Adds to a counter; --stats shows the sum over all workers. */
static inline int tidemark_count(struct tidemark_context *context, unsigned counter, uint64_t more)
{
    return context->calls->count(context, counter, more);
}

/* Only from within save: puts bytes behind those put before. 0, or -1: return that then. */
static inline int tidemark_save_bytes(struct tidemark_saving *saving, const void *bytes,
                                      size_t count)
{
    return saving->put(saving, bytes, count);
}

/* --- helpers --- */

/* Sets the text and returns -1, for `return tidemark_fail(...)`. */
static inline int tidemark_fail(struct tidemark_error *error, const char *text)
{
    size_t bytes = strlen(text);
    if (bytes > sizeof error->text - 1) bytes = sizeof error->text - 1;
    memcpy(error->text, text, bytes);
    error->text[bytes] = '\0';
    return -1;
}

/* The text of an argument, or `fallback` if it was not given. */
static inline const char *tidemark_argument_text(const struct tidemark_open *open, const char *name,
                                                 const char *fallback)
{
    for (uint32_t i = open->argument_count; i > 0; i--)
        if (strcmp(open->arguments[i - 1].name, name) == 0) return open->arguments[i - 1].value;
    return fallback;
}

/* The place of an aggregate among a result's values, or -1 if --aggregate does not list it. */
static inline int tidemark_aggregate_index(const struct tidemark_open *open, const char *name)
{
    for (uint32_t i = 0; i < open->aggregate_count; i++)
        if (strcmp(open->aggregates[i], name) == 0) return (int)i;
    return -1;
}

/* The value as a double, NaN for NULL. The nearest one where units are below 2^53; else off by at
 * most two units in the last place. */
static inline double tidemark_value_double(const struct tidemark_value *value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                    1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
    if (value->is_null) return (double)NAN;
    if (value->units_high == (int64_t)value->units_low >> 63) /* it fits in 64 bits */
        return (double)(int64_t)value->units_low / powers[value->scale];
    return ((double)value->units_high * 18446744073709551616.0 + (double)value->units_low) /
           powers[value->scale];
}

#ifdef __cplusplus
}
#endif

#endif
