/*
 * trial - one check under way: its clients, and what became of it
 *
 * A check is written as a row of steps: open a client, send, expect. The first step that does not
 * go as the rule says notes a failure, with everything that is needed to explain it; all steps
 * after that do nothing. So a check needs no test between its steps and reads like the rule.
 *
 *     struct peer *p = peer_open(t);
 *     send_text(p, "Hello");
 *     expect_text(p, "Hello");
 */
#ifndef WSCHECK_TRIAL_H
#define WSCHECK_TRIAL_H

#include "check.h"
#include "server.h"
#include "wire.h"

#define PEERS_MAX  128
#define PAUSES_MAX 8

/* What was there instead of what should come. A suspicion holds only for some of these. */
enum observed {
    A_MESSAGE = 1,  /* bytes that are no Close frame */
    A_CLOSE = 2,    /* a Close frame */
    AN_END = 4,     /* nothing, and the connection ended */
    SILENCE = 8,    /* nothing, and the connection is there still */
    ITS_DEATH = 16, /* the server has ended */
    NO_CONNECTION = 32,
    A_GAP = 64,   /* a right message, and one before it is missing */
    A_1007 = 128, /* a Close frame that says 1007, not UTF-8; as well as A_CLOSE */
    NOTHING_CAME = AN_END | SILENCE | NO_CONNECTION
};

/* Why a check failed, or how it was in the end. */
struct failure {
    char problem[400];     /* one sentence */
    char worked[240];      /* what went well before, if nothing came */
    unsigned observed;     /* 0: it is not about bytes of one client */
    bool unprepared;       /* it failed before it came to what the check is about */
    char in_words[2][300]; /* expected, came: where there are no bytes to show */
    struct bytes sent;     /* by the client concerned, since its last step that went well */
    struct bytes expected, came;
    size_t at;             /* the first wrong byte in them */
    bool is_text;          /* to be shown as text, not as hexadecimal */
    const char *diagnosis; /* id, see diagnose.h, or NULL */
    struct bytes replay;   /* a shell command */
    bool died;             /* the server has ended, or a sanitizer has found something in it */
    struct bytes server;   /* what it has said, and how it ended, in words */
};

enum outcome { NOT_RUN, PASSED, FAILED, SKIPPED };

struct result {
    enum outcome outcome;
    char skipped_because[240];
    struct failure failure;
};

void result_free(struct result *result);

/* How the grader was called. */
struct grading {
    int lesson;
    struct server server;
    int patience;    /* ms: the bound of every wait for something that must come */
    int slowest;     /* ms: the longest wait that has brought something, so far */
    bool was_silent; /* something has not come: from now on it is not waited for so long */
    size_t chop;     /* everything is sent in segments of so many bytes; 0: as it is */
};

/* One client in the grader's hand. */
struct peer {
    struct trial *trial;
    size_t number;
    struct wire *wire;
    struct bytes sent;         /* all of it (the beginning, if very much) */
    size_t pauses[PAUSES_MAX]; /* where in sent we waited for an answer before going on */
    size_t pause_count;
    size_t sent_mark;  /* what was sent before has been answered well */
    char worked[200];  /* the last step that has gone well, in words */
    size_t judged;     /* bytes of wire->came that have been judged */
    size_t waited_for; /* trial's `sent` and 1 when a wait was in vain, or 0 */
    size_t unasked;    /* pings and pongs passed over since the last answer: see UNASKED_MAX */
    size_t passed;     /* ... in the last wait */
    struct bytes_view awaited; /* a pong that may come before a message, in it or behind it */
    bool awaited_came;
    struct bytes message; /* the last that was expected, whatever it is, or as much as has come */
    bool clogged;         /* the server does not take all any more: nothing more is sent */
    char key[64];         /* its Sec-WebSocket-Key */
    unsigned char mask[4], mask_before[4]; /* of its last frame, and of one before that */
    unsigned close_code;                   /* that it has sent, or 0 */
    bool close_came;                       /* a Close frame has, and may travel */
    size_t cut;     /* where in its payload the last frame was cut in two, or 0 */
    bool in_pieces; /* some of what it has sent went out in pieces */
};

struct trial {
    struct grading *grading;
    const struct family *family;
    const struct check *check;
    struct result *result;
    int patience; /* ms: the bound of its waits */
    int64_t end;  /* by then the check is over, whatever the server does */
    struct peer peers[PEERS_MAX];
    struct wire wires[PEERS_MAX];
    size_t peer_count;
    size_t sent;             /* bytes, of all of them */
    struct scratch *scratch; /* what trial_bytes() has given */
};

void trial_begin(struct trial *t, struct grading *grading, const struct family *family,
                 const struct check *check, struct result *result);

/* Closes the client that came last, so that there is room for another. */
void trial_forget_last(struct trial *t);

/* Closes all clients. */
void trial_end(struct trial *t);

/* Does the check still hold? Steps that loop ask it. */
bool trial_holds(const struct trial *t);

/* A row of bytes that lives as long as the trial. */
struct bytes *trial_bytes(struct trial *t);

/* How long something is waited for, in ms. */
int trial_patience(const struct trial *t);

/* By when something must come that comes now. */
int64_t trial_deadline(const struct trial *t);

/* It has come, or the connection has ended; it was waited for since then. */
void trial_note_wait(struct trial *t, int64_t since);

/* Has the check taken so long that it can only have failed? A server that keeps sending something
 * could otherwise make it wait for what it is waiting for as long as it likes. */
bool trial_is_over(const struct trial *t);

/* Notes the failure, unless there is one; problem as for printf(), and in English: it is noted in the
 * reader's language, as what went well, what was expected and why something is skipped. */
void trial_fail(struct trial *t, const char *problem, ...) LIKE_PRINTF(2, 3);

/* The same about a client: what it sent goes with it. */
void trial_fail_at(struct peer *p, const char *problem, ...) LIKE_PRINTF(2, 3);

/* The client's step has gone well; in words, as for printf(). */
void trial_worked(struct peer *p, const char *step, ...) LIKE_PRINTF(2, 3);

/* Notes what was sent last, for a failure that shows after the check: the server has died. */
void trial_note_sent(struct trial *t);

/* Says what was expected and what came, in words. */
void trial_say(struct trial *t, const char *expected, const char *came);

/* What leads up to the check's own matter has been done, and `held` before. If that has failed, it
 * says nothing about what the check suspects. */
void trial_prepared(struct trial *t, bool held);

/* Adds what is known about why; the first that is not NULL counts. */
void trial_suspect(struct trial *t, const char *diagnosis);

/* Makes a second trial, with new clients and less patience, to find out why this one has failed: does
 * it hold? There is no third: within a second one, it is false. */
typedef void trial_run(struct trial *t, const struct check *check);
bool trial_probe(struct trial *t, trial_run *run, const struct check *check);

/* The check cannot be made here. */
void trial_skip(struct trial *t, const char *why);

#endif
