// "My own server": rooms over WebSocket and long-polling, as many teams have written it. PORT says where it listens.
import { createServer } from "node:http";
import express from "express";
import { WebSocketServer } from "ws";

const rooms = new Map(); // name → { log: [text …], sockets, waiting: callbacks of parked polls }
const room = (name) => rooms.get(name) ?? rooms.set(name, { log: [], sockets: new Set(), waiting: new Set() }).get(name);

function say(name, text) {
  const { log, sockets, waiting } = room(name);
  log.push(text);
  for (const socket of sockets) socket.send(JSON.stringify({ text }));
  for (const answer of waiting) answer();
}

const app = express().use(express.json({ limit: "17mb" }));
app.get("/healthz", (_, res) => res.end("ok"));
app.post("/rooms/:room/messages", (req, res) => { say(req.params.room, req.body.text); res.status(204).end(); });
app.get("/rooms/:room/messages", (req, res) => { // ?after=N: all from the Nth on, or 204 after 25 s without any
  const { log, waiting } = room(req.params.room);
  const after = Number(req.query.after ?? log.length);
  const answer = () => { clearTimeout(timer); waiting.delete(answer); res.json({ next: log.length, messages: log.slice(after) }); };
  const timer = setTimeout(() => { waiting.delete(answer); res.status(204).end(); }, 25_000);
  res.on("close", () => { clearTimeout(timer); waiting.delete(answer); });
  if (log.length > after || req.query.after === undefined) answer(); else waiting.add(answer);
});

const server = createServer(app);
new WebSocketServer({ server, path: "/ws" }).on("connection", (socket) => socket.on("message", (data) => {
  const { op, room: name, text } = JSON.parse(data);
  if (op === "say") return say(name, text);
  room(name).sockets.add(socket); // op: "join"
  socket.on("close", () => room(name).sockets.delete(socket)).send('{"joined":true}');
}));
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
