#include "engine/stages/rule_log.h"

enum { CHANGE_BYTES_LEAST = 2 * 8, RULE_BYTES_LEAST = 2 * 8 };

size_t tide_rule_log_bytes(const struct tide_rule_set *rules)
{
    size_t bytes = sizeof(struct tide_rule_change);
    for (unsigned i = 0; i < rules->rule_count; i++)
        bytes += sizeof(struct tide_rule_text) + strlen(rules->rules[i].text) + 1;
    return bytes;
}

static void forget(struct tide_rule_change *change)
{
    for (unsigned i = 0; i < change->rule_count; i++) tide_free(change->rules[i].text);
    tide_free(change->rules);
    *change = (struct tide_rule_change){0};
}

void tide_rule_log_fini(struct tide_rule_log *log)
{
    for (unsigned i = 0; i < log->count; i++) forget(&log->changes[i]);
    tide_free(log->changes);
    *log = (struct tide_rule_log){0};
}

/* The next change, with room for so many rules and none yet. NULL without memory. */
static struct tide_rule_change *begin(struct tide_rule_log *log, uint64_t row, unsigned rule_count)
{
    if (log->count == log->capacity) {
        unsigned capacity = log->capacity ? log->capacity * 2 : 1;
        struct tide_rule_change *changes = tide_realloc(log->changes, capacity * sizeof *changes);
        if (!changes) return NULL;
        log->changes = changes;
        log->capacity = capacity;
    }
    struct tide_rule_text *rules = tide_alloc_zeroed(rule_count, sizeof *rules);
    if (!rules) return NULL;
    struct tide_rule_change *change = &log->changes[log->count++];
    *change = (struct tide_rule_change){.row = row, .rules = rules};
    return change;
}

static bool add_text(struct tide_rule_change *change, const char *text, size_t bytes,
                     size_t label_bytes)
{
    char *kept = tide_strndup(text, bytes);
    if (!kept) return false;
    change->rules[change->rule_count++] = (struct tide_rule_text){kept, label_bytes};
    return true;
}

bool tide_rule_log_add(struct tide_rule_log *log, uint64_t row, const struct tide_rule_set *rules)
{
    struct tide_rule_change *change = begin(log, row, rules->rule_count);
    for (unsigned i = 0; change && i < rules->rule_count; i++) {
        const struct tide_rule *rule = &rules->rules[i];
        if (!add_text(change, rule->text, strlen(rule->text), strlen(rule->label))) return false;
    }
    return change != NULL;
}

bool tide_rule_log_ends_with(const struct tide_rule_log *log, const struct tide_rule_set *rules)
{
    if (log->count == 0) return false;
    const struct tide_rule_change *last = &log->changes[log->count - 1];
    if (last->rule_count != rules->rule_count) return false;
    for (unsigned i = 0; i < last->rule_count; i++)
        if (strcmp(last->rules[i].text, rules->rules[i].text) != 0) return false;
    return true;
}

void tide_rule_log_save(const struct tide_rule_log *log, struct tide_snapshot *snapshot)
{
    tide_put_u64(snapshot, log->count);
    for (unsigned i = 0; i < log->count; i++) {
        const struct tide_rule_change *change = &log->changes[i];
        tide_put_u64(snapshot, change->row);
        tide_put_u64(snapshot, change->rule_count);
        for (unsigned j = 0; j < change->rule_count; j++) {
            tide_put_u64(snapshot, change->rules[j].label_bytes);
            tide_put_text(snapshot, change->rules[j].text, strlen(change->rules[j].text));
        }
    }
}

static bool load_change(struct tide_rule_log *log, struct tide_snapshot_reader *reader)
{
    const uint64_t row = tide_get_u64(reader), count = tide_get_count(reader, RULE_BYTES_LEAST);
    if (count > TIDE_RULE_COUNT_MAX) return tide_damage(reader, "it has too many rules");
    if (row > reader->row_count) return tide_damage(reader, "rules begin beyond the rows read");
    if (reader->damage) return false;
    struct tide_rule_change *change = begin(log, row, (unsigned)count);
    for (uint64_t i = 0; change && i < count; i++) {
        size_t bytes;
        const uint64_t label_bytes = tide_get_u64(reader);
        const char *text = tide_get_text(reader, &bytes);
        if (!text) return false;
        if (label_bytes > bytes || memchr(text, '\0', bytes))
            return tide_damage(reader, "a rule is no text");
        if (!add_text(change, text, bytes, label_bytes)) return false;
    }
    return change != NULL;
}

bool tide_rule_log_load(struct tide_rule_log *log, struct tide_snapshot_reader *reader)
{
    tide_rule_log_fini(log);
    const uint64_t count = tide_get_count(reader, CHANGE_BYTES_LEAST);
    if (count > TIDE_RULE_CHANGES_MAX) return tide_damage(reader, "its rules change too often");
    for (uint64_t i = 0; i < count; i++)
        if (!load_change(log, reader)) return false;
    return !reader->damage;
}
