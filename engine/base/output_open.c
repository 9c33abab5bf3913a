#include "engine/base/output_parts.h"

#include "engine/base/memory.h"
#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
    LINK_HOPS_MAX = 40, /* as the kernel's */
    TEMPORARY_ATTEMPTS_MAX = 100,
    TEMPORARY_STEM_BYTES_MAX = 200, /* of the target's name: leaves room for the rest in NAME_MAX */
    ESCAPE_CHUNK_BYTES = 1024,
    PROCFS_MAGIC = 0x9fa0, /* statfs(2) */
};

/* Bytes of the folder in front of the last name, the slash included; 0 = the current folder. */
size_t tide_output_folder_bytes(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* "." for the current folder. NULL: no memory. */
char *tide_output_folder_of(const char *path)
{
    size_t bytes = tide_output_folder_bytes(path);
    return bytes ? tide_strndup(path, bytes) : tide_strdup(".");
}

/* Links such as /proc/self/fd/1 lead to an open file, not to a path that could be renamed over.
 * False: errno says why it cannot be told. */
static bool leads_to_descriptor(const char *link, bool *leads)
{
    char *folder = tide_output_folder_of(link);
    struct statfs place;
    errno = ENOMEM;
    int failed = folder ? tide_retry_statfs(folder, &place) : -1;
    int reason = errno;
    *leads = !failed && place.f_type == PROCFS_MAGIC;
    tide_free(folder);
    errno = reason;
    return !failed;
}

/* Reasons for which a path leads no further, or that opening it will meet again. */
static bool is_of_the_path(int reason)
{
    return reason == ENOENT || reason == ENOTDIR || reason == EACCES || reason == ELOOP ||
           reason == ENAMETOOLONG;
}

static char *join(const char *path, size_t prefix, const char *link, size_t link_bytes)
{
    char *joined = tide_alloc(prefix + link_bytes + 1);
    if (!joined) return NULL;
    memcpy(joined, path, prefix);
    memcpy(joined + prefix, link, link_bytes);
    joined[prefix + link_bytes] = '\0';
    return joined;
}

/* The path the symbolic links end at, which need not exist; a link to a descriptor is not followed.
 * NULL: errno says why. */
static char *follow_links(const char *name)
{
    char *path = tide_strdup(name);
    for (unsigned hops = 0; path; hops++) {
        char link[PATH_MAX];
        bool leads = false;
        ssize_t got = tide_sys_readlink(path, link, sizeof link);
        int reason = got < 0 ? errno : 0;
        if (got < 0 && (reason == EINVAL || is_of_the_path(reason))) return path;
        if (got >= 0 && !leads_to_descriptor(path, &leads)) reason = errno;
        if (!reason && leads) return path;
        if (!reason && got == (ssize_t)sizeof link) reason = ENAMETOOLONG;
        if (!reason && hops == LINK_HOPS_MAX) reason = ELOOP;
        if (reason) {
            tide_free(path);
            errno = reason;
            return NULL;
        }
        char *next =
            join(path, link[0] == '/' ? 0 : tide_output_folder_bytes(path), link, (size_t)got);
        tide_free(path);
        path = next;
    }
    errno = ENOMEM;
    return NULL;
}

/* Gives the new file the owner and rights of the old one; a group that cannot be kept gets none. */
static bool keep_rights(int fd, const struct stat *old)
{
    struct stat now;
    if (tide_sys_fstat(fd, &now) != 0) return false;
    mode_t mode = old->st_mode & 0777;
    if (now.st_uid != old->st_uid || now.st_gid != old->st_gid) {
        if (tide_sys_fchown(fd, old->st_uid, old->st_gid) != 0 &&
            tide_sys_fchown(fd, (uid_t)-1, old->st_gid) != 0)
            mode &= (mode_t)~S_IRWXG;
    }
    return tide_sys_fchmod(fd, mode) == 0;
}

/* A part's copy is named after the part, which is this run's alone: what a dead run has left under
 * that name is found and removed. */
static void name_temporary(struct tide_output *output, size_t room, const struct stat *part,
                           unsigned attempt)
{
    const size_t folder = tide_output_folder_bytes(output->target);
    const int used = snprintf(output->temporary, room, "%.*s.%.*s.", (int)folder, output->target,
                              TEMPORARY_STEM_BYTES_MAX, output->target + folder);
    if (part)
        snprintf(output->temporary + used, room - (size_t)used, "%llx-%llx.tmp",
                 (unsigned long long)part->st_dev, (unsigned long long)part->st_ino);
    else
        snprintf(output->temporary + used, room - (size_t)used, "%ld-%u.tmp", (long)getpid(),
                 attempt);
    if (part) tide_sys_unlink(output->temporary);
}

bool tide_output_create_temporary(struct tide_output *output, const struct stat *old,
                                  const struct stat *part, struct tide_error *error)
{
    size_t folder = tide_output_folder_bytes(output->target);
    const char *base = output->target + folder;
    if (*base == '\0') return tide_error_system(error, EISDIR, "cannot write '%s'", output->name);
    size_t room = folder + TEMPORARY_STEM_BYTES_MAX + 64;
    output->temporary = tide_alloc(room);
    if (!output->temporary) return tide_error_memory(error, "an output's name");
    for (unsigned attempt = 0; output->fd < 0 && attempt < TEMPORARY_ATTEMPTS_MAX; attempt++) {
        name_temporary(output, room, part, attempt);
        output->fd =
            tide_retry_open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                            old ? 0600 : 0666);
        if (output->fd < 0 && errno != EEXIST) break;
    }
    output->is_temporary = output->fd >= 0;
    if (output->is_temporary && (!old || keep_rights(output->fd, old))) return true;
    int reason = errno;
    if (!output->is_temporary) {
        tide_free(output->temporary); /* not ours to remove */
        output->temporary = NULL;
    }
    if (reason == ENOENT)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "cannot create '%s': its folder does not exist", output->name);
    return tide_error_system(error, reason, "cannot create '%s'", output->name);
}

