/* Does a line of the trace have its columns, blank where there is nothing to say, and room enough?
 */
#include "engine/stages/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "planned.h"

enum { LINE_MAX_BYTES = 4096 };

static void assert_line(const struct tide_plan *plan, const struct tide_trace *trace,
                        const char *line)
{
    char out[LINE_MAX_BYTES];
    size_t bytes = tide_trace_print(out, plan, trace);
    assert_int_equal(bytes, strlen(line));
    assert_memory_equal(out, line, bytes);
    assert_true(bytes <= tide_trace_bytes_max(plan, trace->key_bytes));
}

static void what_there_is_nothing_to_say_of_is_blank(void **state)
{
    (void)state;
    struct planned planned;
    PLAN(&planned, "rows.csv");
    assert_line(&planned.plan, &(struct tide_trace){.kind = "late", .key = "", .before_ms = -1},
                "late,,,,,,,-1,\n");
    plan_end(&planned);
}

static void every_column_is_printed(void **state)
{
    (void)state;
    struct planned planned;
    PLAN(&planned, "--decimals", "2", "rows.csv");
    const int64_t start_ms = -10000, end_ms = 0, first_ms = -9999, watermark_ms = 7;
    const tide_int128 sum = -12340;
    const uint64_t count = 3;
    assert_line(&planned.plan,
                &(struct tide_trace){.kind = "result",
                                     .key = "tx1",
                                     .key_bytes = 3,
                                     .window_start_ms = &start_ms,
                                     .window_end_ms = &end_ms,
                                     .first_ms = &first_ms,
                                     .sum = &sum,
                                     .count = &count,
                                     .before_ms = INT64_MIN,
                                     .watermark_ms = &watermark_ms},
                "result,tx1,-10000,0,-9999,-123.4,3,-9223372036854775808,7\n");
    plan_end(&planned);
}

static void keys_are_quoted_as_in_any_csv(void **state)
{
    (void)state;
    struct planned planned;
    PLAN(&planned, "rows.csv");
    assert_line(&planned.plan, &(struct tide_trace){.kind = "late", .key = "a,\"", .key_bytes = 3},
                "late,\"a,\"\"\",,,,,,0,\n");
    plan_end(&planned);
}

static void several_key_columns_are_columns_of_their_own(void **state)
{
    (void)state;
    struct planned planned;
    char out[LINE_MAX_BYTES];
    PLAN(&planned, "--key", "shop,\"till\"", "rows.csv");
    size_t bytes = tide_trace_header(&planned.plan, out);
    assert_true(bytes <= tide_trace_header(&planned.plan, NULL));
    out[bytes] = '\0';
    assert_string_equal(out,
                        "kind,shop,\"\"\"till\"\"\",window_start,window_end,first_ts,sum,count,"
                        "watermark_seen,watermark_trigger\n");
    assert_line(&planned.plan, &(struct tide_trace){.kind = "late", .key = "a\0b", .key_bytes = 3},
                "late,a,b,,,,,,0,\n");
    plan_end(&planned);
}

static void one_key_column_is_called_key(void **state)
{
    (void)state;
    struct planned planned;
    char out[LINE_MAX_BYTES];
    PLAN(&planned, "rows.csv");
    size_t bytes = tide_trace_header(&planned.plan, out);
    out[bytes] = '\0';
    assert_string_equal(out, "kind,key,window_start,window_end,first_ts,sum,count,watermark_seen,"
                             "watermark_trigger\n");
    plan_end(&planned);
}

static void longest_line_has_room(void **state)
{
    (void)state;
    struct planned planned;
    char key[200], out[LINE_MAX_BYTES];
    memset(key, '"', sizeof key);
    PLAN(&planned, "--decimals", "18", "rows.csv");
    const int64_t least_ms = INT64_MIN;
    const tide_int128 sum = -(((tide_int128)1 << 126) - 1) * 2;
    const uint64_t count = UINT64_MAX;
    const struct tide_trace trace = {.kind = "result",
                                     .key = key,
                                     .key_bytes = sizeof key,
                                     .window_start_ms = &least_ms,
                                     .window_end_ms = &least_ms,
                                     .first_ms = &least_ms,
                                     .sum = &sum,
                                     .count = &count,
                                     .before_ms = least_ms,
                                     .watermark_ms = &least_ms};
    assert_true(tide_trace_print(out, &planned.plan, &trace) <=
                tide_trace_bytes_max(&planned.plan, sizeof key));
    plan_end(&planned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_there_is_nothing_to_say_of_is_blank),
        cmocka_unit_test(every_column_is_printed),
        cmocka_unit_test(keys_are_quoted_as_in_any_csv),
        cmocka_unit_test(several_key_columns_are_columns_of_their_own),
        cmocka_unit_test(one_key_column_is_called_key),
        cmocka_unit_test(longest_line_has_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
