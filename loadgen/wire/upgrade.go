package wire

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"time"
)

const (
	acceptGUID     = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" // RFC 6455, section 1.3
	refusalSnippet = 512                                    // bytes of a refusal's body kept for the error
)

// UpgradeRequest is the opening handshake's request.
type UpgradeRequest struct {
	Host   string  // the Host field
	Target string  // path and query, already escaped
	Header []Field // without Host, Upgrade, Connection and the Sec-WebSocket fields, except Sec-WebSocket-Protocol
	// Deflate offers permessage-deflate without context takeover.
	Deflate bool
	// Barred is a proxy on the way that removes what asks for the upgrade: as many bytes stand in its place, and the server is asked for nothing.
	Barred bool
	// Deadline bounds the handshake; it is set on the connection and removed afterwards. The zero value leaves the
	// connection's deadlines alone.
	Deadline time.Time
}

// UpgradeResponse describes a handshake that succeeded. It is independent of the connection's buffers.
type UpgradeResponse struct {
	SentBytes     int64 // of the request
	ReceivedBytes int64 // of the response head, without frames that came in the same segment
	Received      time.Time

	fields []byte
}

// Header returns the value of the first field of that name, "" if there is none. The name may be in any case.
func (r *UpgradeResponse) Header(name string) string { return string(lookup(r.fields, name)) }

// Upgrade turns c into a WebSocket session (RFC 6455, section 4.1). Frames that came together with the response are
// kept for the first Receive. A response that does not switch protocols, or does so wrongly, is an *UpgradeError.
// On any error c is left open, for the caller to close.
//
// It needs a deeper stack than Receive: call it on another goroutine than the one that receives afterwards.
func Upgrade(c net.Conn, r UpgradeRequest, o Options) (*WebSocketConn, *UpgradeResponse, error) {
	request, key, err := r.render()
	if err != nil {
		return nil, nil, err
	}
	if !r.Deadline.IsZero() {
		if err := c.SetDeadline(r.Deadline); err != nil {
			return nil, nil, fmt.Errorf("wire: setting the handshake's deadline: %w", err)
		}
		defer c.SetDeadline(time.Time{})
	}
	h := NewHTTPConn(c, o)
	if err := h.Send(request); err != nil {
		return nil, nil, err
	}
	resp, err := h.receiveUpgrade(r, key)
	if err != nil {
		h.src.drop()
		return nil, nil, err
	}
	resp.SentBytes = int64(len(request))
	h.src.release()
	ws := newWebSocketConn(h.src, o)
	ws.deflate = resp.Header(extensions) != ""
	return ws, resp, nil
}

