// node's ws as a server: lessons 1 and 2 echo, lesson 3 sends to all.
//
//     node ws.mjs LESSON --port N
import {createServer} from "node:http";
import {WebSocketServer} from "ws";

const [lesson, , port] = process.argv.slice(2).map(Number);
const server = createServer((request, response) => response.writeHead(426).end());
const sockets = new WebSocketServer({server});

sockets.on("connection", socket => {
  socket.on("error", () => {}); // what a client does wrong ends its own connection, no more
  socket.on("message", (data, binary) => {
    for (const to of lesson === 3 ? sockets.clients : [socket])
      to.send(data, {binary});
  });
});

for (const signal of ["SIGINT", "SIGTERM"])
  process.on(signal, () => process.exit(0));

server.listen(port, "127.0.0.1", () =>
  console.log(`listening on http://127.0.0.1:${server.address().port}/`));
