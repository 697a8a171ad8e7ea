package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"

	"pushbench/loadgen/netem"
	"pushbench/server"
)

// HTTP/2 sends a header line once and then its number in a table that both ends keep (RFC 7541, sections 2.3 and 6.1): one byte, as long as the table has no more
// than 126 entries. So a request like the one before takes a frame's header (RFC 9113, section 4.1), four pseudo-fields and a byte for each other field; and an
// answer with nothing in it a frame's header, its status and a byte for each field.
const (
	h2Frame  = 9
	h2Pseudo = 4
	// h2Answer is what an answer without messages has beside its status: Cache-Control, Push-Cursor and Date.
	h2Answer = 3
)

// http2Bytes compares what polls over HTTP/2 take with that, the first one apart.
func http2Bytes(ctx context.Context) (found []Finding, err error) {
	s, err := server.New(server.Config{HTTP2: true})
	if err != nil {
		return nil, err
	}
	if err := s.Start(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Shutdown()) }()
	for _, fields := range []http.Header{{}, {
		"Cookie": {"session=" + strings.Repeat("x", 200)}, "Accept": {"*/*"}, "Accept-Language": {"en-US,en;q=0.9"}, "Referer": {s.URL() + "/"}, "X-Padding": {strings.Repeat("x", 1000)},
	}} {
		f, err := http2Polls(ctx, s.URL(), fields)
		if err != nil {
			return found, err
		}
		found = append(found, f...)
	}
	return found, nil
}

// http2Polls makes some polls that are answered at once. The answers' date may change between two of them, so the least that one took is told.
func http2Polls(ctx context.Context, url string, fields http.Header) ([]Finding, error) {
	const polls = 20
	var meter netem.Meter
	client := http2Client(&meter)
	defer client.CloseIdleConnections()
	lines := len(fields)
	fields = fields.Clone()
	fields["User-Agent"] = nil // or net/http would add its own
	var first, later, answer int64 = 0, 0, math.MaxInt64
	for i := range polls {
		before := read(&meter)
		if err := http2Poll(ctx, client, url, fields); err != nil {
			return nil, err
		}
		took := read(&meter).since(before)
		switch {
		case i == 0:
			first = took.sent
		case i >= polls/2: // by then both have told their settings, and acknowledged the table's size
			later, answer = max(later, took.sent), min(answer, took.received)
		}
	}
	what := fmt.Sprintf("HTTP/2, poll with %d header lines", lines)
	return []Finding{
		note(what+", the first with the connection's opening (bytes)", fmt.Sprint(first), "settings differ between clients"),
		exactly(what+", each after the first few (most, bytes)", int64(h2Frame+h2Pseudo+lines), later),
		exactly(what+", its answer (least, bytes)", h2Frame+1+h2Answer, answer),
	}, nil
}

// http2Client speaks HTTP/2 in clear over metered connections.
func http2Client(meter *netem.Meter) *http.Client {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	dialer := new(netem.Dialer)
	return &http.Client{Timeout: exchangePatience, Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return dialer.Dial(ctx, network, addr, meter)
		},
		Protocols: protocols, DisableCompression: true,
	}}
}

func http2Poll(ctx context.Context, client *http.Client, url string, fields http.Header) (err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/poll?topic="+bytesTopic, nil)
	if err != nil {
		return err
	}
	request.Header = fields
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	if response.ProtoMajor != 2 || response.StatusCode != http.StatusNoContent {
		return fmt.Errorf("a poll over HTTP/2 was answered with %s %s", response.Proto, response.Status)
	}
	return nil
}
