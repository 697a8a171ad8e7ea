// A Socket.IO server: a client joins a room and gets what is said there, over polling or WebSocket as it likes. PORT says where it listens.
import { createServer } from "node:http";
import { Server } from "socket.io";

// The application beside it publishes with POST /rooms/NAME.
const server = createServer((req, res) => {
  const room = /^\/rooms\/([^/]+)$/.exec(req.url)?.[1];
  if (req.method !== "POST" || !room) return res.writeHead(req.url === "/healthz" ? 200 : 404).end();
  let text = "";
  req.setEncoding("utf8").on("data", (part) => (text += part)).on("end", () => {
    io.to(room).emit("said", text);
    res.writeHead(204).end();
  });
});

const pings = { pingInterval: Number(process.env.PING_INTERVAL ?? 25_000), pingTimeout: Number(process.env.PING_TIMEOUT ?? 20_000) };
const io = new Server(server, { serveClient: false, ...pings });
io.on("connection", (socket) => {
  socket.on("join", (room, joined) => { socket.join(room); joined?.(); });
  socket.on("say", (room, text) => io.to(room).emit("said", text));
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
