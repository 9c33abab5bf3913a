/* Is a file out of the page cache afterwards, or is it said that it is not? */
#include "output_folder.h"

#include "engine/instruments/bench/cold.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/vfs.h>

enum { TMPFS = 0x01021994, BYTES = 300 * 4096 + 5 };

static void put_bytes(const char *path)
{
    static char bytes[BYTES];
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, sizeof bytes, file), sizeof bytes);
    fclose(file);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct tide_error error = {0};
    double left;
    const char *const files[] = {"nosuch"};
    assert_false(tide_bench_cold(files, 1, &left, &error));
    assert_string_equal(error.text, "cannot open nosuch: No such file or directory");
}

static void an_empty_file_is_cold(void **state)
{
    (void)state;
    double left = 1;
    const char *const files[] = {"file"};
    put_file("file", "");
    assert_true(tide_bench_cold(files, 1, &left, &(struct tide_error){0}));
    assert_true(left == 0);
}

/* Pages that a process has mapped and touched stay. */
static void pages_that_stay_are_counted(void **state)
{
    (void)state;
    double left = 0;
    const char *const files[] = {"file"};
    put_bytes("file");
    int fd = open("file", O_RDONLY);
    void *held = mmap(NULL, BYTES, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    assert_true(held != MAP_FAILED);
    assert_true(tide_bench_cold(files, 1, &left, &(struct tide_error){0}));
    assert_true(left == 1);
    munmap(held, BYTES);
    close(fd);
}

static void a_file_just_written_is_cold_afterwards(void **state)
{
    (void)state;
    struct statfs where;
    double left = 1;
    const char *const files[] = {"file", "other"};
    put_bytes("file");
    put_bytes("other");
    assert_int_equal(statfs("file", &where), 0);
    assert_true(tide_bench_cold(files, 2, &left, &(struct tide_error){0}));
    if (where.f_type == TMPFS) assert_true(left == 1);
    else assert_true(left < 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_file_that_is_not_there_is_named),
        IN_FOLDER(an_empty_file_is_cold),
        IN_FOLDER(pages_that_stay_are_counted),
        IN_FOLDER(a_file_just_written_is_cold_afterwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
