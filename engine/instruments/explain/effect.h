/*
 * effect: what each option that was given changes in a run, against its default.
 * Owns:     nothing; the list belongs to the explanation.
 * Threads:  one.
 * Blocks:   never.
 * Errors:   false without memory.
 * Limits:   none.
 */
#ifndef TIDE_INSTRUMENTS_EXPLAIN_EFFECT_H
#define TIDE_INSTRUMENTS_EXPLAIN_EFFECT_H

#include "engine/instruments/explain/description.h"

/* Lists the run's options that were given and count, in the order of the table of options. The rest
 * of the explanation must be there. */
TIDE_MUST_USE bool tide_explain_options(struct tide_explanation *explanation);

#endif
