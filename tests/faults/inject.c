/*
 * inject - calls of the server that fail when they are told to
 *
 * Linked into a server with --wrap=NAME for each call below, see faults.mk: what the server calls
 * NAME is then __wrap_NAME in here, and the real one is __real_NAME. What libraries call among
 * themselves is not touched.
 *
 * The test says what is to fail in a file that both have mapped, FAULTS_CONTROL in the environment.
 * It holds rules: which call, which time it is made since the rule was armed, how often from then on,
 * and in what way. So one server can be led through hundreds of faults.
 *
 * A call that fails leaves things as the real one would: a socket that could not be accepted stays
 * in the queue, close() closes in any case. What could not be made is filled with rubbish, for whoever
 * goes on with it to be found out.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#define RULES 48
#define NAME  24
#define NO_FD -1

/* Ways to fail besides the numbers of errno (or of EAI_..., which are negative on Linux). */
#define ONE_BYTE 1000 /* it works, for a single byte */
#define NO_WAIT  1001 /* it returns at once and says that all is well */
#define SLOW     1002 /* it works, after a while in which others can get in between */

/* What the test and the server share. walk.py knows this layout; only 32-bit numbers and names. */
struct rule {
    atomic_int armed;
    char call[NAME];
    int32_t how;
    uint32_t first;      /* the call that fails first, counted from 1 */
    uint32_t times;      /* so many from there on ... */
    uint32_t every;      /* ... or, if not 0, one in so many, without end */
    atomic_uint count;   /* calls since the rule was armed */
    atomic_uint faults;  /* of these, how many failed */
    atomic_uint at_port; /* the client's port of the socket it happened to last; 0: no socket */
};

struct control {
    atomic_uint blocks;     /* of memory that the server holds */
    atomic_uint exits;      /* it has called _exit() */
    atomic_uint show_stack; /* print where each fault happens */
    struct rule rules[RULES];
};

static struct control nothing; /* without a test, nothing fails */
static struct control *control = &nothing;

/* The sanitizers' own functions, where there are sanitizers. */
__attribute__((weak)) void __sanitizer_print_stack_trace(void);
__attribute__((weak)) void __lsan_do_leak_check(void);

__attribute__((constructor)) static void map_control(void)
{
    const char *path = getenv("FAULTS_CONTROL");
    int fd = path != NULL ? open(path, O_RDWR) : -1;
    if (fd < 0)
        return;
    void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped != MAP_FAILED)
        control = mapped;
}

int __real_nanosleep(const struct timespec *time, struct timespec *left);

/* ------------------------------------------------------------------------------- shall it fail? */

static unsigned client_port(int fd)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    if (fd < 0 || getpeername(fd, (struct sockaddr *)&peer, &len) != 0)
        return 0;
    if (peer.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)(void *)&peer)->sin6_port);
    return ntohs(((struct sockaddr_in *)(void *)&peer)->sin_port);
}

static bool is_due(const struct rule *rule, uint32_t n)
{
    if (rule->every > 0)
        return n % rule->every == 0;
    return n >= rule->first && n - rule->first < rule->times;
}

static void note_fault(struct rule *rule, int fd)
{
    atomic_store(&rule->at_port, client_port(fd));
    atomic_fetch_add(&rule->faults, 1);
    if (atomic_load(&control->show_stack) && __sanitizer_print_stack_trace != NULL)
        __sanitizer_print_stack_trace();
}

/* Counts the call for each rule; returns in what way it is to fail, or 0. */
static int way_to_fail(const char *call, int fd)
{
    int saved = errno, how = 0;
    for (struct rule *rule = control->rules; rule < control->rules + RULES; rule++) {
        if (!atomic_load(&rule->armed) || strncmp(rule->call, call, NAME) != 0)
            continue;
        if (is_due(rule, atomic_fetch_add(&rule->count, 1) + 1) && how == 0) {
            how = rule->how;
            note_fault(rule, fd);
        }
    }
    if (how == SLOW) {
        __real_nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        how = 0;
    }
    errno = saved;
    return how;
}

/* For calls that say why in errno. */
static bool fails(const char *call, int fd)
{
    int how = way_to_fail(call, fd);
    if (how != 0)
        errno = how;
    return how != 0;
}

/* For calls that return the number of the error: it, and the object is rubbish, or 0. */
static int fails_with(const char *call, void *object, size_t size)
{
    int how = way_to_fail(call, NO_FD);
    if (how != 0)
        memset(object, 0xA5, size);
    return how;
}

/* For calls that move bytes: 0 if it fails, else how many it may move. */
static size_t at_most(const char *call, int fd, size_t len)
{
    int how = way_to_fail(call, fd);
    if (how == ONE_BYTE || how == 0)
        return how == ONE_BYTE && len > 1 ? 1 : len;
    errno = how;
    return 0;
}

/* ---------------------------------------------------------------------------------- sockets */

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol)
{
    return fails("socket", NO_FD) ? -1 : __real_socket(domain, type, protocol);
}

int __real_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
    return fails("bind", NO_FD) ? -1 : __real_bind(fd, address, len);
}

