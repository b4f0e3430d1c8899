/*
 * buffer: what goes in comes out, in order, and the memory is no more than that is worth
 */
#include "guard.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"

/* More memory than there is must be told as NULL, not end the test. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ADDRESS_SANITIZER
#endif
#if __has_feature(memory_sanitizer)
#define HAS_MEMORY_SANITIZER
#endif
#endif
#if defined(HAS_ADDRESS_SANITIZER) || defined(__SANITIZE_ADDRESS__)
#define SANITIZER_OPTIONS __asan_default_options
#elif defined(HAS_MEMORY_SANITIZER)
#define SANITIZER_OPTIONS __msan_default_options
#endif
#ifdef SANITIZER_OPTIONS
const char *SANITIZER_OPTIONS(void);
const char *SANITIZER_OPTIONS(void)
{
    return "allocator_may_return_null=1";
}
#endif

/* What a buffer must hold: the numbers from first to next, as bytes. */
struct expected {
    size_t first, next;
};

static unsigned char byte_at(size_t number)
{
    return (unsigned char)(number * 7 + number / 256);
}

static void put_expected(struct expected *expected, unsigned char *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = byte_at(expected->next++);
}

static void check(const struct buffer *buffer, const struct expected *expected)
{
    size_t len = expected->next - expected->first;
    must(buffer_len(buffer) == len, "holds %zu bytes, not %zu", len, buffer_len(buffer));
    must(buffer->start <= buffer->end && buffer->end <= buffer->size, "start <= end <= size");
    must((buffer->data == NULL) == (buffer->size == 0), "no memory is size 0");
    for (size_t i = 0; i < len; i++)
        must(buffer->data[buffer->start + i] == byte_at(expected->first + i), "byte %zu", i);
}

static void an_empty_buffer(void **state)
{
    struct buffer buffer = {0};
    (void)state;
    assert_int_equal(buffer_len(&buffer), 0);
    assert_true(buffer_reserve(&buffer, 0));
    assert_true(buffer_append(&buffer, NULL, 0));
    assert_true(buffer_append(&buffer, "", 0));
    assert_int_equal(buffer_len(&buffer), 0);
    buffer_consume(&buffer, 0);
    assert_int_equal(buffer_len(&buffer), 0);
    buffer_free(&buffer);
    buffer_free(&buffer);
    assert_null(buffer.data);
}

static void bytes_come_out_as_they_went_in(void **state)
{
    static const size_t lengths[] = {1,   2,    3,    100,  511,  512,   513,
                                     600, 1023, 1024, 1025, 4096, 65536, 100000};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        for (size_t k = 0; k < COUNT_OF(lengths); k++) {
            static unsigned char piece[100000];
            struct buffer buffer = {0};
            struct expected expected = {0, 0};
            put_expected(&expected, piece, lengths[i]);
            assert_true(buffer_append(&buffer, piece, lengths[i]));
            check(&buffer, &expected);
            put_expected(&expected, piece, lengths[k]);
            assert_true(buffer_append(&buffer, piece, lengths[k]));
            check(&buffer, &expected);
            buffer_consume(&buffer, lengths[i]);
            expected.first += lengths[i];
            check(&buffer, &expected);
            buffer_consume(&buffer, lengths[k]);
            expected.first += lengths[k];
            check(&buffer, &expected);
            assert_int_equal(buffer.start, 0); /* empty: the room is all free again */
            buffer_free(&buffer);
            assert_int_equal(buffer.size, 0);
        }
}

/* reserve() makes as much room as it says, and takes nothing away. */
static void there_is_room_after_reserve(void **state)
{
    (void)state;
    for (size_t held = 0; held <= 1100; held += 29)
        for (size_t consumed = 0; consumed <= held; consumed += 1 + held / 5)
            for (size_t more = 0; more <= 2100; more += 23) {
                unsigned char piece[1100];
                struct buffer buffer = {0};
                struct expected expected = {0, 0};
                put_expected(&expected, piece, held);
                assert_true(buffer_append(&buffer, piece, held));
                buffer_consume(&buffer, consumed);
                expected.first += consumed;
                must(buffer_reserve(&buffer, more), "held %zu, more %zu", held, more);
                must(buffer.size - buffer.end >= more, "held %zu, consumed %zu: %zu more", held,
                     consumed, more);
                check(&buffer, &expected);
                if (more > 0)
                    memset(buffer.data + buffer.end, 0xFF, more); /* a sanitizer looks on */
                check(&buffer, &expected);
                buffer_free(&buffer);
            }
}

/* Bytes read straight to where room was made are counted, not copied. */
static void bytes_that_are_there_already(void **state)
{
    struct buffer buffer = {0};
    struct expected expected = {0, 0};
    (void)state;
    for (size_t i = 1; i < 200; i++) {
        assert_true(buffer_reserve(&buffer, i));
        unsigned char *room = buffer.data + buffer.end;
        put_expected(&expected, room, i);
        if (i % 2 == 0)
            assert_true(buffer_append(&buffer, room, i));
        else
            buffer_put(&buffer, room, i);
        assert_ptr_equal(buffer.data + buffer.end, room + i);
        check(&buffer, &expected);
    }
    buffer_free(&buffer);
}

/* Many bytes that are received begin BUFFER_HEADROOM behind what malloc() gives; those that are held
 * stay where they are. */
