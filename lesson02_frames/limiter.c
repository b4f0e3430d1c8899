/*
 * limiter - see limiter.h
 */
#include "limiter.h"

#include <stdio.h>
#include <string.h>

#include "words.h"

#define SECOND   1000
#define AT_ONCE  1000 /* lines of a kind in a second: a whole class may come at the same time */
#define IN_FLOOD 10   /* ... in the seconds after one that brought more */
#define PLACES   4    /* in which a kind can be */

void limiter_init(struct limiter *limiter)
{
    memset(limiter, 0, sizeof *limiter);
    limiter->due = NET_NO_DEADLINE;
}

/* ------------------------------------------------------------------------------------- kinds */

/* What the lines have in common besides their words. */
static void set_subject(struct limited *wanted, const struct log_kind *kind)
{
    const char *port = strrchr(kind->address, ':');
    size_t len = port != NULL ? (size_t)(port - kind->address) : strlen(kind->address);
    *wanted = (struct limited){.words = kind->words};
    if (kind->level == LOG_MESSAGES)
        wanted->number = kind->number;
    else if (len < sizeof wanted->from)
        memcpy(wanted->from, kind->address, len);
}

static bool is_same(const struct limited *a, const struct limited *b)
{
    return a->words == b->words && a->number == b->number && strcmp(a->from, b->from) == 0;
}

/* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv */
static size_t hash(const struct limited *wanted)
{
    uint32_t hash = 2166136261U ^ (uint32_t)(uintptr_t)wanted->words ^ (uint32_t)wanted->number;
    for (const char *c = wanted->from; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619U;
    return (hash * 2654435761U) >> 16;
}

/* Where the kind is counted; it takes the place of one that has not been seen for longest. NULL if all
 * have something to tell: then these lines are not counted. */
static struct limited *find(struct limiter *limiter, const struct log_kind *kind, int64_t now)
{
    struct limited wanted, *oldest = NULL;
    set_subject(&wanted, kind);
    size_t first = hash(&wanted);
    for (size_t i = 0; i < PLACES; i++) {
        struct limited *place = &limiter->kinds[(first + i) % LIMITER_KINDS];
        if (place->words != NULL && is_same(place, &wanted))
            return place;
        if (place->left_out == 0 && (oldest == NULL || place->start < oldest->start))
            oldest = place;
    }
    if (oldest != NULL) {
        *oldest = wanted;
        oldest->start = now;
        oldest->most = AT_ONCE;
    }
    return oldest;
}

/* ---------------------------------------------------------------------------------- counting */

static size_t count_lines(const char *bytes, size_t len)
{
    size_t lines = 0;
    for (size_t i = 0; i < len; i++)
        lines += bytes[i] == '\n';
    return lines;
}

/* Keeps the beginning of a line, without its colours, and with whole characters. */
static void keep_sample(struct limited *kind, const char *line, size_t len)
{
    size_t kept = 0, i = 0;
    for (; i < len && line[i] != '\n' && kept < LIMITER_SAMPLE_MAX - 1; i++)
        if (line[i] != '\033')
            kind->sample[kept++] = line[i];
        else
            while (i < len && line[i] != 'm')
                i++;
    while (kept > 0 && i < len && ((unsigned char)line[i] & 0xC0) == 0x80) {
        kept--;
        i--;
    }
    kind->sample[kept] = '\0';
}

bool limiter_admits(struct limiter *limiter, const struct log_kind *kind, const char *lines,
                    size_t len, int64_t now)
{
    struct limited *k = find(limiter, kind, now);
    if (k == NULL)
        return true;
    if (now - k->start >= SECOND) {
        k->most = k->is_flood && now - k->start < 2 * SECOND ? IN_FLOOD : AT_ONCE;
        k->start = now;
        k->lines = 0;
        k->is_flood = false;
    }
    if (k->lines < k->most) {
        k->lines++;
        return true;
    }
    k->is_flood = true;
    if (k->left_out == 0)
        keep_sample(k, lines, len);
    k->left_out += count_lines(lines, len);
    if (limiter->due > k->start + SECOND)
        limiter->due = k->start + SECOND;
    return false;
}

/* --------------------------------------------------------------------------------- telling */

/* One that has something to tell, and whose second is over. Sets when the next of the others has. */
static struct limited *find_due(struct limiter *limiter, int64_t now)
{
    struct limited *due = NULL;
    limiter->due = NET_NO_DEADLINE;
    for (struct limited *k = limiter->kinds; k < limiter->kinds + LIMITER_KINDS; k++) {
        int64_t end = k->start + SECOND;
        if (k->left_out == 0)
            continue;
        if (due == NULL && now >= end)
            due = k;
        else if (end < limiter->due)
            limiter->due = end;
    }
    return due;
}

size_t limiter_note(struct limiter *limiter, int64_t now, char note[LIMITER_NOTE_MAX])
{
    struct limited *k = now >= limiter->due ? find_due(limiter, now) : NULL;
    if (k == NULL)
        return 0;
    int len = snprintf(note, LIMITER_NOTE_MAX, words("... %zu more %s like this left out: %s\n"),
                       k->left_out, words(k->left_out == 1 ? "line" : "lines"), k->sample);
    k->left_out = 0;
    return (size_t)len;
}
