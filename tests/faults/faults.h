/* What the files of this folder share; see faults.c for what it is. */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Kinds of calls: the name in FAULT, the constant, may the call be interrupted by a signal? */
#define FAULT_KINDS(KIND)                                                                          \
    KIND(alloc, ALLOC, false)                                                                      \
    KIND(open, OPEN, true)                                                                         \
    KIND(openat, OPENAT, true)                                                                     \
    KIND(close, CLOSE, true)                                                                       \
    KIND(read, READ, true)                                                                         \
    KIND(pread, PREAD, true)                                                                       \
    KIND(write, WRITE, true)                                                                       \
    KIND(lseek, LSEEK, false)                                                                      \
    KIND(fstat, FSTAT, false)                                                                      \
    KIND(ftruncate, FTRUNCATE, true)                                                               \
    KIND(fsync, FSYNC, true)                                                                       \
    KIND(fdatasync, FDATASYNC, true)                                                               \
    KIND(fchmod, FCHMOD, false)                                                                    \
    KIND(fchown, FCHOWN, false)                                                                    \
    KIND(flock, FLOCK, true)                                                                       \
    KIND(fcntl, FCNTL, false)                                                                      \
    KIND(fadvise, FADVISE, false)                                                                  \
    KIND(stat, STAT, false)                                                                        \
    KIND(lstat, LSTAT, false)                                                                      \
    KIND(fstatat, FSTATAT, false)                                                                  \
    KIND(statfs, STATFS, true)                                                                     \
    KIND(access, ACCESS, false)                                                                    \
    KIND(readlink, READLINK, false)                                                                \
    KIND(rename, RENAME, false)                                                                    \
    KIND(renameat, RENAMEAT, false)                                                                \
    KIND(unlink, UNLINK, false)                                                                    \
    KIND(unlinkat, UNLINKAT, false)                                                                \
    KIND(mkdir, MKDIR, false)                                                                      \
    KIND(mkdtemp, MKDTEMP, false)                                                                  \
    KIND(rmdir, RMDIR, false)                                                                      \
    KIND(opendir, OPENDIR, true)                                                                   \
    KIND(readdir, READDIR, false)                                                                  \
    KIND(closedir, CLOSEDIR, false)                                                                \
    KIND(mmap, MMAP, false)                                                                        \
    KIND(munmap, MUNMAP, false)                                                                    \
    KIND(poll, POLL, true)                                                                         \
    KIND(eventfd, EVENTFD, false)                                                                  \
    KIND(signalfd, SIGNALFD, false)                                                                \
    KIND(inotify_init, INOTIFY_INIT, false)                                                        \
    KIND(inotify_add_watch, INOTIFY_ADD_WATCH, false)                                              \
    KIND(pipe, PIPE, false)                                                                        \
    KIND(futex, FUTEX, true)                                                                       \
    KIND(thread, THREAD, false)                                                                    \
    KIND(random, RANDOM, true)                                                                     \
    KIND(fopen, FOPEN, true)                                                                       \
    KIND(open_memstream, OPEN_MEMSTREAM, false)                                                    \
    KIND(fclose, FCLOSE, false)                                                                    \
    KIND(spawn, SPAWN, false)                                                                      \
    KIND(dlopen, DLOPEN, false)                                                                    \
    KIND(setenv, SETENV, false)                                                                    \
    KIND(zstd, ZSTD, false)

enum fault_kind {
#define KIND(name, constant, is_interruptible) FAULT_##constant,
    FAULT_KINDS(KIND)
#undef KIND
        FAULT_KIND_COUNT,
    FAULT_ANY = FAULT_KIND_COUNT, /* of all but allocations, counted together */
};

/* A call that is being made. */
struct fault_call {
    int reason; /* the errno it is to fail with; 0: it is to be made */
    bool kills; /* when it has been made */
};

/* Before a call: counts it, notes it, waits, changes files, and says whether it fails. */
struct fault_call fault_enter(enum fault_kind kind);

/* After the call; errno stays as it is. */
void fault_leave(struct fault_call call);

/* How much of `count` bytes this call is to move: fewer with `short`. */
size_t fault_share(size_t count);

/* How many of `count` bytes there is still room for. */
size_t fault_take_quota(size_t count, int *reason);

/* Before a step of a stage. */
enum fault_stage {
    FAULT_READER,
    FAULT_PARTITION,
    FAULT_PARSER,
    FAULT_WORKER,
    FAULT_SINK,
    FAULT_CHECKPOINTER,
    FAULT_STAGE_COUNT
};
void fault_step(enum fault_stage stage);

#endif
