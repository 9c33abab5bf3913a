/* Does a window show the file's bytes, and is a page that is gone met with zeroes and said aloud?
 * The last needs processes of their own: what was noticed once stays noticed. */
#include "engine/base/mapping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "child.h"

enum {
    PAGES = 8,
    FILE_BYTES = PAGES * TIDE_PAGE_BYTES,
    WINDOW_BYTES = 4 * TIDE_PAGE_BYTES,
    MANY_WINDOWS = 1000,
};

static char byte_at(size_t offset)
{
    return (char)(offset * 31 + offset / TIDE_PAGE_BYTES);
}

/* -1: none to be had */
static int make_file(void)
{
    static char bytes[FILE_BYTES];
    int fd = memfd_create("mapping", MFD_CLOEXEC);
    for (size_t i = 0; i < FILE_BYTES; i++) bytes[i] = byte_at(i);
    return fd >= 0 && write(fd, bytes, FILE_BYTES) == FILE_BYTES ? fd : -1;
}

static bool shows(const char *window, size_t offset, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (window[i] != byte_at(offset + i)) return false;
    return true;
}

static bool is_zero(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != 0) return false;
    return true;
}

static void what_cannot_be_shown_gives_null_and_errno(void **state)
{
    (void)state;
    struct tide_mapping mapping;
    assert_true(tide_mapping_init(&mapping, WINDOW_BYTES));
    errno = 0;
    assert_null(tide_mapping_show(&mapping, -1, 0, 10));
    assert_int_equal(errno, EBADF);
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    assert_null(tide_mapping_show(&mapping, pipes[0], 0, 10));
    close(pipes[0]);
    close(pipes[1]);
    tide_mapping_fini(&mapping);
}

static void window_shows_the_file_at_any_page(void **state)
{
    (void)state;
    struct tide_mapping mapping;
    int fd = make_file();
    assert_true(fd >= 0);
    assert_true(tide_mapping_init(&mapping, WINDOW_BYTES));
    for (size_t page = 0; page < PAGES; page++) {
        size_t offset = page * TIDE_PAGE_BYTES, left = FILE_BYTES - offset;
        size_t bytes = left < WINDOW_BYTES ? left : WINDOW_BYTES - page; /* odd ends too */
        const char *window = tide_mapping_show(&mapping, fd, offset, bytes);
        assert_non_null(window);
        assert_int_equal((uintptr_t)window % TIDE_PAGE_BYTES, 0);
        assert_true(shows(window, offset, bytes));
    }
    assert_false(tide_mapping_has_failed());
    tide_mapping_fini(&mapping);
    close(fd);
}

static void room_around_the_window_may_be_read(void **state)
{
    (void)state;
    struct tide_mapping mapping;
    int fd = make_file();
    assert_true(fd >= 0);
    assert_true(tide_mapping_init(&mapping, WINDOW_BYTES));
    const char *window = tide_mapping_show(&mapping, fd, 0, WINDOW_BYTES);
    assert_non_null(window);
    volatile char sum = 0;
    for (size_t i = 1; i <= TIDE_MAPPING_SLACK_BYTES; i++)
        sum = (char)(sum + window[WINDOW_BYTES + i - 1] + *(window - i));
    tide_mapping_fini(&mapping);
    close(fd);
}

static void two_windows_show_two_places_at_once(void **state)
{
    (void)state;
    struct tide_mapping a, b;
    int fd = make_file();
    assert_true(fd >= 0);
    assert_true(tide_mapping_init(&a, WINDOW_BYTES));
    assert_true(tide_mapping_init(&b, WINDOW_BYTES));
    const char *first = tide_mapping_show(&a, fd, 0, WINDOW_BYTES);
    const char *second = tide_mapping_show(&b, fd, WINDOW_BYTES, WINDOW_BYTES);
    assert_true(shows(first, 0, WINDOW_BYTES));
    assert_true(shows(second, WINDOW_BYTES, WINDOW_BYTES));
    tide_mapping_fini(&b);
    assert_true(shows(first, 0, WINDOW_BYTES));
    tide_mapping_fini(&a);
    close(fd);
}

static void too_many_windows_are_refused_and_closed_ones_make_room(void **state)
{
    (void)state;
    static struct tide_mapping mappings[MANY_WINDOWS];
    unsigned counts[2];
    for (unsigned round = 0; round < 2; round++) {
        unsigned count = 0;
        while (count < MANY_WINDOWS && tide_mapping_init(&mappings[count], TIDE_PAGE_BYTES))
            count++;
        assert_null(mappings[count].reserved);
        counts[round] = count;
        while (count > 0) tide_mapping_fini(&mappings[--count]);
    }
    assert_true(counts[0] >= 16 && counts[0] < MANY_WINDOWS);
    assert_int_equal(counts[0], counts[1]);
}

/* Exits with 0 only if the file's lost pages read as zeroes and the loss is known. */
static void read_a_file_that_was_cut_short(void)
{
    struct tide_mapping mapping;
    int fd = make_file();
    if (fd < 0 || !tide_mapping_init(&mapping, WINDOW_BYTES)) _exit(1);
    const char *window = tide_mapping_show(&mapping, fd, 0, WINDOW_BYTES);
    if (!window || tide_mapping_has_failed()) _exit(2);
    if (ftruncate(fd, TIDE_PAGE_BYTES + 100) != 0) _exit(3);
    if (!shows(window, 0, TIDE_PAGE_BYTES + 100) || tide_mapping_has_failed()) _exit(4);
    if (!is_zero(window + 2 * TIDE_PAGE_BYTES, WINDOW_BYTES - 2 * TIDE_PAGE_BYTES)) _exit(5);
    if (!tide_mapping_has_failed()) _exit(6);
    /* The window goes on being of use. */
    window = tide_mapping_show(&mapping, fd, 0, TIDE_PAGE_BYTES);
    if (!window || !shows(window, 0, TIDE_PAGE_BYTES)) _exit(7);
}

static void lost_pages_read_as_zeroes_and_are_noticed(void **state)
{
    (void)state;
    int status = status_of_child(read_a_file_that_was_cut_short);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* A bus error that is none of a window's. */
static void touch_a_lost_page_elsewhere(void)
{
    struct tide_mapping mapping;
    int fd = make_file();
    if (fd < 0 || !tide_mapping_init(&mapping, WINDOW_BYTES)) return;
    volatile char *bytes = mmap(NULL, FILE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED || ftruncate(fd, 0) != 0) return;
    (void)bytes[TIDE_PAGE_BYTES];
}

static void lost_page_elsewhere_still_ends_the_process(void **state)
{
    (void)state;
    int status = status_of_child(touch_a_lost_page_elsewhere);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGBUS);
}

static void fini_of_a_zeroed_mapping_is_fine(void **state)
{
    (void)state;
    struct tide_mapping mapping = {0};
    tide_mapping_fini(&mapping);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_shown_gives_null_and_errno),
        cmocka_unit_test(window_shows_the_file_at_any_page),
        cmocka_unit_test(room_around_the_window_may_be_read),
        cmocka_unit_test(two_windows_show_two_places_at_once),
        cmocka_unit_test(too_many_windows_are_refused_and_closed_ones_make_room),
        cmocka_unit_test(lost_pages_read_as_zeroes_and_are_noticed),
        cmocka_unit_test(lost_page_elsewhere_still_ends_the_process),
        cmocka_unit_test(fini_of_a_zeroed_mapping_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
