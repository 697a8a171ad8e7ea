package scenarios

import (
	"strings"
	"testing"
)

// What a transport cannot do is said, and only of those that cannot.
func TestCannot(t *testing.T) {
	for _, tc := range []struct {
		compression Compression
		http        HTTPVersion
		client      ClientKind
		pattern     Pattern
		cannot      []Transport
	}{
		{CompressionOff, HTTP1, Lean, Echo, nil},
		{CompressionOff, HTTP1, Library, Direct, nil},
		{"", "", "", Direct, nil},
		{Deflate, HTTP1, Lean, Rooms, []Transport{SSE}},
		{Deflate, "", "", Direct, []Transport{SSE}},
		{Deflate, HTTP1, Library, Direct, Transports},
		{CompressionOff, HTTP2, Library, Broadcast, []Transport{WebSocket, SSE, LongPollNewConn}},
		{CompressionOff, HTTP2, Lean, Direct, Transports},
		{CompressionOff, HTTP2, Library, Duplex, Transports},
		{Deflate, HTTP2, Lean, Direct, Transports},
	} {
		s := Default()
		s.Compression, s.HTTP, s.Client, s.Pattern = tc.compression, tc.http, tc.client, tc.pattern
		var cannot []Transport
		for _, transport := range Transports {
			why := s.Cannot(transport)
			if why != "" {
				cannot = append(cannot, transport)
			}
			if why != "" && !strings.HasPrefix(why, "n/a: ") {
				t.Errorf("%s: %q does not begin with n/a", transport, why)
			}
		}
		if joined(cannot) != joined(tc.cannot) {
			t.Errorf("%+v: %v cannot", tc, cannot)
		}
	}
}

// A mix can do what all its transports can.
func TestAMixCannot(t *testing.T) {
	s := Default()
	s.Compression, s.Mix = Deflate, []TransportShare{{WebSocket, 0.5}, {LongPoll, 0.5}}
	if why := s.Cannot(Mix); why != "" {
		t.Errorf("without a stream of events: %q", why)
	}
	s.Mix[1].Transport = SSE
	if s.Cannot(Mix) == "" {
		t.Error("a stream of events in a mix can be compressed")
	}
}
