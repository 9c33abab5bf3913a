#include "bench/micro/measure.h"

#include "engine/base/clock.h"
#include "engine/flow/ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct measure measure_begin(const char *bench, int argc, char **argv)
{
    unsigned long repeats = MEASURE_REPEATS_DEFAULT;
    char *end = NULL;
    if (argc == 2) repeats = strtoul(argv[1], &end, 10);
    if (argc > 2 || (end && *end) || repeats < 1 || repeats > MEASURE_REPEATS_MAX) {
        fprintf(stderr, "usage: micro_%s [REPEATS]: 1 to %d timed runs of each case\n", bench,
                MEASURE_REPEATS_MAX);
        exit(2);
    }
    return (struct measure){bench, (unsigned)repeats};
}

static int by_size(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

void measure_case(const struct measure *measure, const struct measure_case *measured)
{
    int64_t times_ns[MEASURE_REPEATS_MAX];
    measured->run(measured->self);
    for (unsigned i = 0; i < measure->repeats; i++) {
        int64_t begin_ns = tide_clock_ns();
        measured->run(measured->self);
        times_ns[i] = tide_clock_ns() - begin_ns;
    }
    qsort(times_ns, measure->repeats, sizeof times_ns[0], by_size);
    double units = (double)measured->unit_count;
    double median_ns = (double)times_ns[measure->repeats / 2];
    printf("{\"bench\": \"%s\", \"case\": \"%s\", \"variant\": \"%s\", \"unit\": \"%s\", "
           "\"units\": %llu, \"repeats\": %u, \"ns_median\": %.3f, \"ns_least\": %.3f, "
           "\"ns_greatest\": %.3f",
           measure->bench, measured->name, measured->variant, measured->unit,
           (unsigned long long)measured->unit_count, measure->repeats, median_ns / units,
           (double)times_ns[0] / units, (double)times_ns[measure->repeats - 1] / units);
    if (measured->byte_count)
        printf(", \"gb_per_s\": %.3f", (double)measured->byte_count / median_ns);
    printf("}\n");
    fflush(stdout);
}

void *measure_alloc_parties(size_t count, size_t bytes)
{
    void *room = tide_alloc_aligned(TIDE_PARTY_BYTES, count * bytes);
    TIDE_ASSERT(room);
    return memset(room, 0, count * bytes);
}
