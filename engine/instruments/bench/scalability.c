#include "engine/instruments/bench/scalability.h"

#include <math.h>

enum { PARAMETERS = 3, STEPS_MAX = 1000 };

/* Bits for lambda, sigma and kappa: which of them are fitted. */
enum { LAMBDA = 1, SIGMA = 2, KAPPA = 4 };

/* Damping of a step: at first, and where even the smallest step along the slope helps no more. */
#define DAMPING_START 1e-3
#define DAMPING_MOST  1e15

struct fit {
    double parameters[PARAMETERS];
    double error; /* sum of squared relative errors */
};

struct data {
    const struct tide_usl_point *points;
    unsigned count;
};

static double denominator(const double parameters[PARAMETERS], double n)
{
    return 1 + parameters[1] * (n - 1) + parameters[2] * n * (n - 1);
}

static double error_of(const struct data *data, const double parameters[PARAMETERS])
{
    double error = 0;
    for (unsigned i = 0; i < data->count; i++) {
        double n = data->points[i].parallelism, below = denominator(parameters, n);
        if (!(below > 0)) return INFINITY;
        double off = parameters[0] * n / below / data->points[i].throughput - 1;
        error += off * off;
    }
    return isfinite(error) ? error : INFINITY;
}

/* Solves the 3 x 3 system by Gauss-Jordan with pivots. False: singular. */
static bool solve(double rows[PARAMETERS][PARAMETERS + 1])
{
    for (unsigned i = 0; i < PARAMETERS; i++) {
        unsigned pivot = i;
        for (unsigned j = i + 1; j < PARAMETERS; j++)
            if (fabs(rows[j][i]) > fabs(rows[pivot][i])) pivot = j;
        if (!(fabs(rows[pivot][i]) > 1e-300)) return false;
        for (unsigned k = 0; k <= PARAMETERS; k++) {
            double swapped = rows[i][k];
            rows[i][k] = rows[pivot][k];
            rows[pivot][k] = swapped;
        }
        for (unsigned j = 0; j < PARAMETERS; j++) {
            if (j == i) continue;
            double factor = rows[j][i] / rows[i][i];
            for (unsigned k = i; k <= PARAMETERS; k++) rows[j][k] -= factor * rows[i][k];
        }
    }
    for (unsigned i = 0; i < PARAMETERS; i++) rows[i][PARAMETERS] /= rows[i][i];
    return true;
}

/* Adds one equation `factors . x = value` to the normal equations; what is not fitted stays out. */
static void add_equation(double rows[PARAMETERS][PARAMETERS + 1], unsigned fitted,
                         const double factors[PARAMETERS], double value)
{
    for (unsigned i = 0; i < PARAMETERS; i++) {
        if (!(fitted >> i & 1)) continue;
        for (unsigned j = 0; j < PARAMETERS; j++)
            if (fitted >> j & 1) rows[i][j] += factors[i] * factors[j];
        rows[i][PARAMETERS] += factors[i] * value;
    }
}

/* Solves for what is fitted; the others come out as 0. */
static bool solve_fitted(double rows[PARAMETERS][PARAMETERS + 1], unsigned fitted)
{
    for (unsigned i = 0; i < PARAMETERS; i++)
        if (!(fitted >> i & 1)) rows[i][i] = 1;
    return solve(rows);
}

/* A start: N / X = (1 + sigma (N - 1) + kappa N (N - 1)) / lambda is linear in 1 / lambda, sigma /
 * lambda and kappa / lambda. Each equation is divided by its left side, for relative errors. False:
 * the answer makes no sense. */
static bool start(const struct data *data, unsigned fitted, struct fit *fit)
{
    double rows[PARAMETERS][PARAMETERS + 1] = {{0}};
    for (unsigned i = 0; i < data->count; i++) {
        double n = data->points[i].parallelism, weight = data->points[i].throughput / n;
        const double factors[] = {weight, weight * (n - 1), weight * n * (n - 1)};
        add_equation(rows, fitted, factors, 1);
    }
    if (!solve_fitted(rows, fitted) || !(rows[0][PARAMETERS] > 0)) return false;
    fit->parameters[0] = 1 / rows[0][PARAMETERS];
    for (unsigned i = 1; i < PARAMETERS; i++)
        fit->parameters[i] = fmax(0, rows[i][PARAMETERS] * fit->parameters[0]);
    fit->error = error_of(data, fit->parameters);
    return isfinite(fit->error);
}

/* The normal equations of a step. Returns what may move: all but what is 0 and would fall. */
static unsigned linearise(const struct data *data, const struct fit *fit,
                          double rows[PARAMETERS][PARAMETERS + 1])
{
    unsigned fitted = LAMBDA | SIGMA | KAPPA;
    for (unsigned i = 0; i < data->count; i++) {
        double n = data->points[i].parallelism, below = denominator(fit->parameters, n);
        double ratio = fit->parameters[0] * n / below / data->points[i].throughput;
        const double slopes[] = {ratio / fit->parameters[0], -ratio * (n - 1) / below,
                                 -ratio * n * (n - 1) / below};
        add_equation(rows, fitted, slopes, 1 - ratio);
    }
    for (unsigned i = 1; i < PARAMETERS; i++)
        if (fit->parameters[i] <= 0 && rows[i][PARAMETERS] <= 0) fitted &= ~(1u << i);
    for (unsigned i = 0; i < PARAMETERS; i++)
        for (unsigned j = 0; j < PARAMETERS; j++)
            if (i != j && !(fitted >> i & fitted >> j & 1)) rows[i][j] = 0;
    for (unsigned i = 0; i < PARAMETERS; i++)
        if (!(fitted >> i & 1)) rows[i][PARAMETERS] = 0;
    return fitted;
}

