#include "engine/stages/reader_parts.h"

#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_stdin(const char *name)
{
    return strcmp(name, "-") == 0;
}

const char *tide_reader_file_name(const struct tide_plan *plan, unsigned file)
{
    return is_stdin(plan->files[file]) ? "standard input" : plan->files[file];
}

static const struct tide_source *find_source(const struct tide_plan *plan,
                                             const unsigned char *head, size_t head_bytes)
{
    const struct tide_source *const *sources = plan->registry->sources;
    while (!(*sources)->recognises(head, head_bytes)) sources++; /* the last one takes anything */
    return *sources;
}

static bool refuse_packed(const struct tide_plan *plan, unsigned file,
                          const struct tide_source *source, struct tide_error *error)
{
    return tide_error_set(error, TIDE_EXIT_USAGE,
                          "--follow: %s holds %s data, which cannot be followed while it grows; "
                          "leave out --follow, or unpack it",
                          tide_reader_file_name(plan, file), source->name);
}

static bool check_followed(const struct tide_plan *plan, unsigned file, struct tide_error *error)
{
    unsigned char head[TIDE_SOURCE_MAGIC_BYTES];
    const char *name = plan->files[file];
    if (is_stdin(name)) return true; /* looked at when it is read */
    int fd = tide_retry_open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
    ssize_t got = fd < 0 ? -1 : tide_retry_pread(fd, head, sizeof head, 0);
    int reason = errno;
    if (fd >= 0) tide_sys_close(fd);
    if (got < 0) return tide_error_system(error, reason, "cannot read %s", name);
    const struct tide_source *source = find_source(plan, head, (size_t)got);
    return !source->is_packed || refuse_packed(plan, file, source, error);
}

bool tide_reader_check_files(const struct tide_plan *plan, uint64_t *bytes_total,
                             struct tide_error *error)
{
    bool all_regular = true;
    *bytes_total = 0;
    for (unsigned i = 0; i < plan->file_count; i++) {
        const char *name = plan->files[i];
        struct stat status;
        if ((is_stdin(name) ? tide_sys_fstat(STDIN_FILENO, &status)
                            : tide_sys_stat(name, &status)) != 0)
            return tide_error_system(error, errno, "cannot read %s",
                                     tide_reader_file_name(plan, i));
        if (S_ISDIR(status.st_mode))
            return tide_error_set(error, TIDE_EXIT_FAILED,
                                  "cannot read %s: it is a directory; name the files in it",
                                  tide_reader_file_name(plan, i));
        if (!is_stdin(name) && tide_sys_access(name, R_OK) != 0)
            return tide_error_system(error, errno, "cannot read %s", name);
        if (S_ISREG(status.st_mode) && tide_plan_follows(plan, i) &&
            !check_followed(plan, i, error))
            return false;
        all_regular = all_regular && S_ISREG(status.st_mode) && !tide_plan_follows(plan, i);
        if (S_ISREG(status.st_mode)) *bytes_total += (uint64_t)status.st_size;
    }
    if (!all_regular) *bytes_total = 0;
    return true;
}

void tide_reader_init(struct tide_reader *reader, const struct tide_plan *plan,
                      struct tide_control *control, struct tide_link *out)
{
    *reader = (struct tide_reader){.plan = plan,
                                   .control = control,
                                   .out = out,
                                   .file_end = plan->file_count,
                                   .fd = -1,
                                   .follow = {.inotify_fd = -1}};
}

void tide_reader_init_one(struct tide_reader *reader, const struct tide_plan *plan, unsigned file,
                          struct tide_control *control, struct tide_link *out)
{
    tide_reader_init(reader, plan, control, out);
    reader->file = file;
    reader->file_end = file + 1;
}

void tide_reader_resume(struct tide_reader *reader, const struct tide_input_place *places)
{
    reader->places = places;
    reader->is_unverified = true;
    tide_control_await_verification(reader->control);
}

bool tide_reader_check_windows(const struct tide_plan *plan, unsigned file,
                               struct tide_error *error)
{
    if (!tide_mapping_has_failed()) return true;
    if (tide_plan_partitions(plan) > 0) /* whose window it was is not known */
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "an input file was cut short, or the disk failed, while it was read");
    return tide_error_set(error, TIDE_EXIT_FAILED,
                          "cannot read %s: it was cut short, or the disk failed, while it was read",
                          tide_reader_file_name(plan, file));
}

