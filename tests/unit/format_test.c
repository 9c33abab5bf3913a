/* Does every format write exactly the promised bytes, and never more than it announced? */
#include "scene.h"

static void no_rule_holds_writes_no_alert_but_flinks_element(void **state)
{
    (void)state;
    struct scene scene;
    set_up(&scene);
    assert_alerts(&scene, &tide_format_csv, 0, "");
    assert_alerts(&scene, &tide_format_jsonl, 0, "");
    assert_false(tide_format_csv.alerts_always);
    assert_false(tide_format_jsonl.alerts_always);
    assert_alerts(&scene, &tide_format_flink, 0,
                  "Anomaly Detection> ('tx1', 1715421600000, 11700.0)\n");
    assert_true(tide_format_flink.alerts_always);
}

static void null_is_empty_in_csv_and_null_in_jsonl(void **state)
{
    (void)state;
    struct scene scene;
    set_up(&scene);
    scene.plan.listed[0] = MIN;
    assert_result(&scene, &tide_format_csv,
                  "2024-05-11 10:00:00,2024-05-11 10:00:10,tx1,2024-05-11 10:00:00,,2,"
                  "9223372036854775807\n");
    assert_result(
        &scene, &tide_format_jsonl,
        "{\"window_start\":\"2024-05-11 10:00:00\",\"window_end\":\"2024-05-11 10:00:10\","
        "\"transaction_id\":\"tx1\",\"first_time\":\"2024-05-11 10:00:00\",\"min\":null,"
        "\"count\":2,\"watermark_ms\":9223372036854775807}\n");
}

/* The element itself is no alert of the rule that was sent there. */
static void a_side_output_has_no_element_of_flinks(void **state)
{
    (void)state;
    struct scene scene;
    set_up(&scene);
    char *text = printed(&scene, &tide_format_flink, TIDE_CHANNEL_SIDE, 1);
    assert_string_equal(text, "이상 거래 감지: ('tx1', 1715421600000, 11700.0), 현재 워터마크: "
                              "9223372036854775807\n");
    free(text);
}

static void jsonl_and_flink_have_no_header(void **state)
{
    (void)state;
    struct scene scene;
    set_up(&scene);
    for (unsigned channel = TIDE_CHANNEL_RESULTS; channel <= TIDE_CHANNEL_ALERTS; channel++) {
        assert_header(&scene, &tide_format_jsonl, channel, "");
        assert_header(&scene, &tide_format_flink, channel, "");
    }
}

static void csv_header_names_keys_and_listed_aggregates(void **state)
{
    (void)state;
    struct scene scene;
    set_up(&scene);
    assert_header(&scene, &tide_format_csv, TIDE_CHANNEL_RESULTS,
                  "window_start,window_end,transaction_id,first_time,sum,count,watermark_ms\n");
    assert_header(
        &scene, &tide_format_csv, TIDE_CHANNEL_ALERTS,
        "window_start,window_end,transaction_id,first_time,sum,count,watermark_ms,rule\n");
    assert_header(
        &scene, &tide_format_csv, TIDE_CHANNEL_SIDE + 1,
        "window_start,window_end,transaction_id,first_time,sum,count,watermark_ms,rule\n");
    scene.plan.key_count = 2;
    scene.plan.listed_count = 1;
    scene.plan.listed[0] = MEAN;
    scene.plan.keys[1].name = (char *)(uintptr_t) "a \"b\", c";
    assert_header(&scene, &tide_format_csv, TIDE_CHANNEL_RESULTS,
                  "window_start,window_end,transaction_id,\"a \"\"b\"\", c\",first_time,mean,"
                  "watermark_ms\n");
    scene.plan.key_count = 1;
    scene.plan.has_header = false;
    assert_header(&scene, &tide_format_csv, TIDE_CHANNEL_RESULTS,
                  "window_start,window_end,key,first_time,mean,watermark_ms\n");
}

