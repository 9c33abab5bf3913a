/* Is a good record read as it should be, and is a bad one refused for the first reason in the order
 * that users are promised? */
#include "engine/stages/classify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/stages/decoder.h"

#include "fed.h"
#include "planned.h"
#include "scanners.h"

enum { RECORD_BYTES_MAX = 400 };

static struct planned planned;
static struct tide_columns columns;
static struct tide_classifier classifier;
static struct fed fed;

/* Columns key, time, value, unless the test says otherwise. */
static void open_with(const char *const words[])
{
    struct tide_decoder decoder;
    plan_begin(&planned, words);
    columns = (struct tide_columns){.keys = {0}, .time = 1, .value = 2, .needed = 3};
    tide_classifier_init(&classifier, &planned.plan, &columns);
    tide_decoder_init(&decoder, &planned.plan);
    fed_open(&fed, tide_scanner_select(TIDE_SCANNER_BEST), &decoder, planned.plan.row_bytes_max,
             planned.plan.delimiter);
}

#define OPEN(...) open_with((const char *const[]){__VA_ARGS__, NULL})

static void close_all(void)
{
    fed_close(&fed);
    tide_classifier_fini(&classifier);
    plan_end(&planned);
}

static struct tide_classified classify_bytes(const char *text, uint32_t bytes)
{
    fed_read(&fed, text, bytes, 1);
    struct tide_classified read = tide_classify(&classifier, &fed.records.chunk, 0);
    fed_finish(&fed);
    return read;
}

static void check_reason(const char *record, const char *reason)
{
    struct tide_classified read = classify_bytes(record, (uint32_t)strlen(record));
    if ((read.reason == NULL) != (reason == NULL) || (reason && strcmp(read.reason, reason) != 0))
        fail_msg("[%s]: %s", record, read.reason ? read.reason : "good");
    bool is_missing = reason && strncmp(reason, "missing", 7) == 0;
    enum tide_class refused = is_missing ? TIDE_CLASS_MISSING : TIDE_CLASS_MALFORMED;
    assert_int_equal(read.class, reason ? refused : TIDE_CLASS_GOOD);
}

/* --- reasons
 * -------------------------------------------------------------------------------------- */

/* In the promised order. A record can have at most one of the last four of amounts, and what is
 * missing cannot also be malformed. */
enum fault {
    UNBALANCED,
    TOO_LONG,
    TOO_FEW,
    NUL,
    NO_KEY,
    NO_TIME,
    NO_VALUE,
    BAD_TIME,
    TOO_FINE,
    OUT_OF_RANGE,
    BAD_AMOUNT,
    FAULTS
};

static const char *const reasons[FAULTS] = {
    "unbalanced quote",  "row too long",        "too few fields",   "NUL byte",
    "missing key",       "missing time",        "missing value",    "malformed time",
    "too many decimals", "amount out of range", "malformed amount",
};

static bool has(unsigned faults, enum fault fault)
{
    return faults >> fault & 1;
}

static bool is_possible(unsigned faults)
{
    int amounts = has(faults, NO_VALUE) + has(faults, TOO_FINE) + has(faults, OUT_OF_RANGE) +
                  has(faults, BAD_AMOUNT);
    bool may_hold_nul = !has(faults, NO_KEY) || !has(faults, NO_TIME) || !has(faults, NO_VALUE);
    return amounts <= 1 && has(faults, NO_TIME) + has(faults, BAD_TIME) <= 1 &&
           (!has(faults, NUL) || may_hold_nul) && (!has(faults, TOO_FEW) || amounts == 0);
}

static uint32_t add(char *out, const char *text)
{
    return (uint32_t)sprintf(out, "%s", text);
}

static uint32_t make_record(unsigned faults, char *out)
{
    uint32_t at = 0;
    bool nul_in_key = has(faults, NUL) && !has(faults, NO_KEY);
    bool nul_in_time = has(faults, NUL) && !nul_in_key && !has(faults, NO_TIME);
    at += add(out + at, has(faults, NO_KEY) ? "NA" : "key");
    if (nul_in_key) out[at++] = '\0';
    out[at++] = ',';
    if (has(faults, NO_TIME)) at += add(out + at, " nan ");
    else at += add(out + at, has(faults, BAD_TIME) ? "yesterday" : "2024-05-11 10:00:00");
    if (nul_in_time) out[at++] = '\0';
    if (!has(faults, TOO_FEW)) {
        out[at++] = ',';
        if (has(faults, NO_VALUE)) at += add(out + at, "");
        else if (has(faults, TOO_FINE)) at += add(out + at, "0.0000001");
        else if (has(faults, OUT_OF_RANGE)) at += add(out + at, "1e21");
        else at += add(out + at, has(faults, BAD_AMOUNT) ? "much" : "3200");
        if (has(faults, NUL) && !nul_in_key && !nul_in_time) out[at++] = '\0';
    }
    /* What follows is in fields that nobody uses, unless there are too few as it is. */
    if (has(faults, TOO_LONG)) {
        if (!has(faults, TOO_FEW)) out[at++] = ',';
        memset(out + at, 'x', 100);
        at += 100;
    }
    if (has(faults, UNBALANCED)) {
        if (has(faults, TOO_FEW)) {
            memmove(out + 1, out, at); /* the whole record is one open field */
            out[0] = '"';
            return at + 1;
        }
        at += add(out + at, ",\"open");
    }
    out[at++] = '\n';
    return at;
}

