/*
 * gen: the yardstick's input: ROWS transactions at 1000 a second of event time.
 *
 *   gen ROWS KEYS DISORDER_S
 *
 * Keys tx0 .. tx(KEYS-1), all equally likely; KEYS 0: every row its own. A row's time lies up to
 * DISORDER_S seconds behind the one its place would give. Amounts 0.00 .. 4999.99. The same
 * arguments give the same bytes on every machine.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BUFFER_BYTES = 1 << 20, ROWS_PER_SECOND = 1000, CENTS_COUNT = 500000 };
static const long first_s = 1715421600; /* 2024-05-11 10:00:00 UTC */

/* xorshift64 (G. Marsaglia, "Xorshift RNGs", 2003) */
static uint64_t draw(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static const char *time_text(time_t time)
{
    static time_t printed = -1;
    static char text[32];
    if (time == printed) return text;
    struct tm calendar;
    gmtime_r(&time, &calendar);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &calendar);
    printed = time;
    return text;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: gen ROWS KEYS DISORDER_S\n");
        return 2;
    }
    long row_count = atol(argv[1]), key_count = atol(argv[2]), disorder_s = atol(argv[3]);
    static char buffer[BUFFER_BYTES];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    puts("transaction_id,timestamp,amount");
    for (long row = 0; row < row_count; row++) {
        long time = first_s + row / ROWS_PER_SECOND;
        if (disorder_s > 0) time -= (long)(draw() % (uint64_t)(disorder_s + 1));
        long key = key_count > 0 ? (long)(draw() % (uint64_t)key_count) : row;
        unsigned long cents = (unsigned long)(draw() % CENTS_COUNT);
        printf("tx%ld,%s,%lu.%02lu\n", key, time_text(time), cents / 100, cents % 100);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
