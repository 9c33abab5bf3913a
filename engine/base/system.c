#include "engine/base/system.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

int tide_sys_open(const char *path, int flags, mode_t mode)
{
    return open(path, flags, mode);
}

int tide_sys_openat(int folder_fd, const char *path, int flags, mode_t mode)
{
    return openat(folder_fd, path, flags, mode);
}

int tide_sys_close(int fd)
{
    return close(fd);
}

ssize_t tide_sys_read(int fd, void *bytes, size_t count)
{
    return read(fd, bytes, count);
}

ssize_t tide_sys_pread(int fd, void *bytes, size_t count, off_t offset)
{
    return pread(fd, bytes, count, offset);
}

ssize_t tide_sys_write(int fd, const void *bytes, size_t count)
{
    return write(fd, bytes, count);
}

off_t tide_sys_lseek(int fd, off_t offset, int whence)
{
    return lseek(fd, offset, whence);
}

int tide_sys_fstat(int fd, struct stat *status)
{
    return fstat(fd, status);
}

int tide_sys_ftruncate(int fd, off_t bytes)
{
    return ftruncate(fd, bytes);
}

int tide_sys_fsync(int fd)
{
    return fsync(fd);
}

int tide_sys_fdatasync(int fd)
{
    return fdatasync(fd);
}

int tide_sys_fchmod(int fd, mode_t mode)
{
    return fchmod(fd, mode);
}

int tide_sys_fchown(int fd, uid_t user, gid_t group)
{
    return fchown(fd, user, group);
}

int tide_sys_flock(int fd, int operation)
{
    return flock(fd, operation);
}

int tide_sys_fcntl(int fd, int command, int argument)
{
    return fcntl(fd, command, argument);
}

int tide_sys_fadvise(int fd, off_t offset, off_t bytes, int advice)
{
    return posix_fadvise(fd, offset, bytes, advice);
}

int tide_sys_stat(const char *path, struct stat *status)
{
    return stat(path, status);
}

int tide_sys_fstatat(int folder_fd, const char *path, struct stat *status)
{
    return fstatat(folder_fd, path, status, AT_SYMLINK_NOFOLLOW);
}

int tide_sys_lstat(const char *path, struct stat *status)
{
    return lstat(path, status);
}

int tide_sys_statfs(const char *path, struct statfs *status)
{
    return statfs(path, status);
}

int tide_sys_access(const char *path, int mode)
{
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS);
}

ssize_t tide_sys_readlink(const char *path, char *link, size_t room)
{
    return readlink(path, link, room);
}

int tide_sys_rename(const char *from, const char *to)
{
    return rename(from, to);
}

int tide_sys_renameat(int folder_fd, const char *from, const char *to)
{
    return renameat(folder_fd, from, folder_fd, to);
}

int tide_sys_unlink(const char *path)
{
    return unlink(path);
}

int tide_sys_unlinkat(int folder_fd, const char *path)
{
    return unlinkat(folder_fd, path, 0);
}

int tide_sys_mkdir(const char *path, mode_t mode)
{
    return mkdir(path, mode);
}

char *tide_sys_mkdtemp(char *pattern)
{
    return mkdtemp(pattern);
}

int tide_sys_rmdir(const char *path)
{
    return rmdir(path);
}

DIR *tide_sys_opendir(const char *path)
{
    return opendir(path);
}

struct dirent *tide_sys_readdir(DIR *folder)
{
    return readdir(folder);
}

int tide_sys_closedir(DIR *folder)
{
    return closedir(folder);
}

void *tide_sys_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    return mmap(at, bytes, protection, flags, fd, offset);
}

int tide_sys_munmap(void *at, size_t bytes)
{
    return munmap(at, bytes);
}

int tide_sys_poll(struct pollfd *events, nfds_t count, int timeout_ms)
{
    return poll(events, count, timeout_ms);
}

int tide_sys_eventfd(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void tide_sys_notify(int event_fd)
{
    uint64_t one = 1;
    ssize_t written = write(event_fd, &one, sizeof one);
    (void)written;
}

int tide_sys_signalfd(const sigset_t *signals)
{
    return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int tide_sys_inotify_init(void)
{
    return inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
}

int tide_sys_inotify_add_watch(int inotify_fd, const char *path, uint32_t events)
{
    return inotify_add_watch(inotify_fd, path, events);
}

int tide_sys_pipe(int ends[2])
{
    return pipe2(ends, O_CLOEXEC);
}

long tide_sys_futex(uint32_t *word, int operation, uint32_t value, const struct timespec *latest)
{
    return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, latest, NULL,
                   FUTEX_BITSET_MATCH_ANY);
}

int tide_sys_thread_start(pthread_t *thread, void *(*run)(void *), void *context)
{
    return pthread_create(thread, NULL, run, context);
}

ssize_t tide_sys_random(void *bytes, size_t count)
{
    return getrandom(bytes, count, GRND_NONBLOCK);
}

FILE *tide_sys_fopen(const char *path, const char *mode)
{
    return fopen(path, mode);
}

FILE *tide_sys_open_memstream(char **text, size_t *bytes)
{
    return open_memstream(text, bytes);
}

int tide_sys_fclose(FILE *stream)
{
    return fclose(stream);
}
