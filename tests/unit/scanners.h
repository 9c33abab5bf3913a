/* The scanners that this machine can run, each once. */
#ifndef TIDE_TESTS_SCANNERS_H
#define TIDE_TESTS_SCANNERS_H

#include "engine/text/scan.h"

#include <stdio.h>

static const enum tide_scanner_choice scanner_choices[] = {TIDE_SCANNER_PORTABLE, TIDE_SCANNER_AVX2,
                                                           TIDE_SCANNER_BEST};
enum { SCANNER_CHOICES = sizeof scanner_choices / sizeof scanner_choices[0] };

/* Choices go from slow to fast; a processor that lacks one gives the one before it again. */
static inline const struct tide_scanner *scanner_at(unsigned i)
{
    const struct tide_scanner *before = NULL;
    for (unsigned choice = 0; choice < SCANNER_CHOICES; choice++) {
        const struct tide_scanner *scanner = tide_scanner_select(scanner_choices[choice]);
        if (scanner == before) continue;
        if (i-- == 0) return scanner;
        before = scanner;
    }
    return NULL;
}

static inline unsigned scanner_count(void)
{
    unsigned count = 0;
    while (scanner_at(count)) count++;
    return count;
}

#endif
