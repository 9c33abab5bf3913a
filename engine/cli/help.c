#include "engine/cli/help.h"

#include "engine/cli/commands.h"
#include "engine/plan/format.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 100, TEXT_COLUMN = 34, LIST_COLUMN = 12 };

/* What is in brackets stays together. */
static size_t word_bytes(const char *text)
{
    return *text == '[' ? strcspn(text, "]") + 1 : strcspn(text, " ");
}

/* Prints text broken at blanks, from `column` on, where the line stands already; later lines begin
 * at `indent`. */
static void print_wrapped(const char *text, size_t column, size_t indent)
{
    size_t used = column;
    for (bool first = true; *text; first = false) {
        size_t word = word_bytes(text);
        if (!first && used + 1 + word > COLUMNS) {
            printf("\n%*s", (int)indent, "");
            used = indent;
        } else if (!first) {
            putchar(' ');
            used++;
        }
        printf("%.*s", (int)word, text);
        used += word;
        text += word;
        text += strspn(text, " ");
    }
    putchar('\n');
}

/* Prints a head and what it means, side by side, or below each other if the head is long. */
static void print_entry(const char *head, const char *text, size_t text_column)
{
    int wrote = printf("%s", head);
    if (wrote < 0 || (size_t)wrote + 2 > text_column) {
        putchar('\n');
        wrote = 0;
    }
    printf("%*s", (int)text_column - wrote, "");
    print_wrapped(text, text_column, text_column);
}

static void print_option(const struct tide_option *option)
{
    char head[128], text[1024], letter[8] = "    ";
    if (option->letter) snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(head, sizeof head, "  %s--%s%s%s", letter, option->name, option->argument ? " " : "",
             option->argument ? option->argument : "");
    snprintf(text, sizeof text, "%s%s%s%s%s", option->help,
             option->repeatable ? "; may be given several times" : "",
             option->fallback ? " [default: " : "", option->fallback ? option->fallback : "",
             option->fallback ? "]" : "");
    print_entry(head, text, TEXT_COLUMN);
}

static void print_item(const char *name, const char *text)
{
    char head[64];
    snprintf(head, sizeof head, "  %s", name);
    print_entry(head, text, LIST_COLUMN);
}

static void print_operators(const struct tide_registry *registry)
{
    printf("\nWindows:\n");
    for (unsigned i = 0; registry->windows[i]; i++) printf("  %s\n", registry->windows[i]->form);
    printf("\nAggregates:\n");
    for (unsigned i = 0; registry->aggregates[i]; i++)
        print_item(registry->aggregates[i]->name, registry->aggregates[i]->summary);
    printf("\nFormats:\n");
    for (unsigned i = 0; registry->formats[i]; i++)
        print_item(registry->formats[i]->name, registry->formats[i]->summary);
}

/* The options of another command that count here too, by a reference to its own help. */
static void print_base(const struct tide_option_set *set)
{
    char text[1024], *end = text + sizeof text, *at = text;
    at += snprintf(at, (size_t)(end - at), "Options of 'tidemark %s' count here too",
                   set->base->command);
    for (unsigned i = 0; set->without && set->without[i]; i++)
        at += snprintf(at, (size_t)(end - at), "%s--%s", i ? ", " : ", without ", set->without[i]);
    snprintf(at, (size_t)(end - at), "; 'tidemark %s --help' tells of them.", set->base->command);
    putchar('\n');
    print_wrapped(text, 0, 0);
}

int tide_help_command(const struct tide_option_set *set, const struct tide_registry *registry)
{
    printf("Usage: tidemark %s [OPTION]...%s%s\n\n", set->command, *set->operands ? " " : "",
           set->operands);
    print_wrapped(set->summary, 0, 0);
    for (unsigned group = 0; group < set->group_count; group++) {
        printf("\n%s:\n", set->groups[group]);
        for (unsigned id = 0; id < set->option_count; id++)
            if (set->options[id].group == group) print_option(&set->options[id]);
    }
    if (set->base) print_base(set);
    else if (registry) print_operators(registry);
    printf("\n%s", set->closing);
    return tide_command_flush();
}
