#include "engine/state/session_key.h"

_Static_assert(sizeof(struct tide_session) % 16 == 0, "states lie right behind a session");
_Static_assert(offsetof(struct tide_session_node, session) % 16 == 0, "sums are aligned");
_Static_assert(sizeof(struct tide_session_key) == 128, "a key with one session is two cache lines");

/* --- trees by end --- */

/* All of `before` end before all of `after`. */
static struct tide_session_node *join(struct tide_session_node *before,
                                      struct tide_session_node *after)
{
    if (!before || !after) return before ? before : after;
    if (before->priority > after->priority) {
        before->after = join(before->after, after);
        return before;
    }
    after->before = join(before, after->before);
    return after;
}

/* Parts a tree: sessions that end before time_ms, and the others. */
static void part(struct tide_session_node *root, int64_t time_ms, struct tide_session_node **before,
                 struct tide_session_node **after)
{
    if (!root) {
        *before = *after = NULL;
    } else if (root->session.end_ms < time_ms) {
        *before = root;
        part(root->after, time_ms, &root->after, after);
    } else {
        *after = root;
        part(root->before, time_ms, before, &root->before);
    }
}

static struct tide_session_node *make_node(uint32_t state_stride)
{
    struct tide_session_node *node = tide_alloc_aligned(16, sizeof *node + state_stride);
    if (!node) return NULL;
    node->before = node->after = NULL;
    node->priority = tide_hash_mix((uint64_t)(uintptr_t)node, UINT64_C(0x9E3779B97F4A7C15));
    return node;
}

static void insert(struct tide_session_key *key, struct tide_session_node *node)
{
    struct tide_session_node *before, *after;
    part(key->root, node->session.end_ms, &before, &after);
    key->root = join(join(before, node), after);
}

static void free_all(struct tide_session_node *root)
{
    if (!root) return;
    free_all(root->before);
    free_all(root->after);
    tide_free(root);
}

/* --- sessions of a key --- */

struct tide_session *tide_session_tree_find(struct tide_session_node *root, int64_t time_ms)
{
    struct tide_session *found = NULL;
    for (struct tide_session_node *node = root; node;) {
        bool is_before = node->session.end_ms < time_ms;
        if (!is_before) found = &node->session;
        node = is_before ? node->after : node->before;
    }
    return found;
}

struct tide_session *tide_session_tree_first_open(struct tide_session_node *root)
{
    struct tide_session *found = NULL;
    for (struct tide_session_node *node = root; node;) {
        bool has_fired = tide_session_has_fired(&node->session);
        if (!has_fired) found = &node->session;
        node = has_fired ? node->after : node->before;
    }
    return found;
}

struct tide_session *tide_session_key_insert(struct tide_session_key *key, int64_t start_ms,
                                             int64_t end_ms, uint32_t state_stride)
{
    struct tide_session *session = &key->one;
    if (key->session_count > 0) {
        struct tide_session_node *node = make_node(state_stride), *moved = NULL;
        if (node && key->session_count == 1) moved = make_node(state_stride);
        if (!node || (key->session_count == 1 && !moved)) {
            tide_free(node);
            return NULL;
        }
        if (moved) {
            memcpy(&moved->session, &key->one, sizeof key->one + state_stride);
            key->root = moved;
        }
        session = &node->session;
        session->end_ms = end_ms;
        insert(key, node);
    }
    session->start_ms = start_ms;
    session->end_ms = end_ms;
    key->session_count++;
    return session;
}

void tide_session_key_remove(struct tide_session_key *key, const struct tide_session *session,
                             uint32_t state_stride)
{
    if (key->session_count-- == 1) return;
    struct tide_session_node *before, *node, *rest = NULL;
    part(key->root, session->end_ms, &before, &node);
    if (session->end_ms < INT64_MAX) part(node, session->end_ms + 1, &node, &rest);
    TIDE_CHECK(&node->session == session && !node->before && !node->after);
    tide_free(node);
    key->root = join(before, rest);
    if (key->session_count > 1) return;
    struct tide_session_node *last = key->root; /* where it is to lie in the record as well */
    memcpy(&key->one, &last->session, sizeof key->one + state_stride);
    tide_free(last);
}

void tide_session_key_clear(struct tide_session_key *key)
{
    if (key->session_count > 1) free_all(key->root);
    key->session_count = 0;
}
