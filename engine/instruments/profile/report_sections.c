#include "engine/instruments/profile/report_parts.h"

#include "engine/base/memory.h"
#include "engine/text/escape.h"

#include <string.h>

enum { JUMPS_SHOWN = 5, COMMAND_COLUMNS = 88, FORM_EXAMPLE_SHOWN = 32 };

/* Shorter ones are no news: a row a second has gaps of a second. */
enum { GAP_MS_MIN = 1000, JUMP_MS_MIN = 60 * 1000 };

/* --- keys --- */

static void put_key(const struct tide_plan *plan, const struct tide_entry *entry, FILE *out)
{
    const char *text = tide_entry_key(entry), *end = text + entry->key_bytes;
    for (unsigned part = 0; part < plan->key_count; part++) {
        const char *stop =
            part + 1 < plan->key_count ? memchr(text, '\0', (size_t)(end - text)) : end;
        if (part > 0) fprintf(out, ", ");
        tide_wording_put(out, text, (size_t)(stop - text), TIDE_WORDING_COLUMN);
        text = stop + 1;
    }
}

static void put_skew(const struct tide_profile *profile, FILE *out)
{
    struct tide_skew skews[TIDE_SKEW_LEVELS];
    const unsigned draws = tide_profile_draws(profile);
    tide_key_counts_skew(&profile->tally.keys, draws, skews);
    fprintf(out,
            "  rows of the busiest of N workers, divided by the mean: median of %u hash seeds "
            "(least to most)\n",
            draws);
    for (unsigned i = 0; i < TIDE_SKEW_LEVELS; i++)
        fprintf(out, "  N = %-2u  %.2f (%.2f to %.2f)\n", skews[i].workers,
                (double)skews[i].median / 1e6, (double)skews[i].least / 1e6,
                (double)skews[i].greatest / 1e6);
}

static void put_key_heading(const struct tide_plan *plan, FILE *out)
{
    fprintf(out, "\nKeys: ");
    for (unsigned i = 0; i < plan->key_count; i++) {
        if (i > 0) fprintf(out, ", ");
        tide_wording_put(out, plan->keys[i].name, strlen(plan->keys[i].name), TIDE_WORDING_COLUMN);
    }
    fprintf(out, "\n");
}

void tide_report_keys(const struct tide_profile *profile, unsigned top_keys, FILE *out)
{
    const struct tide_key_counts *keys = &profile->tally.keys;
    const struct tide_plan *plan = tide_profile_plan(profile);
    const struct tide_entry *top[TIDE_REPORT_TOP_KEYS_MAX];
    const unsigned count = tide_key_counts_top(keys, top, top_keys);
    put_key_heading(plan, out);
    fprintf(out, "  %s distinct; half of the rows belong to %s of them\n",
            tide_wording_count(tide_key_counts_keys(keys)).text,
            tide_wording_count(profile->keys_holding_half).text);
    for (unsigned i = 0; i < count; i++) {
        fprintf(out, "  %15s  %9s  ", tide_wording_count(top[i]->count).text,
                tide_wording_share(top[i]->count, keys->row_count).text);
        put_key(plan, top[i], out);
        fprintf(out, "\n");
    }
    put_skew(profile, out);
}

/* --- jumps --- */

static void put_jump(const struct tide_profile *profile, const struct tide_jump *jump, FILE *out)
{
    const struct tide_zone *zone = &tide_profile_plan(profile)->zone;
    fprintf(out, "  %-14s from %s",
            tide_wording_span((uint64_t)jump->to_ms - (uint64_t)jump->from_ms).text,
            tide_wording_time(zone, jump->from_ms).text);
    fprintf(out, " to %s, ", tide_wording_time(zone, jump->to_ms).text);
    tide_report_line(profile, out, jump->file, jump->line);
    if (jump->rows_inside > 0)
        fprintf(out, ": %s rows behind it are from in between",
                tide_wording_count(jump->rows_inside).text);
    fprintf(out, "\n");
}

