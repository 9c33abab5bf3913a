/* Do the texts of one row and phase wait for each other, and come out in the order of Flink? */
#include "engine/stages/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "planned.h"

enum { TEXT_MAX = 4096 };

struct stream {
    struct planned planned;
    struct tide_replay replay;
    char out[TEXT_MAX];
    size_t bytes;
};

static void begin(struct stream *stream)
{
    *stream = (struct stream){0};
    PLAN(&stream->planned, "--order", "flink", "rows.csv");
    assert_true(tide_replay_init(&stream->replay, &stream->planned.plan));
}

static void end(struct stream *stream)
{
    tide_replay_fini(&stream->replay);
    plan_end(&stream->planned);
}

static void let_out(struct stream *stream)
{
    unsigned channel;
    const char *text;
    size_t bytes;
    while (tide_replay_next(&stream->replay, &channel, &text, &bytes)) {
        assert_true(stream->bytes + bytes < TEXT_MAX);
        memcpy(stream->out + stream->bytes, text, bytes);
        stream->bytes += bytes;
    }
}

static void add(struct stream *stream, const struct tide_record *record, const char *text)
{
    if (tide_replay_must_go(&stream->replay, &record->key)) let_out(stream);
    assert_true(tide_replay_add(&stream->replay, record, text));
}

static void row(struct stream *stream, uint64_t number, const char *key, int64_t time_ms,
                int64_t passed_ms)
{
    const struct tide_row_told told = {.time_ms = time_ms,
                                       .passed_ms = passed_ms,
                                       .event_ms = time_ms,
                                       .watermark_ms = passed_ms,
                                       .hash = (uint64_t)key[0] * 31 + strlen(key)};
    char text[sizeof told + TEXT_MAX];
    memcpy(text, &told, sizeof told);
    memcpy(text + sizeof told, key, strlen(key));
    add(stream,
        &(struct tide_record){.key = {number, INT64_MIN, number, TIDE_PHASE_ROW},
                              .channel = TIDE_CHANNEL_ROWS,
                              .bytes = (uint32_t)(sizeof told + strlen(key))},
        text);
}

static void text(struct stream *stream, uint64_t cause, uint32_t phase, int64_t end_ms,
                 uint64_t first_row, uint32_t channel, const char *line)
{
    add(stream,
        &(struct tide_record){.key = {cause, end_ms, first_row, phase},
                              .channel = channel,
                              .bytes = (uint32_t)strlen(line)},
        line);
}

static void result(struct stream *stream, uint64_t cause, int64_t end_ms, uint64_t first_row,
                   const char *line)
{
    text(stream, cause, TIDE_PHASE_WINDOW, end_ms, first_row, TIDE_CHANNEL_RESULTS, line);
}

static void assert_out(const struct stream *stream, const char *lines)
{
    assert_int_equal(stream->bytes, strlen(lines));
    assert_memory_equal(stream->out, lines, stream->bytes);
}

static void texts_wait_until_their_row_is_complete(void **state)
{
    (void)state;
    struct stream stream;
    begin(&stream);
    row(&stream, 0, "a", 1000, INT64_MIN);
    row(&stream, 1, "b", 12000, 0);
    result(&stream, 1, 10000, 0, "a");
    assert_false(tide_replay_is_complete(&stream.replay, 1));
    assert_true(tide_replay_is_complete(&stream.replay, 2));
    assert_out(&stream, "");
    let_out(&stream);
    assert_out(&stream, "a");
    assert_false(tide_replay_is_complete(&stream.replay, UINT64_MAX));
    end(&stream);
}

/* flink/golden/order_5keys */
static void windows_come_out_as_their_timers_do(void **state)
{
    (void)state;
    static const char *const keys[] = {"a", "b", "c", "d", "e", "z"};
    struct stream stream;
    begin(&stream);
    for (uint64_t i = 0; i < 5; i++) row(&stream, i, keys[i], 1000, INT64_MIN);
    row(&stream, 5, "z", 20000, 3);
    for (uint64_t i = 0; i < 5; i++) result(&stream, 5, 10000, i, keys[i]);
    result(&stream, 6, 30000, 5, "z");
    let_out(&stream);
    assert_out(&stream, "abedcz");
    end(&stream);
}

static void results_without_a_text_leave_no_gap(void **state)
{
    (void)state;
    static const char *const keys[] = {"a", "b", "c", "d", "e", "z"};
    struct stream stream;
    begin(&stream);
    for (uint64_t i = 0; i < 5; i++) row(&stream, i, keys[i], 1000, INT64_MIN);
    row(&stream, 5, "z", 20000, 3);
    result(&stream, 5, 10000, 2, "c");
    result(&stream, 5, 10000, 3, "d");
    row(&stream, 6, "a", 50000, 18999);
    result(&stream, 6, 30000, 5, "z");
    let_out(&stream);
    assert_out(&stream, "dcz");
    end(&stream);
}

