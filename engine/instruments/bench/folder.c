#include "engine/instruments/bench/folder.h"

#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char pattern[] = "/tidemark-bench-XXXXXX";
enum { NAME_BYTES_MAX = 64 };

bool tide_bench_folder_init(struct tide_bench_folder *folder, struct tide_error *error)
{
    const char *place = getenv("TMPDIR");
    if (!place || !*place) place = "/tmp";
    size_t bytes = strlen(place);
    if (bytes + sizeof pattern + NAME_BYTES_MAX >= sizeof folder->path)
        return tide_error_set(error, TIDE_EXIT_FAILED, "TMPDIR is too long a path");
    memcpy(folder->path, place, bytes);
    memcpy(folder->path + bytes, pattern, sizeof pattern);
    if (tide_sys_mkdtemp(folder->path)) return true;
    int reason = errno;
    folder->path[0] = '\0';
    return tide_error_system(error, reason, "cannot make a work folder in %s", place);
}

void tide_bench_folder_empty(const struct tide_bench_folder *folder)
{
    DIR *entries = tide_retry_opendir(folder->path);
    if (!entries) return;
    for (struct dirent *entry; (entry = tide_sys_readdir(entries));)
        tide_sys_unlinkat(dirfd(entries), entry->d_name); /* refuses . and .. */
    tide_sys_closedir(entries);
}

void tide_bench_folder_fini(struct tide_bench_folder *folder)
{
    if (!folder->path[0]) return;
    tide_bench_folder_empty(folder);
    tide_sys_rmdir(folder->path);
    folder->path[0] = '\0';
}

struct tide_bench_path tide_bench_folder_file(const struct tide_bench_folder *folder,
                                              const char *name)
{
    struct tide_bench_path path;
    size_t folder_bytes = strlen(folder->path), name_bytes = strlen(name);
    TIDE_ASSERT(name_bytes <= NAME_BYTES_MAX);
    memcpy(path.text, folder->path, folder_bytes);
    path.text[folder_bytes] = '/';
    memcpy(path.text + folder_bytes + 1, name, name_bytes + 1);
    return path;
}
