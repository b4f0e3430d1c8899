/*
 * evp - for SAN=memory: what libcrypto writes counts as written
 *
 * MemorySanitizer follows each bit from where it was written to where it is used, but not through
 * libraries that are built without it. The Makefile has this header found in place of libcrypto's own:
 * the two functions that the course calls check what libcrypto will read, and tell the sanitizer what
 * it has written.
 */
#ifndef TESTS_MEMORY_EVP_H
#define TESTS_MEMORY_EVP_H

#include_next <openssl/evp.h>
#include <sanitizer/msan_interface.h>
#include <stddef.h>

static inline int memory_digest(const void *data, size_t len, unsigned char *digest,
                                unsigned int *digest_len, const EVP_MD *type, ENGINE *engine)
{
    __msan_check_mem_is_initialized(data, len);
    __msan_scoped_disable_interceptor_checks(); /* it cannot judge what libcrypto does inside */
    int result = EVP_Digest(data, len, digest, digest_len, type, engine);
    __msan_scoped_enable_interceptor_checks();
    __msan_unpoison(digest_len, sizeof *digest_len);
    __msan_unpoison(digest, *digest_len);
    return result;
}

static inline int memory_encode(unsigned char *text, const unsigned char *bytes, int len)
{
    __msan_check_mem_is_initialized(bytes, (size_t)len);
    int written = EVP_EncodeBlock(text, bytes, len);
    __msan_unpoison(text, (size_t)written + 1);
    return written;
}

#define EVP_Digest      memory_digest
#define EVP_EncodeBlock memory_encode

#endif
