// What a server tells of frames, handshakes and ends, as feed.h says: the newest 10,000 are kept. There is a
// row for each, or they are drawn as arrows between lifelines; and the one that is chosen is explained: the
// bits of the header, the payload before and after the mask, where a read of the server's began, and which
// rule was kept or broken. What a page needs for it:
//
//     language.js, connection.js, hex.js, sha1.js, and in an element of the class frame-view frames.html
//     empty         a word: what is said while there is no row; if there are any, broadcasts is one, too
//     data-feed     an element that has it tells how the connection is
//     feed          path: where the WebSocket is; name: of what is saved and remembered; whyRefused(): gives
//                   one of the words that begin with "feed", and what t() needs to say what to do, or null

// 1. The words, in English and in Chinese.

Object.assign(sharedWords, {
  pause: ['Pause', '暂停'],
  goOn: ['Go on ({} waiting)', '继续（{} 条在等）'],
  clear: ['Clear', '清空'],
  onlyFaults: ['Only faults', '只看错误'],
  whose: ['Client', '客户端'],
  everyone: ['all', '全部'],
  kind: ['Kind', '类型'],
  contains: ['Find', '查找'],
  list: ['Frames, the newest last. Arrow keys choose one.', '帧，最新的在最后。用方向键选择。'],
  detail: ['What it means', '详细解释'],
  diagram: ['Diagram', '时序图'],
  replay: ['Replay', '回放'],
  first: ['|◀ First', '|◀ 最前'],
  back: ['◀ Back', '◀ 后退'],
  forward: ['Next ▶', '前进 ▶'],
  play: ['▶▶ Play', '▶▶ 播放'],
  pace: ['Pace', '速度'],
  where: ['{} of {}', '第 {} 条，共 {} 条'],
  slowly: ['a row in {} s', '每 {} 秒一条'],
  asRecorded: ['as it was', '原速'],
  save: ['Save', '保存'],
  load: ['Open', '打开'],
  pcapng: ['Wireshark', 'Wireshark'],
  time: ['Time', '时间'],
  who: ['Who', '谁'],
  bytesHead: ['Bytes', '字节'],
  textHead: ['Text', '文本'],
  verdict: ['Verdict', '结论'],
  newest: ['↓ {} new', '↓ {} 条新的'],
  toNewest: ['↓ Newest', '↓ 最新'],
  nothingFits: ['Of the {} rows, none fits the filter.', '共 {} 条，没有符合筛选条件的。'],
  choose: ['Choose a row: with the mouse, or with the arrow keys.', '请选择一行：用鼠标，或用方向键。'],

  feedConnecting: ['Connecting …', '正在连接……'],
  feedOpen: ['Watching', '正在观看'],
  feedLost: ['Connection lost ({}); trying again in {} s', '连接断开（{}），{} 秒后重连'],
  feedFailed: ['Cannot watch; trying again in {} s', '无法观看，{} 秒后重试'],
  feedNoAnswer: ['The server does not answer; trying again in {} s', '服务器没有应答，{} 秒后重连'],
  feedRefused: ['Not allowed to watch; trying again in {} s', '无权观看，{} 秒后重试'],
  feedFull: ['No place to watch; trying again in {} s', '观看名额已满，{} 秒后重试'],
  badFile: ['{} is not a recording of this page: {}', '{} 不是本页面保存的记录：{}'],
  loaded: ['{} rows from {}. It is paused: what happens now waits.', '读入 {} 条，来自 {}。现在处于暂停状态：新的内容在等待。'],
  notJson: ['no JSON', '不是 JSON'],
  notRows: ['it has no rows', '里面没有记录'],

  in: ['{} → server', '{} → 服务器'],
  out: ['server → {}', '服务器 → {}'],
  toAll: ['{} → all {}', '{} → 全部 {}'],
  toAllLong: ['server → all {} clients, said by {}', '服务器 → 全部 {} 个客户端，{} 所说'],
  serverName: ['server', '服务器'],
  noFrame: ['no frame', '不是帧'],
  handshake: ['handshake', '握手'],
  end: ['gone', '离开'],
  gap: ['not shown', '未显示'],
  again: ['again', '重新观看'],
  reads: ['{} reads', '{} 次读取'],
  oneRead: ['1 read', '1 次读取'],
  joined: ['together with what came before it', '与前面的数据一起读到'],
  header: ['Header: the bytes, and the bits in them', '帧头：字节，以及其中的位'],
  extended: ['length in {} bits', '{} 位长度'],
  length: ['length', '长度'],
  elsewhere: ['the next {} bits', '见后面 {} 位'],
  key: ['masking key', '掩码密钥'],
  masked: ['Payload: on the wire ⊕ key = meant', '载荷：线路上 ⊕ 密钥 = 原文'],
  plain: ['Payload, not masked', '载荷，没有掩码'],
  behind: ['What came behind it', '后面跟着的字节'],
  code: ['code', '关闭码'],
  cuts: ['A dashed line: here a new read of the server’s began, since TCP cuts where it likes.', '虚线：服务器从这里开始新的一次读取，因为 TCP 随处切分数据。'],
  more: ['… and {} bytes more', '……另有 {} 字节'],
  missing: ['{} bytes of the payload have not come', '载荷还差 {} 字节没到'],
  missed: ['{} rows are not shown here: there were too many at once', '这里有 {} 条没有显示：一下子来得太多'],
  watchingAgain: ['The page was not connected for a while. What happened meanwhile is not here.', '页面曾经断开，期间发生的事没有记录。'],
  rules: ['Rules', '规则'],
  step: ['lesson {}, step {}', '第 {} 课第 {} 步'],
  stepTitle: ['{}, section {}', '{} 第 {} 节'],
  copyBytes: ['Copy bytes', '复制字节'],
  copyText: ['Copy text', '复制文本'],
  copyKey: ['Copy key', '复制密钥'],
  copyAccept: ['Copy accept', '复制 accept'],
  copyRequest: ['Copy request', '复制请求'],
  copy: ['Copy as printf … | nc', '复制为 printf … | nc'],
  copied: ['Copied.', '已复制。'],
  toCopy: ['To copy by hand:', '请手工复制：'],
  fault: ['{}: {}', '{}：{}'],

  kept: ['ok', '正确'],
  broken: ['BAD', '错误'],
  cut: ['cut', '中断'],
  cutLong: ['the connection ended in the middle of this frame (code 1006)', '帧还没收完，连接就断了（关闭码 1006）'],
  closes: ['the server closes with {}: {}', '服务器以关闭码 {} 关闭连接：{}'],
  state: ['When it came, its sender was: {}', '它到来时，发送方处于：{}'],

  request: ['Request of {} bytes', '请求，{} 字节'],
  answer: ['Answer', '应答'],
  shownFirst: ['its first {} bytes', '前 {} 字节'],
  acceptSteps: ['The accept key, in three steps', 'accept 密钥，三步算出'],
  step1: ['The key’s characters, and behind them the GUID of RFC 6455:', '密钥的字符，后面接 RFC 6455 规定的 GUID：'],
  step2: ['SHA-1 of these {} characters: 20 bytes.', '对这 {} 个字符求 SHA-1：20 个字节。'],
  step3: ['These 20 bytes in base64:', '把这 20 个字节写成 base64：'],
  acceptRight: ['The answer has the same: the server has understood the request.', '应答里正是它：服务器听懂了请求。'],
  acceptWrong: ['The answer has another one!', '应答里的不一样！'],
  letIn: ['let in: from here on there are frames', '放行：从这里起都是帧'],
  turnedAway: ['refused', '拒绝'],
  endClient: ['The client closed with {}: {}', '客户端以关闭码 {} 关闭：{}'],
  endServer: ['The server closed with {}: {}', '服务器以关闭码 {} 关闭：{}'],
  endNetwork: ['The connection was lost without a close frame: {}, {}', '没有关闭帧，连接就断了：{}，{}'],
  evicted: ['evicted: too slow or too silent', '被踢出：太慢，或沉默太久'],
  reasonSaid: ['Reason: “{}”', '原因：“{}”'],
});

const kinds = ['text', 'binary', 'continuation', 'close', 'ping', 'pong'];  // the RFC's names, in both languages
const kindGroups = {
  '': ['all', '全部'],
  data: ['data frames', '数据帧'],
  control: ['control frames', '控制帧'],
  connections: ['handshakes, ends', '握手与离开'],
};

