#include "engine/plan/plugin.h"

#include "engine/base/memory.h"
#include "engine/base/system.h"
#include "engine/plan/nearest.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { NAME_BYTES_MAX = 63 };

static const char symbol[] = "tidemark_process";

/* What dlopen would say of these takes an expert to understand. */
static bool check_file(const char *path, struct tide_error *error)
{
    struct stat status;
    if (tide_sys_stat(path, &status) != 0)
        return tide_error_system(error, errno, "cannot load '%s'", path);
    if (S_ISREG(status.st_mode)) return true;
    return tide_error_set(error, TIDE_EXIT_FAILED,
                          "cannot load '%s': it is no regular file but a %s", path,
                          S_ISDIR(status.st_mode) ? "folder" : "device, pipe or socket");
}

/* dlopen searches the library path for a name without a slash. */
static bool open_library(struct tide_plugin *plugin, struct tide_error *error)
{
    const char *path = plugin->path;
    char *with_folder = NULL;
    if (!strchr(path, '/')) {
        size_t bytes = strlen(path) + sizeof "./";
        with_folder = tide_alloc(bytes);
        if (!with_folder) return tide_error_memory(error, "the path of a plug-in");
        snprintf(with_folder, bytes, "./%s", path);
    }
    plugin->library = dlopen(with_folder ? with_folder : path, RTLD_NOW | RTLD_LOCAL);
    tide_free(with_folder);
    if (plugin->library) return true;
    return tide_error_set(error, TIDE_EXIT_FAILED, "cannot load '%s': %s", path, dlerror());
}

static bool is_name(const char *text)
{
    static const char known[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
    size_t bytes = strlen(text);
    return bytes > 0 && bytes <= NAME_BYTES_MAX && strspn(text, known) == bytes;
}

static bool check_names(const struct tide_plugin *plugin, const char *what,
                        const char *const *names, unsigned limit, unsigned *count,
                        struct tide_error *error)
{
    *count = 0;
    for (; names && names[*count]; ++*count) {
        if (*count == limit)
            return tide_error_set(error, TIDE_EXIT_FAILED, "'%s' has more than %u %ss",
                                  plugin->path, limit, what);
        if (!is_name(names[*count]))
            return tide_error_set(error, TIDE_EXIT_FAILED,
                                  "'%s' has a %s that is no name of letters, digits, _, - and .",
                                  plugin->path, what);
        for (unsigned i = 0; i < *count; i++)
            if (strcmp(names[i], names[*count]) == 0)
                return tide_error_set(error, TIDE_EXIT_FAILED, "'%s' has two %ss named %s",
                                      plugin->path, what, names[i]);
    }
    return true;
}

static bool check_function(struct tide_plugin *plugin, struct tide_error *error)
{
    const struct tidemark_process_function *function = plugin->function;
    if (function->abi != TIDEMARK_PROCESS_ABI)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "'%s' was built for version %u of tidemark_process.h, and this is "
                              "version %u: build it anew",
                              plugin->path, (unsigned)function->abi, TIDEMARK_PROCESS_ABI);
    if (!function->name || !*function->name || !function->on_result)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "'%s' is incomplete: a process function has a name and an on_result",
                              plugin->path);
    if (function->state_bytes > TIDEMARK_STATE_BYTES_MAX)
        return tide_error_set(
            error, TIDE_EXIT_FAILED, "'%s' wants %u bytes of state a key, more than the %d allowed",
            plugin->path, (unsigned)function->state_bytes, TIDEMARK_STATE_BYTES_MAX);
    if (!function->save != !function->load || (function->save && function->state_bytes == 0))
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "'%s' is incomplete: save and load go together, and with a state",
                              plugin->path);
    unsigned known_arguments;
    return check_names(plugin, "argument", function->arguments, TIDEMARK_ARGUMENTS_MAX,
                       &known_arguments, error) &&
           check_names(plugin, "side output", function->side_outputs, TIDEMARK_SIDE_OUTPUTS_MAX,
                       &plugin->side_output_count, error) &&
           check_names(plugin, "counter", function->counters, TIDEMARK_COUNTERS_MAX,
                       &plugin->counter_count, error);
}

bool tide_plugin_load(struct tide_plugin *plugin, const char *path, struct tide_error *error)
{
    *plugin = (struct tide_plugin){.path = path};
    if (!check_file(path, error) || !open_library(plugin, error)) return false;
    plugin->function = dlsym(plugin->library, symbol);
    if (plugin->function) return check_function(plugin, error);
    return tide_error_set(error, TIDE_EXIT_FAILED,
                          "'%s' is no process function: it does not define %s (see "
                          "tidemark_process.h)",
                          path, symbol);
}

void tide_plugin_unload(struct tide_plugin *plugin)
{
    for (unsigned i = 0; i < plugin->argument_count; i++)
        tide_free((char *)plugin->arguments[i].name);
    tide_free(plugin->arguments);
    if (plugin->library) dlclose(plugin->library);
    *plugin = (struct tide_plugin){0};
}

/* The name as the plug-in knows it, or NULL and an error that says which names there are. */
static bool check_argument(const struct tide_plugin *plugin, const char *text, size_t name_bytes,
                           struct tide_error *error)
{
    struct tide_nearest nearest;
    tide_nearest_init(&nearest, text, name_bytes);
    const char *const *names = plugin->function->arguments;
    for (; names && *names; names++) {
        if (strlen(*names) == name_bytes && memcmp(*names, text, name_bytes) == 0) return true;
        tide_nearest_offer(&nearest, *names);
    }
    if (!plugin->function->arguments || !plugin->function->arguments[0])
        return tide_error_set(error, TIDE_EXIT_USAGE, "'%s' takes no arguments", plugin->path);
    return tide_error_set(error, TIDE_EXIT_USAGE, "'%s' knows no argument '%.*s'%s%s%s",
                          plugin->path, (int)name_bytes, text,
                          nearest.name ? "; did you mean " : "", nearest.name ? nearest.name : "",
                          nearest.name ? "?" : "");
}

bool tide_plugin_add_argument(struct tide_plugin *plugin, const char *text,
                              struct tide_error *error)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return tide_error_set(error, TIDE_EXIT_USAGE, "'%s' is not NAME=VALUE", text);
    size_t name_bytes = (size_t)(equals - text);
    if (!check_argument(plugin, text, name_bytes, error)) return false;
    struct tidemark_argument *arguments =
        tide_realloc(plugin->arguments, (plugin->argument_count + 1) * sizeof *arguments);
    if (!arguments) return tide_error_memory(error, "the arguments of a plug-in");
    plugin->arguments = arguments;
    char *name = tide_strndup(text, name_bytes);
    if (!name) return tide_error_memory(error, "the arguments of a plug-in");
    arguments[plugin->argument_count++] = (struct tidemark_argument){name, equals + 1};
    return true;
}

int tide_plugin_side_output(const struct tide_plugin *plugin, const char *name)
{
    for (unsigned i = 0; i < plugin->side_output_count; i++)
        if (strcmp(plugin->function->side_outputs[i], name) == 0) return (int)i;
    return -1;
}
