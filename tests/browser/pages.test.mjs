// What all pages have in common: they can be used on a phone, with the keyboard alone and with a
// screen reader, light and dark, in two languages; and nobody makes them do what they should not.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import axe from 'axe-core';
import WebSocket, { WebSocketServer } from 'ws';
import { line, openBrowser, openPage, serverDir, skip, startServer, timeout, until } from './support.mjs';

const lessons = [
  { number: 1, name: 'lesson 1', path: '', title: ['Lesson 1', '第 1 课'], folder: 'lesson01_handshake' },
  { number: 2, name: 'lesson 2', path: '', title: ['Lesson 2', '第 2 课'], folder: 'lesson02_frames' },
  { number: 3, name: 'lesson 3', path: '', title: ['Lesson 3', '第 3 课'], folder: 'lesson03_broadcast' },
];
const pages = [...lessons, { number: 3, name: 'the x-ray', path: 'xray', title: ['X-ray', 'X 光'] },
  { number: 2, name: 'the bench', path: 'bench', title: ['The frame bench', '帧实验台'] }];

let browser;
before(async () => { if (!skip) browser = await openBrowser(); });
after(() => browser?.close());

// Calls the test with a lesson's page, and looks afterwards at what went wrong there.
async function withPage(lesson, use, options = {}, url = undefined) {
  const server = url ? null : await startServer(lesson.number);
  const context = await (options.browser || browser).newContext({ locale: 'en-US', ...options });
  try {
    const page = await openPage(context, url || server.url + lesson.path);
    await use(page, server);
    assert.deepEqual(page.problems, []);
  } finally {
    await context.close();
    await server?.stop();
  }
}

// Puts something into each log, so that there is something to look at.
async function connect(lesson, page) {
  if (lesson.path === 'xray') {
    await until(() => page.evaluate(() => document.getElementById('state').className === 'open'), 'the feed');
    const client = new WebSocket(new URL('/', page.url()).href.replace('http', 'ws'));
    client.on('open', () => { client.send('hello'); client.close(); });
    await page.locator('#frames > li').nth(3).waitFor();  // hello, hello, close, close
    return;
  }
  if (lesson.path === 'bench') {
    await until(() => page.isEnabled('#play'), 'the bench');
    await page.click('#play');
    await page.locator('#log .end').waitFor();
    return;
  }
  if (lesson.number < 3)
    await page.click('#connect');
  await until(() => page.isEnabled('#send'), 'the connection');
  if (lesson.number === 3)
    await page.fill('#text', 'hello');
  await page.click('#send');
  await until(async () => /hello|你好/.test(await page.textContent('#log')), 'the message');
}

// ------------------------------------------------------------------------------- for everybody

// axe knows the rules of WCAG that a program can check: contrast, names, roles, structure.
async function faults(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => axe.run());
  return violations.flatMap((fault) => fault.nodes.map((node) => `${fault.id}: ${node.html} ${node.failureSummary}`));
}

for (const scheme of ['light', 'dark'])
  test(`axe finds no fault in any page, ${scheme}`, { skip, timeout }, async () => {
    const itself = await openBrowser({ dark: scheme === 'dark' });
    try {
      for (const lesson of pages)
        for (const locale of scheme === 'light' ? ['en-US', 'zh-CN'] : ['en-US'])
          await withPage(lesson, async (page) => {
            const isDark = await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches);
            assert.equal(isDark, scheme === 'dark');
            assert.deepEqual(await faults(page), []);
            await connect(lesson, page);
            assert.deepEqual(await faults(page), []);
          }, { browser: itself, locale, colorScheme: scheme });
    } finally {
      await itself.close();
    }
  });

