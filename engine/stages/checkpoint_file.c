#include "engine/stages/checkpoint_file.h"

#include "engine/base/memory.h"
#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

enum { HEAD_BYTES = 16, SECTION_HEAD_BYTES = 16, DIGEST_BYTES = 16, WAITING_BYTES = 4096 };

static const char magic[] = {'T', 'I', 'D', 'E', 'M', 'A', 'R', 'K'};
static const char unfinished_name[] = "checkpoint.tmp";

void tide_checkpoint_name(uint64_t number, char name[TIDE_CHECKPOINT_NAME_BYTES])
{
    snprintf(name, TIDE_CHECKPOINT_NAME_BYTES, "checkpoint-%020llu", (unsigned long long)number);
}

/* --- writing --- */

struct writer {
    int fd;
    XXH3_state_t *digest;
    uint64_t bytes;
    int reason;                  /* errno of the first call that failed */
    char waiting[WAITING_BYTES]; /* small pieces are written together */
    size_t waiting_count;
};

static void write_out(struct writer *writer, const char *from, size_t count)
{
    while (count > 0 && !writer->reason) {
        ssize_t written = tide_retry_write(writer->fd, from, count);
        if (written < 0) writer->reason = errno;
        if (written <= 0) continue;
        from += written;
        count -= (size_t)written;
    }
}

static void write_waiting(struct writer *writer)
{
    write_out(writer, writer->waiting, writer->waiting_count);
    writer->waiting_count = 0;
}

static void write_bytes(struct writer *writer, const void *bytes, size_t count)
{
    writer->bytes += count;
    if (count > WAITING_BYTES - writer->waiting_count) write_waiting(writer);
    if (count > WAITING_BYTES) {
        write_out(writer, bytes, count);
    } else if (count > 0) {
        memcpy(writer->waiting + writer->waiting_count, bytes, count);
        writer->waiting_count += count;
    }
}

static void write_digested(struct writer *writer, const void *bytes, size_t count)
{
    XXH3_128bits_update(writer->digest, bytes, count);
    write_bytes(writer, bytes, count);
}

static void write_u32(struct writer *writer, uint32_t value)
{
    value = htole32(value);
    write_digested(writer, &value, sizeof value);
}

static void write_u64(struct writer *writer, uint64_t value)
{
    value = htole64(value);
    write_digested(writer, &value, sizeof value);
}

static void write_all(struct writer *writer, const struct tide_section sections[],
                      unsigned section_count)
{
    XXH128_canonical_t digest;
    XXH3_128bits_reset(writer->digest);
    write_digested(writer, magic, sizeof magic);
    write_u32(writer, TIDE_CHECKPOINT_FORMAT);
    write_u32(writer, section_count);
    for (unsigned i = 0; i < section_count; i++) {
        write_u32(writer, sections[i].kind);
        write_u32(writer, 0);
        write_u64(writer, sections[i].count);
        write_digested(writer, sections[i].bytes, sections[i].count);
    }
    XXH128_canonicalFromHash(&digest, XXH3_128bits_digest(writer->digest));
    write_bytes(writer, &digest, sizeof digest);
    write_waiting(writer);
    if (!writer->reason && tide_retry_fsync(writer->fd) != 0) writer->reason = errno;
}

