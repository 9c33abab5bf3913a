#include "engine/instruments/profile/lateness.h"

enum { S = 1000, MIN = 60 * S, H = 60 * MIN };
#define D ((int64_t)24 * H)

static const int64_t usual_bounds_ms[] = {
    0,     1 * S,  2 * S, 5 * S, 10 * S, 30 * S, 1 * MIN, 5 * MIN, 10 * MIN, 30 * MIN, 1 * H,
    6 * H, 12 * H, 1 * D, 2 * D, 7 * D,  30 * D, 90 * D,  365 * D, 1000 * D, 3650 * D};
static const int64_t usual_futures_ms[] = {INT64_MAX, 3650 * D, 1000 * D, 365 * D,  30 * D, 7 * D,
                                           1 * D,     6 * H,    1 * H,    10 * MIN, 1 * MIN};

static int64_t minus(int64_t a, int64_t b)
{
    int64_t difference;
    if (!__builtin_sub_overflow(a, b, &difference)) return difference;
    return a < 0 ? INT64_MIN : INT64_MAX;
}

/* Puts a number where it belongs among ascending ones, unless it is there. Returns its place. */
static unsigned insert(int64_t *numbers, unsigned *count, int64_t number)
{
    unsigned at = 0;
    while (at < *count && numbers[at] < number) at++;
    if (at < *count && numbers[at] == number) return at;
    for (unsigned i = (*count)++; i > at; i--) numbers[i] = numbers[i - 1];
    numbers[at] = number;
    return at;
}

void tide_lateness_init(struct tide_lateness *lateness, const struct tide_plan *plan)
{
    *lateness = (struct tide_lateness){
        .window = plan->window,
        .shape = plan->shape,
        .allowed_ms = plan->lateness_ms,
        .has_gaps = tide_window_has_gaps(&plan->shape),
    };
    for (unsigned i = 0; i < sizeof usual_bounds_ms / sizeof *usual_bounds_ms; i++)
        insert(lateness->bounds_ms, &lateness->bound_count, usual_bounds_ms[i]);
    if (!plan->unbounded) insert(lateness->bounds_ms, &lateness->bound_count, plan->bound_ms);

    int64_t futures_ms[TIDE_LATENESS_COURSES_MAX];
    unsigned count = 0, usual = sizeof usual_futures_ms / sizeof *usual_futures_ms;
    const int64_t own_ms = plan->max_future_ms < 0 ? INT64_MAX : plan->max_future_ms;
    for (unsigned i = 0; i < usual; i++) insert(futures_ms, &count, usual_futures_ms[i]);
    lateness->own = insert(futures_ms, &count, own_ms);
    lateness->own = count - 1 - lateness->own; /* the courses are in falling order */
    lateness->course_count = lateness->shared = count;
    for (unsigned i = 0; i < count; i++)
        lateness->courses[i] = (struct tide_lateness_course){
            .max_future_ms = futures_ms[count - 1 - i], .late_for_ms = -1};
}

/* Looks up what windows start and end around a time. */
static void find_window(struct tide_lateness *lateness, int64_t time_ms)
{
    if (lateness->window->kind == TIDE_WINDOW_COUNT) { /* nothing is late */
        lateness->start_ms = INT64_MIN;
        lateness->next_ms = lateness->window_end_ms = INT64_MAX;
        return;
    }
    lateness->start_ms = lateness->window->start(&lateness->shape, time_ms);
    lateness->window_end_ms = tide_window_end(&lateness->shape, lateness->start_ms);
    if (__builtin_add_overflow(lateness->start_ms, lateness->shape.slide_ms, &lateness->next_ms))
        lateness->next_ms = INT64_MAX;
}

/* The end of the last window of a time: what decides when the row is late. */
static inline int64_t window_end(struct tide_lateness *lateness, int64_t time_ms)
{
    if (time_ms < lateness->start_ms || time_ms >= lateness->next_ms)
        find_window(lateness, time_ms);
    return TIDE_UNLIKELY(lateness->is_in_gap) ? time_ms + 1 : lateness->window_end_ms;
}

