/* broken: what tidemark must not take for a process function; BROKEN says in which way. */
#include <tidemark_process.h>

static int on_result(void *self, const struct tidemark_result *result,
                     struct tidemark_context *context)
{
    (void)self;
    (void)result;
    return tidemark_register_timer(context, TIDEMARK_EVENT_TIME, 5); /* and has no on_timer */
}

static int save(void *self, const void *state, struct tidemark_saving *saving)
{
    (void)self;
    (void)state;
    return tidemark_fail(saving->error, "and has no load");
}

static const char *const twice[] = {"one", "two", "one", NULL};
static const char *const unnamed[] = {"one", "two three", NULL};

TIDEMARK_PROCESS const struct tidemark_process_function BROKEN_SYMBOL = {
    .abi = BROKEN_ABI,
    .name = BROKEN_NAME,
    .state_bytes = BROKEN_STATE_BYTES,
    .arguments = BROKEN_ARGUMENTS,
    .counters = BROKEN_COUNTERS,
    .on_result = BROKEN_ON_RESULT,
    .no_checkpoints = BROKEN_NO_CHECKPOINTS,
    .save = BROKEN_SAVE,
};

const char *const *tidemark_broken_names[] = {twice, unnamed}; /* so that both are used */
int (*tidemark_broken_function)(void *, const struct tidemark_result *,
                                struct tidemark_context *) = on_result;
int (*tidemark_broken_save)(void *, const void *, struct tidemark_saving *) = save;
