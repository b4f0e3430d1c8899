/*
 * vote - a class guesses what a server will do
 *
 * Stands beside the way of the data. There is one question at a time, that of the whole class: who asks
 * puts it in the place of the one before. Each visitor has one voice, and may change it until the vote
 * ends. What a question says is the business of the page that asks it.
 *
 * One lock guards all of it; each function takes it for a moment, and waits for nothing with it held.
 */
#ifndef LESSON02_VOTE_H
#define LESSON02_VOTE_H

#include <stdbool.h>
#include <stddef.h>

#define VOTE_CHOICES      7
#define VOTE_QUESTION_MAX 1024 /* bytes */

/* What a visitor has said; all zero at first, and used by its thread alone. */
struct voter {
    unsigned long number; /* of the question that was answered last */
    unsigned choice;
};

void vote_enter(void);
void vote_leave(void);

/* False if the question is too long. */
bool vote_ask(const void *question, size_t len);

/* Gives the voice to a choice, if the question of that number is still open. */
void vote_cast(struct voter *voter, unsigned long number, unsigned choice);

/* The vote is over: the answer may be shown. */
void vote_end(void);

/* Writes how it stands, a JSON object:
 *
 *     "event":"vote"
 *     "number":3           of the question; 0: none was asked yet
 *     "open":true
 *     "here":29            visitors
 *     "votes":[0,4,...]    for each choice
 *     "question":"7b22.."  as it was asked, in hex
 */
#define VOTE_STATE_MAX (2 * VOTE_QUESTION_MAX + 300)
size_t vote_write(char out[VOTE_STATE_MAX]);

#endif
