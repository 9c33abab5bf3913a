#include "engine/cli/run_checkpoint.h"

#include "engine/base/system.h"
#include "engine/cli/commands.h"
#include "engine/plan/identity.h"

#include <errno.h>
#include <stdio.h>

static bool refuse(const struct tide_run_checkpoint *checkpoint, const struct tide_error *why,
                   struct tide_error *error)
{
    char name[TIDE_CHECKPOINT_NAME_BYTES];
    tide_checkpoint_name(checkpoint->number, name);
    return tide_error_set(error, why->exit, "--resume: %s/%s: %s", checkpoint->folder.path, name,
                          why->text);
}

static bool check(struct tide_run_checkpoint *checkpoint, struct tide_error *error)
{
    const struct tide_checkpoint_file *file = &checkpoint->file;
    const struct tide_section *plan = tide_checkpoint_section(file, TIDE_SECTION_PLAN);
    const struct tide_section *sink = tide_checkpoint_section(file, TIDE_SECTION_SINK);
    if (!plan || !sink)
        return tide_error_set(error, TIDE_EXIT_FAILED, "it is damaged: a section is missing");
    struct tide_snapshot_reader reader = {.at = sink->bytes, .end = sink->bytes + sink->count};
    if (!tide_identity_check(checkpoint->plan, plan->bytes, plan->count, error)) return false;
    if (!tide_output_lengths_load(&checkpoint->lengths, &reader))
        return tide_error_set(error, TIDE_EXIT_FAILED, "it is damaged: %s", reader.damage);
    /* Parts that are not complete must not be taken for what they will be. */
    const bool begins = tide_checkpoint_section(file, TIDE_SECTION_BEGINNING);
    const bool goes_on = tide_checkpoint_section(file, TIDE_SECTION_PARSER) ||
                         tide_checkpoint_section(file, TIDE_SECTION_WORKER);
    return begins + goes_on + checkpoint->lengths.is_finished == 1 ||
           tide_error_set(error, TIDE_EXIT_FAILED,
                          "it is damaged: how far the run had come is contradicted");
}

static void say_begin(const struct tide_run_checkpoint *checkpoint, const char *note)
{
    if (note[0]) tide_command_say("passed over in '%s': %s", checkpoint->folder.path, note);
    if (checkpoint->plan->quiet) return;
    char name[TIDE_CHECKPOINT_NAME_BYTES];
    tide_checkpoint_name(checkpoint->number, name);
    if (!checkpoint->file.bytes)
        tide_command_say("no checkpoint in '%s' yet: from the beginning", checkpoint->folder.path);
    else if (!tide_run_checkpoint_is_finished(checkpoint))
        tide_command_say("going on from %s/%s", checkpoint->folder.path, name);
}

bool tide_run_checkpoint_open(struct tide_run_checkpoint *checkpoint, const struct tide_plan *plan,
                              struct tide_error *error)
{
    char note[TIDE_CHECKPOINT_NOTE_BYTES];
    struct tide_error why = {0};
    checkpoint->plan = plan;
    if (!plan->checkpoint_folder) return true;
    if (!tide_checkpoint_folder_open(&checkpoint->folder, plan->checkpoint_folder,
                                     plan->is_resuming, error))
        return false;
    if (!plan->is_resuming) return true;
    if (!tide_checkpoint_folder_read(&checkpoint->folder, &checkpoint->file, &checkpoint->number,
                                     note, error))
        return false;
    if (checkpoint->file.bytes && !check(checkpoint, &why)) return refuse(checkpoint, &why, error);
    say_begin(checkpoint, note);
    return true;
}

void tide_run_checkpoint_close(struct tide_run_checkpoint *checkpoint)
{
    tide_checkpoint_fini(&checkpoint->file);
    tide_checkpoint_folder_close(&checkpoint->folder);
}

