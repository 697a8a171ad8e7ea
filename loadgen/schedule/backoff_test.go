package schedule

import (
	"slices"
	"testing"
	"time"

	"pushbench/scenarios"
)

func TestBackoffWithoutJitterDoubles(t *testing.T) {
	b := Backoff{First: 200 * time.Millisecond, Most: time.Second, Jitter: scenarios.NoJitter}
	var waits []time.Duration
	for attempt := range 6 {
		waits = append(waits, b.Wait(3, attempt))
	}
	want := []time.Duration{200e6, 400e6, 800e6, 1e9, 1e9, 1e9}
	if !slices.Equal(waits, want) {
		t.Errorf("waits %v, want %v", waits, want)
	}
	if w := (Backoff{First: time.Hour, Most: 1<<63 - 1, Jitter: scenarios.NoJitter}).Wait(0, 1000); w != 1<<63-1 {
		t.Errorf("the thousandth wait is %v: it overflowed", w)
	}
}

// With full jitter a wait is even between nothing and its longest, and differs between clients, attempts and seeds, each the same again and again.
func TestBackoffWithFullJitter(t *testing.T) {
	const clients = 10_000
	b := Backoff{Seed: 7, First: 200 * time.Millisecond, Most: time.Second, Jitter: scenarios.FullJitter}
	for attempt, longest := range []time.Duration{200e6, 400e6, 800e6, 1e9, 1e9} {
		tenths := [10]int{}
		for id := range clients {
			w := b.Wait(id, attempt)
			if w < 0 || w > longest || w != b.Wait(id, attempt) {
				t.Fatalf("client %d attempt %d waits %v, then %v; want the same within %v", id, attempt, w, b.Wait(id, attempt), longest)
			}
			tenths[min(9, 10*w/longest)]++
		}
		for i, n := range tenths {
			if n < clients/10*8/10 || n > clients/10*12/10 { // seven standard deviations
				t.Errorf("attempt %d: %d of %d waits in tenth %d", attempt, n, clients, i)
			}
		}
	}
	if first := b.Wait(0, 0); first == b.Wait(1, 0) || first == b.Wait(0, 1)/2 || first == (Backoff{Seed: 8, First: b.First, Most: b.Most}).Wait(0, 0) {
		t.Error("waits repeat")
	}
}
