/* Is no damaged checkpoint taken for a whole one, wherever the damage is, and the older one used?
 */
#include "engine/stages/checkpoint_folder.h"
#include "tests/unit/output_folder.h"

#include <fcntl.h>
#include <xxhash.h>

enum { DIGEST_BYTES = 16, ROOM = 4096 };

static const struct tide_section sections[] = {
    {TIDE_SECTION_PLAN, "the options", 11}, {TIDE_SECTION_PARSER, "where it stood", 14},
    {TIDE_SECTION_WORKER, "a window", 8},   {TIDE_SECTION_WORKER, "", 0},
    {TIDE_SECTION_SINK, "lengths", 7},
};
enum { SECTION_COUNT = sizeof sections / sizeof *sections };

/* A folder "ck" in which this many records have been written. */
static struct tide_checkpoint_folder folder_with(unsigned records)
{
    struct tide_checkpoint_folder ck;
    struct tide_error error = {0};
    uint64_t bytes;
    assert_true(tide_checkpoint_folder_open(&ck, "ck", false, &error));
    for (unsigned i = 0; i < records; i++)
        assert_true(tide_checkpoint_folder_write(&ck, sections, SECTION_COUNT, &bytes, &error));
    return ck;
}

static size_t get_record(uint64_t number, char bytes[ROOM])
{
    char path[64] = "ck/";
    tide_checkpoint_name(number, path + 3);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t count = fread(bytes, 1, ROOM, file);
    fclose(file);
    return count;
}

static void put_record(uint64_t number, const char *bytes, size_t count)
{
    char path[64] = "ck/";
    tide_checkpoint_name(number, path + 3);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    fclose(file);
}

/* With a checksum that is right. */
static void put_sealed(uint64_t number, char *bytes, size_t count)
{
    XXH128_canonical_t digest;
    XXH128_canonicalFromHash(&digest, XXH3_128bits(bytes, count - DIGEST_BYTES));
    memcpy(bytes + count - DIGEST_BYTES, &digest, DIGEST_BYTES);
    put_record(number, bytes, count);
}

static enum tide_checkpoint_state state_of(const struct tide_checkpoint_folder *ck, uint64_t number,
                                           const char *why)
{
    char name[TIDE_CHECKPOINT_NAME_BYTES];
    struct tide_checkpoint_file file;
    struct tide_error error = {0};
    tide_checkpoint_name(number, name);
    enum tide_checkpoint_state state = tide_checkpoint_read(ck->fd, name, &file, &error);
    if (state != TIDE_CHECKPOINT_WHOLE) assert_null(file.bytes);
    if (why) assert_non_null(strstr(error.text, why));
    tide_checkpoint_fini(&file);
    return state;
}

static void a_record_cut_short_anywhere_is_damaged(void **state)
{
    (void)state;
    char bytes[ROOM];
    struct tide_checkpoint_folder ck = folder_with(1);
    const size_t count = get_record(1, bytes);
    for (size_t cut = 0; cut < count; cut++) {
        put_record(1, bytes, cut);
        assert_int_equal(state_of(&ck, 1, cut < 32 ? "cut short" : "checksum is wrong"),
                         TIDE_CHECKPOINT_DAMAGED);
    }
    tide_checkpoint_folder_close(&ck);
}

