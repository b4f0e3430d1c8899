/* The grader's own words: exercises, steps that all checks share, the report, the command line. */

/* main.c: --help */
{"usage: wscheck --lesson N --server COMMAND [options]   start, grade and stop it",
 "用法：wscheck --lesson N --server COMMAND [选项]       启动、评分、停止服务器"},
    {"       wscheck --lesson N --port P [--host H]          grade one that is running",
     "      wscheck --lesson N --port P [--host H]           给正在运行的服务器评分"},
    {"       wscheck [--lesson N] --list                     all checks",
     "      wscheck [--lesson N] --list                      列出所有检查项"},
    {"       wscheck --hint ID [--hint ID [--hint ID]]       question; rule; shape",
     "      wscheck --hint ID [--hint ID [--hint ID]]        问题；规则；代码结构"},
    {"  -l, --lesson N      1 handshake, 2 frames, 3 broadcast",
     "  -l, --lesson N      1 握手，2 帧，3 广播"},
    {"      --challenge C   a to e, instead of a lesson",
     "      --challenge C   挑战 a 到 e，代替 --lesson"},
    {"  -s, --server CMD    the server's program; it must take --port N, and print",
     "  -s, --server CMD    服务器程序；它必须接受 --port N，并显示"},
    {"                      \"listening on http://127.0.0.1:PORT/\" when N is 0",
     "                      “listening on http://127.0.0.1:PORT/”（N 为 0 时）"},
    {"  -p, --port P        where it listens; with --server: the port that it gets",
     "  -p, --port P        服务器监听的端口；有 --server 时：交给它的端口"},
    {"  -k                  go on after an exercise that fails",
     "  -k                  有练习没通过也继续"},
    {"      --strict        what is better than required counts too",
     "      --strict        建议也计入结果"},
    {"      --only ID       only this check, or this exercise; may be repeated",
     "      --only ID       只做这个检查项或练习；可以多次给出"},
    {"      --except ID     not this check, or this exercise; may be repeated",
     "      --except ID     不做这个检查项或练习；可以多次给出"},
    {"      --chop N        send everything in segments of N bytes",
     "      --chop N        所有内容都按 N 个字节一段发送"},
    {"      --timeout S     how long to wait for what must come (5)",
     "      --timeout S     必须收到的内容最多等多少秒（5）"},
    {"      --brief         a line for each exercise, and how far it is in all",
     "      --brief         每个练习一行，再加总进度"},
    {"      --json, --tap   for machines", "      --json, --tap   给程序读的格式"},
    {"  -h, --help          this", "  -h, --help          显示本帮助"},
    {"Exit status: 0 all that must hold does, 1 not, 2 wrong usage.",
     "退出状态：0 必须做到的都通过，1 没有，2 用法错误。"},

    /* main.c: mistakes in the command line */
    {"wscheck: %s\nTry ./wscheck --help\n", "wscheck: %s\n请看 ./wscheck --help\n"},
    {"%.100s: there is no such option, or it lacks a value, or takes none",
     "%.100s：没有这个选项，或者缺少值，或者它不带值"},
    {"--lesson is 1, 2 or 3", "--lesson 是 1、2 或 3"},
    {"--challenge is a letter from a to e", "--challenge 是 a 到 e 之间的一个字母"},
    {"--port is a number from 1 to 65535", "--port 是 1 到 65535 之间的数"},
    {"--chop is a number of bytes", "--chop 是字节数"}, {"too many --only", "--only 太多"},
    {"too many --except", "--except 太多"},
    {"--hint is about one check or exercise at a time", "--hint 一次只问一个检查项或练习"},
    {"--timeout is a number of seconds", "--timeout 是秒数"},
    {"there is no such option", "没有这个选项"}, {"only options are expected", "这里只能写选项"},
    {"there is no such check: see --list", "没有这个检查项：请看 --list"},
    {"--lesson N or --challenge C is missing", "缺少 --lesson N 或 --challenge C"},
    {"--server COMMAND or --port P is missing", "缺少 --server COMMAND 或 --port P"},
    {"wscheck: %s has no check or exercise %s: see --list\n",
     "wscheck: %s没有名为 %s 的检查项或练习：请看 --list\n"},

    /* check.c: lessons and levels */
    {"no lesson", "各课"}, {"lesson 1", "第 1 课"}, {"lesson 2", "第 2 课"},
    {"lesson 3", "第 3 课"}, {"challenge a", "挑战 a"}, {"challenge b", "挑战 b"},
    {"challenge c", "挑战 c"}, {"challenge d", "挑战 d"}, {"challenge e", "挑战 e"},
    {"must", "必须"}, {"better", "建议"},

    /* check.c: the exercises, and where to look */
    {"a socket that clients can connect to", "客户端可以连接的套接字"},
    {"where socket(), bind(), listen() and accept() are called (in the course: listen_on() and "
     "listener_accept() in lesson01_handshake/listener.c, main() in lesson01_handshake/server.c)",
     "调用 socket()、bind()、listen() 和 accept() 的地方（在课程里：lesson01_handshake/listener.c "
     "的 "
     "listen_on() 和 listener_accept()，lesson01_handshake/server.c 的 main()）"},
    {"read the request up to its empty line", "读取请求，直到空行"},
    {"the loop around recv() before the request is looked at (in the course: read_head() in "
     "lesson01_handshake/opening.c, http_request_parse() in common/http.c)",
     "检查请求之前，反复调用 recv() 的循环（在课程里：lesson01_handshake/opening.c 的 read_head()，"
     "common/http.c 的 http_request_parse()）"},
    {"find a header by its name", "按名字找到头字段"},
    {"where a header's name is compared and its value cut out (in the course: http_header_next() "
     "and http_header_find() in common/http.c)",
     "比较头字段的名字、取出它的值的地方（在课程里：common/http.c 的 http_header_next() 和 "
     "http_header_find()）"},
    {"find a word in a list", "在列表里找到一个词"},
    {"where Connection and Upgrade are looked at (in the course: http_header_has_item() in "
     "common/http.c)",
     "检查 Connection 和 Upgrade 的地方（在课程里：common/http.c 的 http_header_has_item()）"},
    {"answer with 101", "用 101 应答"},
    {"where the answer's lines are put together (in the course: handshake_answer() and, for a 503, "
     "handshake_accept_key() in common/handshake.c)",
     "拼出应答各行的地方（在课程里：common/handshake.c 的 handshake_answer()；如果得到 503，是 "
     "handshake_accept_key()）"},
    {"compute Sec-WebSocket-Accept", "计算 Sec-WebSocket-Accept"},
    {"where the key is hashed (in the course: handshake_accept_key() in common/handshake.c)",
     "对密钥做散列的地方（在课程里：common/handshake.c 的 handshake_accept_key()）"},
    {"refuse what is no good handshake, and say why", "拒绝不正确的握手，并说明原因"},
    {"where the request is checked, and the refusal sent (in the course: handshake_check() in "
     "common/handshake.c, opening_refuse() in lesson01_handshake/opening.c)",
     "检查请求、发送拒绝的地方（在课程里：common/handshake.c 的 handshake_check()，"
     "lesson01_handshake/opening.c 的 opening_refuse()）"},
    {"receive a message, answer it, receive the next", "接收一条消息，回复它，再接收下一条"},
    {"the loop in which a client is served after the 101 (in the course: serve() in "
     "lesson02_frames/server.c)",
     "101 之后为客户端服务的循环（在课程里：lesson02_frames/server.c 的 serve()）"},
    {"what a frame's header says, however it is cut", "不论在哪里切开，都读懂帧头"},
    {"where a header is read, and what is done when it is not all there (in the course: "
     "ws_frame_decode() and check_rules() in common/frame.c, ws_message_feed() in "
     "common/message.c)",
     "读取帧头的地方，以及帧头没有到齐时怎么办（在课程里：common/frame.c 的 ws_frame_decode() 和 "
     "check_rules()，common/message.c 的 ws_message_feed()）"},
    {"a frame with up to 125 bytes", "不超过 125 字节的帧"},
    {"where the first two bytes of a frame are written (in the course: ws_frame_encode() in "
     "common/frame.c)",
     "写出帧的前两个字节的地方（在课程里：common/frame.c 的 ws_frame_encode()）"},
    {"a frame with more", "更长的帧"},
    {"where the length is written, behind 126 or 127 (in the course: encode_long_length(), and "
     "ws_frame_encode(), which calls it, in common/frame.c)",
     "在 126 或 127 后面写出长度的地方（在课程里：common/frame.c 的 "
     "encode_long_length()，以及调用它的 "
     "ws_frame_encode()）"},
    {"take the mask off", "去掉掩码"},
    {"the loop with the XOR, and where the key is taken from the header (in the course: "
     "ws_frame_mask() and ws_frame_decode() in common/frame.c)",
     "做异或的循环，以及从帧头取出密钥的地方（在课程里：common/frame.c 的 ws_frame_mask() 和 "
     "ws_frame_decode()）"},
    {"refuse what breaks the rules", "拒绝违反规则的帧"},
    {"where a header is checked, and a length compared; before that, where its bits are taken out "
     "of "
     "its bytes (in the course: check_rules() and ws_frame_decode() in common/frame.c, "
     "begin_frame() "
     "in common/message.c)",
     "检查帧头、比较长度的地方；再往前，是从字节里取出各个位的地方（在课程里：common/frame.c 的 "
     "check_rules() 和 ws_frame_decode()，common/message.c 的 begin_frame()）"},
    {"which frame may come now", "现在可以来哪种帧"},
    {"where FIN and opcode 0 are looked at (in the course: check_sequence() and begin_frame() in "
     "common/message.c)",
     "检查 FIN 和操作码 0 的地方（在课程里：common/message.c 的 check_sequence() 和 "
     "begin_frame()）"},
    {"put a message together", "拼出完整的消息"},
    {"where the pieces of a message are collected until its end (in the course: take_data() in "
     "lesson02_frames/conn.c, data_event() in common/message.c)",
     "收集一条消息的各个部分、直到它结束的地方（在课程里：lesson02_frames/conn.c 的 take_data()，"
     "common/message.c 的 data_event()）"},
    {"answer a ping", "回应 ping"},
    {"where the opcode decides (in the course: control_event() in common/message.c, take_ping() "
     "in lesson02_frames/conn.c)",
     "根据操作码决定怎么做的地方（在课程里：common/message.c 的 control_event()，"
     "lesson02_frames/conn.c 的 take_ping()）"},
    {"what is text, and what is not", "什么是文本，什么不是"},
    {"where a text is checked, piece by piece (in the course: utf8_feed() in common/utf8.c, "
     "data_event() in common/message.c)",
     "逐段检查文本的地方（在课程里：common/utf8.c 的 utf8_feed()，common/message.c 的 "
     "data_event()）"},
    {"what a Close frame may say", "关闭帧里可以写什么"},
    {"where the body of a Close frame is looked at (in the course: check_close() in "
     "common/message.c, ws_close_code_is_valid() in common/frame.c)",
     "检查关闭帧内容的地方（在课程里：common/message.c 的 check_close()，common/frame.c 的 "
     "ws_close_code_is_valid()）"},
    {"say goodbye", "告别"},
    {"where a Close frame is answered, and the connection ended (in the course: take_close() in "
     "lesson02_frames/conn.c, ending_send_close() in lesson02_frames/ending.c)",
     "回应关闭帧、结束连接的地方（在课程里：lesson02_frames/conn.c 的 take_close()，"
     "lesson02_frames/ending.c 的 ending_send_close()）"},
    {"a thread for each client", "每个客户端一个线程"},
    {"where a thread is made for a client that accept() brought (in the course: start_thread() in "
     "lesson02_frames/threads.c, worker_start() in lesson02_frames/worker.c)",
     "accept() 得到客户端之后，为它创建线程的地方（在课程里：lesson02_frames/threads.c 的 "
     "start_thread()，lesson02_frames/worker.c 的 worker_start()）"},
    {"join the list, and leave it", "加入成员列表，离开成员列表"},
    {"where a client gets into the list, and out of it (in the course: members_join() and "
     "members_leave() in lesson03_broadcast/members.c)",
     "把客户端放进成员列表、从中取出的地方（在课程里：lesson03_broadcast/members.c 的 "
     "members_join() "
     "和 members_leave()）"},
    {"a message goes to all", "消息发给所有人"},
    {"the loop over the list of clients, whether all are in the list, and what calls the loop (in "
     "the course: members_send() and members_join() in lesson03_broadcast/members.c, "
     "deliver_once_locked() in lesson03_broadcast/room.c)",
     "走过成员列表的循环，是否所有人都在列表里，以及调用这个循环的地方（在课程里："
     "lesson03_broadcast/members.c 的 members_send() 和 members_join()，lesson03_broadcast/room.c "
     "的 "
     "deliver_once_locked()）"},
    {"a client that does not read", "不读数据的客户端"},
    {"what is done with the bytes that send() does not take at once (in the course: "
     "queue_locked() in lesson03_broadcast/outbox.c, members_flush() in "
     "lesson03_broadcast/members.c)",
     "send() 一次没收下的字节怎么处理（在课程里：lesson03_broadcast/outbox.c 的 queue_locked()，"
     "lesson03_broadcast/members.c 的 members_flush()）"},
    {"no frame in the middle of another", "帧不能插到另一个帧的中间"},
    {"what is locked while a frame is sent, and what waits behind it (in the course: "
     "send_now_locked() and outbox_write() in lesson03_broadcast/outbox.c)",
     "发送一个帧时锁住了什么，什么排在它后面等（在课程里：lesson03_broadcast/outbox.c 的 "
     "send_now_locked() 和 outbox_write()）"},
    {"many talk at once, and nothing is lost", "许多人同时说话，什么都不丢"},
    {"where what was said waits, and how it is taken from there (in the course: room_say() and "
     "deliver_once_locked() in lesson03_broadcast/room.c)",
     "说过的话在哪里排队，怎样从队列里取出（在课程里：lesson03_broadcast/room.c 的 room_say() 和 "
     "deliver_once_locked()）"},
    {"what is still on its way when a client leaves", "客户端离开时，还在路上的消息"},
    {"what is done before and after a client is taken out of the list (in the course: "
     "room_leave() in lesson03_broadcast/room.c, outbox_finish() in "
     "lesson03_broadcast/outbox.c)",
     "把客户端从列表里取出之前和之后做了什么（在课程里：lesson03_broadcast/room.c 的 room_leave()，"
     "lesson03_broadcast/outbox.c 的 outbox_finish()）"},
    {"is it still there?", "它还在吗？"},
    {"what happens when recv() has brought nothing for a while (in the course: "
     "keepalive_silence() in lesson02_frames/keepalive.c, take_silence() in "
     "lesson02_frames/conn.c)",
     "recv() 有一阵子什么也没收到时怎么办（在课程里：lesson02_frames/keepalive.c 的 "
     "keepalive_silence()，lesson02_frames/conn.c 的 take_silence()）"},
    {"an orderly stop", "有序地停止"},
    {"what the signal sets off, and what the program waits for before it ends (in the course: "
     "wait_for_signal() in lesson02_frames/process.c, stop() in lesson02_frames/threads.c)",
     "信号引发了什么，程序结束之前等待什么（在课程里：lesson02_frames/process.c 的 "
     "wait_for_signal()，lesson02_frames/threads.c 的 stop()）"},
    {"one answer to everything", "不管收到什么，都是同一个回复"},
    {"where a message is answered (in the course: serve() in "
     "lesson02_frames/challenges/a_fixed_reply.c)",
     "回复消息的地方（在课程里：lesson02_frames/challenges/a_fixed_reply.c 的 serve()）"},
    {"a page and a WebSocket on one port", "网页和 WebSocket 用同一个端口"},
    {"where a client is welcomed and answered (in the course: serve() in "
     "lesson02_frames/challenges/d_page.c)",
     "欢迎客户端、回复它的地方（在课程里：lesson02_frames/challenges/d_page.c 的 serve()）"},
    {"plain echo", "纯粹的回声"},
    {"where a message is answered (in the course: serve() in "
     "lesson02_frames/challenges/e_echo.c)",
     "回复消息的地方（在课程里：lesson02_frames/challenges/e_echo.c 的 serve()）"},
    {"how many are there?", "现在有几个人？"},
    {"where a message is answered (in the course: serve() in "
     "lesson03_broadcast/challenges/b_count.c)",
     "回复消息的地方（在课程里：lesson03_broadcast/challenges/b_count.c 的 serve()）"},
    {"first the sender, then all", "先回复发送者，再发给所有人"},
    {"where a message is answered (in the course: answer() in "
     "lesson03_broadcast/challenges/c_two_answers.c)",
     "回复消息的地方（在课程里：lesson03_broadcast/challenges/c_two_answers.c 的 answer()）"},

    /* peer.c, expect.c: the steps that all checks share */
    {"no connection to %s port %u: %s", "连不上 %s 端口 %u：%s"},
    {"a TCP connection", "一个 TCP 连接"}, {"a TCP connection was made", "TCP 连接已建立"},
    {"the answer %d to its request", "请求得到了应答 %d"},
    {"a message with %zu bytes came", "收到了 %zu 字节的消息"},
    {"its ping got a pong", "它的 ping 得到了 pong"},
    {"a %s frame with %zu bytes came", "收到了%s，%zu 字节"}, {"continuation", "延续帧"},
    {"text", "文本帧"}, {"binary", "二进制帧"}, {"close", "关闭帧"}, {"ping", "ping 帧"},
    {"pong", "pong 帧"}, {"reserved", "保留操作码的帧"},
    {"client %zu: %.370s", "客户端 %zu：%.370s"},
    {"after so long a time, not all has come that was waited for",
     "过了这么久，在等的内容还没有来齐"},
    {"the connection was reset (TCP RST)", "连接被重置了（TCP RST）"},
    {"the server ended the connection", "服务器结束了连接"},
    {"it had sent %zu MiB, and no more is read", "它已经发来 %zu MiB，不再读了"},
    {"nothing within %g s", "%g 秒内什么也没收到"},
    {"nothing but pings and pongs within %g s", "%g 秒内只收到 ping 和 pong"},
    {"the server closed the connection with code %u%s%.*s", "服务器用关闭码 %u 关闭了连接%s%.*s"},
    {": ", "："}, {"no answer: %s", "没有应答：%s"},
    {"only %zu of %zu bytes came: then %s", "只收到 %zu 字节，应有 %zu 字节：%s"},
    {"this is not the answer that should come", "这不是应有的应答"},
    {"more came than the %zu bytes expected", "收到的超过了应有的 %zu 字节"},
    {"byte %zu is 0x%02x, it should be 0x%02x", "字节 %zu 是 0x%02x，应为 0x%02x"},
    {"the head has no end after %zu bytes", "应答头收到 %zu 字节，还没有结束"},
    {"the head has no end after %g s, and still comes bit by bit",
     "应答头过了 %g 秒还没有结束，仍在一点一点地来"},
    {"the head has no end: %s", "应答头没有结束：%s"},
    {"lines that end with CRLF, then an empty line: \\r\\n\\r\\n",
     "每行以 CRLF 结尾，最后一个空行：\\r\\n\\r\\n"},
    {"the answer to an upgrade has the old version HTTP/1.0", "升级请求的应答用了旧版本 HTTP/1.0"},
    {"the first line is no status line: a number of three digits is missing",
     "第一行不是状态行：缺少三位数字"},
    {"the status is %d, not %d", "状态码是 %d，应为 %d"},
    {"the status is %d, it must be %d or more", "状态码是 %d，应不小于 %d"},
    {"no header %s", "没有 %s 头字段"}, {"the header %s is missing", "缺少 %s 头字段"},
    {"there is %s header %s", "应答里有%s头字段 %s"}, {"more than one", "不止一个"}, {"a", "一个"},
    {"the header %s has another value", "%s 头字段的值不对"},
    {"an answer without it", "应答里没有它"},
    {"the accept key differs in upper and lower case", "accept key 的大小写不对"},
    {"the answer has no header Content-Length, or several",
     "应答没有 Content-Length 头字段，或者有好几个"},
    {"one header Content-Length", "一个 Content-Length 头字段"}, {"several", "好几个"},
    {"the Content-Length is no number, or one that is far too large",
     "Content-Length 不是数，或者大得离谱"},
    {"the number of bytes of the body", "内容的字节数"}, {"another value", "别的值"},
    {"the body ends before its Content-Length", "内容比 Content-Length 短"},
    {"a bit RSV is set, and no extension has been agreed on (RFC 6455 §5.2)",
     "有 RSV 位是 1，而双方没有协商过扩展（RFC 6455 §5.2）"},
    {"the opcode is a reserved one (RFC 6455 §5.2)", "操作码是保留的（RFC 6455 §5.2）"},
    {"a control frame without FIN (RFC 6455 §5.5)", "控制帧没有 FIN（RFC 6455 §5.5）"},
    {"a server must not mask (RFC 6455 §5.1)", "服务器不可以加掩码（RFC 6455 §5.1）"},
    {"a control frame with more than 125 bytes (RFC 6455 §5.5)",
     "控制帧超过 125 字节（RFC 6455 §5.5）"},
    {"the highest bit of a 64-bit length must be 0 (RFC 6455 §5.2)",
     "64 位长度的最高位必须是 0（RFC 6455 §5.2）"},
    {"the length is not in its shortest form (RFC 6455 §5.2)",
     "长度没有用最短的形式（RFC 6455 §5.2）"},
    {"the length is larger than that of anything that was sent", "长度超过了发出的任何内容"},
    {"pings and pongs come again and again: %zu so far", "ping 和 pong 来个不停：已有 %zu 个"},
    {"this is no message", "这不是消息"},
    {"the message has no end, no frame with FIN: %s", "消息没有结束，没有带 FIN 的帧：%s"},
    {"this is not the next fragment of the message", "这不是消息的下一个分片"},
    {"the fragments put together are another message", "各个分片拼起来是另一条消息"},
    {"a %s frame came, not a ping", "收到的是%s，不是 ping 帧"}, {"a ping", "一个 ping 帧"},
    {"a Close frame with a body of one byte (RFC 6455 §5.5.1)",
     "关闭帧的内容只有一个字节（RFC 6455 §5.5.1）"},
    {"the code %u may not be sent (RFC 6455 §7.4)", "关闭码 %u 不可以发送（RFC 6455 §7.4）"},
    {"the code is %u, it should be %u", "关闭码是 %u，应为 %u"},
    {"something came where the connection should end", "连接应该结束了，却又收到了内容"},
    {"still open after %g s", "过了 %g 秒还开着"}, {"the connection is %s", "连接%s"},
    {"the end of the connection", "连接结束"},
    {"a Close frame (88, length, code), or the end of the connection",
     "关闭帧（88、长度、关闭码），或者连接结束"},
    {"a message came, where the connection should fail", "连接应该失败，却收到了消息"},
    {"something came, where the connection should fail", "连接应该失败，却收到了内容"},
    {"the connection is still open", "连接还开着"},

    /* grade.c, server.c: the server's start and end */
    {"the server died", "服务器终止了"},
    {"the server died when the clients of this check had gone",
     "这个检查项的客户端走了之后，服务器终止了"},
    {"the server died soon after this check", "这个检查项之后不久，服务器终止了"},
    {"the server did not start", "服务器没有启动"},
    {"the server did not start in this way", "这样启动，服务器起不来"},
    {"a sanitizer has found a fault in the server", "sanitizer 在服务器里发现了错误"},
    {"\"listening on http://127.0.0.1:PORT/\" on stdout, started as \"%s%s%.90s --port %u%s%s\"",
     "stdout 上有 “listening on http://127.0.0.1:PORT/”，启动命令是 “%s%s%.90s --port %u%s%s”"},
    {"The server was killed by signal %d (%s).\n", "服务器因信号 %d（%s）而终止。\n"},
    {"The server ended, with exit status %d.\n", "服务器结束了，退出状态是 %d。\n"},
    {"The server runs, but does not say that it listens.\n", "服务器在运行，但没有说它在监听。\n"},
    {"The server is alive. ", "服务器还在运行。"},
    {"The last that it wrote to stderr:\n", "它最后写到 stderr 的是：\n"},
    {"The last that it wrote to stderr, before this check:\n",
     "在这个检查项之前，它最后写到 stderr 的是：\n"},
    {"Built with -fsanitize=address -g, and graded again, it says which line that was.\n",
     "用 -fsanitize=address -g 构建，再评一次分，就知道是哪一行。\n"},
    {"needs a server that wscheck starts itself: --server",
     "要由 wscheck 自己启动服务器：--server"},
    {"this machine has no IPv6", "本机没有 IPv6"}, {"needs %s first", "要先通过 %s"},
    {"the check %s: %s", "检查项 %s：%s"},

    /* grade.c, sanitizer.c: what a sanitizer has found */
    {" in ", "，在 "}, {"%s; it was seen during the check %s", "%s；在检查项 %s 中发现"},
    {"this course", "本课程"},
    {"What two threads use, and one of them changes, belongs to a lock, which each of them holds "
     "as "
     "long as it is at it.",
     "两个线程都使用、其中一个会修改的东西，要由一把锁保护；不管哪个线程，使用它的时候都要持有这把"
     "锁。"},
    {"A program has no faults that a sanitizer can see: they do harm on another day.",
     "程序里不能有 sanitizer 看得见的错误：今天没事，总有一天会出事。"},
    {"writes", "写入"}, {"reads", "读取"}, {"has freed it", "释放了它"}, {"locks", "获取锁"},
    {"uses it", "使用它"}, {"does it", "在这里出错"}, {"it", "程序"}, {"main thread", "主线程"},
    {"thread %s", "线程 %s"}, {"and at the same time ", "同时，"}, {" in %s()", "，在 %s() 里"},
    {", %s", "，%s"}, {", with a lock held", "，持有锁"}, {", with no lock held", "，没有持有锁"},

    /* report.c: a failure */
    {"FAILED ", "未通过 "}, {"problem", "问题"}, {"sent", "发送"}, {"expected", "应为"},
    {"came", "收到"}, {"before", "此前"}, {"server", "服务器"}, {"rule", "规则"},
    {"diagnosis", "诊断"}, {"look at", "该看哪里"}, {"by hand", "手工重现"},
    {"start  %s%s%s --port %u%s%s\n", "启动  %s%s%s --port %u%s%s\n"},
    {"and in another terminal:\n", "再在另一个终端里：\n"}, {"%s  [%s, %s]", "%s  [%s，%s]"},
    {"%s: %s", "%s：%s"},

    /* report.c: a run */
    {"wscheck: %s, %s\n\n", "wscheck: %s，%s\n\n"},
    {"wscheck: %s, %s port %u\n\n", "wscheck: %s，%s 端口 %u\n\n"}, {"skipped", "已跳过 "},
    {"ok     ", "通过   "}, {"  %zu of %zu", "  %zu / %zu 项"},
    {", %zu could be better", "，%zu 项可以更好"}, {", %zu skipped", "，跳过 %zu 项"},
    {"later\n", "还没轮到\n"},
    {"\nThese failed too; --only ID tells all about one:\n",
     "\n这些也没有通过；--only ID 详细说明其中一项：\n"},
    {"The RFC does not demand these, but the course does (--strict, or --only ID, tells all about "
     "them):",
     "RFC 不要求这些，但本课程建议做到（--strict 或 --only ID 给出详细说明）："},
    {"Stopped at the first exercise that fails; -k goes on.\n",
     "遇到第一个没通过的练习就停了；加 -k 会继续。\n"},
    {"Next exercise:    %s, %s\n", "下一个练习：  %s，%s\n"},
    {"One check alone:  ", "单独检查一项："},
    {"More about it:    ./wscheck --hint %s\n", "更多提示：    ./wscheck --hint %s\n"},
    {"not yet", "还没有完成"}, {"all that must hold does", "必须做到的都做到了"},
    {" (%zu passed, %zu failed, %zu could be better, %zu skipped)",
     "（通过 %zu 项，未通过 %zu 项，可以更好 %zu 项，跳过 %zu 项）"},
    {"]  %s: %zu of %zu", "]  %s：%zu / %zu"}, {", next is %s", "，接下来是 %s"},
    {"  What is wrong:  ", "  哪里不对：  "},

    /* report.c: --list and --hint */
    {"%s%s: %s\n", "%s%s：%s\n"}, {"symptom", "现象"}, {"ask", "想一想"}, {"section", "章节"},
    {"often", "常见错误"}, {"shape", "代码结构"},
    {"%s: %s  [%s, exercise %s]", "%s：%s  [%s，练习 %s]"},
    {"\nAgain, for %s:\n  ./wscheck", "\n再来一次，看%s：\n  ./wscheck"},
    {"the rule, and the place", "规则和位置"}, {"the shape of the code", "代码的结构"},
