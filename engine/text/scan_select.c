#include "engine/text/scan.h"

extern const struct tide_scanner tide_scanner_portable;

#ifdef TIDE_HAVE_AVX2
extern const struct tide_scanner tide_scanner_avx2;

static bool can_run_avx2(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("pclmul");
}
#endif

const struct tide_scanner *tide_scanner_select(enum tide_scanner_choice choice)
{
#ifdef TIDE_HAVE_AVX2
    if (choice == TIDE_SCANNER_BEST && can_run_avx2()) return &tide_scanner_avx2;
#endif
    (void)choice;
    return &tide_scanner_portable;
}