// render returns the request with a random key, and the key.
func (r *UpgradeRequest) render() (request []byte, key string, err error) {
	if err := r.check(); err != nil {
		return nil, "", err
	}
	var nonce [16]byte
	rand.Read(nonce[:])
	key = base64.StdEncoding.EncodeToString(nonce[:])
	var b strings.Builder
	b.WriteString("GET " + r.Target + " HTTP/1.1\r\nHost: " + r.Host +
		"\r\nUpgrade: " + r.protocol() + "\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + "\r\n")
	if r.Deflate {
		b.WriteString(extensions + ": " + deflateOffer + "\r\n")
	}
	writeFields(&b, r.Header)
	b.WriteString("\r\n")
	return []byte(b.String()), key, nil
}

// protocol is what the request asks for.
func (r *UpgradeRequest) protocol() string {
	if r.Barred {
		return "-removed-"
	}
	return "websocket"
}

func (r *UpgradeRequest) check() error {
	if err := checkTarget(r.Host, r.Target); err != nil {
		return err
	}
	return checkFields(r.Header, "Host", "Upgrade", "Connection", "Content-Length", "Transfer-Encoding",
		"Sec-WebSocket-Key", "Sec-WebSocket-Version", extensions, "Sec-WebSocket-Accept")
}

// extensions is the field, and deflateOffer what it says, of a client that keeps no window of earlier messages and has the server keep none (RFC 7692, section 7.1).
const (
	extensions   = "Sec-WebSocket-Extensions"
	deflateOffer = "permessage-deflate; client_no_context_takeover; server_no_context_takeover"
)

// agrees tells whether a server may answer an offer of compression like that: with the extension alone, a message at a time. That the client keeps no window
// is for the client to do, so it need not be said.
func agrees(answer []byte) bool {
	name, rest := cutAt(answer, ';')
	if !equalFold(trimSpace(name), "permessage-deflate") {
		return false
	}
	var server bool
	for len(rest) > 0 {
		var parameter []byte
		parameter, rest = cutAt(rest, ';')
		switch {
		case equalFold(trimSpace(parameter), "server_no_context_takeover"):
			server = true
		case !equalFold(trimSpace(parameter), "client_no_context_takeover"):
			return false
		}
	}
	return server
}

// offers tells whether the request offered this subprotocol.
func (r *UpgradeRequest) offers(protocol []byte) bool {
	for _, f := range r.Header {
		if equalFold(f.Name, "Sec-WebSocket-Protocol") && hasToken([]byte(f.Value), string(protocol)) {
			return true
		}
	}
	return false
}

// receiveUpgrade reads until the response's head is complete, and on a refusal some of its body.
func (c *HTTPConn) receiveUpgrade(r UpgradeRequest, key string) (*UpgradeResponse, error) {
	d := &c.decoder
	wrong, err := c.receiveHead()
	switch {
	case err != nil:
		return nil, err
	case wrong != "":
		return nil, &UpgradeError{Status: d.head.status, Detail: wrong}
	}
	fields := c.src.live()[d.fields:d.headEnd]
	if d.head.status != 101 {
		return nil, c.refusal(fields)
	}
	if wrong := r.verify(fields, key); wrong != "" {
		return nil, &UpgradeError{Status: 101, Detail: wrong, fields: append([]byte(nil), fields...)}
	}
	resp := &UpgradeResponse{
		ReceivedBytes: int64(d.pos),
		Received:      c.src.received,
		fields:        append([]byte(nil), fields...),
	}
	c.src.start += d.pos
	return resp, nil
}

// receiveHead reads until the response's head is complete, and says what is wrong with it. Of the body nothing is decoded.
func (c *HTTPConn) receiveHead() (wrong string, err error) {
	for {
		wrong = c.decoder.advanceHead(c.src.live())
		if wrong != "" || c.decoder.phase >= inLength {
			return wrong, nil
		}
		if err := c.fill(); err != nil {
			return "", c.readFailed(err)
		}
	}
}

// fill reads once.
func (c *HTTPConn) fill() error {
	c.src.end -= c.decoder.closeGap(c.src.live())
	_, err := c.src.fill(c.decoder.need())
	return err
}

// verify checks the fields of a 101 (section 4.2.2). No extension may be chosen that was not offered.
func (r *UpgradeRequest) verify(fields []byte, key string) string {
	protocol, chosen := lookup(fields, "Sec-WebSocket-Protocol"), lookup(fields, extensions)
	switch {
	case !fieldHasToken(fields, "Upgrade", "websocket"):
		return "its Upgrade field is not websocket"
	case !fieldHasToken(fields, "Connection", "upgrade"):
		return "its Connection field is not Upgrade"
	case string(lookup(fields, "Sec-WebSocket-Accept")) != acceptFor(key):
		return "its Sec-WebSocket-Accept does not belong to the request's key"
	case chosen != nil && (!r.Deflate || !agrees(chosen)):
		return "it chose an extension that was not offered"
	case protocol != nil && !r.offers(protocol):
		return "it chose a subprotocol that was not offered"
	}
	return ""
}

// acceptFor computes Sec-WebSocket-Accept (section 4.2.2). SHA-1 is what the RFC says; no secret depends on it.
func acceptFor(key string) string {
	sum := sha1.Sum([]byte(key + acceptGUID))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// refusal makes the error.
func (c *HTTPConn) refusal(fields []byte) error {
	e := &UpgradeError{
		Status:   c.decoder.head.status,
		Detail:   "the server did not switch protocols",
		Location: string(lookup(fields, "Location")),
		fields:   append([]byte(nil), fields...),
	}
	e.Body = c.refusalBody()
	return e
}

// refusalBody is as much of the body as comes before its end, an error, or the snippet's length. Whatever pointed into the window is invalid after it.
func (c *HTTPConn) refusalBody() []byte {
	d := &c.decoder
	if d.advance(c.src.live()) != "" {
		return nil
	}
	for d.phase != complete && d.bodyEnd-d.headEnd < refusalSnippet {
		if c.fill() != nil || d.advance(c.src.live()) != "" {
			break
		}
	}
	body := c.src.live()[d.headEnd:d.bodyEnd]
	return append([]byte(nil), body[:min(len(body), refusalSnippet)]...)
}