static void first_window_of_the_lab_prints_as_promised(void **state)
{
    (void)state;
    struct scene scene;
    set_up(&scene);
    assert_result(&scene, &tide_format_csv,
                  "2024-05-11 10:00:00,2024-05-11 10:00:10,tx1,2024-05-11 10:00:00,11700,2,"
                  "9223372036854775807\n");
    assert_alerts(&scene, &tide_format_csv, 1,
                  "2024-05-11 10:00:00,2024-05-11 10:00:10,tx1,2024-05-11 10:00:00,11700,2,"
                  "9223372036854775807,sum > 8000\n");
    assert_alerts(
        &scene, &tide_format_jsonl, 1,
        "{\"window_start\":\"2024-05-11 10:00:00\",\"window_end\":\"2024-05-11 10:00:10\","
        "\"transaction_id\":\"tx1\",\"first_time\":\"2024-05-11 10:00:00\",\"sum\":11700,"
        "\"count\":2,\"watermark_ms\":9223372036854775807,\"rule\":\"sum > 8000\"}\n");
    assert_result(&scene, &tide_format_flink,
                  "Anomaly Detection> ('tx1', 1715421600000, 11700.0)\n");
    assert_alerts(&scene, &tide_format_flink, 1,
                  "이상 거래 감지: ('tx1', 1715421600000, 11700.0), 현재 워터마크: "
                  "9223372036854775807\n"
                  "Anomaly Detection> ('tx1', 1715421600000, 11700.0)\n");
}

static void rules_that_hold_come_one_line_each_in_order(void **state)
{
    (void)state;
    struct scene scene;
    set_up(&scene);
    add_rule(&scene, "unused");
    add_rule(&scene, "sum > 1, \"twice\"");
    set_window(&scene, ten_o_clock_ms, ten_o_clock_ms + 10000, -1);
    assert_alerts(&scene, &tide_format_csv, 5,
                  "2024-05-11 10:00:00,2024-05-11 10:00:10,tx1,2024-05-11 10:00:00,11700,2,-1,"
                  "sum > 8000\n"
                  "2024-05-11 10:00:00,2024-05-11 10:00:10,tx1,2024-05-11 10:00:00,11700,2,-1,"
                  "\"sum > 1, \"\"twice\"\"\"\n");
    char *text = printed(&scene, &tide_format_jsonl, TIDE_CHANNEL_ALERTS, 4);
    assert_non_null(strstr(text, ",\"rule\":\"sum > 1, \\\"twice\\\"\"}\n"));
    free(text);
    assert_alerts(&scene, &tide_format_flink, 5,
                  "이상 거래 감지: ('tx1', 1715421600000, 11700.0), 현재 워터마크: -1\n"
                  "이상 거래 감지: ('tx1', 1715421600000, 11700.0), 현재 워터마크: -1\n"
                  "Anomaly Detection> ('tx1', 1715421600000, 11700.0)\n");
}

static void key_parts_are_columns_of_their_own(void **state)
{
    (void)state;
    static const char rest[] = ",2024-05-11 10:00:00,11700,2,9223372036854775807\n";
    static const struct {
        const char *key, *csv, *json, *python;
        size_t bytes;
    } cases[] = {
        {"a\0b", "a,b", "\"transaction_id\":\"a\",\"shop\":\"b\"", "'a', 'b'", 3},
        {"a,\0\"", "\"a,\",\"\"\"\"", "\"transaction_id\":\"a,\",\"shop\":\"\\\"\"", "'a,', '\"'",
         4},
        {"a key of more than\0sixteen bytes", "a key of more than,sixteen bytes",
         "\"transaction_id\":\"a key of more than\",\"shop\":\"sixteen bytes\"",
         "'a key of more than', 'sixteen bytes'", 32},
    };
    struct scene scene;
    set_up(&scene);
    scene.plan.key_count = 2;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[256];
        set_key(&scene, cases[i].key, cases[i].bytes);
        snprintf(expected, sizeof expected, "2024-05-11 10:00:00,2024-05-11 10:00:10,%s%s",
                 cases[i].csv, rest);
        assert_result(&scene, &tide_format_csv, expected);
        char *json = printed(&scene, &tide_format_jsonl, TIDE_CHANNEL_RESULTS, 0);
        snprintf(expected, sizeof expected, ",%s,\"first_time\"", cases[i].json);
        assert_non_null(strstr(json, expected));
        free(json);
        snprintf(expected, sizeof expected, "Anomaly Detection> (%s, 1715421600000, 11700.0)\n",
                 cases[i].python);
        assert_result(&scene, &tide_format_flink, expected);
    }
}

