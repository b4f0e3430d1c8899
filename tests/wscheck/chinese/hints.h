/* What hints.c says: the question to begin with, and the shape of the code. */

/* ---- lesson 1 */
{"Which calls turn a port number into something that clients can connect to? Which of them can "
 "fail, and what is left open then?",
 "有了端口号，还要调用哪几个函数，客户端才能连接？其中哪些可能失败？失败时，还有什么是打开着的？"},
    {"One straight line: make the socket, set its options, give it its address, let it listen, "
     "return it. The way out for every failure stands once, at the end: keep errno, close, put "
     "errno back, return -1.",
     "从上到下一条直线：创建套接字，设置选项，绑定地址，开始监听，返回它。失败的出口只写一处，放在"
     "末尾：记下 errno，关闭，恢复 errno，返回 -1。"},
    {"How much may one recv() bring: half a line, the whole head, more than the head? How does "
     "your code know that the head is complete, and where its last byte is?",
     "一次 recv() "
     "能收到多少：半行，整个请求头，还是比请求头更多？你的代码怎样知道请求头已经完整，最后一个字节"
     "在哪里？"},
    {"A loop around recv(). Each turn makes room, reads behind what is there, and looks at all "
     "bytes since the first. It has three ways out: the empty line is there; the client has gone; "
     "the time is over. What comes behind the empty line stays in the buffer.",
     "用一个循环调用 "
     "recv()"
     "。每一轮先腾出空间，接在已有内容的后面读，再从第一个字节起看全部内容。出口有三个：空行到了；"
     "客户端走了；时间到了。空行后面的内容留在缓冲区里。"},
    {"What may differ between two clients that send the same header: its letters, the blanks "
     "around its value, its place? What if it comes twice?",
     "两个客户端发同一个头字段，什么可能不同：字母的大小写，值两边的空格，还是它的位置？如果同一个"
     "头字段来了两次呢？"},
    {"A loop over all header lines, to the last. In it one comparison that ignores the case. A "
     "counter tells the first from the others: the first gives its value, each is counted.",
     "一个循环，走过所有的头字段，直到最后一行。循环里比较一次，不分大小写。用一个计数器区分第一个"
     "和其余的：值取第一个的，每一个都计数。"},
    {"Is the value of Connection one word? What else may stand in it, before or behind the word "
     "that you look for? May the header come in two lines?",
     "Connection 的值只有一个词吗？你要找的词，前面后面还可能有什么？这个头字段会不会分成两行？"},
    {"Two loops, one in the other: over the lines with this name, and over the items of one line's "
     "list. The first item that is equal ends both. Only behind both you know that it is nowhere.",
     "两层循环：外层走过同名的各行，内层走过一行列表里的各项。遇到第一个相等的，两层都结束。两层都"
     "走完，才知道哪里都没有。"},
    {"What is the very last byte before the first frame? Which lines must be there, which only if "
     "the client has asked for it, and which never?",
     "第一个帧之前的最后一个字节是什么？哪些行必须有，哪些行只有客户端要求才能有，哪些行绝不能有"
     "？"},
    {"First compute what is not constant: the accept key, and whether the client has offered your "
     "subprotocol. Then write the whole answer in one go, each line with its CR LF, and one empty "
     "line at the end. Send as many bytes as you have written.",
     "先算出每次不同的部分：accept "
     "key，还有客户端有没有提出你的子协议。然后一口气写出整个应答，每行都带 CR "
     "LF，末尾一个空行。写了多少字节，就发送多少字节。"},
    {"What exactly goes into SHA-1: which bytes, how many, in which order? And what goes into "
     "base64: text, or bytes? How long is each?",
     "交给 SHA-1 的究竟是什么：哪些字节，有多少，按什么顺序？交给 base64 "
     "的又是什么：文本，还是字节？各有多长？"},
    {"Three steps: key and GUID one behind the other, 60 bytes; their digest, 20 raw bytes; these "
     "in base64, 28 characters. Each step has the length of the one before, and none looks for a "
     "NUL.",
     "三步：密钥后面接上 GUID，60 个字节；它们的摘要，20 个原始字节；摘要的 base64，28 "
     "个字符。每一步都知道上一步的长度，哪一步都不去找 NUL。"},
    {"Which rules does a request have to keep before it may get a 101? Which status says which "
     "rule it has broken?",
     "请求要遵守哪些规则，才能得到 101？违反了哪条规则，用哪个状态码来说明？"},
    {"A row of tests, each with a return of its own: method, version of HTTP, target, body, "
     "Upgrade, Connection, then what is special to WebSocket. The last line is reached by good "
     "requests only.",
     "一连串判断，各有各的 return：方法、HTTP 版本、目标、正文、Upgrade、Connection，然后是 "
     "WebSocket 特有的。只有正确的请求才走得到最后一行。"},

    /* ---- lesson 2 */
    {"How many messages does a client send in its life? What tells you that there will be no more?",
     "一个客户端从来到走，会发多少条消息？你从哪里知道，不会再有消息了？"},
    {"The handshake, and a way out if it fails. Then one loop, whose condition receives the next "
     "message and whose body answers it.",
     "先握手，失败就离开。然后是一个循环：循环条件接收下一条消息，循环体回复它。"},
    {"How long is a header? Which of its bytes tell you that? What do you do while one of them is "
     "missing?",
     "帧头有多长？是哪些字节告诉你的？其中有一个还没到，你怎么办？"},
    {"From the left to the right, and before each field the question whether its bytes are there: "
     "if not, say so and return. First byte; second byte; the rules; 0, 2 or 8 bytes of length; 4 "
     "bytes of key. One variable says where the next field begins.",
     "从左往右，读每个字段之前都先问：它的字节到齐了吗？没有到齐，就报告不完整，返回。第一个字节；"
     "第二个字节；规则；0、2 或 8 个字节的长度；4 "
     "个字节的密钥。用一个变量记住下一个字段从哪里开始。"},
    {"Which bits do the first two bytes of a server's frame have? Which of them may a server never "
     "set?",
     "服务器发的帧，前两个字节里有哪些位？其中哪些位，服务器绝不能设置？"},
    {"Two assignments, one for each byte. One condition: does the length fit into the second? If "
     "not, the other function goes on.",
     "两次赋值，每个字节一次。一个判断：长度放得进第二个字节吗？放不进，就交给另一个函数。"},
    {"Up to which length are two bytes enough? Which of the bytes goes first on the wire?",
     "长度最大到多少，两个字节还够用？这些字节里，先发送哪一个？"},
    {"One condition with two branches. Each writes the number that announces the field, then the "
     "field, highest byte first, and returns how long the header is.",
     "一个判断，两个分支。每个分支先写一个数，说明后面的长度占几个字节；再写长度，高位字节在前；最"
     "后返回帧头有多长。"},
    {"Which byte of the key belongs to byte i of the payload? And if the payload comes in two "
     "pieces, to the first byte of the second piece?",
     "载荷的字节 i，对应密钥的哪个字节？如果载荷分两块到达，第二块的第一个字节又对应哪个？"},
    {"One loop over the piece, one line in it: an XOR of this byte with one byte of the key. The "
     "index into the key counts from the payload's beginning, not from the piece's, and goes round "
     "after four. All else is about speed.",
     "一个循环走过这一块，里面只有一行：这个字节和密钥的一个字节做异或。密钥的下标从载荷的开头数起"
     "，不是从这一块的开头；数满四个就从头再来。其余的都是为了快。"},
    {"Which faults show in the first byte, which only in the second? What do you say when there is "
     "no second byte yet?",
     "哪些错误看第一个字节就知道，哪些要等第二个？第二个字节还没到，你返回什么？"},
    {"A row of tests, each with a return of its own. First all that the first byte can tell. Then "
     "one test whether there is a second. Then what that one tells. Good frames reach the end.",
     "一连串判断，各有各的 "
     "return。先判断第一个字节能说明的一切。再看有没有第二个字节。然后判断第二个字节能说明的。正确"
     "的帧会走到最后。"},
    {"Is a message under way? Which kinds of frames may come then, which may come else, and which "
     "may come at any time?",
     "现在有没有一条还没结束的消息？如果有，可以来哪种帧？如果没有，可以来哪种？哪种帧随时都可以来"
     "？"},
    {"Three kinds of frames, three lines: control frames; continuations; beginnings. The last two "
     "ask the same question, whether a message is under way, and want opposite answers.",
     "三种帧，三行代码：控制帧；延续帧；开始一条消息的帧。后两行问同一个问题：有没有一条还没结束的"
     "消息？想要的答案正好相反。"},
    {"In how many pieces may a message come, and who has cut it? Whose memory is a piece in, and "
     "for how long?",
     "一条消息可能分几块到来，是谁切开的？一块数据放在谁的内存里，能用到什么时候？"},
    {"Always append the piece to what you have. Only with the last piece hand out the whole: its "
     "type, where it begins, how long it is. Without memory the connection ends. The shorter way "
     "for a message in one piece comes later.",
     "每一块都接到已有内容的后面。到了最后一块，才交出整条消息：类型，从哪里开始，有多长。没有内存"
     "，就结束连接。消息只有一块时可以走捷径，那是以后的事。"},
    {"What must stand in a pong? May it wait until the message is complete in the middle of which "
     "the ping came?",
     "pong 里必须有什么？ping 插在一条消息的中间，pong 可以等到那条消息收齐再发吗？"},
    {"One call that sends a frame: another opcode, the same payload.",
     "一次调用，发送一个帧：操作码不同，载荷相同。"},
    {"Which bytes may follow the first byte of a character? What do you have to remember when a "
     "piece ends in the middle of one?",
     "一个字符的第一个字节后面，可以是哪些字节？一块数据在字符的中间结束，你要记住什么？"},
    {"A state, a loop over the bytes, and in it one step: state and byte give the next state. One "
     "state means that a character is complete, one that it is all over. The state comes out of "
     "the struct before the loop and goes back behind it.",
     "一个状态，一个走过各个字节的循环，循环里只有一步：由状态和字节得到下一个状态。有一个状态表示"
     "字符完整，另一个表示已经出错，不会再变。循环之前从结构体里取出状态，循环之后放回去。"},
    {"Which lengths may the body of a Close frame have? Which codes may travel? What do you know "
     "when only a part of it has come?",
     "关闭帧的内容可以有多长？哪些关闭码可以发送？只到了一部分时，你能知道什么？"},
    {"A row of tests, each with a return of its own: one byte; nothing to look at yet; the code; "
     "the reason, of which only the new bytes are checked; and, when all has come, whether its "
     "last character is complete.",
     "一连串判断，各有各的 "
     "return：只有一个字节；还没有可以看的；关闭码；原因，只检查新到的字节；全部到齐时，再看最后一"
     "个字符是否完整。"},
    {"What does the other side wait for after its Close frame? What may still lie before yours, "
     "and what may come behind it?",
     "对方发出关闭帧之后，在等什么？你的关闭帧前面，可能还有什么没有发出？后面还可以有什么？"},
    {"Build the body, then the header, which needs the body's length. Put what still waits, header "
     "and body in a row and send that in one call, with a deadline. What it returns, you return.",
     "先写内容，再写帧头，因为帧头要用到内容的长度。把还没发出的、帧头、内容依次排好，一次调用全部"
     "发送，并且有截止时间。它返回什么，你就返回什么。"},
    {"Whose memory does the new thread look at, and when? What has to be undone if there is no "
     "thread?",
     "新线程看的是谁的内存，什么时候看？如果得不到线程，要撤销哪些事？"},
    {"Memory of its own for this client, filled before the thread begins. Then into the list, then "
     "the thread. If that fails: the same steps backwards, each undone. Otherwise the thread gives "
     "the memory back, not you.",
     "给这个客户端一块它自己的内存，在线程开始之前填好。然后放进列表，再启动线程。启动失败，就倒着"
     "走一遍，一步步撤销。启动成功，内存就由线程释放，不由你释放。"},

    /* ---- lesson 3 */
    {"What would another thread see that goes through the list just now, between any two of your "
     "lines? And what does it do with a member that has left?",
     "如果此刻另一个线程正在遍历列表，它在你的任意两行之间会看到什么？一个成员已经离开，那个线程还"
     "会拿它做什么？"},
    {"Both: lock, a few pointers, unlock, and no return in between. Draw the list with two "
     "members, and with one: which pointer points at the new one, which at its end? What join has "
     "set, leave sets back; there is one case more, the last member. Mind the count.",
     "两个函数都是：加锁，改几个指针，解锁，中间没有 "
     "return。画出有两个成员的列表，再画只有一个的：哪个指针指向新成员，哪个指针指向末尾？加入时设"
     "置的，离开时都改回去；离开还多一种情况，就是最后一个成员。别忘了计数。"},
    {"How long may the list be locked? What happens in that time to the one member that does not "
     "read?",
     "列表可以锁多久？有一个成员不读，这段时间里它会怎样？"},
    {"Lock, a loop over the list from the first to the last member, unlock. In the loop one call, "
     "which does not wait, and what its result says about this member.",
     "加锁，一个循环从第一个成员走到最后一个，解锁。循环里有一次调用，它不等待；再记下它的结果对这"
     "个成员意味着什么。"},
    {"The socket is full. Where do the bytes wait, who sends them later, and how many may there "
     "be?",
     "套接字满了。字节在哪里等，以后由谁发送，最多可以有多少？"},
    {"First the bound, counting everything that waits for this client; beyond it the client is "
     "ended. Then append; without memory the client is ended, too. The result says who sends the "
     "rest: the client's own thread, if it is sending just now, or somebody else.",
     "先看上限，等着发给这个客户端的全都算上；超过上限，就结束这个客户端。然后追加；没有内存，也结"
     "束它。返回值说明其余的由谁发送：所属线程正在发送，就由它发；否则由别的线程发。"},
    {"When may a frame not go straight to the socket? What stands half sent in it, and who sends "
     "the other half?",
     "什么时候，一帧不能直接写进套接字？套接字里有什么只发了一半，另一半由谁发送？"},
    {"One question with three parts: is the client evicted, is its owner in the middle of a frame, "
     "does something older wait? Only if the answer is no three times, send, without waiting. What "
     "is left is the result: the caller queues it. The lines for --trace stand around all that.",
     "一个问题，分三问：客户端已经踢出了吗？它的所属线程正发到一帧的中间吗？有更早的内容在等吗？三"
     "个回答都是否，才发送，而且不等待。剩下多少就返回多少，由调用者排进队列。给 --trace "
     "用的几行写在这一切的前后。"},
    {"Who may say something while you deliver? Where does that go? When is the lock held, and when "
     "must it not be?",
     "你在投递时，谁可以说话？说的话放到哪里去？什么时候持有锁，什么时候不能持有？"},
    {"Three parts. With the lock: take the whole queue and leave an empty one, wake those who wait "
     "for space. Without it: deliver. With it again: count what was delivered, and put the buffer "
     "away. No byte is copied.",
     "分三段。持有锁：拿走整个队列，留下一个空的，唤醒等空间的线程。不持有锁：投递。再持有锁：给投"
     "递的计数，收好缓冲区。一个字节都不复制。"},
    {"What is still under way when a client leaves: what it has said, and what was said to it? Who "
     "still knows its memory?",
     "客户端离开时，还有什么在路上：它说过的话，还是别人对它说的话？还有谁知道它的内存在哪里？"},
    {"Five steps, in one order: what it has said is delivered; it is taken off the list; what "
     "waits for it is sent, but not for ever; its connection writes by itself again; its outbox "
     "ends.",
     "五步，顺序不能变：投递它说过的话；把它移出列表；发送等着给它的内容，但有时间上限；让连接恢复"
     "自己写套接字；结束它的 outbox。"},
    {"How do you tell a client that has nothing to say from one that is not there any more? And "
     "from one that is busy reading?",
     "一个客户端没有话说，另一个已经不在了，你怎样区分？还有一个正忙着读，又怎样区分？"},
    {"Two cases, told apart by a flag: nobody has asked yet, so ask, and note that; or it was "
     "asked, and nothing came. In the second, one more question decides. That question is put each "
     "time, before the cases.",
     "两种情况，用一个标志区分：还没有问过，就问，并且记下；已经问过，却什么都没来。第二种情况，要"
     "再看一个问题的答案。这个问题每次都要先问，放在区分两种情况之前。"},
    {"What must each client hear before the program ends? Who may be unable to hear it, and how "
     "long do you wait for those?",
     "程序结束之前，每个客户端都必须听到什么？哪些客户端可能听不到？为它们等多久？"},
    {"Say it in the log. Wait for all, with a deadline. Cut off those who are left. Wait once "
     "more, with a later deadline. Both count from the beginning. If there are threads even then, "
     "end without freeing what they use.",
     "在日志里写一行。等所有线程结束，到截止时间为止。切断剩下的。再等一次，截止时间更晚。两个截止"
     "时间都从开头算起。到那时还有线程，就直接结束程序，不释放它们正在用的东西。"},

    /* ---- challenges */
    {"Does the answer depend on what came: its type, its text, its length? How many bytes has it?",
     "回复和收到的消息有关系吗：它的类型，它的文本，它的长度？回复有多少字节？"},
    {"The loop of lesson 2. Only what is sent is another: always text, always the same bytes, "
     "without the NUL.",
     "第 2 课的循环，只是发送的不同：总是文本，总是同样的字节，不带 NUL。"},
    {"When is the welcome sent? Which messages are not simply sent back?",
     "欢迎语什么时候发送？哪些消息不能只是原样发回？"},
    {"Handshake, welcome, then the loop of lesson 2 with one condition: a text, of this length, "
     "with these bytes. All else goes back as it came.",
     "握手，欢迎，然后是第 2 "
     "课的循环，加一个判断：是文本，是这么长，是这些字节。其余的都原样发回。"},
    {"What is the least that a server has to do with a message?",
     "收到一条消息，服务器最少要做什么？"},
    {"The loop of lesson 2, and nothing besides.", "第 2 课的循环，此外什么都没有。"},
    {"Who else runs this function at the same moment? Which of your variables are theirs, too? "
     "Since when does a client count?",
     "同一时刻，还有谁在运行这个函数？你的变量里，哪些也是它们的？一个客户端从什么时候起算进个数"
     "？"},
    {"Join, handshake, loop, leave: as in lesson 3. In the loop the text is written anew each "
     "time, into memory of this thread, with the count of this moment.",
     "加入，握手，循环，离开，和第 3 "
     "课一样。循环里每次都重新写文本，写进本线程自己的内存，用这一刻的个数。"},
    {"Two messages go to the sender: which is first, and who sends which? What may another thread "
     "do between the two?",
     "发送者会收到两条消息：哪条在前，各由谁发送？在两条之间，别的线程可能做什么？"},
    {"Build both texts. Send the first, and see it off. Then say the second in the room. Give the "
     "memory of both back, whatever happened.",
     "先写好两段文本。发送第一段，并且确保它已经发走。然后在聊天室里说第二段。不管结果怎样，两段的"
     "内存都要释放。"},
