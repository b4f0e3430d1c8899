// Lesson 2's view of what went over the wire: the frames of the page's own connections, as the x-ray page of
// lesson 3 shows those of all. What a row and its detail say is the x-ray's, see xray.test.mjs; here it is that
// they are there, that they are one's own, and that the echo goes on whatever becomes of them.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import axe from 'axe-core';
import WebSocket, { WebSocketServer } from 'ws';
import { forgiveAbsence, forgiveRefusals, line, openBrowser, openPage, serverDir, skip, startProxy, startServer, timeout, until } from './support.mjs';

let browser;
let server;
before(async () => {
  if (skip) return;
  browser = await openBrowser();
  server = await startServer(2);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

// Calls the test with lesson 2's page.
async function withPage(use, { url = server.url, before: prepare = () => {}, ...options } = {}) {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 }, ...options });
  try {
    await prepare(context);
    const page = await openPage(context, url);
    await use(page);
    assert.deepEqual(page.problems, []);
  } finally {
    await context.close();
  }
}

const feedState = (page) => page.textContent('[data-feed]');

async function tells(page, words) {
  await until(async () => words.test(await feedState(page)), () => `${words} as the state of the feed`);
}

async function open(page) {
  await page.click('summary');
  await tells(page, /^(Watching|正在观看)$/);
}

async function connect(page) {
  await page.click('#connect');
  await until(() => page.isEnabled('#send'), 'the connection');
}

async function send(page, text) {
  const echoes = page.locator('#log .in');
  const count = await echoes.count();
  await page.fill('#text', text);
  await page.click('#send');
  await until(async () => await echoes.count() > count, 'the echo');
}

const rows = (page) => page.locator('#frames > li').evaluateAll((all) => all.map((row) =>
  ['arrow', 'kind', 'text', 'verdict'].map((name) => row.querySelector(`.${name}`).textContent).join(' ').trim()));

async function shows(page, ...wanted) {
  await until(async () => (await rows(page)).length >= wanted.length, `${wanted.length} rows`);
  assert.deepEqual(await rows(page), wanted);
}

const HANDSHAKE = '⇄ handshake GET /?watch=TOKEN HTTP/1.1 ✓ 101';
const handshakeOf = async (page) => HANDSHAKE.replace('TOKEN', /watch=([0-9a-f]{32}) /.exec((await rows(page))[0])[1]);

test('nothing is shown, and no place taken, until it is opened', { skip, timeout }, async () => {
  const fresh = await startServer(2);
  try {
    await withPage(async (page) => {
      await connect(page);
      await send(page, 'unseen');
      assert.equal(await page.isVisible('#panes'), false);
      assert.ok(!fresh.log.includes('/own'), fresh.log);
      assert.match(await page.textContent('#log'), /\/\?watch=…/);
      await open(page);
      await fresh.logged(/open: WebSocket at \/own\n/);
      assert.ok(!/watch=[0-9a-f]/.test(fresh.log), fresh.log);
      await send(page, 'seen');
      await until(async () => (await rows(page)).length === 2, '2 rows');
      await shows(page, '↑ text seen ✓', '↓ text seen ✓');
    }, { url: fresh.url });
  } finally {
    await fresh.stop();
  }
});

test('each frame of the page is a row, from the handshake to the end', { skip, timeout }, () => withPage(async (page) => {
  await open(page);
  await connect(page);
  await send(page, '你好 👋');
  await page.fill('#binary', '41 00 ff');
  await page.click('#send-binary');
  await page.locator('#log .in').nth(1).waitFor();
  await page.click('#close');
  await line(page, 'wasClean true');
  await until(async () => (await rows(page)).length === 8, '8 rows');
  await shows(page, await handshakeOf(page), '↑ text 你好 👋 ✓', '↓ text 你好 👋 ✓', '↑ binary 41 00 ff ✓', '↓ binary 41 00 ff ✓',
    '↑ close 1000 bye ✓', '↓ close 1000  ✓', '⊘ gone 1000 bye 1000');
}));

