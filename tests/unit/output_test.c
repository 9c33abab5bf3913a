/* Does an output appear whole or not at all, and does every failure name its file? */
#include "tests/unit/output_folder.h"

#include <signal.h>
#include <sys/resource.h>

static void assert_open_fails(const char *name, const char *text)
{
    struct tide_output_set set = {0};
    struct tide_error error = {0};
    assert_null(tide_output_open(&set, name, &error));
    assert_int_equal(error.exit, TIDE_EXIT_FAILED);
    assert_string_equal(error.text, text);
    assert_int_equal(set.count, 0);
}

static void open_of_what_cannot_be_written_names_it(void **state)
{
    (void)state;
    put_file("plain", "");
    assert_int_equal(mkdir("there", 0777), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(symlink("nowhere/a.csv", "astray"), 0);
    assert_open_fails("none/a.csv", "cannot create 'none/a.csv': its folder does not exist");
    assert_open_fails("astray", "cannot create 'astray': its folder does not exist");
    assert_open_fails("there", "cannot open 'there' for writing: Is a directory");
    assert_open_fails("new/", "cannot write 'new/': Is a directory");
    assert_open_fails("", "cannot write '': Is a directory");
    assert_open_fails("plain/a", "cannot write 'plain/a': Not a directory");
    assert_open_fails("loop", "cannot write 'loop': Too many levels of symbolic links");
    assert_entry_count(4);
}

static void open_of_a_write_protected_file_fails(void **state)
{
    (void)state;
    put_file("kept.csv", "earlier");
    assert_int_equal(chmod("kept.csv", 0444), 0);
    bool is_root = geteuid() == 0;
    if (is_root) assert_int_equal(seteuid(NOBODY), 0);
    assert_open_fails("kept.csv", "cannot write 'kept.csv': Permission denied");
    if (is_root) assert_int_equal(seteuid(0), 0);
    assert_file("kept.csv", "earlier");
    assert_entry_count(1);
}

static void open_in_a_write_protected_folder_fails(void **state)
{
    (void)state;
    assert_int_equal(mkdir("shut", 0555), 0);
    bool is_root = geteuid() == 0;
    if (is_root) assert_int_equal(seteuid(NOBODY), 0);
    assert_open_fails("shut/a.csv", "cannot create 'shut/a.csv': Permission denied");
    if (is_root) assert_int_equal(seteuid(0), 0);
}

static void write_to_a_full_device_fails(void **state)
{
    (void)state;
    struct tide_output_set set = {0};
    struct tide_error error = {0};
    struct tide_output *output = open_fine(&set, "/dev/full");
    assert_false(tide_output_write(output, "x", 1, &error));
    assert_int_equal(error.exit, TIDE_EXIT_FAILED);
    assert_false(error.quiet);
    assert_string_equal(error.text, "cannot write to /dev/full: No space left on device");
    tide_output_discard(&set, NULL);
    struct stat device;
    assert_int_equal(stat("/dev/full", &device), 0);
    assert_true(S_ISCHR(device.st_mode));
}

static void write_past_the_file_size_limit_leaves_the_earlier_file(void **state)
{
    (void)state;
    put_file("a.csv", "earlier");
    struct tide_output_set set = {0};
    struct tide_error error = {0};
    struct tide_output *output = open_fine(&set, "a.csv");
    struct rlimit before, tight;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = 5;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    bool ok = tide_output_write(output, "0123456789", 10, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(ok);
    assert_string_equal(error.text, "cannot write to a.csv: File too large");
    tide_output_discard(&set, NULL);
    assert_file("a.csv", "earlier");
    assert_entry_count(1);
}

static void commit_whose_rename_fails_says_what_is_in_place(void **state)
{
    (void)state;
    put_file("c.csv", "earlier");
    struct tide_output_set set = {0};
    struct tide_error error = {0};
    write_fine(open_fine(&set, "a.csv"), "a");
    open_fine(&set, "/dev/null");
    write_fine(open_fine(&set, "b.csv"), "b");
    write_fine(open_fine(&set, "c.csv"), "c");
    assert_int_equal(mkdir("b.csv", 0777), 0);
    assert_false(tide_output_commit(&set, &error));
    assert_string_equal(error.text,
                        "cannot rename to 'b.csv': Is a directory; already in place: 'a.csv'");
    assert_file("a.csv", "a");
    assert_file("c.csv", "earlier");
    assert_entry_count(3);
}

static void discard_leaves_earlier_files_and_nothing_else(void **state)
{
    (void)state;
    put_file("a.csv", "earlier");
    struct tide_output_set set = {0};
    write_fine(open_fine(&set, "a.csv"), "later");
    write_fine(open_fine(&set, "b.csv"), "later");
    tide_output_discard(&set, NULL);
    tide_output_discard(&set, NULL);
    assert_file("a.csv", "earlier");
    assert_entry_count(1);
}

static void discard_of_all_but_one_lets_that_one_be_committed(void **state)
{
    (void)state;
    struct tide_output_set set = {0};
    write_fine(open_fine(&set, "a.csv"), "a");
    struct tide_output *rejects = open_fine(&set, "rejects.csv");
    write_fine(open_fine(&set, "b.csv"), "b");
    tide_output_discard(&set, rejects);
    write_fine(rejects, "why");
    commit_fine(&set);
    assert_file("rejects.csv", "why");
    assert_entry_count(1);
}

static void files_appear_at_commit_and_not_before(void **state)
{
    (void)state;
    put_file("b.csv", "earlier and longer");
    struct tide_output_set set = {0};
    struct tide_output *a = open_fine(&set, "a.csv"), *b = open_fine(&set, "./b.csv");
    write_fine(a, "one\n");
    write_fine(b, "two\n");
    write_fine(a, "three\n");
    assert_int_equal(a->bytes, 10);
    assert_int_equal(access("a.csv", F_OK), -1);
    assert_file("b.csv", "earlier and longer");
    commit_fine(&set);
    assert_file("a.csv", "one\nthree\n");
    assert_file("b.csv", "two\n");
    assert_entry_count(2);
}

static void temporary_file_is_in_the_folder_of_the_target(void **state)
{
    (void)state;
    assert_int_equal(mkdir("out", 0777), 0);
    struct tide_output_set set = {0};
    struct tide_output *output = open_fine(&set, "out/a.csv");
    assert_memory_equal(output->temporary, "out/.a.csv.", strlen("out/.a.csv."));
    commit_fine(&set);
    assert_file("out/a.csv", "");
}

static void name_of_the_greatest_length_is_written(void **state)
{
    (void)state;
    char name[256];
    memset(name, 'n', sizeof name);
    name[255] = '\0';
    struct tide_output_set set = {0};
    write_fine(open_fine(&set, name), "x");
    commit_fine(&set);
    assert_file(name, "x");
    assert_entry_count(1);
}

int main(void)
{
    signal(SIGXFSZ, SIG_IGN);
    const struct CMUnitTest tests[] = {
        IN_FOLDER(open_of_what_cannot_be_written_names_it),
        IN_FOLDER(open_of_a_write_protected_file_fails),
        IN_FOLDER(open_in_a_write_protected_folder_fails),
        IN_FOLDER(write_to_a_full_device_fails),
        IN_FOLDER(write_past_the_file_size_limit_leaves_the_earlier_file),
        IN_FOLDER(commit_whose_rename_fails_says_what_is_in_place),
        IN_FOLDER(discard_leaves_earlier_files_and_nothing_else),
        IN_FOLDER(discard_of_all_but_one_lets_that_one_be_committed),
        IN_FOLDER(files_appear_at_commit_and_not_before),
        IN_FOLDER(temporary_file_is_in_the_folder_of_the_target),
        IN_FOLDER(name_of_the_greatest_length_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