static bool open_in_place(struct tide_output *output, const char *path, int flags,
                          struct tide_error *error)
{
    output->fd = tide_retry_open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | flags, 0666);
    if (output->fd >= 0) return true;
    if (errno == ENOENT)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "cannot create '%s': its folder does not exist", output->name);
    return tide_error_system(error, errno, "cannot open '%s' for writing", output->name);
}

static bool open_appending(struct tide_output *output, const struct tide_output_part *part,
                           struct tide_error *error)
{
    (void)part;
    struct stat status;
    if (!open_in_place(output, output->name, O_CREAT, error)) return false;
    output->is_continued =
        tide_sys_fstat(output->fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
    return true;
}

static bool open_path(struct tide_output *output, const struct tide_output_part *part,
                      struct tide_error *error)
{
    (void)part;
    output->target = follow_links(output->name);
    if (!output->target) return tide_error_system(error, errno, "cannot write '%s'", output->name);
    struct stat old;
    if (tide_sys_lstat(output->target, &old) != 0) {
        if (errno == ENOENT) return tide_output_create_temporary(output, NULL, NULL, error);
        return tide_error_system(error, errno, "cannot write '%s'", output->name);
    }
    if (!S_ISREG(old.st_mode)) return open_in_place(output, output->target, 0, error);
    /* A rename would replace a file that its owner has write-protected. */
    if (tide_sys_access(output->target, W_OK) != 0)
        return tide_error_system(error, errno, "cannot write '%s'", output->name);
    return tide_output_create_temporary(output, &old, NULL, error);
}

/* Looks at what has been opened, and where it goes on from. */
static bool check_part(struct tide_output *output, const struct tide_output_part *part,
                       const char *path, struct tide_error *error)
{
    struct stat status;
    if (tide_sys_fstat(output->fd, &status) != 0)
        return tide_error_system(error, errno, "cannot look at '%s'", path);
    if (!S_ISREG(status.st_mode))
        return tide_error_set(error, TIDE_EXIT_FAILED, "'%s' is no regular file", path);
    const uint64_t size = (uint64_t)status.st_size;
    if (part->is_resumed && size < part->bytes)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "'%s' has %llu bytes, but the checkpoint says that %llu were written",
                              path, (unsigned long long)size, (unsigned long long)part->bytes);
    output->bytes = part->is_resumed ? part->bytes : size;
    output->must_be_cut = part->is_resumed;
    output->is_continued = output->bytes > 0;
    return true;
}

/* The folder is the caller's own, and no link is followed in it. */
static bool create_part(struct tide_output *output, const struct tide_output_part *part,
                        const struct stat *old, struct tide_error *error)
{
    size_t room = strlen(part->folder) + strlen(part->name) + 2;
    output->temporary = tide_alloc(room);
    if (!output->temporary) return tide_error_memory(error, "an output's name");
    snprintf(output->temporary, room, "%s/%s", part->folder, part->name);
    /* Nobody reads from a pipe that has been put there: that must not be waited for. */
    int flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    if (!part->is_resumed) flags |= O_TRUNC;
    if (!part->is_resumed || part->may_be_new) flags |= O_CREAT;
    output->fd = tide_retry_open(output->temporary, flags, old ? 0600 : 0666);
    if (output->fd < 0)
        return tide_error_system(error, errno, "cannot open '%s'", output->temporary);
    output->is_temporary = true;
    return check_part(output, part, output->temporary, error) &&
           (!old || keep_rights(output->fd, old) ||
            tide_error_system(error, errno, "cannot give '%s' the rights of '%s'",
                              output->temporary, output->name));
}

