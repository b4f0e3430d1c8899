/*
 * listener: a name that gives the same address twice, as two lines of /etc/hosts do
 */
#include "guard.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "listener.h"

static struct sockaddr_in addresses[3];
static struct addrinfo entries[3];

/* These two take the place of the C library's. */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **list)
{
    static const char *const given[] = {"127.0.0.1", "127.0.0.2", "127.0.0.1"};
    (void)host, (void)service, (void)hints;
    for (size_t i = 0; i < COUNT_OF(given); i++) {
        addresses[i] = (struct sockaddr_in){.sin_family = AF_INET};
        assert_int_equal(inet_pton(AF_INET, given[i], &addresses[i].sin_addr), 1);
        entries[i] = (struct addrinfo){.ai_family = AF_INET,
                                       .ai_addr = (struct sockaddr *)(void *)&addresses[i],
                                       .ai_addrlen = sizeof addresses[i],
                                       .ai_next = i + 1 < COUNT_OF(given) ? &entries[i + 1] : NULL};
    }
    *list = entries;
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    assert_ptr_equal(list, entries);
}

static void must_listen_on_both(unsigned port)
{
    struct listener listener;
    char why[256] = "";
    must(listener_open(&listener, "twice", port, why, sizeof why) == 0, "%s", why);
    assert_int_equal(listener.count, 2);
    assert_true(port == 0 ? listener.port > 0 : listener.port == port);
    for (size_t i = 0; i < listener.count; i++)
        close(listener.fd[i]);
}

static void an_address_given_twice(void **state)
{
    struct listener listener;
    char why[256];
    (void)state;
    must_listen_on_both(0);
    assert_int_equal(listener_open(&listener, "twice", 0, why, sizeof why), 0);
    for (size_t i = 0; i < listener.count; i++)
        close(listener.fd[i]);
    must_listen_on_both(listener.port); /* which was free a moment ago */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_given_twice),
    };
    return cmocka_run_group_tests_name("listener", tests, NULL, NULL);
}