/* The step of K. Levenberg and D. Marquardt, cut off at 0. False: it makes things no better. */
static bool step(const struct data *data, double damping, struct fit *fit)
{
    double rows[PARAMETERS][PARAMETERS + 1] = {{0}};
    struct fit next;
    unsigned fitted = linearise(data, fit, rows);
    for (unsigned i = 0; i < PARAMETERS; i++) rows[i][i] *= 1 + damping;
    if (!solve_fitted(rows, fitted)) return false;
    for (unsigned i = 0; i < PARAMETERS; i++)
        next.parameters[i] = fmax(0, fit->parameters[i] + rows[i][PARAMETERS]);
    next.error = next.parameters[0] > 0 ? error_of(data, next.parameters) : INFINITY;
    if (!(next.error < fit->error)) return false;
    *fit = next;
    return true;
}

static void improve(const struct data *data, struct fit *fit)
{
    double damping = DAMPING_START;
    for (unsigned i = 0; i < STEPS_MAX && damping < DAMPING_MOST; i++)
        damping *= step(data, damping, fit) ? 0.1 : 10;
}

static double peak_of(double sigma, double kappa)
{
    if (sigma >= 1) return 1; /* a second worker gains nothing */
    return kappa > 0 ? sqrt((1 - sigma) / kappa) : 0;
}

static void describe(const struct data *data, const struct fit *fit, struct tide_usl *usl)
{
    *usl = (struct tide_usl){.lambda = fit->parameters[0],
                             .sigma = fit->parameters[1],
                             .kappa = fit->parameters[2],
                             .point_count = data->count};
    usl->peak = peak_of(usl->sigma, usl->kappa);
    double mean = 0, about_mean = 0, about_fit = 0;
    for (unsigned i = 0; i < data->count; i++) mean += data->points[i].throughput / data->count;
    for (unsigned i = 0; i < data->count; i++) {
        double measured = data->points[i].throughput;
        double off = tide_usl_throughput(usl, data->points[i].parallelism) - measured;
        about_mean += (measured - mean) * (measured - mean);
        about_fit += off * off;
        if (fabs(off) / measured > usl->error_most) usl->error_most = fabs(off) / measured;
    }
    usl->r_squared = about_mean > 0 ? 1 - about_fit / about_mean : 1;
}

static unsigned count_distinct(const struct tide_usl_point points[], unsigned count)
{
    unsigned distinct = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned j = 0;
        while (j < i && points[j].parallelism != points[i].parallelism) j++;
        distinct += j == i;
    }
    return distinct;
}

bool tide_usl_fit(const struct tide_usl_point points[], unsigned count, struct tide_usl *usl,
                  struct tide_error *error)
{
    /* Noisy points may have several hollows: begin with each parameter given a chance to be 0. */
    static const unsigned subsets[] = {LAMBDA | SIGMA | KAPPA, LAMBDA | SIGMA, LAMBDA | KAPPA,
                                       LAMBDA};
    const struct data data = {points, count};
    struct fit best = {.error = INFINITY};
    unsigned distinct = count_distinct(points, count);
    if (distinct < TIDE_USL_LEVELS_MIN)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "no scalability law: it takes %d parallelisms within the cores, and "
                              "there are %u",
                              TIDE_USL_LEVELS_MIN, distinct);
    for (unsigned i = 0; i < count; i++)
        if (!(points[i].parallelism >= 1 && points[i].throughput > 0 &&
              isfinite(points[i].throughput)))
            return tide_error_set(error, TIDE_EXIT_FAILED,
                                  "no scalability law: nothing was measured at N = %g",
                                  points[i].parallelism);
    for (unsigned i = 0; i < sizeof subsets / sizeof subsets[0]; i++) {
        struct fit fit;
        if (!start(&data, subsets[i], &fit)) continue;
        improve(&data, &fit);
        if (fit.error < best.error) best = fit;
    }
    if (isinf(best.error))
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "no scalability law: no lambda, sigma and kappa fit");
    describe(&data, &best, usl);
    return true;
}

bool tide_usl_fit_levels(const struct tide_level_figures levels[], unsigned level_count,
                         struct tide_usl *usl, struct tide_error *error)
{
    struct tide_usl_point points[TIDE_USL_POINTS_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < level_count && count < TIDE_USL_POINTS_MAX; i++) {
        const struct tide_level_figures *level = &levels[i];
        if (level->parallelism > level->cores || !(level->wall_s.median > 0)) continue;
        points[count++] =
            (struct tide_usl_point){level->parallelism, (double)level->rows / level->wall_s.median};
    }
    return tide_usl_fit(points, count, usl, error);
}

double tide_usl_throughput(const struct tide_usl *usl, double parallelism)
{
    const double parameters[] = {usl->lambda, usl->sigma, usl->kappa};
    return usl->lambda * parallelism / denominator(parameters, parallelism);
}
