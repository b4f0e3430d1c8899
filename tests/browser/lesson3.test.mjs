// Lesson 3's page: a chat that others share, in any language, and that stays correct when the text
// is made to be something else.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import WebSocket from 'ws';
import { forgiveAbsence, line, openBrowser, openPage, skip, startServer, timeout, until } from './support.mjs';

let browser;
before(async () => { if (!skip) browser = await openBrowser(); });
after(() => browser?.close());

// Calls the test with a server and a function that opens tabs in its room.
async function withRoom(use) {
  const server = await startServer(3);
  const context = await browser.newContext({ locale: 'en-US' });
  const pages = [];
  const enter = async (name) => {
    const page = await openPage(context, server.url);
    pages.push(page);
    await line(page, 'You are in the room');
    await page.fill('#name', name);
    return page;
  };
  try {
    await use(enter, server);
    for (const page of pages) assert.deepEqual(page.problems, []);
  } finally {
    await context.close();
    await server.stop();
  }
}

async function say(page, text) {
  await page.fill('#text', text);
  await page.press('#text', 'Enter');
}

// What a page shows of the chat: "name: text", in order.
const heard = (page) => page.locator('#log .message').evaluateAll((lines) => lines.map((element) =>
  `${element.querySelector('.name').textContent}: ${element.querySelector('.text').textContent}`));

const people = (page, count) =>
  until(async () => await page.textContent('#people') === `${count} in the room`, `${count} people`);

// A member that is a program: hears into a list, says JSON as the page does.
async function joinFromNode(server) {
  const socket = new WebSocket(server.url.replace('http', 'ws'));
  const member = { socket, heard: [] };
  socket.on('message', (data, isBinary) => {
    const message = isBinary ? null : JSON.parse(data);
    member.heard.push(message ? `${message.name}: ${message.text}` : `${data.length} bytes`);
  });
  member.say = (name, text) => socket.send(JSON.stringify({ name, text }));
  await once(socket, 'open');
  return member;
}

// The same in Python: see member.py.
async function joinFromPython(server) {
  const program = fileURLToPath(new URL('member.py', import.meta.url));
  const child = spawn('/usr/bin/python3', [program, server.url.replace('http', 'ws')],
    { stdio: ['pipe', 'pipe', 'inherit'] });
  const member = { heard: [] };
  const lines = createInterface(child.stdout);
  lines.on('line', (text) => member.heard.push(text));
  member.say = (name, text) => child.stdin.write(`${JSON.stringify({ name, text })}\n`);
  member.leave = async () => {
    child.stdin.end();
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
  };
  await once(lines, 'line');  // it says when it is in
  member.heard.length = 0;
  return member;
}

test('two tabs, a node client and a Python client chat with one another', { skip, timeout }, () =>
  withRoom(async (enter, server) => {
    const lilei = await enter('李雷');
    const han = await enter('韩梅梅');
    const node = await joinFromNode(server);
    const python = await joinFromPython(server);

    const chat = [
      ['李雷', '你好！How are you? 👋', (...words) => say(lilei, words[1])],
      ['韩梅梅', '我很好 😀🇨🇳👩‍👩‍👧‍👦', (...words) => say(han, words[1])],
      ['节点', '我是 node 🟢', node.say],
      ['蟒蛇', '我是 Python 🐍', python.say],
      ['李雷', '再见', (...words) => say(lilei, words[1])],
    ];
    const all = [];
    for (const [name, text, speak] of chat) {
      await speak(name, text);
      all.push(`${name}: ${text}`);
      for (const page of [lilei, han])
        await until(async () => (await heard(page)).length === all.length, text);
      await until(() => node.heard.length === all.length && python.heard.length === all.length, text);
    }
    assert.deepEqual(await heard(lilei), all);
    assert.deepEqual(await heard(han), all);
    assert.deepEqual(node.heard, all);
    assert.deepEqual(python.heard, all);

    await people(lilei, 4);

    // Each knows which messages were its own.
    assert.equal(await lilei.locator('#log .own').count(), 2);
    assert.equal(await han.locator('#log .own').count(), 1);

    await python.leave();
    node.socket.close();
  }));

test('what looks like HTML stays text', { skip, timeout }, () => withRoom(async (enter, server) => {
  const page = await enter('<b>me</b>');
  const other = await enter('other');
  const node = await joinFromNode(server);
  const nasty = ['<img src=x onerror="window.hacked = 1">', '<script>window.hacked = 2</script>',
    '</span><svg onload=alert(1)>', '&lt;b&gt;', '{{7*7}}', '"\'`'];
  const all = [];
  for (const text of nasty) {
    await say(page, text);
    all.push(`<b>me</b>: ${text}`);
    await until(async () => (await heard(other)).length === all.length, text);
    node.say(text, text);
    all.push(`${text}: ${text}`);
    await until(async () => (await heard(other)).length === all.length, text);
  }
  for (const tab of [page, other]) {
    await until(async () => (await heard(tab)).length === all.length, 'everything said');
    assert.deepEqual(await heard(tab), all);
    assert.equal(await tab.locator('#log :is(img, script, svg, b)').count(), 0);
    assert.equal(await tab.evaluate(() => window.hacked), undefined);
  }
}));

