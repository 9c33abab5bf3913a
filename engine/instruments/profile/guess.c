#include "engine/instruments/profile/guess.h"

#include "engine/base/memory.h"
#include "engine/instruments/profile/column_score.h"

#include <stdio.h>
#include <string.h>

static const uint32_t NO_COLUMN = UINT32_MAX;

static const enum tide_run_option role_options[TIDE_ROLE_COUNT] = {
    [TIDE_ROLE_KEY] = TIDE_RUN_KEY,
    [TIDE_ROLE_TIME] = TIDE_RUN_TIME,
    [TIDE_ROLE_VALUE] = TIDE_RUN_VALUE,
};

/* What is known while guessing. */
struct look {
    const struct tide_options *options;
    const struct tide_plan *plan;
    struct tide_sample sample;
    struct tide_column_facts *facts; /* by column */
    bool has_header;
    uint32_t columns[TIDE_ROLE_COUNT]; /* NO_COLUMN: not known */
    bool is_guessed[TIDE_ROLE_COUNT];
    struct tide_guesses *guesses;
};

const struct tide_guess *tide_guesses_find(const struct tide_guesses *guesses,
                                           enum tide_run_option id)
{
    for (unsigned i = 0; i < guesses->count; i++)
        if (guesses->items[i].id == id) return &guesses->items[i];
    return NULL;
}

static bool is_given(const struct look *look, enum tide_run_option id)
{
    return tide_options_given(look->options, id) != NULL;
}

static struct tide_guess *add(struct look *look, enum tide_run_option id, const char *text)
{
    TIDE_ASSERT(look->guesses->count < TIDE_GUESSES_MAX);
    struct tide_guess *guess = &look->guesses->items[look->guesses->count++];
    guess->id = id;
    snprintf(guess->text, sizeof guess->text, "%s", text);
    guess->reason[0] = '\0';
    return guess;
}

/* --- the delimiter --- */

static bool is_blank_row(const struct tide_sample *sample, uint32_t row)
{
    for (uint32_t i = 0; i < sample->column_count; i++)
        if (tide_sample_field(sample, row, i)->bytes > 0) return false;
    return true;
}

/* Another delimiter, if the given one leaves the first record whole. */
static bool sample_with_delimiter(struct look *look, const char *bytes, size_t count,
                                  struct tide_error *error)
{
    static const struct {
        char byte;
        const char *option, *name;
    } others[] = {{';', ";", "semicolons"}, {'\t', "tab", "tabs"}, {'|', "|", "bars"}};
    if (!tide_sample_init(&look->sample, bytes, count, look->plan->delimiter, error)) return false;
    if (is_given(look, TIDE_RUN_DELIMITER) || look->sample.column_count != 1) return true;
    unsigned best = 0;
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
        struct tide_sample other;
        if (!tide_sample_init(&other, bytes, count, others[i].byte, error)) {
            tide_sample_fini(&other);
            return false;
        }
        const bool better = other.column_count > look->sample.column_count;
        if (better) {
            struct tide_sample old = look->sample;
            look->sample = other;
            other = old;
            best = i + 1;
        }
        tide_sample_fini(&other);
    }
    if (best == 0) return true;
    struct tide_guess *guess = add(look, TIDE_RUN_DELIMITER, others[best - 1].option);
    snprintf(guess->reason, sizeof guess->reason,
             "the first line has no comma between fields and %u columns between %s",
             look->sample.column_count, others[best - 1].name);
    return true;
}

/* --- columns --- */

static bool has_name(const struct tide_sample_field *field, const char *name)
{
    return field->bytes == strlen(name) && memcmp(field->text, name, field->bytes) == 0;
}

/* The column that an option's text names: by header text, then by number. */
static uint32_t find_column(const struct look *look, const char *name)
{
    for (uint32_t i = 0; look->has_header && i < look->sample.column_count; i++)
        if (has_name(&look->facts[i].name, name)) return i;
    const size_t digits = strspn(name, "0123456789");
    uint32_t number = 0;
    if (digits == 0 || name[digits] || digits > 4) return NO_COLUMN;
    for (; *name; name++) number = number * 10 + (uint32_t)(*name - '0');
    return number >= 1 && number <= look->sample.column_count ? number - 1 : NO_COLUMN;
}

