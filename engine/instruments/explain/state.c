#include "engine/instruments/explain/state.h"

#include "engine/instruments/explain/words.h"

#include <stdio.h>

static unsigned long long ull(uint64_t value)
{
    return value;
}

static bool is_of_key(const struct tide_explanation *explanation)
{
    const enum tide_window_kind kind = explanation->plan->window->kind;
    return kind == TIDE_WINDOW_SESSION || kind == TIDE_WINDOW_COUNT;
}

static bool is_sliding(const struct tide_explanation *explanation)
{
    return explanation->plan->window->kind == TIDE_WINDOW_SLIDING;
}

void tide_explain_window(const struct tide_explanation *explanation, char *text, size_t bytes)
{
    const struct tide_plan *plan = explanation->plan;
    const struct tide_window_shape *shape = &plan->shape;
    char size[TIDE_WORDS_BYTES], slide[TIDE_WORDS_BYTES], offset[TIDE_WORDS_BYTES];
    const char *end = plan->drop_at_end ? "are dropped" : "fire";
    tide_words_span(size, shape->size_ms);
    tide_words_span(slide, shape->slide_ms);
    tide_words_span(offset, shape->offset_ms);
    switch (plan->window->kind) {
    case TIDE_WINDOW_TUMBLING:
        snprintf(text, bytes, "windows of %s, offset %s; at the end of the input open ones %s",
                 size, offset, end);
        break;
    case TIDE_WINDOW_SLIDING:
        snprintf(text, bytes,
                 "windows of %s, one every %s%s, offset %s; at the end of the input open ones %s",
                 size, slide, tide_window_has_gaps(shape) ? " with gaps between them" : "", offset,
                 end);
        break;
    case TIDE_WINDOW_SESSION:
        snprintf(text, bytes,
                 "windows of a key that end with a pause of %s; at the end of the input open ones "
                 "%s",
                 size, end);
        break;
    case TIDE_WINDOW_COUNT:
        snprintf(text, bytes, "windows of %llu rows of a key; unfinished ones never fire",
                 ull(shape->row_count));
        break;
    }
}

uint32_t tide_explain_entry_bytes(const struct tide_explanation *explanation)
{
    const uint32_t stride = explanation->states.stride;
    switch (explanation->plan->window->kind) {
    case TIDE_WINDOW_TUMBLING:
        break;
    case TIDE_WINDOW_SLIDING:
        return (uint32_t)sizeof(struct tide_entry) + tide_key_totals_pane_stride(stride);
    case TIDE_WINDOW_SESSION:
        return (uint32_t)sizeof(struct tide_session_key) + stride;
    case TIDE_WINDOW_COUNT:
        return (uint32_t)sizeof(struct tide_count_key) + stride;
    }
    return (uint32_t)sizeof(struct tide_entry) + stride;
}

void tide_explain_keyed_state(const struct tide_explanation *explanation, char *text, size_t bytes)
{
    const uint32_t stride = explanation->states.stride, all = tide_explain_entry_bytes(explanation),
                   entry = sizeof(struct tide_entry);
    char behind[96] = "", around[96] = "";
    if (is_of_key(explanation))
        snprintf(around, sizeof around, "%u of the key%s, ", all - entry - stride,
                 explanation->plan->window->kind == TIDE_WINDOW_SESSION
                     ? ", its timer and the session's times"
                     : "");
    if (is_sliding(explanation))
        snprintf(behind, sizeof behind, ", and %u of what comes behind it; %s slice%s a slide",
                 all - entry - stride,
                 tide_window_slices(&explanation->plan->shape) == 2 ? "two" : "one",
                 tide_window_slices(&explanation->plan->shape) == 2 ? "s" : "");
    snprintf(text, bytes,
             "%u bytes a key and %s: %san entry of %u (key or its place, "
             "sum, count, first row and its time)%s %u of aggregates%s",
             all, is_sliding(explanation) ? "slice of windows" : "window", around, entry,
             *behind ? "," : " and", stride, behind);
}

