/*
 * The report for programs. Written by hand and not with a library: keys and examples are bytes, and
 * those that are no UTF-8 appear as \udcXX here as they do in all of tidemark's JSON.
 */
#include "engine/instruments/profile/report.h"

#include "engine/stages/reader.h"
#include "engine/text/escape.h"

#include <string.h>
#include <sys/resource.h>

static unsigned long long ull(uint64_t value)
{
    return value;
}

static void put_bytes(FILE *out, const char *text, size_t bytes)
{
    fprintf(out, "\"");
    tide_escape_json_put(out, text, bytes);
    fprintf(out, "\"");
}

static void put_text(FILE *out, const char *text)
{
    put_bytes(out, text, strlen(text));
}

/* INT64_MAX stands for "none": null. */
static void put_ms(FILE *out, const char *name, int64_t ms)
{
    if (ms == INT64_MAX) fprintf(out, "\"%s\": null", name);
    else fprintf(out, "\"%s\": %lld", name, (long long)ms);
}

static void put_place(const struct tide_profile *profile, unsigned file, uint64_t line, FILE *out)
{
    fprintf(out, "\"file\": ");
    put_text(out, tide_profile_plan(profile)->files[file]);
    fprintf(out, ", \"line\": %llu", ull(line));
}

static void put_head(const struct tide_profile *profile, FILE *out)
{
    const struct tide_plan *plan = tide_profile_plan(profile);
    fprintf(out, "{\n  \"tidemark\": \"%s\",\n  \"files\": [", TIDE_VERSION);
    for (unsigned i = 0; i < plan->file_count; i++) {
        fprintf(out, "%s", i ? ", " : "");
        put_text(out, plan->files[i]);
    }
    fprintf(out, "],\n  \"complete\": %s,\n  \"guessed\": [",
            profile->was_stopped ? "false" : "true");
    for (unsigned i = 0; i < profile->guesses.count; i++) {
        const struct tide_guess *guess = &profile->guesses.items[i];
        fprintf(out, "%s\n    {\"option\": \"%s\", \"text\": ", i ? "," : "",
                tide_run_options.options[guess->id].name);
        put_text(out, guess->text);
        fprintf(out, ", \"reason\": ");
        put_text(out, guess->reason);
        fprintf(out, "}");
    }
    fprintf(out, "],\n");
}

static void put_rows(const struct tide_profile *profile, FILE *out)
{
    const struct tide_plan *plan = tide_profile_plan(profile);
    const struct tide_tally *tally = &profile->tally;
    fprintf(out,
            "  \"bytes\": %llu,\n  \"counts\": {\"rows\": %llu, \"used\": %llu, \"late\": %llu, "
            "\"gap\": %llu, \"missing\": %llu, \"malformed\": %llu, \"future\": %llu},\n"
            "  \"reasons\": [",
            ull(tally->bytes), ull(tally->rows), ull(tide_tally_used(tally, plan)),
            ull(tide_tally_late(tally, plan)), ull(tide_tally_gap(tally, plan)),
            ull(tally->missing), ull(tally->malformed), ull(tide_tally_future(tally)));
    for (unsigned i = 0; i < tally->reason_count; i++) {
        const struct tide_reason *reason = &tally->reasons[i];
        fprintf(out, "%s\n    {\"reason\": \"%s\", \"rows\": %llu, ", i ? "," : "", reason->text,
                ull(reason->rows));
        put_place(profile, reason->file, reason->line, out);
        fprintf(out, "}");
    }
    fprintf(out, "],\n");
}

static void put_time(const struct tide_tally *tally, FILE *out)
{
    fprintf(out, "  \"event_time\": ");
    if (tally->accepted == 0) {
        fprintf(out, "null,\n");
        return;
    }
    const double span_ms =
        (double)((uint64_t)tally->time_greatest_ms - (uint64_t)tally->time_least_ms);
    fprintf(out, "{\"first_ms\": %lld, \"last_ms\": %lld, \"rows_per_s\": ",
            (long long)tally->time_least_ms, (long long)tally->time_greatest_ms);
    if (span_ms > 0) fprintf(out, "%.9g", (double)tally->accepted * 1000 / span_ms);
    else fprintf(out, "null");
    fprintf(out, ", \"resolution_ms\": %lld},\n",
            (long long)tide_resolutions_ms[tally->resolution]);
}

static void put_key(const struct tide_plan *plan, const struct tide_entry *entry, FILE *out)
{
    const char *text = tide_entry_key(entry), *end = text + entry->key_bytes;
    fprintf(out, "[");
    for (unsigned part = 0; part < plan->key_count; part++) {
        const char *stop =
            part + 1 < plan->key_count ? memchr(text, '\0', (size_t)(end - text)) : end;
        fprintf(out, "%s", part ? ", " : "");
        put_bytes(out, text, (size_t)(stop - text));
        text = stop + 1;
    }
    fprintf(out, "]");
}

