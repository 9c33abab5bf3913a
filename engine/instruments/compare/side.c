#include "engine/instruments/compare/side.h"

#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIPE_BYTES = 1 << 20, SIGNAL_STATUS = 128, FIRST_FREE_FD = 3 };

static int open_file(const char *path, struct tide_error *error)
{
    struct stat status;
    /* O_NONBLOCK: a named pipe without a writer is refused, not waited for. */
    int fd = tide_retry_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
    if (fd < 0) {
        tide_error_system(error, errno, "cannot read %s", path);
        return -1;
    }
    bool is_known = tide_sys_fstat(fd, &status) == 0;
    if (is_known && S_ISREG(status.st_mode)) return fd;
    if (!is_known) tide_error_system(error, errno, "cannot read %s", path);
    tide_sys_close(fd);
    tide_error_set(error, TIDE_EXIT_FAILED,
                   "cannot read %s: it is no regular file, and may have to be read twice", path);
    return -1;
}

bool tide_side_recognise(const char *path, const struct tide_source *const *sources,
                         enum tide_shape_kind *kind, struct tide_error *error)
{
    struct tide_lines lines;
    struct tide_span front;
    int fd = open_file(path, error);
    if (fd < 0) return false;
    bool ok = tide_lines_open(&lines, fd, path, sources, error) &&
              tide_lines_look(&lines, TIDE_SHAPE_FRONT_BYTES, &front, error);
    if (ok) *kind = tide_shape_recognise(front);
    tide_lines_close(&lines);
    return ok;
}

/* A pipe whose ends are no standard streams, also if the caller has closed those. */
static bool open_pipe(int ends[2], struct tide_error *error)
{
    int made[2];
    if (tide_sys_pipe(made) != 0) return tide_error_system(error, errno, "cannot make a pipe");
    for (int i = 0; i < 2; i++) {
        ends[i] = made[i] >= FIRST_FREE_FD
                      ? made[i]
                      : tide_sys_fcntl(made[i], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
        if (ends[i] != made[i]) tide_sys_close(made[i]);
    }
    tide_sys_fcntl(ends[0], F_SETPIPE_SZ,
                   PIPE_BYTES); /* fewer wake-ups; the default does as well */
    if (ends[0] >= 0 && ends[1] >= 0) return true;
    tide_error_system(error, errno, "cannot make a pipe");
    if (ends[0] >= 0) tide_sys_close(ends[0]);
    if (ends[1] >= 0) tide_sys_close(ends[1]);
    return false;
}

/* No signal comes between the start of the run and the note of its process id. */
static int start_run(struct tide_side_stream *stream, struct tide_error *error)
{
    int ends[2] = {-1, -1};
    if (!open_pipe(ends, error)) return -1;
    bool has_stderr = tide_sys_fcntl(STDERR_FILENO, F_GETFD, 0) >= 0;
    const struct tide_program program = {.arguments = stream->side->arguments,
                                         .streams = {-1, ends[1], has_stderr ? STDERR_FILENO : -1}};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    bool started = tide_process_start(&stream->process, &program, error);
    if (started) *stream->child = stream->process.pid;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    tide_sys_close(ends[1]);
    if (started) return ends[0];
    tide_sys_close(ends[0]);
    return -1;
}

bool tide_side_open(struct tide_side_stream *stream, const struct tide_side *side,
                    const struct tide_manner *manner, struct tide_error *error)
{
    *stream = (struct tide_side_stream){.side = side, .child = manner->child};
    stream->lines.fd = -1;
    stream->shape.identity = manner->identity;
    stream->shape.times = manner->times;
    stream->shape.seed = manner->seed;
    int fd = side->path ? open_file(side->path, error) : start_run(stream, error);
    if (fd < 0) return false;
    if (tide_lines_open(&stream->lines, fd, side->label, manner->sources, error) &&
        tide_shape_begin(&stream->shape, &stream->lines, error))
        return true;
    tide_side_abandon(stream);
    return false;
}

static void close_stream(struct tide_side_stream *stream)
{
    tide_lines_close(&stream->lines);
    tide_shape_fini(&stream->shape);
    *stream->child = 0;
}

bool tide_side_finish(struct tide_side_stream *stream, struct tide_error *error)
{
    struct tide_process_end end;
    close_stream(stream);
    if (stream->process.pid == 0) return true;
    if (!tide_process_wait(&stream->process, &end, error)) return false;
    if (end.status == 0) return true;
    if (end.status > SIGNAL_STATUS)
        return tide_error_set(error, TIDE_EXIT_FAILED, "the run at %s was ended by signal %d",
                              stream->side->label, end.status - SIGNAL_STATUS);
    error->quiet = true;
    return tide_error_set(error, (enum tide_exit)end.status, "the run at %s failed",
                          stream->side->label);
}

void tide_side_abandon(struct tide_side_stream *stream)
{
    close_stream(stream);
    tide_process_stop(&stream->process);
}
