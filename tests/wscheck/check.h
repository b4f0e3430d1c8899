/*
 * check - what a check is, and the tables in which they stand
 *
 * A check is a row of a table: an id that lasts, a title, and what makes it different from the rows
 * beside it. What it has in common with them stands once, in its family: the rule, its section, the
 * exercise, the function that runs them. A family of one is fine.
 *
 *     must    the RFC requires it, or it is what the lesson's server is for
 *     better  this course asks for more
 *
 * Exercises are the steps in which a student writes the server; each knows where to look.
 */
#ifndef WSCHECK_CHECK_H
#define WSCHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct start;
struct trial;

enum level { MUST, BETTER };

/* What a check needs besides a port to talk to. */
enum needs {
    NEEDS_NOTHING,
    NEEDS_SERVER = 1, /* to be started by us: it is given options, signals, or watched */
    NEEDS_IPV6 = 2,   /* this machine must have ::1 */
};

struct check {
    const char *id;
    const char *title;
    /* What makes it different from its neighbours; each family says what these mean there. */
    const char *text;
    size_t len; /* of text, where it may contain NUL bytes; else a length */
    unsigned number, code;
    const char *section; /* NULL: the family's */
    const char *suspect; /* the diagnosis when nothing in the bytes tells; NULL: the family's */
};

/* In a row: these bytes, NULs and all. */
#define BYTES(literal) .text = literal, .len = sizeof(literal) - 1

struct family {
    const char *exercise;
    unsigned lessons; /* LESSON(1) | LESSON(2) ... */
    enum level level;
    const char *section; /* "RFC 6455 §5.2" */
    const char *rule;    /* in words */
    const char *symptom; /* what the student has seen who came here */
    const char *parents; /* ids of checks that must hold first, with blanks between */
    unsigned needs;
    const struct start *start; /* how the server must be started; NULL: as usual */
    const char *place;   /* where to look, without a diagnosis; NULL: where the exercise says */
    const char *suspect; /* the diagnosis when nothing else in the bytes tells, or NULL */
    unsigned shows; /* enum observed: what shows the suspect; 0: whatever fails once connected */
    bool isolates;  /* made for one mistake: the suspect counts more than the bytes */
    bool waits;     /* most of its time it waits: it is made beside others of its exercise */
    void (*run)(struct trial *t, const struct check *check);
    const struct check *checks; /* the last has no id */
};

#define LESSON(n)    (1U << (n))
#define CHALLENGE(c) LESSON(CHALLENGE_NUMBER(c)) /* 'a' to 'e': they count as lessons 4 to 8 */
#define EVERY_LESSON (LESSON(CHALLENGE_NUMBER('e') + 1) - LESSON(1)) /* and every challenge */

#define CHALLENGE_NUMBER(c) ((unsigned)(c) - 'a' + 4)
#define FRAME_LESSONS       (LESSON(2) | LESSON(3))

struct exercise {
    const char *name;
    int lesson;
    const char *title;
    const char *place; /* where to look */
};

/* The tables, one a file; each ends with a family without an exercise. */
extern const struct family handshake_checks[], frame_checks[], close_checks[], room_checks[],
    challenge_checks[];

/* All families of all tables, in their order; NULL after the last. */
const struct family *family_at(size_t index);

/* Where the rule stands. */
const char *section_of(const struct family *family, const struct check *check);

/* "must" or "better" */
const char *level_name(enum level level);

const struct exercise *exercise_find(const char *name);

/* How many exercises there are, and one of them. */
size_t exercise_count(void);
const struct exercise *exercise_at(size_t index);

/* "lesson 2", "challenge a"; and as it is said on the command line: "--lesson 2" */
const char *lesson_name(int lesson);
const char *lesson_option(int lesson);

#endif
