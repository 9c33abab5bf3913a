/* Is every kind of line that a Flink job prints read as what it is, and nothing else taken for one?
 */
#include "engine/instruments/compare/flink_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "chance.h"
#include "engine/text/escape.h"

static char scratch[4096];

static struct tide_flink_line read_line(const char *text)
{
    return tide_flink_line_read((struct tide_span){text, strlen(text)}, scratch);
}

static void assert_line(const char *text, enum tide_flink_kind kind, unsigned subtask,
                        const char *key, int64_t time_ms, double value)
{
    struct tide_flink_line line = read_line(text);
    assert_int_equal(line.kind, kind);
    assert_int_equal(line.subtask, subtask);
    assert_int_equal(line.key.bytes, strlen(key));
    assert_memory_equal(line.key.at, key, line.key.bytes);
    assert_int_equal(line.time_ms, time_ms);
    assert_true(line.value == value);
}

static void other_lines_are_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "2024-05-11 10:00:00,123 WARN  org.apache.flink.Something - (slow)",
        "Anomaly Detection",
        "Anomaly Detection> ",
        "Anomaly Detection> tx1",
        "Anomaly Detection> ()",
        "Anomaly Detection> ('tx1')",
        "Anomaly Detection> ('tx1', 1715421600000)",
        "Anomaly Detection> ('tx1', 1715421600000, )",
        "Anomaly Detection> ('tx1', 1715421600000, 11700.0",
        "Anomaly Detection> ('tx1', 1715421600000, 11700.0) and more",
        "Anomaly Detection> ('tx1', "
        "99999999999999999999999999999999999999999999999999999999999999999, 1.0)",
        "Anomaly Detection> ('tx1', x, 11700.0)",
        "Anomaly Detection> ('tx1', 1715421600000, 0x10)",
        "Anomaly Detection> ('tx1, 1715421600000, 11700.0)",
        "Anomaly Detection> ('tx1\\', 1715421600000, 11700.0)",
        "Anomaly Detection> ('tx\\q1', 1715421600000, 11700.0)",
        "Anomaly Detection> ('tx\\u12', 1715421600000, 11700.0)",
        "Anomaly Detection> ('tx\\U00110000', 1715421600000, 11700.0)",
        "이상 거래 감지: ",
        "이상 거래 감지: ('tx1', 1715421600000, 11700.0)",
        "window_start,window_end,transaction_id,first_time,sum,count,watermark_ms",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (read_line(texts[i]).kind != TIDE_FLINK_OTHER) fail_msg("taken: %s", texts[i]);
}

static void elements_say_who_printed_them(void **state)
{
    (void)state;
    const int64_t at = 1715421600000;
    assert_line("Anomaly Detection> ('tx1', 1715421600000, 11700.0)", TIDE_FLINK_ELEMENT, 0, "tx1",
                at, 11700);
    assert_line("Anomaly Detection:2> ('e', 1715421600000, 500.0)", TIDE_FLINK_ELEMENT, 2, "e", at,
                500);
    assert_line("32768> ('e', 1715421600000, 500.0)", TIDE_FLINK_ELEMENT, 32768, "e", at, 500);
    assert_line("3> ('e', -1, -0.01)", TIDE_FLINK_ELEMENT, 3, "e", -1, -0.01);
    assert_line("('e', 1715421600000, 1e+16)", TIDE_FLINK_ELEMENT, 0, "e", at, 1e16);
    assert_line("Stage2> ('e', 1715421600000, 1.0)", TIDE_FLINK_ELEMENT, 0, "e", at, 1);
    assert_line("a: 7> ('e', 1715421600000, 1.0)", TIDE_FLINK_ELEMENT, 0, "e", at, 1);
}

static void detections_are_told_from_elements(void **state)
{
    (void)state;
    assert_line("이상 거래 감지: ('tx1', 1715421600000, 9200.0), 현재 워터마크: 1715421603999",
                TIDE_FLINK_DETECTION, 0, "tx1", 1715421600000, 9200);
}

static void java_tuples_are_read_too(void **state)
{
    (void)state;
    assert_line("Anomaly Detection> (f1,1715421600000,0.3)", TIDE_FLINK_ELEMENT, 0, "f1",
                1715421600000, 0.3);
    assert_line("1> (f2,1715421600000,1.6777216E7)", TIDE_FLINK_ELEMENT, 1, "f2", 1715421600000,
                16777216);
    assert_line("(,5,-5.0)", TIDE_FLINK_ELEMENT, 0, "", 5, -5);
    assert_true(isinf(read_line("(f7,1715421601000,Infinity)").value));
    assert_true(isinf(read_line("('f7', 1715421601000, inf)").value));
    assert_true(isnan(read_line("('f7', 1715421601000, nan)").value));
}

static void escapes_in_keys_are_undone(void **state)
{
    (void)state;
    assert_line("> ('a\\'b\\\\', 5, 1.0)", TIDE_FLINK_ELEMENT, 0, "a'b\\", 5, 1);
    assert_line("> (\"it's> (\", 5, 1.0)", TIDE_FLINK_ELEMENT, 0, "it's> (", 5, 1);
    assert_line("> ('\\n\\r\\t\\x1b\\xa0\\u200b\\U000e0001', 5, 1.0)", TIDE_FLINK_ELEMENT, 0,
                "\n\r\t\x1b\xc2\xa0\xe2\x80\x8b\xf3\xa0\x80\x81", 5, 1);
    assert_line("> ('\\udcff', 5, 1.0)", TIDE_FLINK_ELEMENT, 0, "\xff", 5, 1);
}

static void several_parts_make_one_key(void **state)
{
    (void)state;
    struct tide_flink_line line = read_line("> ('a', '', 'b', 5, 1.0)");
    assert_int_equal(line.kind, TIDE_FLINK_ELEMENT);
    assert_int_equal(line.key.bytes, 4);
    assert_memory_equal(line.key.at, "a\0\0b", 4);
}

static void any_key_comes_back_as_it_was_printed(void **state)
{
    (void)state;
    struct chance chance = {20240511};
    for (unsigned round = 0; round < 5000; round++) {
        char key[24], text[256] = "Anomaly Detection:7> (";
        size_t bytes = chance_below(&chance, sizeof key), at = strlen(text);
        for (size_t i = 0; i < bytes; i++) {
            key[i] = (char)chance_below(&chance, 256);
            if (!chance_is(&chance, 3))
                key[i] = "'\"\\\n,) \xed\x95\x9c"[chance_below(&chance, 10)];
        }
        at += tide_escape_python(text + at, key, bytes);
        memcpy(text + at, ", 12, 0.5)", sizeof ", 12, 0.5)");
        struct tide_flink_line line = read_line(text);
        if (line.kind != TIDE_FLINK_ELEMENT || line.key.bytes != bytes ||
            memcmp(line.key.at, key, bytes) != 0)
            fail_msg("not as it was: %s", text);
        assert_int_equal(line.time_ms, 12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_lines_are_none),
        cmocka_unit_test(elements_say_who_printed_them),
        cmocka_unit_test(detections_are_told_from_elements),
        cmocka_unit_test(java_tuples_are_read_too),
        cmocka_unit_test(escapes_in_keys_are_undone),
        cmocka_unit_test(several_parts_make_one_key),
        cmocka_unit_test(any_key_comes_back_as_it_was_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
