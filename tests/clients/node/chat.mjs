// A member of lesson 3's room: says what is given, once it has heard "begin", and goes when it has
// heard as much as it was told to wait for.
//
//     node chat.mjs ws://127.0.0.1:PORT/ WORDS HOW_MANY
//
// Prints a line when it is in, and then all it has heard, as a line of JSON.
import { once } from 'node:events';
import WebSocket from 'ws';

const [url, words, howMany] = process.argv.slice(2);
const heard = [];
const socket = new WebSocket(url);
socket.on('message', (data, isBinary) => {
  heard.push(isBinary ? [...data] : data.toString());
  if (heard.length === 1) socket.send(words);
  if (heard.length === Number(howMany)) socket.close(1000);
});
await once(socket, 'open');
console.log('in');
const [code] = await once(socket, 'close');
console.log(JSON.stringify({ heard, code }));
