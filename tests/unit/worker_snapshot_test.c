/* Does all that comes out stay the same when workers are saved at some row and others go on, as
 * many or more or fewer? And is what cannot be refused? */
#include "tests/unit/crewed.h"

#include "tests/unit/chance.h"

enum { ROWS = 400, KEYS = 12, WORDS_MAX = 30 };

/* What is run, without -p and sizes. */
static const char *const kinds[][12] = {
    {"--window", "tumbling:10s"},
    {"--window", "tumbling:10s+3s", "--allowed-lateness", "15s", "--aggregate",
     "sum,count,stddev,min,last"},
    {"--window", "sliding:20s/5s"},
    {"--window", "sliding:20s/7s+2s", "--aggregate", "sum,first,last,min,max,stddev,mean"},
    {"--window", "sliding:20s/5s", "--allowed-lateness", "12s", "--aggregate", "sum,max,stddev"},
    {"--window", "sliding:17s/3s", "--allowed-lateness", "40s", "--alert", "sum > 1500"},
    {"--window", "sliding:4s/11s+1s", "--allowed-lateness", "9s", "--aggregate", "sum,first"},
    {"--window", "sliding:20s/5s", "--alert", "sum > 1000"},
    {"--window", "sliding:20s/5s", "--alert", "sum > 2 * history.mean", "--history", "3"},
    {"--window", "tumbling:5s", "--allowed-lateness", "12s", "--alert",
     "sum > history.mean + history.stddev", "--history", "4"},
    {"--window", "sliding:9s/3s", "--allowed-lateness", "8s", "--alert",
     "history.count > 1 and sum < history.mean", "--history", "2"},
    {"--window", "tumbling:10s", "--inactive", "8s"},
    {"--window", "session:3s"},
    {"--window", "session:2s", "--allowed-lateness", "20s", "--aggregate", "sum,first,last,stddev"},
    {"--window", "session:4s", "--allowed-lateness", "9s", "--alert",
     "sum > history.mean and history.count > 1", "--history", "3", "--inactive", "15s"},
    {"--window", "count:5", "--aggregate", "sum,stddev,last", "--inactive", "20s"},
    {"--window", "count:3", "--alert", "sum > history.mean", "--history", "5"},
    {"--window", "sliding:6s/14s", "--inactive", "8s", "--allowed-lateness", "5s"},
};
enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

static struct crewed *begin(unsigned kind, unsigned parallelism, bool has_trace, uint64_t seed)
{
    static const char *const counts[] = {"0", "1", "2", "3", "4"};
    const char *words[WORDS_MAX] = {
        "--out-of-orderness", "3s",    "--results",    "r.csv",
        "--alerts",           "a.csv", "--batch-rows", seed % 2 ? "3" : "64",
        "--ring-slots",       "4",     "-p",           counts[parallelism]};
    unsigned count = 12;
    for (unsigned i = 0; kinds[kind][i]; i++) words[count++] = kinds[kind][i];
    if (has_trace) {
        words[count++] = "--trace";
        words[count++] = "t.csv";
    }
    assert_true(count < WORDS_MAX);
    return crewed_begin(words, seed);
}

/* Time goes on, sometimes by much, and rows come out of order, sometimes late; before and after the
 * beginning of the epoch. */
static void draw_rows(struct chance *chance, struct crewed_row rows[], unsigned count)
{
    int64_t now_ms = -60000;
    for (unsigned i = 0; i < count; i++) {
        now_ms += chance_is(chance, 40) ? 30000 : (int64_t)chance_below(chance, 800);
        const uint32_t back = chance_is(chance, 8) ? 40000 : 4000;
        rows[i] = (struct crewed_row){now_ms - (int64_t)chance_below(chance, back),
                                      (int64_t)chance_below(chance, 1000000000) - 200000000,
                                      chance_below(chance, chance_is(chance, 3) ? KEYS : 3)};
    }
}

static void feed(struct crewed *crewed, const struct crewed_row rows[], unsigned begin_row,
                 unsigned end_row)
{
    for (unsigned i = begin_row; i < end_row; i++) crewed_feed(crewed, &rows[i]);
}

/* The workers of `after` take over from those of `before`. False: refused, or no memory. */
static bool hand_over(struct crewed *after, const struct crewed *before)
{
    struct tide_snapshot snapshot = {0};
    struct tide_snapshot_reader reader = crewed_reader(before);
    bool loaded = true;
    for (unsigned i = 0; i < before->crew.count && loaded; i++) {
        crewed_save(before, i, &snapshot);
        reader.at = snapshot.bytes;
        reader.end = snapshot.bytes + snapshot.count;
        loaded = tide_worker_load(&after->crew, &reader) && reader.at == reader.end;
    }
    if (reader.damage) print_message("%s\n", reader.damage);
    tide_snapshot_fini(&snapshot);
    return loaded && crewed_settle(after, before);
}

static void assert_same(const struct crewed *whole, const struct crewed *const parts[],
                        unsigned count)
{
    for (unsigned channel = 0; channel < TIDE_CHANNEL_KEYS; channel++) {
        const struct crewed_text *text = &whole->texts[channel];
        size_t at = 0;
        for (unsigned i = 0; i < count; i++) {
            const struct crewed_text *part = &parts[i]->texts[channel];
            assert_true(part->count <= text->count - at);
            if (part->count > 0) assert_memory_equal(part->bytes, text->bytes + at, part->count);
            at += part->count;
        }
        assert_int_equal(at, text->count);
    }
}

