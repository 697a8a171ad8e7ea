package observe

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// message makes an arrival of the n-th message.
func message(side, n int, at time.Duration) arrival {
	key, _ := Key{}.of(fmt.Appendf(nil, "message %d", n))
	return arrival{side: side, key: key, at: epoch.Add(at)}
}

var epoch = time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)

// TestPairerCountsExactly has both sides bring the same messages, each with some lost, some doubled and delays of its own, and holds every count and
// every difference to what was made.
func TestPairerCountsExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 60).Draw(t, "messages")
		fate := rapid.SliceOfN(rapid.SampledFrom([]string{"both", "both", "both", "only 0", "only 1", "none", "twice 0", "twice 1"}), n, n).Draw(t, "fates")
		fate[0] = "both" // here the streams meet
		delay := rapid.SliceOfN(rapid.IntRange(0, 40), 2*n, 2*n).Draw(t, "delays")
		var all []arrival
		var want [Sides]Counts
		var differences []time.Duration
		for i := range n {
			due := time.Duration(i) * 10 * time.Millisecond
			at := [Sides]time.Duration{due + time.Duration(delay[2*i])*time.Millisecond, due + time.Duration(delay[2*i+1])*time.Millisecond}
			if i == 0 {
				at = [Sides]time.Duration{}
			}
			came := [Sides]bool{fate[i] != "only 1" && fate[i] != "none", fate[i] != "only 0" && fate[i] != "none"}
			for side := range Sides {
				copies := 1
				if fate[i] == fmt.Sprintf("twice %d", side) {
					copies = 2
					want[side].Duplicated++
				}
				for range copies {
					if came[side] {
						all = append(all, message(side, i, at[side]))
						want[side].Received++
					}
				}
				switch {
				case came[0] && came[1]:
					want[side].Paired++
					if at[side] < at[1-side] {
						want[side].First++
					}
				case came[side]:
					want[side].Only++
				}
			}
			if came[0] && came[1] {
				differences = append(differences, at[1]-at[0])
			}
		}
		slices.SortStableFunc(all, func(a, b arrival) int { return a.at.Compare(b.at) })
		p := newPairer(time.Second, 1000)
		for _, a := range all {
			p.arrive(a)
		}
		p.finish(epoch.Add(time.Hour))
		if p.counts != want {
			t.Fatalf("have %+v\nwant %+v", p.counts, want)
		}
		slices.Sort(differences)
		for i, d := range differences {
			have := p.recorded.quantile(float64(i+1) / float64(len(differences)))
			if off := have - d; off < -time.Millisecond/20 || off > time.Millisecond/20 {
				t.Fatalf("rank %d: %v, want %v", i+1, have, d)
			}
		}
	})
}

// TestPairerBegins leaves out what one side brought before the two met, but not what came behind that.
func TestPairerBegins(t *testing.T) {
	p := newPairer(time.Second, 1000)
	for n := range 10 {
		p.arrive(message(0, n, time.Duration(n)*time.Millisecond)) // the first side is there from the beginning
	}
	for _, n := range []int{4, 5, 7, 8, 9} { // the second from message 4 on, and loses 6
		p.arrive(message(1, n, 20*time.Millisecond))
	}
	p.finish(epoch.Add(time.Minute))
	want := [Sides]Counts{{Received: 10, Before: 4, Paired: 5, First: 5, Only: 1}, {Received: 5, Paired: 5}}
	if p.counts != want {
		t.Errorf("have %+v\nwant %+v", p.counts, want)
	}
}

// TestPairerNeverMeets is what a wrong key looks like.
func TestPairerNeverMeets(t *testing.T) {
	p := newPairer(time.Second, 1000)
	for n := range 10 {
		p.arrive(message(n%2, n, time.Duration(n)*time.Second))
	}
	p.finish(epoch.Add(time.Minute))
	if want := (Counts{Received: 5, Before: 5}); p.counts[0] != want || p.counts[1] != want {
		t.Errorf("have %+v", p.counts)
	}
}

// TestPairerInterrupted tells what is lost from what nobody knows.
func TestPairerInterrupted(t *testing.T) {
	p := newPairer(time.Second, 1000)
	p.arrive(message(0, 0, 0))
	p.arrive(message(1, 0, 0))
	p.arrive(message(0, 1, time.Second))
	p.arrive(message(0, 2, 3*time.Second))
	p.finish(epoch.Add(3500 * time.Millisecond))
	if want := (Counts{Received: 3, Paired: 1, Only: 1, Undecided: 1}); p.counts[0] != want {
		t.Errorf("have %+v, want %+v", p.counts[0], want)
	}
}