int __real_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog)
{
    return fails("listen", NO_FD) ? -1 : __real_listen(fd, backlog);
}

int __real_getsockname(int fd, struct sockaddr *address, socklen_t *len);
int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *len);
int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *len)
{
    return fails("getsockname", NO_FD) ? -1 : __real_getsockname(fd, address, len);
}

int __real_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list);
int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list);
int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list)
{
    int how = way_to_fail("getaddrinfo", NO_FD);
    return how != 0 ? how : __real_getaddrinfo(node, service, hints, list);
}

int __real_accept(int fd, struct sockaddr *address, socklen_t *len);
int __wrap_accept(int fd, struct sockaddr *address, socklen_t *len);
int __wrap_accept(int fd, struct sockaddr *address, socklen_t *len)
{
    return fails("accept", NO_FD) ? -1 : __real_accept(fd, address, len);
}

int __real_setsockopt(int fd, int level, int option, const void *value, socklen_t len);
int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len);
int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
    return fails("setsockopt", fd) ? -1 : __real_setsockopt(fd, level, option, value, len);
}

int __real_getsockopt(int fd, int level, int option, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
    return fails("getsockopt", fd) ? -1 : __real_getsockopt(fd, level, option, value, len);
}

/* Only called to be told a number. */
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    int *number = va_arg(arguments, int *);
    va_end(arguments);
    return fails("ioctl", fd) ? -1 : __real_ioctl(fd, request, number);
}

/* It is the first socket's fault. */
int __real_poll(struct pollfd *set, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *set, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *set, nfds_t count, int timeout)
{
    return fails("poll", count > 0 ? set[0].fd : NO_FD) ? -1 : __real_poll(set, count, timeout);
}

ssize_t __real_recv(int fd, void *buf, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags)
{
    size_t most = at_most("recv", fd, len);
    return most == 0 && len > 0 ? -1 : __real_recv(fd, buf, most, flags);
}

ssize_t __real_send(int fd, const void *bytes, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags)
{
    size_t most = at_most("send", fd, len);
    return most == 0 && len > 0 ? -1 : __real_send(fd, bytes, most, flags);
}

/* One byte of several parts is the first of the first that has any. */
ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    size_t most = at_most("sendmsg", fd, SIZE_MAX), i = 0;
    if (most == 0)
        return -1;
    while (i < (size_t)message->msg_iovlen && message->msg_iov[i].iov_len == 0)
        i++;
    if (most == SIZE_MAX || i == (size_t)message->msg_iovlen)
        return __real_sendmsg(fd, message, flags);
    return __real_send(fd, message->msg_iov[i].iov_base, 1, flags);
}

int __real_shutdown(int fd, int how);
int __wrap_shutdown(int fd, int how);
int __wrap_shutdown(int fd, int how)
{
    bool failed = fails("shutdown", fd);
    int error = errno, result = __real_shutdown(fd, how);
    errno = failed ? error : errno;
    return failed ? -1 : result;
}

/* ------------------------------------------------------------------------------- descriptors */

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    bool failed = fails("close", fd);
    int error = errno, result = __real_close(fd);
    errno = failed ? error : errno;
    return failed ? -1 : result;
}

int __real_pipe(int fds[2]);
int __wrap_pipe(int fds[2]);
int __wrap_pipe(int fds[2])
{
    return fails("pipe", NO_FD) ? -1 : __real_pipe(fds);
}

/* Nobody here creates a file. */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    return fails("open", NO_FD) ? -1 : __real_open(path, flags);
}

/* Only called with an int, or with nothing, as its last argument. */
int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    int argument = command == F_GETFD || command == F_GETFL ? 0 : va_arg(arguments, int);
    va_end(arguments);
    return fails("fcntl", fd) ? -1 : __real_fcntl(fd, command, argument);
}

/* A number of bytes that only one kind of pipe has: through it, descriptors go from thread to thread. */
static bool is_descriptor(size_t len)
{
    return len == sizeof(int);
}

/* Pipes that wake somebody, those for descriptors, and the log, are told apart. */
ssize_t __real_read(int fd, void *buf, size_t len);
ssize_t __wrap_read(int fd, void *buf, size_t len);
ssize_t __wrap_read(int fd, void *buf, size_t len)
{
    size_t most = at_most(is_descriptor(len) ? "read refused" : "read", NO_FD, len);
    return most == 0 && len > 0 ? -1 : __real_read(fd, buf, most);
}

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    const char *pipe = is_descriptor(len) ? "write refused" : "write pipe";
    size_t most = at_most(fd == STDERR_FILENO ? "write log" : pipe, NO_FD, len);
    return most == 0 && len > 0 ? -1 : __real_write(fd, bytes, most);
}

/* ------------------------------------------------------------------------------------ memory */

static void *counted(void *block)
{
    if (block != NULL)
        atomic_fetch_add(&control->blocks, 1);
    return block;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fails("malloc", NO_FD) ? NULL : counted(__real_malloc(size));
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fails("calloc", NO_FD) ? NULL : counted(__real_calloc(count, size));
}

void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size)
{
    if (fails("realloc", NO_FD))
        return NULL;
    return block == NULL ? counted(__real_realloc(NULL, size)) : __real_realloc(block, size);
}

