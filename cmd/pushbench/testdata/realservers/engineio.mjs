// An Engine.IO server, the transport below Socket.IO by itself: the room stands in the query, a message is text. PORT says where it listens.
import { createServer } from "node:http";
import { attach } from "engine.io";

const rooms = new Map(); // name → sockets
const say = (name, text) => { for (const socket of rooms.get(name) ?? []) socket.send(text); };

// The application beside it publishes with POST /rooms/NAME.
const server = createServer((req, res) => {
  const room = /^\/rooms\/([^/]+)$/.exec(req.url)?.[1];
  if (req.method !== "POST" || !room) return res.writeHead(req.url === "/healthz" ? 200 : 404).end();
  let text = "";
  req.setEncoding("utf8").on("data", (part) => (text += part)).on("end", () => {
    say(room, text);
    res.writeHead(204).end();
  });
});

const pings = { pingInterval: Number(process.env.PING_INTERVAL ?? 25_000), pingTimeout: Number(process.env.PING_TIMEOUT ?? 20_000) };
const engine = attach(server, { ...pings });
engine.on("connection", (socket) => {
  const room = socket.request._query.room;
  if (!rooms.has(room)) rooms.set(room, new Set());
  rooms.get(room).add(socket);
  socket.on("message", (text) => say(room, text)).on("close", () => rooms.get(room).delete(socket));
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
