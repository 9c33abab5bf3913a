#include "engine/text/na.h"

#include "engine/base/memory.h"

#include <string.h>

/* What pandas' read_csv takes for missing (its na_values), but for the empty text. */
static const char pandas_texts[] = "#N/A,#N/A N/A,#NA,-1.#IND,-1.#QNAN,-NaN,-nan,1.#IND,1.#QNAN,"
                                   "<NA>,N/A,NA,NULL,NaN,None,n/a,nan,null";

static void add(struct tide_na *na, const char *text, size_t bytes)
{
    na->entries[na->count].text = text;
    na->entries[na->count].bytes = bytes;
    na->count++;
    na->lengths_by_first[(unsigned char)text[0]] |= 1u << (bytes < 31 ? bytes : 31);
}

bool tide_na_init(struct tide_na *na, const char *list, struct tide_error *error)
{
    *na = (struct tide_na){0};
    na->texts = tide_strdup(list ? list : pandas_texts);
    if (!na->texts) return tide_error_memory(error, "the list of missing texts");
    for (const char *text = na->texts;;) {
        size_t bytes = strcspn(text, ",");
        if (bytes > 0 && na->count == TIDE_NA_COUNT_MAX) {
            tide_na_fini(na);
            return tide_error_set(error, TIDE_EXIT_USAGE, "--na takes at most %d texts",
                                  (int)TIDE_NA_COUNT_MAX);
        }
        if (bytes > 0) add(na, text, bytes);
        if (!text[bytes]) return true;
        text += bytes + 1;
    }
}

void tide_na_fini(struct tide_na *na)
{
    tide_free(na->texts);
    *na = (struct tide_na){0};
}

bool tide_na_is(const struct tide_na *na, const char *text, size_t bytes)
{
    if (bytes == 0) return true;
    if (!tide_na_maybe(na, (unsigned char)text[0], bytes)) return false;
    for (unsigned i = 0; i < na->count; i++)
        if (na->entries[i].bytes == bytes && memcmp(na->entries[i].text, text, bytes) == 0)
            return true;
    return false;
}
