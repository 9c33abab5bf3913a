#include "engine/instruments/bench/command.h"

#include "engine/base/memory.h"
#include "engine/base/system.h"
#include "engine/text/escape.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

/* A text that grows. */
struct line {
    FILE *out; /* NULL: no memory */
    char *text;
    size_t bytes;
    unsigned word_count;
    bool failed;
};

static void begin(struct line *line)
{
    *line = (struct line){0};
    line->out = tide_sys_open_memstream(&line->text, &line->bytes);
    line->failed = !line->out;
}

static void add_word(struct line *line, const char *word)
{
    size_t bytes = strlen(word);
    char *quoted = line->failed ? NULL : tide_alloc(4 * bytes + 3);
    line->failed |= !quoted;
    if (!quoted) return;
    fprintf(line->out, "%s%.*s", line->word_count++ > 0 ? " " : "",
            (int)tide_escape_shell(quoted, word, bytes), quoted);
    tide_free(quoted);
}

static void add_words(struct line *line, const char *const words[])
{
    for (unsigned i = 0; words[i]; i++) add_word(line, words[i]);
}

TIDE_PRINTF(2, 3) static void add_made(struct line *line, const char *format, ...)
{
    char word[2 * TIDE_BENCH_PATH_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int bytes = vsnprintf(word, sizeof word, format, arguments);
    va_end(arguments);
    line->failed |= bytes < 0 || (size_t)bytes >= sizeof word;
    if (!line->failed) add_word(line, word);
}

static char *end(struct line *line, struct tide_error *error)
{
    if (line->out) line->failed |= tide_sys_fclose(line->out) != 0;
    if (!line->failed) return line->text;
    tide_free(line->text);
    tide_error_memory(error, "a command line");
    return NULL;
}

static void add_values(struct line *line, const struct tide_bench_case *item)
{
    for (unsigned axis = 0; axis < TIDE_BENCH_AXIS_COUNT; axis++)
        if (item->values[axis])
            add_made(line, "--%s=%s", tide_bench_axis_name((enum tide_bench_axis)axis),
                     item->values[axis]);
}

static void add_files(struct line *line, const struct tide_plan *plan)
{
    bool is_dashed = false;
    for (unsigned i = 0; i < plan->file_count; i++) is_dashed |= plan->files[i][0] == '-';
    if (is_dashed) add_word(line, "--");
    for (unsigned i = 0; i < plan->file_count; i++) add_word(line, plan->files[i]);
}

char *tide_bench_command_run(const struct tide_bench_job *job, const struct tide_bench_case *item,
                             struct tide_error *error)
{
    struct line line;
    begin(&line);
    add_made(&line, "/proc/%ld/exe", (long)getpid());
    add_word(&line, "run");
    add_words(&line, job->run_arguments);
    add_made(&line, "--parallelism=%u", item->parallelism);
    add_values(&line, item);
    add_word(&line, "--quiet");
    add_word(&line, "--progress=never");
    for (unsigned i = 0; i < TIDE_PROOF_OUTPUT_COUNT; i++)
        if (tide_proof_covers(job->plan, i))
            add_made(&line, "--%s=%s/%s", tide_proof_file_name(i), job->folder->path,
                     tide_proof_file_name(i));
    add_made(&line, "--stats=%s/stats", job->folder->path);
    add_files(&line, job->plan);
    return end(&line, error);
}

/* Names of outputs say nothing to compare, which writes its own. */
static bool is_output(const char *argument)
{
    for (unsigned i = 0; i < TIDE_PROOF_OUTPUT_COUNT; i++) {
        size_t bytes = strlen(tide_proof_file_name(i));
        if (strncmp(argument + 2, tide_proof_file_name(i), bytes) == 0 &&
            argument[2 + bytes] == '=')
            return true;
    }
    return false;
}

char *tide_bench_command_compare(const struct tide_bench_job *job,
                                 const struct tide_bench_case *item, struct tide_error *error)
{
    struct line line;
    begin(&line);
    add_word(&line, "tidemark");
    add_word(&line, "compare");
    add_word(&line, "-p");
    add_made(&line, "%u", item->parallelism);
    for (unsigned i = 0; job->run_arguments[i]; i++)
        if (!is_output(job->run_arguments[i])) add_word(&line, job->run_arguments[i]);
    add_values(&line, item);
    add_files(&line, job->plan);
    return end(&line, error);
}

char *tide_bench_command_join(const char *const words[], struct tide_error *error)
{
    struct line line;
    begin(&line);
    add_word(&line, "tidemark");
    add_words(&line, words);
    return end(&line, error);
}
