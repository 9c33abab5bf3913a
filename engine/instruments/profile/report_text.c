#include "engine/instruments/profile/report_parts.h"

#include "engine/stages/reader.h"

#include <string.h>

enum { BAR_COLUMNS = 30, BOUNDS_SHOWN_MIN = 7 };

void tide_report_heading(FILE *out, const char *text)
{
    fprintf(out, "\n%s\n", text);
}

const char *tide_report_file(const struct tide_profile *profile, unsigned file)
{
    const struct tide_plan *plan = tide_profile_plan(profile);
    return plan->file_count > 1 ? tide_reader_file_name(plan, file) : NULL;
}

void tide_report_line(const struct tide_profile *profile, FILE *out, unsigned file, uint64_t line)
{
    const char *name = tide_report_file(profile, file);
    if (name) {
        tide_wording_put(out, name, strlen(name), TIDE_WORDING_COLUMN);
        fprintf(out, " ");
    }
    fprintf(out, "line %s", tide_wording_count(line).text);
}

static void put_head(const struct tide_profile *profile, FILE *out)
{
    const struct tide_plan *plan = tide_profile_plan(profile);
    const struct tide_tally *tally = &profile->tally;
    for (unsigned i = 0; i < plan->file_count; i++) {
        const char *name = tide_reader_file_name(plan, i);
        if (i > 0) fprintf(out, ", ");
        tide_wording_put(out, name, strlen(name), TIDE_REPORT_LINE_COLUMNS);
    }
    fprintf(out, ": %s rows, %s%s\n", tide_wording_count(tally->rows).text,
            tide_wording_bytes(tally->bytes).text,
            profile->was_stopped ? " (stopped before the input ended)" : "");
    if (profile->guesses.count > 0) tide_report_heading(out, "Guessed, because it was not given");
    for (unsigned i = 0; i < profile->guesses.count; i++) {
        const struct tide_guess *guess = &profile->guesses.items[i];
        const struct tide_option *option = &tide_run_options.options[guess->id];
        int columns = fprintf(out, "  --%s", option->name);
        if (option->argument) columns += fprintf(out, " %s", guess->text);
        fprintf(out, "%*s  %s\n", columns < 32 ? 32 - columns : 0, "", guess->reason);
    }
}

static void put_class(FILE *out, const char *name, uint64_t rows, uint64_t whole)
{
    fprintf(out, "  %-22s %15s  %9s", name, tide_wording_count(rows).text,
            tide_wording_share(rows, whole).text);
}

static void put_reasons(const struct tide_profile *profile, FILE *out, bool missing)
{
    const struct tide_tally *tally = &profile->tally;
    for (unsigned i = 0; i < tally->reason_count; i++) {
        const struct tide_reason *reason = &tally->reasons[i];
        if (reason->is_missing != missing) continue;
        fprintf(out, "    %-20s %15s  %9s  first in ", reason->text,
                tide_wording_count(reason->rows).text,
                tide_wording_share(reason->rows, tally->rows).text);
        tide_report_line(profile, out, reason->file, reason->line);
        fprintf(out, "\n");
    }
}

static void put_rows(const struct tide_profile *profile, FILE *out)
{
    const struct tide_plan *plan = tide_profile_plan(profile);
    const struct tide_tally *tally = &profile->tally;
    tide_report_heading(out, "Rows, as a run with these options would count them");
    put_class(out, "used", tide_tally_used(tally, plan), tally->rows);
    fprintf(out, "\n");
    put_class(out, "late", tide_tally_late(tally, plan), tally->rows);
    if (plan->unbounded) fprintf(out, "  --out-of-orderness unbounded\n");
    else
        fprintf(out, "  --out-of-orderness %s%s%s%s\n",
                tide_wording_span((uint64_t)plan->bound_ms).text,
                plan->lateness_ms > 0 ? " --allowed-lateness " : "",
                plan->lateness_ms > 0 ? tide_wording_span((uint64_t)plan->lateness_ms).text : "",
                tide_lateness_is_exact(&tally->lateness)
                    ? ""
                    : "; at most: what joins an open session is used");
    if (tide_window_has_gaps(&plan->shape)) {
        put_class(out, "gap", tide_tally_gap(tally, plan), tally->rows);
        fprintf(out, "  between two windows\n");
    }
    put_class(out, "future", tide_tally_future(tally), tally->rows);
    fprintf(out, "\n");
    put_class(out, "missing", tally->missing, tally->rows);
    fprintf(out, "\n");
    put_reasons(profile, out, true);
    put_class(out, "malformed", tally->malformed, tally->rows);
    fprintf(out, "\n");
    put_reasons(profile, out, false);
    if (tally->amounts.rescaled > 0)
        fprintf(out, "  read only with another --decimals, and malformed without it: %s rows\n",
                tide_wording_count(tally->amounts.rescaled).text);
}

static void put_time(const struct tide_profile *profile, FILE *out)
{
    const struct tide_plan *plan = tide_profile_plan(profile);
    const struct tide_tally *tally = &profile->tally;
    const uint64_t span_ms = (uint64_t)tally->time_greatest_ms - (uint64_t)tally->time_least_ms;
    tide_report_heading(out, "Event time");
    fprintf(out, "  from %s", tide_wording_time(&plan->zone, tally->time_least_ms).text);
    fprintf(out, " to %s: %s\n", tide_wording_time(&plan->zone, tally->time_greatest_ms).text,
            tide_wording_span(span_ms).text);
    if (span_ms > 0)
        fprintf(out, "  %.6g rows a second of it, in whole %s\n",
                (double)tally->accepted * 1000 / (double)span_ms,
                tide_resolution_names[tally->resolution]);
}