static bool is_taken(const struct look *look, uint32_t column)
{
    for (unsigned role = 0; role < TIDE_ROLE_COUNT; role++)
        if (look->columns[role] == column) return true;
    return false;
}

static void choose(struct look *look, enum tide_column_role role)
{
    int best = TIDE_SCORE_NEVER;
    for (uint32_t i = 0; i < look->sample.column_count; i++) {
        bool by_name;
        if (is_taken(look, i)) continue;
        const int score = tide_column_score(&look->facts[i], role, &by_name);
        if (score <= best) continue;
        best = score;
        look->columns[role] = i;
    }
    /* A file of times and amounts alone has no key: each distinct amount is one. */
    if (role == TIDE_ROLE_KEY && look->columns[role] == NO_COLUMN)
        look->columns[role] = look->columns[TIDE_ROLE_VALUE];
    look->is_guessed[role] = look->columns[role] != NO_COLUMN;
}

/* A name that the option would find this column by; else its number. */
static void name_column(const struct look *look, uint32_t column, enum tide_column_role role,
                        char text[TIDE_GUESS_TEXT_BYTES])
{
    const struct tide_sample_field *name = &look->facts[column].name;
    bool usable = look->has_header && name->bytes > 0 && name->bytes < TIDE_GUESS_TEXT_BYTES &&
                  !(role == TIDE_ROLE_KEY && memchr(name->text, ',', name->bytes));
    for (size_t i = 0; usable && i < name->bytes; i++)
        usable = (unsigned char)name->text[i] >= ' ' && (unsigned char)name->text[i] < 0x7f;
    if (usable) {
        memcpy(text, name->text, name->bytes);
        text[name->bytes] = '\0';
        usable = find_column(look, text) == column;
    }
    if (!usable) snprintf(text, TIDE_GUESS_TEXT_BYTES, "%u", column + 1);
}

static void say_columns(struct look *look)
{
    for (unsigned role = 0; role < TIDE_ROLE_COUNT; role++) {
        if (!look->is_guessed[role]) continue;
        const struct tide_column_facts *facts = &look->facts[look->columns[role]];
        char text[TIDE_GUESS_TEXT_BYTES];
        bool by_name;
        name_column(look, look->columns[role], role, text);
        struct tide_guess *guess = add(look, role_options[role], text);
        tide_column_score(facts, role, &by_name);
        const char *name = by_name ? "its name, and " : "";
        if (role == TIDE_ROLE_TIME)
            snprintf(guess->reason, sizeof guess->reason, "%stimes in %u of %u sampled rows", name,
                     facts->times, facts->rows);
        else if (role == TIDE_ROLE_VALUE)
            snprintf(guess->reason, sizeof guess->reason, "%snumbers in %u of %u sampled rows",
                     name,
                     facts->numbers > facts->comma_numbers ? facts->numbers : facts->comma_numbers,
                     facts->rows);
        else if (look->columns[role] == look->columns[TIDE_ROLE_VALUE])
            snprintf(guess->reason, sizeof guess->reason,
                     "no column is left for a key: each distinct amount is one");
        else
            snprintf(guess->reason, sizeof guess->reason,
                     "%s%u different ones in %u of %u sampled rows", name, facts->distinct,
                     facts->present, facts->rows);
    }
}

/* Is the first record no header but a row like the others? Then columns go by number. */
static void doubt_header(struct look *look)
{
    if (!look->has_header || is_given(look, TIDE_RUN_NO_HEADER) || look->sample.row_count < 2)
        return;
    for (unsigned role = 0; role < TIDE_ROLE_COUNT; role++)
        if (!look->is_guessed[role]) return;
    const uint32_t time = look->columns[TIDE_ROLE_TIME], value = look->columns[TIDE_ROLE_VALUE];
    const struct tide_sample_field *field = tide_sample_field(&look->sample, 0, time);
    if (!tide_column_is_time(look->facts[time].time_format, look->plan, field)) return;
    struct tide_column_facts *first = &look->facts[value];
    struct tide_sample row = {
        .row_count = 1, .column_count = look->sample.column_count, .fields = look->sample.fields};
    struct tide_column_facts facts;
    tide_column_facts_gather(&facts, &row, value, 0, look->plan);
    if (facts.numbers + facts.comma_numbers == 0 || first->rows == 0) return;
    look->has_header = false;
    struct tide_guess *guess = add(look, TIDE_RUN_NO_HEADER, "true");
    snprintf(guess->reason, sizeof guess->reason, "the first line has a time and an amount in it");
}

