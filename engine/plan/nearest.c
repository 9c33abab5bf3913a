/* The optimal string alignment distance: R. A. Wagner and R. Lowrance, "An Extension of the
 * String-to-String Correction Problem", JACM 22 (1975), restricted to swaps of untouched
 * neighbours. */
#include "engine/plan/nearest.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static unsigned edits_max(size_t word_bytes)
{
    if (word_bytes <= 3) return 1;
    return word_bytes <= 6 ? 2 : (unsigned)(word_bytes / 3);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned distance(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    unsigned rows[3][TIDE_NEAREST_BYTES_MAX + 1];
    for (size_t j = 0; j <= b_bytes; j++) rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_bytes; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3], *above_that = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_bytes; j++) {
            int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                y == tolower((unsigned char)a[i - 2]))
                row[j] = least(row[j], above_that[j - 2] + 1);
        }
    }
    return rows[a_bytes % 3][b_bytes];
}

void tide_nearest_init(struct tide_nearest *nearest, const char *word, size_t bytes)
{
    *nearest = (struct tide_nearest){.word = word, .word_bytes = bytes};
    nearest->distance = edits_max(bytes) + 1;
}

void tide_nearest_offer(struct tide_nearest *nearest, const char *name)
{
    size_t bytes = strlen(name);
    if (bytes > TIDE_NEAREST_BYTES_MAX || nearest->word_bytes > TIDE_NEAREST_BYTES_MAX) return;
    unsigned found = distance(nearest->word, nearest->word_bytes, name, bytes);
    /* A beginning is as good as the most edits allowed, so that anything closer wins over it. */
    if (nearest->word_bytes >= 2 && strncasecmp(name, nearest->word, nearest->word_bytes) == 0)
        found = least(found, edits_max(nearest->word_bytes));
    if (found >= nearest->distance) return;
    nearest->distance = found;
    nearest->name = name;
}
