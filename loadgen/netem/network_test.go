package netem

import (
	"math/bits"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestZeroNetworkEmulatesNothing(t *testing.T) {
	if (Network{Seed: 1}).Emulates() {
		t.Error("a seed alone emulates something")
	}
	for _, n := range []Network{{Delay: 1}, {Jitter: 1}, {Bandwidth: 1}} {
		if !n.Emulates() || n.Validate() != nil {
			t.Errorf("%+v: Emulates %v, Validate %v", n, n.Emulates(), n.Validate())
		}
	}
	for _, n := range []Network{{Delay: -1}, {Jitter: -1}, {Bandwidth: -1}} {
		if n.Validate() == nil {
			t.Errorf("%+v is valid", n)
		}
	}
}

// TestPathDates checks every promise about instants: not early, not over the jitter, in order, at the bandwidth.
func TestPathDates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := Network{
			Delay:     time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "delay")),
			Jitter:    time.Duration(rapid.Int64Range(0, 1e8).Draw(t, "jitter")),
			Bandwidth: rapid.Int64Range(0, 1e9).Draw(t, "bandwidth"),
			Seed:      rapid.Uint64().Draw(t, "seed"),
		}
		p, again := newPath(n, 7, 0), newPath(n, 7, 0)
		var now, departed, last time.Duration
		for range rapid.IntRange(1, 50).Draw(t, "chunks") {
			now += time.Duration(rapid.Int64Range(0, 1e7).Draw(t, "gap"))
			size := rapid.IntRange(0, n.chunk()).Draw(t, "size")
			due := p.date(now, size)
			departed = max(now, departed) + n.serialisation(size)
			if earliest := departed + n.Delay; due < earliest || due > max(last, earliest+n.Jitter) {
				t.Fatalf("due %v, want between %v and %v later", due, earliest, n.Jitter)
			}
			if due < last {
				t.Fatalf("due %v, before the chunk ahead at %v", due, last)
			}
			if repeated := again.date(now, size); repeated != due {
				t.Fatalf("the same seed gives %v and %v", due, repeated)
			}
			last = due
		}
	})
}

func TestPathsDiffer(t *testing.T) {
	n := Network{Jitter: time.Hour}
	seen := map[time.Duration]bool{}
	for connection := range uint64(20) {
		for direction := range uint64(2) {
			p := newPath(n, connection, direction)
			seen[p.date(0, 1)] = true
		}
	}
	other := newPath(Network{Jitter: time.Hour, Seed: 1}, 0, 0)
	seen[other.date(0, 1)] = true
	if len(seen) != 41 {
		t.Errorf("%d different jitters, want 41", len(seen))
	}
}

func TestLimitsFollowTheBandwidth(t *testing.T) {
	tests := []struct {
		name            string
		network         Network
		inFlight, chunk int
	}{
		{"unlimited", Network{Delay: time.Second}, maxInFlight, maxChunk},
		{"slow", Network{Delay: time.Second, Bandwidth: 1000}, minInFlight, minChunk},
		{"medium", Network{Delay: 50 * time.Millisecond, Bandwidth: 10_000_000}, 1_000_000, 10_000},
		{"fast", Network{Delay: time.Second, Bandwidth: 1 << 40}, maxInFlight, maxChunk},
		{"a slow reader", Network{Delay: time.Second, Bandwidth: 1 << 40, ReadRate: 50_000}.towards(), 5000, 1000},
		{"a very slow reader", Network{ReadRate: 100}.towards(), 2 * minTaken, minTaken},
		{"towards its peer", Network{Delay: time.Second, ReadRate: 100}.from(), maxInFlight, maxChunk},
	}
	for _, tt := range tests {
		if l, c := tt.network.inFlight(), tt.network.chunk(); l != tt.inFlight || c != tt.chunk {
			t.Errorf("%s: %d bytes in flight in chunks of %d, want %d and %d", tt.name, l, c, tt.inFlight, tt.chunk)
		}
	}
}

func TestLatenessBuckets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shift := rapid.IntRange(0, 62).Draw(t, "shift")
		d := time.Duration(rapid.Int64Range(0, 1<<62).Draw(t, "nanoseconds") >> shift)
		i := bucketOf(d)
		if i >= len(new(lateness).buckets) {
			t.Fatalf("%d ns falls into bucket %d", d, i)
		}
		if upper := upperBound(i); upper < d || upper-d > d/8 || bucketOf(upper) != i {
			t.Fatalf("%d ns is in bucket %d, which ends at %d ns", d, i, upper)
		}
		if i > 0 && bucketOf(upperBound(i-1)+1) != i {
			t.Fatalf("between buckets %d and %d is a gap (%d bits)", i-1, i, bits.Len64(uint64(d)))
		}
	})
}

func TestLatenessSnapshot(t *testing.T) {
	var l lateness
	if got := l.snapshot(); got != (Lateness{}) {
		t.Errorf("empty: %+v", got)
	}
	for i := range 1000 {
		l.record(time.Duration(i) * time.Microsecond)
	}
	l.record(-time.Second) // counts as on time
	got := l.snapshot()
	near := func(d, want time.Duration) bool { return d >= want && d <= want+want/8 }
	if got.Chunks != 1001 || got.Max != 999*time.Microsecond || !near(got.P50, 499*time.Microsecond) || !near(got.P99, 989*time.Microsecond) {
		t.Errorf("%+v", got)
	}
}
