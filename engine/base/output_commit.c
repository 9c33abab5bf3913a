#include "engine/base/output_parts.h"

#include "engine/base/memory.h"
#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { COPY_BYTES = 64 << 10 };

/* Appends the names of the targets already renamed: the only trace of a commit that broke midway.
 */
static bool rename_failed(const struct tide_output_set *set, unsigned failed, int reason,
                          struct tide_error *error)
{
    char renamed[TIDE_ERROR_BYTES / 2] = "";
    size_t used = 0;
    for (unsigned i = 0; i < failed && used < sizeof renamed; i++) {
        const struct tide_output *output = &set->files[i];
        if (!output->is_temporary) continue;
        used += (size_t)snprintf(renamed + used, sizeof renamed - used, "%s'%s'",
                                 used ? ", " : "; already in place: ", output->name);
    }
    return tide_error_set(error, TIDE_EXIT_FAILED, "cannot rename to '%s': %s%s",
                          set->files[failed].name, strerror(reason), renamed);
}

static bool close_all(struct tide_output_set *set, struct tide_error *error)
{
    bool ok = true;
    for (unsigned i = 0; i < set->count; i++) {
        struct tide_output *output = &set->files[i];
        if (!tide_output_close_file(output))
            ok = tide_error_system(error, errno, "cannot write to %s", output->name);
    }
    return ok;
}

static bool copy_bytes(int from, struct tide_output *to, struct tide_error *error)
{
    char bytes[COPY_BYTES];
    for (;;) {
        ssize_t got = tide_retry_read(from, bytes, sizeof bytes);
        if (got == 0) return true;
        if (got < 0) return tide_error_system(error, errno, "cannot copy to '%s'", to->name);
        if (!tide_output_write_all(to, bytes, (size_t)got, error)) return false;
    }
}

/* A part that lies elsewhere, or has to stay where it is. */
static bool copy_part(const struct tide_output *output, struct tide_error *error)
{
    struct stat old, part;
    bool exists = tide_sys_lstat(output->target, &old) == 0;
    int from = tide_retry_open(output->temporary, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (from < 0) return tide_error_system(error, errno, "cannot read '%s'", output->temporary);
    struct tide_output copy = {.fd = -1, .name = output->name, .target = output->target};
    bool copied = tide_sys_fstat(from, &part) == 0 ||
                  tide_error_system(error, errno, "cannot read '%s'", output->temporary);
    copied = copied && tide_output_create_temporary(&copy, exists ? &old : NULL, &part, error) &&
             copy_bytes(from, &copy, error);
    if (copied && tide_retry_fsync(copy.fd) != 0)
        copied = tide_error_system(error, errno, "cannot write to %s", output->name);
    if (!tide_output_close_file(&copy) && copied)
        copied = tide_error_system(error, errno, "cannot write to %s", output->name);
    if (copied && tide_sys_rename(copy.temporary, copy.target) != 0)
        copied = tide_error_system(error, errno, "cannot rename to '%s'", output->name);
    if (!copied && copy.temporary) tide_sys_unlink(copy.temporary);
    tide_free(copy.temporary);
    tide_sys_close(from);
    return copied;
}

/* After a crash of the machine too, a part is either still there or under its final name. */
static bool sync_folder(const struct tide_output *output, struct tide_error *error)
{
    char *path = tide_output_folder_of(output->target);
    int fd = path ? tide_retry_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) : -1;
    bool synced = fd >= 0 && (tide_retry_fsync(fd) == 0 || errno == EINVAL || errno == EROFS);
    int reason = errno;
    if (fd >= 0) tide_sys_close(fd);
    tide_free(path);
    return synced ||
           tide_error_system(error, reason, "cannot write the folder of '%s'", output->name);
}

static bool put_in_place(const struct tide_output_set *set, unsigned i, struct tide_error *error)
{
    const struct tide_output *output = &set->files[i];
    bool must_copy = output->must_stay;
    if (!must_copy && tide_sys_rename(output->temporary, output->target) != 0) {
        if (!output->is_part || errno != EXDEV) return rename_failed(set, i, errno, error);
        must_copy = true;
    }
    if (!output->is_part) return true;
    if (must_copy && !copy_part(output, error)) return false;
    if (!sync_folder(output, error)) return false;
    if (must_copy && !output->must_stay) tide_sys_unlink(output->temporary);
    return true;
}

static bool rename_all(struct tide_output_set *set, struct tide_error *error)
{
    for (unsigned i = 0; i < set->count; i++) {
        struct tide_output *output = &set->files[i];
        if (!output->temporary) continue;
        if (!put_in_place(set, i, error)) return false;
        tide_free(output->temporary);
        output->temporary = NULL;
    }
    return true;
}

bool tide_output_commit(struct tide_output_set *set, struct tide_error *error)
{
    bool ok = close_all(set, error) && rename_all(set, error);
    tide_output_discard(set, NULL);
    return ok;
}

void tide_output_discard(struct tide_output_set *set, const struct tide_output *kept)
{
    for (unsigned i = 0; i < set->count; i++) {
        if (&set->files[i] != kept) tide_output_release(&set->files[i]);
    }
    if (!kept) set->count = 0;
}