for (const lesson of pages) {
  for (const width of [320, 390])
    test(`${lesson.name} fits a window of ${width} pixels`, { skip, timeout }, () =>
      withPage(lesson, async (page) => {
        await connect(lesson, page);
        const tooWide = await page.evaluate(() => [...document.querySelectorAll('body *')]
          .filter((element) => element.getBoundingClientRect().right > innerWidth).map((element) => element.outerHTML));
        assert.deepEqual(tooWide, []);
        const small = await page.evaluate(() => [...document.querySelectorAll('button, input, select')]
          .map((element) => element.type === 'checkbox' ? element.closest('label') : element)
          .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 44)
          .map((element) => element.outerHTML));
        assert.deepEqual(small, [], 'a finger needs 44 pixels');
      }, { viewport: { width, height: 640 } }));

  test(`${lesson.name} speaks the browser's language, and the other one if asked`, { skip, timeout }, () =>
    withPage(lesson, async (page, server) => {
      const check = async (language, other) => {
        await until(async () => await page.getAttribute('html', 'lang') === language, language);
        const title = lesson.title[language === 'en' ? 0 : 1];
        assert.ok((await page.title()).startsWith(title), title);
        assert.ok((await page.textContent('h1')).startsWith(title), title);
        assert.equal(await page.textContent('#language'), other);
        const all = await page.locator('body').innerText();
        assert.equal(/\{\}|undefined|null/.test(all), false, all);
        // What is in the log already stays as it was said.
        const now = all.replace((await page.locator('#log').allInnerTexts()).join(''), '').replace(other, '');
        assert.equal(/\p{Script=Han}/u.test(now), language === 'zh-CN', now);
      };
      await check('zh-CN', 'English');
      await page.click('#language');
      await check('en', '中文');
      await page.reload();
      await check('en', '中文');  // it is remembered
      await page.click('#language');
      await check('zh-CN', 'English');
    }, { locale: 'zh-CN' }));
}

// The names that a screen reader says, in the order of the Tab key; each must be seen to have the focus.
async function walk(page, steps) {
  const names = [];
  for (let i = 0; i < steps; i++) {
    await page.keyboard.press('Tab');
    const { id, outline } = await page.evaluate(() => {
      const element = document.activeElement;
      return { id: element.id, outline: getComputedStyle(element).outlineStyle };
    });
    assert.equal(outline, 'solid', `${id} has the focus and does not show it`);
    names.push(id);
  }
  return names;
}

