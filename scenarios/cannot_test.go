package scenarios

import (
	"strings"
	"testing"
)

// What a transport cannot do is said, and only of those that cannot.
func TestCannot(t *testing.T) {
	for _, tc := range []struct {
		compression Compression
		client      ClientKind
		cannot      []Transport
	}{
		{CompressionOff, Lean, nil},
		{CompressionOff, Library, nil},
		{"", "", nil},
		{Deflate, Lean, []Transport{SSE}},
		{Deflate, "", []Transport{SSE}},
		{Deflate, Library, Transports},
	} {
		s := Default()
		s.Compression, s.Client = tc.compression, tc.client
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
			t.Errorf("compression %q with client %q: %v cannot, want %v", tc.compression, tc.client, cannot, tc.cannot)
		}
	}
}
