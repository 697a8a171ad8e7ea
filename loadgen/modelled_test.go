package loadgen

import (
	"math"
	"testing"
)

func TestModelledIP(t *testing.T) {
	for name, test := range map[string]struct {
		up, down    flow
		connections int64
		want        int64
	}{
		"nothing":                         {flow{}, flow{}, 0, 0},
		"a connection that says nothing":  {flow{}, flow{}, 1, 328},
		"a frame and its acknowledgement": {flow{}, flow{102, 1}, 0, 102 + 2*52},
		"a poll and its answer":           {flow{871, 1}, flow{129, 1}, 0, 871 + 129 + 3*52},
		"one full segment":                {flow{}, flow{1448, 1}, 0, 1448 + 2*52},
		"one byte more":                   {flow{}, flow{1449, 1}, 0, 1449 + 3*52},
		"three segments, two acks":        {flow{}, flow{3 * 1448, 1}, 0, 3*1448 + 5*52},
		"a thousand small frames":         {flow{}, flow{102_000, 1000}, 0, 102_000 + 2000*52},
		"pieces unknown":                  {flow{1000, 0}, flow{}, 0, 1000 + 2*52},
		"echo":                            {flow{106, 1}, flow{102, 1}, 0, 208 + 3*52},
	} {
		t.Run(name, func(t *testing.T) {
			if got := modelledIP(test.up, test.down, test.connections); got != test.want {
				t.Errorf("%d bytes, want %d", got, test.want)
			}
		})
	}
}

// Lubbers and Greco compare 871 bytes of HTTP header with 2 of WebSocket, 435.5 to 1. With IP and TCP headers counted it is about 9.7 to 1.
func TestModelledIPOfAPublishedComparison(t *testing.T) {
	poll := modelledIP(flow{700, 1}, flow{171, 1}, 0)
	frame := modelledIP(flow{}, flow{2, 1}, 0)
	if got := float64(poll) / float64(frame); math.Abs(got-9.7) > .05 {
		t.Errorf("%d to %d bytes is %.2f to 1, want 9.7", poll, frame, got)
	}
}
