// take.mjs [FOLDER] - takes the pictures that the README shows, each from the running thing
//
// The pages in Chromium, with something going on in them; the terminal's x-ray from a server behind a
// pseudo-terminal, with its colours. They go to FOLDER, or beside this file. `make pictures` runs it;
// without fonts for Chinese and emoji there will be boxes in them, see pictures.mk.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { AnsiUp } from 'ansi_up';
import WebSocket from 'ws';
import { line, openBrowser, openPage, serverDir, startServer, until } from '../browser/support.mjs';

const folder = path.resolve(process.argv[2] || fileURLToPath(new URL('.', import.meta.url)));
const LAPTOP = { width: 1000, height: 640 };
const PHONE = { width: 390, height: 640 };

let browser;

// Opens a page in a browser of that language and size, lets something happen, and takes the picture.
async function picture(name, url, options, happen) {
  const context = await browser.newContext(options);
  const page = await openPage(context, url);
  await happen(page);
  await page.screenshot({ path: path.join(folder, `${name}.png`), animations: 'disabled' });
  await context.close();
}

const state = (page, words) => until(async () => words.test(await page.textContent('#state')), () => `${words}`);

async function lesson1() {
  const server = await startServer(1);
  await picture('lesson1', server.url, { locale: 'en-US', viewport: LAPTOP }, async (page) => {
    await page.click('#sample-key');
    await page.click('#connect');
    await state(page, /OPEN/);
    await page.click('#send');
  });
  await server.stop();
}

async function lesson2() {
  const server = await startServer(2);
  await picture('lesson2', server.url, { locale: 'zh-CN', viewport: LAPTOP, colorScheme: 'dark' }, async (page) => {
    await page.click('#connect');
    await state(page, /OPEN/);
    await page.click('#send');
    await line(page, '✓');
    await page.click('#send-binary');
    await page.locator('#log .in').nth(1).waitFor();
    await page.fill('#close-code', '3000');
    await page.click('#close');
    await state(page, /CLOSED/);
  });
  await server.stop();
}

// Who says what in the picture; the page that is photographed is Ada's, or Li Lei's.
const chat = [
  ['李雷', '大家好！有人在吗？👋'],
  ['Ada', 'Hello from a phone, 你好！'],
  ['韩梅梅', '我用的是自己写的 C 客户端'],
  ['Ada', 'And does it mask its frames?'],
  ['韩梅梅', '当然，不然服务器回我 1002 😅'],
  ['nc', '<img src=x onerror=alert(1)>'],
  ['李雷', 'Nice try, nc. 这里只有文字。'],
];

async function lesson3(name, me, options) {
  const server = await startServer(3);
  await picture(name, server.url, options, async (page) => {
    const others = new Map();
    for (const other of new Set(chat.map(([who]) => who)))
      if (other !== me) {
        others.set(other, new WebSocket(server.url.replace('http', 'ws')));
        await once(others.get(other), 'open');
      }
    await state(page, /Connected|已连接/);
    await page.fill('#name', me);
    for (const [i, [who, text]] of chat.entries()) {
      if (who === me) {
        await page.fill('#text', text);
        await page.press('#text', 'Enter');
      } else {
        others.get(who).send(JSON.stringify({ name: who, text }));
      }
      await page.locator('#log .message').nth(i).waitFor();
    }
    await until(async () => /4/.test(await page.textContent('#people')), '4 people');
    for (const other of others.values()) other.close();
  });
  await server.stop();
}

// What clients that are no browsers may send, good and bad.
const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
  + 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
const HELLO = '\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58';
const UNMASKED = '\x81\x05hello';

async function sendByHand(port, ...pieces) {
  const socket = net.connect(port, '127.0.0.1');
  socket.resume();
  socket.write(REQUEST);
  await once(socket, 'data');
  for (const piece of pieces) {
    const answered = once(socket, 'data');
    socket.write(Buffer.from(piece, 'latin1'));
    await answered;
  }
  return socket;
}

