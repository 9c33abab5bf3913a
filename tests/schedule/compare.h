/* Are two runs' outputs the same, as far as --order promises? */
#ifndef TIDE_TESTS_SCHEDULE_COMPARE_H
#define TIDE_TESTS_SCHEDULE_COMPARE_H

#include "tests/schedule/drive.h"

enum { COMPARE_TEXT_BYTES = 2048 };

/* Each true, or a description of the first difference in `why`. */
bool compare_texts(const struct outcome *want, const struct outcome *have,
                   const struct tide_plan *plan, char why[COMPARE_TEXT_BYTES]);
bool compare_totals(const struct tide_totals *want, const struct tide_totals *have,
                    char why[COMPARE_TEXT_BYTES]);

/* Is each output of `have` the front of that of `whole`? */
bool compare_fronts(const struct outcome *whole, const struct outcome *have,
                    char why[COMPARE_TEXT_BYTES]);

#endif
