/* Is the checksum the same wherever the bytes are cut and whatever adds them up, and does it tell
 * changes? */
#include "engine/text/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chance.h"
#include "scanners.h"

#include <string.h>

enum { BYTES = 40000, ROUNDS = 2000 };

static char bytes[BYTES];

static void draw_bytes(struct chance *chance)
{
    for (unsigned i = 0; i < BYTES; i++) bytes[i] = (char)('0' + chance_below(chance, 10));
}

static struct tide_checksum checksum_of(size_t count)
{
    struct tide_checksum checksum = {0};
    tide_checksum_add(&checksum, tide_scanner_select(TIDE_SCANNER_PORTABLE)->add_stripes, bytes,
                      count);
    return checksum;
}

static void a_changed_bit_is_told(void **state)
{
    (void)state;
    enum { FEW_BYTES = 1000 };
    struct chance chance = chance_begin();
    draw_bytes(&chance);
    struct tide_checksum before = checksum_of(FEW_BYTES);
    for (unsigned bit = 0; bit < FEW_BYTES * 8; bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        struct tide_checksum after = checksum_of(FEW_BYTES);
        assert_false(tide_checksum_equals(&before, &after));
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
    }
}

/* Digits that change places, at distances that are hard on sums and on rotations. */
static void two_that_have_changed_places_are_told(void **state)
{
    (void)state;
    static const unsigned distances[] = {1, 8, 64, 512, 64 * 64, 128 * 64, 256 * 64, 512 * 64};
    struct chance chance = chance_begin();
    draw_bytes(&chance);
    struct tide_checksum before = checksum_of(BYTES);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned distance = distances[chance_below(&chance, sizeof distances / sizeof *distances)];
        unsigned at = chance_below(&chance, BYTES - distance);
        char here = bytes[at], there = bytes[at + distance];
        if (here == there) continue;
        bytes[at] = there;
        bytes[at + distance] = here;
        struct tide_checksum after = checksum_of(BYTES);
        assert_false(tide_checksum_equals(&before, &after));
        bytes[at] = here;
        bytes[at + distance] = there;
    }
}

static void other_lengths_are_told(void **state)
{
    (void)state;
    memset(bytes, 0, sizeof bytes);
    for (unsigned count = 0; count < 300; count++) {
        struct tide_checksum shorter = checksum_of(count), longer = checksum_of(count + 1);
        assert_false(tide_checksum_equals(&shorter, &longer));
    }
}

static void the_same_bytes_have_the_same_checksum_however_they_come(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    draw_bytes(&chance);
    for (unsigned round = 0; round < ROUNDS / 10; round++) {
        size_t count = chance_below(&chance, BYTES);
        struct tide_checksum expected = checksum_of(count), checksum = {0};
        tide_checksum_stripes *add = scanner_at(round % scanner_count())->add_stripes;
        for (size_t sent = 0; sent < count;) {
            size_t part = 1 + chance_below(&chance, chance_is(&chance, 3) ? 10 : 3000);
            if (part > count - sent) part = count - sent;
            tide_checksum_add(&checksum, add, bytes + sent, part);
            sent += part;
        }
        assert_true(tide_checksum_equals(&checksum, &expected));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_changed_bit_is_told),
        cmocka_unit_test(two_that_have_changed_places_are_told),
        cmocka_unit_test(other_lengths_are_told),
        cmocka_unit_test(the_same_bytes_have_the_same_checksum_however_they_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
