#include "engine/base/memory.h"
#include "engine/cli/commands.h"
#include "engine/text/scan.h"

#include <gmp.h>
#include <isa-l.h>
#include <jansson.h>
#include <stdio.h>
#include <xxhash.h>
#include <zstd.h>

int tide_command_version(void)
{
    printf("tidemark %s\n", TIDE_VERSION);
    printf("allocator  %s\n", tide_allocator_name());
#ifdef TIDE_URCU_VERSION /* liburcu's headers do not say; the build asks pkg-config */
    printf("liburcu    %s (qsbr)\n", TIDE_URCU_VERSION);
#else
    printf("liburcu    qsbr\n");
#endif
    printf("isa-l      %d.%d.%d\n", ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION, ISAL_PATCH_VERSION);
    printf("zstd       %s\n", ZSTD_versionString());
    printf("gmp        %s\n", gmp_version);
    printf("jansson    %s\n", JANSSON_VERSION);
    printf("xxhash     %d.%d.%d\n", XXH_VERSION_MAJOR, XXH_VERSION_MINOR, XXH_VERSION_RELEASE);
    printf("csv scan   %s\n", tide_scanner_select(TIDE_SCANNER_BEST)->name);
    return tide_command_flush();
}
