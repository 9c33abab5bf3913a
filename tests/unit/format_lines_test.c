/* Lines that no rule asked for: of results, and of timers, which have no window. */
#include "scene.h"

/* A line that no rule asked for, in a block of exactly the announced size. */
static char *line_of(struct scene *scene, const struct tide_format *format, const char *text,
                     size_t text_bytes)
{
    if (scene->format != format) tide_formatter_init(&scene->formatter, &scene->plan);
    scene->format = format;
    size_t room = format->line_bytes_max(&scene->plan, scene->emission.key_bytes, text_bytes);
    char *out = malloc(room);
    size_t bytes = format->line(&scene->formatter, &scene->emission, text, text_bytes, out);
    assert_true(bytes <= room);
    char *line = malloc(bytes + 1);
    memcpy(line, out, bytes);
    line[bytes] = '\0';
    free(out);
    return line;
}

static void assert_line(struct scene *scene, const struct tide_format *format, const char *expected)
{
    char *line = line_of(scene, format, "so, \"what\"", 10);
    assert_string_equal(line, expected);
    free(line);
}

/* As of a timer: a time and a key, and no window. */
static void forget_window(struct scene *scene, int64_t time_ms)
{
    scene->emission.entry = NULL;
    scene->emission.values = NULL;
    set_window(scene, 0, time_ms, ten_o_clock_ms);
}

static void line_of_a_result_has_its_columns_and_the_text(void **state)
{
    (void)state;
    struct scene scene;
    set_up(&scene);
    assert_line(&scene, &tide_format_csv,
                "2024-05-11 10:00:00,2024-05-11 10:00:10,tx1,2024-05-11 10:00:00,11700,2,"
                "9223372036854775807,\"so, \"\"what\"\"\"\n");
    assert_line(&scene, &tide_format_jsonl,
                "{\"window_start\":\"2024-05-11 10:00:00\",\"window_end\":\"2024-05-11 10:00:10\","
                "\"transaction_id\":\"tx1\",\"first_time\":\"2024-05-11 10:00:00\",\"sum\":11700,"
                "\"count\":2,\"watermark_ms\":9223372036854775807,\"rule\":\"so, "
                "\\\"what\\\"\"}\n");
    assert_line(&scene, &tide_format_flink, "so, \"what\"\n");
}

static void line_of_a_timer_has_a_time_and_a_key_and_else_nothing(void **state)
{
    (void)state;
    struct scene scene;
    set_up(&scene);
    forget_window(&scene, ten_o_clock_ms + 10500);
    assert_line(&scene, &tide_format_csv,
                ",2024-05-11 10:00:10.500,tx1,,,,1715421600000,\"so, \"\"what\"\"\"\n");
    assert_line(&scene, &tide_format_jsonl,
                "{\"window_start\":null,\"window_end\":\"2024-05-11 10:00:10.500\","
                "\"transaction_id\":\"tx1\",\"first_time\":null,\"sum\":null,\"count\":null,"
                "\"watermark_ms\":1715421600000,\"rule\":\"so, \\\"what\\\"\"}\n");
    assert_line(&scene, &tide_format_flink, "so, \"what\"\n");
    scene.plan.time_style = TIDE_TIME_STYLE_EPOCH_MS;
    scene.format = NULL;
    assert_line(&scene, &tide_format_csv,
                ",1715421610500,tx1,,,,1715421600000,\"so, \"\"what\"\"\"\n");
}

static void announced_room_suffices_for_any_line(void **state)
{
    (void)state;
    enum { TEXT_BYTES = 200 };
    static const char worst[] = {'"', ',', '\x01', '\xff', 'x'};
    static const int64_t times_ms[] = {INT64_MIN, -1, 0, INT64_MAX};
    char text[TEXT_BYTES], key[KEY_BYTES_MAX];
    struct scene scene;
    for (unsigned i = 0; i < sizeof worst; i++) {
        memset(text, worst[i], sizeof text);
        memset(key, worst[i], sizeof key);
        for (unsigned j = 0; j < sizeof times_ms / sizeof times_ms[0]; j++)
            for (unsigned k = 0; k < FORMAT_COUNT; k++)
                for (unsigned bytes = 0; bytes <= KEY_BYTES_MAX; bytes += 15) {
                    set_up(&scene);
                    set_key(&scene, key, bytes);
                    forget_window(&scene, times_ms[j]);
                    scene.emission.watermark_ms = times_ms[j];
                    free(line_of(&scene, formats[k], text, TEXT_BYTES));
                }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_of_a_result_has_its_columns_and_the_text),
        cmocka_unit_test(line_of_a_timer_has_a_time_and_a_key_and_else_nothing),
        cmocka_unit_test(announced_room_suffices_for_any_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
