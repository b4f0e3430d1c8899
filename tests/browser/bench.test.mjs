// The frame bench: frames built bit by bit, played, judged; the line for a terminal; a class that guesses.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import WebSocket from 'ws';
import { forgiveAbsence, forgiveRefusals, openBrowser, openPage, skip, startServer, timeout, until } from './support.mjs';

let browser;
before(async () => { if (!skip) browser = await openBrowser(); });
after(() => browser?.close());

// Calls the test with a page at the bench of a lesson.
async function withBench(lesson, use, { options = [], ...context } = {}) {
  const server = await startServer(lesson, ...options);
  const tab = await browser.newContext({ locale: 'en-US', ...context });
  try {
    const page = await openPage(tab, `${server.url}bench`);
    await isReady(page);
    await use(page, server, tab);
    assert.deepEqual(page.problems, []);
  } finally {
    await tab.close();
    await server.stop();
  }
}

const isReady = (page) => until(() => page.isEnabled('#play'), 'the bench');
const wire = async (page) => (await page.locator('#wire button').allTextContents()).join(' ');
const bit = (page, byte, number) => page.locator(`[data-focus="0-${byte}-${number}"]`);
const truth = (page) => page.locator('#log .end').getAttribute('data-truth');

async function choose(page, name) {
  await page.selectOption('#preset', { label: name });
}

async function playIt(page) {
  await isReady(page);
  await page.click('#play');
  await page.locator('#log .end').waitFor();
  return (await page.locator('#log').innerText()).replaceAll('\n', ' ');
}

// ------------------------------------------------------------------------------------------- playing

test('of every example, rules and server say the same', { skip, timeout }, () => withBench(2, async (page) => {
  const names = await page.locator('#preset option').allTextContents();
  assert.ok(names.length > 30);
  for (const name of names.slice(1)) {
    await choose(page, name);
    const text = await playIt(page);
    assert.equal(await page.locator('#log .differs').count(), 0, `${name}: ${text}`);
    const group = await page.locator('#preset option:checked').evaluate((option) => option.parentElement.label);
    assert.equal(await page.locator('#log .up.bad').count(), group === 'against the rules' ? 1 : 0, text);
    assert.equal(/close 10(02|07|09)/.test(text), group === 'against the rules', text);
  }
}));

test('in lesson 3 the frames go through the room', { skip, timeout }, () => withBench(3, async (page, server) => {
  const other = new WebSocket(server.url.replace('http', 'ws'));
  await once(other, 'open');
  const heard = once(other, 'message');
  assert.match(await playIt(page), /↓ text, 5 bytes 81 05 48 65 6c 6c 6f “Hello”/);
  assert.equal(`${(await heard)[0]}`, 'Hello');
  await choose(page, 'not masked');
  assert.match(await playIt(page), /not masked \(§5\.1\).*close 1002.*The server says the same ✓/);
  other.close();
}));

test('each bit of the header can be turned, with the mouse and with the keyboard', { skip, timeout }, () =>
  withBench(2, async (page) => {
    assert.match(await wire(page), /^81 85 37 fa 21 3d 7f 9f 4d 51 58$/);
    await bit(page, 0, 1).click();  // RSV1
    assert.match(await wire(page), /^c1 85 /);
    assert.match(await playIt(page), /RSV bit set.*\(§5\.2\).*close 1002/);
    await bit(page, 0, 1).click();
    await bit(page, 1, 0).focus();
    await page.keyboard.press('Space');  // MASK
    assert.equal(await wire(page), '81 05 48 65 6c 6c 6f');
    assert.equal(await bit(page, 1, 0).getAttribute('aria-pressed'), 'false');
    assert.equal(await page.evaluate(() => document.activeElement.dataset.focus), '0-1-0');
    await page.keyboard.press('Enter');
    assert.match(await wire(page), /^81 85 37 fa/);
    await bit(page, 1, 7).click();  // a length of 4: the fifth byte is not of this frame
    assert.match(await wire(page), /^81 84 /);
    assert.match(await playIt(page), /close 1002|waits/);
    for (let number = 1; number < 8; number++)
      await bit(page, 1, number).getAttribute('aria-pressed') === 'false' && await bit(page, 1, number).click();
    assert.match(await wire(page), /^81 ff 00 00 00 00 00 00 00 05 37 fa/);  // 127: 64 bits follow
    assert.equal(await page.inputValue('#preset'), '-1');
  }));

test('fields change the bytes, and say what is wrong with hex', { skip, timeout }, () => withBench(2, async (page) => {
  const field = (name) => page.locator(`[data-focus="0-${name}"]`);
  await field('payload').fill('hi');
  assert.equal(await wire(page), '81 82 37 fa 21 3d 5f 93');
  await field('key').fill('00000000');
  assert.equal(await wire(page), '81 82 00 00 00 00 68 69');
  await field('hex').selectOption('hex');
  assert.equal(await field('payload').inputValue(), '68 69');
  await field('payload').fill('68 6');
  assert.match(await page.textContent('#frames .problem'), /“6” has an odd number of digits/);
  await field('payload').fill('ff');
  await field('key').fill('00');
  assert.match(await page.textContent('#frames .problem'), /a key has 4 bytes/);
  await field('key').fill('00 00 00 00');
  await field('form').selectOption('16');
  assert.equal(await wire(page), '81 fe 00 01 00 00 00 00 ff');
  await field('opcode').selectOption('9');
  assert.match(await wire(page), /^89 /);
  await page.click('#add-raw');
  assert.ok((await wire(page)).endsWith('68 65 6c 6c 6f'));
  await page.click('#add');
  assert.equal(await page.locator('#frames > li').count(), 3);
  for (let i = 0; i < 3; i++) await page.locator('#frames .head button').first().click();
  assert.equal(await page.locator('#frames > li').count(), 0);
  assert.equal(await page.isDisabled('#play'), true);
}));

