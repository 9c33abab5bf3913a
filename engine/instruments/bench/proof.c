#include "engine/instruments/bench/proof.h"

#include "engine/base/memory.h"

#include <string.h>

static const char *const file_names[TIDE_PROOF_OUTPUT_COUNT] = {
    [TIDE_OUTPUT_ALERTS] = "alerts",
    [TIDE_OUTPUT_RESULTS] = "results",
    [TIDE_OUTPUT_LATE] = "late",
    [TIDE_OUTPUT_REJECTS] = "rejects",
};

static const char *const names[TIDE_PROOF_OUTPUT_COUNT] = {
    [TIDE_OUTPUT_ALERTS] = "alerts",
    [TIDE_OUTPUT_RESULTS] = "results",
    [TIDE_OUTPUT_LATE] = "late rows",
    [TIDE_OUTPUT_REJECTS] = "rejects",
};

const char *tide_proof_output_name(unsigned output)
{
    return names[output];
}

const char *tide_proof_file_name(unsigned output)
{
    return file_names[output];
}

bool tide_proof_covers(const struct tide_plan *plan, unsigned output)
{
    return output == TIDE_OUTPUT_ALERTS || plan->outputs[output];
}

void tide_proof_init(struct tide_proof *proof, const struct tide_plan *plan, bool any_key_order)
{
    *proof = (struct tide_proof){.kinds = any_key_order ? TIDE_DIGEST_BOTH : TIDE_DIGEST_SEQUENCE};
    for (unsigned i = 0; i < TIDE_PROOF_OUTPUT_COUNT; i++)
        proof->outputs[i].is_written = tide_proof_covers(plan, i);
    proof->outputs[TIDE_OUTPUT_LATE].is_ordered = true;
    proof->outputs[TIDE_OUTPUT_REJECTS].is_ordered = true;
}

void tide_proof_fini(struct tide_proof *proof)
{
    tide_free(proof->counts);
    *proof = (struct tide_proof){0};
}

/* Is what a run wrote the same as before? is_first: there is no before. */
static bool is_same(struct tide_proof_output *output, const struct tide_file_digest *digest,
                    bool is_first, bool is_settled)
{
    if (is_first) output->first = *digest;
    bool same = digest->bytes == output->first.bytes &&
                tide_digest_equal(digest->multiset, output->first.multiset);
    if (!is_settled) return same;
    if (!output->sequence_is_set) output->sequence = digest->sequence;
    output->sequence_is_set = true;
    return same && tide_digest_equal(digest->sequence, output->sequence);
}

static bool check_counts(struct tide_proof *proof, const char *counts, const char **difference,
                         struct tide_error *error)
{
    if (!proof->counts) proof->counts = tide_strdup(counts);
    if (!proof->counts) return tide_error_memory(error, "the counts of a run");
    if (strcmp(proof->counts, counts) != 0) *difference = "counts";
    return true;
}

bool tide_proof_add(struct tide_proof *proof, const struct tide_bench_folder *folder,
                    enum tide_order order, const char *counts, const char **difference,
                    struct tide_error *error)
{
    *difference = NULL;
    for (unsigned i = 0; i < TIDE_PROOF_OUTPUT_COUNT && !*difference; i++) {
        struct tide_proof_output *output = &proof->outputs[i];
        struct tide_file_digest digest;
        if (!output->is_written) continue;
        struct tide_bench_path path = tide_bench_folder_file(folder, file_names[i]);
        if (!tide_digest_file(path.text, proof->kinds, &digest, error)) return false;
        bool is_settled = output->is_ordered || order == TIDE_ORDER_GLOBAL;
        if (!is_same(output, &digest, proof->run_count == 0, is_settled)) *difference = names[i];
    }
    if (!*difference && !check_counts(proof, counts, difference, error)) return false;
    proof->run_count++;
    return true;
}
