/*
 * words - see words.h
 */
#include "words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *english, *chinese;
} table[] = {
    /* --help */
    {"usage: ./server [options]", "用法：./server [选项]"},
    {"listen on port N; 0 takes a free one", "监听端口 N；0 表示任选一个空闲端口"},
    {"listen on ADDR, not on loopback only; 0.0.0.0 or :: lets other machines in",
     "监听 ADDR，而不只是本机回环地址；0.0.0.0 或 :: 让其他机器也能连接"},
    {"log each message, even if stderr is no terminal", "每条消息都写进日志，stderr 不是终端也写"},
    {"log neither messages nor connections", "消息和连接都不写进日志"},
    {"explain each request head and each frame on stderr", "在 stderr 上解释每个请求头和每个帧"},
    {"write them to FILE for Wireshark; it holds all that clients say: keep it private",
     "把它们写进 FILE，供 Wireshark 打开；客户端说的一切都在里面，不要外传"},
    {"print this and exit", "显示本帮助并退出"},
    {"print the version and exit", "显示版本并退出"},
    {"how long a request head may take", "收齐一个请求头最多等多久"},
    {"let pages from ORIGIN connect; '*' means all; may be repeated",
     "允许来自 ORIGIN 的页面连接；'*' 表示全部；可以多次给出"},
    {"longest message taken", "能接收的最长消息"},
    {"most WebSocket clients at the same time", "同时在线的 WebSocket 客户端最多几个"},
    {"ping a client after so much silence, drop it after as much again",
     "客户端沉默这么久就发 ping，再沉默同样久就断开"},
    {"most that all clients together may hold (268435456, or what one client may need)",
     "所有客户端合计最多占用的内存（268435456，或单个客户端可能需要的量）"},
    {"most that may wait for a client that does not read", "客户端不读时，最多有多少字节为它排队"},
    {"who may watch every frame at /xray: loopback, or any who connects",
     "谁可以在 /xray 查看每一个帧：loopback（仅本机）或 any（任何人）"},

    /* mistakes in the command line */
    {"server: %s: %s\nTry ./server --help\n", "server: %s：%s\n请看 ./server --help\n"},
    {"a port is a number from 0 to 65535", "端口是 0 到 65535 之间的数"},
    {"an address or a name is needed", "需要一个地址或主机名"},
    {"seconds, from 0.001 to 86400", "应为秒数，从 0.001 到 86400"},
    {"an origin is http://host or https://host:8443, as browsers write it: no path, no slash at "
     "the "
     "end, no port 80 or 443",
     "origin 的写法与浏览器相同，例如 http://host 或 https://host:8443：没有路径，末尾没有斜杠，"
     "不写端口 80 或 443"},
    {"a number of bytes from 1 to 2147483647", "应为字节数，从 1 到 2147483647"},
    {"a number of bytes from 1 to 9223372036854775807", "应为字节数，从 1 到 9223372036854775807"},
    {"a number of clients from 1 to 1000000", "应为客户端个数，从 1 到 1000000"},
    {"loopback or any", "应为 loopback 或 any"},
    {"the name of a file is needed", "需要一个文件名"},
    {"%s must fit: at least %llu", "必须容得下%s：至少 %llu"},
    {"one message of --max-message bytes", "一条 --max-message 字节的消息"},
    {"what one client may hold", "单个客户端可能占用的内存"},
    {"there is no such option", "没有这个选项"},
    {"only options are expected here", "这里只能写选项"},
    {"this server does not have that option", "这个服务器没有这个选项"},
    {"this option takes no value", "这个选项不带值"},
    {"a value must follow", "后面必须跟一个值"},

    /* start and stop */
    {"server: %s", "server: %s"},
    {"server: stopping", "server: 正在停止"},
    {"server: %s, refused %s", "server: %s，拒绝了 %s"},
    {"port %u is in use: stop the other server, or choose another port with --port",
     "端口 %u 已被占用：请停掉另一个服务器，或用 --port 换一个端口"},
    {"port %u is not for ordinary users: choose one above 1023 with --port",
     "普通用户不能使用端口 %u：请用 --port 选一个大于 1023 的端口"},
    {"cannot listen on %s port %u: %s", "无法监听 %s 端口 %u：%s"},
    {"cannot find the address %s: %s", "找不到地址 %s：%s"},
    {"cannot start the thread that writes the log, or get memory for it",
     "无法启动写日志的线程，或没有内存给它"},
    {"cannot start the thread that refuses clients, or make its pipe",
     "无法启动负责拒绝客户端的线程，或无法建立它的管道"},
    {"cannot start the delivery thread, or make its pipe", "无法启动投递线程，或无法建立它的管道"},
    {"cannot start the threads for delivery and for Redis", "无法启动投递线程和 Redis 线程"},
    {"server: no thread that writes the trace file can be started, or no memory for it",
     "server: 无法启动写 trace 文件的线程，或没有内存给它"},
    {"server: %s is not written fast enough: packets are cut short, or left out",
     "server: %s 来不及写：有的数据包只写开头，有的不写"},
    {"server: %s: %s: what comes now is not in it", "server: %s：%s：此后的内容不在里面"},
    {"server: %s: %zu %s cut short or missing", "server: %s：%zu %s只写了开头，或者没有写"},
    {"packet is", "个数据包"},
    {"packets are", "个数据包"},
    {"out of descriptors", "描述符用完了"},
    {"no memory for another connection", "没有内存给新的连接"},
    {"cannot start a thread", "无法启动线程"},

    /* a client, from its request to its end */
    {"left before its request was complete", "没发完请求就离开了"},
    {"its request is not complete, and the server stops", "请求还没发完，服务器就停了"},
    {"gives way to others", "给别人让位"},
    {"refused %d: %s", "拒绝 %d：%s"},
    {"200 %s", "200 %s"},
    {"to let that origin connect, start with --allow-origin %s",
     "要允许这个来源连接，启动时请加 --allow-origin %s"},
    {"a page opened from a file has that Origin, and any website can have it: only while "
     "you try things out, start with --allow-origin null",
     "从文件打开的页面用这个 Origin，任何网站也能用它：只在试验时加 --allow-origin null 启动"},
    {"no website has the Origin \"%s\"; a program that is no browser need not send one",
     "没有网站的 Origin 是 \"%s\"；不是浏览器的程序不必发 Origin"},
    {"if that name is yours, start with --allow-origin %s (https behind TLS)",
     "如果这个名字是你的，启动时请加 --allow-origin %s（在 TLS 后面则用 https）"},
    {"the name is \"%s\"", "这个名字是 \"%s\""},
    {"open: this is a WebSocket", "客户端已连接：WebSocket"},
    {"open: WebSocket at %s", "客户端已连接：WebSocket，路径 %s"},
    {"closed after %zu bytes", "关闭，共收到 %zu 字节"},
    {"closed %u by the client%s%s", "客户端关闭 %u%s%s"},
    {"closed, evicted: %s", "关闭，被踢出：%s"},
    {"closed %u%s: %s", "关闭 %u%s：%s"},
    {", evicted", "，被踢出"},
    {": ", "："},
    {"%s, %zu bytes%s%s", "接收到消息：%s，%zu 字节%s%s"},
    {"text", "文本"},
    {"binary", "二进制"},
    {"the bench plays for it, as the client from port %u",
     "帧实验台替它播放，作为来自端口 %u 的客户端"},
    {"... %zu %s lost here: the log was not read\n", "…… 此处丢了 %zu %s：没有人读日志\n"},
    {"line", "行"},
    {"lines", "行"},
    {"... %zu more %s like this left out: %s\n", "…… 省略了 %zu %s类似的：%s\n"},
    {"redis: %s", "redis: %s"},
    {"joined the other servers", "已与其他服务器相连"},
    {"away, we are on our own", "连不上，暂时只有我们自己"},
    {"redis: ignored %zu bytes that no client can have said",
     "redis: 忽略了 %zu 字节，那不可能是客户端说的"},

    /* why a conversation has ended; over the wire, these are in English */
    {"the conversation is over", "会话结束了"},
    {"the connection was lost", "连接断了"},
    {"it does not read what it is sent", "它不读发给它的数据"},
    {"it does not read: more than --max-backlog bytes wait for it",
     "它不读：为它排队的超过了 --max-backlog 字节"},
    {"it does not read, and there is no memory to wait for it", "它不读，而内存不够为它排队"},
    {"it holds more than any other client, and all together more than --max-memory bytes",
     "它占用的内存最多，而全部客户端合计超过了 --max-memory 字节"},
    {"the server is out of descriptors (RFC 6455 §7.4.1)",
     "服务器的描述符用完了（RFC 6455 §7.4.1）"},
    {"the server is out of memory (RFC 6455 §7.4.1)", "服务器内存不足（RFC 6455 §7.4.1）"},
    {"no answer to a ping (RFC 6455 §5.5.2)", "对 ping 没有应答（RFC 6455 §5.5.2）"},
    {"a message that comes too slowly (RFC 6455 §7.4.1)", "消息来得太慢（RFC 6455 §7.4.1）"},
    {"the server stops (RFC 6455 §7.4.1)", "服务器停止（RFC 6455 §7.4.1）"},
    {"RSV bit set, but no extension was agreed on (RFC 6455 §5.2)",
     "设置了 RSV 位，但没有协商过扩展（RFC 6455 §5.2）"},
    {"opcode is reserved: only 0, 1, 2, 8, 9, 10 are in use (RFC 6455 §5.2)",
     "保留的操作码：只有 0、1、2、8、9、10 在使用（RFC 6455 §5.2）"},
    {"control frame without FIN: it may not be fragmented (RFC 6455 §5.5)",
     "控制帧没有 FIN：控制帧不可以分片（RFC 6455 §5.5）"},
    {"control frame with more than 125 bytes (RFC 6455 §5.5)",
     "控制帧超过 125 字节（RFC 6455 §5.5）"},
    {"frame not masked: a client must mask all it sends (RFC 6455 §5.1)",
     "帧没有掩码：客户端发出的一切都必须加掩码（RFC 6455 §5.1）"},
    {"length not in its shortest form (RFC 6455 §5.2)", "长度没有用最短的形式（RFC 6455 §5.2）"},
    {"highest bit of a 64-bit length is set (RFC 6455 §5.2)",
     "64 位长度的最高位是 1（RFC 6455 §5.2）"},
    {"continuation frame, but no message is unfinished (RFC 6455 §5.4)",
     "延续帧，但没有未完的消息（RFC 6455 §5.4）"},
    {"new message before the unfinished one ended (RFC 6455 §5.4)",
     "上一条消息未完，就开始了新消息（RFC 6455 §5.4）"},
    {"message larger than this server takes (RFC 6455 §7.4.1)",
     "消息超过本服务器接收的上限（RFC 6455 §7.4.1）"},
    {"text is not UTF-8 (RFC 6455 §8.1)", "文本不是 UTF-8（RFC 6455 §8.1）"},
    {"close frame with a body of one byte (RFC 6455 §5.5.1)",
     "关闭帧的内容只有一个字节（RFC 6455 §5.5.1）"},
    {"close code may not be sent (RFC 6455 §7.4)", "这个关闭码不可以发送（RFC 6455 §7.4）"},
    {"close reason is not UTF-8 (RFC 6455 §5.5.1)", "关闭原因不是 UTF-8（RFC 6455 §5.5.1）"},

    /* why a request was refused; likewise */
    {"this is a TLS handshake, but the server speaks plain HTTP: use http:// and ws://, not "
     "https:// "
     "and wss:// (RFC 6455 §3)",
     "这是 TLS 握手，而服务器只会普通的 HTTP：请用 http:// 和 ws://，不要用 https:// 和 wss://"
     "（RFC 6455 §3）"},
    {"the request line must begin with a method such as GET and one space (RFC 9112 §3.1)",
     "请求行必须以方法（例如 GET）和一个空格开头（RFC 9112 §3.1）"},
    {"after the method comes a path such as /, in visible ASCII, and one space (RFC 9112 §3.2)",
     "方法后面是路径（例如 /），只含可见的 ASCII 字符，再加一个空格（RFC 9112 §3.2）"},
    {"the request line must end with HTTP/1.1 and nothing after it (RFC 9112 §3)",
     "请求行必须以 HTTP/1.1 结尾，后面什么都不能有（RFC 9112 §3）"},
    {"only HTTP/1.1 is spoken here (RFC 9110 §15.6.6)", "这里只用 HTTP/1.1（RFC 9110 §15.6.6）"},
    {"a header line is Name: value, with no space before the colon (RFC 9112 §5.1)",
     "头部行的写法是 Name: value，冒号前没有空格（RFC 9112 §5.1）"},
    {"a header line has no colon (RFC 9112 §5)", "有一个头部行没有冒号（RFC 9112 §5）"},
    {"a header line begins with a space: folded lines are not allowed (RFC 9112 §5.2)",
     "有一个头部行以空格开头：不允许折行（RFC 9112 §5.2）"},
    {"a control byte stands in a header value (RFC 9110 §5.5)",
     "头部的值里有控制字节（RFC 9110 §5.5）"},
    {"a CR must be followed by LF (RFC 9112 §2.2)", "CR 后面必须是 LF（RFC 9112 §2.2）"},
    {"the request head is longer than 8192 bytes; a browser may have too many cookies for this "
     "host "
     "(RFC 6585 §5)",
     "请求头超过 8192 字节；浏览器里这个主机的 cookie 可能太多（RFC 6585 §5）"},
    {"the Host header is missing (RFC 9112 §3.2, RFC 6455 §4.2.1)",
     "缺少 Host 头部（RFC 9112 §3.2，RFC 6455 §4.2.1）"},
    {"there is more than one Host header (RFC 9112 §3.2)", "Host 头部不止一个（RFC 9112 §3.2）"},
    {"the Host header is not a host and an optional port (RFC 9112 §3.2)",
     "Host 头部不是主机名加可选的端口（RFC 9112 §3.2）"},
    {"a WebSocket handshake is a GET request (RFC 6455 §4.2.1)",
     "WebSocket 握手是 GET 请求（RFC 6455 §4.2.1）"},
    {"a WebSocket handshake needs HTTP/1.1 or higher (RFC 6455 §4.2.1)",
     "WebSocket 握手需要 HTTP/1.1 或更高版本（RFC 6455 §4.2.1）"},
    {"the address of a WebSocket has no fragment (#) and no user (@) (RFC 6455 §3)",
     "WebSocket 的地址没有片段（#），也没有用户（@）（RFC 6455 §3）"},
    {"a WebSocket handshake has no body: what follows it are frames (RFC 6455 §4.1)",
     "WebSocket 握手没有内容：后面跟的是帧（RFC 6455 §4.1）"},
    {"the header Upgrade: websocket is missing (RFC 6455 §4.2.1)",
     "缺少头部 Upgrade: websocket（RFC 6455 §4.2.1）"},
    {"the Connection header does not list Upgrade (RFC 6455 §4.2.1)",
     "Connection 头部里没有 Upgrade（RFC 6455 §4.2.1）"},
    {"the Sec-WebSocket-Version header is missing; it must be 13 (RFC 6455 §4.2.1)",
     "缺少 Sec-WebSocket-Version 头部；它必须是 13（RFC 6455 §4.2.1）"},
    {"there is more than one Sec-WebSocket-Version header (RFC 6455 §11.3.5)",
     "Sec-WebSocket-Version 头部不止一个（RFC 6455 §11.3.5）"},
    {"Sec-WebSocket-Version must be 13 (RFC 6455 §4.4)",
     "Sec-WebSocket-Version 必须是 13（RFC 6455 §4.4）"},
    {"the Sec-WebSocket-Key header is missing (RFC 6455 §4.2.1)",
     "缺少 Sec-WebSocket-Key 头部（RFC 6455 §4.2.1）"},
    {"there is more than one Sec-WebSocket-Key header (RFC 6455 §11.3.1)",
     "Sec-WebSocket-Key 头部不止一个（RFC 6455 §11.3.1）"},
    {"Sec-WebSocket-Key must be 16 bytes in base64: 22 characters and == (RFC 6455 §4.2.1)",
     "Sec-WebSocket-Key 必须是 16 个字节的 base64：22 个字符加 ==（RFC 6455 §4.2.1）"},
    {"Sec-WebSocket-Extensions must be a list of names with parameters (RFC 6455 §9.1)",
     "Sec-WebSocket-Extensions 必须是带参数的名字的列表（RFC 6455 §9.1）"},
    {"there is more than one Origin header (RFC 6454 §7.3)",
     "Origin 头部不止一个（RFC 6454 §7.3）"},
    {"this Origin may not connect here; the server's log says what to do (RFC 6455 §4.2.2, §10.2)",
     "不允许这个 Origin 连接；服务器的日志说明该怎么做（RFC 6455 §4.2.2、§10.2）"},
    {"the server is not known by the name in Host; its log says what to do (RFC 9110 §15.5.20)",
     "服务器不认识 Host 里的名字；它的日志说明该怎么做（RFC 9110 §15.5.20）"},
    {"only GET and HEAD are answered here (RFC 9110 §15.5.6)",
     "这里只回答 GET 和 HEAD（RFC 9110 §15.5.6）"},
    {"there is nothing at this path (RFC 9110 §15.5.5)",
     "这个路径下什么都没有（RFC 9110 §15.5.5）"},
    {"only clients on the server's own machine may watch here; start it with --xray any to let "
     "others watch (RFC 9110 §15.5.4)",
     "只有服务器本机的客户端可以查看；要让别人也能看，启动时请加 --xray any（RFC 9110 §15.5.4）"},
    {"who watches here must name a connection: ?watch= and its token of 32 hexadecimal digits "
     "(RFC 9110 §15.5.4)",
     "在这里查看，必须指明看哪个连接：?watch= 加它的令牌，32 位十六进制数字（RFC 9110 §15.5.4）"},
    {"the request head did not arrive in time (RFC 9110 §15.5.9)",
     "请求头没有及时到齐（RFC 9110 §15.5.9）"},
    {"the server has as many clients as it takes; try again later (RFC 9110 §15.6.4)",
     "服务器的客户端已满；请稍后再试（RFC 9110 §15.6.4）"},
    {"the server is out of memory, descriptors or threads; try again later (RFC 9110 §15.6.4)",
     "服务器的内存、描述符或线程用完了；请稍后再试（RFC 9110 §15.6.4）"},
};

static bool chinese; /* set once, before there are threads */

void words_choose(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *locale = NULL;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (locale == NULL || *locale == '\0')
            locale = getenv(variables[i]);
    chinese = locale != NULL && strncmp(locale, "zh", 2) == 0;
}

const char *words(const char *english)
{
    if (chinese)
        for (size_t i = 0; i < sizeof table / sizeof *table; i++)
            if (strcmp(table[i].english, english) == 0)
                return table[i].chinese;
    return english;
}

int words_columns(const char *text)
{
    int columns = 0;
    for (; *text != '\0'; text++)
        if (((unsigned char)*text & 0xC0) != 0x80) /* what is left out continues a character */
            columns += (unsigned char)*text >= 0xE2 ? 2 : 1;
    return columns;
}
