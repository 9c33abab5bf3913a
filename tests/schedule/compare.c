#include "tests/schedule/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 1 << 16, CONTEXT_BYTES = 160 };

struct line {
    const char *at, *key;
    size_t bytes, key_bytes;
};

static const char *channel_name(unsigned channel)
{
    static const char *const names[] = {"results", "alerts", "late", "rejects", "trace"};
    return channel < TIDE_CHANNEL_SIDE ? names[channel] : "a side output";
}

static bool differ(unsigned channel, const struct world_text *want, const struct world_text *have,
                   const char *what, char why[COMPARE_TEXT_BYTES])
{
    size_t at = 0, begin = 0;
    while (at < want->bytes && at < have->bytes && want->at[at] == have->at[at]) at++;
    for (size_t i = 0; i < at; i++)
        if (want->at[i] == '\n') begin = i + 1;
    snprintf(why, COMPARE_TEXT_BYTES,
             "%s %s from byte %zu on, of %zu and %zu\n--- want ---\n%.*s\n--- have ---\n%.*s",
             channel_name(channel), what, at, want->bytes, have->bytes, CONTEXT_BYTES,
             want->bytes > begin ? want->at + begin : "", CONTEXT_BYTES,
             have->bytes > begin ? have->at + begin : "");
    return false;
}

static bool are_same(const struct world_text *a, const struct world_text *b)
{
    return a->bytes == b->bytes && (a->bytes == 0 || memcmp(a->at, b->at, a->bytes) == 0);
}

/* --- lines of --order key: each key's in their order, the keys in any --- */

static int compare_lines(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    size_t common = x->key_bytes < y->key_bytes ? x->key_bytes : y->key_bytes;
    int order = memcmp(x->key, y->key, common);
    if (order == 0 && x->key_bytes != y->key_bytes) order = x->key_bytes < y->key_bytes ? -1 : 1;
    return order ? order : (x->at > y->at) - (x->at < y->at); /* stable */
}

/* The third field, which has no comma here; of late lines all of them. */
static struct line line_of(const char *at, const char *end, bool is_whole)
{
    struct line line = {.at = at, .bytes = (size_t)(end - at), .key = at, .key_bytes = line.bytes};
    for (unsigned i = 0; i < 2 && !is_whole; i++) {
        const char *comma = memchr(line.key, ',', (size_t)(end - line.key));
        if (!comma) return line;
        line.key = comma + 1;
    }
    const char *comma = is_whole ? NULL : memchr(line.key, ',', (size_t)(end - line.key));
    line.key_bytes = (size_t)((comma ? comma : end) - line.key);
    return line;
}

/* Sorts the lines behind the header. */
static void sort_text(struct world_text *text, bool is_whole)
{
    static struct line lines[LINES_MAX];
    size_t count = 0;
    if (text->bytes == 0) return;
    const char *end = text->at + text->bytes;
    const char *at = memchr(text->at, '\n', text->bytes);
    const char *begin = at ? at + 1 : end;
    for (at = begin; at < end;) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        next = next ? next + 1 : end;
        TIDE_ASSERT(count < LINES_MAX);
        lines[count++] = line_of(at, next, is_whole);
        at = next;
    }
    qsort(lines, count, sizeof *lines, compare_lines);
    char *sorted = malloc(text->capacity), *out = sorted + (begin - text->at);
    if (!sorted) abort();
    memcpy(sorted, text->at, (size_t)(begin - text->at));
    for (size_t i = 0; i < count; i++) {
        memcpy(out, lines[i].at, lines[i].bytes);
        out += lines[i].bytes;
    }
    memcpy(text->at, sorted, text->bytes);
    free(sorted);
}

static struct world_text copy_text(const struct world_text *text)
{
    struct world_text copy = {malloc(text->bytes + 1), text->bytes, text->bytes + 1};
    if (!copy.at) abort();
    if (text->bytes > 0) memcpy(copy.at, text->at, text->bytes);
    copy.at[copy.bytes] = '\0';
    return copy;
}

static bool compare_by_key(unsigned channel, const struct world_text *want,
                           const struct world_text *have, char why[COMPARE_TEXT_BYTES])
{
    const bool is_whole = channel >= TIDE_CHANNEL_LATE;
    struct world_text x = copy_text(want), y = copy_text(have);
    sort_text(&x, is_whole);
    sort_text(&y, is_whole);
    bool same = are_same(&x, &y) || differ(channel, &x, &y, "differ, sorted by key,", why);
    free(x.at);
    free(y.at);
    return same;
}

bool compare_texts(const struct outcome *want, const struct outcome *have,
                   const struct tide_plan *plan, char why[COMPARE_TEXT_BYTES])
{
    for (unsigned i = 0; i < TIDE_CHANNEL_COUNT; i++) {
        const struct world_text *x = &want->texts[i], *y = &have->texts[i];
        if (are_same(x, y)) continue;
        if (plan->order != TIDE_ORDER_KEY) return differ(i, x, y, "differ", why);
        if (!compare_by_key(i, x, y, why)) return false;
    }
    return true;
}

bool compare_fronts(const struct outcome *whole, const struct outcome *have,
                    char why[COMPARE_TEXT_BYTES])
{
    for (unsigned i = 0; i < TIDE_CHANNEL_COUNT; i++) {
        const struct world_text *x = &whole->texts[i], *y = &have->texts[i];
        if (y->bytes == 0) continue;
        if (y->bytes > x->bytes || memcmp(x->at, y->at, y->bytes) != 0)
            return differ(i, x, y, "are not the front of all", why);
    }
    return true;
}

/* --- totals --- */

static bool same_figure(const char *name, uint64_t want, uint64_t have,
                        char why[COMPARE_TEXT_BYTES])
{
    if (want == have) return true;
    snprintf(why, COMPARE_TEXT_BYTES, "%s: want %llu, have %llu", name, (unsigned long long)want,
             (unsigned long long)have);
    return false;
}

bool compare_totals(const struct tide_totals *want, const struct tide_totals *have,
                    char why[COMPARE_TEXT_BYTES])
{
    const struct tide_row_counts *x = &want->rows, *y = &have->rows;
    bool same = same_figure("rows", x->rows, y->rows, why) &&
                same_figure("late", x->late, y->late, why) &&
                same_figure("gap", x->gap, y->gap, why) &&
                same_figure("missing", x->missing, y->missing, why) &&
                same_figure("malformed", x->malformed, y->malformed, why) &&
                same_figure("future", x->future, y->future, why) &&
                same_figure("used", want->used, have->used, why) &&
                same_figure("results", want->results, have->results, why) &&
                same_figure("alerts", want->alerts, have->alerts, why) &&
                same_figure("unfired entries", want->unfired_entries, have->unfired_entries, why) &&
                same_figure("has a time", want->has_time, have->has_time, why);
    for (unsigned i = 0; same && i < TIDEMARK_COUNTERS_MAX; i++)
        same = same_figure("a counter of the process function", want->process_counters[i],
                           have->process_counters[i], why);
    if (!same || !want->has_time) return same;
    return same_figure("first time", (uint64_t)want->time_first_ms, (uint64_t)have->time_first_ms,
                       why) &&
           same_figure("greatest time", (uint64_t)want->time_max_ms, (uint64_t)have->time_max_ms,
                       why);
}