static void keys_that_are_no_utf8_survive_in_every_format(void **state)
{
    (void)state;
    struct scene scene;
    set_up(&scene);
    set_key(&scene, "caf\xe9", 4);
    assert_result(&scene, &tide_format_csv,
                  "2024-05-11 10:00:00,2024-05-11 10:00:10,caf\xe9,2024-05-11 10:00:00,11700,2,"
                  "9223372036854775807\n");
    assert_result(&scene, &tide_format_flink,
                  "Anomaly Detection> ('caf\\udce9', 1715421600000, 11700.0)\n");
    char *json = printed(&scene, &tide_format_jsonl, TIDE_CHANNEL_RESULTS, 0);
    assert_non_null(strstr(json, "\"transaction_id\":\"caf\\udce9\","));
    free(json);
}

/* The quick look at inline keys and the slow one agree, at every length and place. */
static void csv_key_is_quoted_exactly_when_it_must_be(void **state)
{
    (void)state;
    static const char bytes[] = ",\"\r\n -.+0zA\t\x01\x7f\x80\xac\xa2\xff";
    struct scene scene;
    set_up(&scene);
    for (size_t length = 1; length <= 20; length++) {
        for (size_t place = 0; place < length; place++) {
            for (const char *byte = bytes; *byte; byte++) {
                char key[20], expected[64];
                memset(key, 'k', length);
                key[place] = *byte;
                set_key(&scene, key, length);
                size_t expected_bytes = tide_escape_csv(expected, key, length);
                char *text = printed(&scene, &tide_format_csv, TIDE_CHANNEL_RESULTS, 0);
                assert_int_equal(memcmp(text + 40, expected, expected_bytes), 0);
                assert_int_equal(text[40 + expected_bytes], ',');
                free(text);
            }
        }
    }
}

static void remembered_texts_follow_the_emission(void **state)
{
    (void)state;
    struct scene scene;
    set_up(&scene);
    static const struct {
        int64_t start_ms, end_ms, watermark_ms;
        const char *expected;
    } cases[] = {
        {0, 10000, INT64_MIN, "1970-01-01 00:00:00,1970-01-01 00:00:10,|-9223372036854775808\n"},
        {0, 10500, 0, "1970-01-01 00:00:00,1970-01-01 00:00:10.500,|0\n"},
        {-1, 10500, 0, "1969-12-31 23:59:59.999,1970-01-01 00:00:10.500,|0\n"},
        {-1, -1, 5, "1969-12-31 23:59:59.999,1969-12-31 23:59:59.999,|5\n"},
        {0, 10000, INT64_MAX, "1970-01-01 00:00:00,1970-01-01 00:00:10,|9223372036854775807\n"},
    };
    for (size_t i = 0; i < 3 * sizeof cases / sizeof cases[0]; i++) {
        size_t c = i * 2 % (sizeof cases / sizeof cases[0]);
        set_window(&scene, cases[c].start_ms, cases[c].end_ms, cases[c].watermark_ms);
        char expected[256];
        const char *bar = strchr(cases[c].expected, '|');
        snprintf(expected, sizeof expected, "%.*stx1,2024-05-11 10:00:00,11700,2,%s",
                 (int)(bar - cases[c].expected), cases[c].expected, bar + 1);
        assert_result(&scene, &tide_format_csv, expected);
    }
}