test('messages of other programs are shown, whatever they are', { skip, timeout }, () =>
  withRoom(async (enter, server) => {
    const page = await enter('me');
    const node = await joinFromNode(server);
    node.socket.removeAllListeners('message');
    const messages = ['plain 文本', '{"name": 1, "text": []}', 'null', '[]', '{"text": "no name"}', '',
      Buffer.from([0, 255, 10])];
    for (const message of messages) node.socket.send(message);
    node.socket.send(JSON.stringify({ name: 'last', text: '.' }));
    await line(page, 'last');
    const shown = await heard(page);
    assert.equal(shown.length, messages.length + 1);
    assert.ok(shown[0].endsWith('plain 文本'));
    assert.ok(shown[6].includes('3 bytes'));
    node.socket.close();
  }));

test('the button sends as Enter does, the field is empty again and has the focus', { skip, timeout }, () =>
  withRoom(async (enter) => {
    const page = await enter('me');
    await page.fill('#text', 'with the button');
    await page.click('#send');
    await line(page, 'with the button');
    assert.equal(await page.inputValue('#text'), '');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'text');
    await page.press('#text', 'Enter');  // nothing to say
    await say(page, 'end');
    await line(page, 'end');
    assert.equal((await heard(page)).length, 2);
  }));

test('a tab may leave and join again', { skip, timeout }, () => withRoom(async (enter, server) => {
  const page = await enter('me');
  const other = await enter('other');
  await people(other, 2);
  await page.click('#leave');
  await line(page, 'code 1000');
  await server.logged(/closed 1000 by the client/);
  assert.equal(await page.isDisabled('#send'), true);
  await say(other, 'nobody else hears this');
  await people(other, 1);
  await page.click('#connect');
  await people(page, 2);
  await say(other, 'welcome back');
  await line(page, 'welcome back');
  assert.deepEqual(await heard(page), ['other: welcome back']);
}));

test('a tab that is closed is out of the room', { skip, timeout }, () => withRoom(async (enter, server) => {
  await (await enter('me')).close();
  await server.logged(/closed 1001 by the client/);  // going away: RFC 6455 §7.4.1
}));

// A clock that stands still until the test winds it, and chances that the test has chosen.
test('the page waits longer after each failure, by chance not just as long as others, and stops when told',
  { skip, timeout }, () => withRoom(async (enter, server) => {
    const page = await enter('me');
    await page.evaluate(() => {
      const chances = [0, 0.5, 0.999];
      Math.random = () => { chances.push(chances[0]); return chances.shift(); };
    });
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    await server.stop();
    const waited = [];
    for (let attempt = 1; attempt <= 8; attempt++) {
      await until(async () => (await page.textContent('#countdown')).includes(`(attempt ${attempt})`),
        () => `attempt ${attempt}`);
      const [, seconds] = /in (\d+) s/.exec(await page.textContent('#countdown'));
      waited.push(Number(seconds));
      assert.equal(await page.textContent('#connect'), 'Try now');
      if (attempt < 8)
        await page.clock.runFor(1000 * seconds);
    }
    // Of 1, 2, 4, 8, 16, 30, 30, 30 seconds: a half, three quarters, all but nothing, a half, ...
    assert.deepEqual(waited, [1, 2, 4, 4, 12, 30, 15, 23]);
    assert.equal(await page.textContent('#state'), 'The server does not answer');

    await page.click('#leave');  // which says "Stop trying" now
    assert.equal(await page.textContent('#countdown'), '');
    const again = await startServer(3, '--port', server.port);
    try {
      await page.clock.runFor(120_000);
      assert.equal(await page.textContent('#state'), 'You have left');
      await page.clock.resume();
      await page.click('#connect');
      await until(async () => await page.textContent('#state') === 'Connected', 'Connected');
      await again.logged(/open: WebSocket/);
      assert.equal(again.log.match(/open: WebSocket/g).length, 1);
    } finally {
      forgiveAbsence(page);
      await page.close();
      await again.stop();
    }
  }));

test('the page comes back by itself when the server does', { skip, timeout }, () =>
  withRoom(async (enter, server) => {
    const page = await enter('me');
    await server.stop();
    await line(page, 'code 1001');
    const again = await startServer(3, '--port', server.port);
    try {
      await until(async () => await page.textContent('#state') === 'Connected', 'Connected');
      await say(page, 'here again');
      await line(page, 'here again');
    } finally {
      forgiveAbsence(page);
      await page.close();
      await again.stop();
    }
  }));