static struct crewed *run_whole(unsigned kind, unsigned parallelism, bool has_trace,
                                const struct crewed_row rows[], unsigned count)
{
    struct crewed *crewed = begin(kind, parallelism, has_trace, 1);
    feed(crewed, rows, 0, count);
    crewed_finish(crewed);
    return crewed;
}

/* Up to three crews, one after the other. */
static void run_broken(unsigned kind, bool has_trace, const struct crewed *whole,
                       const struct crewed_row rows[], unsigned count, const unsigned cuts[2],
                       struct chance *chance)
{
    const struct crewed *parts[3];
    struct crewed *last = NULL;
    const unsigned ends[3] = {cuts[0], cuts[1], count};
    for (unsigned i = 0, row = 0; i < 3; row = ends[i++]) {
        struct crewed *next =
            begin(kind, 1 + chance_below(chance, CREWED_MAX), has_trace, chance_next(chance));
        if (last) assert_true(hand_over(next, last));
        feed(next, rows, row, ends[i]);
        if (i < 2) crewed_pause(next);
        else crewed_finish(next);
        parts[i] = last = next;
    }
    assert_same(whole, parts, 3);
    for (unsigned i = 0; i < 3; i++) crewed_end((struct crewed *)(uintptr_t)parts[i]);
}

static void check_kind(unsigned kind, unsigned rounds, struct chance *chance)
{
    struct crewed_row rows[ROWS];
    for (unsigned round = 0; round < rounds; round++) {
        const bool has_trace = round % 2;
        draw_rows(chance, rows, ROWS);
        struct crewed *whole = run_whole(kind, 1 + round % CREWED_MAX, has_trace, rows, ROWS);
        assert_true(whole->texts[TIDE_CHANNEL_RESULTS].count > 0);
        const unsigned first = chance_below(chance, ROWS + 1),
                       second = first + chance_below(chance, ROWS + 1 - first);
        run_broken(kind, has_trace, whole, rows, ROWS, (const unsigned[]){first, second}, chance);
        crewed_end(whole);
    }
}

static void outputs_are_those_of_an_unbroken_run(void **state)
{
    (void)state;
    struct chance chance = {17};
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        print_message("%s %s\n", kinds[kind][1], kinds[kind][2] ? kinds[kind][2] : "");
        check_kind(kind, 12, &chance);
    }
}

static void every_row_is_a_place_to_stop(void **state)
{
    (void)state;
    enum { FEW = 30 };
    struct chance chance = {4};
    struct crewed_row rows[FEW];
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        draw_rows(&chance, rows, FEW);
        struct crewed *whole = run_whole(kind, 2, false, rows, FEW);
        for (unsigned row = 0; row <= FEW; row++)
            run_broken(kind, false, whole, rows, FEW, (const unsigned[]){row, row}, &chance);
        crewed_end(whole);
    }
}

/* --- hostile snapshots --- */

/* What has been read, whatever it is, is gone on with, to the end. */
static bool go_on(unsigned kind, const struct crewed *before, const char *bytes, size_t count,
                  const struct crewed_row rows[], unsigned row_count)
{
    struct crewed *after = begin(kind, 2, false, 5);
    struct tide_snapshot_reader reader = crewed_reader(before);
    reader.at = bytes;
    reader.end = bytes + count;
    bool loaded = tide_worker_load(&after->crew, &reader) && reader.at == reader.end;
    assert_true(loaded || reader.damage || reader.at < reader.end);
    if (loaded) {
        assert_true(crewed_settle(after, before));
        feed(after, rows, (unsigned)before->router.row, row_count);
        crewed_finish(after);
    }
    crewed_end(after);
    return loaded;
}

/* Cuts a small snapshot off at every byte, and turns bits of it: kinds that are next to each other
 * have much in common, so each takes a third of them. */
static void spoil(unsigned kind, struct chance *chance)
{
    enum { FEW = 7, MORE = 18, THIRD = 3 };
    struct crewed_row rows[MORE];
    struct tide_snapshot snapshot = {0};
    draw_rows(chance, rows, MORE);
    struct crewed *before = begin(kind, 1, false, 3);
    feed(before, rows, 0, FEW);
    crewed_pause(before);
    crewed_save(before, 0, &snapshot);
    assert_true(go_on(kind, before, snapshot.bytes, snapshot.count, rows, MORE));
    for (size_t count = 0; count < snapshot.count; count++) {
        char *part = tide_alloc(count);
        assert_non_null(part);
        memcpy(part, snapshot.bytes, count);
        assert_false(go_on(kind, before, part, count, rows, MORE));
        tide_free(part);
    }
    for (size_t bit = kind % THIRD; bit < snapshot.count * 8; bit += THIRD) {
        snapshot.bytes[bit / 8] ^= (char)(1 << bit % 8);
        go_on(kind, before, snapshot.bytes, snapshot.count, rows, MORE);
        snapshot.bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
    tide_snapshot_fini(&snapshot);
    crewed_end(before);
}

static void what_is_spoilt_is_refused_or_a_state_like_any_other(void **state)
{
    (void)state;
    struct chance chance = {23};
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) spoil(kind, &chance);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_spoilt_is_refused_or_a_state_like_any_other),
        cmocka_unit_test(outputs_are_those_of_an_unbroken_run),
        cmocka_unit_test(every_row_is_a_place_to_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
