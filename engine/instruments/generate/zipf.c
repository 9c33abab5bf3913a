/* Rejection-inversion (W. Hoermann and G. Derflinger, "Rejection-Inversion to Generate Variates
 * from Monotone Discrete Distributions", ACM TOMACS 6(3), 1996): invert the integral of x^-S, which
 * lies above the steps, and reject what falls between the two. All in doubles, by elementary.h. */
#include "engine/instruments/generate/zipf.h"

#include "engine/instruments/generate/elementary.h"
#include "engine/instruments/generate/random.h"

/* x^-S */
static double height(const struct tide_zipf *zipf, double x)
{
    return tide_exp(-zipf->exponent * tide_log(x));
}

/* The integral of t^-S from 1 to x: (x^(1-S) - 1) / (1-S), ln x for S = 1. */
static double integral(const struct tide_zipf *zipf, double x)
{
    double log_x = tide_log(x);
    return tide_expm1_ratio((1 - zipf->exponent) * log_x) * log_x;
}

/* The x whose integral this is. For S > 1 the integral has a limit: rounding must not reach it. */
static double integral_inverse(const struct tide_zipf *zipf, double area)
{
    double t = area * (1 - zipf->exponent);
    const double nearest = -1 + 0x1p-53;
    if (t < nearest) t = nearest;
    return tide_exp(tide_log1p_ratio(t) * area);
}

void tide_zipf_init(struct tide_zipf *zipf, double exponent, uint64_t count)
{
    *zipf = (struct tide_zipf){.exponent = exponent, .count = (double)count};
    zipf->integral_low = integral(zipf, zipf->count + 0.5);
    zipf->integral_span = integral(zipf, 1.5) - 1 - zipf->integral_low;
    zipf->accept_below = 2 - integral_inverse(zipf, integral(zipf, 2.5) - height(zipf, 2));
}

uint64_t tide_zipf_draw(const struct tide_zipf *zipf, uint64_t draw)
{
    for (struct tide_random more = {.state = draw};; draw = tide_random_next(&more)) {
        double area = zipf->integral_low + tide_random_unit(draw) * zipf->integral_span;
        double x = integral_inverse(zipf, area);
        double rank = x < 1 ? 1 : x >= zipf->count ? zipf->count : (double)(uint64_t)(x + 0.5);
        if (rank - x <= zipf->accept_below) return (uint64_t)rank;
        if (area >= integral(zipf, rank + 0.5) - height(zipf, rank)) return (uint64_t)rank;
    }
}
