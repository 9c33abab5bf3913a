/*
 * format: what an output format operator is, and the emission it prints.
 * Owns:     a formatter owns nothing but what it remembers inline.
 * Threads:  operators are const; a formatter belongs to one worker.
 * Blocks:   never; allocates nothing.
 * Errors:   none.
 * Limits:   the caller gives room for row_bytes_max bytes.
 */
#ifndef TIDE_PLAN_FORMAT_H
#define TIDE_PLAN_FORMAT_H

#include "engine/flow/emission.h"
#include "engine/plan/plan.h"
#include "engine/text/escape.h"
#include "engine/text/time.h"

#include <string.h>

enum {
    TIDE_WINDOW_FRAME_BYTES = 64,     /* the texts of a tide_window_frame, together */
    TIDE_FORMAT_COPY_BYTES = 64,      /* remembered texts are copied in one block of this size */
    TIDE_WATERMARK_TEXT_BYTES = 24,   /* the longest 64-bit number and its sign, rounded up */
    TIDE_FORMAT_INLINE_KEY_BYTES = 16 /* such a key stands in entry->key */
};

/* One fired window of one key; or a timer of it, which has no window. Everything is borrowed. */
struct tide_emission {
    enum tide_channel channel;              /* the lines asked for go there */
    int64_t window_start_ms, window_end_ms; /* a timer's time is the end */
    bool has_start;                         /* of a timer: there is a start */
    int64_t watermark_ms;                   /* the one that fired it */
    const struct tide_entry *entry;         /* NULL: a timer; first time and values are empty */
    const char *key;                        /* composite keys: the parts with a NUL byte between */
    uint32_t key_bytes;
    const struct tide_value *values; /* values[i] belongs to registry aggregate i; filled for
                                        plan->listed and what rules use */
};

/* A worker's memory between rows: texts that seldom change. */
struct tide_formatter {
    const struct tide_plan *plan;
    struct tide_time_printer window_times, first_times;
    int64_t window_start_ms, window_end_ms; /* of window_text; start > end = none yet */
    int64_t watermark_ms;                   /* of watermark_text */
    unsigned window_text_bytes, watermark_text_bytes;
    char window_text[2 * TIDE_TIME_TEXT_BYTES + TIDE_WINDOW_FRAME_BYTES];
    char watermark_text[TIDE_WATERMARK_TEXT_BYTES];
};

struct tide_format {
    const char *name; /* as in --format */
    const char *summary;

    /* Writes the header of a channel and returns its bytes; out NULL: returns an upper bound. 0 =
     * no header. */
    size_t (*header)(const struct tide_plan *plan, enum tide_channel channel, char *out);

    /* Upper bound of the bytes of one emission in one channel, whatever its values, for a key of
     * key_bytes. rules NULL: no rules. Grows linearly with key_bytes, so a caller may remember it.
     */
    size_t (*row_bytes_max)(const struct tide_plan *plan, const struct tide_rule_set *rules,
                            size_t key_bytes);

    /* Writes the emission's line for --results; returns its bytes. What lies behind them, within
     * row_bytes_max, is overwritten. */
    size_t (*result)(struct tide_formatter *formatter, const struct tide_emission *emission,
                     char *out);

    /* Writes what the emission puts into --alerts or a side output: a line for each rule i with
     * bit i of holds set, in order (flink: and into --alerts one line always). Returns bytes, may
     * be 0. */
    size_t (*alerts)(struct tide_formatter *formatter, const struct tide_emission *emission,
                     const struct tide_rule_set *rules, uint64_t holds, char *out);

    /* Upper bound of the bytes of line(), for a text of text_bytes. */
    size_t (*line_bytes_max)(const struct tide_plan *plan, size_t key_bytes, size_t text_bytes);

    /* Writes a line of --alerts that no rule has asked for, with a text in the place of a rule's
     * name; returns its bytes. */
    size_t (*line)(struct tide_formatter *formatter, const struct tide_emission *emission,
                   const char *text, size_t text_bytes, char *out);

    bool alerts_always;  /* alerts() must be called even if no rule holds (flink) */
    bool names_subtasks; /* heeds --flink-parallelism */
    bool is_csv;         /* heeds --escape-formulas */
};

void tide_formatter_init(struct tide_formatter *formatter, const struct tide_plan *plan);

/* For format operators from here on. */

/* What stands around the two times of a window. */
struct tide_window_frame {
    const char *before, *between, *after;
};

/* Print window_text and watermark_text anew. */
void tide_formatter_remember_window(struct tide_formatter *formatter, int64_t start_ms,
                                    int64_t end_ms, const struct tide_window_frame *frame);
void tide_formatter_remember_watermark(struct tide_formatter *formatter, int64_t watermark_ms);

/* Brings the remembered texts up to date with an emission; a formatter sees one frame only. */
static inline void tide_formatter_follow(struct tide_formatter *formatter,
                                         const struct tide_emission *emission,
                                         const struct tide_window_frame *frame)
{
    if (TIDE_UNLIKELY(formatter->window_end_ms != emission->window_end_ms ||
                      formatter->window_start_ms != emission->window_start_ms))
        tide_formatter_remember_window(formatter, emission->window_start_ms,
                                       emission->window_end_ms, frame);
    if (TIDE_UNLIKELY(formatter->watermark_ms != emission->watermark_ms))
        tide_formatter_remember_watermark(formatter, emission->watermark_ms);
}

/* Writes a value that is not NULL; returns its bytes, at most TIDE_DECIMAL_TEXT_BYTES. */
static inline size_t tide_value_print(char *out, const struct tide_value *value)
{
    int64_t narrow = (int64_t)value->units;
    if (TIDE_UNLIKELY(narrow != value->units))
        return tide_decimal_print(out, value->units, value->scale);
    if (value->scale != 0) return tide_decimal_print64(out, narrow, value->scale);
    if (narrow < 0 || narrow > 9) return tide_int_print(out, narrow);
    *out = (char)('0' + narrow); /* most counts */
    return 1;
}

/* Copies bytes and returns the place behind them. */
static inline char *tide_bytes_put(char *out, const char *text, size_t bytes)
{
    memcpy(out, text, bytes);
    return out + bytes;
}

static inline char *tide_text_put(char *out, const char *text)
{
    return tide_bytes_put(out, text, strlen(text));
}

/* A field of text in an output that is CSV: at most 2 x bytes + 3. */
static inline char *tide_field_put(const struct tide_plan *plan, char *out, const char *text,
                                   size_t bytes)
{
    return out + (plan->escapes_formulas ? tide_escape_formula(out, text, bytes)
                                         : tide_escape_csv(out, text, bytes));
}

/* Takes the next part off a composite key: returns its start, *bytes its length; *key and
 * *key_bytes become what is left. A key of one column is its only part. */
const char *tide_key_part_take(const char **key, size_t *key_bytes, size_t *bytes);

#endif
