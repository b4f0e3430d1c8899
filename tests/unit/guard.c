/*
 * guard - see guard.h
 */
#include "guard.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if !defined(MAP_ANON) && defined(MAP_ANONYMOUS)
#define MAP_ANON MAP_ANONYMOUS
#endif

#if !defined(MAP_ANON)
#include <fcntl.h>
#endif

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* MAP_ANON is not in POSIX.1-2008, though nearly everywhere; /dev/zero is the older way. */
static unsigned char *map_pages(size_t len)
{
#if defined(MAP_ANON)
    void *map = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
#else
    int fd = open("/dev/zero", O_RDWR);
    void *map = mmap(NULL, len, PROT_NONE, MAP_PRIVATE, fd, 0);
    close(fd);
#endif
    return map != MAP_FAILED ? map : NULL;
}

void guard_open(struct guard *guard, size_t len)
{
    size_t page = page_size(), room = (len / page + 1) * page;
    unsigned char *map = map_pages(page + room + page);
    must(map != NULL && mprotect(map + page, room, PROT_READ | PROT_WRITE) == 0,
         "there must be memory for a guarded buffer of %zu bytes", len);
    guard->begin = map + page;
    guard->end = guard->begin + room;
}

void guard_close(struct guard *guard)
{
    size_t page = page_size(), room = (size_t)(guard->end - guard->begin);
    munmap(guard->begin - page, page + room + page);
    *guard = (struct guard){0};
}

static unsigned char *put(const struct guard *guard, unsigned char *at, const void *bytes,
                          size_t len)
{
    must(len <= (size_t)(guard->end - guard->begin), "%zu bytes do not fit into the guard", len);
    if (bytes != NULL && len > 0)
        memcpy(at, bytes, len);
    return at;
}

unsigned char *guard_at_end(const struct guard *guard, const void *bytes, size_t len)
{
    return put(guard, guard->end - len, bytes, len);
}

unsigned char *guard_at_begin(const struct guard *guard, const void *bytes, size_t len)
{
    return put(guard, guard->begin, bytes, len);
}

void must_at(const char *file, int line, bool holds, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    if (holds)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    print_error("%s\n", text);
    _fail(file, line);
}

/* Marsaglia's xorshift. */
uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}
