/* What does the ordered merge of K workers' emissions cost a record? */
#include "bench/micro/job.h"
#include "bench/micro/measure.h"

#include "engine/flow/merge.h"

#include <stdio.h>
#include <string.h>

enum { RECORD_COUNT = 1 << 18, BATCH_RECORDS = 512, BATCH_BYTES = 48 << 10, LINE_BYTES = 64 };

struct input {
    struct tide_emission_batch *batches;
    unsigned batch_count, batch_next;
};

struct scene {
    unsigned input_count;
    struct input *inputs;
};

/* Every input's batches offered one after the other, until all records are out. */
static void merge_all(void *self)
{
    struct scene *scene = self;
    struct tide_merge merge;
    TIDE_ASSERT(tide_merge_init(&merge, scene->input_count));
    for (unsigned i = 0; i < scene->input_count; i++) {
        scene->inputs[i].batch_next = 1;
        TIDE_ASSERT(tide_merge_offer(&merge, i, &scene->inputs[i].batches[0]));
    }
    uint64_t frontier = tide_merge_frontier(&merge), taken = 0, sum = 0;
    const char *text;
    unsigned from;
    struct tide_emission_batch *done;
    for (const struct tide_record *record;
         (record = tide_merge_take(&merge, frontier, &text, &from, &done)) != NULL; taken++) {
        sum += (unsigned char)text[0] + record->bytes;
        struct input *input = &scene->inputs[from];
        if (!done) continue;
        if (input->batch_next < input->batch_count)
            TIDE_ASSERT(tide_merge_offer(&merge, from, &input->batches[input->batch_next++]));
        frontier = tide_merge_frontier(&merge);
    }
    TIDE_ASSERT(taken == RECORD_COUNT);
    measure_keep(sum);
    tide_merge_fini(&merge);
}

static void fill(struct tide_emission_batch *batch, uint64_t row)
{
    struct tide_channel_text *text = &batch->channels[TIDE_CHANNEL_RESULTS];
    memset(text->text + text->bytes, 'x', LINE_BYTES);
    text->bytes += LINE_BYTES;
    batch->records[batch->record_count++] = (struct tide_record){
        .key = {.cause_row = row, .end_ms = 10000, .first_row = row, .phase = TIDE_PHASE_WINDOW},
        .channel = TIDE_CHANNEL_RESULTS,
        .bytes = LINE_BYTES,
    };
    batch->complete_row = row + 1;
}

static void open_input(struct input *input, unsigned batch_count)
{
    *input = (struct input){.batch_count = batch_count};
    input->batches = measure_alloc_parties(batch_count, sizeof *input->batches);
    for (unsigned i = 0; i < batch_count; i++) {
        struct tide_emission_batch *batch = &input->batches[i];
        TIDE_ASSERT(tide_emission_batch_init(batch, BATCH_BYTES));
        tide_emission_batch_reset(batch);
        TIDE_ASSERT(batch->record_capacity >= BATCH_RECORDS);
        size_t bytes = (size_t)BATCH_RECORDS * LINE_BYTES;
        TIDE_ASSERT(tide_emission_reserve(batch, TIDE_CHANNEL_RESULTS, bytes) == TIDE_ROOM);
    }
}

/* Rows go to the inputs at random, as keys do to workers. */
static void open_scene(struct scene *scene, unsigned input_count)
{
    uint64_t state = 0;
    *scene = (struct scene){.input_count = input_count};
    scene->inputs = tide_alloc_zeroed(input_count, sizeof *scene->inputs);
    TIDE_ASSERT(scene->inputs);
    /* Half as much again as the fair share: no input gets more than that of a random deal. */
    unsigned share = RECORD_COUNT / input_count / BATCH_RECORDS;
    for (unsigned i = 0; i < input_count; i++) open_input(&scene->inputs[i], share + share / 2 + 1);
    for (uint64_t row = 0; row < RECORD_COUNT; row++) {
        struct input *input = &scene->inputs[job_draw(&state) % input_count];
        TIDE_ASSERT(input->batch_next < input->batch_count);
        struct tide_emission_batch *batch = &input->batches[input->batch_next];
        fill(batch, row);
        if (batch->record_count == BATCH_RECORDS) input->batch_next++;
    }
    for (unsigned i = 0; i < input_count; i++) {
        struct input *input = &scene->inputs[i];
        unsigned last = input->batch_next;
        if (last == input->batch_count || input->batches[last].record_count == 0) last--;
        for (unsigned j = last + 1; j < input->batch_count; j++)
            tide_emission_batch_fini(&input->batches[j]);
        input->batch_count = last + 1;
        input->batches[last].complete_row = UINT64_MAX;
    }
}

static void close_scene(struct scene *scene)
{
    for (unsigned i = 0; i < scene->input_count; i++) {
        struct input *input = &scene->inputs[i];
        for (unsigned j = 0; j < input->batch_count; j++)
            tide_emission_batch_fini(&input->batches[j]);
        tide_free(input->batches);
    }
    tide_free(scene->inputs);
}

int main(int argc, char **argv)
{
    static const unsigned input_counts[] = {1, 2, 3, 7, 16, 64, 256};
    struct measure measure = measure_begin("merge", argc, argv);
    for (unsigned i = 0; i < sizeof input_counts / sizeof input_counts[0]; i++) {
        struct scene scene;
        open_scene(&scene, input_counts[i]);
        struct measure_case measured = {.name = "merge",
                                        .unit = "record",
                                        .unit_count = RECORD_COUNT,
                                        .run = merge_all,
                                        .self = &scene};
        snprintf(measured.variant, sizeof measured.variant, "%u input%s", input_counts[i],
                 input_counts[i] == 1 ? "" : "s");
        measure_case(&measure, &measured);
        close_scene(&scene);
    }
    return 0;
}
