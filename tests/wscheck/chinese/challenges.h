/* What checks_challenges.c says, in Chinese. */
{"the challenge's task", "挑战的任务"},

    /* a */
    {"Whatever comes, text or binary, is answered with the text 收到你的消息了.",
     "不管收到什么，文本也好，二进制也好，都回复文本“收到你的消息了”。"},
    {"No answer, or another.", "没有回复，或者回复的是别的内容。"}, {"a text", "一条文本"},
    {"an empty text", "一条空文本"}, {"a binary message", "一条二进制消息"},
    {"70000 bytes", "70000 个字节"},
    {"The answer goes to its sender, and to nobody else.", "只回复发送者，不发给别人。"},
    {"Others get answers to what they never said.", "别人没有说话，也收到了回复。"},
    {"a second client gets nothing", "第二个客户端什么也收不到"},

    /* b */
    {"this is not the JSON text that everyone should get", "这不是大家应当收到的 JSON 文本"},
    {"%zu clients are there, and there are said to be %ld",
     "实际有 %zu 个客户端，消息里却说有 %ld 个"},
    {"Whatever comes, everyone gets {\"data\":\"Hello Client!\",\"clients\":N}, once; N is how "
     "many clients there are.",
     "不管收到什么，都给每个人发一次 {\"data\":\"Hello Client!\",\"clients\":N}；N "
     "是客户端的个数。"},
    {"Only the sender gets it, or the number is wrong.", "只有发送者收到，或者个数不对。"},
    {"one alone: 1", "只有一个客户端：1"},
    {"three clients: 3, to all", "三个客户端：3，每人都收到"},
    {"for a binary message too", "二进制消息也一样"}, {"for an empty message too", "空消息也一样"},
    {"Whoever has gone is not counted any more.", "走了的客户端不再计入。"},
    {"The number only grows.", "个数只增不减。"},
    {"one of three says goodbye", "三个客户端，一个告别后离开"},
    {"one of three is just gone", "三个客户端，一个不告而别"},

    /* c */
    {"a message came that is nobody's next", "收到一条消息，它不是任何人该来的下一条"},
    {"its message went to all before it was acknowledged", "还没有回复它，就把它的消息广播了"},
    {"The sender gets 服务器已收到： and its message; then everyone, the sender too, gets [广播] , "
     "a blank, and the message.",
     "先回复发送者“服务器已收到：”加上这条消息；再给所有人，包括发送者，发送“[广播]"
     "”、一个空格和这条消息。"},
    {"The sender sees one of the two, or the second first.",
     "发送者只收到其中一条，或者先收到后一条。"},
    {"The acknowledgement stands before the broadcast, however many talk at once.",
     "不管多少人同时说话，都是先回复，后广播。"},
    {"In a busy room the broadcast is now and then faster than the acknowledgement.",
     "聊天室一忙，广播有时比回复先到。"},
    {"four talk at the same time", "四个客户端同时说话"},

    /* d */
    {"the welcome has a NUL byte in it: sizeof counts the end of a string, too",
     "欢迎词里有一个 NUL 字节：sizeof 把字符串的结尾也数进去了"},
    {"the welcome ends in the middle of a character", "欢迎词在一个字符的中间断掉"},
    {"the welcome is no text, or an empty one", "欢迎词不是文本，或者是空的"},
    {"the body is no page that opens a WebSocket", "正文不是会打开 WebSocket 的页面"},
    {"GET / on the same port is the page.", "同一个端口上，GET / 得到页面。"},
    {"404, or a page from elsewhere.", "得到 404，或者是别处的页面。"}, {"the page", "页面"},
    {"the page, beside a WebSocket", "有 WebSocket 连着时，也得到页面"},
    {"Whoever connects is welcomed with a text.", "客户端一连上，就发给它一条文本欢迎词。"},
    {"An empty window until one says something.", "窗口一直是空的，直到你说点什么。"},
    {"a welcome for each", "每个客户端都收到欢迎词"},
    {"What is said comes back.", "说什么，就发回什么。"}, {"Silence.", "没有任何回应。"},
    {"A page cannot send a ping frame: it says \"ping\", and is answered \"pong\".",
     "页面发不了 ping 帧：它发送文本“ping”，服务器回复文本“pong”。"},
    {"The page waits for its pong.", "页面一直等着 pong。"},
    {"the text ping, and no other", "文本 ping"},
    {"A ping frame is answered with a pong frame.", "收到 ping 帧，就用 pong 帧回应。"},
    {"Thrown out by clients that check whether the server is alive.",
     "有的客户端会检查服务器是否还在，得不到 pong 就断开连接。"},
    {"a ping frame", "ping 帧"},
    {"A Close frame is answered with its code, and then the connection ends.",
     "收到关闭帧，就用同样的关闭码回应，然后结束连接。"},
    {"1006 in the browser when one presses Disconnect.", "按“断开”后，浏览器报告 1006。"},
    {"disconnect", "断开连接"},

    /* e */
    {"What comes goes back unchanged: text as text, binary as binary.",
     "收到什么，就原样发回：文本还是文本，二进制还是二进制。"},
    {"Something else comes back.", "发回来的是别的内容。"},
    {"It goes back to its sender, and to nobody else.", "只发回给发送者，不发给别人。"},
    {"A chat, not an echo.", "成了聊天，不是回显。"},