static void put_keys(const struct tide_profile *profile, unsigned top_keys, FILE *out)
{
    const struct tide_key_counts *keys = &profile->tally.keys;
    const struct tide_plan *plan = tide_profile_plan(profile);
    const struct tide_entry *top[TIDE_REPORT_TOP_KEYS_MAX];
    const unsigned count = tide_key_counts_top(keys, top, top_keys);
    struct tide_skew skews[TIDE_SKEW_LEVELS];
    tide_key_counts_skew(keys, tide_profile_draws(profile), skews);
    fprintf(out, "  \"keys\": {\"columns\": [");
    for (unsigned i = 0; i < plan->key_count; i++) {
        fprintf(out, "%s", i ? ", " : "");
        put_text(out, plan->keys[i].name);
    }
    fprintf(out, "], \"rows\": %llu, \"distinct\": %llu, \"holding_half\": %llu,\n    \"top\": [",
            ull(keys->row_count), ull(tide_key_counts_keys(keys)), ull(profile->keys_holding_half));
    for (unsigned i = 0; i < count; i++) {
        fprintf(out, "%s\n      {\"key\": ", i ? "," : "");
        put_key(plan, top[i], out);
        fprintf(out, ", \"rows\": %llu, \"share\": %.9g}", ull(top[i]->count),
                (double)top[i]->count / (double)keys->row_count);
    }
    fprintf(out, "],\n    \"skew\": [");
    for (unsigned i = 0; i < TIDE_SKEW_LEVELS; i++)
        fprintf(out,
                "%s\n      {\"parallelism\": %u, \"draws\": %u, \"least\": %.6f, \"median\": %.6f, "
                "\"greatest\": %.6f}",
                i ? "," : "", skews[i].workers, skews[i].draws, (double)skews[i].least / 1e6,
                (double)skews[i].median / 1e6, (double)skews[i].greatest / 1e6);
    fprintf(out, "]},\n");
}

static void put_disorder(const struct tide_disorder *disorder, FILE *out)
{
    static const struct {
        unsigned thousandths;
        const char *name;
    } percentiles[] = {{500, "p50"}, {900, "p90"}, {990, "p99"}, {999, "p99_9"}};
    fprintf(out, "  \"disorder\": {\"rows\": %llu, \"out_of_order\": %llu, \"greatest_ms\": %lld",
            ull(disorder->row_count), ull(disorder->out_of_order),
            (long long)disorder->behind_max_ms);
    for (size_t i = 0; i < sizeof percentiles / sizeof *percentiles; i++)
        fprintf(out, ", \"%s_ms\": %lld", percentiles[i].name,
                (long long)tide_disorder_percentile_ms(disorder, percentiles[i].thousandths));
    fprintf(out, ",\n    \"histogram\": [");
    for (unsigned i = 0; i < TIDE_DISORDER_RANGES; i++) {
        const uint64_t rows =
            i ? disorder->ranges[i] : disorder->row_count - disorder->out_of_order;
        fprintf(out, "%s\n      {", i ? "," : "");
        put_ms(out, "below_ms", tide_disorder_range_end_ms(i));
        fprintf(out, ", \"rows\": %llu}", ull(rows));
    }
    fprintf(out, "]},\n");
}

static void put_least_bound(const struct tide_lateness_course *course, FILE *out)
{
    put_ms(out, "least_bound_ms",
           course->late_for_ms < TIDE_DURATION_MS_MAX ? course->late_for_ms + 1 : INT64_MAX);
}

static void put_lateness(const struct tide_profile *profile, FILE *out)
{
    const struct tide_lateness *lateness = &profile->tally.lateness;
    const struct tide_lateness_course *own = tide_lateness_course(lateness, lateness->own);
    fprintf(out, "  \"lateness\": {\"window\": ");
    put_text(out, tide_profile_window(profile));
    fprintf(out, ", ");
    put_ms(out, "allowed_lateness_ms", lateness->allowed_ms);
    fprintf(out, ", \"exact\": %s, ", tide_lateness_is_exact(lateness) ? "true" : "false");
    put_least_bound(own, out);
    fprintf(out, ",\n    \"bounds\": [");
    for (unsigned i = 0; i < lateness->bound_count; i++)
        fprintf(out, "%s\n      {\"out_of_orderness_ms\": %lld, \"late\": %llu}", i ? "," : "",
                (long long)lateness->bounds_ms[i],
                ull(tide_lateness_late(own, lateness->bound_count, i)));
    fprintf(out, "]},\n  \"max_future\": [");
    for (unsigned i = 0; i < lateness->course_count; i++) {
        const struct tide_lateness_course *course = tide_lateness_course(lateness, i);
        fprintf(out, "%s\n    {", i ? "," : "");
        put_ms(out, "max_future_ms", tide_lateness_max_future_ms(lateness, i));
        fprintf(out, ", \"future\": %llu, ", ull(course->future));
        put_least_bound(course, out);
        fprintf(out, "}");
    }
    fprintf(out, "],\n");
}

