/* A result to print, and what its formats make of it. */
#ifndef TIDE_TESTS_SCENE_H
#define TIDE_TESTS_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/text/escape.h"
#include "operators/formats.h"
#include "operators/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUM, COUNT, MIN, MAX, MEAN, VALUE_COUNT };
enum { KEY_BYTES_MAX = 300 };

/* 2024-05-11 10:00:00 UTC */
static const int64_t ten_o_clock_ms = 1715421600000;

static const struct tide_format *const formats[] = {&tide_format_csv, &tide_format_jsonl,
                                                    &tide_format_flink};
enum { FORMAT_COUNT = 3 };

/* One emission with what it borrows; starts as the first window of the lab's four rows. */
struct scene {
    struct tide_plan plan;
    struct tide_rule_set rules;
    struct tide_formatter formatter;
    const struct tide_format *format; /* the formatter's: it serves one only */
    struct tide_entry entry;
    struct tide_value values[VALUE_COUNT];
    struct tide_emission emission;
    char key[KEY_BYTES_MAX];
};

static inline void set_key(struct scene *scene, const char *key, size_t bytes)
{
    memcpy(scene->key, key, bytes);
    memset(scene->entry.key, 0, sizeof scene->entry.key);
    if (bytes <= sizeof scene->entry.key) memcpy(scene->entry.key, key, bytes);
    else scene->entry.key[0] = (uintptr_t)scene->key;
    scene->entry.key_bytes = scene->emission.key_bytes = (uint32_t)bytes;
    scene->emission.key =
        bytes <= sizeof scene->entry.key ? (const char *)scene->entry.key : scene->key;
}

static inline void set_window(struct scene *scene, int64_t start_ms, int64_t end_ms,
                              int64_t watermark_ms)
{
    scene->emission.window_start_ms = start_ms;
    scene->emission.window_end_ms = end_ms;
    scene->emission.watermark_ms = watermark_ms;
}

static inline void add_rule(struct scene *scene, const char *label)
{
    scene->rules.rules[scene->rules.rule_count++].label = (char *)(uintptr_t)label;
}

static inline void set_up(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    struct tide_plan *plan = &scene->plan;
    plan->registry = &tide_operators;
    plan->keys[0].name = (char *)(uintptr_t) "transaction_id";
    plan->keys[1].name = (char *)(uintptr_t) "shop";
    plan->key_count = 1;
    plan->has_header = true;
    plan->decimal.scale = 6;
    plan->zone.fixed = true;
    plan->listed_count = 2;
    plan->listed[0] = SUM;
    plan->listed[1] = COUNT;
    scene->values[SUM] = (struct tide_value){.units = 11700000000, .scale = 6};
    scene->values[COUNT] = (struct tide_value){.units = 2};
    scene->values[MEAN] = (struct tide_value){.units = 5850000000, .scale = 6};
    scene->values[MIN].null = scene->values[MAX].null = true;
    scene->entry.sum = scene->values[SUM].units;
    scene->entry.count = 2;
    scene->entry.first_time_ms = ten_o_clock_ms;
    scene->emission.entry = &scene->entry;
    scene->emission.values = scene->values;
    set_window(scene, ten_o_clock_ms, ten_o_clock_ms + 10000, INT64_MAX);
    set_key(scene, "tx1", 3);
    add_rule(scene, "sum > 8000");
}

/* Writes into a block of exactly the announced size, NUL-terminated behind it. */
static inline char *printed(struct scene *scene, const struct tide_format *format,
                            enum tide_channel channel, uint64_t holds)
{
    const bool are_alerts = channel != TIDE_CHANNEL_RESULTS;
    if (scene->format != format) tide_formatter_init(&scene->formatter, &scene->plan);
    scene->format = format;
    scene->emission.channel = channel;
    size_t room = format->row_bytes_max(&scene->plan, are_alerts ? &scene->rules : NULL,
                                        scene->emission.key_bytes);
    char *out = malloc(room);
    size_t bytes =
        are_alerts ? format->alerts(&scene->formatter, &scene->emission, &scene->rules, holds, out)
                   : format->result(&scene->formatter, &scene->emission, out);
    assert_true(bytes <= room);
    char *text = malloc(bytes + 1);
    memcpy(text, out, bytes);
    text[bytes] = '\0';
    free(out);
    return text;
}

static inline void assert_result(struct scene *scene, const struct tide_format *format,
                                 const char *expected)
{
    char *text = printed(scene, format, TIDE_CHANNEL_RESULTS, 0);
    assert_string_equal(text, expected);
    free(text);
}

static inline void assert_alerts(struct scene *scene, const struct tide_format *format,
                                 uint64_t holds, const char *expected)
{
    char *text = printed(scene, format, TIDE_CHANNEL_ALERTS, holds);
    assert_string_equal(text, expected);
    free(text);
}

static inline void assert_header(const struct scene *scene, const struct tide_format *format,
                                 enum tide_channel channel, const char *expected)
{
    char out[1024];
    size_t bytes = format->header(&scene->plan, channel, out);
    size_t bound = format->header(&scene->plan, channel, NULL);
    assert_true(bytes <= bound && (bytes > 0) == (bound > 0));
    out[bytes] = '\0';
    assert_string_equal(out, expected);
}

#endif
