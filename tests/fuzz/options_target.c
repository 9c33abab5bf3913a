/* Do any words and any config file either name their fault or become a plan within its limits, that
 * can be explained? */
#include "tests/fuzz/target.h"

#include "engine/instruments/explain/dot.h"
#include "engine/instruments/explain/json.h"
#include "engine/instruments/explain/text.h"
#include "engine/plan/plan.h"
#include "engine/plan/run_options.h"
#include "operators/registry.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TEXT_BYTES_MAX = 4096, WORDS_MAX = 64, PATH_BYTES = 64 };

/* A file in memory with the config text, and the option that names it. */
struct config_file {
    int fd;
    char option[PATH_BYTES];
};

static void open_config(struct config_file *file, const char *text, size_t bytes)
{
    file->fd = memfd_create("config", MFD_CLOEXEC);
    FUZZ_CHECK(file->fd >= 0 && write(file->fd, text, bytes) == (ssize_t)bytes);
    snprintf(file->option, sizeof file->option, "--config=/proc/self/fd/%d", file->fd);
}

/* Cuts lines into words, NULL behind the last. Another config file is not for us to read. */
static int cut_words(char *text, char *words[])
{
    int count = 1;
    words[0] = (char *)(uintptr_t) "run";
    for (char *line = text; line && count < WORDS_MAX;) {
        char *end = strchr(line, '\n');
        if (end) *end++ = '\0';
        if (strncmp(line, "--config", 8) != 0) words[count++] = line;
        line = end;
    }
    return count;
}

static void check_plan(const struct tide_plan *plan)
{
    FUZZ_CHECK(plan->file_count >= 1 && plan->key_count >= 1);
    FUZZ_CHECK(plan->key_count <= TIDE_KEY_COLUMN_COUNT_MAX);
    FUZZ_CHECK(plan->decimal.scale <= TIDE_DECIMAL_SCALE_MAX);
    FUZZ_CHECK(plan->row_bytes_max >= 1 && plan->row_bytes_max <= TIDE_ROW_BYTES_LIMIT);
    FUZZ_CHECK(plan->bound_ms >= 0 && plan->bound_ms <= TIDE_DURATION_MS_MAX);
    FUZZ_CHECK(plan->lateness_ms >= 0 && plan->lateness_ms <= TIDE_DURATION_MS_MAX);
    FUZZ_CHECK(plan->max_future_ms >= -1 && plan->idle_ms >= -1 && plan->inactive_ms >= -1);
    FUZZ_CHECK(plan->shape.size_ms > 0 || plan->shape.row_count > 0);
    FUZZ_CHECK(plan->listed_count >= 1 && plan->listed_count <= TIDE_AGGREGATE_COUNT_MAX);
    FUZZ_CHECK(plan->rules->rule_count <= TIDE_RULE_COUNT_MAX);
    FUZZ_CHECK(plan->parallelism >= 1 && plan->parallelism <= TIDE_PARALLELISM_MAX);
    FUZZ_CHECK(plan->batch_rows >= 1 && plan->batch_rows <= TIDE_BATCH_ROWS_MAX);
    FUZZ_CHECK(plan->ring_slots >= 1 && plan->ring_slots <= TIDE_RING_SLOTS_MAX);
    FUZZ_CHECK(plan->side_output_count <= TIDE_SIDE_OUTPUT_MAX);
    FUZZ_CHECK(plan->rejects_max >= -1 && plan->rejects_millionths_max >= -1);
}

/* In each of its forms; what it says in JSON is JSON. */
static void check_explanation(const struct tide_plan *plan, const struct tide_options *options,
                              bool is_ascii)
{
    struct tide_explanation explanation = {0};
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    char *text = NULL;
    size_t bytes = 0;
    FUZZ_CHECK(tide_explanation_init(&explanation, plan, options, &error));
    FILE *out = open_memstream(&text, &bytes);
    FUZZ_CHECK(out);
    tide_explain_write_text(&explanation, out);
    tide_explain_write_dot(&explanation, out);
    FUZZ_CHECK(fseek(out, 0, SEEK_SET) == 0);
    FUZZ_CHECK(tide_explain_write_json(&explanation, out) && fclose(out) == 0);
    json_t *root = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
    FUZZ_CHECK(root || !is_ascii); /* a byte that is no UTF-8 becomes half a pair */
    json_decref(root);
    free(text);
    tide_explanation_fini(&explanation);
}

static void check_built(const struct tide_options *options, bool is_ascii)
{
    struct tide_plan plan = {0};
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    if (tide_plan_build(&plan, options, &tide_operators, &error)) {
        check_plan(&plan);
        check_explanation(&plan, options, is_ascii);
    } else FUZZ_CHECK(error.exit != TIDE_EXIT_OK && error.text[0]);
    tide_plan_fini(&plan);
}

/* The words stand before a NUL byte, one a line; the config file behind it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static char text[TEXT_BYTES_MAX + 1];
    char *words[WORDS_MAX + 2];
    struct config_file file;
    struct tide_options options = {0};
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    size_t count = bytes < TEXT_BYTES_MAX ? bytes : TEXT_BYTES_MAX;
    bool is_ascii = true;
    for (size_t i = 0; i < count; i++) is_ascii = is_ascii && data[i] < 0x80;
    memcpy(text, data, count);
    text[count] = '\0';
    size_t words_bytes = strlen(text);
    size_t config_at = words_bytes < count ? words_bytes + 1 : count;
    open_config(&file, text + config_at, count - config_at);
    int word_count = cut_words(text, words);
    words[word_count++] = file.option;
    words[word_count] = NULL;
    if (!tide_options_parse(&options, &tide_run_options, word_count, words, &error))
        FUZZ_CHECK(error.exit != TIDE_EXIT_OK && error.text[0]);
    else if (!tide_options_given(&options, TIDE_RUN_PROCESS)) /* would be loaded and run */
        check_built(&options, is_ascii);
    tide_options_fini(&options);
    close(file.fd);
    return 0;
}
