package verify

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"

	"pushbench/loadgen"
	"pushbench/loadgen/netem"
	"pushbench/loadgen/wire"
	"pushbench/longpoll"
	"pushbench/scenarios"
	"pushbench/server"
)

// compressedSizes are on both sides of where compression begins, 512 bytes, and of the frame headers' lengths once compressed.
var compressedSizes = []int{48, 511, 512, 2_000, 70_000}

// deflated is how long text is compressed by itself: the standard library's deflate at its fastest level (RFC 1951), whose stream ends with an empty block when
// it is flushed (the four bytes 00 00 ff ff, which permessage-deflate leaves out: RFC 7692, section 7.2.1) and with a last one when it is closed.
func deflated(text []byte, end func(*flate.Writer) error) (int64, error) {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return 0, err
	}
	_, err = w.Write(text)
	err = errors.Join(err, end(w))
	return int64(out.Len()), err
}

// deflatedFrame is a message's frame, compressed if it is long enough.
func deflatedFrame(text []byte) (int64, error) {
	if len(text) < 512 {
		return frameHeader(len(text), false) + int64(len(text)), nil
	}
	n, err := deflated(text, (*flate.Writer).Flush)
	n -= int64(len("\x00\x00\xff\xff"))
	return frameHeader(int(n), false) + n, err
}

// gzippedBody is a body in gzip's format, if it is long enough: a head of ten bytes and a tail of eight around it (RFC 1952, section 2.3).
func gzippedBody(body []byte) (int64, error) {
	if len(body) < 512 {
		return int64(len(body)), nil
	}
	n, err := deflated(body, (*flate.Writer).Close)
	return 10 + n + 8, err
}

// text is a message of English words.
func text(size int) []byte {
	return loadgen.Stamp{Run: 7, Seq: uint32(size)}.Filled(nil, max(size, loadgen.StampSize), scenarios.Text)
}

// compressedBytes compares what compressed messages take with what the same text takes when the standard library compresses it.
func compressedBytes(ctx context.Context) (found []Finding, err error) {
	s, err := server.New(server.Config{Compress: true})
	if err != nil {
		return nil, err
	}
	if err := s.Start(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Shutdown()) }()
	e := &exchanges{host: s.Addr()}
	err = errors.Join(e.deflatedFrames(ctx), e.gzippedPolls(ctx))
	return e.found, err
}

const deflateLine = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n"

func (e *exchanges) deflatedFrames(ctx context.Context) (err error) {
	var meter netem.Meter
	conn, err := e.dial(ctx, &meter)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	target := "/ws?topic=" + bytesTopic
	session, answer, err := wire.Upgrade(conn, wire.UpgradeRequest{Host: e.host, Target: target, Deflate: true}, wire.Options{})
	if err != nil {
		return err
	}
	e.say(exactly("upgrade request that offers compression (bytes)", int64(len(upgradeRequest(e.host, target)+deflateLine)), meter.Sent.Load()))
	e.say(exactly("its response (bytes)", int64(len(upgradeResponse(answer.Header(longpoll.HeaderCursor))+deflateLine)), meter.Received.Load()))
	var got, want []int64
	for _, size := range compressedSizes {
		message, before := text(size), read(&meter)
		expected, err := deflatedFrame(message)
		if err := errors.Join(err, e.echoed(session, message)); err != nil {
			return err
		}
		got, want = append(got, read(&meter).since(before).received), append(want, expected)
	}
	e.say(allExactly("WebSocket frame of text of "+listed(compressedSizes)+" B, compressed from 512 B on (bytes)", want, got))
	return nil
}

// echoed sends a message, and receives and unpacks it.
func (e *exchanges) echoed(session *wire.WebSocketConn, message []byte) error {
	var b wire.Batch
	if err := errors.Join(session.WriteMessage(wire.Binary, message), session.Receive(&b)); err != nil {
		return err
	}
	if len(b.Messages) != 1 {
		return fmt.Errorf("a message of %d bytes came as %d", len(message), len(b.Messages))
	}
	m := b.Messages[0]
	if m.Compressed {
		var err error
		if m.Payload, err = wire.Inflate(nil, m.Payload, len(message)); err != nil {
			return err
		}
	}
	if !bytes.Equal(m.Payload, message) {
		return fmt.Errorf("a message of %d bytes came back as another", len(message))
	}
	return nil
}

func (e *exchanges) gzippedPolls(ctx context.Context) (err error) {
	p, posts := &poller{exchanges: e}, netem.Meter{}
	if p.poster, err = p.connect(ctx, &posts); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.poster.conn.Close(), p.close()) }()
	if _, _, err := p.poll(ctx, "/poll?topic="+bytesTopic, ""); err != nil {
		return err
	}
	var got, want []int64
	for _, size := range compressedSizes {
		if err := p.post(bytesTopic, text(size)); err != nil {
			return err
		}
		took, expected, err := p.fetchGzipped(longpoll.AppendNetstring(nil, text(size)))
		if err != nil {
			return err
		}
		got, want = append(got, took), append(want, expected)
	}
	e.say(allExactly("answer to a poll that accepts gzip, with the same text (bytes)", want, got))
	return nil
}

// fetchGzipped polls for a body, and compares what that took with what it should take.
func (p *poller) fetchGzipped(body []byte) (took, expected int64, err error) {
	request, err := wire.NewRequest(wire.RequestSpec{
		Host: p.host, Target: "/poll?topic=" + bytesTopic + "&hold=25s&cursor=", Header: []wire.Field{{Name: "Accept-Encoding", Value: "gzip"}},
	})
	if err != nil {
		return 0, 0, err
	}
	var answer wire.Response
	before := read(&p.meter)
	if err := p.client.http.Do(request.Append(nil, []byte(p.cursor), nil), &answer); err != nil {
		return 0, 0, err
	}
	took, p.cursor = read(&p.meter).since(before).received, string(answer.Header(longpoll.HeaderCursor))
	packed, err := gzippedBody(body)
	plain := answer.Body
	if err == nil && len(body) >= 512 {
		plain, err = wire.Gunzip(nil, answer.Body, len(body))
	}
	if err == nil && !bytes.Equal(plain, body) {
		err = fmt.Errorf("a poll for %d bytes was answered with another body", len(body))
	}
	return took, int64(len(compressedHead(p.cursor, len(body), packed))) + packed, err
}

// compressedHead is the head of an answer with a body of so many bytes that takes so many on the wire.
func compressedHead(cursor string, body int, took int64) string {
	lines := "Content-Length: " + fmt.Sprint(took) + "\r\nContent-Type: application/netstrings\r\n"
	if body >= 512 {
		lines += "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n"
	}
	return "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\n" + lines + longpoll.HeaderCursor + ": " + cursor + "\r\n" + dateLine + "\r\n"
}