static void put_ranked(const struct tide_profile *profile, bool silent, const char *heading,
                       FILE *out)
{
    const struct tide_jumps *jumps = &profile->tally.jumps;
    const int64_t resolution_ms = tide_resolutions_ms[profile->tally.resolution];
    const int64_t least_ms = silent ? GAP_MS_MIN : JUMP_MS_MIN;
    for (unsigned rank = 0; rank < JUMPS_SHOWN; rank++) {
        const unsigned at = tide_jumps_ranked(jumps, silent, rank);
        if (at == TIDE_JUMPS_MAX) return;
        const struct tide_jump *jump = &jumps->jumps[at];
        const uint64_t ms = (uint64_t)jump->to_ms - (uint64_t)jump->from_ms;
        if (ms < (uint64_t)least_ms || ms <= (uint64_t)resolution_ms) return;
        if (rank == 0) tide_report_heading(out, heading);
        put_jump(profile, jump, out);
    }
}

static void put_futures(const struct tide_profile *profile, FILE *out)
{
    const struct tide_lateness *lateness = &profile->tally.lateness;
    if (lateness->shared == lateness->course_count || profile->tally.disorder.out_of_order == 0)
        return;
    tide_report_heading(out, "What --max-future would reject, and the --out-of-orderness that then "
                             "loses no row");
    for (unsigned i = lateness->shared; i < lateness->course_count; i++) {
        const struct tide_lateness_course *course = &lateness->courses[i];
        if (i > lateness->shared && course->future == course[-1].future) continue;
        const unsigned bound = tide_suggestion_bound(lateness, course);
        const char *needed = "unbounded";
        struct tide_wording span;
        if (bound < lateness->bound_count) {
            span = tide_wording_span((uint64_t)lateness->bounds_ms[bound]);
            needed = span.text;
        }
        fprintf(out, "  %-22s %15s  %9s  %s\n",
                tide_wording_span((uint64_t)course->max_future_ms).text,
                tide_wording_count(course->future).text,
                tide_wording_share(course->future, profile->tally.readable).text, needed);
    }
}

void tide_report_jumps(const struct tide_profile *profile, FILE *out)
{
    put_ranked(profile, true, "Gaps: the longest jumps of event time that no later row fell into",
               out);
    put_ranked(profile, false, "Ahead of their time: rows that moved event time past many others",
               out);
    put_futures(profile, out);
}

/* --- forms --- */

static void put_form(const struct tide_profile *profile, const struct tide_form *form, FILE *out)
{
    fprintf(out, "  %-30s %15s  ", *form->name ? form->name : "(empty)",
            tide_wording_count(form->rows).text);
    tide_report_line(profile, out, form->file, form->line);
    fprintf(out, ": ");
    tide_wording_put(out, form->example, form->example_bytes, FORM_EXAMPLE_SHOWN);
    fprintf(out, "\n");
}

static void put_list(const struct tide_profile *profile, const struct tide_forms *forms,
                     bool is_read, const char *heading, FILE *out)
{
    bool has_heading = false;
    for (unsigned i = 0; i < forms->count; i++) {
        if (forms->forms[i].is_read != is_read) continue;
        if (!has_heading) tide_report_heading(out, heading);
        has_heading = true;
        put_form(profile, &forms->forms[i], out);
    }
    if (has_heading && forms->other_rows > 0)
        fprintf(out, "  %-30s %15s\n", "in forms beyond these",
                tide_wording_count(forms->other_rows).text);
}

static void put_missing(const struct tide_profile *profile, FILE *out)
{
    const struct tide_forms *texts = &profile->tally.na_texts;
    for (unsigned i = 0; i < texts->count; i++) {
        const struct tide_form *form = &texts->forms[i];
        if (i == 0)
            tide_report_heading(out,
                                "Texts that stand for a missing value, and in how many fields");
        size_t columns = 0;
        fprintf(out, "  ");
        if (form->example_bytes == 0) columns = (size_t)fprintf(out, "(empty)");
        else
            columns =
                tide_wording_put(out, form->example, form->example_bytes, TIDE_WORDING_COLUMN);
        fprintf(out, "%*s %15s  ", columns < 30 ? (int)(30 - columns) : 0, "",
                tide_wording_count(form->rows).text);
        tide_report_line(profile, out, form->file, form->line);
        fprintf(out, "\n");
    }
}

