/*
 * words - see words.h
 */
#include "words.h"

/* A file a subject, and a row a text: {"English as the code has it", "the same in Chinese"}, */
static struct language_row table[] = {
#include "chinese/challenges.h"
#include "chinese/close.h"
#include "chinese/diagnose.h"
#include "chinese/frames.h"
#include "chinese/grader.h"
#include "chinese/handshake.h"
#include "chinese/hints.h"
#include "chinese/room.h"
};

#define COUNT (sizeof table / sizeof *table)

static bool chinese; /* set before there are threads */

void words_choose(void)
{
    chinese = language_is_chinese();
    if (chinese)
        language_sort(table, COUNT);
}

void words_stay_english(void)
{
    chinese = false;
}

const char *words(const char *english)
{
    return chinese ? language_find(table, COUNT, english) : english;
}
