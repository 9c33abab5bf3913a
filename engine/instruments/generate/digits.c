#include "engine/instruments/generate/digits.h"

static char digit(unsigned value)
{
    return (char)('0' + value % 10);
}

void tide_digits_init(struct tide_digits *digits)
{
    for (unsigned i = 0; i < 1000; i++) {
        struct tide_digits_entry *next = &digits->next[i], *first = &digits->first[i];
        *next = (struct tide_digits_entry){{digit(i / 100), digit(i / 10), digit(i)}, 3};
        unsigned zeros = i < 10 ? 2 : i < 100;
        *first = (struct tide_digits_entry){.bytes = (uint8_t)(3 - zeros)};
        memcpy(first->text, next->text + zeros, first->bytes);
    }
}
