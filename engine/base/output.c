#include "engine/base/output_parts.h"

#include "engine/base/memory.h"
#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <errno.h>
#include <unistd.h>

enum { ESCAPE_CHUNK_BYTES = 1024 };

bool tide_output_write_all(struct tide_output *output, const char *bytes, size_t count,
                           struct tide_error *error)
{
    while (count) {
        ssize_t written = tide_retry_write(output->fd, bytes, count);
        if (written >= 0) {
            bytes += written;
            count -= (size_t)written;
        } else if (errno == EAGAIN) {
            struct pollfd ready = {.fd = output->fd, .events = POLLOUT};
            tide_sys_poll(&ready, 1, -1);
        } else {
            int reason = errno;
            if (reason == EPIPE && output->is_stdout && error->exit == TIDE_EXIT_OK)
                error->quiet = true;
            return tide_error_system(error, reason, "cannot write to %s", output->name);
        }
    }
    return true;
}

/* Bytes of the next piece to escape: never ends inside a UTF-8 sequence. */
static size_t escape_piece(const char *bytes, size_t count)
{
    if (count <= ESCAPE_CHUNK_BYTES) return count;
    size_t piece = ESCAPE_CHUNK_BYTES;
    while (piece > ESCAPE_CHUNK_BYTES - 3 && ((unsigned char)bytes[piece] & 0xc0) == 0x80) piece--;
    return piece;
}

static bool write_escaped(struct tide_output *output, const char *bytes, size_t count,
                          struct tide_error *error)
{
    char escaped[ESCAPE_CHUNK_BYTES * TIDE_OUTPUT_ESCAPE_GROWTH];
    while (count) {
        size_t piece = escape_piece(bytes, count);
        if (!tide_output_write_all(output, escaped, output->terminal_escape(escaped, bytes, piece),
                                   error))
            return false;
        bytes += piece;
        count -= piece;
    }
    return true;
}

bool tide_output_write(struct tide_output *output, const char *bytes, size_t count,
                       struct tide_error *error)
{
    TIDE_ASSERT(output->fd >= 0);
    output->bytes += count;
    if (output->is_terminal && output->terminal_escape)
        return write_escaped(output, bytes, count, error);
    return tide_output_write_all(output, bytes, count, error);
}

bool tide_output_cut(struct tide_output *output, struct tide_error *error)
{
    if (!output->must_be_cut) return true;
    output->must_be_cut = false;
    return tide_retry_ftruncate(output->fd, (off_t)output->bytes) == 0 ||
           tide_error_system(error, errno, "cannot cut '%s' back",
                             output->temporary ? output->temporary : output->name);
}

bool tide_output_sync(const struct tide_output_set *set, struct tide_error *error)
{
    for (unsigned i = 0; i < set->count; i++) {
        const struct tide_output *output = &set->files[i];
        if (output->fd < 0 || !(output->is_part || output->is_continued)) continue;
        if (tide_retry_fdatasync(output->fd) != 0 && errno != EINVAL && errno != EROFS)
            return tide_error_system(error, errno, "cannot write to %s", output->name);
    }
    return true;
}

bool tide_output_close_file(struct tide_output *output)
{
    if (output->fd < 0) return true;
    int fd = output->fd;
    output->fd = -1;
    return tide_sys_close(fd) == 0 || errno == EINTR; /* Linux has closed it even then */
}

void tide_output_release(struct tide_output *output)
{
    tide_output_close_file(output);
    if (output->temporary && !output->is_part) tide_sys_unlink(output->temporary);
    tide_free(output->temporary);
    tide_free(output->target);
    tide_free(output->name);
    *output = (struct tide_output){.fd = -1};
}