test('by keyboard alone: open, choose a row, read its detail', { skip, timeout }, () => withPage(async (page) => {
  await page.focus('#log');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.localName), 'summary');
  await page.keyboard.press('Enter');
  await tells(page, /^Watching$/);
  await page.focus('#connect');
  await page.keyboard.press('Enter');
  await until(() => page.locator('#send:focus').isVisible(), 'the focus on the next button');
  await page.fill('#text', 'é小');
  await page.focus('#send');
  await page.keyboard.press('Enter');
  await until(async () => (await rows(page)).length === 3, '3 rows');
  await page.focus('#frames');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  assert.match(await page.textContent('#detail h2'), /^#\d+ → server: text$/);
  const glyphs = await page.locator('#detail .char').evaluateAll((all) => all.map((one) =>
    `${one.querySelector('.glyph').textContent}:${[...one.querySelectorAll('.plain')].map((byte) => byte.textContent).join(' ')}`));
  assert.deepEqual(glyphs, ['é:c3 a9', '小:e5 b0 8f']);
  await page.keyboard.press('ArrowUp');
  assert.match(await page.textContent('#detail'), /accept key, in three steps.*the server has understood the request/s);
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'detail');
}));

test('two pages see each their own', { skip, timeout }, () => withPage((first) => withPage(async (second) => {
  for (const page of [first, second]) {
    await open(page);
    await connect(page);
  }
  await send(first, 'one');
  await send(second, 'two');
  await until(async () => (await rows(first)).length === 3 && (await rows(second)).length === 3, '3 rows each');
  await shows(first, await handshakeOf(first), '↑ text one ✓', '↓ text one ✓');
  await shows(second, await handshakeOf(second), '↑ text two ✓', '↓ text two ✓');
  assert.notEqual((await rows(first))[0], (await rows(second))[0]);
})));

test('what is closed is not watched; opened again, it says that something is missing', { skip, timeout }, () => withPage(async (page) => {
  await open(page);
  await connect(page);
  await send(page, 'one');
  await until(async () => (await rows(page)).length === 3, '3 rows');
  await page.click('summary');
  await send(page, 'unseen');
  await open(page);
  await send(page, 'two');
  await until(async () => (await rows(page)).length === 6, '6 rows');
  const [again, ...others] = (await rows(page)).slice(3);
  assert.match(again, /The page was not connected for a while/);
  assert.deepEqual(others, ['↑ text two ✓', '↓ text two ✓']);
}));

test('in Chinese', { skip, timeout }, () => withPage(async (page) => {
  assert.equal(await page.textContent('#wire-title'), '线路上的字节');
  await open(page);
  await connect(page);
  await page.fill('#text', '好');
  await page.click('#send');
  await until(async () => (await rows(page)).length === 3, '3 rows');
  assert.match((await rows(page))[0], /^⇄ 握手 GET \/\?watch=/);
  await page.locator('#frames > li').nth(1).click();
  const words = await page.textContent('#detail');
  for (const part of ['→ 服务器: text', '掩码密钥', '客户端加掩码，服务器不加', '第 2 课第 2 步'])
    assert.ok(words.includes(part), words);
  await page.click('#language');
  assert.match((await rows(page))[0], /^⇄ handshake/);
  assert.equal(await page.textContent('#wire-title'), 'What went over the wire');
}, { locale: 'zh-CN' }));

test('a page from another machine by plain http can do it, too', { skip, timeout }, () => withPage(async (page) => {
  assert.equal(await page.evaluate(() => typeof crypto.subtle + typeof crypto.randomUUID), 'undefinedundefined');
  await open(page);
  await connect(page);
  await until(async () => (await rows(page)).length === 1, 'the handshake');
}, {
  before: (context) => context.addInitScript(() => {  // what a browser has in secure contexts only
    delete Crypto.prototype.subtle;
    delete Crypto.prototype.randomUUID;
  }),
}));

for (const [width, height] of [[320, 568], [390, 844], [1280, 800], [3840, 2160]])
  test(`it fits ${width} pixels, and axe finds no fault`, { skip, timeout }, () => withPage(async (page) => {
    await open(page);
    await connect(page);
    await send(page, '大家好，这里是一条很长很长的消息 and_a_very_long_word_that_has_no_place_to_break');
    await until(async () => (await rows(page)).length === 3, '3 rows');
    for (const n of [0, 1]) {
      await page.locator('#frames > li').nth(n).click();
      const wide = await page.evaluate(() => [...document.querySelectorAll('body *')]
        .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth).map((one) => one.outerHTML.slice(0, 200)));
      assert.deepEqual(wide.filter((one) => !/^<(svg|line|path|text)/.test(one)), []);
    }
    const small = await page.evaluate(() => [...document.querySelectorAll('button, input, select, summary')]
      .map((one) => (one.type === 'checkbox' ? one.closest('label') : one))
      .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44).map((one) => one.outerHTML));
    assert.deepEqual(small, [], 'a finger needs 44 pixels');
    const rowSize = await page.locator('#frames > li').first().evaluate((row) => parseFloat(getComputedStyle(row).fontSize));
    assert.ok(rowSize >= Math.max(13, width / 145), `${rowSize} pixels`);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => axe.run());
    assert.deepEqual(violations.flatMap((fault) => fault.nodes.map((node) => `${fault.id}: ${node.html}`)), []);
  }, { viewport: { width, height } }));

