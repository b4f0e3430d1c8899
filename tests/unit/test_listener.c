/*
 * listener: a name that gives the same address twice, as two lines of /etc/hosts do; and which clients
 * are on this machine
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

/* Who may watch the frames depends on this: no other address may pass for one of this machine. */
static void only_loopback_is_loopback(void **state)
{
    static const struct {
        const char *address;
        bool is_loopback;
    } all[] = {
        {"127.0.0.1", true},
        {"127.255.255.254", true},
        {"126.255.255.255", false},
        {"128.0.0.1", false},
        {"10.0.0.127", false},
        {"0.0.0.0", false},
        {"::1", true},
        {"::", false},
        {"::2", false},
        {"::ffff:127.0.0.1", true},
        {"::ffff:127.9.9.9", true},
        {"::ffff:128.0.0.1", false},
        {"::127.0.0.1", false},
        {"fe80::1", false},
        {"fe80::ffff:127.0.0.1", false},
        {"64:ff9b::7f00:1", false},
        {"1::ffff:127.0.0.1", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct sockaddr_in ip = {.sin_family = AF_INET};
        struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6};
        bool is_4 = inet_pton(AF_INET, all[i].address, &ip.sin_addr) == 1;
        assert_true(is_4 || inet_pton(AF_INET6, all[i].address, &ip6.sin6_addr) == 1);
        must(net_is_loopback(is_4 ? (void *)&ip : (void *)&ip6) == all[i].is_loopback, "%s",
             all[i].address);
    }
    must(!net_is_loopback(&(struct sockaddr){.sa_family = AF_UNIX}), "what is no address at all");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_given_twice),
        cmocka_unit_test(only_loopback_is_loopback),
    };
    return cmocka_run_group_tests_name("listener", tests, NULL, NULL);
}