test('bytes are cut where one says, with the mouse and with the keyboard', { skip, timeout }, () =>
  withBench(2, async (page, server) => {
    await page.locator('#wire button').nth(1).click();
    await page.locator('#wire button').nth(0).focus();
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    assert.deepEqual(await page.locator('#wire [aria-pressed=true]').evaluateAll((all) => all.map((one) => one.dataset.at)), ['1', '4']);
    assert.match(await playIt(page), /“Hello”/);
    await server.logged(/reads {2}3; \| stands where the next began/);
    await page.keyboard.press('Tab');
  }, { options: ['--trace'] }));

test('the line for a terminal sends the same', { skip, timeout }, () => withBench(2, async (page) => {
  for (const name of ['cut by TCP in header, key and payload', 'close with a reason that is not UTF-8']) {
    await choose(page, name);
    await playIt(page);
    const answer = await page.evaluate(() => hex(played.answer));
    // od shows each row twice, as hex and as characters: here, once will do.
    const { stdout: bytes } = await promisify(execFile)('sh', ['-c', (await page.textContent('#nc')).replace(/ -t x1 -t c$/, ' -v -t x1')], { timeout: 30_000 });
    assert.equal(bytes.trim().split(/\s+/).join(' '), answer, name);
  }
}));

test('it says so when the bench is gone, and comes back', { skip, timeout }, () => withBench(2, async (page, server, tab) => {
  await server.stop();
  await until(async () => /The server does not answer/.test(await page.textContent('#state')), 'the loss');
  assert.equal(await page.isDisabled('#play'), true);
  const again = await startServer(2, '--port', server.port);
  await isReady(page);
  assert.match(await playIt(page), /“Hello”/);
  forgiveAbsence(page);
  forgiveRefusals(page);
  await tab.close();
  await again.stop();
}));

test('what was built stays when the language is switched', { skip, timeout }, () => withBench(2, async (page) => {
  await page.locator('[data-focus="0-payload"]').fill('hi');
  await page.locator('#wire button').nth(3).click();
  const before = await wire(page);
  await page.click('#language');
  assert.equal(await wire(page), before);
  assert.equal(await page.locator('#wire [aria-pressed=true]').count(), 1);
  assert.match(await playIt(page), /按规则应当：消息被送回来。服务器的回答一致 ✓/);
}));

// ------------------------------------------------------------------------------------------ guessing

for (const lesson of [2, 3])
  test(`in lesson ${lesson} a class guesses first, on phones, and the wall shows tally and truth`, { skip, timeout }, () =>
    withBench(lesson, async (wall, server) => {
      const phones = [];
      for (let i = 0; i < 3; i++) {
        const context = await browser.newContext({ locale: i === 0 ? 'zh-CN' : 'en-US', viewport: { width: 390, height: 700 } });
        phones.push(await openPage(context, `${server.url}bench`));
      }
      await choose(wall, 'close with 1005');
      await wall.check('#guess');
      assert.equal(await wall.textContent('#play'), 'Ask the class');
      await wall.click('#play');
      const choice = (page, number) => page.locator(`[data-choice="${number}"]`);
      for (const phone of phones) {
        await choice(phone, 3).waitFor();
        assert.match(await phone.textContent('#question-bytes'), /^88 82 00 00 00 00 03 ed$/);
        assert.equal(await phone.isVisible('#truth'), false);
        assert.equal((await phone.locator('#choices b').allTextContents()).join(''), '', 'nobody sees how others voted');
      }
      assert.match(await phones[0].textContent('#question'), /用 1005 关闭/);
      await choice(phones[0], 3).click();
      await phones[1].bringToFront();  // Firefox gives keys to the window in front
      await choice(phones[1], 2).focus();
      await phones[1].keyboard.press('Enter');
      await choice(phones[2], 2).click();
      await until(async () => await choice(phones[2], 2).getAttribute('aria-pressed') === 'true', 'the vote is shown');
      await choice(phones[2], 3).click();  // may change one's mind
      await until(async () => (await wall.locator('#choices b').allTextContents()).join('') === '0012000', 'the tally');
      assert.match(await wall.textContent('#tally'), /3 of 4 have voted/);
      assert.equal(await wall.locator('#log .down').count(), 0, 'the truth is hidden');
      await wall.click('#truth');
      await wall.locator('#log .end').waitFor();
      assert.equal(await truth(wall), '3');
      await wall.locator('#choices .right [data-choice="3"]').waitFor();
      await until(() => choice(phones[1], 2).isDisabled(), 'the end of the vote');
      for (const phone of phones) {
        assert.deepEqual(phone.problems, []);
        await phone.context().close();
      }
    }));

test('a question that looks like HTML is shown as text', { skip, timeout }, () => withBench(2, async (page, server) => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}bench`);
  await once(socket, 'open');
  const nasty = '<img src=x onerror="window.hacked=1">';
  for (const question of [JSON.stringify({ title: [nasty, nasty], bytes: nasty, more: 0 }), 'no JSON', '{"title": 7}', '[]', 'null', '']) {
    socket.send(`Q${question}`);
    await once(socket, 'message');
    const number = await page.evaluate(() => vote.number);
    await until(() => page.evaluate((before) => vote.number !== before || vote.open, number), 'the question');
  }
  socket.send(`Q${JSON.stringify({ title: [nasty, nasty], bytes: nasty, more: 0 })}`);
  await until(async () => (await page.textContent('#question')) === nasty, 'the question');
  assert.equal(await page.locator('#vote img').count(), 0);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  socket.close();
}));