static void close_file(struct tide_reader *reader)
{
    if (reader->source) reader->source->close(reader->source_state);
    if (reader->fd > STDIN_FILENO) tide_sys_close(reader->fd);
    tide_follow_close(&reader->follow);
    tide_reader_check_end(reader);
    reader->source = NULL;
    reader->source_state = NULL;
    reader->fd = -1;
    reader->is_open = false;
}

void tide_reader_fini(struct tide_reader *reader)
{
    if (reader->plan) close_file(reader);
}

static enum tide_progress fail(struct tide_reader *reader, struct tide_error *error)
{
    tide_control_fail(reader->control, error);
    return TIDE_DONE;
}

/* A named pipe that nobody writes to yet is not waited for here, where no signal and no other input
 * would be heard, but as any silent input is: poll(2) says when a writer has come. */
static int open_named(const char *name)
{
    int fd = tide_retry_open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
    int flags = fd < 0 ? -1 : tide_sys_fcntl(fd, F_GETFL, 0);
    if (flags >= 0) tide_sys_fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    return fd;
}

static bool open_file(struct tide_reader *reader, struct tide_error *error)
{
    const char *name = reader->plan->files[reader->file];
    reader->fd = is_stdin(name) ? STDIN_FILENO : open_named(name);
    if (reader->fd < 0) return tide_error_system(error, errno, "cannot read %s", name);
    struct stat status;
    reader->is_open = true; /* also if what follows fails: there is something to close */
    if (tide_sys_fstat(reader->fd, &status) != 0)
        return tide_error_system(error, errno, "cannot read %s",
                                 tide_reader_file_name(reader->plan, reader->file));
    reader->is_regular = S_ISREG(status.st_mode);
    reader->file_bytes = reader->is_regular ? (uint64_t)status.st_size : 0;
    reader->is_followed = reader->is_regular && tide_plan_follows(reader->plan, reader->file);
    if (reader->is_followed) tide_follow_open(&reader->follow, reader->fd);
    if (reader->is_regular)
        tide_sys_fadvise(reader->fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* a hint; may be refused */
    reader->head_bytes = 0;
    tide_reader_check_begin(reader);
    reader->offset = reader->check.place.offset;
    reader->file_begun = reader->offset > 0;
    return true;
}

static bool has_suffix(const char *name, const char *suffix)
{
    size_t name_bytes = strlen(name), suffix_bytes = strlen(suffix);
    return name_bytes > suffix_bytes && strcmp(name + name_bytes - suffix_bytes, suffix) == 0;
}

/* By their first bytes; a name that promises a packed file must keep the promise. */
static bool choose_source(struct tide_reader *reader, struct tide_error *error)
{
    const struct tide_plan *plan = reader->plan;
    const char *name = plan->files[reader->file];
    const struct tide_source *source = find_source(plan, reader->head, reader->head_bytes);
    for (unsigned i = 0; plan->registry->sources[i] != source; i++) {
        const struct tide_source *passed = plan->registry->sources[i];
        if (passed->suffix && has_suffix(name, passed->suffix))
            return tide_error_set(error, TIDE_EXIT_FAILED,
                                  "cannot read %s: its name ends in %s but it holds no %s data",
                                  name, passed->suffix, passed->name);
    }
    if (source->is_packed && reader->is_followed)
        return refuse_packed(plan, reader->file, source, error);
    reader->source_state = source->open(reader->fd, reader->head, reader->head_bytes, error);
    if (!reader->source_state) return false;
    reader->source = source;
    off_t at = reader->is_regular ? tide_sys_lseek(reader->fd, 0, SEEK_CUR) : 0;
    if (at < 0) return tide_error_system(error, errno, "cannot read %s", name);
    /* Only from its beginning: standard input may stand anywhere in a file. An empty file may be
     * one of /proc, whose size is not known. A followed one may be cut short at any time. */
    reader->is_mapped = !source->is_packed && reader->is_regular && !reader->is_followed &&
                        reader->file_bytes > 0 && at == (off_t)reader->head_bytes;
    return true;
}

bool tide_reader_input_is_ready(const struct tide_reader *reader)
{
    if (reader->is_regular || (reader->source && reader->source->holds_more(reader->source_state)))
        return true;
    struct pollfd input = {.fd = reader->fd, .events = POLLIN};
    return tide_sys_poll(&input, 1, 0) != 0; /* readable, ended or broken: read(2) tells */
}

/* Reads the first bytes of the file, as many as the input has. PROGRESSED: all there. */
static enum tide_progress read_head(struct tide_reader *reader)
{
    struct tide_error error = {0};
    while (reader->head_bytes < sizeof reader->head) {
        if (!tide_reader_input_is_ready(reader)) return TIDE_STARVED;
        ssize_t got = tide_retry_read(reader->fd, reader->head + reader->head_bytes,
                                      sizeof reader->head - reader->head_bytes);
        if (got < 0 && errno == EAGAIN) return TIDE_STARVED;
        if (got < 0) {
            tide_error_system(&error, errno, "cannot read %s",
                              tide_reader_file_name(reader->plan, reader->file));
            return fail(reader, &error);
        }
        if (got == 0 && reader->is_followed) return TIDE_STARVED;
        if (got == 0) break;
        reader->head_bytes += (size_t)got;
    }
    return choose_source(reader, &error) ? TIDE_PROGRESSED : fail(reader, &error);
}

/* offset: where a mapped file stands. */
static void show_consumed(struct tide_reader *reader, uint64_t offset)
{
    uint64_t consumed = reader->is_mapped ? offset : reader->source->consumed(reader->source_state);
    /* Relaxed: a figure for people. */
    atomic_store_explicit(&reader->bytes_consumed, reader->consumed_before + consumed,
                          memory_order_relaxed);
}

static void end_file(struct tide_reader *reader)
{
    reader->consumed_before = atomic_load_explicit(&reader->bytes_consumed, memory_order_relaxed);
    close_file(reader);
    reader->file++;
}

static void send_block(struct tide_reader *reader, bool ends_file)
{
    struct tide_block *block = reader->block;
    block->file = reader->file;
    block->offset = reader->offset;
    block->file_bytes = reader->file_bytes;
    block->begins_file = !reader->file_begun;
    block->ends_file = ends_file;
    block->ends_input = ends_file && reader->file + 1 == reader->file_end;
    reader->file_begun = true;
    reader->offset += block->count;
    reader->bytes_unpacked += block->count;
    reader->block = NULL;
    show_consumed(reader, reader->offset);
    if (ends_file) end_file(reader);
    tide_link_send(reader->out, block, TIDE_NOW);
}

enum tide_progress tide_reader_fail(struct tide_reader *reader, enum tide_exit exit,
                                    const char *why)
{
    struct tide_error error = {0};
    tide_error_set(&error, exit, "cannot read %s: %s",
                   tide_reader_file_name(reader->plan, reader->file), why);
    return fail(reader, &error);
}

static const char cut_short[] = "it was cut short while it was read";

static enum tide_progress fail_reading(struct tide_reader *reader, const char *why)
{
    return tide_reader_fail(reader, TIDE_EXIT_FAILED, why);
}

/* What was read of it is no longer there, and where its next row begins nobody knows. */
static bool was_cut_short(const struct tide_reader *reader)
{
    struct stat status;
    off_t at = tide_sys_lseek(reader->fd, 0, SEEK_CUR);
    return at >= 0 && tide_sys_fstat(reader->fd, &status) == 0 && status.st_size < at;
}

enum tide_progress tide_reader_fill(struct tide_reader *reader, uint32_t most, bool *has_ended)
{
    struct tide_error error = {0};
    struct tide_block *block = reader->block;
    *has_ended = false;
    while (block->count < most) {
        if (!tide_reader_input_is_ready(reader)) return TIDE_STARVED;
        size_t got = 0;
        bool again = false;
        if (!reader->source->fill(reader->source_state, block->bytes + block->count,
                                  most - block->count, &got, &again, &error))
            return tide_reader_fail(reader, error.exit, error.text);
        if (again) continue;
        if (got == 0 && reader->is_followed) {
            if (!was_cut_short(reader)) return TIDE_STARVED;
            return fail_reading(reader, "it was cut short while it was followed");
        }
        *has_ended = got == 0;
        if (*has_ended) break;
        block->count += (uint32_t)got;
    }
    return TIDE_PROGRESSED;
}

/* Fills the block until it is full, the file ends, or the input pauses; then sends it. */
static enum tide_progress fill_block(struct tide_reader *reader)
{
    bool has_ended;
    tide_reader_give_held(reader);
    if (tide_reader_fill(reader, TIDE_BLOCK_BYTES, &has_ended) == TIDE_DONE) return TIDE_DONE;
    /* A file's first block holds at least what may be a byte order mark. */
    if (!has_ended && reader->block->count < (reader->file_begun ? 1 : 3)) return TIDE_STARVED;
    send_block(reader, has_ended);
    return TIDE_PROGRESSED;
}

/* Of the last page of a regular file, copied: where it is cut within that page no signal comes, and
 * zeroes would be shown. */
static enum tide_progress read_last_page(struct tide_reader *reader, uint64_t offset,
                                         uint32_t count)
{
    struct tide_block *block = reader->block;
    tide_block_use_memory(block);
    while (block->count < count) {
        ssize_t got = tide_retry_pread(reader->fd, block->bytes + block->count,
                                       count - block->count, (off_t)(offset + block->count));
        if (got <= 0) return fail_reading(reader, got == 0 ? cut_short : strerror(errno));
        block->count += (uint32_t)got;
    }
    return TIDE_PROGRESSED;
}

enum tide_progress tide_reader_show(struct tide_reader *reader, uint64_t offset, uint32_t most)
{
    struct stat status;
    struct tide_error error = {0};
    if (!tide_reader_check_windows(reader->plan, reader->file, &error)) return fail(reader, &error);
    if (tide_sys_fstat(reader->fd, &status) != 0) return fail_reading(reader, strerror(errno));
    uint64_t size = (uint64_t)status.st_size;
    if (size < reader->file_bytes || size < offset) return fail_reading(reader, cut_short);
    reader->file_bytes = size;
    uint64_t last_page = size == 0 ? 0 : (size - 1) / TIDE_PAGE_BYTES * TIDE_PAGE_BYTES;
    bool is_last_page = offset >= last_page;
    uint64_t left = (is_last_page ? size : last_page) - offset;
    uint32_t room = TIDE_BLOCK_WINDOW_BYTES - (uint32_t)(offset % TIDE_PAGE_BYTES);
    if (most > room) most = room;
    uint32_t count = left < most ? (uint32_t)left : most;
    if (is_last_page) return read_last_page(reader, offset, count);
    if (!tide_block_use_window(reader->block, reader->fd, offset, count))
        return fail_reading(reader, strerror(errno));
    return TIDE_PROGRESSED;
}

/* The next stretch of a regular file, shown and not copied. What has been appended since is still
 * part of it. */
static enum tide_progress map_block(struct tide_reader *reader)
{
    enum tide_progress progress = tide_reader_show(reader, reader->offset, TIDE_BLOCK_WINDOW_BYTES);
    if (progress != TIDE_PROGRESSED) return progress;
    send_block(reader, reader->offset + reader->block->count == reader->file_bytes);
    return TIDE_PROGRESSED;
}

/* All that an earlier run has read is as it was. */
static void say_verified(struct tide_reader *reader)
{
    if (!reader->is_unverified) return;
    reader->is_unverified = false;
    tide_control_say_verified(reader->control);
}

static enum tide_progress check_file(struct tide_reader *reader)
{
    enum tide_progress progress = tide_reader_check_step(reader);
    if (progress != TIDE_PROGRESSED) return progress;
    show_consumed(reader, reader->check.seen.bytes);
    if (!reader->check.is_open && reader->check.place.is_done) end_file(reader);
    return TIDE_PROGRESSED;
}

enum tide_progress tide_reader_step(void *self)
{
    struct tide_reader *reader = self;
    if (tide_control_has_failed(reader->control) || tide_control_is_stopping(reader->control))
        return TIDE_DONE;
    if (reader->file == reader->file_end) {
        say_verified(reader);
        return TIDE_DONE;
    }
    if (!reader->block) {
        reader->block = tide_link_take(reader->out);
        if (!reader->block) return TIDE_BLOCKED;
        tide_block_use_memory(reader->block);
    }
    struct tide_error error = {0};
    if (!reader->is_open && !open_file(reader, &error)) return fail(reader, &error);
    if (!reader->check.is_open) say_verified(reader);
    if (!reader->source) {
        enum tide_progress progress = read_head(reader);
        if (progress != TIDE_PROGRESSED) return progress;
    }
    if (reader->check.is_open) return check_file(reader);
    return reader->is_mapped ? map_block(reader) : fill_block(reader);
}

void tide_reader_nudge(void *self)
{
    struct tide_reader *reader = self;
    tide_link_nudge_consumer(reader->out);
}

void tide_reader_wait_for_input(void *self, int64_t latest_ns)
{
    struct tide_reader *reader = self;
    if (reader->is_followed) {
        tide_follow_wait(&reader->follow, reader->control->wake_fd, latest_ns);
        return;
    }
    struct pollfd events[2] = {{.fd = reader->fd, .events = POLLIN},
                               {.fd = reader->control->wake_fd, .events = POLLIN}};
    /* Interrupted or not: the next step looks again. */
    tide_sys_poll(events, 2, tide_clock_poll_ms(latest_ns));
}
