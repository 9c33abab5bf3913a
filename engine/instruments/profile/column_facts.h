/*
 * column_facts: what the fields of a sampled column look like.
 * Owns:     nothing; names point into the sample.
 * Threads:  one.
 * Blocks:   never; allocates nothing.
 * Errors:   none.
 * Limits:   as sample.h.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_COLUMN_FACTS_H
#define TIDE_INSTRUMENTS_PROFILE_COLUMN_FACTS_H

#include "engine/instruments/profile/sample.h"
#include "engine/instruments/profile/time_guess.h"
#include "engine/plan/plan.h"

struct tide_column_facts {
    struct tide_sample_field name; /* empty without a header */
    uint32_t rows, present;        /* present: not missing */
    uint32_t distinct;             /* of the present ones; hashed, so perhaps a few less */
    uint32_t numbers;              /* with the decimal mark a point */
    uint32_t comma_numbers;        /* with the decimal mark a comma */
    uint32_t fractions;            /* numbers with a decimal mark in them */
    uint32_t auto_times;           /* --time-format auto reads them */
    uint32_t times;                /* time_format reads them, within the years 1990 to 2099 if they
                                      are written as a plain number */
    char time_format[TIDE_TIME_GUESS_BYTES]; /* the one that reads most; auto if none does */
};

/* first_row: 1 if the sample's first record is a header, else 0. */
void tide_column_facts_gather(struct tide_column_facts *facts, const struct tide_sample *sample,
                              uint32_t column, uint32_t first_row, const struct tide_plan *plan);

/* Is it a time by this format, and a likely one? */
bool tide_column_is_time(const char *format, const struct tide_plan *plan,
                         const struct tide_sample_field *field);

#endif
