/* What does reading one amount cost, in each form, and printing one? */
#include "bench/micro/job.h"
#include "bench/micro/measure.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_COUNT = 1024, TEXT_BYTES_MAX = 48, ROUNDS = 64, SCALE = 6 };

struct form {
    const char *name;
    void (*write)(char *text, unsigned cents);
};

static void write_plain(char *text, unsigned cents)
{
    snprintf(text, TEXT_BYTES_MAX, "%u.%02u", cents / 100, cents % 100);
}

static void write_whole(char *text, unsigned cents)
{
    snprintf(text, TEXT_BYTES_MAX, "%u", cents);
}

static void write_signed(char *text, unsigned cents)
{
    snprintf(text, TEXT_BYTES_MAX, "-%u.%u", cents / 10, cents % 10);
}

static void write_grouped(char *text, unsigned cents)
{
    snprintf(text, TEXT_BYTES_MAX, "£%u,%03u.%02u", cents / 1000 + 1, cents % 1000, cents % 100);
}

static void write_bracketed(char *text, unsigned cents)
{
    snprintf(text, TEXT_BYTES_MAX, "(%u.%02u)", cents / 100, cents % 100);
}

static void write_exponent(char *text, unsigned cents)
{
    snprintf(text, TEXT_BYTES_MAX, "%u.%02ue3", cents / 100, cents % 100);
}

static void write_long(char *text, unsigned cents)
{
    snprintf(text, TEXT_BYTES_MAX, "98765432109876%06u.%06u", cents, cents);
}

static const struct form forms[] = {
    {"1234.56", write_plain},     {"123456", write_whole},        {"-12345.6", write_signed},
    {"£1,234.56", write_grouped}, {"(1234.56)", write_bracketed}, {"1234.56e3", write_exponent},
    {"26 digits", write_long},
};

struct scene {
    struct tide_decimal_format format;
    char texts[TEXT_COUNT][TEXT_BYTES_MAX];
    size_t bytes[TEXT_COUNT];
    tide_int128 units[TEXT_COUNT];
};

static void parse_all(void *self)
{
    struct scene *scene = self;
    uint64_t sum = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < TEXT_COUNT; i++) {
            tide_int128 units;
            enum tide_decimal_status status =
                tide_decimal_parse(&scene->format, scene->texts[i], scene->bytes[i], &units);
            TIDE_CHECK(status == TIDE_DECIMAL_OK);
            sum += (uint64_t)units + status;
        }
    }
    measure_keep(sum);
}

static void print_all(void *self)
{
    struct scene *scene = self;
    char out[TIDE_DECIMAL_TEXT_BYTES];
    uint64_t sum = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < TEXT_COUNT; i++) {
            sum += tide_decimal_print(out, scene->units[i], SCALE);
            measure_keep((uint64_t)(uintptr_t)out);
        }
    }
    measure_keep(sum);
}

static void print64_all(void *self)
{
    struct scene *scene = self;
    char out[TIDE_DECIMAL_TEXT_BYTES];
    uint64_t sum = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < TEXT_COUNT; i++) {
            sum += tide_decimal_print64(out, (int64_t)scene->units[i], SCALE);
            measure_keep((uint64_t)(uintptr_t)out);
        }
    }
    measure_keep(sum);
}

static void write_texts(struct scene *scene, const struct form *form)
{
    uint64_t state = 0;
    for (unsigned i = 0; i < TEXT_COUNT; i++) {
        form->write(scene->texts[i], (unsigned)(job_draw(&state) % 500000));
        scene->bytes[i] = strlen(scene->texts[i]);
        enum tide_decimal_status status =
            tide_decimal_parse(&scene->format, scene->texts[i], scene->bytes[i], &scene->units[i]);
        TIDE_ASSERT(status == TIDE_DECIMAL_OK);
    }
}

static void measure_one(const struct measure *measure, struct scene *scene, const char *name,
                        const char *variant, void (*run)(void *))
{
    struct measure_case measured = {.name = name,
                                    .unit = "amount",
                                    .unit_count = (uint64_t)TEXT_COUNT * ROUNDS,
                                    .run = run,
                                    .self = scene};
    snprintf(measured.variant, sizeof measured.variant, "%s", variant);
    measure_case(measure, &measured);
}

int main(int argc, char **argv)
{
    static struct scene scene = {.format = {.scale = SCALE}};
    struct measure measure = measure_begin("decimal", argc, argv);
    for (unsigned i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        write_texts(&scene, &forms[i]);
        measure_one(&measure, &scene, "parse", forms[i].name, parse_all);
    }
    measure_one(&measure, &scene, "print", "26 digits", print_all);
    write_texts(&scene, &forms[0]);
    measure_one(&measure, &scene, "print", "1234.56", print_all);
    measure_one(&measure, &scene, "print64", "1234.56", print64_all);
    return 0;
}
