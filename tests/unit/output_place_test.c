/* Do links lead on, keep files their rights, and are devices, pipes and terminals left in place? */
#include "engine/text/escape.h"
#include "tests/unit/output_folder.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>

/* Opens, writes and commits "-" while standard output is fd. */
static bool write_to_stdout(int fd, const char *text, size_t bytes, struct tide_error *error)
{
    int saved = dup(STDOUT_FILENO);
    fflush(stdout);
    dup2(fd, STDOUT_FILENO);
    struct tide_output_set set = {0};
    struct tide_output *output = tide_output_open(&set, "-", error);
    bool ok = output && output->is_stdout && tide_output_write(output, text, bytes, error);
    if (ok) ok = tide_output_commit(&set, error);
    else tide_output_discard(&set, NULL);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    return ok;
}

static void write_to_a_closed_stdout_pipe_is_quiet(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    struct tide_error error = {0};
    assert_false(write_to_stdout(ends[1], "x", 1, &error));
    close(ends[1]);
    assert_int_equal(error.exit, TIDE_EXIT_FAILED);
    assert_true(error.quiet);
}

static void write_to_a_fifo_whose_reader_left_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    int reader = open("fifo", O_RDONLY | O_NONBLOCK);
    struct tide_output_set set = {0};
    struct tide_error error = {0};
    struct tide_output *output = open_fine(&set, "fifo");
    close(reader);
    assert_false(tide_output_write(output, "x", 1, &error));
    assert_false(error.quiet);
    assert_string_equal(error.text, "cannot write to fifo: Broken pipe");
    tide_output_discard(&set, NULL);
    struct stat fifo;
    assert_int_equal(stat("fifo", &fifo), 0);
    assert_true(S_ISFIFO(fifo.st_mode));
}

static struct tide_output *append_fine(struct tide_output_set *set, const char *name)
{
    struct tide_error error = {0};
    struct tide_output *output = tide_output_open_to_append(set, name, &error);
    assert_string_equal(error.text, "");
    assert_non_null(output);
    return output;
}

static void append_where_there_is_no_folder_fails(void **state)
{
    (void)state;
    struct tide_output_set set = {0};
    struct tide_error error = {0};
    assert_null(tide_output_open_to_append(&set, "none/a.csv", &error));
    assert_string_equal(error.text, "cannot create 'none/a.csv': its folder does not exist");
    assert_null(tide_output_open_to_append(&set, ".", &error));
    assert_int_equal(set.count, 0);
}

static void appended_file_keeps_what_it_holds_and_what_a_failed_run_wrote(void **state)
{
    (void)state;
    struct tide_output_set set = {0};
    put_file("old.csv", "earlier\n");
    assert_int_equal(symlink("old.csv", "link.csv"), 0);
    struct tide_output *old = append_fine(&set, "link.csv"), *new = append_fine(&set, "new.csv");
    assert_true(old->is_continued);
    assert_false(new->is_continued);
    write_fine(old, "a\n");
    write_fine(new, "b\n");
    assert_file("old.csv", "earlier\na\n"); /* at once */
    tide_output_discard(&set, NULL);
    assert_file("old.csv", "earlier\na\n");
    assert_file("new.csv", "b\n");
    assert_entry_count(3);
}

static void appended_file_and_a_whole_one_are_committed_together(void **state)
{
    (void)state;
    struct tide_output_set set = {0};
    write_fine(append_fine(&set, "a.csv"), "a\n");
    write_fine(open_fine(&set, "b.csv"), "b\n");
    commit_fine(&set);
    assert_file("a.csv", "a\n");
    assert_file("b.csv", "b\n");
    assert_entry_count(2);
}

static void symbolic_link_is_followed_and_stays_a_link(void **state)
{
    (void)state;
    static const char *const links[][2] = {
        {"real/a.csv", "relative"},   /* to a file that is there */
        {"real/new.csv", "dangling"}, /* to one that is not */
        {"relative", "chain"},
        {"../up.csv", "real/up"},
    };
    assert_int_equal(mkdir("real", 0777), 0);
    put_file("real/a.csv", "earlier");
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        assert_int_equal(symlink(links[i][0], links[i][1]), 0);
        struct tide_output_set set = {0};
        write_fine(open_fine(&set, links[i][1]), links[i][1]);
        commit_fine(&set);
        assert_file(links[i][1], links[i][1]);
        struct stat link;
        assert_int_equal(lstat(links[i][1], &link), 0);
        assert_true(S_ISLNK(link.st_mode));
    }
    assert_file("real/a.csv", "chain");
    assert_file("real/new.csv", "dangling");
    assert_file("up.csv", "real/up");
}

