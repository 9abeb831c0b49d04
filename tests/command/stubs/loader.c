/* Replaces functions of an executable when the shared object is loaded. */
#include "stubs.h"

#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern const struct stub __start_stubs[];
extern const struct stub __stop_stubs[];

long returns_0(void)
{
    return 0;
}

long returns_1(void)
{
    return 1;
}

long returns_minus_1(void)
{
    errno = ENOSYS;
    return -1;
}

long returns_enosys(void)
{
    return ENOSYS;
}

void exits(void)
{
    _exit(0);
}

/* Returns the stub of a function for this executable, or NULL. */
static const struct stub *find(const char *function, int number)
{
    const char *probe = program_invocation_short_name;
    size_t length = strcspn(probe, ".");
    const struct stub *stub;

    for (stub = __start_stubs; stub < __stop_stubs; stub++) {
        if (stub->number == number && strcmp(stub->function, function) == 0 && strlen(stub->probe) == length &&
            strncmp(stub->probe, probe, length) == 0) {
            return stub;
        }
    }
    return NULL;
}

static int replace(struct dl_phdr_info *info, size_t size, void *number)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const ElfW(Dyn) *entry = NULL;
    const ElfW(Sym) *symbols = NULL;
    const char *names = NULL;
    const ElfW(Rela) * relocations[2] = {NULL, NULL};
    size_t sizes[2] = {0, 0};
    int table;
    int index;

    (void)size;
    for (index = 0; index < info->dlpi_phnum; index++) {
        if (info->dlpi_phdr[index].p_type == PT_DYNAMIC) {
            entry = (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[index].p_vaddr);
        }
    }
    for (; entry != NULL && entry->d_tag != DT_NULL; entry++) {
        const void *address = (const void *)entry->d_un.d_ptr;

        switch (entry->d_tag) {
        case DT_SYMTAB:
            symbols = address;
            break;
        case DT_STRTAB:
            names = address;
            break;
        case DT_RELA:
            relocations[0] = address;
            break;
        case DT_RELASZ:
            sizes[0] = entry->d_un.d_val;
            break;
        case DT_JMPREL:
            relocations[1] = address;
            break;
        case DT_PLTRELSZ:
            sizes[1] = entry->d_un.d_val;
            break;
        default:
            break;
        }
    }
    for (table = 0; table < 2; table++) {
        const ElfW(Rela) *each = relocations[table];

        for (; (const char *)each < (const char *)relocations[table] + sizes[table]; each++) {
            size_t symbol = sizeof(void *) == 8 ? each->r_info >> 32 : each->r_info >> 8;
            const struct stub *stub = symbol == 0 ? NULL : find(names + symbols[symbol].st_name, *(int *)number);
            uintptr_t place = info->dlpi_addr + each->r_offset;

            if (stub != NULL) {
                mprotect((void *)(place / page * page), page, PROT_READ | PROT_WRITE);
                *(void (**)(void))place = stub->replacement;
            }
        }
    }
    return 1; /* Stops after the first object, which is the executable. */
}

__attribute__((constructor)) static void load(void)
{
    const char *text = getenv("TESTPROG_STUB");
    int number = text == NULL ? 0 : atoi(text);

    if (number != 0) {
        dl_iterate_phdr(replace, &number);
    }
}
