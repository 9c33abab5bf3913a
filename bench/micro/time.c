/* What does reading one time cost, in each form, and printing one? */
#include "bench/micro/job.h"
#include "bench/micro/measure.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TEXT_COUNT = 1024, TEXT_BYTES_MAX = 40, ROUNDS = 64 };

struct form {
    const char *name, *option, *zone;
    const char *pattern; /* of strftime; NULL: milliseconds since 1970 */
    const char *suffix;
};

/* clang-format off */
static const struct form forms[] = {
    {"calendar",               "auto",           "UTC",           "%Y-%m-%d %H:%M:%S", ""},
    {"calendar with .mmm",     "auto",           "UTC",           "%Y-%m-%d %H:%M:%S", ".123"},
    {"calendar with T and Z",  "auto",           "UTC",           "%Y-%m-%dT%H:%M:%S", "Z"},
    {"calendar with +hh:mm",   "auto",           "UTC",           "%Y-%m-%d %H:%M:%S", "+02:00"},
    {"date only",              "auto",           "UTC",           "%Y-%m-%d",          ""},
    {"calendar, named zone",   "auto",           "Europe/London", "%Y-%m-%d %H:%M:%S", ""},
    {"pattern %d/%m/%Y %H:%M", "%d/%m/%Y %H:%M", "UTC",           "%d/%m/%Y %H:%M",    ""},
    {"epoch-ms",               "epoch-ms",       "UTC",           NULL,                ""},
};
/* clang-format on */

struct scene {
    struct job job;
    char texts[TEXT_COUNT][TEXT_BYTES_MAX];
    size_t bytes[TEXT_COUNT];
    int64_t times_ms[TEXT_COUNT];
    struct tide_time_printer printer;
};

static void parse_all(void *self)
{
    struct scene *scene = self;
    int64_t time_ms, sum = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < TEXT_COUNT; i++) {
            bool is_time = tide_time_parse(&scene->job.plan.time_format, scene->texts[i],
                                           scene->bytes[i], &time_ms);
            TIDE_CHECK(is_time);
            sum += is_time ? time_ms : 0;
        }
    }
    measure_keep((uint64_t)sum);
}

static void print_all(void *self)
{
    struct scene *scene = self;
    char out[TIDE_TIME_TEXT_BYTES];
    uint64_t sum = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < TEXT_COUNT; i++) {
            sum += tide_time_print(&scene->printer, out, scene->times_ms[i]);
            measure_keep((uint64_t)(uintptr_t)out);
        }
    }
    measure_keep(sum);
}

/* Times some seconds apart, as one stretch of a dump has them. */
static void write_texts(struct scene *scene, const struct form *form)
{
    uint64_t state = 0;
    for (unsigned i = 0; i < TEXT_COUNT; i++) {
        time_t time = 1715421600 + (time_t)(i / 4) - (time_t)(job_draw(&state) % 3);
        struct tm tm;
        char *text = scene->texts[i];
        gmtime_r(&time, &tm);
        if (form->pattern) strftime(text, TEXT_BYTES_MAX, form->pattern, &tm);
        else snprintf(text, TEXT_BYTES_MAX, "%lld", (long long)time * 1000);
        strncat(text, form->suffix, TEXT_BYTES_MAX - strlen(text) - 1);
        scene->bytes[i] = strlen(text);
        scene->times_ms[i] = (int64_t)time * 1000;
        int64_t read_ms;
        TIDE_ASSERT(tide_time_parse(&scene->job.plan.time_format, text, scene->bytes[i], &read_ms));
    }
}

static void measure_form(const struct measure *measure, struct scene *scene,
                         const struct form *form)
{
    const char *const arguments[] = {"--time-format", form->option, "--timezone", form->zone, NULL};
    job_open(&scene->job, arguments);
    write_texts(scene, form);
    struct measure_case measured = {.name = "parse",
                                    .unit = "time",
                                    .unit_count = (uint64_t)TEXT_COUNT * ROUNDS,
                                    .run = parse_all,
                                    .self = scene};
    snprintf(measured.variant, sizeof measured.variant, "%s", form->name);
    measure_case(measure, &measured);
    job_close(&scene->job);
}

static void measure_style(const struct measure *measure, struct scene *scene, const char *style)
{
    const char *const arguments[] = {"--time-output", style, NULL};
    job_open(&scene->job, arguments);
    tide_time_printer_init(&scene->printer, scene->job.plan.time_style, &scene->job.plan.zone);
    struct measure_case measured = {.name = "print",
                                    .unit = "time",
                                    .unit_count = (uint64_t)TEXT_COUNT * ROUNDS,
                                    .run = print_all,
                                    .self = scene};
    snprintf(measured.variant, sizeof measured.variant, "%s", style);
    measure_case(measure, &measured);
    job_close(&scene->job);
}

int main(int argc, char **argv)
{
    static struct scene scene;
    struct measure measure = measure_begin("time", argc, argv);
    for (unsigned i = 0; i < sizeof forms / sizeof forms[0]; i++)
        measure_form(&measure, &scene, &forms[i]);
    measure_style(&measure, &scene, "plain");
    measure_style(&measure, &scene, "iso");
    measure_style(&measure, &scene, "epoch-ms");
    return 0;
}
