/*
 * decoder: what the scanner may take for a plain row under a given plan.
 * Owns:     nothing.
 * Threads:  set up once; the columns are taught by the parser.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   none.
 */
#ifndef TIDE_STAGES_DECODER_H
#define TIDE_STAGES_DECODER_H

#include "engine/plan/plan.h"
#include "engine/text/scan.h"

/* Without columns no row is plain yet. */
void tide_decoder_init(struct tide_decoder *decoder, const struct tide_plan *plan);

#endif