// What the sender was in the middle of. {} is how many fragments there were.
const states = {
  between: ['between messages', '两条消息之间'],
  text: ['inside a fragmented text message, fragments so far: {}', '在分片的文本消息中，已有 {} 片'],
  binary: ['inside a fragmented binary message, fragments so far: {}', '在分片的二进制消息中，已有 {} 片'],
  open: ['open', '已打开'],
  closing: ['closing', '正在关闭'],
};

// The rules, by section of RFC 6455, and the lesson and step that teaches each.
const rules = {
  '4.2.1': [['what a handshake must have', '握手必须有什么'], 1, 3],
  '4.2.2': [['the accept key proves that the request was understood', 'accept 密钥证明听懂了请求'], 1, 4],
  '5.1': [['a client masks, a server does not', '客户端加掩码，服务器不加'], 2, 2],
  '5.2': [['no RSV bit, known opcode, shortest length', 'RSV 为 0，操作码已知，长度用最短形式'], 2, 1],
  '5.3': [['the key is four bytes; byte i meets byte i mod 4 of it', '密钥四字节；第 i 个字节与密钥第 i mod 4 个字节异或'], 2, 2],
  '5.4': [['fits into the row of fragments', '符合分片顺序'], 2, 5],
  '5.5': [['a control frame, short and whole', '控制帧，短而完整'], 2, 5],
  '5.5.1': [['close: answered with a close', '关闭帧：以关闭帧回应'], 2, 7],
  '5.5.2': [['ping: answered with a pong', 'ping：以 pong 回应'], 2, 5],
  '5.5.3': [['pong: a sign of life', 'pong：表示还在'], 2, 5],
  '7.1.5': [['no close frame: 1006, which is never sent', '没有关闭帧：1006，它从不在线路上出现'], 2, 7],
  '7.4': [['a close code that may be sent', '关闭码可以发送'], 2, 7],
  '7.4.1': [['a message within the limit', '消息不超过上限'], 2, 3],
  '8.1': [['UTF-8', '是 UTF-8'], 2, 6],
};

// The faults and the hints come in English with the frame; these are for the Chinese page.
const chineseWords = {
  'bad-rsv': 'RSV 位被置 1，但没有协商过扩展',
  'bad-opcode': '操作码是保留值：只用 0、1、2、8、9、10',
  'control-fragmented': '控制帧没有 FIN：它不能分片',
  'control-too-long': '控制帧超过 125 字节',
  'not-masked': '没有掩码：客户端发送的一切都必须加掩码',
  'length-not-minimal': '长度没有用最短形式',
  'length-high-bit': '64 位长度的最高位是 1',
  'stray-continuation': '延续帧，但没有未完的消息',
  'message-unfinished': '上一条消息没完，又开始新的',
  'too-big': '消息超过服务器的上限',
  'bad-utf8': '文本不是合法的 UTF-8',
  'close-one-byte': '关闭帧的内容只有一个字节',
  'close-bad-code': '这个关闭码不能发送',
  'close-bad-utf8': '关闭原因不是合法的 UTF-8',
  text: '是不是直接发了文本，没有装进帧里？',
  newline: '是换行符：按了回车，或用了 println()？',
  deflate: 'RSV1 表示压缩，但没有协商过',
  length: '也许前一帧的实际长度与帧头不符',
  room: 'ping 最多 125 字节，关闭原因最多 123 字节；更长的用消息发',
  mask: '第 1 字节置 0x80，发 4 字节密钥，再与载荷异或',
  shortest: '125 以内用 7 位，65535 以内用 16 位，其余用 64 位',
  order: '字节序反了？高位字节在前',
  fin: '前一帧不是最后一片，却带了 FIN？',
  continuation: '第一片之后的操作码都是 0',
  charset: '别的字符编码，或掩码错了？二进制数据用操作码 2',
  code: '关闭码是两个字节，高位在前',
  swapped: '两个字节交换一下就对了：高位在前',
  codes: '可以发送 1000-1003、1007-1014、3000-4999',
  cut: '是不是在一个字符的中间截断了？',
};

const fill = (pair, ...values) => inLanguage(pair).replace(/\{\}/g, () => values.shift());
let instant;  // a time to the millisecond

// For the page's showInLanguage().
function showFramesInLanguage() {
  instant = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit',
    fractionalSecondDigits: 3, hourCycle: 'h23' });
  $('words').placeholder = t('contains');
  showEverything();
  showFeedState();
}

// Whatever comes from a client is hexadecimal until here, and goes to textContent only: it stays text,
// whatever it looks like.
function make(tag, className, text, ...children) {
  const element = document.createElement(tag);
  if (className)
    element.className = className;
  element.textContent = text;
  element.append(...children);
  return element;
}

// 2. Bytes.

const unhex = (text) => (text.match(/../g) || []).map((two) => parseInt(two, 16));
const bits = (byte, from, count) => byte.toString(2).padStart(8, '0').slice(from, from + count);
const number = (value) => value.toLocaleString(language);
const decode = (bytes, more = false) => new TextDecoder().decode(new Uint8Array(bytes), { stream: more });

// What a byte is as a character: · stands for all that ASCII does not print.
const character = (byte) => (byte > 0x20 && byte < 0x7F ? String.fromCharCode(byte) : '·');
const ascii = (bytes) => bytes.map((byte) => (byte === 0x20 ? ' ' : character(byte))).join('');

const sizeOfForm = { 7: 0, 16: 2, 64: 8 };

// The masking key, if all of it came.
function keyOf(frame) {
  const header = unhex(frame.header);
  return frame.masked && header.length === 6 + sizeOfForm[frame.form] ? header.slice(-4) : null;
}

function plainBytes(frame) {
  const key = keyOf(frame);
  return unhex(frame.payload).map((byte, i) => (key ? byte ^ key[i % 4] : byte));
}

// Is the payload no payload, but what came behind a header that is never allowed?
const isRest = (frame) => frame.outcome === 'bad' && (frame.fault === 'not-masked' || !keyOf(frame));

const isPartShown = (frame) => frame.seen > frame.payload.length / 2 || frame.length > frame.seen;

// Are these bytes text? Of a continuation, the message that it is a piece of says so.
const isTextFrame = (frame) => frame.opcode === 1 || (frame.opcode === 0 && frame.state === 'text');

// 3. What there is to tell of a row in a few words. A row is an object of the server's with a number of its
//    own, n; or "gap" and "again", which the page adds.

const names = new Map();  // of client numbers, once they have said one

// A chat message begins {"name":"...": the first 64 bytes are enough for most names. The rows that are
// in the page already are drawn again with a new name.
function learnName(row) {
  if (row.direction !== 'in' || row.opcode !== 1 || row.outcome !== 'ok')
    return;
  const [, inside] = /^\{"name":"((?:[^"\\]|\\.)*)/.exec(decode(plainBytes(row), true)) || [];
  try {
    const name = JSON.parse(`"${inside || ''}"`).trim().slice(0, 32);
    if (name && names.get(row.client) !== name) {
      names.set(row.client, name);
      if (names.size > 2000)
        names.delete(names.keys().next().value);
      forgetDrawn();
    }
  } catch { /* a name that was cut in an escape */ }
}

function clientName(client) {
  return names.has(client) ? `#${client} ${names.get(client)}` : `#${client}`;
}

const isEvent = (row) => row.event !== undefined;
const clientOf = (row) => row.client ?? row.from;
const whoOf = (row) => row.receivers !== undefined
  ? t('toAll', row.from === undefined ? t('serverName') : clientName(row.from), number(row.receivers))
  : row.client === undefined ? '' : clientName(row.client);

function kindOf(row) {
  if (isEvent(row))
    return t(row.event);
  return row.header.length === 2 && row.outcome === 'bad' ? t('noFrame') : row.name;
}

const firstLine = (hexText) => ascii(unhex(hexText.slice(0, 400))).split('··')[0];

const texts = {
  gap: (row) => t('missed', number(row.missed)),
  again: () => t('watchingAgain'),
  handshake: (row) => firstLine(row.request),
  end: (row) => `${row.code} ${row.evicted ? t('evicted') : (row.by === 'client' && decode(unhex(row.reason))) || closeCodeInWords(row.code)}`,
};