static void guess_columns(struct look *look)
{
    static const enum tide_column_role order[] = {TIDE_ROLE_TIME, TIDE_ROLE_VALUE, TIDE_ROLE_KEY};
    for (unsigned role = 0; role < TIDE_ROLE_COUNT; role++) {
        const char *text = tide_options_text(look->options, role_options[role]);
        look->columns[role] = find_column(look, text);
    }
    for (unsigned i = 0; i < TIDE_ROLE_COUNT; i++)
        if (look->columns[order[i]] == NO_COLUMN && !is_given(look, role_options[order[i]]))
            choose(look, order[i]);
    doubt_header(look);
    say_columns(look);
}

/* --- how they are written --- */

static void guess_forms(struct look *look)
{
    const uint32_t time = look->columns[TIDE_ROLE_TIME], value = look->columns[TIDE_ROLE_VALUE];
    if (time != NO_COLUMN && !is_given(look, TIDE_RUN_TIME_FORMAT)) {
        const struct tide_column_facts *facts = &look->facts[time];
        if (facts->times > facts->auto_times) {
            struct tide_guess *guess = add(look, TIDE_RUN_TIME_FORMAT, facts->time_format);
            snprintf(guess->reason, sizeof guess->reason,
                     "reads %u of %u sampled times, auto %u of them", facts->times, facts->present,
                     facts->auto_times);
        }
    }
    if (value != NO_COLUMN && !is_given(look, TIDE_RUN_DECIMAL_COMMA)) {
        const struct tide_column_facts *facts = &look->facts[value];
        if (facts->comma_numbers > facts->numbers) {
            struct tide_guess *guess = add(look, TIDE_RUN_DECIMAL_COMMA, "true");
            snprintf(guess->reason, sizeof guess->reason,
                     "reads %u of %u sampled amounts, a decimal point %u of them",
                     facts->comma_numbers, facts->present, facts->numbers);
        }
    }
}

/* Rows with nothing in them tell nothing; a header without names is one still. */
static void drop_blank_rows(struct tide_sample *sample, uint32_t first_row)
{
    uint32_t kept = first_row;
    const size_t bytes = sample->column_count * sizeof *sample->fields;
    for (uint32_t row = first_row; row < sample->row_count; row++) {
        if (is_blank_row(sample, row)) continue;
        memmove(&sample->fields[(size_t)kept++ * sample->column_count],
                tide_sample_field(sample, row, 0), bytes);
    }
    sample->row_count = kept;
}

static bool guess(struct look *look, const char *bytes, size_t count, struct tide_error *error)
{
    if (!sample_with_delimiter(look, bytes, count, error)) return false;
    const uint32_t first_row = look->has_header ? 1 : 0;
    if (look->sample.row_count <= first_row) return true;
    drop_blank_rows(&look->sample, first_row);
    if (look->sample.row_count <= first_row) return true;
    look->facts = tide_alloc_zeroed(look->sample.column_count, sizeof *look->facts);
    if (!look->facts) return tide_error_memory(error, "the first rows");
    for (uint32_t i = 0; i < look->sample.column_count; i++)
        tide_column_facts_gather(&look->facts[i], &look->sample, i, first_row, look->plan);
    guess_columns(look);
    guess_forms(look);
    return true;
}

bool tide_guesses_make(struct tide_guesses *guesses, const struct tide_options *options,
                       const struct tide_plan *plan, const char *bytes, size_t count,
                       struct tide_error *error)
{
    struct look look = {.options = options,
                        .plan = plan,
                        .has_header = plan->has_header,
                        .columns = {NO_COLUMN, NO_COLUMN, NO_COLUMN},
                        .guesses = guesses};
    guesses->count = 0;
    bool made = guess(&look, bytes, count, error);
    tide_sample_fini(&look.sample);
    tide_free(look.facts);
    return made;
}
