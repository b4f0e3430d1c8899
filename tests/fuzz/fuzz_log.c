/*
 * fuzz_log - nothing of a client's bytes reaches a terminal as it is
 *
 * Input: one byte that chooses how much room there is, then the bytes to be escaped.
 */
#include "fuzz.h"
#include "log.h"
#include "printable.h"

/* What one byte looks like when there is room; returns the length. */
static size_t escape_byte(uint8_t byte, char out[8])
{
    static const char hex[] = "0123456789ABCDEF";
    const char *letter = byte == '\n'   ? "n"
                         : byte == '\r' ? "r"
                         : byte == '\t' ? "t"
                         : byte == '\\' ? "\\"
                         : byte == '"'  ? "\""
                                        : NULL;
    if (letter != NULL)
        return (size_t)snprintf(out, 8, "\\%s", letter);
    if (byte >= 0x20 && byte <= 0x7E)
        return (size_t)snprintf(out, 8, "%c", byte);
    return (size_t)snprintf(out, 8, "\\x%c%c", hex[byte / 16], hex[byte % 16]);
}

/* What there must be: all of it if it fits, else as many bytes as leave room for dots. */
static void expect(char *text, size_t room, const uint8_t *bytes, size_t len)
{
    char piece[8];
    size_t at = 0, cut = 0;
    for (size_t i = 0, used; i < len; i += used) {
        size_t shown = printable_character(bytes + i, len - i);
        used = shown > 0 ? shown : 1;
        size_t piece_len = shown > 1 ? shown : escape_byte(bytes[i], piece);
        memcpy(text + at, shown > 1 ? (const char *)bytes + i : piece, piece_len);
        at += piece_len;
        if (at + sizeof "..." <= room)
            cut = at;
    }
    text[at] = '\0';
    if (at + 1 > room)
        memcpy(text + cut, "...", sizeof "...");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    size_t room = sizeof "..." + fuzz_byte(&in); /* the least that any caller gives is 100 */
    uint8_t *bytes = fuzz_copy(in.at, in.len);
    char *out = fuzz_alloc(room);
    memset(out, 0xA5, room);

    MUST(log_escape(out, room, bytes, in.len) == out);
    MUST(memchr(out, '\0', room) != NULL);
    for (size_t at = 0, used; out[at] != '\0';
         at += used) /* nothing that is not safe, or no UTF-8 */
        MUST((used = printable_character(out + at, strlen(out + at))) > 0);
    char *expected = fuzz_alloc(4 * in.len + sizeof "...");
    expect(expected, room, in.at, in.len);
    MUST(strcmp(out, expected) == 0);
    free(expected);
    free(out);
    free(bytes);
    return 0;
}