static void put_jumps(const struct tide_profile *profile, bool silent, const char *name, FILE *out)
{
    const struct tide_jumps *jumps = &profile->tally.jumps;
    fprintf(out, "  \"%s\": [", name);
    for (unsigned rank = 0; rank < TIDE_JUMPS_MAX; rank++) {
        const unsigned at = tide_jumps_ranked(jumps, silent, rank);
        if (at == TIDE_JUMPS_MAX) break;
        const struct tide_jump *jump = &jumps->jumps[at];
        fprintf(out, "%s\n    {\"from_ms\": %lld, \"to_ms\": %lld, \"rows_inside\": %llu, ",
                rank ? "," : "", (long long)jump->from_ms, (long long)jump->to_ms,
                ull(jump->rows_inside));
        put_place(profile, jump->file, jump->line, out);
        fprintf(out, "}");
    }
    fprintf(out, "],\n");
}

static void put_forms(const struct tide_profile *profile, const struct tide_forms *forms,
                      const char *name, FILE *out)
{
    fprintf(out, "  \"%s\": [", name);
    for (unsigned i = 0; i < forms->count; i++) {
        const struct tide_form *form = &forms->forms[i];
        fprintf(out, "%s\n    {\"form\": ", i ? "," : "");
        put_text(out, form->name);
        fprintf(out,
                ", \"read\": %s, \"rows\": %llu, \"example\": ", form->is_read ? "true" : "false",
                ull(form->rows));
        put_bytes(out, form->example, form->example_bytes);
        fprintf(out, ", ");
        put_place(profile, form->file, form->line, out);
        fprintf(out, "}");
    }
    fprintf(out, "],\n");
}

static void put_all_forms(const struct tide_profile *profile, FILE *out)
{
    const struct tide_tally *tally = &profile->tally;
    put_forms(profile, &tally->time_forms, "time_forms", out);
    put_forms(profile, &tally->amount_forms, "amount_forms", out);
    put_forms(profile, &tally->na_texts, "missing_texts", out);
    fprintf(out,
            "  \"amounts\": {\"decimals\": %u, \"digits\": %u, \"need_other_decimals\": %llu},\n"
            "  \"line_ends\": [",
            tally->amounts.decimals, tally->amounts.digits, ull(tally->amounts.rescaled));
    const struct {
        const char *name;
        uint64_t count;
    } ends[] = {{"lf", tally->lf_ends}, {"crlf", tally->crlf_ends}, {"cr", tally->cr_ends}};
    unsigned kinds = 0;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends[i].count > 0) fprintf(out, "%s\"%s\"", kinds++ ? ", " : "", ends[i].name);
    fprintf(out, "],\n  \"files_with_bom\": %u,\n", tally->files_with_bom);
}

struct arguments {
    FILE *out;
    unsigned count;
};

static void put_argument(void *context, const char *argument)
{
    struct arguments *arguments = context;
    fprintf(arguments->out, "%s", arguments->count++ ? ", " : "");
    put_text(arguments->out, argument);
}

static void put_suggestion(const struct tide_profile *profile, FILE *out)
{
    const struct tide_suggestion *suggestion = &profile->suggestion;
    struct arguments arguments = {.out = out};
    fprintf(out, "  \"suggestion\": {\n    \"arguments\": [");
    tide_profile_command(profile, put_argument, &arguments);
    fprintf(out, "],\n    \"options\": [");
    for (unsigned i = 0; i < suggestion->count; i++) {
        const struct tide_suggested *option = &suggestion->options[i];
        fprintf(out, "%s\n      {\"option\": \"%s\", \"text\": ", i ? "," : "", option->name);
        put_text(out, option->text ? option->text : "true");
        fprintf(out, ", \"reason\": ");
        put_text(out, option->reason);
        fprintf(out, "}");
    }
    fprintf(out,
            "],\n    \"counts\": {\"rows\": %llu, \"used\": %llu, \"late\": %llu, \"gap\": %llu, "
            "\"missing\": %llu, \"malformed\": %llu, \"future\": %llu},\n    \"exact\": %s,\n"
            "    \"notes\": [",
            ull(profile->tally.rows), ull(suggestion->used), ull(suggestion->late),
            ull(suggestion->gap), ull(suggestion->missing), ull(suggestion->malformed),
            ull(suggestion->future), suggestion->is_exact ? "true" : "false");
    for (unsigned i = 0; i < suggestion->note_count; i++) {
        fprintf(out, "%s\n      ", i ? "," : "");
        put_text(out, suggestion->notes[i]);
    }
    fprintf(out, "]},\n");
}

void tide_profile_report_json(const struct tide_profile *profile, unsigned top_keys, FILE *out)
{
    struct rusage usage;
    put_head(profile, out);
    put_rows(profile, out);
    put_time(&profile->tally, out);
    put_keys(profile, top_keys, out);
    put_disorder(&profile->tally.disorder, out);
    put_lateness(profile, out);
    put_jumps(profile, true, "gaps", out);
    put_jumps(profile, false, "jumps", out);
    put_all_forms(profile, out);
    put_suggestion(profile, out);
    getrusage(RUSAGE_SELF, &usage);
    fprintf(out, "  \"peak_memory_kib\": %ld\n}\n", usage.ru_maxrss);
}
