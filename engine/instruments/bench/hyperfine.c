#include "engine/instruments/bench/hyperfine.h"

#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char package[] = "hyperfine";

static int create(const char *path, struct tide_error *error)
{
    int fd = tide_retry_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) tide_error_system(error, errno, "cannot create %s", path);
    return fd;
}

/* The file's first line; empty if there is none. */
static void read_first_line(const char *path, char *line, size_t bytes)
{
    FILE *file = tide_sys_fopen(path, "re");
    line[0] = '\0';
    if (!file) return;
    if (!fgets(line, (int)bytes, file)) line[0] = '\0';
    tide_sys_fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
}

bool tide_tool_version(const struct tide_bench_guard *guard, const struct tide_bench_folder *folder,
                       const char *name, const char *tool_package,
                       char version[TIDE_TOOL_VERSION_BYTES], struct tide_error *error)
{
    struct tide_bench_path path = tide_bench_folder_file(folder, "version");
    char line[256];
    int out = create(path.text, error);
    if (out < 0) return false;
    const char *const arguments[] = {name, "--version", NULL};
    const struct tide_program program = {
        .arguments = arguments, .package = tool_package, .streams = {-1, out, -1}};
    struct tide_process_end end;
    bool ok = tide_bench_guard_run(guard, program, &end, error);
    tide_sys_close(out);
    if (!ok) return false;
    if (end.status != 0)
        return tide_error_set(error, TIDE_EXIT_FAILED, "%s --version ended with status %d", name,
                              end.status);
    read_first_line(path.text, line, sizeof line);
    const char *at = strncmp(line, name, strlen(name)) == 0 ? line + strlen(name) : line;
    at += strspn(at, " ");
    snprintf(version, TIDE_TOOL_VERSION_BYTES, "%.*s", TIDE_TOOL_VERSION_BYTES - 1, at);
    return true;
}

/* The export: {"results": [{"times": [s], "user": s, "system": s, "exit_codes": [n or null]}]} */
static bool read_export(const char *path, struct tide_bench_timing *timing,
                        struct tide_error *error)
{
    json_error_t reason;
    json_t *export = json_load_file(path, 0, &reason), *times, *codes;
    bool ok = export && json_unpack_ex(export, &reason, 0, "{s:[{s:o, s:F, s:F, s:o}]}", "results",
                                       "times", &times, "user", &timing->user_s, "system",
                                       &timing->system_s, "exit_codes", &codes) == 0;
    if (ok) {
        const json_t *code = json_array_get(codes, 0);
        timing->wall_s = json_number_value(json_array_get(times, 0));
        timing->status = json_is_integer(code) ? (int)json_integer_value(code) : -1;
        ok = timing->wall_s > 0 && timing->user_s >= 0 && timing->system_s >= 0;
    }
    json_decref(export);
    return ok || tide_error_set(error, TIDE_EXIT_FAILED,
                                "hyperfine's export is not as that of version 1.15: %s",
                                *reason.text ? reason.text : "no time in it");
}

bool tide_hyperfine_time(const struct tide_bench_guard *guard,
                         const struct tide_bench_folder *folder, const char *command,
                         struct tide_bench_timing *timing, char complaint[TIDE_ERROR_BYTES],
                         struct tide_error *error)
{
    struct tide_bench_path export = tide_bench_folder_file(folder, "timing.json");
    struct tide_bench_path said = tide_bench_folder_file(folder, "said");
    int err = create(said.text, error);
    if (err < 0) return false;
    /* No shell, so that none is timed. The command's streams are hyperfine's own. */
    const char *const arguments[] = {
        "hyperfine",
        "--shell=none",
        "--style=none",
        "--output=inherit",
        "--runs=1",
        "--ignore-failure",
        "--export-json",
        export.text,
        "--",
        command,
        NULL,
    };
    const struct tide_program program = {
        .arguments = arguments, .package = package, .streams = {-1, -1, err}};
    struct tide_process_end end;
    bool ok = tide_bench_guard_run(guard, program, &end, error);
    tide_sys_close(err);
    if (!ok) return false;
    read_first_line(said.text, complaint, TIDE_ERROR_BYTES);
    if (end.status != 0)
        return tide_error_set(error, TIDE_EXIT_FAILED, "hyperfine ended with status %d: %s",
                              end.status, complaint);
    return read_export(export.text, timing, error);
}