function textOf(row) {
  if (isEvent(row))
    return texts[row.event](row);
  const bytes = plainBytes(row);
  if (isRest(row))
    return ascii([...unhex(row.header), ...bytes]);
  if (row.opcode === 8 && bytes.length >= 2)
    return `${bytes[0] * 256 + bytes[1]} ${decode(bytes.slice(2))}`;
  if (isTextFrame(row) || row.opcode >= 9)
    return decode(bytes, isPartShown(row));
  return hex(bytes);
}

const faultCodes = [1002, 1003, 1007, 1008, 1009, 1010, 1011];

// ok, bad, cut; or event and gap, for what is no frame.
function classOf(row) {
  if (!isEvent(row))
    return row.outcome;
  if (row.event === 'handshake')
    return row.status === 101 ? 'event' : 'bad';
  if (row.event === 'end')
    return row.by === 'network' ? 'cut' : row.evicted || (row.by === 'server' && faultCodes.includes(row.code)) ? 'bad' : 'event';
  return 'gap';
}

const verdicts = {
  handshake: (row) => (row.status === 101 ? '✓ 101' : `✗ ${row.status}`),
  end: (row) => `${{ cut: '✂ ', bad: '✗ ' }[classOf(row)] || ''}${row.code}`,
  ok: () => '✓',
  bad: (row) => `✗ §${row.section}`,
  cut: () => '✂ 1006',
};
const verdictOf = (row) => (verdicts[row.event || row.outcome] || (() => ''))(row);

const arrows = { in: '↑', out: '↓' };
const arrowOf = (row) => arrows[row.direction] || { handshake: '⇄', end: '⊘' }[row.event] || '';

// 4. The recording: the newest rows; and of them those that fit the filter.

const KEEP = 10_000;
let kept = [];        // the newest last
let shown = [];       // those of them that fit
let arrived = [];     // arrived, and not in the recording yet
let paused = false;
let nextN = 1;
let chosen = null;    // n of the row whose detail is shown; null: that of the newest
let replayed = null;  // how many of the shown rows there are in a replay; null: there is none

// Never trust that an object has the right shape: a recording may come from anywhere.
const isNumber = (value) => Number.isSafeInteger(value) && value >= 0;
const isHex = (value) => typeof value === 'string' && /^([0-9a-f]{2})*$/.test(value);
const isString = (value) => typeof value === 'string' && value.length < 300;
const shapes = {
  frame: { direction: (d) => d === 'in' || d === 'out', outcome: (o) => ['ok', 'bad', 'cut'].includes(o),
    header: (h) => isHex(h) && h.length >= 2 && h.length <= 28, opcode: isNumber, name: isString, payload: (p) => isHex(p) && p.length <= 128,
    seen: isNumber, reads: isNumber, cuts: (c) => Array.isArray(c) && c.every(isNumber), state: (s) => Object.hasOwn(states, s),
    length: (l) => l === null || (typeof l === 'number' && l >= 0), form: (f) => f === null || Object.hasOwn(sizeOfForm, f) },
  handshake: { client: isNumber, status: isNumber, length: isNumber, request: isHex, answer: isHex },
  end: { client: isNumber, code: isNumber, by: isString, evicted: (e) => typeof e === 'boolean', reason: isHex },
  gap: { missed: isNumber },
  again: {},
};

function isRow(row) {
  if (row === null || typeof row !== 'object' || !isNumber(row.time))
    return false;
  const shape = Object.hasOwn(shapes, row.event ?? 'frame') ? shapes[row.event ?? 'frame'] : null;
  const isWhole = shape && Object.entries(shape).every(([name, is]) => is(row[name]));
  const isTold = row.event !== undefined || row.outcome !== 'bad'
    || (isString(row.fault) && isString(row.section) && isString(row.reason) && isNumber(row.close));
  const isKept = row.outcome !== 'ok' || (Array.isArray(row.kept) && row.kept.every(isString));
  return isWhole && isTold && isKept && [row.client, row.from, row.receivers].every((n) => n === undefined || isNumber(n));
}

function isKind(row, kind) {
  const { opcode } = isEvent(row) ? {} : row;
  return kind === '' || row.event === kind || (kind === 'connections' && isEvent(row)) || row.name === kind
    || (kind === 'data' && opcode < 8) || (kind === 'control' && opcode >= 8);
}

// The end that a fault leads to is none of its own.
const isFault = (row) => ['bad', 'cut'].includes(classOf(row)) && (row.event !== 'end' || row.by === 'network' || row.evicted);

function isWanted(row) {
  const whose = $('whose').value;
  const words = $('words').value.trim().toLowerCase();
  if (row.event === 'gap' || row.event === 'again')
    return !$('faults').checked && words === '';
  return (whose === '' || (whose === 'all' ? row.receivers !== undefined : clientOf(row) === Number(whose)))
    && isKind(row, $('kind').value)
    && (!$('faults').checked || isFault(row))
    && (words === '' || `${whoOf(row)} ${kindOf(row)} ${textOf(row)} ${row.address || ''}`.toLowerCase().includes(words));
}

const isWatching = () => replayed === null;

// A new row; what was not shown before it becomes a row of its own.
function record(rows) {
  const added = rows.flatMap((row) => (row.missed && row.event === undefined
    ? [{ time: row.time, event: 'gap', missed: row.missed }, row] : [row]));
  for (const row of added) {
    row.n = nextN++;
    learnName(row);
  }
  kept.push(...added);
  const lost = Math.max(0, kept.length - KEEP);
  kept.splice(0, lost);
  const wanted = added.filter(isWanted);
  shown.push(...wanted);
  const from = kept.length > 0 ? kept[0].n : 0;
  const gone = lost > 0 ? shown.findIndex((row) => row.n >= from) : 0;
  shown.splice(0, gone < 0 ? shown.length : gone);
  if (replayed !== null)
    replayed = Math.max(0, replayed - Math.max(0, gone));
  return { wanted, gone: Math.max(0, gone) };
}

// What has arrived is put in some at a time: a flood must not freeze the page.
function receiveRow(row) {
  if (!isRow(row))
    return;
  arrived.push(row);
  if (arrived.length > KEEP)
    arrived.shift();
  if (arrived.length === 1 || paused)
    setTimeout(showArrived, 50);
}

function showArrived() {
  showPause();
  if (paused || arrived.length === 0)
    return;
  const rows = arrived;
  arrived = [];
  const following = isFollowing();
  const { wanted, gone } = record(rows);
  noteClients(rows);
  if (!following && isWatching()) {
    unseen += wanted.length;
    $('list').scrollTop -= gone * rowHeight;  // the rows that one looks at stay where they are
  }
  showList(following);
  const fault = rows.findLast((row) => row.outcome === 'bad');
  if (fault)
    $('newestFault').textContent = t('fault', clientName(fault.client), faultWords(fault));
}

function filterAgain() {
  shown = kept.filter(isWanted);
  if (replayed !== null)
    replayed = Math.min(replayed, shown.length);
  if (!shown.some((row) => row.n === chosen))
    chosen = null;
  showList(chosen === null);
  if (chosen !== null)
    scrollTo(indexOf(chosen));
}

// 5. The list. Only the rows that one sees are in the page, so ten thousand cost no more than thirty.

let rowHeight = 32;
let unseen = 0;             // new ones since one has scrolled up
const drawn = new Map();    // the rows in the page, by n

const visible = () => (replayed === null ? shown : shown.slice(0, replayed));
const visibleCount = () => replayed ?? shown.length;
const indexOf = (n) => { // by halves: the numbers only grow
  let [low, high] = [0, visibleCount() - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (shown[middle].n < n) low = middle + 1; else high = middle;
  }
  return shown[low]?.n === n ? low : -1;
};

let isAtEnd = true;         // until one scrolls up

const isFollowing = () => chosen === null && isAtEnd;

function noteScroll() {
  const list = $('list');
  isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < rowHeight;
}

// What fits beside each other depends on the size of the type, which A+ and A− change: no media query
// knows of that.
function measureRow() {
  const em = parseFloat(getComputedStyle($('panes')).fontSize);
  document.body.classList.toggle('wide', window.innerWidth >= 56 * em && window.innerHeight >= 30 * em);
  const width = $('list').clientWidth / em;
  $('rows').className = width >= 48 ? 'roomy' : width < 33 ? 'cramped' : '';
  const probe = make('li', '', '');
  $('frames').append(probe);
  rowHeight = probe.getBoundingClientRect().height || 32;
  probe.remove();
}

