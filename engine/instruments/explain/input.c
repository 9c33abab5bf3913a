#include "engine/instruments/explain/input.h"

#include "engine/base/retry.h"
#include "engine/base/system.h"
#include "engine/instruments/explain/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The source that will take the file; NULL if it cannot be read. */
static const struct tide_source *recognise(const char *name, const struct tide_registry *registry)
{
    unsigned char magic[TIDE_SOURCE_MAGIC_BYTES];
    int fd = tide_retry_open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
    if (fd < 0) return NULL;
    ssize_t got = tide_retry_read(fd, magic, sizeof magic);
    tide_sys_close(fd);
    if (got < 0) return NULL;
    const struct tide_source *const *sources = registry->sources;
    while (!(*sources)->recognises(magic, (size_t)got)) sources++; /* the last one takes anything */
    return *sources;
}

/* Does the name promise another kind of file? */
static bool is_mislabeled(const struct tide_explain_file *file,
                          const struct tide_registry *registry)
{
    for (unsigned i = 0; registry->sources[i] && registry->sources[i] != file->source; i++) {
        const char *suffix = registry->sources[i]->suffix;
        size_t name_bytes = strlen(file->name), suffix_bytes = suffix ? strlen(suffix) : 0;
        if (suffix_bytes > 0 && name_bytes > suffix_bytes &&
            strcmp(file->name + name_bytes - suffix_bytes, suffix) == 0)
            return true;
    }
    return false;
}

void tide_explain_look(struct tide_explain_file *file, const char *name,
                       const struct tide_registry *registry)
{
    *file = (struct tide_explain_file){.name = name, .kind = TIDE_EXPLAIN_STREAM};
    struct stat status;
    if (strcmp(name, "-") == 0) return;
    if (tide_sys_stat(name, &status) != 0) {
        file->kind = errno == ENOENT ? TIDE_EXPLAIN_ABSENT : TIDE_EXPLAIN_UNREADABLE;
        return;
    }
    if (S_ISDIR(status.st_mode)) file->kind = TIDE_EXPLAIN_FOLDER;
    if (!S_ISREG(status.st_mode)) return;
    file->bytes = (uint64_t)status.st_size;
    file->source = recognise(name, registry);
    file->kind = !file->source                   ? TIDE_EXPLAIN_UNREADABLE
                 : is_mislabeled(file, registry) ? TIDE_EXPLAIN_MISLABELED
                                                 : TIDE_EXPLAIN_REGULAR;
}

void tide_explain_file_text(const struct tide_explain_file *file, char *text, size_t bytes)
{
    char size[TIDE_WORDS_BYTES];
    tide_words_bytes(size, file->bytes);
    switch (file->kind) {
    case TIDE_EXPLAIN_STREAM:
        snprintf(text, bytes,
                 "a stream, read into blocks as it comes; its first bytes tell if it "
                 "is packed");
        break;
    case TIDE_EXPLAIN_REGULAR:
        snprintf(text, bytes,
                 file->source->is_packed ? "%s, %s: unpacked by the reader into blocks"
                                         : "%s, %s: mapped, not copied",
                 size, file->source->name);
        break;
    case TIDE_EXPLAIN_MISLABELED:
        snprintf(text, bytes,
                 "%s, %s, against what its name promises: the run would fail with exit status 1",
                 size, file->source->name);
        break;
    case TIDE_EXPLAIN_FOLDER:
        snprintf(text, bytes, "a directory: the run would fail with exit status 1");
        break;
    case TIDE_EXPLAIN_ABSENT:
        snprintf(text, bytes, "not there now; the run needs it");
        break;
    case TIDE_EXPLAIN_UNREADABLE:
        snprintf(text, bytes, "cannot be read: the run would fail with exit status 1");
        break;
    }
}
