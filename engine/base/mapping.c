#include "engine/base/mapping.h"

#include "engine/base/system.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

/* A page of a mapped file that cannot be read raises SIGBUS in the thread that touches it. The
 * handler has nothing but the address to go by, so the windows of the process are listed here. */
enum { WINDOWS_MAX = 512 };
static _Atomic uintptr_t window_begins[WINDOWS_MAX];
static _Atomic size_t window_bytes[WINDOWS_MAX];
static _Atomic bool has_failed;
static struct sigaction before;

static bool is_in_a_window(uintptr_t address)
{
    for (unsigned i = 0; i < WINDOWS_MAX; i++) {
        /* Acquire: pairs with the release in list_window; a begin that is seen has its size. */
        uintptr_t begin = atomic_load_explicit(&window_begins[i], memory_order_acquire);
        if (begin && address - begin < atomic_load_explicit(&window_bytes[i], memory_order_relaxed))
            return true;
    }
    return false;
}

/* Puts a page of zeroes where there is none, so that the thread can go on to where the failure is
 * noticed. mmap is a bare system call on Linux and touches nothing that the interrupted code may
 * hold. */
static void on_bus_error(int signal, siginfo_t *info, void *context)
{
    (void)context;
    uintptr_t page = (uintptr_t)info->si_addr & ~(uintptr_t)(TIDE_PAGE_BYTES - 1);
    atomic_store_explicit(&has_failed, true, memory_order_relaxed);
    /* Not ours, or no page is to be had: the instruction is run again and meets the old handler. */
    if (!is_in_a_window(page) ||
        tide_sys_mmap((void *)page, TIDE_PAGE_BYTES, PROT_READ,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        sigaction(signal, &before, NULL);
}

static void catch_bus_errors(void)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO};
    struct sigaction now;
    sigaction(SIGBUS, NULL, &now);
    if (now.sa_flags & SA_SIGINFO && now.sa_sigaction == on_bus_error) return;
    action.sa_sigaction = on_bus_error;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &before);
}

static bool list_window(const struct tide_mapping *mapping)
{
    for (unsigned i = 0; i < WINDOWS_MAX; i++) {
        if (atomic_load_explicit(&window_begins[i], memory_order_relaxed)) continue;
        atomic_store_explicit(&window_bytes[i], mapping->window_bytes, memory_order_relaxed);
        atomic_store_explicit(&window_begins[i],
                              (uintptr_t)mapping->reserved + TIDE_MAPPING_SLACK_BYTES,
                              memory_order_release);
        return true;
    }
    return false;
}

static size_t reserved_bytes(const struct tide_mapping *mapping)
{
    return mapping->window_bytes + 2 * TIDE_MAPPING_SLACK_BYTES;
}

bool tide_mapping_init(struct tide_mapping *mapping, size_t bytes)
{
    TIDE_ASSERT(bytes % TIDE_PAGE_BYTES == 0);
    *mapping = (struct tide_mapping){.window_bytes = bytes};
    char *reserved = tide_sys_mmap(NULL, reserved_bytes(mapping), PROT_READ,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED) return false;
    mapping->reserved = reserved;
    catch_bus_errors();
    if (list_window(mapping)) return true;
    tide_sys_munmap(reserved, reserved_bytes(mapping));
    mapping->reserved = NULL;
    return false;
}

void tide_mapping_fini(struct tide_mapping *mapping)
{
    if (!mapping->reserved) return;
    uintptr_t begin = (uintptr_t)mapping->reserved + TIDE_MAPPING_SLACK_BYTES;
    for (unsigned i = 0; i < WINDOWS_MAX; i++)
        if (atomic_load_explicit(&window_begins[i], memory_order_relaxed) == begin)
            atomic_store_explicit(&window_begins[i], 0, memory_order_relaxed);
    tide_sys_munmap(mapping->reserved, reserved_bytes(mapping));
    *mapping = (struct tide_mapping){0};
}

char *tide_mapping_show(struct tide_mapping *mapping, int fd, uint64_t offset, size_t bytes)
{
    TIDE_ASSERT(bytes > 0 && bytes <= mapping->window_bytes && offset % TIDE_PAGE_BYTES == 0);
    char *window = mapping->reserved + TIDE_MAPPING_SLACK_BYTES;
    /* Populated at once: a fault for every 16 pages would cost more than the copy that is saved. */
    void *shown = tide_sys_mmap(window, bytes, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE,
                                fd, (off_t)offset);
    return shown == MAP_FAILED ? NULL : window;
}

bool tide_mapping_has_failed(void)
{
    return atomic_load_explicit(&has_failed, memory_order_relaxed);
}