struct tide_output *tide_run_checkpoint_output(const struct tide_run_checkpoint *checkpoint,
                                               struct tide_output_set *outputs, const char *name,
                                               const char *part_name, bool comes_last,
                                               struct tide_error *error)
{
    const struct tide_plan *plan = checkpoint->plan;
    if (!plan->checkpoint_folder)
        return plan->is_following ? tide_output_open_to_append(outputs, name, error)
                                  : tide_output_open(outputs, name, error);
    struct tide_output_part part = {
        .folder = plan->checkpoint_folder, .name = part_name, .is_in_place = plan->is_following};
    if (checkpoint->file.bytes) {
        const bool is_known =
            tide_output_lengths_find(&checkpoint->lengths, part_name, &part.bytes);
        part.is_resumed = true;
        part.may_be_new = !is_known;
        if (!is_known && !comes_last) {
            struct tide_error why = {0};
            tide_error_set(&why, TIDE_EXIT_FAILED, "it is damaged: it knows nothing of %s",
                           part_name);
            refuse(checkpoint, &why, error);
            return NULL;
        }
    }
    return tide_output_open_part(outputs, name, &part, error);
}

bool tide_run_checkpoint_has_moved(const struct tide_run_checkpoint *checkpoint, const char *part)
{
    struct stat status;
    return tide_run_checkpoint_is_finished(checkpoint) &&
           tide_sys_fstatat(checkpoint->folder.fd, part, &status) != 0 && errno == ENOENT;
}

/* A record without what the stages keep: of a run that has finished, or has not begun. */
static bool write_record(struct tide_run_checkpoint *checkpoint, struct tide_output_set *outputs,
                         bool is_finished, struct tide_error *error)
{
    struct tide_output *files[TIDE_OUTPUT_FILES_MAX];
    struct tide_snapshot snapshot = {0};
    uint64_t bytes;
    for (unsigned i = 0; i < outputs->count; i++) files[i] = &outputs->files[i];
    tide_output_lengths_save(files, outputs->count, is_finished, &snapshot);
    const struct tide_snapshot *identity = &checkpoint->plan->identity;
    const struct tide_section sections[] = {
        {TIDE_SECTION_PLAN, identity->bytes, identity->count},
        {TIDE_SECTION_SINK, snapshot.bytes, snapshot.count},
        {TIDE_SECTION_BEGINNING, "", 0},
    };
    bool written = snapshot.has_failed
                       ? tide_error_memory(error, "a checkpoint")
                       : tide_checkpoint_folder_write(&checkpoint->folder, sections,
                                                      is_finished ? 2 : 3, &bytes, error);
    tide_snapshot_fini(&snapshot);
    return written;
}

bool tide_run_checkpoint_restore(struct tide_run_checkpoint *checkpoint,
                                 struct tide_pipeline *pipeline, struct tide_output_set *outputs,
                                 struct tide_error *error)
{
    struct tide_error why = {0};
    if (!checkpoint->plan->checkpoint_folder) return true;
    tide_pipeline_checkpoint(pipeline, &checkpoint->folder, outputs);
    /* What is written in place, in files that may have held something before, is cut back to that
     * if the run ends before its first checkpoint. */
    if (!checkpoint->file.bytes)
        return !checkpoint->plan->is_following || write_record(checkpoint, outputs, false, error);
    bool restored = tide_pipeline_restore(pipeline, &checkpoint->file, &why);
    tide_checkpoint_fini(&checkpoint->file);
    return restored || refuse(checkpoint, &why, error);
}

bool tide_run_checkpoint_finish(struct tide_run_checkpoint *checkpoint,
                                struct tide_output_set *outputs, struct tide_error *error)
{
    return !checkpoint->plan->checkpoint_folder ||
           (tide_output_sync(outputs, error) && write_record(checkpoint, outputs, true, error));
}

void tide_run_checkpoint_say_unfinished(const struct tide_run_checkpoint *checkpoint)
{
    const char *path = checkpoint->folder.path;
    if (checkpoint->folder.number > 0)
        tide_command_say(
            "the outputs are unfinished, and a checkpoint is in '%s': --resume goes on", path);
    else
        tide_command_say("no row had come, and there is no checkpoint in '%s' yet: --resume begins "
                         "at the beginning",
                         path);
}