function cell(className, text) {
  return make('span', className, text);
}

function drawTime(time) {
  const [, seconds, rest] = /^(.*?)(\D\d{3})$/.exec(instant.format(time)) || [null, instant.format(time), ''];
  return make('span', 'time', seconds, make('span', 'ms', rest));
}

function drawRow(row) {
  const item = make('li', `${classOf(row)} ${row.direction || ''}`, '');
  if (isDiagram) {
    item.setAttribute('aria-label', [arrowOf(row), whoOf(row), kindOf(row), textOf(row), verdictOf(row)].join(' '));
    item.append(drawLanes(row));
  } else {
    item.append(drawTime(row.time), cell('arrow', arrowOf(row)),
      make('bdi', 'who', whoOf(row)), cell('kind', kindOf(row)),
      cell('length', row.length === undefined || row.length === null ? '' : number(row.length)),
      make('bdi', 'text', textOf(row).slice(0, 300)), cell('verdict', verdictOf(row)));
  }
  item.id = `row-${row.n}`;
  item.setAttribute('role', 'option');
  return item;
}

function placeRow(item, row, index) {
  item.style.top = `${index * rowHeight}px`;
  item.setAttribute('aria-posinset', index + 1);
  item.setAttribute('aria-setsize', visibleCount());
  item.setAttribute('aria-selected', row.n === chosen);
}

function drawVisible() {
  const list = $('list');
  const count = visibleCount();
  const first = Math.max(0, Math.floor(list.scrollTop / rowHeight) - 3);
  const last = Math.min(count, Math.ceil((list.scrollTop + list.clientHeight) / rowHeight) + 3);
  const wanted = new Set();
  for (let i = first; i < last; i++)
    wanted.add(shown[i].n);
  for (const [n, item] of drawn)
    if (!wanted.has(n)) {
      item.remove();
      drawn.delete(n);
    }
  for (let i = first; i < last; i++) {
    const row = shown[i];
    let item = drawn.get(row.n);
    if (!item) {
      item = drawRow(row);
      drawn.set(row.n, item);
      const after = i + 1 < last && shown.slice(i + 1, last).find((other) => drawn.has(other.n));
      $('frames').insertBefore(item, after ? drawn.get(after.n) : null);  // in order, for who reads it aloud
    }
    placeRow(item, row, i);
  }
  if (chosen !== null && drawn.has(chosen))
    $('frames').setAttribute('aria-activedescendant', `row-${chosen}`);
  else
    $('frames').removeAttribute('aria-activedescendant');
}

function showNewest() {
  const button = $('newest');
  const below = isWatching() && !isFollowing();
  button.hidden = !below;
  if (!below)
    unseen = 0;
  else
    button.textContent = unseen > 0 ? t('newest', number(unseen)) : t('toNewest');
}

function showList(follow) {
  const count = visibleCount();
  $('frames').style.height = `${count * rowHeight}px`;
  $('empty').hidden = count > 0;
  $('empty').textContent = kept.length > 0 ? t('nothingFits', number(kept.length)) : t('empty');
  if (isDiagram)
    layOutLanes();
  if (follow) {
    $('list').scrollTop = count * rowHeight;
    isAtEnd = true;
  }
  drawVisible();
  showNewest();
  showDetail();
  showPlayer();
}

function scrollTo(index) {
  const list = $('list');
  const top = index * rowHeight;
  if (top < list.scrollTop)
    list.scrollTop = top;
  else if (top + rowHeight > list.scrollTop + list.clientHeight)
    list.scrollTop = top + rowHeight - list.clientHeight;
}

function choose(index) {
  if (index < 0 || index >= visibleCount())
    return;
  chosen = shown[index].n;
  scrollTo(index);
  drawVisible();
  showNewest();
  showDetail();
}

function follow() {
  chosen = null;
  unseen = 0;
  showList(true);
}

$('list').onscroll = () => {
  noteScroll();
  drawVisible();
  showNewest();
};
$('newest').onclick = () => {
  follow();
  $('frames').focus({ preventScroll: true });
};
$('frames').onclick = (event) => {
  const item = event.target.closest('#frames > li');
  if (item)
    choose(indexOf(Number(item.id.slice(4))));
};
$('frames').onkeydown = (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey)
    return;
  const count = visibleCount();
  const at = chosen === null ? count : indexOf(chosen);
  const page = Math.max(1, Math.floor($('list').clientHeight / rowHeight) - 1);
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, PageUp: Math.max(0, at - page), PageDown: Math.min(count - 1, at + page), Home: 0 }[event.key];
  if (event.key === 'End' || event.key === 'Escape' || (event.key === 'ArrowDown' && at >= count - 1))
    follow();
  else if (event.key === 'Enter')
    $('detail').focus();
  else if (to !== undefined)
    choose(Math.max(0, to));
  else
    return;
  event.preventDefault();
};

// 6. The detail of a row.

// A part of the header, header[from, to): its bytes, and below them the fields that are in them.
function group(frame, from, to, ...boxes) {
  const bytes = unhex(frame.header).slice(from, to).map((byte, i) =>
    make('span', frame.cuts.includes(from + i) ? 'begins' : '', hex([byte])));
  return make('div', 'group', '', make('div', 'bytes', '', ...bytes), make('div', '', '', ...boxes));
}

function box(name, value, note = '') {
  return make('div', 'box', '', make('span', 'note', name), make('b', '', value), make('span', 'note', note));
}

function drawHeader(frame) {
  const [first, second, ...rest] = unhex(frame.header);
  const row = make('div', 'row header', '', group(frame, 0, 1,
    box('FIN', bits(first, 0, 1)), box('RSV', bits(first, 1, 3)), box('opcode', bits(first, 4, 4), `${frame.opcode} = ${frame.name}`)));
  if (second === undefined || frame.form === null)
    return row;
  const size = sizeOfForm[frame.form];
  const seven = second & 0x7F;
  row.append(group(frame, 1, 2, box('MASK', bits(second, 0, 1)),
    box(t('length'), bits(second, 1, 7), size ? `${seven}: ${t('elsewhere', frame.form)}` : `= ${seven}`)));
  if (size && rest.length > 0)
    row.append(group(frame, 2, 2 + size, box(t('extended', frame.form),
      rest.length < size ? '…' : number(BigInt(`0x${frame.header.slice(4, 4 + 2 * size)}`)))));
  if (frame.masked && rest.length > size)
    row.append(group(frame, 2 + size, undefined, box(t('key'), '')));
  return row;
}

// Cuts the meant bytes into characters: how many bytes each of them takes. §8.1
function characters(bytes) {
  const found = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at];
    const size = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1;
    const text = decode(bytes.slice(at, at + size));
    const isOne = [...text].length === 1 && text !== '\uFFFD';
    const printable = isOne && !/[\p{C}\p{Z}]/u.test(text);
    found.push({ from: at, size: isOne ? size : 1, glyph: printable ? text : text === ' ' ? '␣' : '·' });
    at += isOne ? size : 1;
  }
  return found;
}

// Each byte; if it is masked, the byte of the key and what the two make (§5.3); above them the character.
function drawPayload(frame) {
  const key = keyOf(frame);
  const wire = unhex(frame.payload);
  const plain = plainBytes(frame);
  const headerLength = frame.header.length / 2;
  const column = (i) => {
    const one = make('div', 'byte', '', make('span', 'wire', hex([wire[i]])));
    if (key)
      one.append(make('span', 'key', `⊕${hex([key[i % 4]])}`), make('span', 'plain', hex([plain[i]])));
    if (frame.cuts.includes(headerLength + i))
      one.classList.add('begins');
    return one;
  };
  const code = frame.opcode === 8 && !isRest(frame) && plain.length >= 2 ? 2 : 0;
  const parts = characters(plain.slice(code)).map((one) => ({ ...one, from: one.from + code }));
  if (code)
    parts.unshift({ from: 0, size: 2, glyph: `${t('code')} ${plain[0] * 256 + plain[1]}` });
  return make('div', 'row payload', '', ...parts.map(({ from, size, glyph }) =>
    make('div', 'char', '', make('span', 'glyph', glyph),
      make('span', 'columns', '', ...Array.from({ length: size }, (_, i) => column(from + i))))));
}

