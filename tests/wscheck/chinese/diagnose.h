/* What diagnose.c says: which mistake it is, what to do instead, and where to look. */

/* ---- the accept key */
{"this is the SHA-1 in hexadecimal: what is wanted are its 20 raw bytes in base64",
 "这是写成十六进制的 SHA-1：应当把它的 20 个原始字节写成 base64"},
    {"this is the SHA-1 in hexadecimal, then base64 (56 characters instead of 28): encode the 20 "
     "raw bytes, do not print them first",
     "这是先把 SHA-1 写成十六进制，再做 base64（得到 56 个字符，而不是 28 个）：要编码的是那 20 "
     "个原始字节，不要先写成十六进制"},
    {"the key has been decoded from base64 first: the text of the header is hashed as it is, all "
     "24 characters",
     "密钥先从 base64 解码了：头字段里的文本要原样散列，24 个字符一个不少"},
    {"the CR of the line's end has been hashed with the key: a header's value ends before CRLF",
     "行尾的 CR 和密钥一起散列了：头字段的值到 CRLF 之前为止"},
    {"the blank after the colon has been hashed with the key: cut white space off both ends of a "
     "value",
     "冒号后面的空格和密钥一起散列了：值两端的空白都要去掉"},
    {"the blanks behind the value have been hashed with the key: cut white space off both ends of "
     "a value",
     "值后面的空格和密钥一起散列了：值两端的空白都要去掉"},
    {"the NUL at the end of the string has been hashed too: sizeof counts it, strlen() does not",
     "字符串末尾的 NUL 也散列了：sizeof 把它算在内，strlen() 不算"},
    {"the GUID stands in front of the key: it comes after", "GUID 放在了密钥前面：应当放在后面"},
    {"the GUID 258EAFA5-E914-47DA-95CA-C5AB0DC85B11 has not been appended to the key",
     "密钥后面没有接上 GUID 258EAFA5-E914-47DA-95CA-C5AB0DC85B11"},
    {"the GUID is in lower case: its letters are upper case, and they are hashed as they are",
     "GUID 用了小写字母：它是大写的，要照原样散列"},
    {"the key has been made lower case, perhaps with the header's name: only the name has no case",
     "密钥变成了小写，也许是和头字段的名字一起转换的：不分大小写的只有名字"},
    {"this is the accept key of the RFC's example: it must be computed from the key of each "
     "request",
     "这是 RFC 例子里的 accept key：每个请求都要用它自己的密钥来计算"},
    {"the digest has been cut at its first NUL byte, so strlen() has measured it: a SHA-1 is 20 "
     "bytes of any value",
     "摘要在第一个 NUL 字节处截断了，说明长度是用 strlen() 量的：SHA-1 是 20 "
     "个字节，每个字节可以是任何值"},
    {"this is the MD5 of the right text: SHA-1 is wanted",
     "文本是对的，但这是它的 MD5：应当用 SHA-1"},
    {"this is the SHA-256 of the right text: SHA-1 is wanted",
     "文本是对的，但这是它的 SHA-256：应当用 SHA-1"},
    {"this is base64 for URLs, with - and _: here it is + and /",
     "这是 URL 里用的 base64，带 - 和 _：这里要用 + 和 /"},
    {"the = at the end is missing: 20 bytes are 27 characters and one =",
     "末尾缺了 =：20 个字节写成 27 个字符，再加一个 ="},
    {"another header that looks like the key's was taken for it (under quite another name, the "
     "same value does no harm): compare the whole name, from the beginning of its line to the "
     "colon",
     "把另一个名字相似的头字段当成了密钥的头字段（同样的值，换一个完全不同的名字就没有问题）：名字"
     "要整个比较，从行首一直到冒号"},
    {"the accept key has the right form but belongs to something else: look for a typing error in "
     "the GUID, and at what exactly is hashed",
     "accept key 的形式正确，但不是由这个密钥算出的：检查 GUID 有没有打错，再看散列的究竟是什么"},

    /* ---- the answer */
    {"the empty line is missing: after the last header's CRLF another CRLF ends the head, and "
     "without it the browser waits for ever (\"pending\")",
     "缺了空行：最后一个头字段的 CRLF 之后，要再来一个 "
     "CRLF，应答头才算结束；没有它，浏览器会永远等下去（“pending”）"},
    {"the lines end with LF alone: HTTP wants CRLF, \\r\\n, at the end of each",
     "每行只用 LF 结尾：HTTP 要求每行用 CRLF 结尾，即 \\r\\n"},
    {"an answer to an upgrade begins with HTTP/1.1, not HTTP/1.0",
     "对升级请求的应答以 HTTP/1.1 开头，不是 HTTP/1.0"},
    {"the upgrade was answered like an ordinary GET: look for Upgrade and Connection before the "
     "page is sent",
     "把升级请求当成普通的 GET 来应答了：发送页面之前，先看 Upgrade 和 Connection"},
    {"the connection was closed without a word: an answer says why, with a status of 400 or more",
     "一声不响就关闭了连接：要先应答，用 400 或更大的状态码说明原因"},
    {"this is no HTTP answer: it begins with a status line, HTTP/1.1 and a number",
     "这不是 HTTP 应答：开头应当是状态行，即 HTTP/1.1 和一个数字"},
    {"an empty line too many: after \\r\\n\\r\\n the first byte is that of a frame, and 0x0D reads "
     "as \"opcode 13\"",
     "多了一个空行：\\r\\n\\r\\n 后面的第一个字节就是帧的第一个字节，0x0D 会读成“操作码 13”"},
    {"text was sent after the head: from there on there are only frames",
     "应答头后面又发了文本：从那里起只能有帧"},
    {"a 101 has no body, and so no Content-Length or Transfer-Encoding",
     "101 没有正文，所以也没有 Content-Length 和 Transfer-Encoding"},
    {"the offered extensions were sent back: that promises to use them, and the browser then sets "
     "RSV1; leave the header out",
     "客户端提出的扩展，原样送了回去：这等于答应使用它们，浏览器就会设置 RSV1；不要发这个头字段"},
    {"a subprotocol was chosen that was not offered: browsers then close at once; without an offer "
     "there must be no such header",
     "选了客户端没有提出的子协议：浏览器会立即断开；客户端没有提出，就不能有这个头字段"},
    {"the offered subprotocols were sent back as they are: only one that the server knows may be "
     "chosen",
     "客户端提出的子协议，原样送了回去：只能选一个，而且是服务器支持的"},

    /* ---- reading the request */
    {"Connection was compared as a whole: it is a list, and Firefox sends \"keep-alive, Upgrade\"",
     "拿整个 Connection 去比较了：它是一个列表，Firefox 发的是“keep-alive, Upgrade”"},
    {"the value was compared letter by letter: upper and lower case do not matter here",
     "比较值时区分了大小写：这里不分大小写"},
    {"of two header lines of that name, the second was not looked at, or both are refused: a list "
     "may stand in several lines",
     "同名的头字段有两行时，要么没有看第二行，要么两行都被拒绝了：一个列表可以分写在几行里"},
    {"the word was found in a header of another name: first compare the name, then look at its "
     "value",
     "在别的头字段里找到了这个词：先比较名字，再看值"},
    {"strstr() finds the word inside another: compare whole items of the list",
     "strstr() 会在别的词里面找到它：要拿列表里的每一项整个来比较"},
    {"the name of a header was compared letter by letter: it has no upper and lower case "
     "(strcasecmp)",
     "比较头字段的名字时区分了大小写：名字不分大小写（strcasecmp）"},
    {"a blank after the colon was taken for granted: there may be none, one or more, and tabs",
     "以为冒号后面总有一个空格：其实可能没有，可能有好几个，也可能是制表符"},
    {"with one more header in front of it the key was not found, and with one behind it, it was: "
     "look for a header by its name, line by line, not at a certain place",
     "前面多了一个头字段，密钥就找不到了，多的那个放在后面就找得到：要逐行按名字找，不要到固定的位"
     "置去取"},
    {"the headers were expected in a certain order: any is allowed",
     "以为头字段有固定的顺序：其实任何顺序都可以"},
    {"one recv() was taken for the whole request: TCP may cut it anywhere; read until the empty "
     "line",
     "把一次 recv() 收到的当成了整个请求：TCP 在哪里切断都可能；要一直读到空行"},
    {"the end of the head is looked for in the last piece alone: \\r\\n\\r\\n may be cut in two, "
     "so search all that has been collected",
     "只在最后收到的一块里找请求头的结尾：\\r\\n\\r\\n 可能切成两半，所以要在收到的全部内容里找"},
    {"bytes behind the head were thrown away, while a frame that comes later is answered: what "
     "recv() brought with the request is the beginning of the first frame",
     "请求头后面的字节丢掉了；晚一些到的帧倒有回复：recv() 连同请求一起收到的，是第一个帧的开头"},
    {"with a short cookie the same request is taken, with a long one it is not: the buffer is too "
     "small for a browser's request, in which cookies alone may be thousands of bytes",
     "同样的请求，cookie 短就接受，长就不接受：缓冲区装不下浏览器的请求，光是 cookie "
     "就可能有几千字节"},
    {"only the path / may upgrade here: /chat is as good",
     "这里只有路径 / 可以升级：/chat 也应当可以"},
    {"what makes this request invalid was not looked at: it got the answer of a good one",
     "没有检查这个请求错在哪里：它得到了正确请求才有的应答"},
    {"a refused version must be answered with \"Sec-WebSocket-Version: 13\", so that the client "
     "knows what it may try",
     "拒绝客户端的版本时，应答里要有“Sec-WebSocket-Version: 13”，客户端才知道可以试哪个版本"},
    {"close() with unread bytes in the receive buffer resets the connection, and the answer is "
     "lost on the way: shutdown() for writing first, read the rest, then close",
     "接收缓冲区里还有字节没读，这时 close() 会重置连接，应答在路上就丢了：先用 shutdown() "
     "停止发送，再读完剩下的，最后关闭"},
    {"--handshake-timeout 0.3 has not ended it: a client whose request never comes to its end "
     "keeps its place",
     "--handshake-timeout 0.3 没有让它结束：请求总也发不完的客户端，一直占着名额"},
    {"20000 bytes of a head were taken, and more was waited for: without a limit, a head without "
     "end fills the memory",
     "收下了 20000 个字节的请求头，还在等后面的：不加限制，没有尽头的请求头会占满内存"},
    {"\"websocket\" was not found as the second item: Upgrade is a list, as Connection is",
     "“websocket”排在第二项，就没有找到：Upgrade 和 Connection 一样，是一个列表"},
    {"the end of what the client sends was taken for the end of the head: before it nothing was "
     "answered. A recv() that returns 0, or a read that brings nothing, is not the empty line",
     "客户端不再发送了，就当成请求头结束了：在那之前没有应答。recv() 返回 0，"
     "或者什么都没有读到，都不是那个空行"},
    {"the answer came before the empty line, while more could still come: read on until it is "
     "there",
     "空行还没有到，后面还可能有内容，应答就来了：要一直读到空行为止"},

    /* ---- frames that the server sends */
    {"the text was sent without a frame around it: first comes 0x81, then the length",
     "文本没有装进帧，直接发了出去：前面要先有 0x81，再有长度"},
    {"the server has masked its frame: only clients mask (bit 0x80 of the second byte, and four "
     "bytes of key)",
     "服务器给自己的帧加了掩码：只有客户端才加掩码（第二个字节的 0x80 位，还有四个字节的密钥）"},
    {"FIN is not set (0x80 of the first byte): the browser waits for the rest of the message",
     "没有设置 FIN（第一个字节的 0x80）：浏览器会一直等消息的其余部分"},
    {"FIN is not set (0x80 of the first byte): a pong begins with 0x8A, for control "
     "frames are not fragmented",
     "没有设置 FIN（第一个字节的 0x80）：pong 的第一个字节是 0x8A，控制帧不能分片"},
    {"a binary message came back as text (0x81): keep the opcode that it came with",
     "二进制消息回来时成了文本（0x81）：操作码要和收到时一样"},
    {"a text came back as binary (0x82): keep the opcode that it came with",
     "文本消息回来时成了二进制（0x82）：操作码要和收到时一样"},
    {"the answer has opcode 0, that of the last fragment: the opcode of a message is that of its "
     "first",
     "回复的操作码是 0，那是最后一个分片的：消息的操作码要看第一个分片"},
    {"a fragment was answered by itself, as if it were a message: collect until FIN",
     "一个分片单独得到了回复，好像它就是一条消息：要收集到 FIN 为止"},
    {"only one piece of the message came back: append each fragment, and each piece that one "
     "recv() brings, to those before it",
     "消息只回来了一块：每个分片，以及每次 recv() 收到的每一块，都要接在前面的后面"},
    {"the server greets whoever comes, in a right frame: in this lesson it says nothing but what "
     "was said to it",
     "客户端一来，服务器就打招呼，帧倒是正确的：在这一课，除了客户端对它说过的话，它什么都不说"},
    {"the frame is right, and another message is in it: what comes is to go back as it is, byte by "
     "byte, whatever it says",
     "帧是正确的，里面却是另一条消息：收到什么就发回什么，一个字节也不改，不管内容是什么"},
    {"the server said goodbye although the client had not: receive and answer in a loop, until the "
     "conversation is over",
     "客户端还没有告别，服务器就告别了：要在循环里接收和回复，直到会话结束"},
    {"the connection ends when the client is silent for less than a second: that recv() or poll() "
     "has waited in vain, EAGAIN or 0, is not the end of the stream",
     "客户端沉默不到一秒，连接就断了：recv() 或 poll() 白等了一场（EAGAIN 或 "
     "0），不等于流已经结束"},
    {"the length byte was taken with the MASK bit in it, 0x85 for 5: & 0x7F (when 128 bytes more "
     "had been sent, a message of 133 bytes came back)",
     "取长度字节时没有去掉 MASK 位，5 成了 0x85：要做 & 0x7F（刚才补发了 128 个字节，就回来一条 "
     "133 个字节的消息）"},
    {"65535 was written in 64 bits: it still fits into 16 (<=, not <)",
     "65535 写成了 64 位：16 位还放得下（用 <=，不用 <）"},
    {"125 was written in 16 bits: it still fits into 7 (<= 125, not <)",
     "125 写成了 16 位：7 位还放得下（用 <= 125，不用 <）"},
    {"126 or 127 was written into the length byte as it is: there they mean that the length "
     "follows in 2 or 8 bytes",
     "把长度 126 或 127 直接写进了长度字节：在那里，它们表示长度在后面的 2 个或 8 个字节里"},
    {"a length above 125 was put into one byte: its bit 0x80 says MASK",
     "大于 125 的长度放进了一个字节：这个字节的 0x80 位是 MASK"},
    {"a length byte went through a signed char: 128 to 255 become negative, and ff fills up what "
     "is before it; use unsigned char or uint8_t",
     "长度的某个字节经过了有符号的 char：128 到 255 变成负数，前面就填上了 ff；要用 unsigned char "
     "或 uint8_t"},
    {"the bytes of the length are in the wrong order: the highest comes first (htons)",
     "长度的字节顺序反了：高位字节在前（htons）"},
    {"the length was cut to 16 bits: from 65536 on it is 127 and 8 bytes",
     "长度截成了 16 位：从 65536 起，要写 127 和 8 个字节"},
    {"the two halves of the 8 bytes of the length changed places: the higher 4 bytes come first",
     "8 字节长度的前后两半对调了：高位的 4 个字节在前"},
    {"after 127 the length was written in 4 bytes: it is 8",
     "127 后面的长度写成了 4 个字节：应当是 8 个"},
    {"the length says how many characters the text has, and what is wanted is how many bytes: take "
     "the length of the text once it is encoded as UTF-8",
     "长度写的是文本有多少个字符，应当写有多少个字节：先编码成 UTF-8，再取长度"},
    {"the length is not in its shortest form: 7 bits up to 125, 16 up to 65535, and 64 only above",
     "长度没有用最短的形式：125 以内用 7 位，65535 以内用 16 位，再大才用 64 位"},
    {"the payload was cut at its first NUL byte, so strlen() has measured it: the length is in the "
     "header, and a payload is no C string",
     "载荷在第一个 NUL 字节处截断了，说明长度是用 strlen() 量的：长度在帧头里，载荷不是 C 字符串"},
    {"one byte too many, a NUL: sizeof or strlen() + 1 has counted the end of the string",
     "多了一个字节，是 NUL：sizeof 或 strlen() + 1 把字符串的结尾也算进去了"},
    {"the beginning of the message came back as if it were all of it: what one recv() had brought "
     "was taken for the whole, or a buffer is too small",
     "发回来的只是消息的开头，却当成了整条消息：要么把一次 recv() "
     "收到的当成了全部，要么缓冲区太小"},

    /* ---- unmasking */
    {"the payload came back as it was masked: XOR it with the key first (§5.3)",
     "载荷回来时还带着掩码：要先和密钥做异或（§5.3）"},
    {"the index into the key began at 0 again with the second read: it counts from the beginning "
     "of the frame's payload (i % 4), however that arrives",
     "第二次读时，密钥的下标又从 0 开始了：下标从这一帧载荷的开头数起（i % "
     "4），不管载荷分几次到达"},
    {"all was unmasked with the first byte of the key: byte i takes key[i % 4]",
     "所有字节都用密钥的第一个字节去掉掩码：字节 i 要用 key[i % 4]"},
    {"the index into the key does not begin at 0 with the payload of each frame",
     "每一帧的载荷开始时，密钥的下标没有回到 0"},
    {"the four bytes of the key were taken in reverse order, as a number of this machine has them",
     "密钥的四个字节顺序颠倒了，就像这台机器存放整数那样"},
    {"only the first four bytes were unmasked: the key repeats",
     "只有前四个字节去掉了掩码：密钥要循环使用"},
    {"this frame was unmasked with the key of the one before: each frame has its own",
     "这一帧是用前一帧的密钥去掉掩码的：每一帧都有自己的密钥"},
    {"the mask was taken off beyond the end of the payload, too: the frame that lies behind it in "
     "the buffer came to harm",
     "去掉掩码时，越过了载荷的末尾：缓冲区里紧跟着的下一帧被改坏了"},

    /* ---- reading frames */
    {"the length was not read from the 2 or 8 bytes behind the seven bits, highest byte first: the "
     "end of a frame that needs fewer bytes for its length was found",
     "长度没有从那七位后面的 2 个或 8 "
     "个字节里读对，高位字节在前；长度占的字节更少的帧，它的结尾找对了"},
    {"one recv() was taken for one frame, and the second of two was lost (a third, sent later, was "
     "answered): the bytes behind the first frame belong to the next",
     "把一次 recv() 收到的当成了一帧，两帧里的第二帧丢了（后来再发第三帧，得到了应答）："
     "第一帧后面的字节属于下一帧"},
    {"the frame behind the first was left lying until recv() brought more: look at what is there "
     "before you wait (the answer to it came when a third was sent)",
     "第一帧后面的那一帧一直放着，直到 recv() 又收到内容：等待之前，先看看已经有什么（"
     "发了第三帧，才有了对第二帧的应答）"},
    {"bytes behind the head were left lying until recv() brought more: look at what is there "
     "before you wait (a frame that was sent later brought the answer to both)",
     "请求头后面的字节一直放着，直到 recv() "
     "又收到新的：先看已经有的，再等（后来又发了一帧，两个回复才一起来）"},
    {"this came in pieces, and was not put together: keep what there is, and read on until all of "
     "it is there",
     "它是分几段到的，却没有拼起来：留住已有的，接着读，直到全部到齐"},
    {"a ping wants a pong with the same payload, at once", "收到 ping，要立即回应 pong，载荷相同"},
    {"the ping was sent back as a ping: the answer has opcode 10, 0x8A",
     "ping 送回来时还是 ping：回应的操作码是 10，即 0x8A"},
    {"the ping was answered with a message: control frames are not for the application",
     "用一条消息回应了 ping：控制帧不交给应用程序"},
    {"the pong must carry what the ping carried", "ping 带来什么载荷，pong 就必须带回什么载荷"},
    {"a pong that nobody asked for was answered: it means nothing, ignore it",
     "不请自来的 pong，服务器也回应了：它没有意义，不用理会"},
    {"a ping between two fragments disturbed the message: it is allowed there, and the message "
     "goes on after it",
     "两个分片之间来了 ping，打乱了消息：ping 可以出现在那里，之后消息照常继续"},
    {"the pong waited until the message was complete: a ping between fragments is answered before "
     "the next fragment is waited for",
     "pong 等到消息完整才发出：分片之间的 ping，要先回应，再等下一个分片"},
    {"continuation frames (opcode 0) are not taken: they carry on the message that is not finished",
     "没有接受延续帧（操作码 0）：它们是那条未完的消息的后续"},
    {"the state of the last message was kept: after FIN, begin anew",
     "还留着上一条消息的状态：FIN 之后要从头开始"},
    {"each fragment was checked by itself: a character may begin in one and end in the next",
     "每个分片是单独检查的：一个字符可以从这个分片开始，到下一个分片才结束"},
    {"this is not UTF-8, and was taken for text: check, and close with 1007",
     "这不是 UTF-8，却当作文本接受了：要检查，不是就用 1007 关闭"},
    {"this is good UTF-8 (RFC 3629) and was refused", "这是正确的 UTF-8（RFC 3629），却拒绝了它"},
    {"binary messages were checked for UTF-8: they may hold anything",
     "连二进制消息也检查了 UTF-8：二进制可以是任何内容"},
    {"the frame breaks a rule and was taken all the same: check the header before anything else",
     "这一帧违反了规则，却照样接受了：先检查帧头，再做别的"},
    {"after the fault the server read on: nothing that comes behind it may have an effect",
     "出错之后，服务器还在往下处理：错误后面的一切，都不能再起作用"},
    {"no Close frame, or one with another code: the client cannot tell why it was thrown out",
     "没有关闭帧，或者关闭码不对：客户端无从知道为什么断开"},
    {"the Close frame gives no reason: two bytes of code may be followed by a sentence that says "
     "what was wrong",
     "关闭帧没有写原因：两个字节的关闭码后面，可以用一句话说明哪里错了"},
    {"the fault was already there, and the server waited for more: judge each byte when it comes",
     "错误已经到了，服务器还在等后面的字节：每个字节一到，就要判断"},
    {"a message above --max-message was taken, or waited for: its length is announced in the "
     "header",
     "超过 --max-message 的消息，也接受了，或者还在等它：它有多长，帧头里已经写明"},

    /* ---- close */
    {"a Close frame was not answered: the browser waits, then says 1006 and wasClean false",
     "关闭帧没有得到回应：浏览器会等一阵，然后报告 1006，wasClean 是 false"},
    {"the code's bytes are in the wrong order: 1000 is 03 e8, the high byte first",
     "关闭码的两个字节反了：1000 是 03 e8，高位字节在前"},
    {"the Close frame has no code although one was sent: answer with the same",
     "客户端发来了关闭码，回应的关闭帧里却没有：要用同样的关闭码回应"},
    {"1005 and 1006 are words for \"no code came\" inside a program: an empty Close is answered "
     "with an empty one, or 1000",
     "1005 和 1006 只在程序内部使用，意思是“没有收到关闭码”：收到空的关闭帧，就回应空的，或者回应 "
     "1000"},
    {"the answer has another code than was sent: send the same one back",
     "回应的关闭码和收到的不同：要把同一个发回去"},
    {"the index into the key went on from the fragment before: with each frame, and its new key, "
     "it "
     "begins at 0",
     "密钥的下标接着上一个分片往下数：每一帧都有新的密钥，下标要从 0 开始"},
    {"the text was sent before it was found to be no UTF-8, and its client closed with 1007: check "
     "it first, and only then say it to all",
     "文本先发了出去，之后才查出它不是 UTF-8、用 1007 关闭了发送者：要先检查，再发给所有人"},
    {"the upper half of the 64-bit length was lost, where it was put into a number of 32 bits: "
     "uint64_t holds it",
     "64 位长度的高 32 位丢了：它被放进了 32 位的变量，要用 uint64_t"},
    {"a Close frame with a short reason was answered well, this one was not: two bytes of code and "
     "123 of reason must find room wherever they are copied to",
     "原因短的关闭帧回应得对，这一个却不对：不管复制到哪里，都要放得下 2 个字节的关闭码和 123 "
     "个字节的原因"},
    {"a Close frame whose key is zeros was answered well, and the same with another key was not: "
     "its body is masked, too, as that of every frame",
     "密钥全是零的关闭帧得到了正确的应答，换一个密钥就没有：和别的帧一样，关闭帧的内容也是加了掩码"
     "的"},
    {"after both Close frames the server must end the TCP connection",
     "双方都发过关闭帧之后，服务器必须结束 TCP 连接"},
    {"a message was sent after the Close frame: nothing may follow it",
     "关闭帧之后又发了消息：它后面什么都不能有"},
    {"what was valid before was not answered any more", "在那之前收到的正确内容，没有得到回复"},

    /* ---- many clients */
    {"the server waits for one client before it serves another, who got an answer as soon as the "
     "first had gone: give each a thread (or poll())",
     "服务器要等一个客户端走了，才服务下一个；第一个一走，第二个立即得到了回应：给每个客户端一个线"
     "程（或者用 poll()）"},
    {"so many clients are served if they come one after the other, and not if they come at the "
     "same moment: look for what a thread that begins shares with the next, such as the address of "
     "a loop variable that is given to pthread_create(); give each its own",
     "这么多客户端，一个接一个来都能服务，同时来就不行：找一找刚启动的线程和下一个线程共用了什么，"
     "例如把循环变量的地址交给了 pthread_create()；要给每个线程自己的一份"},
    {"no more than so many clients get in, even if they come one after the other, and a single one "
     "gets in again: there is a table, or a number of threads, with a fixed size",
     "能进来的客户端最多就这么多，一个接一个来也一样，而之后单独一个又进得来：有个表的大小，或者线"
     "程的个数，是固定的"},
    {"a client got what was meant for another: what belongs to one connection must not lie in a "
     "variable that all threads use",
     "一个客户端收到了本该给另一个的内容：属于一个连接的东西，不能放在所有线程都用的变量里"},
    {"an ordinary GET was answered, the request for a WebSocket was not: what is done for that one "
     "only does not come to its end, and in this lesson that begins with the way into the room",
     "普通的 GET 有应答，WebSocket 的请求却没有：有一段代码只为 WebSocket "
     "运行，它没有运行完；在这一课，这段代码从加入聊天室开始"},
    {"the server died when the clients had gone, and not while they were there: look first at what "
     "is done when a client goes. In this lesson it is taken off the list of the room",
     "客户端在的时候，服务器正常；它们离开以后，它才终止：先看客户端离开时做了什么。在这一课，"
     "要把它移出聊天室的列表"},
    {"a client connected, said nothing and went: recv() then returns 0, which is no request and no "
     "reason to end the program",
     "有个客户端连上来，什么都没说就走了：这时 recv() 返回 0，这不是请求，程序也不该因此结束"},
    {"where the result of recv() is looked at, before anything is done with what it brought",
     "使用收到的内容之前，检查 recv() 返回值的地方"},
    {"clients came and went, one after the other, until none got in any more: either something of "
     "each is kept when it leaves (a place in the list, a thread, a descriptor), or what is done "
     "for one that leaves does not come to its end",
     "客户端一个接一个地来了又走，到后来谁也进不来：要么客户端离开时没有归还它占用的东西（列表里的"
     "位置、线程、描述符），要么客户端离开时要做的事没有做完"},
    {"writing to a connection that the client has reset raises SIGPIPE, which ends the program: "
     "ignore it, and look at the result of send()",
     "客户端已经重置了连接，再往里写就会引发 SIGPIPE，程序因此终止：要忽略这个信号，并检查 send() "
     "的返回值"},
    {"where signals are set up, and where send() is called (in the course: let_signals_end_it() in "
     "lesson02_frames/process.c, net_send_all() in common/net.c)",
     "设置信号的地方，以及调用 send() 的地方（在课程里：lesson02_frames/process.c 的 "
     "let_signals_end_it()，common/net.c 的 net_send_all()）"},
    {"an answer breaks off, and the next begins in the middle of it: send() has taken a part, has "
     "said so in its result, and the rest was not sent",
     "一个回复断在半截，下一个就从那里开始：send() 只收下了一部分，返回值也说明了，剩下的却没有发"},
    {"where send() is called, and its result looked at (in the course: net_send_all() in "
     "common/net.c)",
     "调用 send()、检查它返回值的地方（在课程里：common/net.c 的 net_send_all()）"},
    {"one client's fault ended the service for all", "一个客户端出错，所有客户端都得不到服务了"},
    {"only the sender got its message: it goes to every client of the room",
     "只有发送者收到了自己的消息：要发给聊天室里的每个客户端"},
    {"the sender did not get its own message: here it does, as everybody",
     "发送者没有收到自己的消息：在这里，它和大家一样也要收到"},
    {"a message came more than once: a client stands in the list twice, or the sender gets an "
     "answer of its own besides",
     "同一条消息来了不止一次：客户端在列表里有两份，或者除了广播，还单独回复了发送者"},
    {"a client that has a connection does not get what is said: it is not in the list, or not all "
     "of the list is gone through",
     "已经连上的客户端，收不到大家说的话：它不在列表里，或者列表没有遍历完"},
    {"a client that has not completed its handshake got a frame: until its 101 is out, what is "
     "said must wait",
     "还没有完成握手的客户端，收到了帧：101 发出之前，给它的消息必须先等着"},
    {"a client had its 101, and did not hear what was said then: let it join first, and let what "
     "is said meanwhile wait until the 101 is out",
     "客户端已经收到 101，却没有听到随后的话：先让它加入，这期间的消息等 101 发出之后再发"},
    {"a control frame was sent to others: ping, pong and Close concern one connection only",
     "控制帧发给了别人：ping、pong 和关闭帧只和一个连接有关"},
    {"one frame begins in the middle of another: either two threads wrote into the same socket at "
     "once (one lock for each client, held for the whole frame), or the rest of what send() had "
     "not taken was never sent",
     "一帧在另一帧的中间开始了：要么两个线程同时写同一个套接字（每个客户端要有一把锁，发完整个帧才"
     "释放），要么 send() 没有收下的那一部分后来没有再发"},
    {"the clients saw the messages in different orders: choose the order under one lock",
     "各个客户端看到的消息顺序不同：要持有同一把锁来决定顺序"},
    {"a message is missing that was said while others were being delivered: take away what is to "
     "be delivered, and let what comes meanwhile wait for the next time",
     "正在投递时又有人说话，那条消息丢了：先取走要投递的，这期间来的留到下一次"},
    {"a client said something and left, and not everybody heard it: deliver what it has said "
     "before it goes",
     "客户端说完话就离开，有人没有听到：让它离开之前，先投递它说过的话"},
    {"what still waited for a client was thrown away when it left, perhaps in the middle of a "
     "frame: send it first, then the Close frame",
     "客户端离开时，还在等着发给它的内容丢掉了，也许正在一帧的中间：先把这些发完，再发关闭帧"},
    {"a client that does not read kept the others waiting, and more came to them when it had gone: "
     "no send() may block while others wait",
     "一个客户端不读，其他客户端就跟着等，它走了，它们才又收到内容：别人在等的时候，send() "
     "不能阻塞"},
    {"a message is missing for a client that read late: what its socket does not take must wait "
     "for it",
     "客户端读得晚，就少了消息：套接字收不下的，要留着等它读"},
    {"this request is right, and was refused: one of the rules for requests is wrong, or what it "
     "asks "
     "about was not found in the request",
     "这个请求是正确的，却被拒绝了：检查请求的规则有一条不对，或者规则要找的东西在请求里没有找到"},
    {"where the request is checked, and where its headers are looked up (in the course: "
     "handshake_check() in common/handshake.c, http_header_find() and http_header_has_item() in "
     "common/http.c)",
     "检查请求的地方，以及查找头字段的地方（在课程里：common/handshake.c 的 handshake_check()，"
     "common/http.c 的 http_header_find() 和 http_header_has_item()）"},
    {"socket(), bind(), listen() and accept(), then what is started for the client, and what reads "
     "its "
     "request and answers (in the course: listen_on() and listener_accept() in "
     "lesson01_handshake/listener.c, read_head() in lesson01_handshake/opening.c; from lesson 2 on "
     "start_thread() in lesson02_frames/threads.c, serve() in lesson02_frames/server.c)",
     "socket()、bind()、listen() 和 "
     "accept()，接着为客户端启动的部分，以及读取请求并应答的地方（在课程里："
     "lesson01_handshake/listener.c 的 listen_on() 和 "
     "listener_accept()，lesson01_handshake/opening.c "
     "的 read_head()；从第 2 课起，还有 lesson02_frames/threads.c 的 start_thread() 和 "
     "lesson02_frames/server.c 的 serve()）"},
    {"accept(), what is started for the client then, and what reads its request and answers (in "
     "the "
     "course: listener_accept() in lesson01_handshake/listener.c, read_head() in "
     "lesson01_handshake/opening.c; from lesson 2 on start_thread() in lesson02_frames/threads.c, "
     "serve() in lesson02_frames/server.c)",
     "accept()，接着为客户端启动的部分，以及读取请求并应答的地方（在课程里："
     "lesson01_handshake/listener.c 的 listener_accept()，lesson01_handshake/opening.c 的 "
     "read_head()；从第 2 课起，还有 lesson02_frames/threads.c 的 start_thread() 和 "
     "lesson02_frames/server.c 的 serve()）"},
    {"where a frame is read, a message handed out, and answered (in the course: ws_frame_decode() "
     "and "
     "check_rules() in common/frame.c, take_data() in lesson02_frames/conn.c, serve() in "
     "lesson02_frames/server.c)",
     "读取帧、交出消息、应答消息的地方（在课程里：common/frame.c 的 ws_frame_decode() 和 "
     "check_rules()，lesson02_frames/conn.c 的 take_data()，lesson02_frames/server.c 的 serve()）"},
    {"the server closed with 1002, protocol error: one of its rules for frames has refused a frame "
     "that breaks none",
     "服务器用 1002（协议错误）关闭：检查帧的规则里，有一条拒绝了一个没有违反任何规则的帧"},
    {"where a frame's header is checked, and which frame may come now (in the course: "
     "check_rules() "
     "and ws_frame_decode() in common/frame.c, check_sequence() in common/message.c)",
     "检查帧头的地方，以及判断现在可以来哪种帧的地方（在课程里：common/frame.c 的 check_rules() 和 "
     "ws_frame_decode()，common/message.c 的 check_sequence()）"},
    {"the server closed with 1007, not UTF-8; but the text that was sent is UTF-8: either the "
     "check is "
     "wrong, or it does not see what was sent",
     "服务器用 1007（不是 UTF-8）关闭，可是发出的文本是 "
     "UTF-8：要么检查有错，要么它看到的不是发来的内容"},
    {"where a text is checked, piece by piece, and where the mask is taken off before (in the "
     "course: "
     "utf8_feed() in common/utf8.c, ws_frame_mask() in common/frame.c)",
     "逐段检查文本的地方，以及在那之前去掉掩码的地方（在课程里：common/utf8.c 的 utf8_feed()，"
     "common/frame.c 的 ws_frame_mask()）"},
    {"the server closed with 1009, too big; but the message that was sent is not",
     "服务器用 1009（太大）关闭，可是发来的消息并不大"},
    {"where a frame's length is read, and compared with the limit (in the course: "
     "ws_frame_decode() in "
     "common/frame.c, begin_frame() in common/message.c)",
     "读取帧的长度并和上限比较的地方（在课程里：common/frame.c 的 ws_frame_decode()，"
     "common/message.c 的 begin_frame()）"},
    {"this client has read all that came, and that ends in the middle of a frame: the rest has "
     "not come, and the connection is there still. What send() does not take must be kept, and go "
     "out as soon as the socket takes it",
     "到了的内容，这个客户端都读了，可是它们断在一帧的中间：剩下的一直没有来，而连接还开着。send() "
     "没有收下的内容要留着，套接字一能收，就要发出去"},
    {"where what send() did not take is kept, who learns of it, and who sends it later (in the "
     "course: "
     "queue_locked() and flush_locked() in lesson03_broadcast/outbox.c, members_send() in "
     "lesson03_broadcast/members.c, deliver_once_locked() in lesson03_broadcast/room.c)",
     "send() "
     "没有收下的内容留在哪里，谁会知道，谁以后把它发出去（在课程里：lesson03_broadcast/outbox.c 的 "
     "queue_locked() 和 flush_locked()，lesson03_broadcast/members.c 的 members_send()，"
     "lesson03_broadcast/room.c 的 deliver_once_locked()）"},
    {"a client that did not read was kept, although more than --max-backlog waited for it: then it "
     "must go",
     "客户端不读，等着发给它的内容已经超过 --max-backlog，却还留着它：这时必须踢出它"},
    {"a silent client was not asked whether it is still there: send a ping after --ping-interval",
     "客户端沉默着，服务器没有问它还在不在：过了 --ping-interval，就要发 ping"},
    {"a client that does not answer pings was kept: it is gone, and its place is taken",
     "客户端不回应 ping，却还留着：它已经不在了，还占着名额"},
    {"a client that answered each ping was thrown out", "客户端回应了每个 ping，却还是断开了它"},
    {"the server stopped without a Close frame with 1001 to its clients",
     "服务器停止了，却没有给客户端发 1001 的关闭帧"},
    {"the server did not end after the signal, or not in time",
     "发出信号之后，服务器没有结束，或者没有及时结束"},
    {"after SIGTERM or SIGINT the exit status is to be 0",
     "SIGTERM 或 SIGINT 之后，退出状态应当是 0"},
    {"it listens on ::1, and not on 127.0.0.1: browsers try both for localhost; with --host ::1 "
     "the rest can be graded there",
     "它在 ::1 上监听，没有在 127.0.0.1 上监听：对于 localhost，浏览器两个都会试；加上 --host "
     "::1，其余各项可以在那里评分"},
    {"127.0.0.1 is served, and ::1 is not: browsers try ::1 first for localhost",
     "在 127.0.0.1 上提供服务，在 ::1 上没有：对于 localhost，浏览器先试 ::1"},
    {"a ping with a word in it was answered, one with the bytes 00 FF 00 was not: what a ping "
     "carries is any bytes, and not to be read as text",
     "带一个单词的 ping 得到了应答，带字节 00 FF 00 的没有：ping "
     "的载荷可以是任何字节，不要当作文本来读"},
    {"the client had ended its side, and the server kept the connection: recv() returns 0 then, "
     "and nothing more can come",
     "客户端已经结束了自己这一边，服务器却还留着连接：这时 recv() 返回 0，不会再有内容到来"},
    {"the connection was ended without a Close frame in answer: the browser says 1006 and wasClean "
     "false",
     "没有用关闭帧回应，就结束了连接：浏览器报告 1006，wasClean 为 false"},
    {"a Close frame was answered with a message: control frames are not for the application",
     "用一条消息回应了关闭帧：控制帧不归应用处理"},
    {"the Close frame was judged before all of it was there, or a part of it was looked at twice",
     "关闭帧还没有到齐就判断了，或者其中一部分看了两遍"},
    {"bind() fails for a port that another server has, unless SO_REUSEPORT lets them share it: "
     "look at its result and at listen()'s, and tell the caller",
     "端口被另一个服务器占用时，bind() 会失败，除非 SO_REUSEPORT 让两个服务器共用它：要检查 bind() "
     "和 listen() 的返回值，并告诉调用者"},
    {"nobody listens on the port any more, and still it is not free; on another port the server "
     "does listen: old connections linger, so setsockopt(SO_REUSEADDR) before bind()",
     "已经没有谁在这个端口上监听，它却还不能用；换一个端口，服务器就能监听：旧连接还没有完全消失，"
     "所以"
     "要在 bind() 之前调用 setsockopt(SO_REUSEADDR)"},
    {"an extension was agreed to that nobody had offered: without an offer there must be no such "
     "header",
     "接受了客户端没有提出的扩展：客户端没提，就不能有这个头字段"},
    {"only the first item of the list was looked at: Connection may have several, and Firefox "
     "sends \"keep-alive, Upgrade\"",
     "只看了列表的第一项：Connection 可以有几项，Firefox 发的就是 “keep-alive, Upgrade”"},
    {"the items of this list were not told apart, while those of \"keep-alive, Upgrade\" are: "
     "there may be blanks around a comma or none, and an item may be empty",
     "这个列表没有正确拆开，而 “keep-alive, Upgrade” "
     "拆对了：逗号两边可以有空格，也可以没有，还可以有空项"},
    {"blanks behind a value were taken for a part of it: cut white space off both ends of a value",
     "把值后面的空格当成了值的一部分：值的两头都要去掉空白"},
    {"a header with nothing behind its colon was not passed over: it may be empty",
     "冒号后面什么也没有的头字段没有跳过去：头字段的值可以是空的"},
    {"a header that the handshake does not ask for came twice, and was not passed over",
     "握手用不到的头字段出现了两次，没有跳过去"},
    {"the first piece of the request was forgotten when the second came (a whole request behind it "
     "was answered with 101): append what recv() brings to what has come before",
     "请求的第二段到了，第一段就丢了（在第一段后面发一个完整的请求，得到的应答是 101）：要把 "
     "recv() 收到的接在已有的后面"},
    {"so many headers are not taken, and a head as long with one header is: where they are noted, "
     "there are too few places",
     "这么多头字段不接受，而同样长、只有一个头字段的请求头接受：存放头字段的地方位置太少"},
    {"bit 0x80 of the second byte is set, which says that four bytes of key follow: none do, and a "
     "server has none",
     "第二个字节的 0x80 位是 1，表示后面有四个字节的掩码密钥：后面并没有，服务器也不该有"},
    {"the last bytes came back as they were masked: groups of four are unmasked, and the one to "
     "three bytes behind the last group are not",
     "最后几个字节发回来时还带着掩码：每四个一组的去掉了掩码，最后一组后面剩下的一到三个字节没有去"
     "掉"},
    {"a length byte, or the number made of them, went through a signed type (char, short): from "
     "0x80 on it is negative, and the end of a frame that is one byte shorter was found; take "
     "uint8_t and uint16_t",
     "长度的字节，或者由它们拼成的数，经过了有符号类型（char、short）：从 0x80 "
     "起就成了负数，而短一个字节的帧，它的结尾找对了；要用 uint8_t 和 uint16_t"},
    {"the server closed with 1002, protocol error, and took a frame that is one byte longer: 126 "
     "is "
     "the smallest length for 16 bits, and 65536 for 64 bits, so look for a <= that should be a <, "
     "where it is checked that the shortest form was used",
     "服务器用 1002（协议错误）关闭了连接，而多一个字节的帧它就接受：16 位长度最小是 126，64 "
     "位长度最小是 "
     "65536。检查长度是否用了最短形式的地方，看看是不是把 < 写成了 <="},
    {"the length of a frame of 300 bytes was read well, and of a long one the end was not found: "
     "one recv() does not bring so much, so read on until the whole payload is there",
     "300 字节的帧，长度读对了，而长帧的结尾没有找到：一次 recv() "
     "收不到这么多，要接着读，直到载荷全部到齐"},
    {"where this frame ends was not found: either its length was not read from the bytes behind "
     "the seven bits, or not all of its payload was read",
     "没有找到这一帧的结尾：要么没有从那七位后面的字节里读出长度，要么没有把载荷读完"},
    {"a frame without payload ended the conversation: if nothing is to be read, recv() returns 0 "
     "as at the end of the stream, so do not call it",
     "没有载荷的帧结束了对话：没有要读的字节时，recv() 也返回 "
     "0，和字节流结束时一样，所以这时不要调用它"},
    {"messages of one client came in another order than it had said them: what is said first is to "
     "be delivered first",
     "同一个客户端的消息，到达的顺序和说的顺序不同：先说的要先投递"},