static void first_reason_in_the_promised_order_is_given(void **state)
{
    (void)state;
    unsigned checked = 0;
    OPEN("--max-row-bytes", "90");
    for (unsigned faults = 1; faults < 1u << FAULTS; faults++) {
        char record[RECORD_BYTES_MAX];
        if (!is_possible(faults)) continue;
        uint32_t bytes = make_record(faults, record);
        struct tide_classified read = classify_bytes(record, bytes);
        const char *expected = reasons[__builtin_ctz(faults)];
        if (!read.reason || strcmp(read.reason, expected) != 0)
            fail_msg("faults %x: %s, not %s: [%.*s]", faults, read.reason ? read.reason : "good",
                     expected, (int)bytes, record);
        bool is_missing = strncmp(expected, "missing", 7) == 0;
        assert_int_equal(read.class, is_missing ? TIDE_CLASS_MISSING : TIDE_CLASS_MALFORMED);
        checked++;
    }
    assert_true(checked > 100);
    close_all();
}

static void record_of_the_greatest_length_is_not_too_long(void **state)
{
    (void)state;
    OPEN("--max-row-bytes", "28");
    check_reason("key4,2024-05-11 10:00:00,3200\n", "row too long");
    check_reason("key,2024-05-11 10:00:00,3200\n", NULL);
    check_reason("key,2024-05-11 10:00:00,3200\r\n", NULL); /* the line end does not count */
    check_reason("key,2024-05-11 10:00:00,3200", NULL);
    close_all();
}

static void record_cut_where_a_block_ends_is_too_long(void **state)
{
    (void)state;
    static const char text[] = "key,2024-05-11 10:00:00,3200,and more\n";
    OPEN("--max-row-bytes", "28");
    for (uint32_t cut = 3; cut < sizeof text - 1; cut++) {
        fed_send(&fed, text, sizeof text - 1, 0, cut, '\n');
        fed_send(&fed, text, sizeof text - 1, cut, sizeof text - 1, '\n');
        assert_int_equal(tide_records_next(&fed.records, NULL, 1), TIDE_RECORDS_NEW_FILE);
        assert_int_equal(tide_records_next(&fed.records, NULL, 1), TIDE_RECORDS_CHUNK);
        struct tide_classified read = tide_classify(&classifier, &fed.records.chunk, 0);
        assert_string_equal(read.reason, "row too long");
        fed_finish(&fed);
    }
    close_all();
}

static void too_fine_counts_before_out_of_range(void **state)
{
    (void)state;
    OPEN("--quiet");
    check_reason("k,2024-05-11,1e21\n", "amount out of range");
    check_reason("k,2024-05-11,1000000000000000000000.0000001\n", "too many decimals");
    check_reason("k,2024-05-11,0.0000010\n", NULL);
    close_all();
}

static void missing_is_judged_as_pandas_does(void **state)
{
    (void)state;
    static const char *const rows[] = {"NA,2024-05-11,1\n", "\"NA\",2024-05-11,1\n",
                                       ",2024-05-11,1\n", "\"\",2024-05-11,1\n"};
    OPEN("--quiet");
    for (unsigned i = 0; i < 4; i++) check_reason(rows[i], "missing key");
    check_reason(" NA,2024-05-11,1\n", NULL); /* a key stands as it is */
    check_reason("na,2024-05-11,1\n", NULL);
    check_reason("k,\"\t NaT\",1\n", "malformed time");
    check_reason("k, null\t,1\n", "missing time");
    check_reason("k,2024-05-11,\" n/a \"\n", "missing value");
    check_reason("k,2024-05-11,  \n", "missing value");
    check_reason("k,2024-05-11\n", "too few fields");
    check_reason("k,2024-05-11,1,NA,\"\"\n", NULL); /* what nobody uses may be missing */
    close_all();
    OPEN("--trim", "--na", "0,none");
    check_reason(" none\t,2024-05-11,1\n", "missing key");
    check_reason("NA,2024-05-11,1\n", NULL);
    check_reason("k,2024-05-11,0\n", "missing value");
    check_reason("k,2024-05-11,0.0\n", NULL);
    check_reason("  ,2024-05-11,1\n", "missing key");
    close_all();
}

