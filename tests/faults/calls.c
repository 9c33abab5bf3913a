/* The calls that tidemark_faults takes: each asks faults.c, and then is made or fails. */
#include "faults.h"

#include "engine/base/memory.h"
#include "engine/base/system.h"
#include "engine/stages/stage.h"

#include <errno.h>
#include <linux/futex.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/* The function has the type of the one it stands for. */
#define IS_LIKE(name)                                                                              \
    _Static_assert(__builtin_types_compatible_p(__typeof__(name), __typeof__(__real_##name)),      \
                   #name);

/* A function `name` that answers `failure` when it is to fail, with errno set. */
#define TAKE(kind, type, failure, name, parameters, arguments)                                     \
    type __real_##name parameters;                                                                 \
    IS_LIKE(name)                                                                                  \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        struct fault_call call = fault_enter(FAULT_##kind);                                        \
        if (call.reason) {                                                                         \
            errno = call.reason;                                                                   \
            return failure;                                                                        \
        }                                                                                          \
        type result = __real_##name arguments;                                                     \
        fault_leave(call);                                                                         \
        return result;                                                                             \
    }

/* One that gives back what it takes even when it fails. */
#define TAKE_GIVING_BACK(kind, type, failure, name, parameters, arguments)                         \
    type __real_##name parameters;                                                                 \
    IS_LIKE(name)                                                                                  \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        struct fault_call call = fault_enter(FAULT_##kind);                                        \
        type result = __real_##name arguments;                                                     \
        fault_leave(call);                                                                         \
        if (!call.reason) return result;                                                           \
        errno = call.reason;                                                                       \
        return failure;                                                                            \
    }

/* One that moves up to `count` bytes. */
#define TAKE_MOVING(kind, name, parameters, arguments)                                             \
    ssize_t __real_##name parameters;                                                              \
    IS_LIKE(name)                                                                                  \
    ssize_t __wrap_##name parameters;                                                              \
    ssize_t __wrap_##name parameters                                                               \
    {                                                                                              \
        struct fault_call call = fault_enter(FAULT_##kind);                                        \
        if (!call.reason) count = fault_share(count);                                              \
        if (!call.reason && FAULT_##kind == FAULT_WRITE)                                           \
            count = fault_take_quota(count, &call.reason);                                         \
        if (call.reason) {                                                                         \
            errno = call.reason;                                                                   \
            return -1;                                                                             \
        }                                                                                          \
        ssize_t result = __real_##name arguments;                                                  \
        fault_leave(call);                                                                         \
        return result;                                                                             \
    }

TAKE(ALLOC, void *, NULL, tide_alloc, (size_t bytes), (bytes))
TAKE(ALLOC, void *, NULL, tide_alloc_zeroed, (size_t count, size_t bytes), (count, bytes))
TAKE(ALLOC, void *, NULL, tide_alloc_aligned, (size_t alignment, size_t bytes), (alignment, bytes))
TAKE(ALLOC, void *, NULL, tide_realloc, (void *block, size_t bytes), (block, bytes))
TAKE(ALLOC, char *, NULL, tide_strdup, (const char *text), (text))
TAKE(ALLOC, char *, NULL, tide_strndup, (const char *text, size_t bytes), (text, bytes))

TAKE(OPEN, int, -1, tide_sys_open, (const char *path, int flags, mode_t mode), (path, flags, mode))
TAKE(OPENAT, int, -1, tide_sys_openat, (int folder, const char *path, int flags, mode_t mode),
     (folder, path, flags, mode))
TAKE_GIVING_BACK(CLOSE, int, -1, tide_sys_close, (int fd), (fd))
TAKE_MOVING(READ, tide_sys_read, (int fd, void *bytes, size_t count), (fd, bytes, count))
TAKE_MOVING(PREAD, tide_sys_pread, (int fd, void *bytes, size_t count, off_t at),
            (fd, bytes, count, at))
TAKE_MOVING(WRITE, tide_sys_write, (int fd, const void *bytes, size_t count), (fd, bytes, count))
TAKE(LSEEK, off_t, -1, tide_sys_lseek, (int fd, off_t offset, int whence), (fd, offset, whence))
TAKE(FSTAT, int, -1, tide_sys_fstat, (int fd, struct stat *status), (fd, status))
TAKE(FTRUNCATE, int, -1, tide_sys_ftruncate, (int fd, off_t bytes), (fd, bytes))
TAKE(FSYNC, int, -1, tide_sys_fsync, (int fd), (fd))
TAKE(FDATASYNC, int, -1, tide_sys_fdatasync, (int fd), (fd))
TAKE(FCHMOD, int, -1, tide_sys_fchmod, (int fd, mode_t mode), (fd, mode))
TAKE(FCHOWN, int, -1, tide_sys_fchown, (int fd, uid_t user, gid_t group), (fd, user, group))
TAKE(FLOCK, int, -1, tide_sys_flock, (int fd, int operation), (fd, operation))
TAKE(FCNTL, int, -1, tide_sys_fcntl, (int fd, int command, int argument), (fd, command, argument))
TAKE(FADVISE, int, call.reason, tide_sys_fadvise, (int fd, off_t offset, off_t bytes, int advice),
     (fd, offset, bytes, advice))
TAKE(STAT, int, -1, tide_sys_stat, (const char *path, struct stat *status), (path, status))
TAKE(LSTAT, int, -1, tide_sys_lstat, (const char *path, struct stat *status), (path, status))
TAKE(FSTATAT, int, -1, tide_sys_fstatat, (int folder, const char *path, struct stat *status),
     (folder, path, status))
TAKE(STATFS, int, -1, tide_sys_statfs, (const char *path, struct statfs *status), (path, status))
TAKE(ACCESS, int, -1, tide_sys_access, (const char *path, int mode), (path, mode))
TAKE(READLINK, ssize_t, -1, tide_sys_readlink, (const char *path, char *link, size_t room),
     (path, link, room))
TAKE(RENAME, int, -1, tide_sys_rename, (const char *from, const char *to), (from, to))
TAKE(RENAMEAT, int, -1, tide_sys_renameat, (int folder, const char *from, const char *to),
     (folder, from, to))
TAKE(UNLINK, int, -1, tide_sys_unlink, (const char *path), (path))
TAKE(UNLINKAT, int, -1, tide_sys_unlinkat, (int folder, const char *path), (folder, path))
TAKE(MKDIR, int, -1, tide_sys_mkdir, (const char *path, mode_t mode), (path, mode))
TAKE(MKDTEMP, char *, NULL, tide_sys_mkdtemp, (char *pattern), (pattern))
TAKE(RMDIR, int, -1, tide_sys_rmdir, (const char *path), (path))
TAKE(OPENDIR, DIR *, NULL, tide_sys_opendir, (const char *path), (path))
TAKE(READDIR, struct dirent *, NULL, tide_sys_readdir, (DIR * folder), (folder))
TAKE_GIVING_BACK(CLOSEDIR, int, -1, tide_sys_closedir, (DIR * folder), (folder))
TAKE(MMAP, void *, MAP_FAILED, tide_sys_mmap,
     (void *at, size_t bytes, int protection, int flags, int fd, off_t offset),
     (at, bytes, protection, flags, fd, offset))
TAKE_GIVING_BACK(MUNMAP, int, -1, tide_sys_munmap, (void *at, size_t bytes), (at, bytes))
TAKE(POLL, int, -1, tide_sys_poll, (struct pollfd * events, nfds_t count, int timeout_ms),
     (events, count, timeout_ms))
TAKE(EVENTFD, int, -1, tide_sys_eventfd, (void), ())
TAKE(SIGNALFD, int, -1, tide_sys_signalfd, (const sigset_t *signals), (signals))
TAKE(INOTIFY_INIT, int, -1, tide_sys_inotify_init, (void), ())
TAKE(INOTIFY_ADD_WATCH, int, -1, tide_sys_inotify_add_watch,
     (int fd, const char *path, uint32_t events), (fd, path, events))
TAKE(PIPE, int, -1, tide_sys_pipe, (int ends[2]), (ends))
TAKE(THREAD, int, call.reason, tide_sys_thread_start,
     (pthread_t * thread, void *(*run)(void *), void *context), (thread, run, context))
TAKE(FOPEN, FILE *, NULL, tide_sys_fopen, (const char *path, const char *mode), (path, mode))
TAKE(OPEN_MEMSTREAM, FILE *, NULL, tide_sys_open_memstream, (char **text, size_t *bytes),
     (text, bytes))
TAKE_GIVING_BACK(FCLOSE, int, EOF, tide_sys_fclose, (FILE * stream), (stream))

/* What other libraries allocate for tidemark, where they can say that there is no memory. */
TAKE(SETENV, int, -1, setenv, (const char *name, const char *value, int replaces),
     (name, value, replaces))
TAKE(SPAWN, int, call.reason, posix_spawnp,
     (pid_t * pid, const char *file, const posix_spawn_file_actions_t *actions,
      const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]),
     (pid, file, actions, attributes, arguments, environment))
TAKE(ZSTD, ZSTD_DCtx *, NULL, ZSTD_createDCtx, (void), ())

void *__real_dlopen(const char *path, int flags);
void *__wrap_dlopen(const char *path, int flags);

/* Has dlerror() say something. */
void *__wrap_dlopen(const char *path, int flags)
{
    struct fault_call call = fault_enter(FAULT_DLOPEN);
    void *library = __real_dlopen(call.reason ? "/nowhere/to/be/found.so" : path, flags);
    fault_leave(call);
    return library;
}

ssize_t __wrap_tide_sys_random(void *bytes, size_t count);

/* The same numbers each time: which worker owns a key, and so what is called when, goes by them. */
ssize_t __wrap_tide_sys_random(void *bytes, size_t count)
{
    struct fault_call call = fault_enter(FAULT_RANDOM);
    memset(bytes, 0x5a, count);
    errno = call.reason;
    return call.reason ? -1 : (ssize_t)count;
}

long __real_tide_sys_futex(uint32_t *word, int operation, uint32_t value,
                           const struct timespec *latest);
IS_LIKE(tide_sys_futex)
long __wrap_tide_sys_futex(uint32_t *word, int operation, uint32_t value,
                           const struct timespec *latest);

/* Waiting can be interrupted; waking somebody cannot fail. */
long __wrap_tide_sys_futex(uint32_t *word, int operation, uint32_t value,
                           const struct timespec *latest)
{
    if (operation == FUTEX_WAKE) return __real_tide_sys_futex(word, operation, value, latest);
    struct fault_call call = fault_enter(FAULT_FUTEX);
    long result = call.reason ? -1 : __real_tide_sys_futex(word, operation, value, latest);
    if (call.reason) errno = call.reason;
    fault_leave(call);
    return result;
}

/* The steps of the stages. */
#define TAKE_STEP(stage, name)                                                                     \
    enum tide_progress __real_##name(void *self);                                                  \
    enum tide_progress __wrap_##name(void *self);                                                  \
    enum tide_progress __wrap_##name(void *self)                                                   \
    {                                                                                              \
        fault_step(FAULT_##stage);                                                                 \
        return __real_##name(self);                                                                \
    }

TAKE_STEP(READER, tide_reader_step)
TAKE_STEP(PARTITION, tide_partition_step)
TAKE_STEP(PARSER, tide_parser_step)
TAKE_STEP(WORKER, tide_worker_step)
TAKE_STEP(SINK, tide_sink_step)
TAKE_STEP(CHECKPOINTER, tide_checkpointer_step)