static void absolute_symbolic_link_is_followed(void **state)
{
    (void)state;
    char target[128];
    snprintf(target, sizeof target, "%s/a.csv", folder);
    assert_int_equal(symlink(target, "link"), 0);
    struct tide_output_set set = {0};
    write_fine(open_fine(&set, "link"), "x");
    commit_fine(&set);
    assert_file("a.csv", "x");
    assert_entry_count(2);
}

static void device_stays_a_device(void **state)
{
    (void)state;
    assert_int_equal(symlink("/dev/null", "link"), 0);
    struct tide_output_set set = {0};
    write_fine(open_fine(&set, "/dev/null"), "x");
    write_fine(open_fine(&set, "link"), "x");
    commit_fine(&set);
    struct stat device;
    assert_int_equal(stat("/dev/null", &device), 0);
    assert_true(S_ISCHR(device.st_mode));
    assert_int_equal(stat("link", &device), 0);
    assert_true(S_ISCHR(device.st_mode));
}

static void link_in_proc_is_appended_to_in_place(void **state)
{
    (void)state;
    put_file("log", "earlier\n");
    int fd = open("log", O_WRONLY | O_APPEND);
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    assert_int_equal(symlink(name, "link"), 0);
    struct tide_output_set set = {0};
    write_fine(open_fine(&set, name), "one\n");
    write_fine(open_fine(&set, "link"), "two\n");
    commit_fine(&set);
    assert_int_equal(write(fd, "three\n", 6), 6);
    close(fd);
    assert_file("log", "earlier\none\ntwo\nthree\n");
    assert_entry_count(2);
}

static mode_t mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void rights_of_an_earlier_file_are_kept_and_new_ones_follow_the_umask(void **state)
{
    (void)state;
    static const mode_t modes[] = {0600, 0640, 0666, 0755};
    mode_t before = umask(027);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        put_file("a.csv", "earlier");
        assert_int_equal(chmod("a.csv", modes[i]), 0);
        struct tide_output_set set = {0};
        write_fine(open_fine(&set, "a.csv"), "x");
        commit_fine(&set);
        assert_int_equal(mode_of("a.csv"), modes[i]);
    }
    struct tide_output_set set = {0};
    open_fine(&set, "new.csv");
    commit_fine(&set);
    assert_int_equal(mode_of("new.csv"), 0640);
    umask(before);
}

static void owner_of_an_earlier_file_is_kept(void **state)
{
    (void)state;
    if (geteuid() != 0) skip();
    put_file("a.csv", "earlier");
    assert_int_equal(chown("a.csv", NOBODY, NOBODY), 0);
    struct tide_output_set set = {0};
    open_fine(&set, "a.csv");
    commit_fine(&set);
    struct stat status;
    assert_int_equal(stat("a.csv", &status), 0);
    assert_int_equal(status.st_uid, NOBODY);
    assert_int_equal(status.st_gid, NOBODY);
}

enum { BIG_BYTES = 1 << 20 };

static void *read_slowly(void *argument)
{
    int fd = *(int *)argument;
    char piece[8192];
    size_t total = 0;
    for (ssize_t got; (got = read(fd, piece, sizeof piece)) > 0;) {
        total += (size_t)got;
        poll(NULL, 0, 1);
    }
    return (void *)(uintptr_t)total;
}

static void write_to_a_full_non_blocking_pipe_waits(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    pthread_t reader;
    assert_int_equal(pthread_create(&reader, NULL, read_slowly, &ends[0]), 0);
    char *big = calloc(1, BIG_BYTES);
    struct tide_error error = {0};
    bool ok = write_to_stdout(ends[1], big, BIG_BYTES, &error);
    close(ends[1]);
    void *total;
    pthread_join(reader, &total);
    close(ends[0]);
    free(big);
    assert_true(ok);
    assert_int_equal((uintptr_t)total, BIG_BYTES);
}

