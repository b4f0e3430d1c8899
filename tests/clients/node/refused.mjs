// node's ws, when the handshake is refused.
//
//     node refused.mjs ws://127.0.0.1:PORT/ ORIGIN
//
// Prints the status and the body of the answer, as a line of JSON.
import { once } from 'node:events';
import WebSocket from 'ws';

const [url, origin] = process.argv.slice(2);
const socket = new WebSocket(url, { origin });
const [, response] = await once(socket, 'unexpected-response');
const body = (await response.toArray()).join('');
console.log(JSON.stringify({ status: response.statusCode, body }));