const faultWords = (frame) => (language === 'en' ? frame.reason : chineseWords[frame.fault] ?? frame.reason);

// What beginners mostly did when this came; about the first byte, if it is that one.
function hintWords(frame) {
  const first = parseInt(frame.header.slice(0, 2), 16);
  const about = { text: `0x${hex([first])} = ‘${character(first)}’: `, newline: `0x${hex([first])} ` }[frame.hint] || '';
  return frame.hint ? about + (language === 'en' ? frame.hintWords : chineseWords[frame.hint] ?? frame.hintWords) : '';
}

const lessonFolders = ['', 'lesson01_handshake', 'lesson02_frames', 'lesson03_broadcast'];

// A rule: its section, as a link to the RFC, what it says, and the step of the course that teaches it.
function drawRule(section, isBroken, text) {
  const [words, lesson, step] = Object.hasOwn(rules, section) ? rules[section] : [null];
  const link = make('a', '', `§${section}`);
  link.href = `https://www.rfc-editor.org/rfc/rfc6455#section-${section}`;
  link.target = '_blank';
  link.rel = 'noreferrer';
  const item = make('li', isBroken ? 'broken' : '', '', link, ` ${text ?? (words ? inLanguage(words) : '')} `);
  if (words) {
    const where = make('span', 'note', `(${t('step', lesson, step)})`);
    where.title = t('stepTitle', `${lessonFolders[lesson]}/README${language === 'en' ? '' : '.zh-CN'}.md`, step);
    item.append(where);
  }
  return item;
}

function drawVerdict(frame) {
  const bold = (name, rest = '') => make('p', 'verdict', '', make('b', '', t(name)), rest);
  if (frame.outcome === 'ok')
    return [bold('kept'), make('ul', 'rules', '', ...frame.kept.map((section) => drawRule(section, false)))];
  if (frame.outcome === 'cut')
    return [bold('cut', `: ${t('cutLong')}`), make('ul', 'rules', '', drawRule('7.1.5', true))];
  const hint = hintWords(frame);
  return [bold('broken'), make('ul', 'rules', '', drawRule(frame.section, true, faultWords(frame))),
    ...(hint ? [make('p', 'hint', hint)] : []), make('p', 'closes', t('closes', frame.close, closeCodeInWords(frame.close)))];
}

// The same frame for a terminal: printf takes octal, which every shell's printf knows, and a handshake
// must come before it.
function shellLine(frame) {
  const octal = unhex(frame.header + frame.payload)
    .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  return `printf 'GET / HTTP/1.1\\r\\nHost: x\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n` +
    `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n${octal}'` +
    ` | nc ${location.hostname.replace(/[[\]]/g, '')} ${location.port || 80}`;
}

async function copy(text, button) {
  const area = make('textarea', '', '');
  let said = t('toCopy');
  button.parentElement.querySelectorAll('.note, textarea').forEach((old) => old.remove());
  try {
    await navigator.clipboard.writeText(text);  // there is none on a page over plain HTTP
    said = t('copied');
  } catch { /* then it is copied by hand */ }
  const note = make('p', 'note', said);
  note.setAttribute('role', 'status');
  area.readOnly = true;
  area.value = text;
  area.setAttribute('aria-label', said);
  button.parentElement.append(note, area);
  area.select();
}

function copyButton(name, text) {
  const button = make('button', 'copy', t(name));
  button.onclick = () => copy(text, button);
  return button;
}

// A line for the terminal: only what a client sent, and only if all of it is here.
const canBeSent = (frame) => frame.direction === 'in' && frame.seen === frame.payload.length / 2;

function frameTitle(frame) {
  if (frame.receivers !== undefined)
    return t('toAllLong', number(frame.receivers), frame.from === undefined ? '?' : clientName(frame.from));
  return t(frame.direction, clientName(frame.client));
}

function frameNotes(frame) {
  const notes = [instant.format(frame.time)];
  if (frame.length !== null)
    notes.push(byteCount(frame.length));
  if (frame.direction === 'in')
    notes.push(frame.reads === 1 ? t('oneRead') : t('reads', frame.reads));
  if (frame.joined)
    notes.push(t('joined'));
  if (frame.address)
    notes.push(frame.address);
  return notes.join(' · ');
}

function detailOfFrame(frame) {
  const parts = [make('h2', '', `${frameTitle(frame)}: ${kindOf(frame)}`), make('p', 'note', frameNotes(frame)),
    make('h3', '', t('header')), drawHeader(frame)];
  const count = frame.payload.length / 2;
  if (count > 0) {
    parts.push(make('h3', '', t(isRest(frame) ? 'behind' : keyOf(frame) ? 'masked' : 'plain')), drawPayload(frame));
    if (!isRest(frame) && (isTextFrame(frame) || frame.opcode >= 8))
      parts.push(make('p', '', '', make('bdi', 'text', frame.opcode === 8 ? closeText(frame) : textOf(frame))));
  }
  if (frame.seen > count)
    parts.push(make('p', 'note', t('more', number(frame.seen - count))));
  if (!isRest(frame) && frame.length > frame.seen)
    parts.push(make('p', 'note', t('missing', number(frame.length - frame.seen))));
  if (frame.cuts.length > 0)
    parts.push(make('p', 'note', t('cuts')));
  parts.push(make('h3', '', t('rules')), ...drawVerdict(frame),
    make('p', 'note', t('state', fill(states[frame.state], frame.fragments || '?'))));
  const tools = make('div', 'tools', '', copyButton('copyBytes', hex(unhex(frame.header + frame.payload))));
  if (keyOf(frame))
    tools.append(copyButton('copyKey', hex(keyOf(frame))));
  if (isTextFrame(frame) && !isRest(frame))
    tools.append(copyButton('copyText', textOf(frame)));
  if (canBeSent(frame))
    tools.append(copyButton('copy', shellLine(frame)));
  parts.push(tools);
  return parts;
}

// The code of a close frame in words, and its reason.
function closeText(frame) {
  const bytes = plainBytes(frame);
  if (bytes.length < 2)
    return '';
  const code = bytes[0] * 256 + bytes[1];
  const reason = decode(bytes.slice(2));
  return `${code}: ${closeCodeInWords(code)}${reason ? ` · ${t('reasonSaid', reason)}` : ''}`;
}

// include sha1.js

const headLines = (hexText) => decode(unhex(hexText)).split(/\r?\n/).map((line) =>
  [...line].map((c) => (/[\p{C}]/u.test(c) ? '·' : c)).join(''));

