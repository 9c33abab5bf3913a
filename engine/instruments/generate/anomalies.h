/*
 * anomalies: amounts that stand out, in rows that are known: --anomalies and --truth.
 * Owns:     nothing; the output is borrowed.
 * Threads:  one.
 * Blocks:   in writing the truth.
 * Errors:   exit 2 for a text that is no number of anomalies; exit 1 for what the output says.
 * Limits:   not more than rows.
 */
#ifndef TIDE_INSTRUMENTS_GENERATE_ANOMALIES_H
#define TIDE_INSTRUMENTS_GENERATE_ANOMALIES_H

#include "engine/base/output.h"
#include "engine/instruments/generate/amounts.h"
#include "engine/instruments/generate/row_text.h"

struct tide_anomaly_plan {
    uint64_t count;
    uint64_t extra_cents; /* what is put on top of a row's ordinary amount */
};

/* Reads `N[:FACTOR]` or `P%[:FACTOR]` from option `id`. */
TIDE_MUST_USE bool tide_anomalies_read(struct tide_anomaly_plan *plan,
                                       const struct tide_settings *settings, unsigned id,
                                       uint64_t row_count, const struct tide_amounts *amounts);

enum { TIDE_TRUTH_BUFFER_BYTES = 1 << 14 };

struct tide_anomalies {
    struct tide_anomaly_plan plan;
    uint64_t row_count;
    struct tide_random random; /* a stream of their own: other rows stay as they are */
    uint64_t index;            /* of the next one */
    uint64_t next_row;         /* UINT64_MAX: none is left */
    struct tide_output *truth; /* NULL: not wanted */
    size_t bytes;
    char buffer[TIDE_TRUTH_BUFFER_BYTES];
};

/* Begins with the truth's header. There is one anomaly in each of `count` stretches of equal
 * length, in any row of it. */
void tide_anomalies_init(struct tide_anomalies *anomalies, const struct tide_anomaly_plan *plan,
                         uint64_t row_count, uint64_t seed, struct tide_output *truth);

/* Plants one in row number next_row and goes on to the next; the writer is the rows'. */
TIDE_MUST_USE bool tide_anomalies_plant(struct tide_anomalies *anomalies, struct tide_made_row *row,
                                        struct tide_row_writer *writer, struct tide_error *error);

/* Writes what is left of the truth. */
TIDE_MUST_USE bool tide_anomalies_finish(struct tide_anomalies *anomalies,
                                         struct tide_error *error);

#endif
