/* What every fuzz target stands on: its entry, its checks, and an input taken apart. */
#ifndef TIDE_TESTS_FUZZ_TARGET_H
#define TIDE_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Called by libFuzzer or by driver.c for each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

_Noreturn static inline void fuzz_fail(const char *file, int line, const char *statement)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, statement);
    abort();
}

/* What must hold for every input; in every build. */
#define FUZZ_CHECK(x) ((x) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #x))

/* An input: numbers that say what to do with it are taken from its end, so that a file as it is
 * makes a good first input; what is left is the text. */
struct feed {
    const char *text;
    size_t bytes;
};

/* 0 .. limit - 1; 0 when nothing is left. limit <= 65536 */
static inline uint32_t feed_number(struct feed *feed, uint32_t limit)
{
    uint32_t number = 0;
    for (uint32_t span = 1; span < limit && feed->bytes > 0; span <<= 8)
        number = number << 8 | (uint8_t)feed->text[--feed->bytes];
    return number % limit;
}

#endif