static void time_style_decides_the_times_and_their_quotes(void **state)
{
    (void)state;
    static const struct {
        enum tide_time_style style;
        int32_t offset_s;
        const char *csv, *json;
    } cases[] = {
        {TIDE_TIME_PLAIN, 32400, "2024-05-11 19:00:00,2024-05-11 19:00:10,tx1,2024-05-11 19:00:00,",
         "{\"window_start\":\"2024-05-11 19:00:00\",\"window_end\":\"2024-05-11 19:00:10\","
         "\"transaction_id\":\"tx1\",\"first_time\":\"2024-05-11 19:00:00\","},
        {TIDE_TIME_ISO, 0, "2024-05-11T10:00:00Z,2024-05-11T10:00:10Z,tx1,2024-05-11T10:00:00Z,",
         "{\"window_start\":\"2024-05-11T10:00:00Z\",\"window_end\":\"2024-05-11T10:00:10Z\","
         "\"transaction_id\":\"tx1\",\"first_time\":\"2024-05-11T10:00:00Z\","},
        {TIDE_TIME_STYLE_EPOCH_MS, 0, "1715421600000,1715421610000,tx1,1715421600000,",
         "{\"window_start\":1715421600000,\"window_end\":1715421610000,"
         "\"transaction_id\":\"tx1\",\"first_time\":1715421600000,"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene scene;
        set_up(&scene);
        scene.plan.time_style = cases[i].style;
        scene.plan.zone.fixed_offset_s = cases[i].offset_s;
        char expected[512];
        snprintf(expected, sizeof expected, "%s11700,2,9223372036854775807\n", cases[i].csv);
        assert_result(&scene, &tide_format_csv, expected);
        snprintf(expected, sizeof expected,
                 "%s\"sum\":11700,\"count\":2,\"watermark_ms\":9223372036854775807}\n",
                 cases[i].json);
        assert_result(&scene, &tide_format_jsonl, expected);
        assert_result(&scene, &tide_format_flink,
                      "Anomaly Detection> ('tx1', 1715421600000, 11700.0)\n");
    }
}

static void values_beyond_64_bits_print_in_full(void **state)
{
    (void)state;
    struct scene scene;
    set_up(&scene);
    static const struct {
        int sign;
        unsigned power;
        const char *expected;
    } cases[] = {
        {1, 30, "1000000000000000000000000"},
        {-1, 30, "-1000000000000000000000000"},
        {1, 19, "10000000000000"},
        {-1, 18, "-1000000000000"},
        {-1, 3, "-0.001"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scene.values[SUM].units = cases[i].sign * (tide_int128)tide_power_of_ten(cases[i].power);
        char expected[256];
        snprintf(expected, sizeof expected,
                 "2024-05-11 10:00:00,2024-05-11 10:00:10,tx1,2024-05-11 10:00:00,%s,2,"
                 "9223372036854775807\n",
                 cases[i].expected);
        assert_result(&scene, &tide_format_csv, expected);
    }
}

/* The sanitizers watch the block that printed() takes. */
static void announced_room_suffices_for_the_worst_case(void **state)
{
    (void)state;
    static const char worst[] = {'"', '\x01', '\xff', '\'', ','};
    static const int64_t times[] = {INT64_MIN, -1, INT64_MAX - 1};
    struct scene scene;
    set_up(&scene);
    scene.plan.listed_count = VALUE_COUNT;
    for (unsigned i = 0; i < VALUE_COUNT; i++) {
        scene.plan.listed[i] = i;
        scene.values[i] = (struct tide_value){.scale = 18, .units = (tide_int128)1 << 126};
        scene.values[i].units = -scene.values[i].units - scene.values[i].units;
    }
    scene.entry.sum = scene.values[SUM].units;
    add_rule(&scene, "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"");
    add_rule(&scene, "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01");
    for (size_t length = 1; length <= KEY_BYTES_MAX; length += 13) {
        for (size_t byte = 0; byte < sizeof worst; byte++) {
            char key[KEY_BYTES_MAX];
            memset(key, worst[byte], length);
            set_key(&scene, key, length);
            for (size_t t = 0; t < sizeof times / sizeof times[0]; t++) {
                for (unsigned f = 0; f < FORMAT_COUNT; f++) {
                    set_window(&scene, times[t], times[t] + 1, INT64_MIN);
                    scene.entry.first_time_ms = times[t];
                    free(printed(&scene, formats[f], TIDE_CHANNEL_RESULTS, 0));
                    free(printed(&scene, formats[f], TIDE_CHANNEL_ALERTS, 7));
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_rule_holds_writes_no_alert_but_flinks_element),
        cmocka_unit_test(null_is_empty_in_csv_and_null_in_jsonl),
        cmocka_unit_test(a_side_output_has_no_element_of_flinks),
        cmocka_unit_test(jsonl_and_flink_have_no_header),
        cmocka_unit_test(csv_header_names_keys_and_listed_aggregates),
        cmocka_unit_test(first_window_of_the_lab_prints_as_promised),
        cmocka_unit_test(rules_that_hold_come_one_line_each_in_order),
        cmocka_unit_test(key_parts_are_columns_of_their_own),
        cmocka_unit_test(keys_that_are_no_utf8_survive_in_every_format),
        cmocka_unit_test(csv_key_is_quoted_exactly_when_it_must_be),
        cmocka_unit_test(remembered_texts_follow_the_emission),
        cmocka_unit_test(time_style_decides_the_times_and_their_quotes),
        cmocka_unit_test(values_beyond_64_bits_print_in_full),
        cmocka_unit_test(announced_room_suffices_for_the_worst_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
