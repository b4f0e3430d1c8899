/*
 * model - the rules once more, written to be obviously right
 *
 * What the fuzz targets compare common/ with. It shares no code, no table and no constant with
 * common/; where common/ is fast, remembers little and takes input in pieces, this is slow, starts
 * again from the first byte each time and has all of the input before it. A mistake would have to
 * be made twice, in two ways of thinking, to stay unseen.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ------------------------------------------------------------------------------------ UTF-8 */

/* The length of the longest start of the text that some valid text begins with: text_len if there
 * is nothing wrong, else where the first impossible byte stands. *whole says whether the text could
 * end after that start. */
size_t model_utf8_possible(const uint8_t *text, size_t text_len, bool *whole);

/* ------------------------------------------------------------------------------------ frames */

/* Rules of RFC 6455 that bytes can break; several at once, so each is a bit. */
enum model_rule {
    MODEL_RSV = 1 << 0,
    MODEL_OPCODE = 1 << 1,
    MODEL_CONTROL_FRAGMENTED = 1 << 2,
    MODEL_CONTROL_TOO_LONG = 1 << 3,
    MODEL_NOT_MASKED = 1 << 4,
    MODEL_NOT_MINIMAL = 1 << 5,
    MODEL_HIGH_BIT = 1 << 6,
    MODEL_STRAY_CONTINUATION = 1 << 7,
    MODEL_UNFINISHED = 1 << 8,
    MODEL_TOO_BIG = 1 << 9,
    MODEL_TEXT_UTF8 = 1 << 10,
    MODEL_CLOSE_ONE_BYTE = 1 << 11,
    MODEL_CLOSE_CODE = 1 << 12,
    MODEL_CLOSE_UTF8 = 1 << 13,
};

struct model_header {
    unsigned fin, rsv, opcode, mask;
    uint64_t payload_len; /* once the bytes that say it are there */
    uint8_t key[4];
    size_t size; /* of the whole header in bytes, once two of them are there; else 0 */
};

/* What the first len bytes of a client's frame say, as far as they go. Returns the rules about a
 * header that they break, or that no bytes behind them could keep any more. */
unsigned model_header_read(struct model_header *header, const uint8_t *bytes, size_t len);

bool model_is_control(unsigned opcode);
bool model_close_code_is_valid(unsigned code);

/* ---------------------------------------------------------------------------------- messages */

enum model_what { MODEL_MESSAGE, MODEL_PING, MODEL_PONG, MODEL_CLOSE, MODEL_FAULT };

/* One thing that the bytes tell. */
struct model_told {
    enum model_what what;
    unsigned opcode; /* of a message: 1 or 2 */
    unsigned code;   /* of a close: §7.1.5, 1005 if there is none */
    unsigned broken; /* of a fault: the rules, one of which must be named */
    const uint8_t *data;
    size_t len;
    size_t begun;    /* bytes of an unfinished message that came before this */
    size_t from, to; /* how many bytes must have come for it to be told: may, and must be */
};

/* Where on the wire a frame stands; SIZE_MAX for what has not come. */
struct model_frame {
    size_t start, payload, end;
    uint64_t payload_len;
    bool is_control;
};

#define MODEL_WIRE_MAX 5000 /* bytes */

struct model_transcript {
    struct model_told told[MODEL_WIRE_MAX + 1]; /* in order; a close or a fault is the last */
    size_t count;
    struct model_frame frames[MODEL_WIRE_MAX / 6 + 2];
    size_t frame_count;
    uint8_t plain[MODEL_WIRE_MAX];  /* data frames' payload, unmasked, message after message */
    size_t wire_of[MODEL_WIRE_MAX]; /* where on the wire each byte of it stands */
    size_t plain_len;
    uint8_t control[MODEL_WIRE_MAX]; /* the same for control frames */
    size_t control_len;

    bool in_message; /* §5.4: fragments have come, the last has not */
    unsigned opcode;
    size_t message_start; /* in plain */
    uint64_t announced;   /* length of the message by its frames' headers */
};

/* Reads wire[0..len), at most MODEL_WIRE_MAX bytes, by RFC 6455 §5 to §8 for the server's side. */
void model_messages_read(struct model_transcript *t, const uint8_t *wire, size_t len,
                         uint64_t max_message);

/* ------------------------------------------------------------------------------------ HTTP */

struct model_text {
    const char *at;
    size_t len;
};

struct model_line {
    struct model_text name, value;
};

#define MODEL_HEAD_MAX  8192
#define MODEL_LINES_MAX (MODEL_HEAD_MAX / 3)

struct model_head {
    struct model_text method, target;
    int minor;
    struct model_text headers; /* all header lines with their ends, without the empty line */
    size_t len;                /* of the head with its empty line */
    size_t hosts;              /* how many Host headers there are */
    struct model_line lines[MODEL_LINES_MAX];
    size_t line_count;
};

/* Do the bytes begin with a complete request head, by the grammar of RFC 9112 §2 to §5? What surely
 * is one must be accepted; without `surely`, false means that it must be refused; in between, which
 * are targets that no client sends, the server may choose. The rules about the Host header are left
 * to model_host_*(). */
bool model_head_read(struct model_head *head, const char *bytes, size_t len, bool surely);

/* In the same way: surely a host with perhaps a port (RFC 3986 §3.2), or empty or with what can
 * never be in one. */
bool model_host_is_good(struct model_text host);
bool model_host_is_bad(struct model_text host);

/* The part of a target that is a whole URL between "//" and the path, else nothing. */
struct model_text model_url_host(struct model_text target);

/* The value of the first header of that name, and how many there are. */
size_t model_find(const struct model_head *head, const char *name, struct model_text *value);

/* Is the item in one of the comma-separated lists in headers of that name? */
bool model_has_item(const struct model_head *head, const char *name, const char *item,
                    bool any_case);

bool model_same(struct model_text text, const char *word);
bool model_same_any_case(struct model_text a, struct model_text b);

/* RFC 9110 §5.6.2 */
bool model_is_token(struct model_text text);

#endif
