/*
 * printable: every character there is, and what is none
 */
#include "guard.h"

#include <stdint.h>
#include <string.h>

#include "printable.h"
#include "utf8.h"

static size_t encode(uint32_t c, unsigned char out[4])
{
    if (c < 0x80)
        return (out[0] = (unsigned char)c, (size_t)1);
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; c >>= 6)
        out[i] = (unsigned char)(0x80 | (c & 0x3F));
    out[0] = (unsigned char)(0xF00 >> len | c);
    return len;
}

static size_t judge(uint32_t c, size_t *len)
{
    static struct guard guard;
    unsigned char bytes[4];
    if (guard.begin == NULL)
        guard_open(&guard, 4);
    *len = encode(c, bytes);
    return printable_character(guard_at_end(&guard, bytes, *len), *len);
}

static void what_is_hidden(void **state)
{
    static const uint32_t hidden[] = {
        0,      0x1B,   0x7F,   0x80,   0x9B,   0xAD,    0x061C,  0x180E,   0x200B,  0x200D, 0x200E,
        0x200F, 0x2028, 0x202A, 0x202E, 0x2060, 0x2066,  0x2069,  0x3164,   0xD800,  0xDFFF, 0xE000,
        0xFE0F, 0xFEFF, 0xFFF9, 0xFFFE, 0xFFFF, 0xE0001, 0xE0041, 0x10FFFF, 0x110000};
    (void)state;
    for (size_t i = 0, len; i < COUNT_OF(hidden); i++)
        must(judge(hidden[i], &len) == 0, "U+%04X", (unsigned)hidden[i]);
}

static void what_is_shown(void **state)
{
    static const uint32_t shown[] = {
        ' ',    '~',    0xA0,   0xE4,   0x03C0, 0x0416, 0x05D0, 0x0627, 0x07FF,  0x0800,  0x2014,
        0x2026, 0x3000, 0x3001, 0x4F60, 0x597D, 0xAC00, 0xFF0C, 0xFFFD, 0x10000, 0x1F600, 0x20000};
    (void)state;
    for (size_t i = 0, len; i < COUNT_OF(shown); i++)
        must(judge(shown[i], &len) == len, "U+%04X", (unsigned)shown[i]);
}

/* Cut anywhere, or with another byte in it, it is no character, and nothing behind it is read. */
static void what_is_no_utf8(void **state)
{
    struct guard guard;
    (void)state;
    guard_open(&guard, 4);
    for (uint32_t c = 0x80; c < 0x110000; c += c < 0x3000 ? 1 : 977) {
        unsigned char bytes[4];
        size_t len = encode(c, bytes);
        for (size_t have = 0; have < len; have++)
            must(printable_character(guard_at_end(&guard, bytes, have), have) == 0,
                 "U+%04X, %zu bytes", (unsigned)c, have);
        bytes[len - 1] = 'a';
        must(printable_character(guard_at_end(&guard, bytes, len), len) == 0, "U+%04X, spoilt",
             (unsigned)c);
    }
    must(printable_character(guard_at_end(&guard, "\x80", 1), 1) == 0, "a byte from the middle");
    must(printable_character(guard_at_end(&guard, "\xc1\xbf", 2), 2) == 0, "DEL in two bytes");
    must(printable_character(guard_at_end(&guard, "\xe0\x9f\xbf", 3), 3) == 0, "U+07FF in three");
    must(printable_character(guard_at_end(&guard, "\xf0\x8f\xbf\xbd", 4), 4) == 0,
         "U+FFFD in four");
    must(printable_character(guard_at_end(&guard, "\xf9\x80\x80\x80", 4), 4) == 0,
         "a character of five bytes");
    guard_close(&guard);
}

/* Any bytes at all: what may be shown is a character to utf8.h as well, which reads them in another way. */
static void what_is_shown_is_utf8(void **state)
{
    static const unsigned char more[] = {'a', 0x7F, 0x80, 0x9F, 0xBF, 0xC0};
    (void)state;
    for (size_t n = 0; n < 0x10000 * COUNT_OF(more) * COUNT_OF(more); n++) {
        unsigned char bytes[4] = {(unsigned char)(n & 0xFF), (unsigned char)(n >> 8 & 0xFF),
                                  more[(n >> 16) % COUNT_OF(more)],
                                  more[(n >> 16) / COUNT_OF(more)]};
        size_t len = printable_character(bytes, sizeof bytes);
        struct utf8 text = {0};
        must(len == 0 || (utf8_feed(&text, bytes, len) && utf8_is_complete(&text)),
             "%02x %02x %02x %02x", bytes[0], bytes[1], bytes[2], bytes[3]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_hidden),
        cmocka_unit_test(what_is_shown),
        cmocka_unit_test(what_is_no_utf8),
        cmocka_unit_test(what_is_shown_is_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
