#include "engine/flow/interleave.h"

size_t tide_interleave_bytes(unsigned input_count)
{
    return input_count * (sizeof(int64_t) + sizeof(unsigned));
}

bool tide_interleave_init(struct tide_interleave *interleave, unsigned input_count)
{
    TIDE_ASSERT(input_count >= 1);
    *interleave = (struct tide_interleave){.heap_count = input_count, .input_count = input_count};
    interleave->greatest_ms = tide_alloc(input_count * sizeof *interleave->greatest_ms);
    interleave->heap = tide_alloc(input_count * sizeof *interleave->heap);
    if (!interleave->greatest_ms || !interleave->heap) return false;
    for (unsigned i = 0; i < input_count; i++) {
        interleave->greatest_ms[i] = TIDE_INTERLEAVE_NO_TIME;
        interleave->heap[i] = i;
    }
    return true;
}

void tide_interleave_fini(struct tide_interleave *interleave)
{
    tide_free(interleave->greatest_ms);
    tide_free(interleave->heap);
    *interleave = (struct tide_interleave){0};
}

static bool is_before(const struct tide_interleave *interleave, unsigned a, unsigned b)
{
    int64_t a_ms = interleave->greatest_ms[a], b_ms = interleave->greatest_ms[b];
    return a_ms < b_ms || (a_ms == b_ms && a < b);
}

static void sift_down(struct tide_interleave *interleave, unsigned at)
{
    unsigned *heap = interleave->heap, input = heap[at], child;
    while ((child = 2 * at + 1) < interleave->heap_count) {
        if (child + 1 < interleave->heap_count &&
            is_before(interleave, heap[child + 1], heap[child]))
            child++;
        if (!is_before(interleave, heap[child], input)) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = input;
}

static void sift_up(struct tide_interleave *interleave, unsigned at)
{
    unsigned *heap = interleave->heap, input = heap[at];
    while (at > 0 && is_before(interleave, input, heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = input;
}

void tide_interleave_advance(struct tide_interleave *interleave, int64_t time_ms)
{
    unsigned next = tide_interleave_next(interleave);
    TIDE_ASSERT(time_ms >= interleave->greatest_ms[next]);
    interleave->greatest_ms[next] = time_ms;
    sift_down(interleave, 0);
}

void tide_interleave_remove(struct tide_interleave *interleave, unsigned input)
{
    unsigned at = 0, *heap = interleave->heap;
    while (at < interleave->heap_count && heap[at] != input) at++;
    TIDE_ASSERT(at < interleave->heap_count);
    heap[at] = heap[--interleave->heap_count];
    if (at == interleave->heap_count) return;
    sift_down(interleave, at);
    sift_up(interleave, at);
}

void tide_interleave_add(struct tide_interleave *interleave, unsigned input)
{
    TIDE_ASSERT(interleave->heap_count < interleave->input_count);
    interleave->heap[interleave->heap_count] = input;
    sift_up(interleave, interleave->heap_count++);
}