uint64_t tide_explain_state_bytes(const struct tide_explanation *explanation, uint32_t key_count)
{
    const uint32_t stride = explanation->states.stride;
    switch (explanation->plan->window->kind) {
    case TIDE_WINDOW_TUMBLING:
        break;
    case TIDE_WINDOW_SLIDING:
        return tide_pane_bytes(key_count, tide_key_totals_pane_stride(stride));
    case TIDE_WINDOW_SESSION:
        return tide_session_store_bytes(key_count, stride);
    case TIDE_WINDOW_COUNT:
        return tide_key_table_bytes(key_count, (uint32_t)sizeof(struct tide_count_key) + stride);
    }
    return tide_pane_bytes(key_count, stride);
}

/* "at most 3 windows": of those that are the same for all keys. */
static void say_panes(const struct tide_explanation *explanation, char *text, size_t bytes)
{
    const char *what = is_sliding(explanation) ? "slice" : "window";
    const unsigned slices =
        is_sliding(explanation) ? tide_window_slices(&explanation->plan->shape) : 1;
    if (explanation->windows_max == 0) snprintf(text, bytes, "every %s of the input", what);
    else snprintf(text, bytes, "at most %llu %ss", ull(slices * explanation->windows_max), what);
}

void tide_explain_growth(const struct tide_explanation *explanation, char *text, size_t bytes)
{
    static const uint32_t key_counts[] = {1, 1000, 1000000};
    const enum tide_window_kind kind = explanation->plan->window->kind;
    char size[3][TIDE_WORDS_BYTES], total[3][TIDE_WORDS_BYTES], panes[64], totals[160] = "";
    const bool is_kept = explanation->plan->lateness_ms > 0;
    for (unsigned i = 0; i < 3; i++) {
        tide_words_bytes(size[i], tide_explain_state_bytes(explanation, key_counts[i]));
        tide_words_bytes(total[i],
                         tide_key_totals_bytes(key_counts[i], explanation->states.stride));
    }
    if (is_of_key(explanation)) {
        snprintf(text, bytes,
                 "What grows is %s, not the input: %s with 1, %s with 1000, %s with a million, "
                 "plus the bytes of keys longer than %d. A key without any is forgotten.",
                 kind == TIDE_WINDOW_COUNT ? "unfinished windows, one a key"
                 : is_kept                 ? "sessions open or kept"
                                           : "open sessions",
                 size[0], size[1], size[2], TIDE_KEY_INLINE_BYTES);
        return;
    }
    say_panes(explanation, panes, sizeof panes);
    if (is_sliding(explanation))
        snprintf(totals, sizeof totals,
                 " The totals of the window that fires next take %s, %s and %s more.", total[0],
                 total[1], total[2]);
    snprintf(text, bytes,
             "What grows is open %s x live keys, not the input. A worker has %s %s at once "
             "(more only within a batch that spans more), and each of them takes %s with 1 key, %s "
             "with 1000, %s with a million, plus the bytes of keys longer than %d.%s A %s that "
             "%s leaves its room to the next.",
             is_sliding(explanation) ? "slices" : "windows", panes,
             is_kept ? "open or kept" : "open", size[0], size[1], size[2], TIDE_KEY_INLINE_BYTES,
             totals, is_sliding(explanation) ? "slice" : "window",
             is_sliding(explanation) ? "is in no window any more"
             : is_kept               ? "is gone"
                                     : "has fired");
}

void tide_explain_most(const struct tide_explanation *explanation, char *text, size_t bytes)
{
    if (explanation->windows_max == 0) {
        snprintf(text, bytes, "nothing is late and all windows stay open to the end");
        return;
    }
    if (explanation->plan->window->kind == TIDE_WINDOW_COUNT) {
        snprintf(text, bytes, "one window of a key is open at once");
        return;
    }
    snprintf(text, bytes, "up to %llu windows of a %s are %s at once",
             ull(explanation->windows_max), is_of_key(explanation) ? "key" : "worker",
             explanation->plan->lateness_ms > 0 ? "open or kept" : "open");
}
