/*
 * amounts: how much a generated row is worth, in cents: --amounts.
 * Owns:     nothing.
 * Threads:  read-only after it is read.
 * Blocks:   never; allocates nothing.
 * Errors:   exit 2 for a text that is no shape.
 * Limits:   TIDE_CENTS_MAX, where a longer tail is cut off.
 */
#ifndef TIDE_INSTRUMENTS_GENERATE_AMOUNTS_H
#define TIDE_INSTRUMENTS_GENERATE_AMOUNTS_H

#include "engine/instruments/generate/random.h"
#include "engine/plan/setting.h"

#define TIDE_CENTS_MAX UINT64_C(100000000000000000) /* 10^17 */

struct tide_amounts {
    bool is_lognormal;
    uint64_t below_cents; /* uniform: 0 .. below_cents - 1 */
    double median_cents, sigma;
    uint64_t high_cents; /* what only few ordinary amounts pass, if any: uniform's bound, or
                            lognormal's median x e^(3 sigma) (1 in 741 are above) */
};

/* Reads `uniform[:BELOW]` or `lognormal[:MEDIAN/SIGMA]` from option `id`. */
TIDE_MUST_USE bool tide_amounts_read(struct tide_amounts *amounts,
                                     const struct tide_settings *settings, unsigned id);

/* tide_amounts_draw for lognormal. */
uint64_t tide_amounts_draw_lognormal(const struct tide_amounts *amounts, uint64_t draw);

/* Cents for 64 random bits. */
static inline uint64_t tide_amounts_draw(const struct tide_amounts *amounts, uint64_t draw)
{
    if (!amounts->is_lognormal) return tide_random_below(draw, amounts->below_cents);
    return tide_amounts_draw_lognormal(amounts, draw);
}

#endif
