/* Are all outputs the bytes of one worker, at every parallelism, with the smallest batches and
 * rings, on threads and by turns? */
#define RUN_LATENESS "1500ms"
#include "pipeline_run.h"

enum { ROWS = 3000, LINES_MAX = 8 * ROWS * RUN_FILES };

static struct input input;
static struct run expected, expected_of_flink; /* by one worker */

static int read_with_one_worker(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    draw_input(&chance, &input, ROWS);
    struct machine as_flink = plain_machine;
    as_flink.order = "flink";
    run_whole(&expected, &input, &plain_machine);
    run_whole(&expected_of_flink, &input, &as_flink);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    run_end(&expected);
    run_end(&expected_of_flink);
    close(input.file.fd);
    return 0;
}

static void input_has_something_of_everything(void **state)
{
    (void)state;
    const struct tide_totals *totals = &expected.totals;
    assert_int_equal(totals->rows.rows, RUN_FILES * ROWS);
    assert_true(totals->used > RUN_FILES * ROWS / 2);
    assert_int_equal(totals->rows.late > 0, RUN_HAS_LATE);
    assert_true(totals->rows.missing > 0 && totals->rows.malformed > 0);
    assert_true(totals->results > totals->alerts && totals->alerts > 0);
}

/* --- lines by key
 * --------------------------------------------------------------------------------- */

struct line {
    const char *at, *key;
    size_t bytes, key_bytes;
};

static int compare_lines(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    size_t common = x->key_bytes < y->key_bytes ? x->key_bytes : y->key_bytes;
    int order = memcmp(x->key, y->key, common);
    if (order == 0 && x->key_bytes != y->key_bytes) order = x->key_bytes < y->key_bytes ? -1 : 1;
    return order ? order : (x->at > y->at) - (x->at < y->at); /* stable */
}

/* The same lines with each key's together, in their order. */
static struct text by_key(const struct text *text)
{
    static struct line lines[LINES_MAX];
    size_t count = 0;
    struct text sorted = {test_malloc(text->bytes + 1), 0};
    for (const char *at = text->at; *at; count++) {
        assert_true(count < LINES_MAX);
        const char *end = strchr(at, '\n'), *key = strchr(strchr(at, ',') + 1, ',') + 1;
        lines[count] = (struct line){at, key, (size_t)(end + 1 - at), strcspn(key, ",")};
        at = end + 1;
    }
    qsort(lines, count, sizeof *lines, compare_lines);
    for (size_t i = 0; i < count; i++) {
        memcpy(sorted.at + sorted.bytes, lines[i].at, lines[i].bytes);
        sorted.bytes += lines[i].bytes;
    }
    sorted.at[sorted.bytes] = '\0';
    return sorted;
}

/* --- the comparison
 * ------------------------------------------------------------------------------- */

static void check_text(const struct text *want, const struct text *have, unsigned channel,
                       const struct machine *machine)
{
    size_t at = 0;
    if (want->bytes == have->bytes && memcmp(want->at, have->at, want->bytes) == 0) return;
    while (want->at[at] && want->at[at] == have->at[at]) at++;
    fail_msg("%s with %s differ at byte %zu: [%.100s], not [%.100s]", channel_name(channel),
             describe(machine), at, have->at + at, want->at + at);
}

static void check_machine(const struct machine *machine)
{
    struct run run;
    bool is_by_key = strcmp(machine->order, "key") == 0;
    const struct run *wanted =
        strcmp(machine->order, "flink") == 0 ? &expected_of_flink : &expected;
    run_whole(&run, &input, machine);
    for (unsigned i = 0; i < RUN_OUTPUT_COUNT; i++) {
        if (is_by_key && i <= TIDE_CHANNEL_LATE) {
            struct text want = by_key(&wanted->outputs[i]), have = by_key(&run.outputs[i]);
            check_text(&want, &have, i, machine);
            test_free(want.at);
            test_free(have.at);
        } else {
            check_text(&wanted->outputs[i], &run.outputs[i], i, machine);
        }
    }
    assert_same_totals(&wanted->totals, &run.totals);
    run_end(&run);
}

static const char *const parallelisms[] = {"1", "2", "3", "7", "16"},
                         *const orders[] = {"global", "key", "flink"},
                         *const batch_rows[] = {"1", "2", "3"};

static void check_all(const char *scheduler, const char *ring_slots)
{
    for (unsigned i = 0; i < 5; i++)
        for (unsigned j = 0; j < 3; j++)
            for (unsigned k = 0; k < 3; k++)
                check_machine(&(struct machine){.parallelism = parallelisms[i],
                                                .order = orders[j],
                                                .batch_rows = batch_rows[k],
                                                .ring_slots = ring_slots,
                                                .scheduler = scheduler});
}

static void outputs_are_those_of_one_worker_on_threads(void **state)
{
    (void)state;
    check_all("threads", "2");
    check_all("threads", "8"); /* then nobody is woken for each single batch */
}

static void outputs_are_those_of_one_worker_by_turns(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    for (unsigned round = 0; round < 3; round++) {
        char scheduler[20];
        snprintf(scheduler, sizeof scheduler, "one:%u", chance_below(&chance, 100000));
        check_all(scheduler, "2");
    }
}

static void outputs_are_those_of_one_worker_at_usual_settings(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        struct machine machine = plain_machine;
        machine.parallelism = parallelisms[i];
        check_machine(&machine);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_has_something_of_everything),
        cmocka_unit_test(outputs_are_those_of_one_worker_on_threads),
        cmocka_unit_test(outputs_are_those_of_one_worker_by_turns),
        cmocka_unit_test(outputs_are_those_of_one_worker_at_usual_settings),
    };
    return cmocka_run_group_tests(tests, read_with_one_worker, forget);
}
