// The x-ray page of lesson 3: a row for each frame, handshake and end; what it explains of each, that it is
// text whatever it looks like; filters, replay, and what one can take out of the page and into it.
import net from 'node:net';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import WebSocket from 'ws';
import { browserName, forgiveAbsence, openBrowser, openPage, skip, startServer, timeout, until } from './support.mjs';

let browser;
before(async () => { if (!skip) browser = await openBrowser(); });
after(() => browser?.close());

// Calls the test with a server and its x-ray page, which is watching.
async function withXray(use, { locale = 'en-US', viewport = { width: 1280, height: 800 }, options = [] } = {}) {
  const server = await startServer(3, ...options);
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

const isOpen = (page) => until(() => page.evaluate(() => document.getElementById('state').className === 'open'), 'the feed');

// What stands in the rows that are in the page: in words, one after the other.
const rows = (page) => page.locator('#frames > li').evaluateAll((all) => all.map((row) =>
  Object.fromEntries(['arrow', 'who', 'kind', 'length', 'text', 'verdict'].map((name) => [name, row.querySelector(`.${name}`).textContent]))));
const brief = async (page) => (await rows(page)).map(({ arrow, kind, text }) => `${arrow} ${kind} ${text}`.trim());

// How many rows there are, seen or not.
const count = (page) => page.evaluate(() => Number(document.querySelector('#frames > li')?.getAttribute('aria-setsize') ?? 0));

async function shown(page, wanted) {
  let last;
  await until(async () => (last = await count(page)) === wanted, () => `${wanted} rows, not ${last}`);
}

// Waits for a row of that kind, and chooses the last such.
async function choose(page, kind, text = '') {
  const row = page.locator('#frames > li').filter({ has: page.locator('.kind', { hasText: kind }) })
    .filter({ has: page.locator('.text', { hasText: text }) }).last();
  await row.click();
  return row;
}

const detail = (page, selector) => page.locator(`#detail ${selector}`);
const groups = (page) => detail(page, '.group').evaluateAll((all) => all.map((group) =>
  [[...group.querySelectorAll('.bytes span')].map((byte) => byte.textContent).join(' '),
    ...[...group.querySelectorAll('.box')].map((box) => [...box.children].map((line) => line.textContent).join(' ').trim())]));
const columns = (page) => detail(page, '.byte').evaluateAll((bytes) =>
  bytes.map((byte) => [...byte.children].map((line) => line.textContent).join(' ')));
const glyphs = (page) => detail(page, '.char').evaluateAll((all) => all.map((one) =>
  `${one.querySelector('.glyph').textContent}:${[...one.querySelectorAll('.byte')].map((byte) => byte.lastElementChild.textContent).join(' ')}`));

async function joinByLibrary(server, options) {
  const client = new WebSocket(server.url.replace('http', 'ws'), options);
  await once(client, 'open');
  return client;
}

// ------------------------------------------------------------------------------------ rows and detail

test('a row for the handshake, for what is said, for what goes out, and for the end', { skip, timeout }, () =>
  withXray(async (page, server) => {
    const client = await joinByLibrary(server);
    await shown(page, 1);  // so this row is there before the name is known
    client.send('{"name":"李雷","text":"你好 👋"}');
    await once(client, 'message');
    client.close(1000, 'bye');
    await shown(page, 6);
    const [handshake, said, told, close, answer, end] = await rows(page);
    assert.deepEqual([handshake.arrow, handshake.kind, handshake.text, handshake.verdict], ['⇄', 'handshake', 'GET / HTTP/1.1', '✓ 101']);
    assert.match(said.who, /^#\d+ 李雷$/);
    assert.deepEqual(said, { ...said, arrow: '↑', kind: 'text', length: '38', text: '{"name":"李雷","text":"你好 👋"}', verdict: '✓' });
    assert.deepEqual(told, { ...said, arrow: '↓', who: `${said.who} → all 1` });
    assert.deepEqual([close.arrow, close.kind, close.text, answer.arrow, answer.text], ['↑', 'close', '1000 bye', '↓', '1000 ']);
    assert.deepEqual([end.kind, end.text, end.verdict], ['gone', '1000 bye', '1000']);
    assert.equal(handshake.who, said.who);  // its name is known now, and stands in the rows before, too
    await detail(page, 'h2').filter({ hasText: 'gone' }).waitFor();  // the newest, while nobody has chosen
    assert.match(await page.textContent('#detail'), /The client closed with 1000: normal closure.*“bye”/);
  }));

test('the bits under the bytes that they are of, and the mask taken off byte by byte', { skip, timeout }, () =>
  withXray(async (page, server) => {
    (await joinRaw(server)).write(frame(1, 'Hello'));
    await shown(page, 3);
    await page.locator('#frames > li').nth(1).click();
    assert.deepEqual(await groups(page), [['81', 'FIN 1', 'RSV 000', 'opcode 0001 1 = text'], ['85', 'MASK 1', 'length 0000101 = 5'],
      ['37 fa 21 3d', 'masking key']]);
    assert.deepEqual(await columns(page), ['7f ⊕37 48', '9f ⊕fa 65', '4d ⊕21 6c', '51 ⊕3d 6c', '58 ⊕37 6f']);
    assert.deepEqual(await glyphs(page), ['H:48', 'e:65', 'l:6c', 'l:6c', 'o:6f']);
    assert.equal(await detail(page, '.text').textContent(), 'Hello');
    assert.match(await detail(page, '.note').first().textContent(), /^\d\d:\d\d:\d\d\.\d{3} · 5 bytes · 1 read · 127\.0\.0\.1:\d+$/);
    const sections = await detail(page, '.rules a').evaluateAll((all) => all.map((link) => `${link.textContent} ${link.href}`));
    assert.deepEqual(sections, ['5.1', '5.2', '5.3', '5.4', '8.1'].map((one) => `§${one} https://www.rfc-editor.org/rfc/rfc6455#section-${one}`));
    assert.match(await detail(page, '.rules li').nth(2).textContent(), /lesson 2, step 2/);
    await page.keyboard.press('ArrowDown');
    assert.match(await detail(page, 'h2').textContent(), /^server → all 1 clients, said by #\d+: text$/);
    assert.deepEqual(await columns(page), ['48', '65', '6c', '6c', '6f']);
  }));

test('characters stand over their UTF-8 bytes', { skip, timeout }, () => withXray(async (page, server) => {
  (await joinRaw(server)).write(frame(1, 'é小👋 \n'));
  await shown(page, 3);
  await choose(page, 'text');
  assert.deepEqual(await glyphs(page), ['é:c3 a9', '小:e5 b0 8f', '👋:f0 9f 91 8b', '␣:20', '·:0a']);
}));

test('the three forms of the length, and how much more there is', { skip, timeout }, () =>
  withXray(async (page, server) => {
    const client = await joinByLibrary(server);
    client.send(Buffer.alloc(300));
    client.send(Buffer.alloc(70_000));
    await shown(page, 5);
    await page.locator('#frames > li').nth(1).click();
    assert.deepEqual((await groups(page))[2], ['01 2c', 'length in 16 bits 300']);
    assert.equal(await page.getByText('… and 236 bytes more').count(), 1);
    assert.equal(await detail(page, '.byte').count(), 64);
    assert.equal(await page.getByRole('button', { name: 'Copy as printf' }).count(), 0);
    await page.locator('#frames > li').nth(3).click();
    assert.deepEqual((await groups(page))[2], ['00 00 00 00 00 01 11 70', 'length in 64 bits 70,000']);
    assert.equal(await page.getByText('… and 69,936 bytes more').count(), 1);
    client.close();
  }));

test('faults: the section, the guess and the code; and only they, if wanted', { skip, timeout }, () =>
  withXray(async (page, server) => {
    const faults = [
      ['no frame', 'Hello', '✗ §5.2', /^§5\.2 RSV bit set.*step 1/, /0x48 = ‘H’: was text sent without a frame around it\?.*closes with 1002: protocol error/s],
      ['text', '\x81\x05Hello', '✗ §5.1', /^§5\.1 frame not masked.*step 2/, /set bit 0x80.*1002/s],
      ['close', '\x88\x82\0\0\0\0\xe8\x03', '✗ §7.4', /^§7\.4 close code.*step 7/, /two bytes swapped.*1002/s],
      ['text', '\x81\x81\0\0\0\0\xff', '✗ §8.1', /^§8\.1 text is not UTF-8.*step 6/, /1007: invalid data: a text that is not UTF-8/s],
    ];
    await page.check('#faults');
    for (const [i, [kind, bytes, verdict, rule, words]] of faults.entries()) {
      (await joinRaw(server)).write(Buffer.from(bytes, 'latin1'));
      await shown(page, i + 1);
      const row = (await rows(page)).at(-1);
      assert.deepEqual([row.kind, row.verdict], [kind, verdict]);
      assert.match(await detail(page, '.rules li.broken').textContent(), rule);
      assert.match(await page.textContent('#detail'), words);
    }
    assert.match(await page.textContent('#newestFault'), /^#\d+: text is not UTF-8/);
    await page.uncheck('#faults');
    await shown(page, 4 * faults.length);  // handshake, fault, close, end
  }));

test('where TCP has cut, in the header and in the payload', { skip, timeout }, () => withXray(async (page, server) => {
  const client = await joinRaw(server);
  client.setNoDelay();
  const bytes = frame(1, 'Hello');
  for (const [from, to] of [[0, 3], [3, 8], [8, 11]]) {
    client.write(bytes.subarray(from, to));
    await until(() => hasBeenRead(client), 'the server to read');
  }
  await shown(page, 3);
  const begins = (selector) => detail(page, selector).evaluateAll((all) => all.map((byte) => byte.classList.contains('begins')));
  await page.locator('#frames > li').nth(1).click();
  assert.match(await detail(page, '.note').first().textContent(), /3 reads/);
  assert.deepEqual(await begins('.bytes span'), [false, false, false, true, false, false]);
  assert.deepEqual(await begins('.byte'), [false, false, true, false, false]);
  assert.match(await page.textContent('#detail'), /dashed line/);
}));

test('a frame whose client has died, and the state it was in', { skip, timeout }, () => withXray(async (page, server) => {
  const client = await joinRaw(server);
  client.write(Buffer.from('\x01\x83\0\0\0\0Hel\x80\x85\0\0\0\0lo', 'latin1'));
  await shown(page, 2);
  client.destroy();
  await shown(page, 4);
  assert.deepEqual((await rows(page)).map((row) => row.verdict), ['✓ 101', '✓', '✂ 1006', '✂ 1006']);
  await choose(page, 'continuation');
  const words = await page.textContent('#detail');
  for (const part of ['cut: the connection ended', 'inside a fragmented text message, fragments so far: 1', '3 bytes of the payload have not come'])
    assert.ok(words.includes(part), words);
}));

test('the handshake: request, answer, and the accept key in three steps', { skip, timeout }, () => withXray(async (page, server) => {
  await joinRaw(server);
  await shown(page, 1);
  const lines = await detail(page, '.http li').allTextContents();
  assert.ok(lines.includes('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==') && lines.includes('HTTP/1.1 101 Switching Protocols'));
  const [first, second, third] = await detail(page, '.steps li').allTextContents();
  assert.match(first, /dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11$/);
  assert.match(second, /60 characters.*b3 7a 4f 2c c0 62 4f 16 90 f6 46 06 cf 38 59 45 b2 be c4 ea$/);
  assert.match(third, /s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=.*The answer has the same/);
  const refused = net.connect(server.port, '127.0.0.1');
  refused.write(REQUEST.replace('Version: 13', 'Version: 8').replace('Host: x', 'Host: x\r\nCookie: secret=1'));
  await once(refused, 'data');
  await shown(page, 2);
  assert.equal((await rows(page))[1].verdict, '✗ 426');
  const words = await page.textContent('#detail');
  assert.match(words, /Cookie: \(not shown\).*must be 13/s);
  assert.ok(!words.includes('secret'));
  assert.equal(await detail(page, '.steps').count(), 0);
}));

// --------------------------------------------------------------------------------- keyboard and list

test('arrow keys go from row to row, and the newest is followed again at the end', { skip, timeout }, () =>
  withXray(async (page, server) => {
    const client = await joinByLibrary(server);
    for (let i = 0; i < 50; i++) client.send(`number ${i}`);
    await shown(page, 101);
    const selected = () => page.evaluate(() => document.querySelector('[aria-selected=true]')?.getAttribute('aria-posinset') ?? null);
    const active = () => page.evaluate(() => document.getElementById(document.getElementById('frames').getAttribute('aria-activedescendant'))?.getAttribute('aria-selected'));
    await page.focus('#frames');
    const press = async (key, position) => {
      await page.keyboard.press(key);
      assert.equal(await selected(), position, key);
      if (position) assert.equal(await active(), 'true');
    };
    await press('ArrowUp', '101');
    await press('ArrowUp', '100');
    await press('Home', '1');
    await press('ArrowUp', '1');
    await press('ArrowDown', '2');
    await press('PageDown', String(2 + await page.evaluate(() => Math.floor(document.getElementById('list').clientHeight / rowHeight) - 1)));
    await press('PageUp', '2');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'detail');
    await page.focus('#frames');
    assert.equal(await page.isVisible('#newest'), true);

    client.send('one more');  // who looks at something is left in peace, and told
    await until(async () => await page.textContent('#newest') === '↓ 2 new', 'the button to count');
    assert.equal(await selected(), '2');
    await press('End', null);
    assert.equal(await page.isVisible('#newest'), false);
    assert.equal((await rows(page)).at(-1).text, 'one more');
    client.send('and one');
    await shown(page, 105);
    await until(async () => (await rows(page)).at(-1).text === 'and one', 'the list to follow');

    await page.evaluate(() => { document.getElementById('list').scrollTop = 0; });
    await until(() => page.isVisible('#newest'), 'the button');
    client.send('below');
    await shown(page, 107);
    assert.equal((await rows(page))[0].kind, 'handshake');
    await page.click('#newest');
    await until(async () => (await rows(page)).at(-1).text === 'below', 'the newest');
    client.close();
  }));

test('a flood does not freeze the page: the newest are there, and what is missing is counted', { skip, timeout }, () => withXray(async (page, server) => {
  const client = await joinByLibrary(server);
  for (let i = 0; i < 4000; i++) client.send(`number ${i}`);
  let after = 0;  // the last of the flood may be missing, too: so one more, until one is there
  await until(async () => {
    client.send(`after ${after++}`);
    return /^after/.test((await rows(page)).at(-1)?.text);
  }, 'what comes after the flood');
  const [told, missing] = await page.evaluate(() => [kept.filter((row) => row.direction === 'out').length,
    kept.filter((row) => row.event === 'gap').reduce((sum, row) => sum + row.missed, 0)]);
  assert.ok(told > 0 && told <= 4000 + after && 2 * 4000 + 1 - missing <= await count(page), `${told} told, ${missing} missing`);
  client.close();
}));

test('ten thousand rows: only what one sees is in the page', { skip, timeout }, (t) => withXray(async (page, server) => {
  const client = await joinByLibrary(server);
  client.send('number 0');
  await shown(page, 3);
  const { rows: [, said, told] } = JSON.parse((await saved(page, '#save')).bytes);
  const payload = (i) => Buffer.from(`number ${i}`).toString('hex');
  const many = Array.from({ length: 12_000 }, (_, i) => ({ ...(i % 2 ? told : { ...said, masked: false, header: told.header }), payload: payload(i >> 1), time: i }));
  await openNext(page, 'many.json', Buffer.from(JSON.stringify({ rows: many })));
  await shown(page, 10_000);  // the newest of them

  const inPage = () => page.locator('#frames > li').count();
  assert.equal((await rows(page)).at(-1).text, 'number 5999');
  assert.ok(await inPage() < 80, `${await inPage()} rows are in the page`);
  await page.focus('#frames');
  await page.keyboard.press('Home');
  await page.locator('#frames > li[aria-posinset="1"][aria-selected=true]').filter({ hasText: 'number 1000' }).waitFor();
  const slowest = await page.evaluate(async () => {  // scrolls through all of it; how long does one look take to be drawn?
    let longest = 0;
    for (let at = 0; at < 100; at++) {
      const from = performance.now();
      document.getElementById('list').scrollTop = at * 100 * rowHeight;
      drawVisible();
      longest = Math.max(longest, performance.now() - from);
      await new Promise((resolve) => { requestAnimationFrame(resolve); });
    }
    return longest;
  });
  t.diagnostic(`the slowest of 100 looks at 10,000 rows took ${slowest.toFixed(1)} ms`);
  assert.ok(await inPage() < 80);
  const positions = await page.locator('#frames > li').evaluateAll((all) => all.map((row) => Number(row.getAttribute('aria-posinset'))));
  assert.deepEqual(positions, positions.map((_, i) => positions[0] + i));  // in order, without a gap
  await page.fill('#words', 'number 4321');
  await shown(page, 2);
  await page.click('#diagram');
  await shown(page, 2);
  await page.fill('#words', '');
  await shown(page, 10_000);
  assert.ok(await inPage() < 80);
  client.close();
}));

test('pause keeps recording; go on, clear; by the keyboard', { skip, timeout }, () =>
  withXray(async (page, server) => {
    const [ann, bob] = [await joinRaw(server), await joinRaw(server)];
    ann.write(frame(1, 'before'));
    await shown(page, 4);
    await page.focus('#pause');
    await page.keyboard.press('Space');
    assert.equal(await page.getAttribute('#pause', 'aria-pressed'), 'true');
    bob.write(frame(9, 'while it is paused'));
    await until(async () => await page.textContent('#pause') === 'Go on (2 waiting)', 'two to wait');
    await shown(page, 4);
    await page.keyboard.press('Enter');
    assert.equal(await page.textContent('#pause'), 'Pause');
    await shown(page, 6);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await shown(page, 0);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'clear');
    const order = [];
    for (let i = 0; i < 10; i++) {
      await page.keyboard.press('Tab');
      order.push(await page.evaluate(() => document.activeElement.id));
    }
    assert.deepEqual(order, ['whose', 'kind', 'words', 'faults', 'diagram', 'replay', 'save', 'pcapng', 'load', 'frames']);
  }));

test('filters: by client, by kind, by text; and the list of clients has an end', { skip, timeout }, () =>
  withXray(async (page, server) => {
    const ann = await joinByLibrary(server);
    ann.send('{"name":"Ann","text":"hello"}');
    const bob = await joinByLibrary(server);
    bob.ping('Bob here');
    await shown(page, 6);
    const [, bobs] = /#(\d+)$/.exec((await rows(page)).find((row) => row.kind === 'pong').who);
    assert.match(await page.textContent('#whose'), /^allbroadcasts#\d+ Ann#\d+$/);
    await page.selectOption('#whose', bobs);
    assert.deepEqual(await brief(page), ['⇄ handshake GET / HTTP/1.1', '↑ ping Bob here', '↓ pong Bob here']);
    await page.selectOption('#kind', 'control');
    assert.deepEqual(await brief(page), ['↑ ping Bob here', '↓ pong Bob here']);
    await page.selectOption('#kind', 'pong');
    await shown(page, 1);
    await page.selectOption('#whose', { value: 'all' });
    await shown(page, 0);
    assert.equal(await page.textContent('#empty'), 'Of the 6 rows, none fits the filter.');
    await page.selectOption('#kind', 'data');
    assert.match((await rows(page))[0].who, /Ann → all/);
    await page.selectOption('#whose', { value: '' });
    await page.selectOption('#kind', 'connections');
    await shown(page, 2);
    await page.selectOption('#kind', { value: '' });
    await page.fill('#words', 'HELLO');
    await shown(page, 2);
    await page.fill('#words', '');
    await shown(page, 6);

    for (let i = 0; i < 120; i++) (await joinRaw(server)).destroy();
    await shown(page, 6 + 240);
    assert.equal(await page.locator('#whose option').count(), 2 + 100);
    ann.close();
    bob.close();
  }));

// -------------------------------------------------------------------------------------- diagram, replay

test('the diagram: a lifeline for each client, an arrow for each frame', { skip, timeout }, () => withXray(async (page, server) => {
  const [ann, bob] = [await joinRaw(server), await joinRaw(server)];
  ann.write(frame(1, 'Hello'));
  await shown(page, 4);
  bob.write('oops');
  await shown(page, 7);
  await page.focus('#diagram');
  await page.keyboard.press('Enter');
  assert.equal(await page.getAttribute('#diagram', 'aria-pressed'), 'true');
  assert.match(await page.textContent('#lanes'), /^server#\d+#\d+$/);
  const heads = await page.locator('#frames > li').evaluateAll((all) => all.map((row) =>
    [row.querySelectorAll('.head').length, row.querySelectorAll('.life').length, row.querySelectorAll('.head.bad').length]));
  assert.deepEqual(heads, [[2, 2, 0], [2, 3, 0], [1, 3, 0], [2, 3, 0], [1, 3, 1], [1, 3, 0], [0, 3, 0]]);
  assert.match(await page.locator('#frames > li').nth(2).getAttribute('aria-label'), /^↑ #\d+ text Hello ✓$/);
  await page.locator('#frames > li').nth(4).click();
  assert.match(await page.textContent('#detail'), /was text sent without a frame/);
  await page.focus('#frames');
  await page.keyboard.press('ArrowUp');
  assert.match(await page.textContent('#detail h2'), /server → all 2 clients/);
}));

test('replay, step by step and by itself, while more is recorded', { skip, timeout }, () => withXray(async (page, server) => {
  const client = await joinRaw(server);
  for (const [i, words] of ['one', 'two'].entries()) {
    client.write(frame(1, words));
    await shown(page, 3 + 2 * i);
  }
  await page.focus('#replay');
  await page.keyboard.press('Enter');
  await shown(page, 1);
  assert.equal(await page.textContent('#where'), '1 of 5');
  assert.equal(await page.isDisabled('#back'), true);
  await page.focus('#forward');
  await page.keyboard.press('Enter');
  await shown(page, 2);
  assert.match(await page.textContent('#detail h2'), /→ server: text/);
  client.write(frame(9, 'meanwhile'));
  await until(async () => await page.textContent('#where') === '2 of 7', 'more to be recorded');
  await shown(page, 2);
  await page.click('#back');
  await shown(page, 1);
  await page.selectOption('#pace', '0');
  await page.click('#play');
  await shown(page, 7);
  await until(async () => await page.getAttribute('#play', 'aria-pressed') === 'false', 'the end');
  assert.equal(await page.isDisabled('#forward'), true);
  await page.click('#first');
  await shown(page, 1);
  await page.click('#replay');
  await shown(page, 7);
  assert.equal(await page.isVisible('#player'), false);
}));

// -------------------------------------------------------------------------- out of the page and into it

test('the language switch and a reload lose nothing', { skip, timeout }, () => withXray(async (page, server) => {
  const client = await joinByLibrary(server);
  client.send('{"name":"Ann","text":"hello"}');
  await shown(page, 3);
  await page.locator('#frames > li').nth(1).click();
  await page.fill('#words', 'ann');
  await page.click('#language');
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
  await shown(page, 3);
  assert.match(await page.textContent('#detail h2'), /^#\d+ Ann → 服务器: text$/);
  await page.click('#diagram');
  await page.click('#pause');
  client.ping('waits');
  await until(async () => /2/.test(await page.textContent('#pause')), 'two to wait');
  await page.reload();
  await isOpen(page);
  await shown(page, 3);
  assert.equal(await page.inputValue('#words'), 'ann');
  assert.match(await page.textContent('#detail h2'), /^#\d+ Ann → 服务器: text$/);
  assert.equal(await page.getAttribute('#diagram', 'aria-pressed'), 'true');
  await until(async () => /3/.test(await page.textContent('#pause')), 'what waited, and that the page was away');
  await page.click('#diagram');
  await page.fill('#words', '');
  await page.click('#pause');
  await shown(page, 6);
  assert.deepEqual((await rows(page)).map((row) => row.kind), ['握手', 'text', 'text', 'ping', 'pong', '重新观看']);
  client.close();
}));

// Presses a button that saves something; returns the file's name and bytes. Firefox, driven like this,
// saves nothing: there it is what the page hands to the browser.
async function saved(page, button) {
  if (browserName === 'firefox') {
    const [name, text] = await page.evaluate((selector) => new Promise((resolve) => {
      const { createObjectURL } = URL;
      let blob;
      URL.createObjectURL = (one) => createObjectURL.call(URL, blob = one);
      HTMLAnchorElement.prototype.click = async function click() {
        resolve([this.download, [...new Uint8Array(await blob.arrayBuffer())].map((byte) => String.fromCharCode(byte)).join('')]);
      };
      document.querySelector(selector).dispatchEvent(new MouseEvent('click'));
    }), button);
    return { name, bytes: Buffer.from(text, 'latin1') };
  }
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
  const file = await download.path();
  return { name: download.suggestedFilename(), bytes: readFileSync(file) };
}

// The button opens the browser's dialog; after that, the file goes straight in.
async function openFile(page, name, buffer) {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.click('#load')]);
  await chooser.setFiles({ name, mimeType: 'application/json', buffer });
}
const openNext = (page, name, buffer) => page.setInputFiles('#file', { name, mimeType: 'application/json', buffer });

test('saved as JSON, and opened again', { skip, timeout }, () => withXray(async (page, server) => {
  const client = await joinRaw(server);
  client.write(Buffer.concat([frame(1, 'Hello'), Buffer.from('oops')]));
  await shown(page, 6);
  const before = await rows(page);
  const { name, bytes } = await saved(page, '#save');
  assert.match(name, /^xray-[\d-]+\.json$/);
  const recording = JSON.parse(bytes);
  assert.equal(recording.rows.length, 6);
  assert.deepEqual(recording.rows.map((row) => row.event ?? row.name), ['handshake', 'text', 'text', 'continuation', 'close', 'end']
    .map((kind, i) => (i === 3 ? recording.rows[3].name : kind)));
  await page.click('#clear');
  await shown(page, 0);
  await openFile(page, name, bytes);
  await shown(page, 6);
  assert.deepEqual(await rows(page), before);
  assert.match(await page.textContent('#help'), /^6 rows from xray-.*It is paused/);
  assert.equal(await page.getAttribute('#pause', 'aria-pressed'), 'true');

  const hostile = { ...recording.rows[1], client: 1, name: '<img src=x onerror="window.hacked=1">', n: 5 };
  const bad = [null, 7, {}, { time: 1 }, { ...recording.rows[1], header: '<b>' }, { ...recording.rows[1], payload: 'zz' },
    { ...recording.rows[0], event: 'toString' }, { ...recording.rows[1], state: 'constructor' }, { ...recording.rows[1], cuts: 'x' },
    { ...recording.rows[3], reason: 7 }, { ...recording.rows[1], kept: null }];
  await openNext(page, 'hostile.json', Buffer.from(JSON.stringify({ rows: [...bad, hostile] })));
  await shown(page, 1);
  assert.equal((await rows(page))[0].kind, hostile.name);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  for (const [text, why] of [['Hello', 'no JSON'], ['{}', 'it has no rows'], [JSON.stringify({ rows: bad }), 'it has no rows'], ['null', 'no JSON']]) {
    await openNext(page, 'bad.json', Buffer.from(text));
    await until(async () => await page.textContent('#help') === `bad.json is not a recording of this page: ${why}`, why);
    await shown(page, 1);
  }
}));

test('Wireshark reads what is saved for it, and says the same of each frame', { skip: skip || (spawnSync('tshark', ['-v']).error && 'tshark is missing'), timeout }, () =>
  withXray(async (page, server) => {
    const early = await joinByLibrary(server);
    early.send('before anybody pressed Clear');
    await shown(page, 3);
    await page.click('#clear');
    early.send('of a handshake that was not recorded');
    await shown(page, 2);
    const client = await joinByLibrary(server);
    client.send('你好');
    await once(client, 'message');
    client.send(Buffer.alloc(70_000, 7));
    await once(client, 'message');
    client.ping('?');
    await once(client, 'pong');
    client.close(4000, 'bye');
    await once(client, 'close');
    const bad = await joinRaw(server);
    bad.write(Buffer.from('\x81\x05Hello', 'latin1'));
    await once(bad, 'end');
    await shown(page, 2 + 1 + 2 + 2 + 2 + 3 + 4);
    const { name, bytes } = await saved(page, '#pcapng');
    assert.match(name, /\.pcapng$/);
    const folder = mkdtempSync(path.join(tmpdir(), 'xray-'));
    try {
      const file = path.join(folder, name);
      writeFileSync(file, bytes);
      const read = (...options) => {
        const done = spawnSync('tshark', ['-r', file, '-d', `tcp.port==${server.port},http`, ...options], { encoding: 'utf8' });
        assert.equal(done.status, 0, done.stderr);
        return done.stdout.trim().split('\n').filter(Boolean);
      };
      const frames = read('-Y', 'websocket', '-T', 'fields', '-e', 'tcp.stream', '-e', 'websocket.opcode', '-e', 'websocket.mask', '-e',
        'websocket.payload_length', '-e', 'websocket.payload_length_ext_16', '-e', 'websocket.payload_length_ext_64').map((line) => line.split('\t').join(' ').trim());
      const all = (text) => frames.filter((line) => line === text).length;
      assert.equal(all('0 1 1 36'), 1, frames.join('\n'));     // said
      assert.equal(all('0 1 0 36'), 1, frames.join('\n'));     // and told
      assert.equal(all('1 1 1 6'), 1, frames.join('\n'));
      assert.equal(all('0 1 0 6') + all('1 1 0 6'), 2, frames.join('\n'));  // to both
      assert.equal(all('1 9 1 1') + all('1 10 0 1'), 2, frames.join('\n'));
      assert.equal(all('1 8 1 5') + all('1 8 0 2'), 2, frames.join('\n'));
      assert.ok(frames.some((line) => line.startsWith('2 1 0 5')), frames.join('\n'));
      assert.equal(read('-Y', 'http.response.code == 101').length, 3);
      assert.equal(read('-Y', '_ws.malformed').length, 0);
      assert.equal(read('-Y', 'frame.comment contains "not masked"').length, 1);
    } finally {
      rmSync(folder, { recursive: true });
    }
    early.close();
  }));

test('what clients say is text, whatever it looks like', { skip, timeout }, () => withXray(async (page, server) => {
  const hostile = ['<img src=x onerror="window.hacked=1">', '<script>window.hacked=1</script>', '"}]});//',
    '&lt;b&gt;', 'javascript:window.hacked=1', '\u202eabc', '<li class=bad>'];
  let rowCount = 0;
  for (const words of hostile) {
    const client = await joinByLibrary(server, { headers: { 'X-Name': '<img src=x>', 'User-Agent': words.replace(/[^ -~]/g, '?') } });
    client.send(JSON.stringify({ name: words, text: '' }));
    await once(client, 'message');
    client.close(4000, words);
    await once(client, 'close');
    rowCount += 6;  // handshake; the text and the close, in and out; the end
    await shown(page, rowCount);
    const texts = (await rows(page)).slice(-6).map((row) => row.text);
    assert.equal(texts[3], `4000 ${words}`);
    assert.equal(texts[5], `4000 ${words}`);
    assert.ok((await rows(page)).at(-1).who.endsWith(` ${words.slice(0, 32)}`));
    await page.locator('#frames > li').nth(-6).click();
    assert.equal((await detail(page, '.http li').allTextContents()).includes('X-Name: <img src=x>'), true);
    await page.focus('#frames');
    await page.keyboard.press('End');
  }
  await page.click('#diagram');
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator('#panes :is(img, script), #frames b b').count(), 0);
}));

test('a copied line sends the same bytes again, from any shell', { skip, timeout }, () => withXray(async (page, server) => {
  // All 64 bytes that are shown; among them %, \, ' and NUL, which printf and sh have plans for.
  const payload = Buffer.from(Array.from({ length: 64 }, (_, i) => [0x25, 0x5c, 0x27, 0, 0x0a, 0x80, 0x22, 0x24][i % 8] ^ (i >> 3)));
  (await joinRaw(server)).write(frame(2, payload, [0, 0x25, 0x5c, 0x27]));
  await shown(page, 3);
  await page.locator('#frames > li').nth(1).click();
  const [header, drawnBytes] = [await groups(page), await columns(page)];
  await page.getByRole('button', { name: 'Copy as printf … | nc' }).click();
  await detail(page, 'textarea').waitFor();
  const line = await detail(page, 'textarea').inputValue();
  assert.match(line, new RegExp(`^printf '[^']*' \\| nc 127\\.0\\.0\\.1 ${server.port}$`));

  // nc stays until the server ends the conversation, which a close frame asks for.
  const both = line.replace(/' \| nc/, `\\210\\200\\0\\0\\0\\0' | nc`);
  assert.equal(spawnSync('sh', ['-c', both], { timeout: 30_000 }).status, 0);
  await shown(page, 9);
  await page.locator('#frames > li').nth(4).click();
  assert.deepEqual(await columns(page), drawnBytes);
  assert.deepEqual(await groups(page), header);
}));

test('bytes, key, text and accept can be copied', { skip, timeout }, () => withXray(async (page, server) => {
  (await joinRaw(server)).write(frame(1, '小'));
  await shown(page, 3);
  const copied = async (name) => {
    await page.getByRole('button', { name, exact: true }).click();
    await detail(page, 'textarea').waitFor();
    return detail(page, 'textarea').inputValue();
  };
  await page.locator('#frames > li').nth(1).click();
  assert.equal(await copied('Copy bytes'), '81 83 37 fa 21 3d d2 4a ae');
  assert.equal(await copied('Copy key'), '37 fa 21 3d');
  assert.equal(await copied('Copy text'), '小');
  await page.locator('#frames > li').nth(0).click();
  assert.equal(await copied('Copy accept'), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  assert.equal(await copied('Copy key'), 'dGhlIHNhbXBsZSBub25jZQ==');
  assert.equal(await copied('Copy request'), REQUEST.replaceAll('\r', ''));  // a text area has no CR
}));

test('in Chinese, on a phone: nothing sticks out', { skip, timeout }, () => withXray(async (page, server) => {
  assert.equal(await page.title(), 'X 光：看见聊天室里的每一帧');
  (await joinRaw(server)).write('Hello');
  await shown(page, 4);
  await choose(page, '不是帧');
  assert.equal((await rows(page))[1].verdict, '✗ §5.2');
  const words = await page.textContent('#detail');
  for (const part of ['RSV 位被置 1，但没有协商过扩展', '0x48 = ‘H’: 是不是直接发了文本，没有装进帧里？', '服务器以关闭码 1002 关闭连接：协议错误', '第 2 课第 1 步'])
    assert.ok(words.includes(part), words);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
}, { locale: 'zh-CN', viewport: { width: 320, height: 640 } }));

for (const viewport of [{ width: 320, height: 568 }, { width: 1920, height: 1080 }, { width: 3840, height: 2160 }])
  test(`everything fits ${viewport.width} pixels, whatever is chosen`, { skip, timeout }, () => withXray(async (page, server) => {
    (await joinRaw(server)).write(Buffer.concat([frame(1, '大家好，这里是一条很长很长的消息 and a_very_long_word'.slice(0, 40)), Buffer.from('oops')]));
    await shown(page, 6);
    await page.click('#replay');
    await page.click('#replay');
    for (const kind of ['handshake', 'text', 'gone']) {
      await choose(page, kind);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), kind);
    }
    const wide = await page.evaluate(() => [...document.querySelectorAll('#detail *')].filter((one) => one.getBoundingClientRect().right > innerWidth).length);
    assert.equal(wide, 0);
    if (viewport.width > 1000) {  // beside each other, and the page itself does not scroll
      const [list, explained] = [await page.locator('#rows').boundingBox(), await page.locator('#detail').boundingBox()];
      assert.ok(explained.x >= list.x + list.width && explained.y === list.y);
      assert.ok(await page.evaluate(() => document.documentElement.scrollHeight <= window.innerHeight));
      assert.ok(await page.locator('#frames > li').first().evaluate((row) => parseFloat(getComputedStyle(row).fontSize)) >= viewport.width / 110);
    }
  }, { viewport }));

test('A+ makes all of it larger; what does not fit beside each other any more stands below', { skip, timeout }, () => withXray(async (page, server) => {
  const client = await joinByLibrary(server);
  for (let i = 0; i < 40; i++) client.send(`number ${i}`);
  await shown(page, 81);
  const look = () => page.evaluate(() => [document.querySelector('#frames > li').getBoundingClientRect().height, rowHeight,
    document.body.classList.contains('wide'), document.documentElement.scrollWidth <= window.innerWidth]);
  const [before] = await look();
  for (let i = 0; i < 5; i++) await page.click('#larger');
  await until(async () => (await look())[0] > 1.5 * before, 'larger rows');
  const [height, measured, isWide, fits] = await look();
  assert.deepEqual([height, isWide, fits], [measured, false, true]);
  assert.equal((await rows(page)).at(-1).text, 'number 39');  // still followed
  assert.ok(await page.locator('#frames > li').last().evaluate((row) =>
    row.getBoundingClientRect().bottom <= document.getElementById('list').getBoundingClientRect().bottom + 1));
  for (let i = 0; i < 5; i++) await page.click('#smaller');
  await until(async () => (await look())[0] === before, 'as before');
  client.close();
}));

test('every fault and hint has Chinese words', { skip, timeout }, () => withXray(async (page, server) => {
  const bytes = ['Hello', '\r\n', '\xc1\x80', '\x83\x80', '\x09\x80', '\x89\xfe', '\x81\x05', '\x81\xfe\0\x05', '\x82\xff\xff',
    '\x80\x80\0\0\0\0', '\x01\x80\0\0\0\0\x81\x80\0\0\0\0', '\x82\xff\0\0\0\xff\0\0\0\0\0\0\0\0', '\x81\x81\0\0\0\0\xff',
    '\x88\x81\0\0\0\0\x03', '\x88\x82\0\0\0\0\x03\xed', '\x88\x82\0\0\0\0\xe8\x03', '\x88\x83\0\0\0\0\x03\xe8\xff'];
  await page.check('#faults');
  for (const [i, words] of bytes.entries()) {
    (await joinRaw(server)).write(Buffer.from(words, 'latin1'));
    await shown(page, i + 1);
    const [rule, hint, closes] = await detail(page, ':is(.rules li, .hint, .closes)').allTextContents();
    assert.match(rule, /^§[\d.]+ .*[\u4e00-\u9fff].*（?\(第 2 课第 \d 步\)$/);
    assert.match(hint, /[\u4e00-\u9fff]/);
    assert.match(closes, /^服务器以关闭码 1\d\d\d 关闭连接：[\u4e00-\u9fff]/);
    assert.ok(!/undefined|null/.test(await page.textContent('#detail')));
  }
}, { locale: 'zh-CN' }));

// ------------------------------------------------------------------------------------- the connection

test('the page comes back by itself when the server does, and says that something is missing', { skip, timeout }, () => withXray(async (page, server) => {
  (await joinRaw(server)).write(frame(9, 'before'));
  await shown(page, 3);
  const stopping = server.stop();
  await until(async () => /^Connection lost \(1001\); trying again in \d+ s$/.test(await page.textContent('#state')),
    'the page to see it');
  await stopping;
  const again = await startServer(3, '--port', server.port);
  try {
    await until(async () => await page.textContent('#state') === 'Watching', 'Watching');
    (await joinRaw(again)).write(frame(1, 'here again'));
    await until(async () => (await rows(page)).at(-1).text === 'here again', 'the new frames');
    assert.ok((await rows(page)).some((row) => row.text.startsWith('The page was not connected for a while')));
  } finally {
    forgiveAbsence(page);
    await page.close();
    await again.stop();
  }
}));

// A proxy that says for whom it asks, and has the server under a path of its own.
async function startProxy(server, header = 'X-Forwarded-For: 192.0.2.7\r\n') {
  const proxy = net.createServer((client) => {
    const behind = net.connect(server.port, '127.0.0.1');
    client.once('data', (head) => {
      behind.write(head.toString('latin1').replace(/^GET \/chat\//, 'GET /').replace('\r\n', `\r\n${header}`), 'latin1');
      client.pipe(behind);
    });
    behind.pipe(client);
    for (const socket of [client, behind]) socket.on('error', () => { client.destroy(); behind.destroy(); });
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return { url: `http://127.0.0.1:${proxy.address().port}/chat/`, stop: () => proxy.close() };
}

const forgiveRefusals = (page) => {
  page.problems = page.problems.filter((problem) => !/WebSocket connection to|can’t establish a connection/.test(problem));
};

for (const [locale, state, help] of [['en-US', /^Not allowed to watch; trying again in \d+ s$/, /own machine \(403\).*--xray any/],
  ['zh-CN', /^无权观看，\d+ 秒后重试$/, /只让本机的客户端观看（403）.*--xray any/]])
  test(`who may not watch is told how to be let in, ${locale}`, { skip, timeout }, () => withXray(async (_, server) => {
    const proxy = await startProxy(server);
    const context = await browser.newContext({ locale });
    try {
      const page = await openPage(context, `${proxy.url}xray`);
      await until(async () => state.test(await page.textContent('#state')), 'the refusal in words');
      assert.match(await page.textContent('#help'), help);
      assert.equal(await page.getAttribute('#help', 'role'), 'status');
      forgiveRefusals(page);
      assert.deepEqual(page.problems, []);
    } finally {
      await context.close();
      proxy.stop();
    }
  }));

test('with --xray any, behind a proxy and under a path, it watches', { skip, timeout }, () => withXray(async (_, server) => {
  const proxy = await startProxy(server);
  const context = await browser.newContext({ locale: 'en-US' });
  try {
    const page = await openPage(context, `${proxy.url}xray`);
    await isOpen(page);
    await joinRaw(server);
    await shown(page, 1);
    assert.deepEqual(page.problems, []);
  } finally {
    await context.close();
    proxy.stop();
  }
}, { options: ['--xray', 'any'] }));

test('when all places are taken, the page says so, and watches when one is free', { skip, timeout }, () => withXray(async (first, server) => {
  const others = [];
  for (let i = 0; i < 15; i++) {
    others.push(new WebSocket(`${server.url.replace('http', 'ws')}xray`));
    await once(others[i], 'open');
  }
  const context = await browser.newContext({ locale: 'en-US' });
  try {
    const page = await openPage(context, `${server.url}xray`);
    await until(async () => /^No place to watch/.test(await page.textContent('#state')), 'the refusal in words');
    assert.match(await page.textContent('#help'), /All 16 places for watchers are taken \(503\)/);
    others.pop().close();
    await until(async () => await page.textContent('#state') === 'Watching', 'Watching');
    assert.equal(await page.isVisible('#help'), false);
    forgiveRefusals(page);
    assert.deepEqual(page.problems, []);
  } finally {
    await context.close();
    for (const other of others) other.close();
  }
}));