// -------------------------------------------------------------------- when there is nothing to watch

test('when all places are taken, the page says so, echoes, and watches when one is free', { skip, timeout }, async () => {
  const full = await startServer(2);
  const others = [];
  try {
    for (let i = 0; i < 64; i++) {
      others.push(new WebSocket(`${full.url.replace('http', 'ws')}own?watch=${'0'.repeat(32)}`));
      await once(others[i], 'open');
    }
    await withPage(async (page) => {
      await page.click('summary');
      await tells(page, /^No place to watch; trying again in \d+ s$/);
      assert.match(await page.textContent('#help'), /Too many pages watch just now \(503\)/);
      await connect(page);
      await send(page, 'all the same');
      others.pop().close();
      await tells(page, /^Watching$/);
      assert.equal(await page.isVisible('#help'), false);
      await send(page, 'seen');
      await shows(page, '↑ text seen ✓', '↓ text seen ✓');
      forgiveRefusals(page);
    }, { url: full.url });
  } finally {
    for (const other of others) other.close();
    await full.stop();
  }
});

for (const [status, words, help] of [[403, /^Not allowed to watch/, /--allow-origin/], [404, /^Cannot watch/, null]])
  test(`a refusal with ${status} is told, and the echo goes on`, { skip, timeout }, async () => {
    const proxy = await startProxy(server, (head) => (/^GET \/chat\/own/.test(head)
      ? { answer: `HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n` } : head.replace(/^GET \/chat\//, 'GET /')));
    try {
      await withPage(async (page) => {
        await page.click('summary');
        await tells(page, words);
        if (help)
          assert.match(await page.textContent('#help'), help);
        await connect(page);
        await send(page, 'all the same');
        forgiveRefusals(page);
      }, { url: `${proxy.url}chat/` });
    } finally {
      proxy.stop();
    }
  });

test('behind a proxy, under a path of its own, it watches', { skip, timeout }, async () => {
  const proxy = await startProxy(server, (head) => head.replace(/^GET \/chat\//, 'GET /'));
  try {
    await withPage(async (page) => {
      await open(page);
      await connect(page);
      await send(page, 'through');
      await until(async () => (await rows(page)).length === 3, '3 rows');
    }, { url: `${proxy.url}chat/` });
  } finally {
    proxy.stop();
  }
});

test('a server that knows nothing of it echoes, and the page says that it tells no frames', { skip, timeout }, async () => {
  const http = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(readFileSync(`${serverDir}/lesson02_frames/page.html`));
  });
  const sockets = new WebSocketServer({ server: http });
  sockets.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  try {
    await withPage(async (page) => {
      await open(page);
      await connect(page);
      await send(page, 'hello');
      await tells(page, /^This server does not tell which frames it sees$/);
      await send(page, 'again');
    }, { url: `http://127.0.0.1:${http.address().port}/` });
  } finally {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
    http.close();
    http.closeAllConnections();
  }
});

test('the page comes back by itself when the server does', { skip, timeout }, async () => {
  const first = await startServer(2);
  await withPage(async (page) => {
    await open(page);
    await connect(page);
    await until(async () => (await rows(page)).length === 1, 'the handshake');
    await first.stop();
    await tells(page, /^(Connection lost \(1001\)|The server does not answer); trying again in \d+ s$/);
    await line(page, 'code 1001');
    const again = await startServer(2, '--port', first.port);
    try {
      await tells(page, /^Watching$/);
      await connect(page);
      await send(page, 'here again');
      await until(async () => (await rows(page)).at(-1) === '↓ text here again ✓', 'the new frames');
    } finally {
      forgiveAbsence(page);
      await page.close();
      await again.stop();
    }
  }, { url: first.url });
});