/* Two-byte sequences that start at an odd byte, so that pieces of even size would cut one. */
static size_t terminal_text(char *text, size_t room)
{
    size_t bytes = 5;
    memcpy(text, "\x1b[2J\n", bytes);
    for (; bytes + 2 <= room; bytes += 2) memcpy(text + bytes, "\xc2\x9b", 2);
    return bytes;
}

static void terminal_gets_control_bytes_escaped(void **state)
{
    (void)state;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) skip();
    char name[64];
    assert_int_equal(ptsname_r(master, name, sizeof name), 0);
    struct tide_output_set set = {.terminal_escape = tide_escape_terminal};
    struct tide_output *output = open_fine(&set, name);
    assert_true(output->is_terminal);
    struct termios raw;
    assert_int_equal(tcgetattr(output->fd, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(output->fd, TCSANOW, &raw), 0);
    char text[1100], expected[sizeof text * TIDE_OUTPUT_ESCAPE_GROWTH], got[sizeof expected];
    size_t bytes = terminal_text(text, sizeof text);
    size_t expected_bytes = tide_escape_terminal(expected, text, bytes), got_bytes = 0;
    fcntl(output->fd, F_SETFL, O_NONBLOCK);
    pid_t writer = fork();
    if (writer == 0) {
        struct tide_error error = {0};
        _exit(tide_output_write(output, text, bytes, &error) ? 0 : 1);
    }
    while (got_bytes < expected_bytes) {
        ssize_t part = read(master, got + got_bytes, expected_bytes - got_bytes);
        assert_true(part > 0);
        got_bytes += (size_t)part;
    }
    int status;
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_int_equal(status, 0);
    tide_output_discard(&set, NULL);
    close(master);
    assert_memory_equal(got, expected, expected_bytes);
    assert_null(memchr(got, 0x1b, got_bytes));
    assert_null(memchr(got, 0xc2, got_bytes));
}

static void same_file_sees_through_links_and_spellings(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"-", "-", false},
        {"/dev/null", "/dev/null", false},
        {"a.csv", "b.csv", false},
        {"a.csv", "new.csv", false},
        {"new.csv", "other.csv", false},
        {"new.csv", "real/new.csv", false},
        {"none/a", "none/a", false}, /* cannot be opened anyway */
        {"a.csv", "./a.csv", true},
        {"a.csv", "link", true},
        {"a.csv", "hard", true},
        {"a.csv", "real/../a.csv", true},
        {"new.csv", "./new.csv", true},
        {"new.csv", "real/../new.csv", true},
        {"real/new.csv", "dangling", true},
    };
    put_file("a.csv", "");
    put_file("b.csv", "");
    assert_int_equal(mkdir("real", 0777), 0);
    assert_int_equal(symlink("a.csv", "link"), 0);
    assert_int_equal(symlink("real/new.csv", "dangling"), 0);
    assert_int_equal(link("a.csv", "hard"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tide_error error = {0};
        if (tide_output_same_file(cases[i].a, cases[i].b, &error) != cases[i].same ||
            tide_output_same_file(cases[i].b, cases[i].a, &error) != cases[i].same || error.exit)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
    }
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        IN_FOLDER(write_to_a_closed_stdout_pipe_is_quiet),
        IN_FOLDER(write_to_a_fifo_whose_reader_left_is_an_error),
        IN_FOLDER(append_where_there_is_no_folder_fails),
        IN_FOLDER(appended_file_keeps_what_it_holds_and_what_a_failed_run_wrote),
        IN_FOLDER(appended_file_and_a_whole_one_are_committed_together),
        IN_FOLDER(symbolic_link_is_followed_and_stays_a_link),
        IN_FOLDER(absolute_symbolic_link_is_followed),
        IN_FOLDER(device_stays_a_device),
        IN_FOLDER(link_in_proc_is_appended_to_in_place),
        IN_FOLDER(rights_of_an_earlier_file_are_kept_and_new_ones_follow_the_umask),
        IN_FOLDER(owner_of_an_earlier_file_is_kept),
        IN_FOLDER(write_to_a_full_non_blocking_pipe_waits),
        IN_FOLDER(terminal_gets_control_bytes_escaped),
        IN_FOLDER(same_file_sees_through_links_and_spellings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
