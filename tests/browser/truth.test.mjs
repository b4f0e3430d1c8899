// The pages tell what is so: why a server refuses, that one is silent, what has become of a message.
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import WebSocket from 'ws';
import { forgiveAbsence, forgiveRefusals, line, openBrowser, openPage, skip, startProxy, startServer, timeout, until } from './support.mjs';

let browser;
before(async () => { if (!skip) browser = await openBrowser(); });
after(() => browser?.close());

const CHALLENGE = 'challenges/d_page';
const programs = [1, 2, 3, CHALLENGE];

// Calls the test with a page of that program, behind a proxy if there is a function for its requests.
async function withPage(program, use, { change, options = [], path = '', ...context } = {}) {
  const server = await startServer(program, ...options);
  const proxy = change && await startProxy(server, change);
  const tab = await browser.newContext({ locale: 'en-US', ...context });
  try {
    const page = await openPage(tab, (proxy || server).url + path);
    await use(page, server);
    assert.deepEqual(page.problems, []);
  } finally {
    await tab.close();
    proxy?.stop();
    server.child.kill('SIGCONT');
    await server.stop();
  }
}

// Lesson 3 connects by itself.
async function connect(program, page) {
  if (program !== 3) await page.click('#connect');
}

const isOpen = (page) => until(() => page.isEnabled('#send'), 'the connection');
const isUpgrade = (head) => /^upgrade: websocket/im.test(head);

// -------------------------------------------------------------------------------------- where it is

for (const program of programs)
  test(`behind a proxy under a path, the page of ${program} finds its server`, { skip, timeout }, () =>
    withPage(program, async (page) => {
      await connect(program, page);
      await isOpen(page);
      for (const link of await page.locator('a[href]').evaluateAll((links) => links.map((one) => one.href))) {
        assert.ok(new URL(link).pathname.startsWith('/user/ada/proxy/8080/'), link);
        assert.equal((await page.request.get(link)).status(), 200, link);
      }
      if (program === 3)
        await until(async () => await page.textContent('#people') === '1 in the room', 'the count');
    }, { path: 'user/ada/proxy/8080/', change: (head) => head.replace(' /user/ada/proxy/8080/', ' /') }));

// ----------------------------------------------------------------------------------- why it failed