static void put_bar(FILE *out, uint64_t part, uint64_t greatest)
{
    unsigned columns = greatest ? (unsigned)((tide_uint128)part * BAR_COLUMNS / greatest) : 0;
    if (part > 0 && columns == 0) columns = 1;
    for (unsigned i = 0; i < columns; i++) fprintf(out, "%s#", i ? "" : "  ");
    fprintf(out, "\n");
}

static void put_histogram(const struct tide_disorder *disorder, FILE *out)
{
    const uint64_t in_order = disorder->row_count - disorder->out_of_order;
    uint64_t greatest = 0;
    unsigned first = 0, last = 0; /* of those that are not empty */
    for (unsigned i = 1; i < TIDE_DISORDER_RANGES; i++) {
        if (disorder->ranges[i] == 0) continue;
        if (disorder->ranges[i] > greatest) greatest = disorder->ranges[i];
        if (first == 0) first = i;
        last = i;
    }
    fprintf(out, "  %-22s %15s  %9s\n", "in order", tide_wording_count(in_order).text,
            tide_wording_share(in_order, disorder->row_count).text);
    for (unsigned i = first; i > 0 && i <= last; i++) {
        const int64_t end_ms = tide_disorder_range_end_ms(i);
        char name[TIDE_WORDING_BYTES + 24];
        if (end_ms == INT64_MAX)
            snprintf(name, sizeof name, "%s and more behind",
                     tide_wording_span((uint64_t)tide_disorder_range_end_ms(i - 1)).text);
        else snprintf(name, sizeof name, "< %s behind", tide_wording_span((uint64_t)end_ms).text);
        fprintf(out, "  %-22s %15s  %9s", name, tide_wording_count(disorder->ranges[i]).text,
                tide_wording_share(disorder->ranges[i], disorder->row_count).text);
        put_bar(out, disorder->ranges[i], greatest);
    }
}

static void put_disorder(const struct tide_profile *profile, FILE *out)
{
    static const struct {
        unsigned thousandths;
        const char *name;
    } percentiles[] = {{500, "50"}, {900, "90"}, {990, "99"}, {999, "99.9"}};
    const struct tide_disorder *disorder = &profile->tally.disorder;
    tide_report_heading(out, "Disorder: how far rows are behind the greatest time before them");
    put_histogram(disorder, out);
    fprintf(out, "  of all rows");
    for (size_t i = 0; i < sizeof percentiles / sizeof *percentiles; i++)
        fprintf(out, "%s %s %%: %s", i ? "," : "", percentiles[i].name,
                tide_wording_span(
                    (uint64_t)tide_disorder_percentile_ms(disorder, percentiles[i].thousandths))
                    .text);
    fprintf(out, ", at most %s\n", tide_wording_span((uint64_t)disorder->behind_max_ms).text);
}

static void put_least_bound(const struct tide_lateness_course *course, FILE *out)
{
    if (course->late_for_ms < 0) fprintf(out, "  no row is late for any bound\n");
    else if (course->late_for_ms < TIDE_DURATION_MS_MAX)
        fprintf(out, "  no row is late from --out-of-orderness %lldms on\n",
                (long long)course->late_for_ms + 1);
}

static void put_lateness(const struct tide_profile *profile, FILE *out)
{
    const struct tide_plan *plan = tide_profile_plan(profile);
    const struct tide_lateness *lateness = &profile->tally.lateness;
    const struct tide_lateness_course *course = tide_lateness_course(lateness, lateness->own);
    char heading[256], allowed[96] = "";
    if (plan->lateness_ms > 0)
        snprintf(allowed, sizeof allowed, " with --allowed-lateness %s",
                 tide_wording_span((uint64_t)plan->lateness_ms).text);
    snprintf(heading, sizeof heading, "Rows late%s for --window %s%s, by --out-of-orderness",
             tide_lateness_is_exact(lateness) ? "" : " at most", tide_profile_window(profile),
             allowed);
    tide_report_heading(out, heading);
    uint64_t shown = UINT64_MAX;
    for (unsigned i = 0; i < lateness->bound_count; i++) {
        const uint64_t late = tide_lateness_late(course, lateness->bound_count, i);
        const bool is_own = !plan->unbounded && lateness->bounds_ms[i] == plan->bound_ms;
        /* The short ones always; of longer ones those that make a difference, to the first that
         * loses nothing. */
        if (i >= BOUNDS_SHOWN_MIN && late == shown && !is_own) continue;
        fprintf(out, "  %-22s %15s  %9s%s\n",
                tide_wording_span((uint64_t)lateness->bounds_ms[i]).text,
                tide_wording_count(late).text, tide_wording_share(late, course->accepted).text,
                is_own ? "  <- in force" : "");
        shown = late;
    }
    put_least_bound(course, out);
}

bool tide_profile_report_text(const struct tide_profile *profile, unsigned top_keys, FILE *out)
{
    const bool has_times = profile->tally.accepted > 0;
    put_head(profile, out);
    put_rows(profile, out);
    if (has_times) put_time(profile, out);
    if (has_times) tide_report_keys(profile, top_keys, out);
    if (has_times) put_disorder(profile, out);
    if (has_times) put_lateness(profile, out);
    if (has_times) tide_report_jumps(profile, out);
    tide_report_forms(profile, out);
    return tide_report_suggestion(profile, out);
}
