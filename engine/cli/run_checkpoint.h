/*
 * run_checkpoint: a run's folder of checkpoints from the command's side: what it resumes, where its
 *           outputs lie, and when it has finished.
 * Owns:     the open folder, and the checkpoint that is resumed.
 * Threads:  the main thread's.
 * Blocks:   in calls on files.
 * Errors:   exit 1, with the record's name; nothing has been changed then.
 * Limits:   as plan.h.
 */
#ifndef TIDE_CLI_RUN_CHECKPOINT_H
#define TIDE_CLI_RUN_CHECKPOINT_H

#include "engine/stages/pipeline.h"

/* Starts with the folder's fd -1, and else as zeroes. */
struct tide_run_checkpoint {
    const struct tide_plan *plan;
    struct tide_checkpoint_folder folder;
    struct tide_checkpoint_file file; /* bytes NULL: the run begins at the beginning */
    uint64_t number;                  /* the file's */
    struct tide_output_lengths lengths;
};

/* Opens the folder of a plan that has one, and the checkpoint to be resumed. */
TIDE_MUST_USE bool tide_run_checkpoint_open(struct tide_run_checkpoint *checkpoint,
                                            const struct tide_plan *plan, struct tide_error *error);
void tide_run_checkpoint_close(struct tide_run_checkpoint *checkpoint);

/* Opens an output of the run: in the folder if there is one. part: "results.part". comes_last: it
 * is written when all others are complete, so that a checkpoint need not know of it. */
TIDE_MUST_USE struct tide_output *
tide_run_checkpoint_output(const struct tide_run_checkpoint *checkpoint,
                           struct tide_output_set *outputs, const char *name, const char *part,
                           bool comes_last, struct tide_error *error);

/* Has the run ended well before? Then outputs may still have to be moved to where they belong. */
static inline bool tide_run_checkpoint_is_finished(const struct tide_run_checkpoint *checkpoint)
{
    return checkpoint->file.bytes && checkpoint->lengths.is_finished;
}

/* Of a run that has finished: has this part been moved to where it belongs? */
bool tide_run_checkpoint_has_moved(const struct tide_run_checkpoint *checkpoint, const char *part);

/* Makes the pipeline go on from the checkpoint, if there is one, and take others. */
TIDE_MUST_USE bool tide_run_checkpoint_restore(struct tide_run_checkpoint *checkpoint,
                                               struct tide_pipeline *pipeline,
                                               struct tide_output_set *outputs,
                                               struct tide_error *error);

/* After a signal: says on standard error what --resume will do. */
void tide_run_checkpoint_say_unfinished(const struct tide_run_checkpoint *checkpoint);

/* All outputs are complete: from now on a run that resumes has only to move them. */
TIDE_MUST_USE bool tide_run_checkpoint_finish(struct tide_run_checkpoint *checkpoint,
                                              struct tide_output_set *outputs,
                                              struct tide_error *error);

#endif
