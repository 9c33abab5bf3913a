#include "engine/instruments/profile/profile.h"

#include "engine/base/mapping.h"
#include "engine/instruments/profile/pass.h"
#include "engine/instruments/profile/sample.h"

#include <stdio.h>
#include <string.h>

static unsigned count_arguments(char **arguments)
{
    unsigned count = 0;
    while (arguments[count]) count++;
    return count;
}

/* The command line: run, what was given of its options, the guesses, the files. */
static bool put_together(struct tide_profile_options *out, const struct tide_options *given,
                         const struct tide_guesses *guesses, struct tide_error *error)
{
    static char command[] = "run", files_follow[] = "--";
    out->forwarded = tide_options_forward(given);
    if (!out->forwarded) return tide_error_memory(error, "options");
    const unsigned forwarded = count_arguments(out->forwarded);
    const size_t text_bytes = TIDE_GUESS_TEXT_BYTES + 32;
    out->argv = tide_alloc(((size_t)forwarded + guesses->count + given->file_count + 3) *
                           sizeof *out->argv);
    out->texts = tide_alloc(guesses->count * text_bytes + 1);
    if (!out->argv || !out->texts) return tide_error_memory(error, "options");
    int argc = 0;
    out->argv[argc++] = command;
    for (unsigned i = 0; i < forwarded; i++) out->argv[argc++] = out->forwarded[i];
    for (unsigned i = 0; i < guesses->count; i++) {
        char *text = out->texts + i * text_bytes;
        snprintf(text, text_bytes, "--%s=%s", tide_run_options.options[guesses->items[i].id].name,
                 guesses->items[i].text);
        out->argv[argc++] = text;
    }
    out->argv[argc++] = files_follow;
    for (unsigned i = 0; i < given->file_count; i++)
        out->argv[argc++] = (char *)(uintptr_t)given->files[i]; /* read only */
    return tide_options_parse(&out->options, &tide_run_options, argc, out->argv, error);
}

static void take_apart(struct tide_profile_options *options)
{
    tide_plan_fini(&options->plan);
    tide_options_fini(&options->options);
    tide_free(options->forwarded);
    tide_free(options->argv);
    tide_free(options->texts);
}

/* Without a header, columns go by number; any will do until they are guessed. */
static void stand_in(struct tide_guesses *guesses, const struct tide_options *given)
{
    static const enum tide_run_option columns[] = {TIDE_RUN_KEY, TIDE_RUN_TIME, TIDE_RUN_VALUE};
    guesses->count = 0;
    if (!tide_options_flag(given, TIDE_RUN_NO_HEADER)) return;
    for (unsigned i = 0; i < sizeof columns / sizeof *columns; i++) {
        if (tide_options_given(given, columns[i])) continue;
        guesses->items[guesses->count] = (struct tide_guess){.id = columns[i], .text = "1"};
        guesses->count++;
    }
}

bool tide_profile_open(struct tide_profile *profile, const struct tide_options *given,
                       const struct tide_registry *registry, struct tide_error *error)
{
    memset(profile, 0, sizeof *profile);
    profile->control.wake_fd = -1;
    profile->given = given;
    profile->registry = registry;
    stand_in(&profile->guesses, given);
    return put_together(&profile->first, given, &profile->guesses, error) &&
           tide_plan_build(&profile->first.plan, &profile->first.options, registry, error) &&
           tide_control_init(&profile->control, error) &&
           tide_profile_input_open(&profile->input, &profile->first.plan, &profile->control, error);
}

void tide_profile_close(struct tide_profile *profile)
{
    tide_tally_fini(&profile->tally);
    tide_profile_input_close(&profile->input);
    tide_control_fini(&profile->control);
    take_apart(&profile->final);
    take_apart(&profile->first);
}

void tide_profile_stop(struct tide_profile *profile)
{
    tide_control_stop(&profile->control);
}

static bool guess(struct tide_profile *profile, struct tide_error *error)
{
    size_t count;
    char *bytes = tide_alloc(TIDE_SAMPLE_BYTES);
    if (!bytes) return tide_error_memory(error, "the first rows");
    /* A failure of the reader shows again when the blocks are taken. */
    (void)!tide_profile_input_look(&profile->input, bytes, TIDE_SAMPLE_BYTES, &count);
    bool guessed = tide_guesses_make(&profile->guesses, profile->given, &profile->first.plan, bytes,
                                     count, error);
    tide_free(bytes);
    return guessed;
}

static bool read_all(struct tide_profile *profile, struct tide_pass *pass, struct tide_error *error)
{
    for (;;) {
        switch (tide_pass_step(pass, error)) {
        case TIDE_PASS_WENT_ON:
            profile->was_stopped = tide_control_is_stopping(&profile->control);
            if (profile->was_stopped) return true;
            break;
        case TIDE_PASS_STARVED:
            if (tide_profile_input_wait(&profile->input)) break;
            if (tide_control_has_failed(&profile->control)) {
                *error = profile->control.error;
                return false;
            }
            profile->was_stopped = true;
            return true;
        case TIDE_PASS_ENDED:
            return true;
        case TIDE_PASS_FAILED:
            return false;
        }
    }
}

static bool read_by_plan(struct tide_profile *profile, struct tide_error *error)
{
    const struct tide_plan *plan = &profile->final.plan;
    const bool adapts_decimals = !tide_options_given(profile->given, TIDE_RUN_DECIMALS);
    struct tide_pass *pass = tide_alloc_zeroed(1, sizeof *pass);
    if (!pass) return tide_error_memory(error, "the rows");
    bool read =
        tide_pass_init(pass, plan, adapts_decimals, &profile->input.link, &profile->tally, error) &&
        read_all(profile, pass, error);
    if (read) tide_pass_settle(pass);
    tide_pass_fini(pass);
    tide_free(pass);
    if (tide_mapping_has_failed()) {
        *error = (struct tide_error){0}; /* the zeroes that stand where it was cut short are why */
        return tide_error_set(
            error, TIDE_EXIT_FAILED,
            "cannot read the input: it was cut short, or the disk failed, while it was read");
    }
    profile->tally.bytes = profile->input.reader.bytes_unpacked;
    return read;
}

bool tide_profile_read(struct tide_profile *profile, struct tide_error *error)
{
    struct tide_profile_options *final = &profile->final;
    if (!guess(profile, error) || !put_together(final, profile->given, &profile->guesses, error) ||
        !tide_plan_build(&final->plan, &final->options, profile->registry, error) ||
        !tide_tally_init(&profile->tally, &final->plan, error) || !read_by_plan(profile, error))
        return false;
    if (!tide_key_counts_holding(&profile->tally.keys, 50, &profile->keys_holding_half))
        return tide_error_memory(error, "the keys");
    tide_suggestion_make(&profile->suggestion, &profile->tally, &final->plan, &final->options,
                         &profile->guesses);
    return true;
}