// What the x-ray page shows: two who chat, and what was sent by hand.
async function xray(name, options, choose) {
  const server = await startServer(3);
  await picture(name, `${server.url}xray`, options, async (page) => {
    const row = (kind, nth) => page.locator('#frames > li').filter({ has: page.locator('.kind', { hasText: kind }) }).nth(nth);
    await until(() => page.evaluate(() => document.getElementById('state').className === 'open'), 'the feed');
    const members = [];
    for (const [who, text] of [['Ada', 'Hello 你好'], ['李雷', '大家好！👋']]) {
      const member = new WebSocket(server.url.replace('http', 'ws'));
      await once(member, 'open');
      member.send(JSON.stringify({ name: who, text }));
      members.push(member);
      await row('text', 2 * members.length - 1).waitFor();
    }
    members[0].ping('?');
    await row('pong', 0).waitFor();
    (await sendByHand(server.port, HELLO)).end();
    await row('text', 5).waitFor();
    (await sendByHand(server.port, UNMASKED)).end();
    await row('close', 0).waitFor();
    await choose(page, row);
    for (const member of members) member.terminate();
  });
  await server.stop();
}

async function bench() {
  const server = await startServer(2);
  await picture('bench', `${server.url}bench`, { locale: 'en-US', viewport: { width: 1280, height: 800 } }, async (page) => {
    await page.selectOption('#preset', { label: 'UTF-8 cut in two by fragments' });
    await page.locator('#wire button').nth(8).click();
    await until(() => page.isEnabled('#play'), 'the bench');
    await page.click('#play');
    await page.locator('#log .end').waitFor();
    await page.evaluate(() => { document.activeElement.blur(); scrollTo(0, 0); });
  });
  await server.stop();
}

// A server believes to be on a terminal, and shows colours: Python has a pseudo-terminal for it.
async function inTerminal(lesson, options, use) {
  const program = path.join(serverDir, `lesson0${lesson}`);
  const child = spawn('python3', ['-c', 'import pty, sys; pty.spawn(sys.argv[1:])', program, '--port', '0', ...options],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, NO_COLOR: '' } });
  const terminal = { text: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => { terminal.text += text; });
  terminal.shows = (words) => until(() => words.test(terminal.text), () => `${words} in ${terminal.text}`);
  await terminal.shows(/listening on .*\/\r\n/);
  await use(terminal, /:(\d+)\//.exec(terminal.text)[1]);
  child.stdin.end('\x03');  // Ctrl-C
  await once(child, 'exit');
  return terminal.text;
}

async function trace() {
  const text = await inTerminal(2, ['--trace'], async (terminal, port) => {
    const socket = await sendByHand(port, HELLO, UNMASKED);
    socket.end();
    await terminal.shows(/closed 1002/);
  });
  // Of what it said, the conversation from the first frame on.
  const lines = text.split('\r\n').map((one) => one.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:51750'));
  const from = lines.findIndex((one) => /received.*frame/.test(one.replace(/\x1b\[[\d;]*m/g, '')));
  const to = lines.findIndex((one) => /closed 1002/.test(one));
  const ansi = new AnsiUp();
  const html = ansi.ansi_to_html(lines.slice(from, to + 1).join('\n'));
  const context = await browser.newContext({ viewport: { width: 1000, height: 400 } });
  const page = await context.newPage();
  await page.setContent(`<!DOCTYPE html><meta charset="utf-8"><body style="margin: 0; background: #12161b">
    <pre style="display: inline-block; margin: 0; padding: 16px 20px; color: #dde3ea;
    font: 13px/1.35 'DejaVu Sans Mono', monospace">${html}</pre>`);
  await page.locator('pre').screenshot({ path: path.join(folder, 'trace.png') });
  await context.close();
}

mkdirSync(folder, { recursive: true });
for (const language of ['zh', 'und-zsye'])
  if (spawnSync('fc-list', [`:lang=${language}`], { encoding: 'utf8' }).stdout === '')
    console.error(`no font for ${language}: the pictures will have boxes for characters`);
browser = await openBrowser();
try {
  await lesson1();
  await lesson2();
  await lesson3('lesson3', 'Ada', { locale: 'en-US', viewport: LAPTOP });
  await lesson3('lesson3-phone', '李雷', { locale: 'zh-CN', viewport: PHONE, colorScheme: 'dark' });
  await xray('xray', { locale: 'en-US', viewport: { width: 1100, height: 660 } }, (_, row) => row('text', 4).click());
  await xray('xray-diagram', { locale: 'zh-CN', viewport: { width: 1100, height: 600 }, colorScheme: 'dark' }, async (page, row) => {
    await row('text', 6).click();
    await page.click('#diagram');
  });
  await bench();
  await trace();
} finally {
  await browser.close();
}