const headerValue = (lines, name) =>
  (lines.find((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`)) || '').slice(name.length + 1).trim();

function drawHead(lines) {
  const shownLines = lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  return make('ul', 'http', '', ...shownLines.map((line) => make('li', '', '',
    make('code', /^(upgrade|connection|sec-websocket)/i.test(line) ? 'mark' : '', line || ' '))));
}

// §4.2.2 step 5.4: base64(SHA-1(key + GUID)).
function drawAccept(key, accept) {
  const bytes = new TextEncoder().encode(key + GUID);
  const digest = sha1(bytes);
  const made = btoa(String.fromCharCode(...digest));
  return [make('h3', '', t('acceptSteps')), make('ol', 'steps', '',
    make('li', '', `${t('step1')} `, make('code', '', key + GUID)),
    make('li', '', `${t('step2', bytes.length)} `, make('code', '', hex(digest))),
    make('li', '', `${t('step3')} `, make('code', 'made', made), ` ${t(made === accept ? 'acceptRight' : 'acceptWrong')}`))];
}

function detailOfHandshake(row) {
  const request = headLines(row.request);
  const answer = headLines(row.answer);
  const [key, accept] = [headerValue(request, 'Sec-WebSocket-Key'), headerValue(answer, 'Sec-WebSocket-Accept')];
  const isIn = row.status === 101;
  const size = row.request.length / 2 < row.length ? ` (${t('shownFirst', number(row.request.length / 2))})` : '';
  const parts = [make('h2', '', `${clientName(row.client)}: ${t('handshake')}, ${row.status}`),
    make('p', 'note', `${instant.format(row.time)} · ${row.address || ''}`),
    make('h3', '', t('request', number(row.length)) + size), drawHead(request), make('h3', '', t('answer')), drawHead(answer)];
  if (isIn && key)
    parts.push(...drawAccept(key, accept));
  const section = isIn ? '4.2.2' : '4.2.1';
  parts.push(make('h3', '', t('rules')), make('p', 'verdict', '', make('b', '', t(isIn ? 'letIn' : 'turnedAway'))),
    make('ul', 'rules', '', drawRule(section, !isIn)));
  const tools = make('div', 'tools', '', copyButton('copyRequest', decode(unhex(row.request))));
  if (key)
    tools.append(copyButton('copyKey', key));
  if (accept)
    tools.append(copyButton('copyAccept', accept));
  return [...parts, tools];
}

function detailOfEnd(row) {
  const how = { client: 'endClient', network: 'endNetwork' }[row.by] || 'endServer';
  const reason = decode(unhex(row.reason));
  const parts = [make('h2', '', `${clientName(row.client)}: ${t('end')}`),
    make('p', 'note', `${instant.format(row.time)} · ${row.address || ''}`),
    make('p', '', t(how, row.code, closeCodeInWords(row.code)))];
  if (reason)
    parts.push(make('p', '', '', make('bdi', 'text', t('reasonSaid', reason))));
  if (row.evicted)
    parts.push(make('p', 'verdict', '', make('b', '', t('evicted'))));
  return [...parts, make('h3', '', t('rules')), make('ul', 'rules', '', drawRule(row.code === 1006 ? '7.1.5' : '7.4', row.code === 1006))];
}

let detailed = '';  // which row, in which language: what has not changed is not drawn again

function showDetail() {
  const index = chosen === null ? visibleCount() - 1 : indexOf(chosen);
  const row = index >= 0 ? shown[index] : null;
  const which = row ? `${row.n} ${names.get(clientOf(row)) ?? ''} ${language}` : `none ${language}`;
  if (which === detailed)
    return;
  detailed = which;
  $('detail').className = row ? classOf(row) : '';
  if (!row)
    $('detail').replaceChildren(make('p', 'note', t('choose')));
  else if (row.event === 'handshake')
    $('detail').replaceChildren(...detailOfHandshake(row));
  else if (row.event === 'end')
    $('detail').replaceChildren(...detailOfEnd(row));
  else if (isEvent(row))
    $('detail').replaceChildren(make('h2', '', kindOf(row)), make('p', '', textOf(row)));
  else
    $('detail').replaceChildren(...detailOfFrame(row));
}

// 7. The diagram: a lifeline for the server and for each client, and an arrow for each row.

let isDiagram = false;
let lanes = new Map();    // client → x, in pixels
let lives = new Map();    // client → [the number of its first row, of its last]
let serverX = 0;

function svg(tag, attributes, text) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes))
    element.setAttribute(name, value);
  if (text !== undefined)
    element.textContent = text;
  return element;
}

// As many clients as there is room for: those that were heard of last.
function layOutLanes() {
  const em = parseFloat(getComputedStyle($('frames')).fontSize);
  const width = $('list').clientWidth;
  const most = Math.max(1, Math.floor((width - 10 * em) / (5.5 * em)));
  const rows = visible();
  const before = JSON.stringify([...lanes, serverX]);
  lives = new Map();
  for (const row of rows) {
    const client = clientOf(row);
    if (client === undefined) continue;
    if (!lives.has(client)) lives.set(client, [row.event === 'handshake' ? row.n : 0, Infinity]);
    if (row.event === 'end' || (row.event === 'handshake' && row.status !== 101)) lives.get(client)[1] = row.n;
  }
  const latest = new Set();
  for (let i = rows.length - 1; i >= 0 && latest.size < most; i--)
    if (clientOf(rows[i]) !== undefined) latest.add(clientOf(rows[i]));
  const clients = [...latest].sort((a, b) => a - b);
  serverX = Math.min(width - 3 * em, 8 * em);
  const step = (width - serverX - 3 * em) / Math.max(1, clients.length);
  lanes = new Map(clients.map((client, i) => [client, serverX + (i + 1) * Math.min(step, 14 * em)]));
  $('lanes').replaceChildren(...[[t('serverName'), serverX], ...[...lanes].map(([client, x]) => [clientName(client), x])]
    .map(([name, x]) => {
      const label = make('span', '', name);
      label.style.left = `${x}px`;
      return label;
    }));
  if (JSON.stringify([...lanes, serverX]) !== before)
    forgetDrawn();
}

function isAlive(client, n) {
  const [from, to] = lives.get(client) || [0, Infinity];
  return n >= from && n <= to;
}

function arrow(from, to, y, kind) {
  const way = Math.sign(to - from);
  return [svg('line', { x1: from, y1: y, x2: to - way * 6, y2: y, class: `arrow ${kind}` }),
    svg('path', { d: `M${to} ${y} l${-way * 10} -5 v10 z`, class: `head ${kind}` })];
}

// How a row looks between its client's lifeline and the server's.
function drawArrows(row, y) {
  const x = lanes.get(clientOf(row));
  const kind = `${row.opcode >= 8 ? 'control' : ''} ${['bad', 'cut'].includes(classOf(row)) ? 'bad' : ''}`;
  const cross = (at) => svg('text', { x: at, y: y + 5, class: 'cross', 'text-anchor': 'middle' }, '✖');
  if (row.receivers !== undefined)
    return [...lanes].filter(([client]) => isAlive(client, row.n)).flatMap(([, to]) => arrow(serverX, to, y, kind));
  if (x === undefined)
    return [];
  if (row.event === 'handshake')
    return [...arrow(x, serverX, y - 4, kind), ...arrow(serverX, x, y + 5, kind)];
  if (row.event === 'end')
    return [cross(x)];
  if (row.outcome === 'cut')
    return [svg('line', { x1: x, y1: y, x2: (x + serverX) / 2, y2: y, class: 'arrow bad' }), cross((x + serverX) / 2)];
  return row.direction === 'in' ? arrow(x, serverX, y, kind) : arrow(serverX, x, y, kind);
}

function drawLanes(row) {
  const picture = svg('svg', { 'aria-hidden': 'true' });
  const y = rowHeight * .66;
  const isGone = (client) => row.event === 'end' && row.client === client;
  picture.append(svg('line', { x1: serverX, y1: 0, x2: serverX, y2: rowHeight, class: 'life' }),
    ...[...lanes].filter(([client]) => isAlive(client, row.n)).map(([client, x]) =>
      svg('line', { x1: x, y1: 0, x2: x, y2: isGone(client) ? y : rowHeight, class: 'life' })),
    ...drawArrows(row, y));
  const room = Math.max(8, Math.floor(($('list').clientWidth - serverX) / 9));
  const label = [kindOf(row), textOf(row), verdictOf(row)].join(' ').replace(/\s+/g, ' ').trim();
  picture.append(svg('text', { x: 4, y: y + 2, class: 'when' }, instant.format(row.time)),
    svg('text', { x: serverX + 8, y: rowHeight * .4 }, [...label].slice(0, room).join('')));
  return picture;
}

function forgetDrawn() {
  for (const item of drawn.values())
    item.remove();
  drawn.clear();
}

// Everything anew: another language, another size, rows or diagram.
function showEverything() {
  const following = isFollowing();
  $('frames').className = isDiagram ? 'diagram' : '';
  $('head').hidden = isDiagram;
  $('lanes').hidden = !isDiagram;
  $('diagram').setAttribute('aria-pressed', isDiagram);
  measureRow();
  lanes = new Map();
  forgetDrawn();
  showChoices();
  showPause();
  showList(following);
  if (chosen !== null)
    scrollTo(indexOf(chosen));
}

$('diagram').onclick = () => {
  isDiagram = !isDiagram;
  showEverything();
};
const sizes = new ResizeObserver(() => {
  const before = rowHeight;
  measureRow();
  if (before !== rowHeight || isDiagram)
    showEverything();
  else
    showList(isFollowing());
});
sizes.observe($('list'));
sizes.observe(document.querySelector('h1'));  // A+ and A− change it

// 8. Replay: what was recorded, row by row, as slowly as a class needs it. Meanwhile more is recorded.

let playTimer = null;
const paces = [['3', 3], ['1.5', 1.5], ['0.5', 0.5], ['as it was', 0]];

function showPlayer() {
  $('replay').setAttribute('aria-pressed', !isWatching());
  $('player').hidden = isWatching();
  if (isWatching())
    return;
  $('where').textContent = t('where', number(replayed), number(shown.length));
  $('play').setAttribute('aria-pressed', playTimer !== null);
  $('back').disabled = $('first').disabled = replayed <= 1;
  $('forward').disabled = replayed >= shown.length;
}

function showUpTo(count) {
  replayed = Math.max(0, Math.min(count, shown.length));
  chosen = null;
  showList(true);
}

function stopPlaying() {
  clearTimeout(playTimer);
  playTimer = null;
  showPlayer();
}

function playNext() {
  if (replayed >= shown.length) {
    stopPlaying();
    return;
  }
  const pace = Number($('pace').value);
  const pause = replayed > 0 ? shown[replayed].time - shown[replayed - 1].time : 0;
  playTimer = setTimeout(() => {
    showUpTo(replayed + 1);
    playNext();
  }, pace > 0 ? pace * 1000 : Math.max(0, Math.min(pause, 5000)));
}

$('replay').onclick = () => {
  stopPlaying();
  if (isWatching()) {
    showUpTo(1);
    return;
  }
  replayed = null;
  follow();
};
$('play').onclick = () => {
  if (playTimer !== null) {
    stopPlaying();
    return;
  }
  if (replayed >= shown.length)
    showUpTo(1);
  playNext();
  showPlayer();
};
const step = (count) => () => {
  stopPlaying();
  showUpTo(count());
};
$('first').onclick = step(() => 1);
$('back').onclick = step(() => replayed - 1);
$('forward').onclick = step(() => replayed + 1);

// 9. Filter, pause, clear.

const CHOICES = 100;  // clients in the list: those that came last
let choices = [];

function option(value, name) {
  const element = make('option', '', name);
  element.value = value;
  return element;
}

function refill(select, ...options) {
  const value = select.value;
  select.replaceChildren(...options);
  if (options.some((one) => one.value === value))
    select.value = value;
}

function noteClients(rows) {
  const known = new Set(choices);
  const before = choices.map(clientName).join();
  for (const row of rows)
    if (row.client !== undefined)
      known.add(row.client);
  choices = [...known].sort((a, b) => a - b).slice(-CHOICES);
  const isSeen = choices.includes(Number($('whose').value));
  if (choices.map(clientName).join() !== before || (Number($('whose').value) && !isSeen))
    showChoices();
}

function showChoices() {
  const chosenClient = Number($('whose').value);
  const clients = chosenClient && !choices.includes(chosenClient) ? [chosenClient, ...choices] : choices;
  refill($('whose'), option('', t('everyone')), ...(words.broadcasts ? [option('all', t('broadcasts'))] : []), ...clients.map((client) => option(client, clientName(client))));
  refill($('kind'), ...Object.entries(kindGroups).map(([name, pair]) => option(name, inLanguage(pair))), ...kinds.map((kind) => option(kind, kind)));
  refill($('pace'), ...paces.map(([name, value]) => option(value, value ? t('slowly', name) : t('asRecorded'))));
}

function showPause() {
  $('pause').setAttribute('aria-pressed', paused);
  $('pause').textContent = paused ? t('goOn', number(arrived.length)) : t('pause');
}

$('whose').onchange = filterAgain;
$('kind').onchange = filterAgain;
$('faults').onchange = filterAgain;
$('words').oninput = filterAgain;
$('clear').onclick = () => {
  kept = [];
  choices = [];
  replayed = null;
  stopPlaying();
  $('help').hidden = true;
  showChoices();
  filterAgain();
};
$('pause').onclick = () => {
  paused = !paused;
  showPause();
  if (!paused)
    showArrived();
};

// 10. Out of the page, and into it again: as JSON, and for Wireshark.

function download(name, parts, type) {
  const link = make('a', '', '');
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = `${name}-${new Date().toISOString().slice(0, 19).replace(/[T:]/g, '-')}`
    + (type === 'application/json' ? '.json' : '.pcapng');
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// A recording: without the numbers that the rows have here.
const withoutN = ({ n, ...row }) => row;

$('save').onclick = () => download(feed.name, [JSON.stringify({ recording: 'xray', rows: kept.map(withoutN) })], 'application/json');

// The rows of a recording; an Error with the reason if it is none.
function parseRecording(text) {
  let rows;
  try {
    ({ rows } = JSON.parse(text));
  } catch {
    throw new Error(t('notJson'));
  }
  const good = Array.isArray(rows) ? rows.filter(isRow).slice(-KEEP) : [];
  if (good.length === 0)
    throw new Error(t('notRows'));
  return good;
}

function say(text) {
  $('help').textContent = text;
  $('help').hidden = false;
}

function replaceRecording(rows) {
  kept = [];
  shown = [];
  choices = [];
  names.clear();
  replayed = null;
  chosen = null;
  record(rows);
  noteClients(rows);
}

$('load').onclick = () => $('file').click();
$('file').onchange = async () => {
  const [file] = $('file').files;
  $('file').value = '';
  if (!file)
    return;
  try {
    const rows = parseRecording(await file.text());
    paused = true;
    replaceRecording(rows);
    showEverything();
    follow();
    say(t('loaded', number(rows.length), file.name));
  } catch (error) {
    say(t('badFile', file.name, error.message));
  }
};

// A file that Wireshark opens (pcapng, RFC draft-ietf-opsawg-pcapng): the rows as packets of a TCP
// connection for each client. What the server did not tell is made up: TCP's own packets, sequence
// numbers, a handshake that came before one watched. Of a long payload, the first 64 bytes are there.

const bytesOfNumber = (value, size, isLittle = false) => {
  const bytes = Array.from({ length: size }, (_, i) => Number((BigInt(value) >> BigInt(8 * (size - 1 - i))) & 0xFFn));
  return isLittle ? bytes.reverse() : bytes;
};
const u16 = (value) => bytesOfNumber(value, 2);
const u32 = (value) => bytesOfNumber(value, 4);
const le16 = (value) => bytesOfNumber(value, 2, true);
const le32 = (value) => bytesOfNumber(value, 4, true);
const padded = (bytes) => [...bytes, ...new Array((4 - bytes.length % 4) % 4).fill(0)];
const utf8 = (text) => [...new TextEncoder().encode(text)];

function block(type, body) {
  const length = le32(body.length + 12);
  return new Uint8Array([...le32(type), ...length, ...body, ...length]);
}

// A comment, and the end of a block's options.
function comment(text) {
  const bytes = utf8(text);
  return text ? [...le16(1), ...le16(bytes.length), ...padded(bytes), 0, 0, 0, 0] : [];
}

// "127.0.0.1:40312" or "[::1]:40312", as bytes and a port; nothing that makes sense: an address of no one.
function endpoint(text) {
  const [, host6, host4, port] = /^(?:\[([\da-f:.]+)\]|([\d.]+)):(\d+)$/i.exec(text || '') || [];
  const ip4 = (host) => host.split('.').map(Number);
  if (host4 && ip4(host4).length === 4 && ip4(host4).every((n) => n < 256))
    return { ip: ip4(host4), port: Number(port) & 0xFFFF };
  if (!host6)
    return { ip: [192, 0, 2, 1], port: 1 };
  const dotted = /^(.*:)([\d.]+\.[\d.]+)$/.exec(host6);
  const tail = dotted ? ip4(dotted[2]) : [];
  const halves = (dotted ? dotted[1].replace(/:$/, dotted[1].endsWith('::') ? ':' : '') : host6).split('::')
    .map((half) => half.split(':').filter(Boolean).flatMap((word) => u16(parseInt(word, 16))));
  const [front, back = []] = halves;
  const zeros = new Array(Math.max(0, 16 - front.length - back.length - tail.length)).fill(0);
  return { ip: [...front, ...zeros, ...back, ...tail].slice(0, 16), port: Number(port) & 0xFFFF };
}

const [FIN, SYN, RST, PSH, ACK] = [1, 2, 4, 8, 16];

// One direction of a connection after the other: a packet with its headers, as an enhanced packet block.
function packet(stream, fromClient, flags, bytes, total, time, words) {
  const [from, to] = fromClient ? [stream.client, stream.server] : [stream.server, stream.client];
  const length = Math.min(total, 65_000);
  const tcp = [...u16(from.port), ...u16(to.port), ...u32(from.seq), ...u32(to.seq), 0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0];
  const ip = from.ip.length === 4
    ? [0x45, 0, ...u16(40 + length), 0, 0, 0x40, 0, 64, 6, 0, 0, ...from.ip, ...to.ip]
    : [0x60, 0, 0, 0, ...u16(20 + length), 6, 64, ...from.ip, ...to.ip];
  const data = [...ip, ...tcp, ...bytes.slice(0, length)];
  const micros = BigInt(time) * 1000n;
  from.seq = (from.seq + total + (flags & (SYN | FIN) ? 1 : 0)) >>> 0;
  return block(6, [...le32(0), ...le32(micros >> 32n), ...le32(micros & 0xFFFFFFFFn), ...le32(data.length),
    ...le32(ip.length + tcp.length + length), ...padded(data), ...comment(words)]);
}

function openStream(row) {
  const client = { ...endpoint(row.address), seq: 1000 };
  const server = { ip: client.ip, port: Number(location.port) || 80, seq: 5000 };
  const stream = { client, server };
  const packets = [packet(stream, true, SYN, [], 0, row.time, ''), packet(stream, false, SYN | ACK, [], 0, row.time, ''),
    packet(stream, true, ACK, [], 0, row.time, '')];
  return { stream, packets };
}

const SAMPLE_REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
const SAMPLE_ANSWER = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

function handshakePackets(stream, row, isMadeUp) {
  let request = isMadeUp ? utf8(SAMPLE_REQUEST) : unhex(row.request);
  if (!isMadeUp && row.request.length / 2 < row.length)
    request = [...request, ...utf8('\r\n\r\n')];
  const answer = isMadeUp ? utf8(SAMPLE_ANSWER) : unhex(row.answer);
  const words = isMadeUp ? 'This handshake is made up: it came before anybody watched.' : '';
  return [packet(stream, true, PSH | ACK, request, request.length, row.time, words),
    packet(stream, false, PSH | ACK, answer, answer.length, row.time, words)];
}

function framePackets(streams, row) {
  const bytes = unhex(row.header + row.payload);
  const total = row.header.length / 2 + (row.outcome === 'ok' ? row.length : row.seen);
  const words = row.outcome === 'bad' ? row.reason : '';
  return streams.map((stream) => packet(stream, row.direction === 'in', PSH | ACK, bytes, total, row.time, words));
}

function pcapngOf(rows) {
  const blocks = [block(0x0A0D0D0A, [...le32(0x1A2B3C4D), ...le16(1), ...le16(0), ...new Array(8).fill(0xFF),
    ...comment('Made by a page from what the server told of its frames: TCP and the order of packets are made up.')]),
  block(1, [...le16(101), 0, 0, 0, 0, 0, 0])];
  const open = new Map();
  const streamOf = (row) => {
    if (!open.has(row.client)) {
      const { stream, packets } = openStream(row);
      open.set(row.client, stream);
      blocks.push(...packets, ...handshakePackets(stream, row, row.event !== 'handshake'));
    }
    return open.get(row.client);
  };
  for (const row of rows) {
    if (row.receivers !== undefined) {
      blocks.push(...framePackets([...open.values()], row));
    } else if (row.client !== undefined && !(row.event === 'end' && !open.has(row.client))) {
      const stream = streamOf(row);
      if (!isEvent(row))
        blocks.push(...framePackets([stream], row));
      else if (row.event === 'end' && row.by === 'network')
        blocks.push(packet(stream, true, RST | ACK, [], 0, row.time, ''));
      else if (row.event === 'end' || row.status !== 101)
        blocks.push(packet(stream, false, FIN | ACK, [], 0, row.time, ''), packet(stream, true, FIN | ACK, [], 0, row.time, ''));
      if (row.event === 'end' || (row.event === 'handshake' && row.status !== 101))
        open.delete(row.client);
    }
  }
  return blocks;
}

$('pcapng').onclick = () => download(feed.name, pcapngOf(shown), 'application/x-pcapng');

// 11. A reload loses nothing: what is here is kept for this tab, the newest rows of it.

const REMEMBER_MAX = 2_000_000;  // characters; browsers give a page about five million

function rememberAll() {
  const rows = [];
  let size = 0;
  const all = [...kept, ...arrived];
  for (let i = all.length - 1; i >= 0; i--) {
    const text = JSON.stringify(withoutN(all[i]));
    size += text.length + 1;
    if (size > REMEMBER_MAX)
      break;
    rows.unshift(text);
  }
  const settings = { whose: $('whose').value, kind: $('kind').value, words: $('words').value, faults: $('faults').checked, isDiagram, paused,
    chosen: chosen === null ? null : kept.length - kept.findIndex((row) => row.n === chosen), waiting: arrived.length };
  try {
    sessionStorage.setItem(feed.name, `{"settings":${JSON.stringify(settings)},"rows":[${rows.join()}]}`);
  } catch { /* forbidden, or full */ }
}

function recallAll() {
  let all;
  try {
    all = JSON.parse(sessionStorage.getItem(feed.name));
  } catch { /* forbidden, or it is not ours */ }
  if (!all || !Array.isArray(all.rows) || !all.settings)
    return;
  const { settings } = all;
  const rows = all.rows.filter(isRow);
  paused = settings.paused === true;
  const split = paused && isNumber(settings.waiting) ? Math.max(0, rows.length - settings.waiting) : rows.length;
  replaceRecording(rows.slice(0, split));
  arrived = rows.slice(split);
  showChoices();
  $('whose').value = $('whose').querySelector(`option[value="${CSS.escape(String(settings.whose))}"]`) ? settings.whose : '';
  $('kind').value = Object.hasOwn(kindGroups, settings.kind) || kinds.includes(settings.kind) ? settings.kind : '';
  $('words').value = typeof settings.words === 'string' ? settings.words : '';
  $('faults').checked = settings.faults === true;
  isDiagram = settings.isDiagram === true;
  chosen = isNumber(settings.chosen) ? kept[kept.length - settings.chosen]?.n ?? null : null;
  shown = kept.filter(isWanted);
}

window.addEventListener('pagehide', rememberAll);

// 12. The connection to the feed. It comes back when it was lost, and its state is told in words, with the
//     truth about it.

let isFeedWanted = false;
let feedSocket = null;
let feedTimer;                       // until it is tried again
let feedTries = 0;
let feedState = ['feedConnecting'];  // a name in the words, and its values
let feedClass = '';
let feedHelp = null;                 // the same, for what to do about it
let feedRows = 0;                    // that came since it was opened

function showFeedState() {
  const element = document.querySelector('[data-feed]');
  element.textContent = t(...feedState);
  element.className = feedClass;
  if (feedHelp !== null)
    say(t(...feedHelp));
}

function setFeedState(className, help, ...words) {
  if (feedHelp !== null && help === null)
    $('help').hidden = true;
  feedState = words;
  feedClass = className;
  feedHelp = help;
  showFeedState();
}

// Who knows which server it is?
function parseRow(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function openFeed() {
  const socket = new WebSocket(socketUrl(feed.path));
  let isOpen = false;
  isFeedWanted = true;
  feedSocket = socket;
  socket.onopen = () => {
    isOpen = true;
    feedTries = 0;
    feedRows = 0;
    setFeedState('open', null, 'feedOpen');
    if (kept.length > 0)
      receiveRow({ time: Date.now(), event: 'again' });
  };
  socket.onmessage = (event) => {
    feedRows++;
    if (feedClass !== 'open')
      setFeedState('open', null, 'feedOpen');
    receiveRow(parseRow(event.data));
  };
  socket.onclose = async (event) => {
    if (socket !== feedSocket)
      return;
    const seconds = Math.ceil(Math.min(30, 2 ** feedTries) * (0.5 + Math.random() / 2));
    feedTries++;
    feedTimer = setTimeout(openFeed, seconds * 1000);
    if (isOpen) {
      setFeedState('lost', feedHelp, 'feedLost', event.code, seconds);
      return;
    }
    const [why, help] = await feed.whyRefused();
    if (isFeedWanted)
      setFeedState('lost', help, why, seconds);
  };
}

function closeFeed() {
  isFeedWanted = false;
  clearTimeout(feedTimer);
  feedSocket?.close();
  feedSocket = null;
  feedTries = 0;
  setFeedState('', null, 'feedConnecting');
}
