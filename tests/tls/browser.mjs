// Chromium behind TLS: two tabs load the chat page over https:// and chat over wss://; a page from
// elsewhere is kept out.
//
//     node browser.mjs https://localhost:PORT/
//
// Prints what each tab has heard, and what became of the stranger, as a line of JSON.
import { line, openBrowser, openPage, until } from '../browser/support.mjs';

const url = process.argv[2];
const browser = await openBrowser();
try {
  const context = await browser.newContext({ locale: 'en-US', ignoreHTTPSErrors: true });
  const sockets = [];
  const tabs = [];
  for (const name of ['Ada', 'Bo']) {
    const page = await openPage(context, url);
    page.on('websocket', (socket) => sockets.push(socket.url()));
    await line(page, 'You are in the room');
    await page.fill('#name', name);
    tabs.push(page);
  }
  const heard = (page) => page.locator('#log .message .text').allTextContents();
  for (const [index, text] of ['Is this private?', '是的 🔒'].entries()) {
    await tabs[index].fill('#text', text);
    await tabs[index].press('#text', 'Enter');
    for (const page of tabs)
      await until(async () => (await heard(page)).includes(text), () => `${text} in a tab`);
  }

  // A page of another origin: 127.0.0.1 is not localhost. /status may do what it likes; the chat
  // page would keep itself from connecting elsewhere, by its Content-Security-Policy.
  const stranger = await context.newPage();
  await stranger.goto(`${url.replace('localhost', '127.0.0.1')}status`);
  const close = await stranger.evaluate((target) => new Promise((resolve) => {
    const socket = new WebSocket(target);
    socket.onopen = () => resolve('was let in');
    socket.onclose = (event) => resolve(event.code);
  }), url.replace('https:', 'wss:'));

  console.log(JSON.stringify({
    heard: await Promise.all(tabs.map(heard)),
    problems: tabs.flatMap((page) => page.problems),
    schemes: await Promise.all(tabs.map((page) => page.evaluate(() => location.protocol))),
    stranger: close,
  }));
} finally {
  await browser.close();
}
