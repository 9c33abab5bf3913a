#include "engine/text/scan.h"

extern const struct tide_scanner tide_scanner_portable;

#ifdef TIDE_HAVE_X86
extern const struct tide_scanner tide_scanner_avx2, tide_scanner_avx512;

static bool can_run_avx2(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt") &&
           __builtin_cpu_supports("pclmul");
}

static bool can_run_avx512(void)
{
    return can_run_avx2() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2");
}
#endif

const struct tide_scanner *tide_scanner_select(enum tide_scanner_choice choice)
{
#ifdef TIDE_HAVE_X86
    if (choice == TIDE_SCANNER_BEST && can_run_avx512()) return &tide_scanner_avx512;
    if (choice != TIDE_SCANNER_PORTABLE && can_run_avx2()) return &tide_scanner_avx2;
#endif
    (void)choice;
    return &tide_scanner_portable;
}