test('lesson 1 with the keyboard alone', { skip, timeout }, () => withPage(lessons[0], async (page, server) => {
  assert.deepEqual(await walk(page, 4), ['smaller', 'larger', 'language', 'connect']);
  await page.keyboard.press('Enter');
  await line(page, 'accept key is right');
  await until(() => page.locator('#send:focus').isVisible(), 'the focus on the next button');
  await page.keyboard.press('Enter');
  await server.logged(/81 85/);
  assert.deepEqual(await walk(page, 5), ['disconnect', 'log', 'key', 'new-key', 'sample-key']);
  await page.keyboard.press('Enter');
  assert.equal(await page.textContent('#accept'), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
}));

test('lesson 2 with the keyboard alone', { skip, timeout }, () => withPage(lessons[1], async (page) => {
  assert.deepEqual(await walk(page, 5), ['smaller', 'larger', 'language', 'bench', 'connect']);
  await page.keyboard.press('Enter');
  await until(() => page.locator('#send:focus').isVisible(), 'the focus on the next button');
  await page.keyboard.press('Enter');
  await line(page, 'the same as sent');
  assert.deepEqual(await walk(page, 8), ['binary', 'send-binary', 'size', 'send-large', 'close-code', 'close-reason',
    'close', 'log']);
  await page.focus('#close-code');
  await page.keyboard.press('Enter');
  await line(page, 'wasClean true');
  await until(() => page.locator('#connect:focus').isVisible(), 'the focus on Connect');
}));

test('lesson 3 with the keyboard alone', { skip, timeout }, () => withPage(lessons[2], async (page) => {
  await line(page, 'You are in the room');
  assert.deepEqual(await walk(page, 8), ['smaller', 'larger', 'language', 'xray', 'bench', 'leave', 'log', 'name']);
  await page.keyboard.type('Ada');
  assert.deepEqual(await walk(page, 1), ['text']);
  await page.keyboard.type('hello');
  await page.keyboard.press('Enter');
  await line(page, 'Ada');
  await page.focus('#leave');
  await page.keyboard.press('Enter');
  await until(() => page.locator('#connect:focus').isVisible(), 'the focus on Join');
}));

test('what happens is told to those who cannot see it', { skip, timeout }, async () => {
  for (const lesson of lessons)
    await withPage(lesson, async (page) => {
      await connect(lesson, page);
      assert.equal(await page.getAttribute('#log', 'role'), 'log');
      // A status or an <output> is read out when it changes.
      const state = page.getByRole('status').filter({ hasText: /OPEN|Connected/ });
      assert.equal(await state.count(), 1);
      assert.equal(await page.getByRole('log', { name: /./ }).count(), 1);
    });
});

// ---------------------------------------------------------------------------- against everybody

test('a page runs nothing that was not in it, and fetches nothing from elsewhere', { skip, timeout }, async () => {
  for (const lesson of pages)
    await withPage(lesson, async (page) => {
      const outcome = await page.evaluate(async () => {
        const tried = {};
        const attempt = (name, action) => {
          try { action(); tried[name] = 'done'; } catch (error) { tried[name] = error.name; }
        };
        attempt('innerHTML', () => { document.body.innerHTML = '<p>new</p>'; });
        await new Promise((resolve) => { setTimeout(resolve); });  // what a test says at first may use eval()
        attempt('eval', () => (0, eval)('window.hacked = 1'));
        attempt('onclick', () => {
          const button = document.createElement('button');
          button.setAttribute('onclick', 'window.hacked = 2');
          button.click();
        });
        const image = new Image();
        image.src = 'http://127.0.0.1:1/x.png';
        tried.image = await new Promise((resolve) => {
          image.onload = () => resolve('done');
          image.onerror = () => resolve('refused');
        });
        tried.fetch = await fetch('http://127.0.0.1:1/').then(() => 'done', (error) => error.name);
        attempt('base', () => {
          const base = document.createElement('base');
          base.href = 'http://127.0.0.1:1/';
          document.head.append(base);
        });
        return { ...tried, base: document.baseURI === location.href, hacked: window.hacked };
      });
      assert.deepEqual(outcome, { innerHTML: 'TypeError', eval: 'EvalError', onclick: 'TypeError', image: 'refused', fetch: 'TypeError',
        base: true, hacked: undefined });
      assert.ok(page.problems.length > 0);
      page.problems = [];  // the browser has told us, and that is what was wanted
    });
});

// A page of somebody else's with the lesson in a frame, to make people press what they do not see.
test('no page may put one of ours into a frame', { skip, timeout }, async () => {
  for (const lesson of pages) {
    const server = await startServer(lesson.number);
    const other = createServer((request, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end(`<!DOCTYPE html><title>other</title><iframe src="${server.url}${lesson.path}"></iframe>`);
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const context = await browser.newContext({ locale: 'en-US' });
    try {
      const page = await context.newPage();
      const asked = server.logged(/200 \//);
      await page.goto(`http://127.0.0.1:${other.address().port}/`);  // resolves when the frame has loaded, too
      await asked;
      const frame = page.frames().find((one) => one !== page.mainFrame());
      assert.equal(await frame.locator('h1[data-t=title]').count(), 0);
    } finally {
      await context.close();
      other.close();
      other.closeAllConnections();
      await server.stop();
    }
  }
});

// A server that is not ours, with our page, and says what it likes.
async function withHostileServer(lesson, talk, use) {
  const html = readFileSync(`${serverDir}/${lesson.folder}/page.html`);
  const http = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(html);
  });
  const sockets = new WebSocketServer({ server: http });
  sockets.on('connection', talk);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  try {
    await withPage(lesson, use, {}, `http://127.0.0.1:${http.address().port}/`);
  } finally {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
    http.close();
    http.closeAllConnections();
  }
}

const nasty = '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>"\'{{7*7}}';

for (const lesson of lessons)
  test(`lesson ${lesson.number} shows what looks like HTML in messages and close reasons as it is`, { skip, timeout }, () =>
    withHostileServer(lesson, (socket) => {
      socket.send(nasty);
      socket.send(JSON.stringify({ name: nasty, text: nasty, id: nasty }));
      socket.send(Buffer.from(nasty));
      setImmediate(() => socket.close(4001, nasty.slice(0, 100)));
    }, async (page) => {
      if (lesson.number < 3)
        await page.click('#connect');
      await line(page, '4001');
      if (lesson.number === 3)
        await page.click('#leave');
      const shown = await page.textContent('#log');
      // Lesson 1 shows whole messages and no reason; lesson 2 the reason, and of each message the
      // start; lesson 3 the reason, the text, and the other one's name and text.
      assert.equal(shown.split('<img src=x one').length - 1, { 1: 4, 2: 3, 3: 4 }[lesson.number], shown);
      assert.equal(await page.locator('#log :is(img, script)').count(), 0);
      assert.equal(await page.evaluate(() => window.hacked), undefined);
    }));
