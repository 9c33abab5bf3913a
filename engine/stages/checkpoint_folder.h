/*
 * checkpoint_folder: the folder of --checkpoint: the newest records, and the outputs while they are
 *           unfinished.
 * Owns:     the open folder, with a lock on it that ends with the run.
 * Threads:  one at a time: the main thread's, or the checkpointer's while stages run.
 * Blocks:   in calls on files.
 * Errors:   exit 1, with the folder's name and what to do.
 * Limits:   TIDE_CHECKPOINTS_KEPT records are kept.
 */
#ifndef TIDE_STAGES_CHECKPOINT_FOLDER_H
#define TIDE_STAGES_CHECKPOINT_FOLDER_H

#include "engine/stages/checkpoint_file.h"

enum { TIDE_CHECKPOINTS_KEPT = 2, TIDE_CHECKPOINT_NOTE_BYTES = 512 };

struct tide_checkpoint_folder {
    const char *path; /* borrowed */
    int fd;           /* -1: not open */
    uint64_t number;  /* of the newest record; 0: there is none */
};

/* Makes the folder if it is not there, for its owner only, and locks it. A folder with a record is
 * refused unless the run resumes. */
TIDE_MUST_USE bool tide_checkpoint_folder_open(struct tide_checkpoint_folder *folder,
                                               const char *path, bool is_resuming,
                                               struct tide_error *error);
void tide_checkpoint_folder_close(struct tide_checkpoint_folder *folder);

/* Reads the newest record that is whole, and says its number; without any, file->bytes is NULL.
 * note: what had to be passed over, empty if nothing. False: all are damaged, or one must not be
 * passed over. */
TIDE_MUST_USE bool tide_checkpoint_folder_read(struct tide_checkpoint_folder *folder,
                                               struct tide_checkpoint_file *file, uint64_t *number,
                                               char note[TIDE_CHECKPOINT_NOTE_BYTES],
                                               struct tide_error *error);

/* Writes the next record and removes all but the newest ones. */
TIDE_MUST_USE bool tide_checkpoint_folder_write(struct tide_checkpoint_folder *folder,
                                                const struct tide_section sections[],
                                                unsigned section_count, uint64_t *bytes,
                                                struct tide_error *error);

#endif
