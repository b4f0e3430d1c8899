// Lesson 2's page: it sends text and binary, and shows what comes back, close codes included.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { line, openBrowser, openPage, skip, startServer, timeout, until } from './support.mjs';

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

// Calls the test with a page that is connected.
async function withPage(use, url = server.url) {
  const context = await browser.newContext({ locale: 'en-US' });
  try {
    const page = await openPage(context, url);
    await page.click('#connect');
    await line(page, 'handshake is complete');
    assert.match(await page.textContent('#state'), /OPEN \(1\)/);
    await use(page);
    assert.deepEqual(page.problems, []);
  } finally {
    await context.close();
  }
}

const back = (page) => page.locator('#log .in').filter({ hasText: 'the same as sent' });

async function comesBack(page, ...what) {
  const count = await back(page).count();
  return async () => {
    await until(async () => await back(page).count() > count, 'the echo');
    const text = await back(page).last().textContent();
    for (const part of what) assert.ok(text.includes(part), `${part} in ${text}`);
    assert.equal(await page.locator('#log .bad').count(), 0);
  };
}

test('text comes back as text', { skip, timeout }, () => withPage(async (page) => {
  const texts = [['Hello', '5 bytes'], ['你好，世界', '15 bytes'], ['👩‍👩‍👧‍👦🇨🇳', '33 bytes'], ['', '0 bytes'],
    ['<img src=x onerror=alert(1)>', '28 bytes']];
  for (const [text, bytes] of texts) {
    const echo = await comesBack(page, 'text', bytes, text.slice(0, 2));
    await page.fill('#text', text);
    await page.click('#send');
    await echo();
  }
  assert.equal(await page.locator('#log img').count(), 0);
}));

test('binary comes back as binary', { skip, timeout }, () => withPage(async (page) => {
  for (const [hex, bytes] of [['41 00 ff', '3 bytes'], ['', '0 bytes'], ['00', '1 byte']]) {
    const echo = await comesBack(page, 'binary', bytes, hex);
    await page.fill('#binary', hex);
    await page.click('#send-binary');
    await echo();
  }
}));

test('every length comes back, up to 16 MiB', { skip, timeout }, () => withPage(async (page) => {
  for (const size of ['125', '126', '65535', '65536', '1048576', '16777216']) {
    const echo = await comesBack(page, Number(size).toLocaleString('en'));
    await page.selectOption('#size', size);
    await page.click('#send-large');
    await echo();
  }
}));

test('one byte more is refused with 1009 and a reason', { skip, timeout }, () => withPage(async (page) => {
  await page.selectOption('#size', '16777217');
  await page.click('#send-large');
  await line(page, 'code 1009');
  await line(page, '§7.4.1');
}));

for (const code of [1000, 3000, 4999])
  test(`close code ${code} comes back, and it was clean`, { skip, timeout }, () => withPage(async (page) => {
    await page.fill('#close-code', `${code}`);
    await page.fill('#close-reason', '再见 👋');
    await page.click('#close');
    await line(page, `code ${code}`);
    await line(page, 'wasClean true');
    assert.match(await page.textContent('#state'), /CLOSED \(3\)/);
  }));

test('a close without a code is answered with none', { skip, timeout }, () => withPage(async (page) => {
  await page.click('#disconnect');
  await line(page, 'code 1005');  // the browser's word for "no code": RFC 6455 §7.1.5
  await line(page, 'wasClean true');
}));

test('the page connects again after a close', { skip, timeout }, () => withPage(async (page) => {
  await page.click('#disconnect');
  await line(page, 'wasClean true');
  await page.click('#connect');
  await until(async () => /OPEN/.test(await page.textContent('#state')), 'OPEN');
  const echo = await comesBack(page, 'again');
  await page.fill('#text', 'again');
  await page.click('#send');
  await echo();
}));

test('two tabs do not hear each other', { skip, timeout }, () =>
  withPage((first) => withPage(async (second) => {
    const echo = await comesBack(second, 'second');
    await second.fill('#text', 'second');
    await second.click('#send');
    await echo();
    assert.equal(await back(first).count(), 0);
  })));

test('the page tells that the server stops', { skip, timeout }, async () => {
  const other = await startServer(2);
  await withPage(async (page) => {
    await other.stop();
    await line(page, 'code 1001');
    await line(page, 'wasClean true');
  }, other.url);
});