static void a_record_with_any_bit_changed_is_damaged(void **state)
{
    (void)state;
    char bytes[ROOM];
    struct tide_checkpoint_folder ck = folder_with(1);
    const size_t count = get_record(1, bytes);
    for (size_t bit = 0; bit < 8 * count; bit++) {
        bytes[bit / 8] ^= (char)(1 << bit % 8);
        put_record(1, bytes, count);
        assert_int_equal(state_of(&ck, 1, bit / 8 < 8 ? "no checkpoint" : "checksum is wrong"),
                         TIDE_CHECKPOINT_DAMAGED);
        bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
    put_record(1, bytes, count);
    assert_int_equal(state_of(&ck, 1, NULL), TIDE_CHECKPOINT_WHOLE);
    tide_checkpoint_folder_close(&ck);
}

static void a_record_with_bytes_behind_it_is_damaged(void **state)
{
    (void)state;
    char bytes[ROOM] = {0};
    struct tide_checkpoint_folder ck = folder_with(1);
    const size_t count = get_record(1, bytes);
    put_record(1, bytes, count + 1);
    assert_int_equal(state_of(&ck, 1, "checksum is wrong"), TIDE_CHECKPOINT_DAMAGED);
    put_sealed(1, bytes, count + 1);
    assert_int_equal(state_of(&ck, 1, "do not fit together"), TIDE_CHECKPOINT_DAMAGED);
    tide_checkpoint_folder_close(&ck);
}

/* Each byte outside of the sections' content: their number, kinds and lengths. */
static void heads_that_lie_under_a_right_checksum_are_damaged(void **state)
{
    (void)state;
    static const unsigned char values[] = {0, 1, 2, 6, 0x7f, 0x80, 0xff};
    char bytes[ROOM], forged[ROOM];
    struct tide_checkpoint_folder ck = folder_with(1);
    const size_t count = get_record(1, bytes);
    for (size_t at = 12, section = 0; section <= SECTION_COUNT; section++) {
        const size_t begin = at, head_bytes = section == 0 ? 4 : 16;
        for (; at < begin + head_bytes; at++) {
            const bool is_spare = section > 0 && at - begin >= 4 && at - begin < 8;
            for (size_t i = 0; i < sizeof values; i++) {
                if ((unsigned char)bytes[at] == values[i] || is_spare) continue;
                memcpy(forged, bytes, count);
                forged[at] = (char)values[i];
                put_sealed(1, forged, count);
                enum tide_checkpoint_state found = state_of(&ck, 1, NULL);
                /* One kind may be another that can come there. */
                if (at - begin >= 4 || section == 0)
                    assert_int_equal(found, TIDE_CHECKPOINT_DAMAGED);
            }
        }
        if (section > 0) at += sections[section - 1].count;
    }
    tide_checkpoint_folder_close(&ck);
}

static void a_newer_format_is_not_passed_over(void **state)
{
    (void)state;
    char bytes[ROOM], note[TIDE_CHECKPOINT_NOTE_BYTES];
    struct tide_checkpoint_file file;
    struct tide_error error = {0};
    uint64_t number;
    struct tide_checkpoint_folder ck = folder_with(2);
    const size_t count = get_record(2, bytes);
    bytes[8] = TIDE_CHECKPOINT_FORMAT + 1;
    put_sealed(2, bytes, count);
    assert_false(tide_checkpoint_folder_read(&ck, &file, &number, note, &error));
    assert_int_equal(error.exit, TIDE_EXIT_FAILED);
    assert_non_null(strstr(error.text, "it has format 2"));
    tide_checkpoint_folder_close(&ck);
}

static void when_all_are_damaged_each_is_named(void **state)
{
    (void)state;
    char note[TIDE_CHECKPOINT_NOTE_BYTES];
    struct tide_checkpoint_file file;
    struct tide_error error = {0};
    uint64_t number;
    struct tide_checkpoint_folder ck = folder_with(2);
    put_record(1, "x", 1);
    put_record(2, "", 0);
    assert_false(tide_checkpoint_folder_read(&ck, &file, &number, note, &error));
    assert_non_null(strstr(error.text, "checkpoint-00000000000000000001: it is cut short"));
    assert_non_null(strstr(error.text, "checkpoint-00000000000000000002: it is cut short"));
    tide_checkpoint_folder_close(&ck);
}

static void a_folder_that_another_has_open_is_refused(void **state)
{
    (void)state;
    struct tide_checkpoint_folder ck = folder_with(1), other;
    struct tide_error error = {0};
    assert_false(tide_checkpoint_folder_open(&other, "ck", true, &error));
    assert_non_null(strstr(error.text, "in use by another run"));
    tide_checkpoint_folder_close(&other);
    tide_checkpoint_folder_close(&ck);
}

static void a_folder_with_a_record_is_for_runs_that_resume(void **state)
{
    (void)state;
    struct tide_checkpoint_folder ck = folder_with(1);
    struct tide_error error = {0};
    tide_checkpoint_folder_close(&ck);
    assert_false(tide_checkpoint_folder_open(&ck, "ck", false, &error));
    assert_non_null(strstr(error.text, "holds a checkpoint already"));
    tide_checkpoint_folder_close(&ck);
    error = (struct tide_error){0};
    assert_true(tide_checkpoint_folder_open(&ck, "ck", true, &error));
    assert_int_equal(ck.number, 1);
    tide_checkpoint_folder_close(&ck);
}

static void the_older_one_is_used_and_the_damage_said(void **state)
{
    (void)state;
    char note[TIDE_CHECKPOINT_NOTE_BYTES];
    struct tide_checkpoint_file file;
    struct tide_error error = {0};
    uint64_t number;
    struct tide_checkpoint_folder ck = folder_with(5);
    put_record(5, "torn", 4);
    assert_true(tide_checkpoint_folder_read(&ck, &file, &number, note, &error));
    assert_int_equal(number, 4);
    assert_string_equal(note, "checkpoint-00000000000000000005: it is cut short");
    assert_int_equal(file.section_count, SECTION_COUNT);
    for (unsigned i = 0; i < SECTION_COUNT; i++) {
        assert_int_equal(file.sections[i].kind, sections[i].kind);
        assert_int_equal(file.sections[i].count, sections[i].count);
        assert_memory_equal(file.sections[i].bytes, sections[i].bytes, sections[i].count);
    }
    tide_checkpoint_fini(&file);
    tide_checkpoint_folder_close(&ck);
}

static void two_are_kept_and_names_of_no_record_do_not_count(void **state)
{
    (void)state;
    static const char *const others[] = {
        "ck/checkpoint-1",
        "ck/checkpoint-99999999999999999999",
        "ck/checkpoint-0000000000000000000x",
        "ck/results.part",
        "ck/checkpoint-00000000000000000000",
    };
    assert_int_equal(mkdir("ck", 0700), 0);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) put_file(others[i], "");
    struct tide_checkpoint_folder ck = folder_with(7);
    assert_int_equal(ck.number, 7);
    tide_checkpoint_folder_close(&ck);
    assert_int_equal(chdir("ck"), 0);
    assert_entry_count(TIDE_CHECKPOINTS_KEPT + sizeof others / sizeof *others);
    assert_int_equal(access("checkpoint-00000000000000000006", F_OK), 0);
    assert_int_equal(access("checkpoint-00000000000000000007", F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_record_cut_short_anywhere_is_damaged),
        IN_FOLDER(a_record_with_any_bit_changed_is_damaged),
        IN_FOLDER(a_record_with_bytes_behind_it_is_damaged),
        IN_FOLDER(heads_that_lie_under_a_right_checksum_are_damaged),
        IN_FOLDER(a_newer_format_is_not_passed_over),
        IN_FOLDER(when_all_are_damaged_each_is_named),
        IN_FOLDER(a_folder_that_another_has_open_is_refused),
        IN_FOLDER(a_folder_with_a_record_is_for_runs_that_resume),
        IN_FOLDER(the_older_one_is_used_and_the_damage_said),
        IN_FOLDER(two_are_kept_and_names_of_no_record_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
