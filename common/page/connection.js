// What pages need for a connection: where the socket is, what a close code means, why there is no
// connection, how long the server has been silent.

Object.assign(sharedWords, {
  noServer: ['The server does not answer', '连不上服务器'],
  hangs: ['The server takes connections, but does not answer', '服务器接受了连接，却不回答'],
  refused403: ['Refused (403): the server does not let pages from {} in. Start it with: ./server --allow-origin {}',
    '被拒绝（403）：服务器不允许来自 {} 的页面连接。请这样启动它：./server --allow-origin {}'],
  refused404: ['Refused (404): nothing is at {}. If there is a proxy, its path is wrong',
    '被拒绝（404）：{} 处什么也没有。如果前面有代理，是它的路径配错了'],
  refused502: ['A proxy answers ({}), but reaches no server behind it', '代理有回答（{}），但它后面的服务器连不上'],
  refused503: ['Refused (503): the server is full, or short of something: {}', '被拒绝（503）：服务器已满，或者资源不足：{}'],
  refused505: ['Refused (505): the handshake came as HTTP/1.0. A proxy must hand it on as HTTP/1.1',
    '被拒绝（505）：握手到达时是 HTTP/1.0。代理必须用 HTTP/1.1 转发'],
  refusedOther: ['Refused ({}): {}', '被拒绝（{}）：{}'],
  noUpgrade: ['Pages are answered here, but the WebSocket was not opened. If there is a proxy, it must hand on Upgrade and Connection; the server’s log says more',
    '这里能打开页面，WebSocket 却没有连上。如果前面有代理，它必须转发 Upgrade 和 Connection；详情见服务器的日志'],
  silent: ['no answer for {} s', '已有 {} 秒没有回答'],
  codeAndReason: ['{}: “{}”', '{}：“{}”'],
});

// The socket is where the page is, whatever path a proxy has given it; wss: is to ws: as https: to http:.
function socketUrl(name = '') {
  const url = new URL(name, new URL('.', location.href));
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

// What the codes mean: RFC 6455 §7.4.1 and the registry at IANA.
const closeCodes = {
  1000: ['normal closure', '正常关闭'],
  1001: ['going away: the server stops, or the page is left', '一方离开：服务器停止运行，或页面被关闭'],
  1002: ['protocol error: a rule of the RFC was broken', '协议错误：违反了 RFC 的规定'],
  1003: ['unsupported kind of data', '不支持的数据类型'],
  1005: ['there was no code in the close frame; 1005 itself never travels', '关闭帧里没有关闭码，1005 只在本机使用，从不发送'],
  1006: ['no close frame came: the connection was lost; 1006 itself never travels', '没有收到关闭帧，连接异常中断，1006 只在本机使用，从不发送'],
  1007: ['invalid data: a text that is not UTF-8', '数据无效：文本不是合法的 UTF-8'],
  1008: ['against the other side’s policy', '违反对方的规定'],
  1009: ['message too big', '消息太大'],
  1010: ['the client needs an extension that the server lacks', '客户端需要的扩展服务器没有提供'],
  1011: ['the server failed unexpectedly', '服务器内部出错'],
  1012: ['the server restarts', '服务器正在重启'],
  1013: ['try again later', '请稍后再试'],
  1014: ['bad answer from a server behind a gateway', '网关从上游收到了错误的响应'],
  1015: ['TLS failed; 1015 itself never travels', 'TLS 握手失败，1015 只在本机使用，从不发送'],
  3000: ['registered for libraries and frameworks', '已登记，供库和框架使用'],
  4000: ['private: its meaning is the application’s', '私有关闭码，含义由应用自己约定'],
  other: ['without a meaning in the RFC', 'RFC 中没有定义'],
};

function closeCodePair(code) {
  const group = code >= 4000 && code <= 4999 ? 4000 : code >= 3000 && code <= 3999 ? 3000 : code;
  return closeCodes[group] || closeCodes.other;
}

const closeCodeInWords = (code) => inLanguage(closeCodePair(code));

// Code and reason in words; a reason that only repeats the code's meaning adds no more than its section.
function closeInWords(code, reason) {
  const [, said, section] = /^(.*?)( \(RFC [^)]*\))?$/s.exec(reason);
  if (closeCodePair(code)[0].includes(said))
    return closeCodeInWords(code) + (section || '');
  return t('codeAndReason', closeCodeInWords(code), reason);
}

// A browser does not tell a page why a handshake failed. So the page asks the server what a handshake
// from here would get: the answer has the status of the refusal, and in words what is wrong. Gives
// what t() needs to say it.
async function whyNotConnected() {
  let answer;
  try {
    answer = await fetch('.', { cache: 'no-store', headers: { 'Page-Origin': location.origin }, signal: AbortSignal.timeout(5000) });
  } catch (error) {
    return [error.name === 'TimeoutError' ? 'hangs' : 'noServer'];
  }
  const { status } = answer;
  const isWords = (answer.headers.get('Content-Type') || '').startsWith('text/plain');
  const text = isWords ? (await answer.text().catch(() => '')).trim().slice(0, 300) : answer.statusText;
  if (answer.ok) return ['noUpgrade'];
  if (status === 502 || status === 504) return ['refused502', status];
  const name = [403, 404, 503, 505].includes(status) ? `refused${status}` : 'refusedOther';
  const values = { 403: [location.origin, location.origin], 404: [location.pathname], 503: [text] };
  return [name, ...(values[status] || (name === 'refusedOther' ? [status, text] : []))];
}

// Says how long the oldest question has had no answer. since() is when it was asked, by
// performance.now(), or null.
const PATIENCE = 2000;  // milliseconds in which an answer is nothing to talk about

function showSilence(element, since) {
  setInterval(() => {
    const asked = since();
    const ms = asked === null ? 0 : performance.now() - asked;
    const words = ms > PATIENCE ? t('silent', Math.floor(ms / 1000)) : '';
    if (element.textContent !== words) element.textContent = words;
  }, 250);
}
