/* How fast does each scanner index bytes, and decode rows of them, while they are in cache? */
#include "bench/micro/job.h"
#include "bench/micro/measure.h"

#include "engine/stages/decoder.h"

#include <stdio.h>
#include <string.h>

/* As the parser works: a slice is indexed, then decoded, while it lies in the first-level cache.
 * Several, so that the branch predictor does not learn one by heart. */
enum { SLICE_BYTES = 16 << 10, SLICE_COUNT = 16, ROUNDS = 16, CHUNK_ROWS = 128 };

struct slice {
    char *memory, *bytes;
    uint32_t count, row_count;
    struct tide_csv_index index;
};

struct scene {
    const struct tide_scanner *scanner;
    struct tide_decoder decoder;
    struct tide_decode_memo memo;
    struct slice slices[SLICE_COUNT];
    struct tide_row rows[CHUNK_ROWS];
    uint8_t kinds[CHUNK_ROWS];
    uint64_t row_count, byte_count;
};

static void index_slice(const struct scene *scene, struct slice *slice)
{
    tide_csv_index_new_block(&slice->index);
    scene->scanner->index(&slice->index, slice->bytes, slice->count, 0, slice->count);
}

static uint64_t decode_slice(struct scene *scene, struct slice *slice)
{
    uint64_t row_count = 0;
    slice->index.separator_next = slice->index.row_next = 0;
    for (;;) {
        struct tide_taken taken =
            scene->scanner->decode(&scene->decoder, &scene->memo, &slice->index, slice->bytes,
                                   scene->rows, scene->kinds, CHUNK_ROWS);
        if (taken.count == 0) return row_count;
        row_count += taken.count;
        measure_keep((uint64_t)scene->rows[0].amount);
    }
}

static void index_all(void *self)
{
    struct scene *scene = self;
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned i = 0; i < SLICE_COUNT; i++) index_slice(scene, &scene->slices[i]);
}

static void decode_all(void *self)
{
    struct scene *scene = self;
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned i = 0; i < SLICE_COUNT; i++) decode_slice(scene, &scene->slices[i]);
}

static void both_all(void *self)
{
    struct scene *scene = self;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < SLICE_COUNT; i++) {
            index_slice(scene, &scene->slices[i]);
            decode_slice(scene, &scene->slices[i]);
        }
    }
}

static void open_slice(struct scene *scene, struct slice *slice, const char *text, uint32_t bytes)
{
    struct tide_error error = {0};
    slice->memory = tide_alloc_zeroed(1, SLICE_BYTES + 2 * TIDE_BLOCK_SLACK_BYTES);
    bool has_index = tide_csv_index_init(&slice->index, SLICE_BYTES, ',', &error);
    TIDE_ASSERT(slice->memory && has_index);
    slice->bytes = slice->memory + TIDE_BLOCK_SLACK_BYTES;
    slice->count = bytes;
    memcpy(slice->bytes, text, bytes);
    index_slice(scene, slice);
    slice->row_count = slice->index.row_end_count;
    scene->row_count += slice->row_count;
    scene->byte_count += bytes;
}

/* Cuts the rows into slices that end where a row ends. */
static void open_slices(struct scene *scene, enum job_rows rows)
{
    enum { TEXT_BYTES = (SLICE_COUNT + 1) * SLICE_BYTES };
    uint32_t row_count;
    char *text = tide_alloc(TEXT_BYTES);
    TIDE_ASSERT(text);
    size_t text_bytes = job_write_rows(rows, text, TEXT_BYTES, &row_count);
    const char *from = text;
    scene->row_count = scene->byte_count = 0;
    for (unsigned i = 0; i < SLICE_COUNT; i++) {
        TIDE_ASSERT(from + SLICE_BYTES <= text + text_bytes);
        const char *end = (const char *)memrchr(from, '\n', SLICE_BYTES) + 1;
        open_slice(scene, &scene->slices[i], from, (uint32_t)(end - from));
        from = end;
    }
    tide_free(text);
}

static void close_slices(struct scene *scene)
{
    for (unsigned i = 0; i < SLICE_COUNT; i++) {
        tide_csv_index_fini(&scene->slices[i].index);
        tide_free(scene->slices[i].memory);
    }
}

static void measure_one(const struct measure *measure, struct scene *scene, const char *name,
                        const char *rows, void (*run)(void *))
{
    struct measure_case measured = {.name = name,
                                    .unit = "row",
                                    .unit_count = scene->row_count * ROUNDS,
                                    .byte_count = scene->byte_count * ROUNDS,
                                    .run = run,
                                    .self = scene};
    snprintf(measured.variant, sizeof measured.variant, "%s, %s", scene->scanner->name, rows);
    measure_case(measure, &measured);
}

static void measure_rows(const struct measure *measure, struct scene *scene, enum job_rows rows)
{
    static const char *const names[] = {[JOB_ROWS_LAB] = "calendar times",
                                        [JOB_ROWS_EPOCH] = "epoch-ms",
                                        [JOB_ROWS_QUOTED] = "all quoted"};
    const char *const arguments[] = {rows == JOB_ROWS_EPOCH ? "--time-format" : NULL, "epoch-ms",
                                     NULL};
    struct job job;
    job_open(&job, arguments);
    tide_decoder_init(&scene->decoder, &job.plan);
    scene->decoder.field_count = 3;
    scene->decoder.key_column = 0;
    scene->decoder.time_column = 1;
    scene->decoder.value_column = 2;
    open_slices(scene, rows);
    TIDE_ASSERT(decode_slice(scene, &scene->slices[0]) == scene->slices[0].row_count);
    measure_one(measure, scene, "index", names[rows], index_all);
    if (rows !=
        JOB_ROWS_QUOTED) { /* quoted rows are left to the careful path: nothing is decoded here */
        TIDE_ASSERT(scene->kinds[0] == TIDE_ROW_PLAIN);
        measure_one(measure, scene, "decode", names[rows], decode_all);
        measure_one(measure, scene, "index and decode", names[rows], both_all);
    }
    close_slices(scene);
    job_close(&job);
}

int main(int argc, char **argv)
{
    static struct scene scene;
    struct measure measure = measure_begin("scan", argc, argv);
    static const enum tide_scanner_choice choices[] = {TIDE_SCANNER_BEST, TIDE_SCANNER_AVX2,
                                                       TIDE_SCANNER_PORTABLE};
    for (unsigned i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        const struct tide_scanner *scanner = tide_scanner_select(choices[i]);
        if (scanner == scene.scanner) continue; /* the best one is no better than the next */
        scene.scanner = scanner;
        measure_rows(&measure, &scene, JOB_ROWS_LAB);
        measure_rows(&measure, &scene, JOB_ROWS_EPOCH);
        measure_rows(&measure, &scene, JOB_ROWS_QUOTED);
    }
    return 0;
}
