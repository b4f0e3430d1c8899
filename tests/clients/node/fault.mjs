// node's ws, with a fault smuggled past it: what does a program get to know about why it was closed?
//
//     node fault.mjs ws://127.0.0.1:PORT/ BYTES_IN_HEX
//
// Prints the code and the reason of the server's close frame, as a line of JSON.
import { once } from 'node:events';
import WebSocket from 'ws';

const [url, bytes] = process.argv.slice(2);
const socket = new WebSocket(url);
await once(socket, 'open');
socket._socket.write(Buffer.from(bytes, 'hex'));
const [code, reason] = await once(socket, 'close');
console.log(JSON.stringify({ code, reason: reason.toString() }));