static void nul_byte_in_a_field_nobody_uses_is_fine(void **state)
{
    (void)state;
    static const char unused[] = "k,2024-05-11,1,\0\n", quoted[] = "\"k\0\",2024-05-11,1\n";
    OPEN("--quiet");
    assert_int_equal(classify_bytes(unused, sizeof unused - 1).class, TIDE_CLASS_GOOD);
    assert_string_equal(classify_bytes(quoted, sizeof quoted - 1).reason, "NUL byte");
    close_all();
}

/* --- good records
 * --------------------------------------------------------------------------------- */

static void check_good(const char *record, const char *key, size_t key_bytes, int64_t time_ms,
                       int64_t amount)
{
    struct tide_classified read = classify_bytes(record, (uint32_t)strlen(record));
    if (read.reason) fail_msg("[%s]: %s", record, read.reason);
    assert_int_equal(read.class, TIDE_CLASS_GOOD);
    assert_int_equal(read.key_bytes, key_bytes);
    assert_memory_equal(read.key, key, key_bytes);
    assert_int_equal(read.time_ms, time_ms);
    assert_true(read.amount == amount);
}

static void good_record_gives_key_time_and_amount(void **state)
{
    (void)state;
    OPEN("--quiet");
    check_good("k,1970-01-01 00:00:01,2.5\n", "k", 1, 1000, 2500000);
    check_good("\"a,\"\"b\"\"\n\",\" 1970-01-01 00:00:01\",\"1,234.56\"\n", "a,\"b\"\n", 6, 1000,
               1234560000);
    check_good(" k ,1970-01-01T00:00:00Z,(5)\r\n", " k ", 3, 0, -5000000);
    check_good("\"a\"b,1969-12-31 23:59:59.999, -0.000001 ,and,more\n", "ab", 2, -1, -1);
    check_good("\"k\"1,\"1970-01-01 00:00:0\"1,\"1\"2\n", "k1", 2, 1000, 12000000); /* all copied */
    check_good("a key that is longer than sixteen bytes,1970-01-01,£1\n",
               "a key that is longer than sixteen bytes", 39, 0, 1000000);
    close_all();
    OPEN("--trim", "--decimals", "0");
    check_good(" \tk\t ,1970-01-01,7\n", "k", 1, 0, 7);
    check_good("\" k \",1970-01-01,7\n", "k", 1, 0, 7);
    close_all();
}

static void parts_of_a_key_are_joined_by_nul_bytes(void **state)
{
    (void)state;
    OPEN("--key", "a,b,c");
    columns = (struct tide_columns){.keys = {4, 0, 1}, .time = 2, .value = 3, .needed = 5};
    check_good("x,\"y\"\"\",1970-01-01,1,zz\n", "zz\0x\0y\"", 7, 0, 1000000);
    check_reason("x,y,1970-01-01,1,NA\n", "missing key");
    check_reason("x,,1970-01-01,1,z\n", "missing key");
    check_reason("x,y,1970-01-01,1\n", "too few fields");
    close_all();
}

static void one_column_may_be_used_several_times(void **state)
{
    (void)state;
    OPEN("--time-format", "epoch-ms", "--key", "a,b,c,d");
    columns = (struct tide_columns){.keys = {0, 0, 0, 0}, .time = 0, .value = 0, .needed = 1};
    check_good("1,x\n", "1\0001\0001\0001", 7, 1, 1000000);
    check_good("\"12\"3\n", "123\000123\000123\000123", 15, 123, 123000000);
    close_all();
}

static void scratch_grows_to_what_is_asked(void **state)
{
    (void)state;
    OPEN("--quiet");
    for (size_t bytes = 1; bytes < 1 << 20; bytes *= 3) {
        char *scratch = tide_classifier_scratch(&classifier, bytes);
        assert_non_null(scratch);
        memset(scratch, 1, bytes);
    }
    close_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_reason_in_the_promised_order_is_given),
        cmocka_unit_test(record_of_the_greatest_length_is_not_too_long),
        cmocka_unit_test(record_cut_where_a_block_ends_is_too_long),
        cmocka_unit_test(too_fine_counts_before_out_of_range),
        cmocka_unit_test(missing_is_judged_as_pandas_does),
        cmocka_unit_test(nul_byte_in_a_field_nobody_uses_is_fine),
        cmocka_unit_test(good_record_gives_key_time_and_amount),
        cmocka_unit_test(parts_of_a_key_are_joined_by_nul_bytes),
        cmocka_unit_test(one_column_may_be_used_several_times),
        cmocka_unit_test(scratch_grows_to_what_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