/* A row below the greatest time of its course. */
static void count_old(struct tide_lateness *lateness, struct tide_lateness_course *course,
                      int64_t time_ms)
{
    const int64_t late_for_ms =
        minus(minus(course->time_max_ms, window_end(lateness, time_ms)), lateness->allowed_ms);
    if (late_for_ms < 0) return;
    unsigned bound = lateness->bound_count - 1;
    while (lateness->bounds_ms[bound] > late_for_ms) bound--; /* bounds_ms[0] is 0 */
    course->counts[bound]++;
    course->gap_counts[bound] += lateness->is_in_gap;
    if (late_for_ms > course->late_for_ms) course->late_for_ms = late_for_ms;
}

/* False: it is rejected as future. */
static bool add_to_course(struct tide_lateness *lateness, struct tide_lateness_course *course,
                          int64_t time_ms)
{
    if (time_ms > course->time_max_ms) {
        if (minus(time_ms, course->time_max_ms) > course->max_future_ms) {
            course->future++;
            return false;
        }
        course->time_max_ms = time_ms;
    } else if (time_ms < course->time_max_ms) {
        count_old(lateness, course, time_ms);
    }
    course->accepted++;
    course->in_gap += lateness->is_in_gap;
    return true;
}

/* The courses that reject this row for the first time go their own ways from here on. */
static void part(struct tide_lateness *lateness, int64_t ahead_ms)
{
    while (lateness->shared > 1 &&
           ahead_ms > lateness->courses[lateness->shared - 1].max_future_ms) {
        struct tide_lateness_course *course = &lateness->courses[--lateness->shared];
        const int64_t max_future_ms = course->max_future_ms;
        *course = lateness->courses[0];
        course->max_future_ms = max_future_ms;
    }
}

struct tide_lateness_verdict tide_lateness_add(struct tide_lateness *lateness, int64_t time_ms)
{
    struct tide_lateness_verdict verdict = {0};
    struct tide_lateness_course *courses = lateness->courses;
    if (TIDE_UNLIKELY(lateness->has_gaps)) {
        lateness->is_in_gap = false;
        lateness->is_in_gap = window_end(lateness, time_ms) <= time_ms;
    }
    if (TIDE_UNLIKELY(!lateness->has_time)) {
        lateness->has_time = true;
        courses[0].time_max_ms = time_ms;
        courses[0].accepted = 1;
        courses[0].in_gap = lateness->is_in_gap;
        return verdict;
    }
    if (time_ms > courses[0].time_max_ms) part(lateness, minus(time_ms, courses[0].time_max_ms));
    const unsigned own = lateness->own < lateness->shared ? 0 : lateness->own;
    const int64_t difference_ms = minus(time_ms, courses[own].time_max_ms);
    const bool is_accepted = add_to_course(lateness, &courses[0], time_ms);
    verdict.is_future = own == 0 && !is_accepted;
    for (unsigned i = lateness->shared; TIDE_UNLIKELY(i < lateness->course_count); i++)
        if (!add_to_course(lateness, &courses[i], time_ms) && i == own) verdict.is_future = true;
    if (difference_ms > 0) verdict.ahead_ms = difference_ms;
    else verdict.behind_ms = difference_ms == INT64_MIN ? INT64_MAX : -difference_ms;
    return verdict;
}

const struct tide_lateness_course *tide_lateness_course(const struct tide_lateness *lateness,
                                                        unsigned course)
{
    return &lateness->courses[course < lateness->shared ? 0 : course];
}

int64_t tide_lateness_max_future_ms(const struct tide_lateness *lateness, unsigned course)
{
    return lateness->courses[course].max_future_ms;
}

uint64_t tide_lateness_late(const struct tide_lateness_course *course, unsigned bound_count,
                            unsigned bound)
{
    uint64_t late = 0;
    for (; bound < bound_count; bound++) late += course->counts[bound];
    return late;
}

bool tide_lateness_is_exact(const struct tide_lateness *lateness)
{
    return lateness->window->kind != TIDE_WINDOW_SESSION;
}

uint64_t tide_lateness_gap(const struct tide_lateness_course *course, unsigned bound_count,
                           unsigned bound)
{
    uint64_t gap = course->in_gap;
    for (; bound < bound_count; bound++) gap -= course->gap_counts[bound];
    return gap;
}
