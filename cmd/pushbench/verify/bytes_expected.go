package verify

import (
	"fmt"
	"strings"

	"pushbench/longpoll"
)

// The expected bytes, written out as text from the protocols rather than by the codecs under test: a codec cannot vouch for itself.

// dateLine is as long as the one of every answer: a fixed-width date (RFC 9110, section 5.6.7).
const dateLine = "Date: Mon, 23 Nov 2026 17:52:49 GMT\r\n"

// upgradeRequest is the shortest one (RFC 6455, section 4.1), with a key of 16 bytes in base64.
func upgradeRequest(host, target string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + strings.Repeat("k", 24) + "\r\n\r\n"
}

// upgradeResponse is the shortest one (section 4.2.2), with a SHA-1 sum in base64, and what the reference server adds: the cursor and net/http's date.
func upgradeResponse(cursor string) string {
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + strings.Repeat("a", 28) + "\r\n" +
		longpoll.HeaderCursor + ": " + cursor + "\r\n" + dateLine + "\r\n"
}

// frameHeader is the length of a WebSocket frame's header (section 5.2).
func frameHeader(payload int, masked bool) int64 {
	size := int64(2)
	switch {
	case payload > 65_535:
		size += 8
	case payload > 125:
		size += 2
	}
	if masked {
		size += 4
	}
	return size
}

// eventsResponse is the head of a stream of events and what the stream begins with: an id that says where.
func eventsResponse(cursor string, lines ...string) string {
	return "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Type: text/event-stream\r\nX-Accel-Buffering: no\r\n" + dateLine +
		"Transfer-Encoding: chunked\r\n" + strings.Join(lines, "") + "\r\n" + chunk("id: "+cursor+"\n\n")
}

// eventChunk is a message as an event (WHATWG HTML, section 9.2.6), in a chunk of its own (RFC 9112, section 7.1). Its payload has one line.
func eventChunk(cursor string, payload []byte) string {
	return chunk("id: " + cursor + "\ndata: " + string(payload) + "\n\n")
}

func chunk(data string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(data), data) }

// likeACursor is as long as the cursor behind one of a topic's first messages: an epoch has ten digits, a position below 36 one.
const likeACursor = "0123456789-1"

// pollRequest is a poll with these further header lines, each with its line end.
func pollRequest(host, target string, lines ...string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + strings.Join(lines, "") + "\r\n"
}

// emptyResponse answers a poll that names no cursor, or found nothing.
func emptyResponse(cursor string, lines ...string) string {
	return "HTTP/1.1 204 No Content\r\nCache-Control: no-store\r\n" + longpoll.HeaderCursor + ": " + cursor + "\r\n" + dateLine + strings.Join(lines, "") + "\r\n"
}

// netstringSize is the length of a message as a netstring: decimal length, colon, message, comma.
func netstringSize(payload int) int { return len(fmt.Sprint(payload)) + 1 + payload + 1 }

// messageResponseHead is the head of an answer that carries one message.
func messageResponseHead(cursor string, payload int, lines ...string) string {
	return "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: " + fmt.Sprint(netstringSize(payload)) + "\r\n" +
		"Content-Type: application/netstrings\r\n" + longpoll.HeaderCursor + ": " + cursor + "\r\n" + dateLine + strings.Join(lines, "") + "\r\n"
}

// postHead is the head of a POST that publishes.
func postHead(host, target string, payload int) string {
	return "POST " + target + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: " + fmt.Sprint(payload) + "\r\n\r\n"
}

// postResponse accepts a message.
const postResponse = "HTTP/1.1 204 No Content\r\n" + dateLine + "\r\n"
