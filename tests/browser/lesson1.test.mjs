// Lesson 1's page: it connects, shows readyState, and computes the accept key itself.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { line, openBrowser, openPage, root, skip, startServer, timeout, until } from './support.mjs';

let browser;
before(async () => { if (!skip) browser = await openBrowser(); });
after(() => browser?.close());

// Calls the test with a server and a page of its own, and looks afterwards at what went wrong there.
async function withPage(use, options = {}) {
  const server = await startServer(1);
  const context = await browser.newContext({ locale: 'en-US', ...options });
  try {
    const page = await openPage(context, server.url);
    await use(page, server);
    assert.deepEqual(page.problems, []);
  } finally {
    await context.close();
    await server.stop();
  }
}

const accept = (key) =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

test('the page connects, sends bytes to look at, and shows each readyState', { skip, timeout }, () =>
  withPage(async (page, server) => {
    await page.click('#connect');
    await line(page, 'open');
    assert.match(await page.textContent('#state'), /OPEN \(1\)/);
    await server.logged(/open/);

    await page.click('#send');
    await server.logged(/81 85 ([0-9a-f]{2} ){9}/);  // text of 5 bytes, masked: RFC 6455 §5.7

    await page.click('#disconnect');
    assert.match(await page.textContent('#state'), /CLOSING \(2\)/);
    await server.logged(/88 8/);  // the close frame that this lesson cannot answer yet
    await server.stop();
    await line(page, '1006');  // so the browser never got one: §7.1.5
    assert.match(await page.textContent('#state'), /CLOSED \(3\)/);
    assert.equal(await page.isEnabled('#connect'), true);
  }));

test('the page computes the accept key as RFC 6455 §4.2.2 says', { skip, timeout }, () =>
  withPage(async (page) => {
    await page.click('#sample-key');
    assert.equal(await page.textContent('#accept'), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    await page.fill('#key', 'bGVzc29uMSBrZXkAAACvAA==');  // its digest contains a NUL byte
    assert.equal(await page.textContent('#accept'), 'ANA+Lrpw8p4T1jZEZt2Jwjkq7do=');
    const keys = new Set();
    for (let i = 0; i < 10; i++) {
      await page.click('#new-key');
      const key = await page.inputValue('#key');
      assert.match(key, /^[A-Za-z0-9+/]{22}==$/);
      assert.equal(await page.textContent('#accept'), accept(key));
      keys.add(key);
    }
    assert.equal(keys.size, 10);
    assert.equal(await page.textContent('#key-note'), '');
    await page.fill('#key', 'short');
    assert.match(await page.textContent('#key-note'), /24 characters/);
  }));

// What README.md has the reader type, and, behind three spaces, what the console shows then.
test('the console shows what the text says', { skip, timeout }, () =>
  withPage(async (page, server) => {
    const events = [];
    page.on('console', (message) => events.push(message.text()));
    const text = readFileSync(path.join(root, 'lesson01_handshake/README.md'), 'utf8');
    const lines = /```text\n(see = [^]*?)\n```/.exec(text)[1].replaceAll('8080', server.port).split('\n');
    for (const typed of lines) {
      const [, code, shown] = /^(.*?\S)(?: {3,}(\S+))?$/.exec(typed);
      let value;
      await until(async () => {
        value = String(await page.evaluate(shown ? code : `${code}; 0`));
        return !shown || value === shown;
      }, () => `${shown} from ${code}, and not ${value}`);
    }
    await server.stop();
    await until(() => events.length === 2, () => `two events: ${events}`);
    assert.deepEqual(events, [...text.matchAll(/`((?:open|close) \d)`/g)].map((match) => match[1]));
  }));

test('whoever leaves the page makes room for the next', { skip, timeout }, () =>
  withPage(async (page, server) => {
    await page.click('#connect');
    await line(page, 'open');
    const other = await page.context().newPage();
    const loaded = other.goto(server.url);  // waits: one client at a time
    await page.close();
    assert.equal((await loaded).status(), 200);
    await other.click('#connect');
    await line(other, 'open');
  }));

// The old page stands until the new one comes, and this server serves one client at a time.
test('the page can be loaded again while it is connected', { skip, timeout }, () =>
  withPage(async (page, server) => {
    await page.click('#connect');
    await line(page, 'open');
    await page.reload({ timeout: 60_000 });  // Firefox takes its time, see the page
    assert.match(await page.textContent('#state'), /no WebSocket yet/);
    await page.click('#connect');
    await line(page, 'open');
    await page.click('#disconnect');
    await server.logged(/88 80/);
    await page.reload({ timeout: 60_000 });
    await page.click('#connect');
    await line(page, 'open');
  }));

test('the page speaks Chinese to a Chinese browser', { skip, timeout }, () =>
  withPage(async (page) => {
    assert.match(await page.title(), /第 1 课/);
    assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
    assert.equal(await page.textContent('#connect'), '连接');
  }, { locale: 'zh-CN' }));
