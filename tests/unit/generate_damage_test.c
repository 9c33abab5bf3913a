/* Do kinds of damage do what they are called, and are lists of kinds read as they stand? */
#include "engine/instruments/generate/damage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shape_given.h"

static struct tide_damage_mix read_malformed(const char *text)
{
    struct shape_given given;
    struct tide_damage_mix mix;
    if (!tide_malformed_read(&mix, shape_given(&given, text), SHAPE))
        fail_msg("%s", given.error.text);
    return mix;
}

static void lists_that_hold_anything_else_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",           "x%",         "101%",
        "1%:",        "1%:,",       "1%:key",
        "future",     "1%:future,", "1%:future,future",
        "1%: future",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct shape_given given;
        struct tide_damage_mix mix;
        if (tide_malformed_read(&mix, shape_given(&given, texts[i]), SHAPE))
            fail_msg("'%s' was taken", texts[i]);
        check_refusal(&given, "'");
    }
    struct shape_given given;
    struct tide_damage_mix mix;
    assert_false(tide_missing_read(&mix, shape_given(&given, "1%:future"), SHAPE));
    check_refusal(&given, "key, time and value");
}

static void without_names_there_are_the_usual_kinds(void **state)
{
    (void)state;
    struct tide_damage_mix mix = read_malformed("2.5%");
    assert_int_equal(mix.share, 2500000);
    assert_int_equal(mix.kind_count, 7);
    for (unsigned i = 0; i < mix.kind_count; i++)
        assert_int_equal(mix.kinds[i], TIDE_MALFORMED_TIME + i);
    assert_false(tide_damage_mix_has(&mix, TIDE_FUTURE));
    struct shape_given given;
    assert_true(tide_missing_read(&mix, shape_given(&given, "1"), SHAPE));
    assert_int_equal(mix.kind_count, 3);
    assert_int_equal(mix.kinds[0], TIDE_NA_KEY);
}

static void kinds_that_are_named_are_the_only_ones(void **state)
{
    (void)state;
    struct tide_damage_mix mix = read_malformed("100%:nul-byte,future,malformed-time");
    assert_int_equal(mix.kind_count, 3);
    assert_int_equal(mix.kinds[0], TIDE_NUL_BYTE);
    assert_int_equal(mix.kinds[1], TIDE_FUTURE);
    assert_int_equal(mix.kinds[2], TIDE_MALFORMED_TIME);
    assert_true(tide_damage_mix_has(&mix, TIDE_FUTURE));
    assert_false(tide_damage_mix_has(&mix, TIDE_MISSING_KEY));
}

static void set_field(struct tide_row_fields *fields, unsigned field, const char *text)
{
    fields->bytes[field] = strlen(text);
    memcpy(fields->text[field], text, fields->bytes[field]);
}

static void check_damage(enum tide_damage damage, uint64_t detail, const char *key,
                         const char *time, const char *amount)
{
    struct tide_row_fields fields = {.count = 3};
    set_field(&fields, 0, "tx1");
    set_field(&fields, 1, "2024-05-11 10:00:00");
    set_field(&fields, 2, "12.34");
    tide_damage_do(damage, detail, &fields);
    const char *const expected[] = {key, time, amount};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(fields.bytes[i], strlen(expected[i]));
        assert_memory_equal(fields.text[i], expected[i], fields.bytes[i]);
    }
    assert_int_equal(fields.count, damage == TIDE_TOO_FEW_FIELDS ? 2 : 3);
    assert_int_equal(fields.has_filler, damage == TIDE_ROW_TOO_LONG);
}

static void each_kind_touches_its_field_only(void **state)
{
    (void)state;
    const char *key = "tx1", *time = "2024-05-11 10:00:00", *amount = "12.34";
    check_damage(TIDE_DAMAGE_NONE, 0, key, time, amount);
    check_damage(TIDE_MALFORMED_TIME, 0, key, "2024-02-30 10:00:00", amount);
    check_damage(TIDE_MALFORMED_AMOUNT, 0, key, time, "12.34.7");
    check_damage(TIDE_MISSING_KEY, 0, "", time, amount);
    check_damage(TIDE_MISSING_TIME, 0, key, "", amount);
    check_damage(TIDE_MISSING_VALUE, 0, key, time, "");
    check_damage(TIDE_TOO_FEW_FIELDS, 0, key, time, amount);
    check_damage(TIDE_STRAY_QUOTE, 0, key, time, "12.34\"");
    check_damage(TIDE_TOO_MANY_DECIMALS, 0, key, time, "12.3400000000000000001");
    check_damage(TIDE_AMOUNT_OUT_OF_RANGE, 0, key, time, "1000000000000000000000000000");
    check_damage(TIDE_ROW_TOO_LONG, 0, key, time, amount);
    check_damage(TIDE_FUTURE, 0, key, time, amount);
    check_damage(TIDE_NA_KEY, 1, "NA", time, amount);
    check_damage(TIDE_NA_TIME, 0, key, "", amount);
    check_damage(TIDE_NA_VALUE, 7, key, time, "None");
}

static void a_nul_byte_is_one_byte_more(void **state)
{
    (void)state;
    struct tide_row_fields fields = {.count = 3};
    set_field(&fields, 0, "tx1");
    tide_damage_do(TIDE_NUL_BYTE, 0, &fields);
    assert_int_equal(fields.bytes[0], 4);
    assert_memory_equal(fields.text[0], "tx1\0", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_that_hold_anything_else_are_refused),
        cmocka_unit_test(without_names_there_are_the_usual_kinds),
        cmocka_unit_test(kinds_that_are_named_are_the_only_ones),
        cmocka_unit_test(each_kind_touches_its_field_only),
        cmocka_unit_test(a_nul_byte_is_one_byte_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
