#include "engine/instruments/bench/statistics.h"

#include <stdbool.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Between neighbours by proportion: type 7 of R. J. Hyndman and Y. Fan, "Sample Quantiles in
 * Statistical Packages", 1996. */
static double quantile(const double sorted[], unsigned count, double share)
{
    double place = share * (count - 1);
    unsigned below = (unsigned)place;
    unsigned above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

/* The median of the distances of sorted values from their median, without a copy: the nearest
 * value is always one of the two next to those already taken. */
static double median_distance(const double sorted[], unsigned count, double median)
{
    unsigned right = 0;
    while (right < count && sorted[right] < median) right++;
    unsigned left = right; /* [left, right) is taken */
    double last = 0, before_last = 0;
    for (unsigned taken = 0; taken < count / 2 + 1; taken++) {
        bool go_left =
            right == count || (left > 0 && median - sorted[left - 1] <= sorted[right] - median);
        before_last = last;
        last = go_left ? median - sorted[--left] : sorted[right++] - median;
    }
    return count % 2 == 1 ? last : (last + before_last) / 2;
}

void tide_summarise(double values[], unsigned count, struct tide_summary *summary)
{
    *summary = (struct tide_summary){.count = count};
    if (count == 0) return;
    qsort(values, count, sizeof *values, compare);
    summary->least = values[0];
    summary->quartile_low = quantile(values, count, 0.25);
    summary->median = quantile(values, count, 0.5);
    summary->quartile_high = quantile(values, count, 0.75);
    summary->most = values[count - 1];
    summary->deviation = median_distance(values, count, summary->median);
    double fence = 1.5 * (summary->quartile_high - summary->quartile_low);
    for (unsigned i = 0; i < count; i++)
        if (values[i] < summary->quartile_low - fence || values[i] > summary->quartile_high + fence)
            summary->outliers++;
}

double tide_summary_noise(const struct tide_summary *summary)
{
    return summary->median > 0 ? 1.4826 * summary->deviation / summary->median : 0;
}
