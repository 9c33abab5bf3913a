/*
 * damage: rows that a run has to refuse: --malformed and --missing, their kinds and texts.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   exit 2 for a text that is no share with kinds.
 * Limits:   fields of TIDE_ROW_FIELD_BYTES.
 *
 * A kind is called as the reason that a run gives for it, a hyphen for each blank; stray-quote's
 * reason is `malformed amount`. There is no unbalanced quote: it would swallow the rows behind it.
 */
#ifndef TIDE_INSTRUMENTS_GENERATE_DAMAGE_H
#define TIDE_INSTRUMENTS_GENERATE_DAMAGE_H

#include "engine/plan/setting.h"

enum tide_damage {
    TIDE_DAMAGE_NONE,
    /* What --malformed does unless kinds are named, in the order it draws them. */
    TIDE_MALFORMED_TIME,
    TIDE_MALFORMED_AMOUNT,
    TIDE_MISSING_KEY,
    TIDE_MISSING_TIME,
    TIDE_MISSING_VALUE,
    TIDE_TOO_FEW_FIELDS,
    TIDE_STRAY_QUOTE,
    /* Only when named. */
    TIDE_TOO_MANY_DECIMALS,
    TIDE_AMOUNT_OUT_OF_RANGE,
    TIDE_NUL_BYTE,
    TIDE_ROW_TOO_LONG,
    TIDE_FUTURE,
    /* What --missing does: the field is empty or one of pandas' texts. */
    TIDE_NA_KEY,
    TIDE_NA_TIME,
    TIDE_NA_VALUE,
    TIDE_DAMAGE_COUNT,
};

enum {
    TIDE_DAMAGE_FILLER_BYTES = (1 << 20) + 1, /* more than --max-row-bytes is at first */
    TIDE_ROW_FIELDS_MAX = 3,
    TIDE_ROW_FIELD_BYTES = 96,
};
static const int64_t tide_future_ms = 3650LL * 24 * 3600 * 1000; /* how far ahead such a row is */

/* Which share of the rows, and which kinds, all equally likely. */
struct tide_damage_mix {
    uint32_t share; /* of TIDE_SHARE_WHOLE */
    unsigned kind_count;
    enum tide_damage kinds[TIDE_DAMAGE_COUNT];
};

/* Read `P%[:KIND[,KIND]...]` and `P%[:FIELD[,FIELD]...]` from option `id`. */
TIDE_MUST_USE bool tide_malformed_read(struct tide_damage_mix *mix,
                                       const struct tide_settings *settings, unsigned id);
TIDE_MUST_USE bool tide_missing_read(struct tide_damage_mix *mix,
                                     const struct tide_settings *settings, unsigned id);

/* Can the mix bring forth this kind? */
bool tide_damage_mix_has(const struct tide_damage_mix *mix, enum tide_damage kind);

/* The fields of a row, quotes not yet put around them. */
struct tide_row_fields {
    unsigned count;
    bool has_filler; /* TIDE_DAMAGE_FILLER_BYTES in one more field */
    size_t bytes[TIDE_ROW_FIELDS_MAX];
    char text[TIDE_ROW_FIELDS_MAX][TIDE_ROW_FIELD_BYTES]; /* key, time, amount */
};

/* Damages the fields; `detail` are random bits. A future row's time is the caller's to move. */
void tide_damage_do(enum tide_damage damage, uint64_t detail, struct tide_row_fields *fields);

#endif
