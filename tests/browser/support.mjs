// What the browser tests share: the servers under test, the browser, and pages that are watched.
//
// The executables lesson01, lesson02 and lesson03 are looked for in SERVER_DIR, or else in
// build/plain. BROWSER is chromium (if it is not set) or firefox, and both are the system's own, as
// people use them; $CHROMIUM and $FIREFOX may say where. Chromium is driven by its DevTools
// protocol, Firefox by WebDriver BiDi, and the tests need not know which.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { once } from 'node:events';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import assert from 'node:assert/strict';
import { chromium, firefox } from 'playwright-core';

export const root = fileURLToPath(new URL('../..', import.meta.url));
process.env.LC_ALL = 'C.UTF-8';  // the servers speak English, whatever the tester speaks
export const serverDir = path.resolve(process.env.SERVER_DIR || path.join(root, 'build/plain'));

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const browserName = process.env.BROWSER || 'chromium';

const browserFile = {
  chromium: [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
  firefox: [process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'],
}[browserName].find((file) => file && isExecutable(file));

// For the option "skip" of a test: false, or why.
export const skip = browserFile ? false : `${browserName} is missing: run tests/setup`;

// How long a test may take; only a broken one does.
export const timeout = 90_000;

// Starts a lesson's server, or another program; resolves when it listens. stop() ends it and checks that it ended well.
export async function startServer(lesson, ...options) {
  const program = path.join(serverDir, typeof lesson === 'number' ? `lesson0${lesson}` : lesson);
  const child = spawn(program, ['--port', '0', ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  const server = { child, log: '' };
  child.stderr.setEncoding('utf8').on('data', (text) => { server.log += text; });
  const ended = once(child, 'exit');
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'),
    ended.then(() => { throw new Error(`lesson ${lesson} does not start: ${server.log}`); })]);
  server.url = line.replace('listening on ', '');
  server.port = new URL(server.url).port;
  server.stop = async () => {
    child.kill('SIGTERM');
    const [code] = await ended;
    assert.equal(code, 0, server.log);
  };
  server.logged = (pattern) => until(() => pattern.test(server.log), () => `${pattern} in ${server.log}`);
  return server;
}

// Waits until a condition holds.
export async function until(condition, what, patience = 30_000) {
  for (const end = Date.now() + patience; !await condition();) {
    if (Date.now() > end) throw new Error(`waited in vain for ${typeof what === 'function' ? what() : what}`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

// Firefox takes light or dark from its preferences, Chromium from the context's colorScheme.
export function openBrowser({ dark = false } = {}) {
  if (browserName === 'firefox')
    return firefox.launch({
      channel: 'moz-firefox',  // the stock browser, by WebDriver BiDi
      executablePath: browserFile,
      firefoxUserPrefs: {
        'ui.systemUsesDarkTheme': dark ? 1 : 0,
        'network.websocket.timeout.close': 1,  // seconds for an answer to a close frame, not 10
      },
    });
  return chromium.launch({
    executablePath: browserFile,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update',
      '--disable-sync', '--disable-quic'],
  });
}

// Opens a tab and notes all that a page must not do: report errors, or fetch from elsewhere.
export async function openPage(context, url) {
  const page = await context.newPage();
  page.problems = [];
  await page.addInitScript(() => document.addEventListener('securitypolicyviolation', (event) =>
    console.error('forbidden by the page\'s policy:', event.effectiveDirective, event.blockedURI)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') page.problems.push(message.text());
  });
  page.on('pageerror', (error) => page.problems.push(`${error}`));
  page.on('dialog', (dialog) => {
    page.problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  const { host } = new URL(url);
  for (const event of ['request', 'websocket'])
    page.on(event, (request) => {
      if (!request.url().startsWith('data:') && new URL(request.url()).host !== host)
        page.problems.push(`fetched from elsewhere: ${request.url()}`);
    });
  const response = await page.goto(url);
  assert.equal(response.status(), 200);
  return page;
}

// Waits for a line of the page's log.
export function line(page, text) {
  return page.locator('#log > *').filter({ hasText: text }).first().waitFor();
}

// What is tried while a server stops or is not there fails, and the browser says so, rightly. In which words
// depends on when the connection broke: refused, reset, empty, not connected, interrupted.
export function forgiveAbsence(page) {
  page.problems = page.problems.filter((problem) =>
    !/net::ERR_|can’t establish a connection|was interrupted|NetworkError/.test(problem));
}

// A proxy in front of a server. change(head) gets the head of each request, and gives the one that is
// handed on, or { answer }: then the server is not asked.
export async function startProxy(server, change) {
  const sockets = new Set();
  const proxy = net.createServer((client) => {
    let head = '';
    const keep = (socket) => {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    };
    const read = (bytes) => {
      head += bytes.toString('latin1');
      const end = head.indexOf('\r\n\r\n') + 4;
      if (end < 4) return;
      client.off('data', read);
      const changed = change(head.slice(0, end));
      if (changed.answer) {
        client.end(changed.answer);
        return;
      }
      const upstream = net.connect(server.port, '127.0.0.1');
      keep(upstream);
      upstream.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'));
      upstream.write(Buffer.from(changed + head.slice(end), 'latin1'));
      client.pipe(upstream).pipe(client);
    };
    keep(client);
    client.on('data', read);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    url: `http://127.0.0.1:${proxy.address().port}/`,
    stop() {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

// The browser reports on its console whatever was refused, and rightly so.
export function forgiveRefusals(page) {
  page.problems = page.problems.filter((problem) =>
    !/WebSocket|Failed to load resource|can’t establish a connection|was interrupted|NetworkError/.test(problem));
}
