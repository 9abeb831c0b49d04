/*
 * Replaces dl_iterate_phdr and _dl_find_object, which report the loaded objects to an unwinder, by
 * functions that leave out objects. The mutant defines `is_reported`.
 */
#ifndef OBJECTS_H
#define OBJECTS_H

#include "real.h"

#include <link.h>
#include <stddef.h>
#include <stdint.h>

/* Number of objects that the program had when it started, the main program included. */
static int objects_at_start;

/*
 * Returns whether the functions report the object whose first byte is at `base`. The object is the
 * object number `index` in the order of loading, which the C library keeps.
 */
static int is_reported(int index, uintptr_t base);

struct objects {
    int (*callback)(struct dl_phdr_info *, size_t, void *);
    void *data;
    int index;
};

static int report(struct dl_phdr_info *info, size_t size, void *data)
{
    struct objects *objects = data;
    const int index = objects->index++;

    return is_reported(index, (uintptr_t)info->dlpi_addr) ? objects->callback(info, size, objects->data) : 0;
}

static int iterate(int (*callback)(struct dl_phdr_info *, size_t, void *), void *data)
{
    int (*real)(int (*)(struct dl_phdr_info *, size_t, void *), void *);

    find_real("dl_iterate_phdr", &real);
    return real(callback, data);
}

int dl_iterate_phdr(int (*callback)(struct dl_phdr_info *, size_t, void *), void *data)
{
    struct objects objects = {callback, data, 0};

    return iterate(report, &objects);
}

#ifdef DLFO_STRUCT_HAS_EH_DBASE /* glibc 2.35 or later */
int _dl_find_object(void *address, struct dl_find_object *result)
{
    int (*real)(void *, struct dl_find_object *);
    const struct link_map *object;
    int index = 0;

    find_real("_dl_find_object", &real);
    if (real(address, result) != 0) {
        return -1;
    }
    for (object = result->dlfo_link_map; object->l_prev != NULL; object = object->l_prev) {
        index++;
    }
    return is_reported(index, (uintptr_t)result->dlfo_link_map->l_addr) ? 0 : -1;
}
#endif

static int count(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)info;
    (void)size;
    (void)data;
    objects_at_start++;
    return 0;
}

__attribute__((constructor)) static void start(void)
{
    iterate(count, NULL);
}

#endif
