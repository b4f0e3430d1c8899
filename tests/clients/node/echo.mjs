// node's ws against lesson 2: sends all kinds of messages, and expects each back as it was.
//
//     node echo.mjs ws://127.0.0.1:PORT/
//
// Prints what the server agreed on and how the connection ended, as a line of JSON.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import WebSocket from 'ws';

const MIB = 1024 * 1024;
const texts = ['', 'Hello', '你好，世界 👋', 'x'.repeat(70_000), '\0', '字'.repeat(100_000)];
const binaries = [0, 1, 125, 126, 65535, 65536, MIB].map((n) => randomBytes(n));

// ws offers permessage-deflate on its own.
const socket = new WebSocket(process.argv[2], ['nonsense', 'echo']);
await once(socket, 'open');

for (const text of texts) {
  socket.send(text);
  const [data, isBinary] = await once(socket, 'message');
  assert.equal(isBinary, false);
  assert.equal(data.toString(), text);
}
for (const bytes of binaries) {
  socket.send(bytes);
  const [data, isBinary] = await once(socket, 'message');
  assert.equal(isBinary, true);
  assert.ok(bytes.equals(data));
}

// In fragments, and a ping between them.
const answers = Promise.all([once(socket, 'pong'), once(socket, 'message')]);
socket.send('one ', { fin: false });
socket.ping('between');
socket.send('two', { fin: true });
const [[pong], [message]] = await answers;
assert.equal(pong.toString(), 'between');
assert.equal(message.toString(), 'one two');

socket.close(4000, '再见');
const [code] = await once(socket, 'close');
console.log(JSON.stringify({ protocol: socket.protocol, extensions: socket.extensions, code }));
