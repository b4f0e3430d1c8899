/*
 * language - see language.h
 */
#include "language.h"

#include <stdlib.h>
#include <string.h>

bool language_is_chinese(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *locale = NULL;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (locale == NULL || *locale == '\0')
            locale = getenv(variables[i]);
    return locale != NULL && strncmp(locale, "zh", 2) == 0;
}

static int compare(const void *a, const void *b)
{
    const struct language_row *one = a, *other = b;
    return strcmp(one->english, other->english);
}

void language_sort(struct language_row *rows, size_t count)
{
    qsort(rows, count, sizeof *rows, compare);
}

const char *language_find(const struct language_row *rows, size_t count, const char *english)
{
    struct language_row wanted = {english, NULL};
    const struct language_row *found = bsearch(&wanted, rows, count, sizeof *rows, compare);
    return found != NULL ? found->chinese : english;
}
