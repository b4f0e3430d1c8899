// The x-ray page of lesson 3: what it draws of each frame, that it is text whatever it looks like, and
// that a copied line sends the same bytes again.
import net from 'node:net';
import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import WebSocket from 'ws';
import { forgiveAbsence, openBrowser, openPage, skip, startServer, timeout, until } from './support.mjs';

let browser;
before(async () => { if (!skip) browser = await openBrowser(); });
after(() => browser?.close());

// Calls the test with a server and its x-ray page, which is watching.
async function withXray(use, { locale = 'en-US', viewport } = {}) {
  const server = await startServer(3);
  const context = await browser.newContext({ locale, viewport });
  try {
    const page = await openPage(context, `${server.url}xray`);
    await until(() => page.evaluate(() => document.getElementById('state').className === 'open'), 'the feed');
    await use(page, server);
    assert.deepEqual(page.problems, []);
  } finally {
    await context.close();
    await server.stop();
  }
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
  + 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

// A client that sends any bytes at all, in the chat from its handshake on.
async function joinRaw(server) {
  const socket = net.connect(server.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(REQUEST);
  await once(socket, 'data');
  return socket;
}

// Has the server read all that was sent? The line of its end in /proc/net/tcp has an rx_queue.
function hasBeenRead(socket) {
  const hex = (port) => port.toString(16).toUpperCase().padStart(4, '0');
  const line = new RegExp(`:${hex(socket.remotePort)} \\w+:${hex(socket.localPort)} \\w+ \\w+:(\\w+)`);
  return parseInt(line.exec(readFileSync('/proc/net/tcp', 'latin1'))[1], 16) === 0;
}

function frame(opcode, payload, key = [0x37, 0xfa, 0x21, 0x3d]) {
  const data = Buffer.from(payload);
  return Buffer.from([0x80 | opcode, 0x80 | data.length, ...key, ...data.map((byte, i) => byte ^ key[i % 4])]);
}

const items = (page) => page.locator('#frames > li');
const titles = (page) => page.locator('#frames h2').allTextContents();

// Waits until the page shows so many frames.
async function shown(page, count) {
  let last;
  await until(async () => (last = await titles(page)).length === count, () => `${count} frames, not ${last}`);
}

// The newest frame of this kind.
const item = (page, title) => items(page).filter({ has: page.locator('h2', { hasText: title }) }).first();

const columns = (row) => row.locator('.byte').evaluateAll((bytes) =>
  bytes.map((byte) => [...byte.children].map((line) => line.textContent).join(' ')));

test('the bits of a header, and the mask taken off byte by byte', { skip, timeout }, () =>
  withXray(async (page, server) => {
    (await joinRaw(server)).write(frame(1, 'Hello'));
    await shown(page, 2);
    const text = item(page, /client #\d+ → server: text/);
    assert.deepEqual(await text.locator('.box').allInnerTexts().then((boxes) => boxes.map((box) => box.split('\n').join(' ').trim())),
      ['1 FIN 81', '000 RSV', '0001 opcode 1 = text', '1 MASK 85', '0000101 length 5', '37 fa 21 3d masking key']);
    assert.deepEqual(await columns(text), ['7f ⊕37 48 H', '9f ⊕fa 65 e', '4d ⊕21 6c l', '51 ⊕3d 6c l', '58 ⊕37 6f o']);
    assert.equal(await text.locator('.text').textContent(), 'Hello');
    assert.match(await text.locator('.verdict').textContent(), /^ok · §5\.1 .*§5\.2 .*§5\.3 .*§5\.4 .*§8\.1 UTF-8$/);
    assert.match(await text.locator('h2').textContent(), /5 bytes · 1 read · 127\.0\.0\.1:\d+ \d\d:\d\d:\d\d$/);
    const all = item(page, 'server → 1 clients: text');
    assert.deepEqual(await columns(all), ['48 H', '65 e', '6c l', '6c l', '6f o']);
    assert.equal(await all.locator('button').count(), 0);
  }));

test('the three forms of the length, and how much more there is', { skip, timeout }, () =>
  withXray(async (page, server) => {
    const client = new WebSocket(server.url.replace('http', 'ws'));
    await once(client, 'open');
    client.send(Buffer.alloc(300));
    client.send(Buffer.alloc(70_000));
    await shown(page, 4);
    const boxes = (hasText) => page.locator('.box', { hasText }).first().innerText();
    assert.match(await boxes('length in 16 bits'), /^01 2c\nlength in 16 bits\n300$/);
    assert.match(await boxes('length in 64 bits'), /^00 00 00 00 00 01 11 70\nlength in 64 bits\n70,000$/);
    assert.equal(await page.getByText('… and 236 bytes more').count(), 2);
    assert.equal(await page.getByText('… and 69,936 bytes more').count(), 2);
    assert.equal(await item(page, /client #\d+ → server/).locator('.byte').count(), 64);
    client.close();
  }));

test('faults: the section, the guess and the code; and only they, if wanted', { skip, timeout }, () =>
  withXray(async (page, server) => {
    const faults = [
      ['no frame', 'Hello', /^BAD §5\.2 RSV bit set.* · 0x48 = ‘H’: was text sent without a frame around it\? · the server closes with 1002$/],
      ['text', '\x81\x05Hello', /^BAD §5\.1 frame not masked.*set bit 0x80.*1002$/],
      ['close', '\x88\x82\0\0\0\0\xe8\x03', /^BAD §7\.4 close code.*two bytes swapped.*1002$/],
      ['text', '\x81\x81\0\0\0\0\xff', /^BAD §8\.1 text is not UTF-8.*1007$/],
    ];
    for (const [i, [name, bytes, verdict]] of faults.entries()) {
      (await joinRaw(server)).write(Buffer.from(bytes, 'latin1'));
      await shown(page, 2 * i + 2);
      const bad = item(page, `→ server: ${name}`);
      assert.match(await bad.locator('.verdict').textContent(), verdict);
      assert.equal(await bad.getAttribute('class'), 'bad');
    }
    await page.check('#faults');
    await shown(page, faults.length);
    assert.match(await page.textContent('#newestFault'), /^Client #\d+: text is not UTF-8/);
    (await joinRaw(server)).write('\r\n');
    await shown(page, faults.length + 1);
    assert.match(await items(page).first().locator('.verdict').textContent(), /0x0d is a line end/);
    await page.uncheck('#faults');
    await shown(page, 2 * faults.length + 2);
  }));

test('where TCP has cut', { skip, timeout }, () => withXray(async (page, server) => {
  const client = await joinRaw(server);
  client.setNoDelay();
  const bytes = frame(1, 'Hello');
  client.write(bytes.subarray(0, 8));
  await until(() => hasBeenRead(client), 'the server to read');
  client.write(bytes.subarray(8));
  await shown(page, 2);
  const text = item(page, /client #\d+ → server: text/);
  assert.match(await text.locator('h2').textContent(), /2 reads/);
  assert.deepEqual(await text.locator('.byte').evaluateAll((all) => all.map((byte) => byte.classList.contains('begins'))),
    [false, false, true, false, false]);
}));

test('a frame whose client has died, and the state it was in', { skip, timeout }, () => withXray(async (page, server) => {
  const client = await joinRaw(server);
  client.write(Buffer.from('\x01\x83\0\0\0\0Hel\x80\x85\0\0\0\0lo', 'latin1'));
  await shown(page, 1);
  client.destroy();
  await shown(page, 2);
  const cut = items(page).first();
  assert.match(await cut.locator('.verdict').textContent(), /^cut: the connection ended/);
  assert.ok((await cut.textContent()).includes('inside a fragmented text message, fragments so far: 1'));
  assert.ok((await cut.textContent()).includes('3 bytes of the payload have not come'));
}));

test('pause and go on, clear, and one client alone; by the keyboard', { skip, timeout }, () =>
  withXray(async (page, server) => {
    const [ann, bob] = [await joinRaw(server), await joinRaw(server)];
    ann.write(frame(1, 'before'));
    await shown(page, 2);
    await page.focus('#pause');
    await page.keyboard.press('Space');
    assert.equal(await page.getAttribute('#pause', 'aria-pressed'), 'true');
    bob.write(frame(9, 'while it is paused'));
    await until(async () => await page.textContent('#pause') === 'Go on (2 waiting)', 'two to wait');
    await shown(page, 2);
    await page.keyboard.press('Enter');
    assert.equal(await page.textContent('#pause'), 'Pause');
    await shown(page, 4);

    const [, number] = /client #(\d+): pong/.exec((await titles(page))[0]);
    await page.selectOption('#whose', number);
    await shown(page, 2);
    assert.deepEqual((await titles(page)).map((title) => title.split(' ').slice(0, 5).join(' ')),
      [`server → client #${number}: pong`, `client #${number} → server: ping`]);
    await page.selectOption('#whose', { value: 'all' });
    await shown(page, 1);
    await page.selectOption('#whose', { value: '' });
    await shown(page, 4);
    await page.click('#clear');
    await shown(page, 0);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'faults');
  }));

test('what clients say is text, whatever it looks like', { skip, timeout }, () => withXray(async (page, server) => {
  const hostile = ['<img src=x onerror="window.hacked=1">', '<script>window.hacked=1</script>', '"}]});//',
    '&lt;b&gt;', 'javascript:window.hacked=1', '\u202eabc', '<li class=bad>'];
  let count = 0;
  for (const words of hostile) {
    const client = new WebSocket(server.url.replace('http', 'ws'), { headers: { 'X-Name': '<img src=x>' } });
    await once(client, 'open');
    client.send(words);
    await once(client, 'message');
    client.close(4000, words);
    await once(client, 'close');
    count += 4;  // the text and the close, in and out
    await shown(page, count);
    const texts = await page.locator('#frames .text').allTextContents();
    assert.deepEqual(texts.slice(0, 4), ['4000 ', `4000 ${words}`, words, words]);
  }
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator('#frames img, #frames script, #frames b b').count(), 0);
}));

test('a copied line sends the same bytes again, from any shell', { skip, timeout }, () => withXray(async (page, server) => {
  // All 64 bytes that are shown; among them %, \, ' and NUL, which printf and sh have plans for.
  const payload = Buffer.from(Array.from({ length: 64 }, (_, i) => [0x25, 0x5c, 0x27, 0, 0x0a, 0x80, 0x22, 0x24][i % 8] ^ (i >> 3)));
  (await joinRaw(server)).write(Buffer.concat([frame(2, payload, [0, 0x25, 0x5c, 0x27])]));
  await shown(page, 2);
  const first = item(page, /client #\d+ → server: binary/);
  const [title, header, drawn] = [await first.locator('h2').textContent(),
    await first.locator('.header').innerText(), await columns(first)];
  await first.getByRole('button', { name: 'Copy as printf … | nc' }).click();
  const line = await first.locator('textarea').inputValue();
  assert.match(line, new RegExp(`^printf '[^']*' \\| nc 127\\.0\\.0\\.1 ${server.port}$`));

  // nc stays until the server ends the conversation, which a close frame asks for.
  const both = line.replace(/' \| nc/, `\\210\\200\\0\\0\\0\\0' | nc`);
  assert.equal(spawnSync('sh', ['-c', both], { timeout: 30_000 }).status, 0);
  await shown(page, 6);
  const again = item(page, /client #\d+ → server: binary/);  // the newest
  assert.notEqual(await again.locator('h2').textContent(), title);
  assert.deepEqual(await columns(again), drawn);
  assert.equal(await again.locator('.header').innerText(), header);
}));

test('no line to copy if some of the bytes are not here', { skip, timeout }, () => withXray(async (page, server) => {
  (await joinRaw(server)).write(frame(2, Buffer.alloc(65)));
  await shown(page, 2);
  assert.equal(await page.locator('#frames button').count(), 0);
}));

test('in Chinese, on a phone: nothing sticks out', { skip, timeout }, () => withXray(async (page, server) => {
  assert.equal(await page.title(), 'X 光：看见房间里的每一帧');
  (await joinRaw(server)).write('Hello');
  await shown(page, 2);
  const bad = item(page, /客户端 #\d+ → 服务器: 不是帧/);
  assert.equal(await bad.locator('.verdict').textContent(),
    '错误 §5.2 RSV 位被置 1，但没有协商过扩展 · 0x48 = ‘H’: 是不是直接发了文本，没有装进帧里？ · 服务器以状态码 1002 关闭连接');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
}, { locale: 'zh-CN', viewport: { width: 360, height: 640 } }));

test('every fault and hint has Chinese words', { skip, timeout }, () => withXray(async (page, server) => {
  const bytes = ['Hello', '\r\n', '\xc1\x80', '\x83\x80', '\x09\x80', '\x89\xfe', '\x81\x05', '\x81\xfe\0\x05', '\x82\xff\xff',
    '\x80\x80\0\0\0\0', '\x01\x80\0\0\0\0\x81\x80\0\0\0\0', '\x82\xff\0\0\0\xff\0\0\0\0\0\0\0\0', '\x81\x81\0\0\0\0\xff',
    '\x88\x81\0\0\0\0\x03', '\x88\x82\0\0\0\0\x03\xed', '\x88\x82\0\0\0\0\xe8\x03', '\x88\x83\0\0\0\0\x03\xe8\xff'];
  await page.check('#faults');
  for (const [i, words] of bytes.entries()) {
    (await joinRaw(server)).write(Buffer.from(words, 'latin1'));
    await shown(page, i + 1);
  }
  for (const verdict of await page.locator('.verdict').allTextContents()) {
    assert.match(verdict, /^错误 §[\d.]+ .*[\u4e00-\u9fff].* · .*[\u4e00-\u9fff].* · 服务器以状态码 1\d\d\d 关闭连接$/);
    assert.ok(!/undefined|null|RFC/.test(verdict), verdict);
  }
}, { locale: 'zh-CN' }));

test('a flood does not freeze the page, and it keeps the newest', { skip, timeout }, () => withXray(async (page, server) => {
  const client = new WebSocket(server.url.replace('http', 'ws'));
  await once(client, 'open');
  for (let i = 0; i < 2000; i++) client.send(`number ${i}`);
  await until(async () => (await items(page).first().textContent()).includes('number 1999'), 'the last');
  assert.equal(await items(page).count(), 100);
  client.close();
}));

test('the page comes back by itself when the server does', { skip, timeout }, () => withXray(async (page, server) => {
  await server.stop();
  await until(async () => /^Connection lost \(1001\); trying again in \d+ s$/.test(await page.textContent('#state')),
    'the page to see it');
  const again = await startServer(3, '--port', server.port);
  try {
    await until(async () => await page.textContent('#state') === 'Watching', 'Watching');
    (await joinRaw(again)).write(frame(1, 'here again'));
    await shown(page, 2);
  } finally {
    forgiveAbsence(page);
    await page.close();
    await again.stop();
  }
}));
