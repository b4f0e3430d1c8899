/*
 * The guarded buffer of the other tests: if reading past it did not crash, they would prove little.
 */
#include "guard.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Reads a byte in a process of its own; true if that is the end of the process. */
static bool reading_crashes(const volatile unsigned char *byte)
{
    int status = 0;
    pid_t child = fork();
    must(child >= 0, "fork() must work");
    if (child == 0) {
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGSEGV, SIG_DFL); /* cmocka and the sanitizers have handlers of their own */
        signal(SIGBUS, SIG_DFL);
        (void)*byte;
        _exit(0);
    }
    must(waitpid(child, &status, 0) == child, "waitpid() must work");
    return WIFSIGNALED(status) && (WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS);
}

static void only_the_buffer_can_be_read(void **state)
{
    static const size_t lengths[] = {0, 1, 14, 4095, 4096, 4097, 100000};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        size_t len = lengths[i];
        struct guard guard;
        guard_open(&guard, len);

        unsigned char *at_end = guard_at_end(&guard, NULL, len);
        must(reading_crashes(at_end + len), "%zu bytes: the byte behind them must crash", len);
        must(len == 0 || !reading_crashes(at_end + len - 1), "%zu bytes: the last is ours", len);
        must(len == 0 || !reading_crashes(at_end), "%zu bytes: the first is ours", len);

        unsigned char *at_begin = guard_at_begin(&guard, NULL, len);
        must(reading_crashes(at_begin - 1), "%zu bytes: the byte before them must crash", len);
        must(!reading_crashes(at_begin), "%zu bytes: the first can be read", len);
        guard_close(&guard);
    }
}

static void bytes_are_copied(void **state)
{
    struct guard guard;
    (void)state;
    guard_open(&guard, 100);
    assert_memory_equal(guard_at_end(&guard, "abc", 3), "abc", 3);
    assert_memory_equal(guard.end - 3, "abc", 3);
    assert_memory_equal(guard_at_begin(&guard, "defg", 4), "defg", 4);
    assert_memory_equal(guard.begin, "defg", 4);
    guard_close(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_buffer_can_be_read),
        cmocka_unit_test(bytes_are_copied),
    };
    return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
