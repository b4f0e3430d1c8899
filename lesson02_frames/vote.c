/*
 * vote - see vote.h
 */
#include "vote.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* lock must be held when using these */
static unsigned long number_now;
static bool is_open;
static size_t here;
static unsigned votes[VOTE_CHOICES];
static unsigned char question_now[VOTE_QUESTION_MAX];
static size_t question_len;

void vote_enter(void)
{
    pthread_mutex_lock(&lock);
    here++;
    pthread_mutex_unlock(&lock);
}

void vote_leave(void)
{
    pthread_mutex_lock(&lock);
    here--;
    pthread_mutex_unlock(&lock);
}

bool vote_ask(const void *question, size_t len)
{
    if (len > sizeof question_now)
        return false;
    pthread_mutex_lock(&lock);
    number_now++;
    is_open = true;
    memset(votes, 0, sizeof votes);
    memcpy(question_now, question, len);
    question_len = len;
    pthread_mutex_unlock(&lock);
    return true;
}

void vote_cast(struct voter *voter, unsigned long number, unsigned choice)
{
    pthread_mutex_lock(&lock);
    if (is_open && number == number_now && choice < VOTE_CHOICES) {
        if (voter->number == number)
            votes[voter->choice]--;
        votes[choice]++;
        *voter = (struct voter){number, choice};
    }
    pthread_mutex_unlock(&lock);
}

void vote_end(void)
{
    pthread_mutex_lock(&lock);
    is_open = false;
    pthread_mutex_unlock(&lock);
}

size_t vote_write(char out[VOTE_STATE_MAX])
{
    char *at = out, *end = out + VOTE_STATE_MAX;
    pthread_mutex_lock(&lock);
    at += snprintf(at, (size_t)(end - at),
                   "{\"event\":\"vote\",\"number\":%lu,\"open\":%s,\"here\":%zu,\"votes\":[",
                   number_now, is_open ? "true" : "false", here);
    for (size_t i = 0; i < VOTE_CHOICES; i++)
        at += snprintf(at, (size_t)(end - at), "%s%u", i > 0 ? "," : "", votes[i]);
    at += snprintf(at, (size_t)(end - at), "],\"question\":%c", '"');
    for (size_t i = 0; i < question_len; i++)
        at += snprintf(at, (size_t)(end - at), "%02x", question_now[i]);
    at += snprintf(at, (size_t)(end - at), "%c}", '"');
    pthread_mutex_unlock(&lock);
    return (size_t)(at - out);
}