static void room_for_many_bytes(void **state)
{
    struct buffer buffer = {0};
    struct expected expected = {0, 0};
    (void)state;
    for (int round = 0; round < 3; round++) {
        assert_true(buffer_reserve_bulk(&buffer, 4096));
        assert_ptr_equal(buffer.data + buffer.end, buffer.data + BUFFER_HEADROOM);
        must(buffer.size - buffer.end >= 4096, "there is room for 4096");
        check(&buffer, &expected);
        for (size_t piece = 0; piece < 5; piece++) {
            assert_true(buffer_reserve_bulk(&buffer, 4096));
            put_expected(&expected, buffer.data + buffer.end, 4096);
            buffer_put(&buffer, buffer.data + buffer.end, 4096);
            check(&buffer, &expected);
        }
        buffer_consume(&buffer, buffer_len(&buffer));
        expected.first = expected.next;
    }
    assert_false(buffer_reserve_bulk(&buffer, SIZE_MAX / 2));
    check(&buffer, &expected);
    assert_true(buffer_append(&buffer, "x", 1));
    assert_true(buffer_reserve_bulk(&buffer, 4096)); /* one byte is held, too */
    assert_int_equal(buffer_len(&buffer), 1);
    assert_memory_equal(buffer_bytes(&buffer), "x", 1);
    buffer_free(&buffer);
}

/* Everything in every order, against the two numbers that say what must be in it. */
static void random_use(void **state)
{
    uint32_t random = 6455;
    (void)state;
    for (int round = 0; round < 300; round++) {
        struct buffer buffer = {0};
        struct expected expected = {0, 0};
        size_t largest = 1u << next_random(&random) % 13, most = 0;
        for (int step = 0; step < 200; step++) {
            static unsigned char piece[1 << 14];
            size_t len = buffer_len(&buffer), n = 1 + next_random(&random) % largest;
            switch (next_random(&random) % 4) {
            case 0:
                put_expected(&expected, piece, n);
                assert_true(buffer_append(&buffer, piece, n));
                break;
            case 1:
                assert_true(buffer_reserve(&buffer, n));
                put_expected(&expected, buffer.data + buffer.end, n);
                buffer_put(&buffer, buffer.data + buffer.end, n);
                break;
            case 2:
                assert_true(buffer_reserve(&buffer, n));
                put_expected(&expected, piece, n);
                buffer_put(&buffer, piece, n);
                break;
            default:
                n = next_random(&random) % 3 == 0 ? len : n < len ? n : len;
                buffer_consume(&buffer, n);
                expected.first += n;
            }
            check(&buffer, &expected);
            if (len + n > most)
                most = len + n;
        }
        must(buffer.size <= 512 || buffer.size <= 4 * most, "%zu bytes for at most %zu",
             buffer.size, most);
        buffer_free(&buffer);
    }
}

/* "Size doubles as it is needed": never more than twice what is in it, but for small ones. */
static void memory_follows_what_is_held(void **state)
{
    struct buffer buffer = {0};
    (void)state;
    for (size_t len = 1; len <= 100000; len++) {
        assert_true(buffer_append(&buffer, "x", 1));
        must(buffer.size <= 512 || buffer.size < 2 * len, "%zu bytes for %zu", buffer.size, len);
    }
    buffer_free(&buffer);
    assert_true(buffer_reserve(&buffer, 4096)); /* which fits exactly */
    assert_int_equal(buffer.size, 4096);
    buffer_free(&buffer);
}

/* A queue that is never empty but never long stays small: what has been used up is used again. */
static void a_long_queue_of_short_contents(void **state)
{
    struct buffer buffer = {0};
    struct expected expected = {0, 0};
    unsigned char piece[100];
    (void)state;
    for (int i = 0; i < 100000; i++) {
        put_expected(&expected, piece, sizeof piece);
        assert_true(buffer_append(&buffer, piece, sizeof piece));
        if (i > 0) {
            buffer_consume(&buffer, sizeof piece);
            expected.first += sizeof piece;
        }
    }
    check(&buffer, &expected);
    must(buffer.size <= 1024, "%zu bytes for 200", buffer.size);
    buffer_free(&buffer);
}

/* No memory: false, and nothing is changed. */
static void what_does_not_fit_changes_nothing(void **state)
{
    static const size_t too_much[] = {SIZE_MAX,         SIZE_MAX - 1, SIZE_MAX - 512,
                                      SIZE_MAX / 2 + 1, SIZE_MAX / 2, SIZE_MAX / 2 - 600,
                                      SIZE_MAX / 4 + 1};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(too_much); i++)
        for (size_t consumed = 0; consumed <= 600; consumed += 300) {
            struct buffer buffer = {0};
            struct expected expected = {0, 0};
            unsigned char piece[600];
            put_expected(&expected, piece, sizeof piece);
            assert_true(buffer_append(&buffer, piece, sizeof piece));
            buffer_consume(&buffer, consumed);
            expected.first += consumed;

            struct buffer before = buffer;
            must(!buffer_reserve(&buffer, too_much[i]), "reserve %zx", too_much[i]);
            must(!buffer_append(&buffer, piece, too_much[i]), "append %zx", too_much[i]);
            assert_ptr_equal(buffer.data, before.data);
            assert_int_equal(buffer.size, before.size);
            check(&buffer, &expected);
            assert_true(buffer_append(&buffer, "", 0));
            buffer_free(&buffer);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer),
        cmocka_unit_test(bytes_come_out_as_they_went_in),
        cmocka_unit_test(there_is_room_after_reserve),
        cmocka_unit_test(bytes_that_are_there_already),
        cmocka_unit_test(room_for_many_bytes),
        cmocka_unit_test(random_use),
        cmocka_unit_test(memory_follows_what_is_held),
        cmocka_unit_test(a_long_queue_of_short_contents),
        cmocka_unit_test(what_does_not_fit_changes_nothing),
    };
    return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
