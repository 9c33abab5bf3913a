/* Is a stream of results taken for what it is, and is each record's key, window, time and sum
 * found, whatever its key holds? */
#include "engine/instruments/compare/shape_fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "chance.h"
#include "engine/text/escape.h"

enum { KEY_BYTES_MAX = 24 };

static char scratch[4096];

static struct tide_span span_of(const char *text)
{
    return (struct tide_span){text, strlen(text)};
}

static void assert_span(struct tide_span span, const char *text)
{
    assert_int_equal(span.bytes, strlen(text));
    if (span.bytes > 0) assert_memory_equal(span.at, text, span.bytes);
}

static void what_holds_no_results_is_told(void **state)
{
    (void)state;
    assert_int_equal(tide_shape_recognise(span_of("")), TIDE_SHAPE_EMPTY);
    assert_int_equal(tide_shape_recognise(span_of("transaction_id,timestamp,amount\n")),
                     TIDE_SHAPE_OTHER);
    assert_int_equal(tide_shape_recognise(span_of("window_start\n")), TIDE_SHAPE_OTHER);
    assert_int_equal(tide_shape_recognise(span_of("{\"a\":1}\n")), TIDE_SHAPE_OTHER);
    assert_int_equal(tide_shape_recognise(span_of("> a\n")), TIDE_SHAPE_OTHER);
    unsigned keys;
    int sum;
    assert_false(tide_csv_header_read(span_of("window_start,window_end,a,sum"), &keys, &sum));
}

static void results_are_known_by_their_beginning(void **state)
{
    (void)state;
    assert_int_equal(tide_shape_recognise(span_of("window_start,window_end,k,first_time\n")),
                     TIDE_SHAPE_CSV);
    assert_int_equal(tide_shape_recognise(span_of("\xef\xbb\xbfwindow_start,window_end,k\n")),
                     TIDE_SHAPE_CSV);
    assert_int_equal(tide_shape_recognise(span_of("{\"window_start\":\"2024")), TIDE_SHAPE_JSONL);
    assert_int_equal(tide_shape_recognise(span_of("starting\r\n2> ('a', 5, 1.0)\r\n")),
                     TIDE_SHAPE_FLINK);
}

static void headers_tell_how_many_columns_make_the_key(void **state)
{
    (void)state;
    unsigned keys;
    int sum;
    assert_true(tide_csv_header_read(
        span_of("window_start,window_end,tx,first_time,sum,count,watermark_ms"), &keys, &sum));
    assert_int_equal(keys, 1);
    assert_int_equal(sum, 1);
    assert_true(tide_csv_header_read(
        span_of("window_start,window_end,\"a,\"\"\",first_time,sum,first_time,count,watermark_ms"),
        &keys, &sum));
    assert_int_equal(keys, 3);
    assert_int_equal(sum, -1);
}

static void a_record_that_is_no_result_has_no_parts(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "a", "a,b", "a,b,c", "\"a,b", "{}", "{\"a\":1,\"b\":2}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct tide_result result = {0};
        struct tide_span key = {0};
        tide_csv_result_read(span_of(texts[i]), 1, 1, scratch, &result);
        tide_csv_key_find(span_of(texts[i]), 1, &key);
        assert_null(key.at);
        tide_json_result_read(span_of(texts[i]), scratch, &result);
        tide_json_key_find(span_of(texts[i]), &key);
        assert_null(key.at);
        assert_null(result.key.at);
        assert_null(result.sum.at);
    }
}

static void csv_results_come_apart(void **state)
{
    (void)state;
    struct tide_result result = {0};
    struct tide_span key;
    const char *text = "S,E,\"a,\n\"\"b\",,F,1,-2.5,W";
    tide_csv_result_read(span_of(text), 2, 2, scratch, &result);
    assert_span(result.window_start, "S");
    assert_span(result.window_end, "E");
    assert_int_equal(result.key.bytes, 6);
    assert_memory_equal(result.key.at, "a,\n\"b\0", 6);
    assert_span(result.first_time, "F");
    assert_span(result.sum, "-2.5");
    tide_csv_key_find(span_of(text), 2, &key);
    assert_span(key, "\"a,\n\"\"b\",");
}

static void json_results_come_apart(void **state)
{
    (void)state;
    struct tide_result result = {0};
    struct tide_span key;
    const char *text =
        "{\"window_start\":\"S:1\",\"window_end\":5,\"first_time\":\"x,\\\"first_time"
        "\\\":\",\"b\":\"\\n\\udcff\",\"first_time\":\"F\",\"count\":1,\"sum\":-2.5,"
        "\"watermark_ms\":1}";
    tide_json_result_read(span_of(text), scratch, &result);
    assert_span(result.window_start, "S:1");
    assert_span(result.window_end, "5");
    assert_int_equal(result.key.bytes, 18);
    assert_memory_equal(result.key.at, "x,\"first_time\":\0\n\xff", 18);
    assert_span(result.first_time, "F");
    assert_span(result.sum, "-2.5");
    tide_json_key_find(span_of(text), &key);
    assert_int_equal(key.at[0], '"');
    assert_int_equal(key.at[key.bytes - 1], '"');
}

/* A key of bytes that matter to some format. */
static size_t draw_key(struct chance *chance, char *key)
{
    size_t bytes = chance_below(chance, KEY_BYTES_MAX + 1);
    for (size_t i = 0; i < bytes; i++) {
        key[i] = (char)chance_below(chance, 256);
        if (!chance_is(chance, 3)) key[i] = "\",\\\n\r{}:[]\xed\x95\x9c"[chance_below(chance, 13)];
        if (key[i] == '\0') key[i] = '0'; /* keys hold none */
    }
    return bytes;
}

static void any_key_is_found_as_it_was(void **state)
{
    (void)state;
    struct chance chance = {20240511};
    for (unsigned round = 0; round < 5000; round++) {
        char key[KEY_BYTES_MAX], csv[256] = "S,E,",
                                 json[512] = "{\"window_start\":1,\"window_end\":2,\"k\":\"";
        size_t bytes = draw_key(&chance, key), csv_bytes = strlen(csv), json_bytes = strlen(json);
        struct tide_result result = {0};
        csv_bytes += tide_escape_csv(csv + csv_bytes, key, bytes);
        memcpy(csv + csv_bytes, ",F,7,1,W", 9);
        tide_csv_result_read(span_of(csv), 1, 1, scratch, &result);
        assert_int_equal(result.key.bytes, bytes);
        assert_memory_equal(result.key.at, key, bytes);
        assert_span(result.sum, "7");
        json_bytes += tide_escape_json(json + json_bytes, key, bytes);
        memcpy(json + json_bytes, "\",\"first_time\":3,\"sum\":7}", 26);
        tide_json_result_read(span_of(json), scratch, &result);
        assert_int_equal(result.key.bytes, bytes);
        assert_memory_equal(result.key.at, key, bytes);
        assert_span(result.sum, "7");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_holds_no_results_is_told),
        cmocka_unit_test(a_record_that_is_no_result_has_no_parts),
        cmocka_unit_test(results_are_known_by_their_beginning),
        cmocka_unit_test(headers_tell_how_many_columns_make_the_key),
        cmocka_unit_test(csv_results_come_apart),
        cmocka_unit_test(json_results_come_apart),
        cmocka_unit_test(any_key_is_found_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
