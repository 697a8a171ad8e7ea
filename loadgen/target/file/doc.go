// Package file reads target files: descriptions of a server, in YAML, that let simulated clients speak to it. It is data only and opens no socket.
//
//	file, environment, users' table ──Load──▶ *Target (or document.Problems: all mistakes, each at its line) ──▶ package target speaks by it
//
// The receiver finds its messages by their stamp, wherever a server puts them. So a file need not say what messages look like: only how a session is opened,
// how something is published, and how a poller says where it goes on.
//
//	url: https://staging.example.com
//	users: users.csv                        # one row for each client; its columns are {user.*}
//	headers: {Authorization: "Bearer {user.token}"}
//	publish: {post: "/rooms/{topic}/messages", body: '{"text":"{payload}"}', headers: {X-Key: "${PUBLISH_KEY}"}}
//	websocket:
//	  path: /ws
//	  open: [{send: '{"op":"sub","room":"{topic}"}', expect: subscribed}]
//	  send: '{"op":"msg","text":"{payload}"}'
//	  heartbeat: {every: 25s, send: '{"op":"ping"}'}
//	longpoll:
//	  open: [{get: /session, capture: {sid: "json:/sid"}}]
//	  get: "/rooms/{topic}/events?after={cursor}&sid={sid}"
//	  cursor: "json:/next"
//	  empty: [204, 408]
//
// table.go lists every key with what it means and how it is written; decoding, the JSON Schema and the documentation all go through it.
//
// # Templates
//
// Texts that are sent are templates. {name} stands for a value: {topic}, {client} (a number), {hold} (how long the scenario lets a poll wait), {cursor} in polls,
// {payload} where something is sent, {user.COLUMN} of the client's row, and whatever a step of open has captured. ${NAME} is the environment's. A brace that no
// name follows stands for itself, so JSON can be written as it is; where a name would follow, {{name} is the text {name}.
//
// A value is escaped for where it stands: as part of a URL in paths, as part of a JSON string in bodies and frames (limits.bodies: raw leaves it as it is,
// base64 puts the payload in base64). A name that does not exist there is refused, where it stands.
//
// # Where a file ends
//
// The built-in files (Examples) show how far it goes. Nchan needs two header fields copied as the cursor; Engine.IO and Socket.IO a session's number captured, a separator
// of packets, a ping in text answered by the same post that sends, and, which package target does for every poller, one poll and one post at a time.
// None of them needed Go. What needs an adapter in package target, behind the same sessions (its dialects of polls, events and frames), is what cannot be said as texts
// with values in them: what is computed from what the server said (a signature, the answer to a challenge), packets in binary with lengths or in compression of their
// own (MQTT), a message that must be confirmed by its number, several sessions over one connection, and Engine.IO's move from polling to a WebSocket within a session:
// here a session stays with the transport it began with, since one arm is one transport.
//
// # Secrets
//
// Values from the environment and from the users' table are never part of a problem, nor are the names of its columns, since a table may lack them. Target.Secrets
// lists the values, with what the file says literally in queries and credentials, and Target.Mask hides them from whatever is printed, however a server escapes them.
// A Target itself must not be written anywhere: what travels to a worker is a [Source], the text as it was written, which the worker resolves again.
package file
