/*
 * What does reading CSV cost: blocks to records with their fields, and records to rows?
 *
 * The parser's own code on blocks that come round again and again, as the reader hands them on:
 * what a block's end cuts through is put together. "fields" finds every field and decodes nothing;
 * "rows" decodes key, time and amount, by the careful way where the quick one does not take a row.
 */
#include "bench/micro/job.h"
#include "bench/micro/measure.h"

#include "engine/stages/classify.h"
#include "engine/stages/decoder.h"

#include <stdio.h>
#include <string.h>

enum { ROUNDS = 4 };

struct scene {
    struct job job;
    struct tide_block blocks[TIDE_BLOCK_COUNT]; /* one file, from front to back */
    uint32_t counts[TIDE_BLOCK_COUNT];
    struct tide_waiter waiter;
    struct tide_link link;
    struct tide_decoder decoder;
    struct tide_columns columns;
    struct tide_classifier classifier;
    struct tide_records records;
    bool is_decoding;
    uint64_t row_count, byte_count;
    unsigned block_next, file;
};

/* The next block of the file, or of the file once more. */
static void feed(struct scene *scene)
{
    struct tide_block *block = tide_link_take(&scene->link);
    TIDE_ASSERT(block == &scene->blocks[scene->block_next]);
    block->begins_file = scene->block_next == 0;
    block->ends_file = scene->block_next == TIDE_BLOCK_COUNT - 1;
    block->offset = (uint64_t)scene->block_next * TIDE_BLOCK_BYTES;
    block->file = scene->file;
    block->count = scene->counts[scene->block_next];
    tide_link_send(&scene->link, block, TIDE_WHEN_HALF);
    if (block->ends_file) scene->file++;
    scene->block_next = (scene->block_next + 1) % TIDE_BLOCK_COUNT;
}

static void read_chunk(struct scene *scene)
{
    const struct tide_chunk *chunk = &scene->records.chunk;
    if (!scene->is_decoding) {
        measure_keep(chunk->separators[chunk->first]);
        return;
    }
    for (unsigned i = 0; i < chunk->count; i++) {
        if (chunk->kinds[i] != TIDE_ROW_OTHER) continue;
        struct tide_classified read = tide_classify(&scene->classifier, chunk, i);
        TIDE_ASSERT(read.class == TIDE_CLASS_GOOD);
        measure_keep((uint64_t)read.amount);
    }
    measure_keep((uint64_t)chunk->rows[0].amount);
}

static void read_all(void *self)
{
    struct scene *scene = self;
    uint64_t row_count = 0;
    for (unsigned files_left = ROUNDS; files_left > 0;) {
        switch (tide_records_next(&scene->records, NULL, TIDE_CHUNK_ROWS)) {
        case TIDE_RECORDS_CHUNK:
            row_count += scene->records.chunk.count;
            read_chunk(scene);
            break;
        case TIDE_RECORDS_STARVED:
            feed(scene);
            break;
        case TIDE_RECORDS_FILE_END:
            files_left--;
            break;
        default:
            break;
        }
    }
    TIDE_ASSERT(row_count == scene->row_count * ROUNDS);
}

/* Whole rows over all blocks; only the last one is not full. */
static void fill_blocks(struct scene *scene, enum job_rows rows)
{
    enum { TEXT_BYTES = TIDE_BLOCK_COUNT * TIDE_BLOCK_BYTES };
    uint32_t row_count;
    char *text = tide_alloc(TEXT_BYTES);
    TIDE_ASSERT(text);
    scene->byte_count = job_write_rows(rows, text, TEXT_BYTES, &row_count);
    scene->row_count = row_count;
    for (unsigned i = 0; i < TIDE_BLOCK_COUNT; i++) {
        size_t left = scene->byte_count - (size_t)i * TIDE_BLOCK_BYTES;
        TIDE_ASSERT(tide_block_init(&scene->blocks[i]));
        scene->counts[i] = left < TIDE_BLOCK_BYTES ? (uint32_t)left : TIDE_BLOCK_BYTES;
        tide_block_use_memory(&scene->blocks[i]);
        memcpy(scene->blocks[i].bytes, text + (size_t)i * TIDE_BLOCK_BYTES, scene->counts[i]);
    }
    tide_free(text);
}

static void open_scene(struct scene *scene, enum job_rows rows, enum tide_scanner_choice choice)
{
    const char *const arguments[] = {"--no-header",
                                     "--key",
                                     "1",
                                     "--time",
                                     "2",
                                     "--value",
                                     "3",
                                     "--time-format",
                                     rows == JOB_ROWS_EPOCH ? "epoch-ms" : "auto",
                                     NULL};
    struct tide_error error = {0};
    void *items[TIDE_BLOCK_COUNT];
    *scene = (struct scene){0};
    job_open(&scene->job, arguments);
    fill_blocks(scene, rows);
    for (unsigned i = 0; i < TIDE_BLOCK_COUNT; i++) items[i] = &scene->blocks[i];
    tide_waiter_init(&scene->waiter);
    tide_decoder_init(&scene->decoder, &scene->job.plan);
    tide_columns_from_numbers(&scene->columns, &scene->job.plan);
    tide_classifier_init(&scene->classifier, &scene->job.plan, &scene->columns);
    bool is_open =
        tide_link_init(&scene->link, items, TIDE_BLOCK_COUNT, &scene->waiter, &scene->waiter) &&
        tide_records_init(&scene->records, tide_scanner_select(choice), &scene->decoder,
                          scene->job.plan.row_bytes_max, ',', &scene->link, &error);
    TIDE_ASSERT(is_open);
}

static void close_scene(struct scene *scene)
{
    tide_records_fini(&scene->records);
    tide_classifier_fini(&scene->classifier);
    tide_link_fini(&scene->link);
    for (unsigned i = 0; i < TIDE_BLOCK_COUNT; i++) tide_block_fini(&scene->blocks[i]);
    job_close(&scene->job);
}

static void measure_rows(const struct measure *measure, enum job_rows rows,
                         enum tide_scanner_choice choice)
{
    static const char *const names[] = {[JOB_ROWS_LAB] = "calendar times",
                                        [JOB_ROWS_EPOCH] = "epoch-ms",
                                        [JOB_ROWS_QUOTED] = "all quoted"};
    static struct scene scene;
    open_scene(&scene, rows, choice);
    struct measure_case measured = {.name = "fields",
                                    .unit = "row",
                                    .unit_count = scene.row_count * ROUNDS,
                                    .byte_count = scene.byte_count * ROUNDS,
                                    .run = read_all,
                                    .self = &scene};
    snprintf(measured.variant, sizeof measured.variant, "%s, %s", scene.records.scanner->name,
             names[rows]);
    measure_case(measure, &measured);
    tide_columns_teach(&scene.columns, 3, &scene.decoder);
    scene.is_decoding = true;
    measured.name = "rows";
    measure_case(measure, &measured);
    close_scene(&scene);
}

int main(int argc, char **argv)
{
    static const enum job_rows kinds[] = {JOB_ROWS_LAB, JOB_ROWS_EPOCH, JOB_ROWS_QUOTED};
    struct measure measure = measure_begin("csv", argc, argv);
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        measure_rows(&measure, kinds[i], TIDE_SCANNER_BEST);
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        measure_rows(&measure, kinds[i], TIDE_SCANNER_PORTABLE);
    return 0;
}