static void texts_of_one_result_stay_together(void **state)
{
    (void)state;
    struct stream stream;
    begin(&stream);
    for (uint64_t i = 0; i < 3; i++) row(&stream, i, i == 0 ? "a" : i == 1 ? "b" : "c", 1, -1);
    for (uint64_t i = 0; i < 3; i++) {
        const char line[] = {(char)('a' + i), '\0'}, alert[] = {(char)('A' + i), '\0'};
        text(&stream, 3, TIDE_PHASE_WINDOW, 10000, i, TIDE_CHANNEL_ALERTS, alert);
        text(&stream, 3, TIDE_PHASE_WINDOW, 10000, i, TIDE_CHANNEL_RESULTS, line);
    }
    let_out(&stream);
    assert_out(&stream, "AaCcBb");
    end(&stream);
}

static void what_a_row_causes_itself_comes_out_newest_window_first(void **state)
{
    (void)state;
    struct stream stream;
    begin(&stream);
    row(&stream, 0, "a", 1000, INT64_MIN);
    text(&stream, 0, TIDE_PHASE_ROW, 10000, 0, TIDE_CHANNEL_RESULTS, "1");
    text(&stream, 0, TIDE_PHASE_ROW, 20000, 0, TIDE_CHANNEL_ALERTS, "2");
    text(&stream, 0, TIDE_PHASE_ROW, 20000, 0, TIDE_CHANNEL_RESULTS, "3");
    text(&stream, 0, TIDE_PHASE_ROW, 30000, 0, TIDE_CHANNEL_RESULTS, "4");
    let_out(&stream);
    assert_out(&stream, "4231");
    end(&stream);
}

static void timers_of_process_functions_stay_in_their_order(void **state)
{
    (void)state;
    struct stream stream;
    begin(&stream);
    for (uint64_t i = 0; i < 4; i++) {
        const char line[] = {(char)('a' + i), '\0'};
        text(&stream, 9, TIDE_PHASE_PROCESS, 500, i, TIDE_CHANNEL_ALERTS, line);
    }
    let_out(&stream);
    assert_out(&stream, "abcd");
    end(&stream);
}

static void long_keys_and_long_texts_are_kept(void **state)
{
    (void)state;
    char key[300], other[300], line[1000];
    memset(key, 'k', sizeof key - 1);
    memset(other, 'k', sizeof other - 1);
    memset(line, 'x', sizeof line - 1);
    key[sizeof key - 1] = other[sizeof other - 1] = line[sizeof line - 1] = '\0';
    other[sizeof other - 2] = 'l';
    struct stream stream;
    begin(&stream);
    row(&stream, 0, key, 1, -1);
    row(&stream, 1, other, 1, -1);
    row(&stream, 2, key, 2, -1);
    assert_int_equal(stream.replay.order.windows.count, 2);
    result(&stream, 3, 10000, 0, line);
    result(&stream, 3, 10000, 1, "y");
    let_out(&stream);
    assert_int_equal(stream.bytes, sizeof line);
    end(&stream);
}

/* The heap's order would be another one if the timers were only set anew. */
static void a_restored_order_goes_on(void **state)
{
    (void)state;
    static const struct tide_hash_seed seed = {{3, 5}};
    static const char *const keys[] = {"a", "b", "c", "d", "e", "z"};
    struct stream stream;
    struct tide_snapshot snapshot = {.bytes = NULL};
    begin(&stream);
    for (uint64_t i = 0; i < 5; i++) row(&stream, i, keys[i], 1000, INT64_MIN);
    row(&stream, 5, "z", 20000, 3);
    tide_replay_save(&stream.replay, &snapshot);
    end(&stream);

    begin(&stream);
    struct tide_snapshot_reader reader = {
        .at = snapshot.bytes, .end = snapshot.bytes + snapshot.count, .row_count = 6};
    assert_true(tide_replay_load(&stream.replay, &seed, &reader));
    for (uint64_t i = 0; i < 5; i++) result(&stream, 5, 10000, i, keys[i]);
    result(&stream, 6, 30000, 5, "z");
    let_out(&stream);
    assert_false(stream.replay.is_lost);
    assert_out(&stream, "abedcz");
    tide_snapshot_fini(&snapshot);
    end(&stream);
}

static void a_result_that_a_restored_order_does_not_know_is_told(void **state)
{
    (void)state;
    static const struct tide_hash_seed seed = {{3, 5}};
    static const char nothing[4 * 8] = "";
    struct stream stream;
    struct tide_snapshot_reader reader = {.at = nothing, .end = nothing + sizeof nothing};
    begin(&stream);
    assert_true(tide_replay_load(&stream.replay, &seed, &reader));
    result(&stream, 5, 10000, 2, "a");
    let_out(&stream);
    assert_true(stream.replay.is_lost);
    assert_out(&stream, "");
    end(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_wait_until_their_row_is_complete),
        cmocka_unit_test(windows_come_out_as_their_timers_do),
        cmocka_unit_test(results_without_a_text_leave_no_gap),
        cmocka_unit_test(texts_of_one_result_stay_together),
        cmocka_unit_test(what_a_row_causes_itself_comes_out_newest_window_first),
        cmocka_unit_test(timers_of_process_functions_stay_in_their_order),
        cmocka_unit_test(long_keys_and_long_texts_are_kept),
        cmocka_unit_test(a_restored_order_goes_on),
        cmocka_unit_test(a_result_that_a_restored_order_does_not_know_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
