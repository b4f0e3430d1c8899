/*
 * printable - see printable.h
 */
#include "printable.h"

#include <stdbool.h>
#include <stdint.h>

/* Controls, and what Unicode calls default ignorable: invisible, or there to join, to select a form or
 * to turn the direction; surrogates; and what stands for no character. */
static const struct {
    uint32_t first, last;
} hidden[] = {
    {0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},    {0x034F, 0x034F},
    {0x061C, 0x061C},   {0x115F, 0x1160},   {0x17B4, 0x17B5},    {0x180B, 0x180F},
    {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},    {0x3164, 0x3164},
    {0xD800, 0xF8FF},   {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},    {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},    {0x1BCA0, 0x1BCA3},
    {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}, {0xF0000, 0x10FFFF},
};

static bool is_hidden(uint32_t character)
{
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (character >= hidden[i].first && character <= hidden[i].last)
            return true;
    return false;
}

/* RFC 3629 §3: the first byte says how long the character is; 6 bits come with each of the others. */
static size_t length_of(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xC0) /* inside a character */
        return 0;
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : first <= 0xF4 ? 4 : 0;
}

/* Reads UTF-8 by itself: the grader shows text with it, and shares no rule with the servers it grades. */
size_t printable_character(const void *bytes, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* that takes so many bytes */
    const unsigned char *byte = bytes;
    size_t wanted = len > 0 ? length_of(byte[0]) : 0;
    if (wanted == 0 || wanted > len)
        return 0;
    uint32_t character = wanted == 1 ? byte[0] : byte[0] & (0x7Fu >> wanted);
    for (size_t i = 1; i < wanted; i++) {
        if ((byte[i] & 0xC0) != 0x80)
            return 0;
        character = character << 6 | (byte[i] & 0x3F);
    }
    bool is_character = character >= least[wanted] && character <= 0x10FFFF;
    return is_character && !is_hidden(character) ? wanted : 0;
}
