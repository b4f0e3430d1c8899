// The challenges' page: connect, send, ping, disconnect, against the servers that it belongs to.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { line, openBrowser, openPage, skip, startServer, timeout } from './support.mjs';

let browser;
before(async () => { if (!skip) browser = await openBrowser(); });
after(() => browser?.close());

// Calls the test with two tabs on the page of a challenge.
async function withTabs(program, use) {
  const server = await startServer(`challenges/${program}`);
  const context = await browser.newContext();
  try {
    const tabs = [await openPage(context, server.url), await openPage(context, server.url)];
    for (const tab of tabs) {
      await tab.click('#connect');
      await tab.waitForSelector('#send:enabled');
    }
    await use(tabs, server);
    for (const tab of tabs) assert.deepEqual(tab.problems, []);
  } finally {
    await context.close();
    await server.stop();
  }
}

async function say(tab, text) {
  await tab.fill('#text', text);
  await tab.click('#send');
}

const heard = async (tab) => (await tab.locator('#log li').allTextContents()).reverse();

test('d: a page and a WebSocket on one port', { skip, timeout }, () =>
  withTabs('d_page', async ([tab, other]) => {
    await line(tab, '← 欢迎进入xxx，请问需要什么帮助吗？');
    await say(tab, '<b>你好</b>');
    await line(tab, '← <b>你好</b>');
    await tab.click('#ping');
    await line(tab, 'pong after');
    assert.deepEqual(await heard(other), ['← 欢迎进入xxx，请问需要什么帮助吗？']);
    await tab.click('#disconnect');
    await line(tab, 'closed, 1000');
    assert.equal(await tab.isDisabled('#send'), true);
    await tab.click('#connect');
    await tab.waitForSelector('#send:enabled');
  }));

test('the page says so when the server stops', { skip, timeout }, () =>
  withTabs('e_echo', async ([tab], server) => {
    await say(tab, 'hello');
    await line(tab, '← hello');
    await server.stop();
    await line(tab, 'closed, 1001');
  }));

test('a: one answer to everything', { skip, timeout }, () =>
  withTabs('a_fixed_reply', async ([tab, other]) => {
    await say(tab, 'anything');
    await line(tab, '← 收到你的消息了');
    assert.deepEqual(await heard(other), []);
  }));

test('b: everyone hears how many there are', { skip, timeout }, () =>
  withTabs('b_count', async ([tab, other]) => {
    await say(tab, 'how many?');
    for (const one of [tab, other]) await line(one, '← {"data":"Hello Client!","clients":2}');
  }));

test('c: first the sender, then all', { skip, timeout }, () =>
  withTabs('c_two_answers', async ([tab, other]) => {
    await say(tab, '你好');
    await line(other, '← [广播] 你好');
    await line(tab, '← [广播] 你好');
    assert.deepEqual(await heard(tab), ['→ 你好', '← 服务器已收到：你好', '← [广播] 你好']);
    assert.deepEqual(await heard(other), ['← [广播] 你好']);
  }));
