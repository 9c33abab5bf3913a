#include "engine/plan/config.h"

#include "engine/base/memory.h"
#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

struct reader {
    struct tide_config *config;
    const struct tide_option_set *set;
    const char *path;
    unsigned line;
    struct tide_error *error;
};

/* Reads the whole file into a block that ends with a NUL byte. */
static bool slurp(struct reader *reader)
{
    int fd = tide_retry_open(reader->path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
    if (fd < 0)
        return tide_error_system(reader->error, errno, "cannot open the config file %s",
                                 reader->path);
    char *text = tide_alloc(TIDE_CONFIG_BYTES_MAX + 1);
    reader->config->text = text;
    ssize_t bytes = text ? tide_retry_read_all(fd, text, TIDE_CONFIG_BYTES_MAX + 1) : 0;
    int reason = errno;
    tide_sys_close(fd);
    if (!text) return tide_error_memory(reader->error, "the config file");
    if (bytes < 0)
        return tide_error_system(reader->error, reason, "cannot read the config file %s",
                                 reader->path);
    if (bytes > TIDE_CONFIG_BYTES_MAX)
        return tide_error_set(reader->error, TIDE_EXIT_USAGE,
                              "%s is no config file: it is longer than %d bytes", reader->path,
                              TIDE_CONFIG_BYTES_MAX);
    if (memchr(text, '\0', (size_t)bytes))
        return tide_error_set(reader->error, TIDE_EXIT_USAGE,
                              "%s is no config file: it holds a NUL byte", reader->path);
    text[bytes] = '\0';
    return true;
}

static bool wrong(const struct reader *reader, const char *what)
{
    return tide_error_set(reader->error, TIDE_EXIT_USAGE, "%s:%u: %s", reader->path, reader->line,
                          what);
}

static char *skip_blanks(char *text)
{
    return text + strspn(text, " \t");
}

/* Cuts the value in quotes that starts behind `text`, in place; NULL if it does not end, or if more
 * follows. */
static char *unquote(char *text)
{
    char *from = text + 1, *to = text;
    while (*from && (*from != '"' || from[1] == '"')) {
        if (*from == '"') from++;
        *to++ = *from++;
    }
    if (*from != '"') return NULL;
    char *rest = skip_blanks(from + 1);
    *to = '\0';
    return *rest == '\0' || *rest == '#' ? text : NULL;
}

/* Cuts off a comment after a blank, and the blanks before it. */
static char *trim_plain(char *text)
{
    char *end = text;
    for (char *at = text; *at; at++) {
        if (*at == '#' && (at == text || at[-1] == ' ' || at[-1] == '\t')) break;
        if (*at != ' ' && *at != '\t') end = at + 1;
    }
    *end = '\0';
    return text;
}

static bool check_option(const struct reader *reader, unsigned id)
{
    const struct tide_option *option = tide_option_at(reader->set, id);
    if (option->argv_only)
        return tide_error_set(reader->error, TIDE_EXIT_USAGE,
                              "%s:%u: %s belongs on the command line, not in a config file",
                              reader->path, reader->line, option->name);
    for (unsigned i = 0; i < reader->config->given_count && !option->repeatable; i++)
        if (reader->config->given[i].id == id)
            return tide_error_set(reader->error, TIDE_EXIT_USAGE,
                                  "%s:%u: %s is there already, in line %u", reader->path,
                                  reader->line, option->name, reader->config->given[i].line);
    return true;
}

/* An option of runs that this command does not have: the file is that of a run. */
static bool is_passed_over(const struct reader *reader, const char *name, size_t bytes)
{
    const struct tide_option_set *base = reader->set->base;
    struct tide_error unknown = {0};
    return base && tide_option_find(base, name, bytes, &unknown) < tide_option_count(base);
}

static bool take_line(struct reader *reader, char *line)
{
    char *name = skip_blanks(line);
    if (*name == '\0' || *name == '#') return true;
    size_t name_bytes = strcspn(name, " \t=#");
    char *equals = skip_blanks(name + name_bytes);
    if (*equals != '=' || name_bytes == 0) return wrong(reader, "expected a line `name = value`");

    struct tide_error unknown = {0};
    unsigned id = tide_option_find(reader->set, name, name_bytes, &unknown);
    if (id == tide_option_count(reader->set) && is_passed_over(reader, name, name_bytes))
        return true;
    if (id == tide_option_count(reader->set)) return wrong(reader, unknown.text);
    if (!check_option(reader, id)) return false;

    char *start = skip_blanks(equals + 1);
    bool quoted = *start == '"';
    const char *text = quoted ? unquote(start) : trim_plain(start);
    if (!text) return wrong(reader, "the value's closing quote is missing or has text behind it");
    if (!quoted && *text == '\0')
        return wrong(reader, "the value is missing; write \"\" for an empty one, and # in quotes");
    if (!tide_option_at(reader->set, id)->argument) text = tide_option_flag_text(text);
    if (!text) return wrong(reader, "a flag is true or false");
    reader->config->given[reader->config->given_count++] =
        (struct tide_given){.id = id, .line = reader->line, .text = text};
    return true;
}

static bool take_lines(struct reader *reader)
{
    char *at = reader->config->text;
    if (strncmp(at, "\xEF\xBB\xBF", 3) == 0) at += 3;
    while (*at) {
        reader->line++;
        char *end = at + strcspn(at, "\r\n");
        char *next = *end == '\0' ? end : end + 1 + (end[0] == '\r' && end[1] == '\n');
        *end = '\0';
        if (!take_line(reader, at)) return false;
        at = next;
    }
    return true;
}

bool tide_config_read(struct tide_config *config, const char *path,
                      const struct tide_option_set *set, struct tide_error *error)
{
    *config = (struct tide_config){0};
    struct reader reader = {.config = config, .set = set, .path = path, .error = error};
    if (!slurp(&reader)) return false;
    size_t lines = 1;
    for (const char *at = config->text; *at; at++) lines += *at == '\n' || *at == '\r';
    config->given = tide_alloc_zeroed(lines, sizeof *config->given);
    if (!config->given) return tide_error_memory(error, "the config file");
    return take_lines(&reader);
}

void tide_config_fini(struct tide_config *config)
{
    tide_free(config->text);
    tide_free(config->given);
    *config = (struct tide_config){0};
}

unsigned tide_config_texts(const struct tide_config *config, unsigned id, const char *texts[],
                           unsigned capacity)
{
    unsigned count = 0;
    for (unsigned i = 0; i < config->given_count; i++) {
        if (config->given[i].id != id) continue;
        if (count < capacity) texts[count] = config->given[i].text;
        count++;
    }
    return count;
}