static void put_file_form(const struct tide_tally *tally, FILE *out)
{
    tide_report_heading(out, "File");
    const struct {
        const char *name;
        uint64_t count;
    } ends[] = {{"LF", tally->lf_ends}, {"CRLF", tally->crlf_ends}, {"CR", tally->cr_ends}};
    unsigned kinds = 0;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends[i].count > 0) fprintf(out, "%s%s", kinds++ ? ", " : "  line ends: ", ends[i].name);
    if (kinds == 0) fprintf(out, "  no line ends");
    fprintf(out, "%s\n", tally->files_with_bom > 0 ? "; begins with a byte order mark" : "");
}

void tide_report_forms(const struct tide_profile *profile, FILE *out)
{
    const struct tide_tally *tally = &profile->tally;
    const struct tide_amount_range *range = &tally->amounts;
    put_list(profile, &tally->time_forms, true, "Times, as they are written", out);
    put_list(profile, &tally->time_forms, false, "Times that cannot be read", out);
    put_list(profile, &tally->amount_forms, true, "Amounts, as they are written", out);
    if (tally->readable > 0)
        fprintf(out, "  up to %u digits, and %u decimals that are not 0\n", range->digits,
                range->decimals);
    put_list(profile, &tally->amount_forms, false, "Amounts that cannot be read", out);
    put_missing(profile, out);
    put_file_form(tally, out);
}

/* --- the suggestion --- */

/* A command line, broken where it grows too long. */
struct command_line {
    FILE *out;
    size_t columns;
    bool has_begun, follows_option, has_no_memory;
};

static void put_argument(void *context, const char *argument)
{
    struct command_line *line = context;
    const size_t bytes = strlen(argument);
    char *quoted = tide_alloc(4 * bytes + 2);
    if (!quoted) {
        line->has_no_memory = true;
        return;
    }
    const size_t quoted_bytes = tide_escape_shell(quoted, argument, bytes);
    if (line->columns > 0 && !line->follows_option &&
        line->columns + 1 + quoted_bytes > COMMAND_COLUMNS) {
        fprintf(line->out, " \\\n     ");
        line->columns = 5;
    }
    fprintf(line->out, "%s", line->has_begun ? " " : "  ");
    fwrite(quoted, 1, quoted_bytes, line->out);
    line->has_begun = true;
    line->columns += quoted_bytes + 1;
    line->follows_option = strncmp(argument, "--", 2) == 0;
    tide_free(quoted);
}

bool tide_report_suggestion(const struct tide_profile *profile, FILE *out)
{
    const struct tide_suggestion *suggestion = &profile->suggestion;
    struct command_line line = {.out = out};
    tide_report_heading(out, "Suggested");
    tide_profile_command(profile, put_argument, &line);
    fprintf(out, "\n");
    for (unsigned i = 0; i < suggestion->count; i++)
        fprintf(out, "  --%-18s %s\n", suggestion->options[i].name, suggestion->options[i].reason);
    fprintf(out, "  It uses %s%s rows; %s late, %s future,", suggestion->is_exact ? "" : "about ",
            tide_wording_count(suggestion->used).text, tide_wording_count(suggestion->late).text,
            tide_wording_count(suggestion->future).text);
    if (suggestion->gap > 0) fprintf(out, " %s gap,", tide_wording_count(suggestion->gap).text);
    fprintf(out, " %s missing, %s malformed.\n", tide_wording_count(suggestion->missing).text,
            tide_wording_count(suggestion->malformed).text);
    if (suggestion->note_count > 0) tide_report_heading(out, "Worth a look");
    for (unsigned i = 0; i < suggestion->note_count; i++)
        fprintf(out, "  - %s\n", suggestion->notes[i]);
    return !line.has_no_memory;
}
