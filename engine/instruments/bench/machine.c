#include "engine/instruments/bench/machine.h"

#include "engine/base/system.h"
#include "engine/flow/waiter.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>

/* x86 calls it "model name", some others "Model" or "cpu model". */
static void read_processor(char *text, size_t bytes)
{
    static const char *const names[] = {"model name", "cpu model", "Model"};
    char line[256];
    FILE *file = tide_sys_fopen("/proc/cpuinfo", "re");
    snprintf(text, bytes, "unknown");
    if (!file) return;
    while (fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (!colon) continue;
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            if (strncmp(line, names[i], strlen(names[i])) != 0) continue;
            colon += 1 + strspn(colon + 1, " \t");
            snprintf(text, bytes, "%.*s", (int)strcspn(colon, "\n"), colon);
            tide_sys_fclose(file);
            return;
        }
    }
    tide_sys_fclose(file);
}

void tide_machine_look(struct tide_machine *machine)
{
    struct utsname system;
    struct sysinfo memory;
    struct tm parts;
    time_t now = time(NULL);
    *machine = (struct tide_machine){.cores = tide_core_count()};
    read_processor(machine->processor, sizeof machine->processor);
    if (uname(&system) != 0 || snprintf(machine->kernel, sizeof machine->kernel, "%s %s %s",
                                        system.sysname, system.release, system.machine) < 0)
        snprintf(machine->kernel, sizeof machine->kernel, "unknown");
    if (sysinfo(&memory) == 0)
        machine->memory_kib = (uint64_t)memory.totalram * memory.mem_unit / 1024;
    gmtime_r(&now, &parts);
    strftime(machine->date, sizeof machine->date, "%Y-%m-%dT%H:%M:%SZ", &parts);
}