// TestPairerEnds takes partners but no new messages.
func TestPairerEnds(t *testing.T) {
	p := newPairer(time.Second, 1000)
	p.arrive(message(0, 0, 0))
	p.arrive(message(1, 0, 0))
	p.arrive(message(0, 1, 0))
	p.end()
	p.arrive(message(1, 2, 0))
	if p.pending() != 1 {
		t.Errorf("%d are pending, want 1", p.pending())
	}
	p.arrive(message(1, 1, 0))
	if p.pending() != 0 || p.counts[1] != (Counts{Received: 3, After: 1, Paired: 2}) {
		t.Errorf("%d pending, %+v", p.pending(), p.counts)
	}
}

// TestPairerIsBounded floods one side.
func TestPairerIsBounded(t *testing.T) {
	p := newPairer(time.Hour, 100)
	p.arrive(message(0, -1, 0))
	p.arrive(message(1, -1, 0))
	for n := range 10_000 {
		p.arrive(message(0, n, 0))
	}
	if len(p.entries) > 100 || p.byAge.Len() > 100 || p.evicted == 0 {
		t.Errorf("%d entries, %d evicted", len(p.entries), p.evicted)
	}
	p.finish(epoch)
	if c := p.counts[0]; c.Received != c.Paired+c.Undecided || len(p.entries) != 0 || p.pending() != 0 {
		t.Errorf("%+v, %d pending", c, p.pending())
	}
}

// TestTopicsAreApart pairs nothing across topics.
func TestTopicsAreApart(t *testing.T) {
	p := newPairer(time.Second, 100)
	a, b := message(0, 1, 0), message(1, 1, 0)
	b.topic = 1
	p.arrive(a)
	p.arrive(b)
	if p.recorded.count() != 0 {
		t.Error("two topics were paired")
	}
}

func TestLateness(t *testing.T) {
	r := newRecorder()
	for _, d := range []time.Duration{0, 5 * time.Millisecond, 7 * time.Millisecond, -3 * time.Millisecond} {
		r.record(d)
	}
	for side, want := range [Sides][]int64{{0, 0, 0, 3}, {0, 0, 5, 7}} {
		h := r.lateness(side)
		for i, ms := range want {
			have := lateAt(h, (float64(i+1)-.25)/4)
			if have.Round(time.Millisecond/10) != time.Duration(ms)*time.Millisecond || ms == 0 && have != 0 {
				t.Errorf("side %d, rank %d: %v, want %d ms", side, i+1, have, ms)
			}
		}
	}
	r.record(48 * time.Hour)
	if h := r.quantile(1); h < time.Hour-time.Second || h > time.Hour+time.Minute {
		t.Errorf("what is beyond the range: %v", h)
	}
}

func TestKeys(t *testing.T) {
	for _, c := range []struct {
		key, message string
		ok           bool
		same         string // a message with the same key
	}{
		{"json:/id", `{"id":7,"a":1}`, true, `{"a":2,"id":7}`},
		{"json:/m/0/id", `42["x",{"m":[{"id":"q"}]}]`, false, ""},
		{"json:/1/id", `42["x",{"id":"q"}]`, true, `["y",{"id":"q"}]`},
		{"json:/id", `{"a":1}`, false, ""},
		{"json:/id", `{"id":null}`, false, ""},
		{"json:/id", `not json`, false, ""},
		{`match:^id: (\d+)`, "id: 12\ndata", true, "id: 12\nother"},
		{`match:\d+`, "a 12 b", true, "c 12"},
		{`match:^id: (\d+)`, "data", false, ""},
		{"body", "abc", true, "abc"},
		{"body", "", false, ""},
	} {
		k, err := ParseKey(c.key)
		if err != nil {
			t.Fatalf("%s: %v", c.key, err)
		}
		have, ok := k.of([]byte(c.message))
		if ok != c.ok {
			t.Errorf("%s of %q: found %v", c.key, c.message, ok)
		}
		if ok {
			if same, _ := k.of([]byte(c.same)); same != have {
				t.Errorf("%s: %q and %q have different keys", c.key, c.message, c.same)
			}
			if other, _ := k.of([]byte(c.message + "9")); c.key == "body" && other == have {
				t.Errorf("%s: different bodies have the same key", c.key)
			}
		}
	}
	for _, bad := range []string{"", "id", "json:", "json:id", "json:/a/*", "match:", "match:(", "match:(a)(b)", "body:x"} {
		if _, err := ParseKey(bad); err == nil {
			t.Errorf("%q is a key", bad)
		}
	}
}

func FuzzKey(f *testing.F) {
	f.Add("json:/id", []byte(`{"id":1}`))
	f.Add("match:(a)", []byte("a"))
	f.Fuzz(func(t *testing.T, text string, message []byte) {
		k, err := ParseKey(text)
		if err != nil {
			return
		}
		a, ok := k.of(message)
		if b, again := k.of(message); a != b || ok != again {
			t.Errorf("%q of %q: two keys", text, message)
		}
	})
}
