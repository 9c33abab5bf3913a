/* Does a run over any bytes write the same at another parallelism, and when it is broken off at a
 * checkpoint and gone on from? */
#include "tests/fuzz/resumable.h"

enum { TEXT_BYTES_MAX = 4096, NUMBER_BYTES = 12 };

static void write_input(const char *text, size_t bytes)
{
    FILE *file = fopen(resumable.inputs[0], "w");
    FUZZ_CHECK(file && fwrite(text, 1, bytes, file) == bytes && fclose(file) == 0);
}

/* Runs to the end; false: the run was refused, as the error says. */
static bool run_whole(struct resumable_run *run, struct resumable_outputs *outputs,
                      struct tide_error *error)
{
    *error = (struct tide_error){.exit = TIDE_EXIT_OK};
    resumable_create(run, error);
    bool went_well = resumable_finish(run, outputs, error);
    FUZZ_CHECK(went_well == (error->exit == TIDE_EXIT_OK));
    return went_well;
}

static void check_resumed(struct resumable_run *first, unsigned scene, const char *parallelism,
                          const struct resumable_outputs *whole)
{
    static struct resumable_outputs rest;
    struct tide_checkpoint_file file;
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    struct resumable_run run;
    uint64_t bytes_before[RESUMABLE_OUTPUTS];
    if (!resumable_newest(first, &file, bytes_before)) return;
    resumable_plan(&run, scene, parallelism, "1000000", resumable.resumed);
    resumable_create(&run, &error);
    FUZZ_CHECK(tide_pipeline_restore(run.pipeline, &file, &error));
    FUZZ_CHECK(resumable_finish(&run, &rest, &error));
    resumable_check(whole, &rest, bytes_before);
    tide_checkpoint_fini(&file);
    resumable_end(&run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct resumable_outputs alone, shared;
    static const uint64_t from_the_beginning[RESUMABLE_OUTPUTS];
    struct feed feed = {(const char *)data, bytes};
    struct resumable_run first, second;
    struct tide_error error, other_error;
    char every[NUMBER_BYTES], parallelism[NUMBER_BYTES];
    if (!resumable.path[0]) resumable_open();
    unsigned scene = feed_number(&feed, RESUMABLE_SCENES);
    snprintf(every, sizeof every, "%u", 1 + feed_number(&feed, 64));
    snprintf(parallelism, sizeof parallelism, "%u", 2 + feed_number(&feed, 4));
    write_input(feed.text, feed.bytes < TEXT_BYTES_MAX ? feed.bytes : TEXT_BYTES_MAX);
    resumable_plan(&first, scene, "1", every, resumable.taken);
    resumable_plan(&second, scene, parallelism, "1000000", resumable.resumed);
    bool went_well = run_whole(&first, &alone, &error);
    FUZZ_CHECK(run_whole(&second, &shared, &other_error) == went_well);
    if (went_well) resumable_check(&alone, &shared, from_the_beginning);
    else FUZZ_CHECK(error.exit == other_error.exit && strcmp(error.text, other_error.text) == 0);
    resumable_end(&second);
    if (went_well) check_resumed(&first, scene, parallelism, &alone);
    resumable_end(&first);
    return 0;
}