void __real_free(void *block);
void __wrap_free(void *block);
void __wrap_free(void *block)
{
    if (block == NULL)
        return;
    (void)way_to_fail("free", NO_FD); /* at most it is slow */
    atomic_fetch_sub(&control->blocks, 1);
    __real_free(block);
}

/* ----------------------------------------------------------------------------------- threads */

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *arg)
{
    int error = fails_with("pthread_create", thread, sizeof *thread);
    return error != 0 ? error : __real_pthread_create(thread, attributes, start, arg);
}

int __real_pthread_attr_init(pthread_attr_t *attributes);
int __wrap_pthread_attr_init(pthread_attr_t *attributes);
int __wrap_pthread_attr_init(pthread_attr_t *attributes)
{
    int error = fails_with("pthread_attr_init", attributes, sizeof *attributes);
    return error != 0 ? error : __real_pthread_attr_init(attributes);
}

int __real_pthread_attr_setstacksize(pthread_attr_t *attributes, size_t size);
int __wrap_pthread_attr_setstacksize(pthread_attr_t *attributes, size_t size);
int __wrap_pthread_attr_setstacksize(pthread_attr_t *attributes, size_t size)
{
    int error = way_to_fail("pthread_attr_setstacksize", NO_FD);
    return error != 0 ? error : __real_pthread_attr_setstacksize(attributes, size);
}

int __real_pthread_attr_setdetachstate(pthread_attr_t *attributes, int state);
int __wrap_pthread_attr_setdetachstate(pthread_attr_t *attributes, int state);
int __wrap_pthread_attr_setdetachstate(pthread_attr_t *attributes, int state)
{
    int error = way_to_fail("pthread_attr_setdetachstate", NO_FD);
    return error != 0 ? error : __real_pthread_attr_setdetachstate(attributes, state);
}

/* It may return although nothing has changed. */
int __real_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex);
int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex);
int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    if (way_to_fail("pthread_cond_wait", NO_FD) != NO_WAIT)
        return __real_pthread_cond_wait(cond, mutex);
    pthread_mutex_unlock(mutex);
    sched_yield();
    return pthread_mutex_lock(mutex);
}

int __real_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                  const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                  const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                  const struct timespec *until)
{
    if (way_to_fail("pthread_cond_timedwait", NO_FD) != NO_WAIT)
        return __real_pthread_cond_timedwait(cond, mutex, until);
    pthread_mutex_unlock(mutex);
    sched_yield();
    return pthread_mutex_lock(mutex);
}

/* ------------------------------------------------------------------------------- all the rest */

int __wrap_nanosleep(const struct timespec *time, struct timespec *left);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
    return fails("nanosleep", NO_FD) ? -1 : __real_nanosleep(time, left);
}

struct tm *__real_localtime_r(const time_t *time, struct tm *local);
struct tm *__wrap_localtime_r(const time_t *time, struct tm *local);
struct tm *__wrap_localtime_r(const time_t *time, struct tm *local)
{
    return fails("localtime_r", NO_FD) ? NULL : __real_localtime_r(time, local);
}

long __real_sysconf(int name);
long __wrap_sysconf(int name);
long __wrap_sysconf(int name)
{
    return fails("sysconf", NO_FD) ? -1 : __real_sysconf(name);
}

int __real_getrlimit(int resource, struct rlimit *limit);
int __wrap_getrlimit(int resource, struct rlimit *limit);
int __wrap_getrlimit(int resource, struct rlimit *limit)
{
    return fails("getrlimit", NO_FD) ? -1 : __real_getrlimit(resource, limit);
}

int __real_setrlimit(int resource, const struct rlimit *limit);
int __wrap_setrlimit(int resource, const struct rlimit *limit);
int __wrap_setrlimit(int resource, const struct rlimit *limit)
{
    return fails("setrlimit", NO_FD) ? -1 : __real_setrlimit(resource, limit);
}

int __real_EVP_Digest(const void *data, size_t len, unsigned char *digest, unsigned int *size,
                      const EVP_MD *type, ENGINE *engine);
int __wrap_EVP_Digest(const void *data, size_t len, unsigned char *digest, unsigned int *size,
                      const EVP_MD *type, ENGINE *engine);
int __wrap_EVP_Digest(const void *data, size_t len, unsigned char *digest, unsigned int *size,
                      const EVP_MD *type, ENGINE *engine)
{
    return fails("EVP_Digest", NO_FD) ? 0
                                      : __real_EVP_Digest(data, len, digest, size, type, engine);
}

int __real_atexit(void (*function)(void));
int __wrap_atexit(void (*function)(void));
int __wrap_atexit(void (*function)(void))
{
    return way_to_fail("atexit", NO_FD) != 0 ? -1 : __real_atexit(function);
}

/* A server that leaves in a hurry runs no checks at its end: the one for leaks is made up for. */
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
_Noreturn void __wrap__exit(int status)
{
    atomic_fetch_add(&control->exits, 1);
    if (__lsan_do_leak_check != NULL)
        __lsan_do_leak_check();
    __real__exit(status);
}