static bool open_part(struct tide_output *output, const struct tide_output_part *part,
                      struct tide_error *error)
{
    output->is_part = true;
    snprintf(output->part_name, sizeof output->part_name, "%s", part->name);
    if (part->is_in_place)
        return open_in_place(output, output->name, part->is_resumed ? 0 : O_CREAT, error) &&
               check_part(output, part, output->name, error);
    output->target = follow_links(output->name);
    if (!output->target) return tide_error_system(error, errno, "cannot write '%s'", output->name);
    struct stat old;
    bool exists = tide_sys_lstat(output->target, &old) == 0;
    if (!exists && errno != ENOENT)
        return tide_error_system(error, errno, "cannot write '%s'", output->name);
    if (exists && !S_ISREG(old.st_mode))
        return tide_error_set(
            error, TIDE_EXIT_USAGE,
            "'%s' is no regular file, and a checkpoint cannot take back what goes "
            "there",
            output->name);
    char *folder = tide_output_folder_of(output->target);
    if (!folder) return tide_error_memory(error, "an output's name");
    bool is_writable = tide_sys_access(exists ? output->target : folder, W_OK) == 0;
    int reason = errno;
    tide_free(folder);
    if (!is_writable && reason == ENOENT)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "cannot create '%s': its folder does not exist", output->name);
    if (!is_writable) return tide_error_system(error, reason, "cannot write '%s'", output->name);
    return create_part(output, part, exists ? &old : NULL, error);
}

static bool open_stdout(struct tide_output *output, struct tide_error *error)
{
    /* A copy of the descriptor: closing it reports what a file system only says at close. */
    output->is_stdout = true;
    output->fd = tide_sys_fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return output->fd >= 0 || tide_error_system(error, errno, "cannot write to standard output");
}

/* How an output is opened that is not standard output; part: for open_part. */
typedef bool open_function(struct tide_output *output, const struct tide_output_part *part,
                           struct tide_error *error);

static struct tide_output *open_output(struct tide_output_set *set, const char *name,
                                       open_function *open_file,
                                       const struct tide_output_part *part,
                                       struct tide_error *error)
{
    TIDE_ASSERT(set->count < TIDE_OUTPUT_FILES_MAX);
    struct tide_output *output = &set->files[set->count];
    *output = (struct tide_output){.fd = -1, .terminal_escape = set->terminal_escape};
    bool is_stdout = strcmp(name, "-") == 0;
    output->name = tide_strdup(is_stdout ? "standard output" : name);
    if (!output->name) {
        tide_error_memory(error, "an output's name");
        return NULL;
    }
    if (!(is_stdout ? open_stdout(output, error) : open_file(output, part, error))) {
        tide_output_release(output);
        return NULL;
    }
    output->is_terminal = isatty(output->fd);
    set->count++;
    return output;
}

struct tide_output *tide_output_open(struct tide_output_set *set, const char *name,
                                     struct tide_error *error)
{
    return open_output(set, name, open_path, NULL, error);
}

struct tide_output *tide_output_open_to_append(struct tide_output_set *set, const char *name,
                                               struct tide_error *error)
{
    return open_output(set, name, open_appending, NULL, error);
}

struct tide_output *tide_output_open_part(struct tide_output_set *set, const char *name,
                                          const struct tide_output_part *part,
                                          struct tide_error *error)
{
    return open_output(set, name, open_part, part, error);
}

static bool same_inode(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether it exists; false: errno says why it cannot be told. */
static bool look_at(const char *path, struct stat *status, bool *exists)
{
    *exists = tide_sys_stat(path, status) == 0;
    return *exists || is_of_the_path(errno);
}

/* For two paths of which neither exists yet. False: errno says why it cannot be told. */
static bool compare_new(const char *a, const char *b, bool *same)
{
    char *path_a = follow_links(a), *path_b = path_a ? follow_links(b) : NULL;
    char *folder_a = path_b ? tide_output_folder_of(path_a) : NULL,
         *folder_b = folder_a ? tide_output_folder_of(path_b) : NULL;
    struct stat stat_a, stat_b;
    bool a_exists = false, b_exists = false;
    bool known =
        folder_b && look_at(folder_a, &stat_a, &a_exists) && look_at(folder_b, &stat_b, &b_exists);
    *same = known && a_exists && b_exists && same_inode(&stat_a, &stat_b) &&
            strcmp(path_a + tide_output_folder_bytes(path_a),
                   path_b + tide_output_folder_bytes(path_b)) == 0;
    int reason = errno;
    tide_free(folder_a);
    tide_free(folder_b);
    tide_free(path_a);
    tide_free(path_b);
    errno = reason;
    return known;
}

bool tide_output_may_be_regular(const char *name)
{
    struct stat status;
    return tide_sys_stat(name, &status) != 0 || S_ISREG(status.st_mode);
}

bool tide_output_same_file(const char *a, const char *b, struct tide_error *error)
{
    if (strcmp(a, "-") == 0 || strcmp(b, "-") == 0) return false;
    struct stat stat_a, stat_b;
    bool a_exists = false, b_exists = false, same = false;
    bool known = look_at(a, &stat_a, &a_exists) && look_at(b, &stat_b, &b_exists);
    if (known && a_exists && b_exists)
        return S_ISREG(stat_a.st_mode) && same_inode(&stat_a, &stat_b);
    if (known && !a_exists && !b_exists) known = compare_new(a, b, &same);
    if (!known) tide_error_system(error, errno, "cannot tell whether '%s' is also '%s'", a, b);
    return same || !known;
}
