#include "engine/instruments/generate/amounts.h"

#include "engine/instruments/generate/elementary.h"
#include "engine/instruments/generate/shape_text.h"

#include <math.h>
#include <string.h>

enum { UNIFORM, LOGNORMAL };
static const char *const words[] = {[UNIFORM] = "uniform", [LOGNORMAL] = "lognormal", NULL};
static const char forms[] = "uniform[:BELOW] and lognormal[:MEDIAN/SIGMA]";

enum { CENTS_SCALE = 2, SIGMA_SCALE = 6 };
static const uint64_t cents_most = UINT64_C(100000000000); /* a bound or median of 10^9 */

static uint64_t to_cents(double cents)
{
    return cents < (double)TIDE_CENTS_MAX ? (uint64_t)(cents + 0.5) : TIDE_CENTS_MAX;
}

static bool read_cents(const struct tide_settings *settings, unsigned id, const char *what,
                       const char *text, size_t bytes, uint64_t *cents)
{
    struct tide_shape_number number = {
        .what = what, .scale = CENTS_SCALE, .least = 1, .most = cents_most};
    return tide_shape_number(settings, id, text, bytes, &number, cents);
}

static bool read_lognormal(struct tide_amounts *amounts, const struct tide_settings *settings,
                           unsigned id, const char *detail)
{
    static const struct tide_shape_number sigma_number = {
        .what = "sigma", .scale = SIGMA_SCALE, .least = 0, .most = 5000000};
    size_t median_bytes = strcspn(detail, "/");
    uint64_t cents, sigma;
    if (!detail[median_bytes])
        return tide_setting_refuse(settings, id, "'%s' is not MEDIAN/SIGMA, as in 1000/1", detail);
    const char *sigma_text = detail + median_bytes + 1;
    if (!read_cents(settings, id, "median", detail, median_bytes, &cents) ||
        !tide_shape_number(settings, id, sigma_text, strlen(sigma_text), &sigma_number, &sigma))
        return false;
    amounts->median_cents = (double)cents;
    amounts->sigma = (double)sigma / 1000000;
    amounts->high_cents = to_cents(amounts->median_cents * tide_exp(3 * amounts->sigma));
    return true;
}

bool tide_amounts_read(struct tide_amounts *amounts, const struct tide_settings *settings,
                       unsigned id)
{
    const char *text = tide_options_text(settings->options, id);
    size_t word_bytes = strcspn(text, ":");
    const char *detail = text[word_bytes] ? text + word_bytes + 1 : NULL;
    unsigned shape;
    if (!tide_shape_word(settings, id, text, word_bytes, words, forms, &shape)) return false;
    *amounts = (struct tide_amounts){.is_lognormal = shape == LOGNORMAL};
    if (shape == LOGNORMAL)
        return read_lognormal(amounts, settings, id, detail ? detail : "1000/1");
    if (!detail) detail = "5000";
    if (!read_cents(settings, id, "bound", detail, strlen(detail), &amounts->below_cents))
        return false;
    amounts->high_cents = amounts->below_cents;
    return true;
}

/* A draw from the standard normal distribution. Algorithm: the polar method (G. Marsaglia and T. A.
 * Bray, "A Convenient Method for Generating Normal Variables", SIAM Review 6(3), 1964). sqrt is as
 * exact as the four operations: IEEE 754 says so. */
static double draw_normal(uint64_t draw)
{
    for (struct tide_random more = {.state = draw};;) {
        double x = 2 * tide_random_unit(tide_random_next(&more)) - 1;
        double y = 2 * tide_random_unit(tide_random_next(&more)) - 1;
        double s = x * x + y * y;
        if (s > 0 && s < 1) return x * sqrt(-2 * tide_log(s) / s);
    }
}

uint64_t tide_amounts_draw_lognormal(const struct tide_amounts *amounts, uint64_t draw)
{
    return to_cents(amounts->median_cents * tide_exp(amounts->sigma * draw_normal(draw)));
}