/* The folder is locked, so what lies there under this name is a dead run's. */
static int create_unfinished(int folder_fd)
{
    tide_sys_unlinkat(folder_fd, unfinished_name);
    return tide_retry_openat(folder_fd, unfinished_name,
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

bool tide_checkpoint_write(int folder_fd, uint64_t number, const struct tide_section sections[],
                           unsigned section_count, uint64_t *bytes, struct tide_error *error)
{
    TIDE_ASSERT(section_count <= TIDE_SECTIONS_MAX);
    char name[TIDE_CHECKPOINT_NAME_BYTES];
    tide_checkpoint_name(number, name);
    struct writer writer = {.digest = XXH3_createState()};
    if (!writer.digest) return tide_error_memory(error, "a checkpoint");
    writer.fd = create_unfinished(folder_fd);
    if (writer.fd < 0) {
        XXH3_freeState(writer.digest);
        return tide_error_system(error, errno, "cannot create a checkpoint");
    }
    write_all(&writer, sections, section_count);
    if (tide_sys_close(writer.fd) != 0 && errno != EINTR && !writer.reason) writer.reason = errno;
    if (!writer.reason && tide_sys_renameat(folder_fd, unfinished_name, name) != 0)
        writer.reason = errno;
    if (!writer.reason && tide_retry_fsync(folder_fd) != 0 && errno != EINVAL)
        writer.reason = errno;
    XXH3_freeState(writer.digest);
    *bytes = writer.bytes;
    if (!writer.reason) return true;
    tide_sys_unlinkat(folder_fd, unfinished_name);
    return tide_error_system(error, writer.reason, "cannot write %s", name);
}

/* --- reading --- */

void tide_checkpoint_fini(struct tide_checkpoint_file *file)
{
    tide_free(file->bytes);
    *file = (struct tide_checkpoint_file){0};
}

static bool read_bytes(int fd, char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t got = tide_retry_read(fd, bytes, count);
        if (got == 0) errno = EIO; /* it has become shorter */
        if (got <= 0) return false;
        bytes += got;
        count -= (size_t)got;
    }
    return true;
}

/* The whole file; NULL: errno says why. */
static char *read_file(int folder_fd, const char *name, size_t *count)
{
    struct stat status;
    char *bytes = NULL;
    int fd = tide_retry_openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
    if (fd < 0) return NULL;
    bool is_file = tide_sys_fstat(fd, &status) == 0;
    if (is_file && !S_ISREG(status.st_mode)) {
        errno = EINVAL;
        is_file = false;
    }
    if (is_file) {
        *count = (size_t)status.st_size;
        errno = ENOMEM;
        bytes = tide_alloc(*count);
    }
    if (bytes && !read_bytes(fd, bytes, *count)) {
        tide_free(bytes);
        bytes = NULL;
    }
    int reason = errno;
    tide_sys_close(fd);
    errno = reason;
    return bytes;
}

static uint32_t get_u32(const char *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return le32toh(value);
}

static uint64_t get_u64(const char *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return le64toh(value);
}

static bool digest_is_right(const char *bytes, size_t count)
{
    XXH128_canonical_t digest;
    XXH128_canonicalFromHash(&digest, XXH3_128bits(bytes, count));
    return memcmp(&digest, bytes + count, sizeof digest) == 0;
}

/* All are known, and there is one of each but the workers'. */
static bool may_come(const struct tide_checkpoint_file *file, uint32_t kind)
{
    if (kind < TIDE_SECTION_PLAN || kind > TIDE_SECTION_BEGINNING) return false;
    return kind == TIDE_SECTION_WORKER || !tide_checkpoint_section(file, kind);
}

static bool find_sections(struct tide_checkpoint_file *file, size_t count)
{
    const char *at = file->bytes + HEAD_BYTES, *end = file->bytes + count;
    const uint32_t section_count = get_u32(file->bytes + sizeof magic + 4);
    if (section_count > TIDE_SECTIONS_MAX) return false;
    for (; file->section_count < section_count; file->section_count++) {
        if (end - at < SECTION_HEAD_BYTES) return false;
        const uint64_t bytes = get_u64(at + 8);
        if (!may_come(file, get_u32(at))) return false;
        struct tide_section *section = &file->sections[file->section_count];
        *section = (struct tide_section){get_u32(at), at + SECTION_HEAD_BYTES, (size_t)bytes};
        at += SECTION_HEAD_BYTES;
        if (bytes > (uint64_t)(end - at)) return false;
        at += bytes;
    }
    return at == end;
}

static enum tide_checkpoint_state check(struct tide_checkpoint_file *file, size_t count,
                                        struct tide_error *error)
{
    if (count < HEAD_BYTES + DIGEST_BYTES || memcmp(file->bytes, magic, sizeof magic) != 0) {
        tide_error_set(error, TIDE_EXIT_FAILED,
                       count < HEAD_BYTES + DIGEST_BYTES ? "it is cut short"
                                                         : "it is no checkpoint");
        return TIDE_CHECKPOINT_DAMAGED;
    }
    count -= DIGEST_BYTES;
    if (!digest_is_right(file->bytes, count)) {
        tide_error_set(error, TIDE_EXIT_FAILED, "its checksum is wrong: it is torn or damaged");
        return TIDE_CHECKPOINT_DAMAGED;
    }
    const uint32_t format = get_u32(file->bytes + sizeof magic);
    if (format != TIDE_CHECKPOINT_FORMAT) {
        tide_error_set(error, TIDE_EXIT_FAILED,
                       "it has format %u, which another version of tidemark has written; this one "
                       "reads format %d",
                       format, TIDE_CHECKPOINT_FORMAT);
        return TIDE_CHECKPOINT_REFUSED;
    }
    if (find_sections(file, count)) return TIDE_CHECKPOINT_WHOLE;
    tide_error_set(error, TIDE_EXIT_FAILED, "its sections do not fit together");
    return TIDE_CHECKPOINT_DAMAGED;
}

enum tide_checkpoint_state tide_checkpoint_read(int folder_fd, const char *name,
                                                struct tide_checkpoint_file *file,
                                                struct tide_error *error)
{
    size_t count = 0;
    *file = (struct tide_checkpoint_file){.bytes = read_file(folder_fd, name, &count)};
    if (!file->bytes) {
        tide_error_system(error, errno, "it cannot be read");
        return TIDE_CHECKPOINT_REFUSED;
    }
    enum tide_checkpoint_state state = check(file, count, error);
    if (state != TIDE_CHECKPOINT_WHOLE) tide_checkpoint_fini(file);
    return state;
}

const struct tide_section *tide_checkpoint_section(const struct tide_checkpoint_file *file,
                                                   enum tide_section_kind kind)
{
    for (unsigned i = 0; i < file->section_count; i++)
        if (file->sections[i].kind == kind) return &file->sections[i];
    return NULL;
}
