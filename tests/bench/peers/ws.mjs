// ws.mjs echo|room PORT - a server on node's ws, as its README would have it
import { WebSocketServer, WebSocket } from "ws";

const [kind, port] = process.argv.slice(2);
const server = new WebSocketServer({ host: "127.0.0.1", port: Number(port), backlog: 4096 });

server.on("connection", (client) => {
    client.on("error", () => {});
    client.on("message", (data, isBinary) => {
        if (kind === "echo") {
            client.send(data, { binary: isBinary });
            return;
        }
        for (const other of server.clients)
            if (other.readyState === WebSocket.OPEN) other.send(data, { binary: isBinary });
    });
});
server.on("listening", () => console.log("listening"));
