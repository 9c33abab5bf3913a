#include "engine/stages/checkpoint_folder.h"

#include "engine/base/memory.h"
#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

static const char stem[] = "checkpoint-";

enum { STEM_BYTES = sizeof stem - 1, NUMBER_DIGITS = 20, WHY_BYTES_SHOWN = 400 };

/* The numbers of the records that are there. */
struct records {
    uint64_t *numbers; /* ascending */
    size_t count, capacity;
};

/* 0: the name is none of a record. */
static uint64_t number_of(const char *name)
{
    if (strncmp(name, stem, STEM_BYTES) != 0) return 0;
    if (strlen(name) != STEM_BYTES + NUMBER_DIGITS ||
        strspn(name + STEM_BYTES, "0123456789") != NUMBER_DIGITS)
        return 0;
    errno = 0;
    uint64_t number = strtoull(name + STEM_BYTES, NULL, 10);
    return errno == 0 ? number : 0;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static bool add_record(struct records *records, uint64_t number)
{
    if (records->count == records->capacity) {
        size_t capacity = records->capacity ? 2 * records->capacity : 8;
        uint64_t *numbers = tide_realloc(records->numbers, capacity * sizeof *numbers);
        if (!numbers) return false;
        records->numbers = numbers;
        records->capacity = capacity;
    }
    records->numbers[records->count++] = number;
    return true;
}

static bool list_records(const struct tide_checkpoint_folder *folder, struct records *records,
                         struct tide_error *error)
{
    *records = (struct records){0};
    DIR *listing = tide_retry_opendir(folder->path);
    bool listed = listing != NULL;
    while (listed) {
        errno = 0;
        const struct dirent *entry = tide_sys_readdir(listing);
        if (!entry) {
            listed = errno == 0;
            break;
        }
        uint64_t number = number_of(entry->d_name);
        listed = number == 0 || add_record(records, number);
    }
    int reason = errno;
    if (listing) tide_sys_closedir(listing);
    if (listed && records->count > 0)
        qsort(records->numbers, records->count, sizeof *records->numbers, by_number);
    if (listed) return true;
    tide_free(records->numbers);
    *records = (struct records){0};
    return tide_error_system(error, reason ? reason : ENOMEM,
                             "--checkpoint: cannot read folder '%s'", folder->path);
}

static bool lock(const struct tide_checkpoint_folder *folder, struct tide_error *error)
{
    int locked = tide_retry_flock(folder->fd, LOCK_EX | LOCK_NB);
    if (locked == 0) return true;
    if (errno == EWOULDBLOCK)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "--checkpoint: '%s' is in use by another run; wait for it to end, or "
                              "name another folder",
                              folder->path);
    return tide_error_system(error, errno, "--checkpoint: cannot lock folder '%s'", folder->path);
}

bool tide_checkpoint_folder_open(struct tide_checkpoint_folder *folder, const char *path,
                                 bool is_resuming, struct tide_error *error)
{
    struct records records;
    *folder = (struct tide_checkpoint_folder){.path = path, .fd = -1};
    if (tide_sys_mkdir(path, 0700) != 0 && errno != EEXIST)
        return tide_error_system(error, errno, "--checkpoint: cannot make folder '%s'", path);
    folder->fd = tide_retry_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (folder->fd < 0)
        return tide_error_system(error, errno, "--checkpoint: cannot open folder '%s'", path);
    if (!lock(folder, error) || !list_records(folder, &records, error)) return false;
    if (records.count > 0) folder->number = records.numbers[records.count - 1];
    tide_free(records.numbers);
    if (folder->number == 0 || is_resuming) return true;
    return tide_error_set(error, TIDE_EXIT_FAILED,
                          "--checkpoint: '%s' holds a checkpoint already; go on from it with "
                          "--resume, or name another folder",
                          path);
}

void tide_checkpoint_folder_close(struct tide_checkpoint_folder *folder)
{
    if (folder->fd >= 0) tide_sys_close(folder->fd); /* the lock goes with it */
    folder->fd = -1;
}

/* Adds to the note that a record was passed over. */
static void note_damage(char note[TIDE_CHECKPOINT_NOTE_BYTES], const char *name, const char *why)
{
    size_t used = strlen(note);
    snprintf(note + used, TIDE_CHECKPOINT_NOTE_BYTES - used, "%s%s: %.*s", used ? "; " : "", name,
             WHY_BYTES_SHOWN, why);
}

bool tide_checkpoint_folder_read(struct tide_checkpoint_folder *folder,
                                 struct tide_checkpoint_file *file, uint64_t *number,
                                 char note[TIDE_CHECKPOINT_NOTE_BYTES], struct tide_error *error)
{
    struct records records;
    note[0] = '\0';
    *file = (struct tide_checkpoint_file){0};
    if (!list_records(folder, &records, error)) return false;
    enum tide_checkpoint_state state = TIDE_CHECKPOINT_DAMAGED;
    bool has_any = records.count > 0;
    for (size_t i = records.count; i > 0 && state == TIDE_CHECKPOINT_DAMAGED; i--) {
        char name[TIDE_CHECKPOINT_NAME_BYTES];
        struct tide_error why = {0};
        *number = records.numbers[i - 1];
        tide_checkpoint_name(*number, name);
        state = tide_checkpoint_read(folder->fd, name, file, &why);
        if (state == TIDE_CHECKPOINT_REFUSED)
            tide_error_set(error, TIDE_EXIT_FAILED, "--resume: %s/%s: %s", folder->path, name,
                           why.text);
        if (state == TIDE_CHECKPOINT_DAMAGED) note_damage(note, name, why.text);
    }
    tide_free(records.numbers);
    if (!has_any || state == TIDE_CHECKPOINT_WHOLE) return true;
    if (state == TIDE_CHECKPOINT_REFUSED) return false;
    return tide_error_set(error, TIDE_EXIT_FAILED,
                          "--resume: '%s' holds no checkpoint that is whole (%s); begin anew in "
                          "another folder",
                          folder->path, note);
}

/* What cannot be removed is in nobody's way. */
static void remove_old(const struct tide_checkpoint_folder *folder)
{
    struct records records;
    struct tide_error error = {0};
    if (!list_records(folder, &records, &error)) return;
    for (size_t i = 0; i + TIDE_CHECKPOINTS_KEPT < records.count; i++) {
        char name[TIDE_CHECKPOINT_NAME_BYTES];
        tide_checkpoint_name(records.numbers[i], name);
        tide_sys_unlinkat(folder->fd, name);
    }
    tide_free(records.numbers);
}

bool tide_checkpoint_folder_write(struct tide_checkpoint_folder *folder,
                                  const struct tide_section sections[], unsigned section_count,
                                  uint64_t *bytes, struct tide_error *error)
{
    struct tide_error why = {0};
    if (!tide_checkpoint_write(folder->fd, folder->number + 1, sections, section_count, bytes,
                               &why))
        return tide_error_set(error, why.exit, "--checkpoint: '%s': %s", folder->path, why.text);
    folder->number++;
    remove_old(folder);
    return true;
}