const refusals = {
  'a page from elsewhere': {
    change: (head) => head.replace(/^host: .*$/im, 'Host: localhost:1'),
    says: /Refused \(403\).*--allow-origin http:\/\/127\.0\.0\.1:\d+/,
  },
  'a name that the server does not know': {
    change: (head) => isUpgrade(head) || /page-origin/i.test(head) ? head.replace(/^host: .*$/im, 'Host: chat.example')
      .replace(/^(page-)?origin: .*$/gim, '$1Origin: http://chat.example') : head,
    says: /Refused \(403\).*--allow-origin/,
  },
  'a proxy that speaks HTTP/1.0': {
    change: (head) => head.replace('HTTP/1.1', 'HTTP/1.0').replace(/^(upgrade|connection): .*\r\n/gim, ''),
    says: /Refused \(505\).*HTTP\/1\.0/,
  },
  'a proxy that does not hand the upgrade on': {
    change: (head) => head.replace(/^(upgrade|connection): .*\r\n/gim, ''),
    says: /must hand on Upgrade and Connection/,
  },
  'a proxy whose path is wrong': {
    change: (head) => isUpgrade(head) || /page-origin/i.test(head)
      ? { answer: 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' } : head,
    says: /Refused \(404\): nothing is at \//,
  },
  'a proxy with nothing behind it': {
    change: (head) => isUpgrade(head) || /page-origin/i.test(head)
      ? { answer: 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' } : head,
    says: /A proxy answers \(502\)/,
  },
};

for (const [what, { change, says }] of Object.entries(refusals))
  test(`told as what it is: ${what}`, { skip, timeout }, async () => {
    for (const program of programs)
      await withPage(program, async (page) => {
        await connect(program, page);
        await until(async () => says.test(await page.textContent('#log')), () => `${says} of ${program}`);
        if (program === 3)
          assert.match(await page.textContent('#state'), says);
        forgiveRefusals(page);
      }, { change });
  });

for (const program of [2, 3])
  test(`told as what it is: lesson ${program} is full`, { skip, timeout }, () =>
    withPage(program, async (page, server) => {
      await connect(program, page);
      await isOpen(page);
      const other = await page.context().newPage();
      await other.goto(server.url);
      await connect(program, other);
      await until(async () => /Refused \(503\).*as many clients as it takes/.test(await other.textContent('#log')), '503');
      await other.close();
    }, { options: ['--max-clients', '1'] }));

for (const program of programs)
  test(`told as what it is: no server for ${program}`, { skip, timeout }, () =>
    withPage(program, async (page, server) => {
      await server.stop();
      if (program === 3) await line(page, 'code 1001');
      else await page.click('#connect');
      await line(page, 'The server does not answer');
      forgiveAbsence(page);
      forgiveRefusals(page);
    }));

// ------------------------------------------------------------------------------------------ silence

const isSilent = (page) => until(async () => /^no answer for \d+ s$/.test(await page.textContent('#silence')), 'the silence');
const isAnswered = (page) => until(async () => await page.textContent('#silence') === '', 'the end of the silence');

for (const program of [1, 2, CHALLENGE])
  test(`a handshake that is not answered is told by ${program}`, { skip, timeout }, () =>
    withPage(program, async (page, server) => {
      server.child.kill('SIGSTOP');
      await page.click('#connect');
      await isSilent(page);
      server.child.kill('SIGCONT');
      await isOpen(page);
      await isAnswered(page);
    }));

test('lesson 2 says which message has no echo', { skip, timeout }, () => withPage(2, async (page, server) => {
  await page.click('#connect');
  await isOpen(page);
  server.child.kill('SIGSTOP');
  await page.click('#send');
  await isSilent(page);
  assert.equal(await page.locator('#log .pending').count(), 1);
  server.child.kill('SIGCONT');
  await line(page, 'the same as sent');
  assert.equal(await page.locator('#log .pending').count(), 0);
  await isAnswered(page);
}));

async function say(page, text) {
  await page.fill('#text', text);
  await page.press('#text', 'Enter');
}

test('lesson 3 shows what is on its way, and what is perhaps lost', { skip, timeout }, () =>
  withPage(3, async (page, server) => {
    await isOpen(page);
    server.child.kill('SIGSTOP');
    await say(page, 'is anybody there?');
    await page.locator('#log .pending').filter({ hasText: 'is anybody there?' }).filter({ hasText: 'on its way' }).waitFor();
    await isSilent(page);
    server.child.kill('SIGCONT');
    await page.locator('#log .message').filter({ hasText: 'is anybody there?' }).waitFor();
    assert.equal(await page.locator('#log .pending').count(), 0);
    await isAnswered(page);

    server.child.kill('SIGSTOP');
    await say(page, 'and now?');
    await page.locator('#log .pending').waitFor();
    server.child.kill('SIGKILL');
    await page.locator('#log .unsure').filter({ hasText: 'and now?' }).filter({ hasText: 'perhaps lost' }).waitFor();
    assert.equal(await page.locator('#log .pending').count(), 0);
    server.stop = () => {};
    forgiveAbsence(page);
    forgiveRefusals(page);
  }));

test('lesson 3 tells that a server is silent, although nobody says anything', { skip, timeout }, () =>
  withPage(3, async (page, server) => {
    await isOpen(page);
    server.child.kill('SIGSTOP');
    await isSilent(page);
    server.child.kill('SIGCONT');
    await isAnswered(page);
    forgiveAbsence(page);
  }));

test('how many are in the room is right soon after a restart', { skip, timeout }, () =>
  withPage(3, async (page, server) => {
    const others = await Promise.all([1, 2].map(() => openPage(page.context(), server.url)));
    const all = [page, ...others];
    const count = () => Promise.all(all.map(async (one) =>
      until(async () => await one.textContent('#people') === '3 in the room', '3 in each', 9000)));
    await count();
    await server.stop();
    for (const one of all) await line(one, 'code 1001');
    const again = await startServer(3, '--port', server.port);
    await count();
    for (const one of all) {
      forgiveAbsence(one);
      assert.deepEqual(one.problems, []);
      await one.close();
    }
    await again.stop();
  }));

// -------------------------------------------------------------------------------- said well, said once

test('nothing is said twice when the server stops', { skip, timeout }, () => withPage(3, async (page, server) => {
  await isOpen(page);
  await server.stop();
  await line(page, 'code 1001');
  const [text] = await page.locator('#log .system').filter({ hasText: '1001' }).allTextContents();
  assert.equal(text, 'The connection has ended: code 1001, going away: the server stops, or the page is left (RFC 6455 §7.4.1)');
  forgiveAbsence(page);
  forgiveRefusals(page);
}));

test('bad hex is told with what is wrong about it', { skip, timeout }, () => withPage(2, async (page) => {
  await page.click('#connect');
  await isOpen(page);
  for (const [text, says] of [['41 0g', '“g” is no hexadecimal digit'], ['41 0', '“0” has an odd number of digits'], ['0x', '“0x”']]) {
    await page.fill('#binary', text);
    assert.ok((await page.textContent('#binary-problem')).includes(says), text);
    assert.equal(await page.getAttribute('#binary', 'aria-invalid'), 'true');
    await page.click('#send-binary');
    assert.equal(await page.locator('#log .out').count(), 0);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'binary');
  }
  for (const text of ['0x41, 0x00,0xFF', '4100ff', ' 41 00 ff ']) {
    const count = await page.locator('#log .in').count();
    await page.fill('#binary', text);
    assert.equal(await page.textContent('#binary-problem'), '');
    await page.click('#send-binary');
    await until(async () => await page.locator('#log .in').count() > count, 'the echo');
    assert.ok((await page.locator('#log .in').last().textContent()).includes('41 00 ff'));
  }
}));

// ------------------------------------------------------------------------------------- on a phone

test('on a phone, a lost connection does not hide one’s own message', { skip, timeout }, () =>
  withPage(3, async (page, server) => {
    await isOpen(page);
    for (let i = 0; i < 12; i++) await say(page, `message ${i}`);
    await line(page, 'message 11');
    await server.stop();
    await page.locator('#log .system').filter({ hasText: 'does not answer' }).waitFor();
    assert.equal(await page.isVisible('#newest'), false);
    const seen = await page.locator('#log .message').last().evaluate((element) => {
      const { left, bottom } = element.getBoundingClientRect();
      return element.contains(document.elementFromPoint(left + 9, bottom - 9));
    });
    assert.ok(seen, 'the last message is covered');
    forgiveAbsence(page);
    forgiveRefusals(page);
  }, { viewport: { width: 390, height: 640 } }));

test('who has scrolled up is left in peace, and told that there is more', { skip, timeout }, () =>
  withPage(3, async (page, server) => {
    await isOpen(page);
    for (let i = 0; i < 20; i++) await say(page, `message ${i}`);
    await line(page, 'message 19');
    await page.locator('#log').evaluate((log) => { log.scrollTop = 0; });
    const other = new WebSocket(server.url.replace('http', 'ws'));
    await once(other, 'open');
    other.send('news');
    await page.locator('#newest').waitFor();
    assert.equal(await page.locator('#log').evaluate((log) => log.scrollTop), 0);
    await page.click('#newest');
    await page.locator('#newest').waitFor({ state: 'hidden' });
    other.close();
  }, { viewport: { width: 390, height: 640 } }));

// ------------------------------------------------------------------------------------- on the wall

for (const program of programs)
  test(`the type of ${program} grows for the wall, and stays so`, { skip, timeout }, () => withPage(program, async (page) => {
    const height = () => page.locator('h1').evaluate((element) => parseFloat(getComputedStyle(element).fontSize));
    const before = await height();
    await page.focus('#larger');
    for (let i = 0; i < 9; i++) await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'larger');
    assert.equal(await page.getAttribute('#larger', 'aria-disabled'), 'true');
    const large = await height();
    assert.ok(large > 2.5 * before, `${before} → ${large}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
    await page.reload();
    assert.equal(await height(), large);
    for (let i = 0; i < 5; i++) await page.click('#smaller');
    assert.equal(await height(), before);
  }, { viewport: { width: 1920, height: 1080 } }));

test('4K is used: the type is larger there without a click', { skip, timeout }, () => withPage(2, async (page) => {
  assert.ok(await page.evaluate(() => parseFloat(getComputedStyle(document.body).fontSize)) >= 30);
  assert.ok(await page.locator('main').evaluate((element) => element.getBoundingClientRect().width) > 2200);
}, { viewport: { width: 3840, height: 2160 } }));

test('who speaks is told by initials and by a colour that is the same on every screen', { skip, timeout }, () =>
  withPage(3, async (page, server) => {
    await isOpen(page);
    const other = await openPage(page.context(), server.url);
    await isOpen(other);
    for (const name of ['Ada', '李雷', 'grace hopper']) {
      await page.fill('#name', name);
      await say(page, `I am ${name}`);
      await line(other, `I am ${name}`);
      await line(page, `I am ${name}`);
    }
    const badges = (one) => one.locator('#log .message .badge').evaluateAll((all) =>
      all.map((badge) => `${badge.textContent} ${getComputedStyle(badge).backgroundColor}`));
    const seen = await badges(page);
    assert.deepEqual(seen.map((badge) => badge.split(' ')[0]), ['AD', '李雷', 'GR']);
    assert.deepEqual(await badges(other), seen);
  }));
