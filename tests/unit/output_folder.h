/* A folder of its own for every test of outputs, and the checks they share. */
#ifndef TIDE_TESTS_OUTPUT_FOLDER_H
#define TIDE_TESTS_OUTPUT_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/output.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static char folder[64];

static inline int enter_empty_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/tidemark-output-XXXXXX");
    return mkdtemp(folder) && chmod(folder, 0777) == 0 && chdir(folder) == 0 ? 0 : -1;
}

static inline int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return chdir("/") == 0 ? system(command) : -1;
}

static inline void put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static inline void assert_file(const char *path, const char *text)
{
    char got[4096];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t bytes = fread(got, 1, sizeof got - 1, file);
    fclose(file);
    got[bytes] = '\0';
    assert_string_equal(got, text);
}

static inline void assert_entry_count(unsigned expected)
{
    unsigned count = 0;
    DIR *entries = opendir(".");
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(entries);
    assert_int_equal(count, expected);
}

static inline struct tide_output *open_fine(struct tide_output_set *set, const char *name)
{
    struct tide_error error = {0};
    struct tide_output *output = tide_output_open(set, name, &error);
    assert_string_equal(error.text, "");
    assert_non_null(output);
    return output;
}

static inline void write_fine(struct tide_output *output, const char *text)
{
    struct tide_error error = {0};
    assert_true(tide_output_write(output, text, strlen(text), &error));
    assert_int_equal(error.exit, TIDE_EXIT_OK);
}

static inline void commit_fine(struct tide_output_set *set)
{
    struct tide_error error = {0};
    assert_true(tide_output_commit(set, &error));
    assert_int_equal(error.exit, TIDE_EXIT_OK);
    assert_int_equal(set->count, 0);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_empty_folder, remove_folder)

#endif
