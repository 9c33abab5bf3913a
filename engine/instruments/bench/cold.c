#include "engine/instruments/bench/cold.h"

#include "engine/base/memory.h"
#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STRETCH_PAGES = 1 << 14 };

struct pages {
    uint64_t all, resident;
};

/* False: errno says why. */
static bool count_stretch(int fd, off_t offset, size_t page_count, size_t page_bytes,
                          struct pages *pages)
{
    unsigned char resident[STRETCH_PAGES];
    size_t bytes = page_count * page_bytes;
    void *seen = tide_sys_mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, offset);
    if (seen == MAP_FAILED) return false;
    bool ok = mincore(seen, bytes, resident) == 0;
    int reason = errno;
    tide_sys_munmap(seen, bytes);
    errno = reason;
    for (size_t i = 0; ok && i < page_count; i++) pages->resident += resident[i] & 1;
    pages->all += page_count;
    return ok;
}

static bool count_pages(int fd, uint64_t file_bytes, struct pages *pages)
{
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    uint64_t page_count = (file_bytes + page_bytes - 1) / page_bytes;
    for (uint64_t page = 0; page < page_count; page += STRETCH_PAGES) {
        uint64_t left = page_count - page;
        size_t count = left < STRETCH_PAGES ? (size_t)left : STRETCH_PAGES;
        if (!count_stretch(fd, (off_t)(page * page_bytes), count, page_bytes, pages)) return false;
    }
    return true;
}

/* A page that has changed stays in the cache until it is on disk, hence the first call. */
static bool cool(int fd, struct pages *pages)
{
    struct stat status;
    if (tide_retry_fdatasync(fd) != 0 && errno != EINVAL && errno != EROFS) return false;
    errno = tide_sys_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    return errno == 0 && tide_sys_fstat(fd, &status) == 0 &&
           count_pages(fd, (uint64_t)status.st_size, pages);
}

bool tide_bench_cold(const char *const files[], unsigned file_count, double *left,
                     struct tide_error *error)
{
    struct pages pages = {0};
    for (unsigned i = 0; i < file_count; i++) {
        int fd = tide_retry_open(files[i], O_RDONLY | O_CLOEXEC, 0);
        if (fd < 0) return tide_error_system(error, errno, "cannot open %s", files[i]);
        bool ok = cool(fd, &pages);
        int reason = errno;
        tide_sys_close(fd);
        if (!ok)
            return tide_error_system(error, reason, "cannot take %s out of the page cache",
                                     files[i]);
    }
    *left = pages.all > 0 ? (double)pages.resident / (double)pages.all : 0;
    return true;
}
