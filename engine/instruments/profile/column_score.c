#include "engine/instruments/profile/column_score.h"

#include <string.h>

/* A word in a column's name, and what it says for or against the role. */
struct word {
    const char *text;
    int points;
};

static const struct word key_words[] = {
    {"card", 18},     {"account", 18}, {"user", 17},     {"customer", 17}, {"client", 15},
    {"device", 16},   {"sensor", 16},  {"supplier", 15}, {"vendor", 15},   {"merchant", 14},
    {"benefic", 14},  {"payee", 14},   {"company", 13},  {"address", 12},  {"driver", 13},
    {"host", 11},     {"symbol", 13},  {"ticker", 13},   {"key", 12},      {"station", 12},
    {"invoice", 8},   {"order", 7},    {"product", 7},   {"stock", 6},     {"trans", 7},
    {"name", 2},      {"code", 1},     {"categor", 2},   {"number", 2},    {"internal", -8},
    {"descript", -6}, {"email", 6},    {"block", -4},    {"hash", -4},     {"input", -8},
};
static const struct word time_words[] = {
    {"timestamp", 20}, {"time", 14}, {"date", 14},   {"when", 10},      {"paid", 4},
    {"payment", 4},    {"day", 4},   {"epoch", 8},   {"effective", -4}, {"updated", 1},
    {"created", 3},    {"unix", -2}, {"birth", -20}, {"dob", -20},
};
static const struct word value_words[] = {
    {"amount", 20}, {"value", 15}, {"price", 14},  {"total", 12},  {"fare", 14},
    {"net", 6},     {"gross", 6},  {"cost", 10},   {"sum", 8},     {"paid", 4},
    {"payment", 4}, {"amt", 14},   {"qty", 6},     {"quant", 6},   {"balance", 6},
    {"vat", -8},    {"tax", -8},   {"tip", 2},     {"code", -12},  {"number", -12},
    {"lat", -12},   {"lon", -12},  {"phone", -16}, {"year", -12},  {"month", -12},
    {"hour", -12},  {"date", -16}, {"time", -12},  {"unix", -16},  {"index", -12},
    {"nonce", -12}, {"gas", -4},   {"area", -8},   {"tract", -12}, {"transaction", -12},
};

static void lower(char out[TIDE_SCORED_NAME_BYTES], const struct tide_sample_field *name)
{
    size_t bytes = name->bytes < TIDE_SCORED_NAME_BYTES ? name->bytes : TIDE_SCORED_NAME_BYTES - 1;
    for (size_t i = 0; i < bytes; i++) {
        char c = name->text[i];
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    out[bytes] = '\0';
}

/* customer_id, Customer ID, CustomerID, Supplier ID(T) */
static bool ends_in_id(const struct tide_sample_field *field)
{
    char name[TIDE_SCORED_NAME_BYTES];
    lower(name, field);
    size_t bytes = strcspn(name, "(");
    while (bytes > 0 && name[bytes - 1] == ' ') bytes--;
    if (bytes < 2 || memcmp(name + bytes - 2, "id", 2) != 0) return false;
    if (bytes == 2) return true;
    const char before = name[bytes - 3];
    return before < 'a' || before > 'z' || memcmp(field->text + bytes - 2, "ID", 2) == 0 ||
           memcmp(field->text + bytes - 2, "Id", 2) == 0;
}

static int word_points(const char *name, const struct word *words, size_t count)
{
    int points = 0;
    for (size_t i = 0; i < count; i++)
        if (strstr(name, words[i].text)) points += words[i].points;
    return points;
}

static int percent(uint32_t part, uint32_t whole)
{
    return whole ? (int)((uint64_t)part * 100 / whole) : 0;
}

static int key_score(const struct tide_column_facts *facts, int points)
{
    if (ends_in_id(&facts->name)) points += 6;
    points -= percent(facts->rows - facts->present, facts->rows) / 6; /* missing keys are no rows */
    if (facts->distinct <= 1) points -= 12;
    else if (facts->rows >= 50 && facts->distinct <= 3) points -= 10; /* yes and no */
    else if (facts->rows >= 50 && facts->distinct * 20 >= facts->present * 19) points -= 3;
    else points += 2; /* it comes again: there is something to fold */
    if (facts->fractions > 0 && facts->numbers * 2 > facts->present) points -= 8;
    if (facts->times * 2 > facts->present) points -= 15;
    return points;
}

static int time_score(const struct tide_column_facts *facts, int points)
{
    const int share = percent(facts->times, facts->present);
    const bool is_clock = strncmp(facts->time_format, "%H", 2) == 0;
    const bool is_number = strncmp(facts->time_format, "epoch", 5) == 0;
    if (share < 50) return TIDE_SCORE_NEVER;
    if (is_number && points <= 0) return TIDE_SCORE_NEVER;
    if (facts->distinct <= 1) points -= 4;
    return points + share / 5 + (is_clock ? -12 : is_number ? 0 : 6);
}

static int value_score(const struct tide_column_facts *facts, int points)
{
    const uint32_t numbers =
        facts->numbers > facts->comma_numbers ? facts->numbers : facts->comma_numbers;
    const int share = percent(numbers, facts->present);
    if (share < 50) return TIDE_SCORE_NEVER;
    if (ends_in_id(&facts->name)) points -= 14;
    if (facts->auto_times * 2 > facts->present) points -= 15;
    return points + share / 10 + percent(facts->fractions, facts->present) / 16;
}

int tide_column_score(const struct tide_column_facts *facts, enum tide_column_role role,
                      bool *by_name)
{
    static const struct {
        const struct word *words;
        size_t count;
        int (*score)(const struct tide_column_facts *facts, int points);
    } roles[TIDE_ROLE_COUNT] = {
        [TIDE_ROLE_KEY] = {key_words, sizeof key_words / sizeof *key_words, key_score},
        [TIDE_ROLE_TIME] = {time_words, sizeof time_words / sizeof *time_words, time_score},
        [TIDE_ROLE_VALUE] = {value_words, sizeof value_words / sizeof *value_words, value_score},
    };
    char name[TIDE_SCORED_NAME_BYTES];
    lower(name, &facts->name);
    const int points = word_points(name, roles[role].words, roles[role].count);
    *by_name = points > 2;
    if (facts->present == 0) return TIDE_SCORE_NEVER;
    return roles[role].score(facts, points);
}
