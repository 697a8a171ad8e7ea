package schedule

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pushbench/scenarios"
)

func spec() Spec {
	return Spec{Seed: 1, Flows: 100, Arrivals: scenarios.Poisson, Rate: 1000, Warmup: time.Second, Duration: 10 * time.Second, Size: 128}
}

func mustNew(t testing.TB, s Spec) *Schedule {
	t.Helper()
	made, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestSameSeedSameSchedule(t *testing.T) {
	a, b := mustNew(t, spec()), mustNew(t, spec())
	if !slices.Equal(a.Events, b.Events) || a.Digest() != b.Digest() {
		t.Fatal("one seed gave two schedules")
	}
	other := spec()
	other.Seed = 2
	if mustNew(t, other).Digest() == a.Digest() {
		t.Fatal("two seeds gave one digest")
	}
}

func TestDigestSeesEveryField(t *testing.T) {
	base := mustNew(t, spec())
	for name, change := range map[string]func(*Event){
		"due":  func(e *Event) { e.Due++ },
		"flow": func(e *Event) { e.Flow++ },
		"from": func(e *Event) { e.From = 3 },
		"seq":  func(e *Event) { e.Seq++ },
		"size": func(e *Event) { e.Size++ },
	} {
		changed := *base
		changed.Events = slices.Clone(base.Events)
		change(&changed.Events[len(changed.Events)/2])
		if changed.Digest() == base.Digest() {
			t.Errorf("the digest does not depend on %s", name)
		}
	}
}

func TestExactCountsInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Spec{
			Seed: rapid.Uint64().Draw(t, "seed"), Flows: rapid.IntRange(1, 50).Draw(t, "flows"), ClientsSend: rapid.Bool().Draw(t, "clients send"),
			Arrivals: rapid.SampledFrom(scenarios.ArrivalProcesses).Draw(t, "arrivals"),
			Rate:     rapid.Float64Range(.5, 2000).Draw(t, "rate"),
			Warmup:   time.Duration(rapid.IntRange(0, 3000).Draw(t, "warmup")) * time.Millisecond,
			Duration: time.Duration(rapid.IntRange(1000, 3000).Draw(t, "duration")) * time.Millisecond,
			Size:     64,
		}
		made, err := New(s)
		if err != nil {
			t.Fatal(err)
		}
		if want := int(math.Round(s.Rate * s.Warmup.Seconds())); made.Steady != want {
			t.Fatalf("%d warm-up events, want %d", made.Steady, want)
		}
		if want := int(math.Round(s.Rate * s.Duration.Seconds())); len(made.Events)-made.Steady != want {
			t.Fatalf("%d steady events, want %d", len(made.Events)-made.Steady, want)
		}
		next := make([]uint32, s.Flows)
		for i, e := range made.Events {
			if i > 0 && e.Due < made.Events[i-1].Due {
				t.Fatalf("event %d is due before event %d", i, i-1)
			}
			if steady := e.Due >= s.Warmup; steady != (i >= made.Steady) {
				t.Fatalf("event %d, due %v, is on the wrong side of the warm-up's end", i, e.Due)
			}
			if e.Due < 0 || e.Due >= made.End() {
				t.Fatalf("event %d is due at %v, outside the schedule", i, e.Due)
			}
			if e.Seq != next[e.Flow] {
				t.Fatalf("flow %d: number %d after %d", e.Flow, e.Seq, next[e.Flow])
			}
			if want := map[bool]Sender{true: Sender(e.Flow), false: Application}[s.ClientsSend]; e.From != want {
				t.Fatalf("event %d of flow %d is from %d, want %d", i, e.Flow, e.From, want)
			}
			next[e.Flow]++
		}
		for flow, index := range made.Index() {
			for seq, i := range index {
				if e := made.Events[i]; e.Flow != uint32(flow) || e.Seq != uint32(seq) {
					t.Fatalf("index of flow %d, number %d leads to %+v", flow, seq, e)
				}
			}
		}
	})
}

// The Kolmogorov–Smirnov distance of n uniform values from uniform exceeds 1.95/√n once in a thousand seeds; the seed here is fixed.
func TestPoissonIsUniformGivenItsCount(t *testing.T) {
	s := mustNew(t, spec())
	events := s.Events[s.Steady:]
	worst := 0.
	for i, e := range events {
		u := float64(e.Due-s.Warmup) / float64(s.Duration)
		worst = max(worst, math.Abs(u-float64(i)/float64(len(events))), math.Abs(u-float64(i+1)/float64(len(events))))
	}
	if limit := 1.95 / math.Sqrt(float64(len(events))); worst > limit {
		t.Fatalf("distance from uniform %.4f, above %.4f", worst, limit)
	}
}

// Bursts are as many as asked for at one instant and evenly spaced, and their mean rate is the one asked for; each goes to as many flows as it can.
func TestBursts(t *testing.T) {
	s := spec()
	s.Arrivals, s.Burst, s.Rate, s.Flows = scenarios.Burst, 40, 100, 60
	made := mustNew(t, s)
	at := map[time.Duration]map[uint32]int{}
	for _, e := range made.Events[made.Steady:] {
		if at[e.Due] == nil {
			at[e.Due] = map[uint32]int{}
		}
		at[e.Due][e.Flow]++
	}
	if len(made.Events)-made.Steady != 1000 || len(at) != 25 || made.Instants() != 25 {
		t.Fatalf("%d events at %d instants (%d by its own count), want 1000 at 25", len(made.Events)-made.Steady, len(at), made.Instants())
	}
	period := 400 * time.Millisecond
	for due, flows := range at {
		if since := (due - made.Warmup - period/2) % period; len(flows) != 40 || since != 0 {
			t.Errorf("at %v there are messages of %d flows, %v beside the grid; want 40 on it", due, len(flows), since)
		}
	}
	s.Rate = 99 // 990 events: the last burst has 30 in three quarters of the time
	made = mustNew(t, s)
	last := made.Events[len(made.Events)-1].Due
	var n int
	for _, e := range made.Events {
		if e.Due == last {
			n++
		}
	}
	if n != 30 || last >= made.End() {
		t.Errorf("the last burst has %d messages at %v of %v, want 30 before the end", n, last, made.End())
	}
}

// Counts of a Poisson process in equal windows have a variance equal to their mean, evenly spaced ones none.
func TestDispersion(t *testing.T) {
	for arrivals, want := range map[scenarios.Arrivals][2]float64{scenarios.Poisson: {.8, 1.2}, scenarios.Constant: {0, .01}} {
		s := spec()
		s.Arrivals = arrivals
		made := mustNew(t, s)
		windows := make([]float64, 1000)
		for _, e := range made.Events[made.Steady:] {
			windows[int(e.Due-made.Warmup)*len(windows)/int(made.Duration)]++
		}
		mean := float64(len(made.Events)-made.Steady) / float64(len(windows))
		sum := 0.
		for _, n := range windows {
			sum += (n - mean) * (n - mean)
		}
		if got := sum / float64(len(windows)) / mean; got < want[0] || got > want[1] {
			t.Errorf("%s: variance ÷ mean of the counts is %.3f, want %v", arrivals, got, want)
		}
	}
}

// The logarithms of the sizes are uniform: their mean is the middle, and none lies outside.
func TestSizesAreEvenOverTheirLogarithm(t *testing.T) {
	s := spec()
	s.SizeMax = 128 << 10
	made := mustNew(t, s)
	sum := 0.
	for i, e := range made.Events {
		if e.Size < 128 || e.Size > 128<<10 {
			t.Fatalf("event %d has %d bytes", i, e.Size)
		}
		sum += math.Log2(float64(e.Size) / 128)
	}
	if mean := sum / float64(len(made.Events)); math.Abs(mean-5) > .15 {
		t.Fatalf("mean of log2(size ÷ 128) is %.3f, want 5", mean)
	}
	if plain := mustNew(t, spec()); plain.Events[7].Due != made.Events[7].Due || plain.Events[7].Flow != made.Events[7].Flow {
		t.Fatal("drawing sizes changed the instants or the flows")
	}
}

func TestConstantVisitsEveryFlowEvenly(t *testing.T) {
	s := spec()
	s.Arrivals = scenarios.Constant
	made := mustNew(t, s)
	for flow, n := range made.Counts {
		if n != 110 {
			t.Errorf("flow %d has %d events, want 110", flow, n)
		}
	}
}

// Nothing is due at a rate of zero, and the phases are as long as ever.
func TestNothingIsDueAtNoRate(t *testing.T) {
	for _, arrivals := range scenarios.ArrivalProcesses {
		s := spec()
		s.Rate, s.Arrivals = 0, arrivals
		if made := mustNew(t, s); len(made.Events) != 0 || made.Steady != 0 || made.End() != 11*time.Second || made.Digest() == "" || len(made.Index()) != s.Flows {
			t.Errorf("%s: %d events, end %v", arrivals, len(made.Events), made.End())
		}
	}
}

// A mixture's shares are exact in each phase, to the message, and its order is random.
func TestChoicesHaveExactShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := spec()
		s.Seed, s.Rate = rapid.Uint64().Draw(t, "seed"), rapid.Float64Range(1, 300).Draw(t, "rate")
		weights := rapid.SliceOfN(rapid.IntRange(1, 100), 1, 8).Draw(t, "weights")
		sum := 0
		for _, w := range weights {
			sum += w
		}
		for i, w := range weights {
			s.Choices = append(s.Choices, Choice{100 + i, float64(w) / float64(sum)})
		}
		made, err := New(s)
		if err != nil {
			t.Fatal(err)
		}
		for phase, events := range map[string][2]int{"warm-up": {0, made.Steady}, "steady": {made.Steady, len(made.Events)}} {
			counts := make([]int, len(s.Choices))
			for i := events[0]; i < events[1]; i++ {
				counts[made.Picks[i]]++
				if int(made.Events[i].Size) != s.Choices[made.Picks[i]].Size {
					t.Fatalf("event %d has %d bytes, its choice %d", i, made.Events[i].Size, s.Choices[made.Picks[i]].Size)
				}
			}
			n := events[1] - events[0]
			for i, c := range s.Choices {
				if exact := c.Share * float64(n); math.Abs(float64(counts[i])-exact) >= 1+1e-6 {
					t.Fatalf("%s: choice %d has %d of %d events, its share is %.2f", phase, i, counts[i], n, exact)
				}
			}
		}
	})
}

// The order of a mixture is drawn: runs of one size are as frequent as chance makes them.
func TestChoicesAreShuffled(t *testing.T) {
	s := spec()
	s.Choices = []Choice{{64, .5}, {128, .5}}
	made := mustNew(t, s)
	changes := 0
	for i := made.Steady + 1; i < len(made.Events); i++ {
		if made.Picks[i] != made.Picks[i-1] {
			changes++
		}
	}
	// Of 9,999 neighbours half differ, with a standard deviation of 50.
	if changes < 4750 || changes > 5250 {
		t.Errorf("%d of 9,999 neighbours differ", changes)
	}
	again := mustNew(t, s)
	if !slices.Equal(made.Picks, again.Picks) || made.Digest() != again.Digest() {
		t.Error("one seed gave two mixtures")
	}
}

// With more samples than events each is sent once at most, and which ones is drawn.
func TestMoreChoicesThanEvents(t *testing.T) {
	s := spec()
	s.Rate, s.Warmup = 1, 0
	for range 1000 {
		s.Choices = append(s.Choices, Choice{64, 1. / 1000})
	}
	made := mustNew(t, s)
	seen := map[uint32]bool{}
	for _, pick := range made.Picks {
		seen[pick] = true
	}
	if len(seen) != 10 || seen[0] && seen[1] && seen[2] {
		t.Errorf("picked %v for %d events", made.Picks, len(made.Events))
	}
}

func TestDigestSeesContent(t *testing.T) {
	s := spec()
	s.Choices = []Choice{{64, .5}, {64, .5}}
	plain := mustNew(t, s)
	s.Content = "a"
	a := mustNew(t, s)
	s.Content = "b"
	b := mustNew(t, s)
	if plain.Digest() == a.Digest() || a.Digest() == b.Digest() {
		t.Error("the digest does not depend on the content")
	}
	a.Picks[7]++
	if changed := a.Digest(); changed == mustNew(t, s).Digest() {
		t.Error("the digest does not depend on which content each event has")
	}
}

// Joined schedules keep every event of both, each flow in its order, and the end of the warm-up where it was.
func TestJoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string, clientsSend bool) *Schedule {
			s := Spec{
				Seed: rapid.Uint64().Draw(t, name+" seed"), Flows: rapid.IntRange(1, 20).Draw(t, name+" flows"), ClientsSend: clientsSend,
				Arrivals: rapid.SampledFrom(scenarios.ArrivalProcesses).Draw(t, name+" arrivals"), Rate: rapid.Float64Range(1, 300).Draw(t, name+" rate"),
				Warmup: time.Second, Duration: 2 * time.Second, Choices: []Choice{{64, .5}, {80, .5}},
			}
			made, err := New(s)
			if err != nil {
				t.Fatal(err)
			}
			return made
		}
		down, up := draw("down", false), draw("up", true)
		both := Join(down, up)
		for i, e := range both.Events {
			if i > 0 && e.Due < both.Events[i-1].Due || (e.Due >= both.Warmup) != (i >= both.Steady) {
				t.Fatalf("event %d, due %v, is out of order or of its phase", i, e.Due)
			}
		}
		index := both.Index()
		for flow, events := range append(down.Index(), up.Index()...) {
			of, goesUp := down, flow >= len(down.Counts)
			if goesUp {
				of = up
			}
			if len(index[flow]) != len(events) {
				t.Fatalf("flow %d has %d events, want %d", flow, len(index[flow]), len(events))
			}
			for seq, i := range events {
				got, want := both.Events[index[flow][seq]], of.Events[i]
				if both.GoesUp(got) != goesUp || got.Due != want.Due || got.Seq != want.Seq || got.Size != want.Size || got.From != want.From || both.Picks[index[flow][seq]] != of.Picks[i] {
					t.Fatalf("flow %d, number %d is %+v, want %+v", flow, seq, got, want)
				}
			}
		}
	})
}

func TestRefusesWhatCannotBe(t *testing.T) {
	for name, change := range map[string]func(*Spec){
		"no flow":     func(s *Spec) { s.Flows = 0 },
		"no rate":     func(s *Spec) { s.Rate = -1 },
		"no duration": func(s *Spec) { s.Duration = 0 },
		"too many":    func(s *Spec) { s.Rate = 1e9 },
	} {
		bad := spec()
		change(&bad)
		if _, err := New(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		mustNew(b, spec())
	}
}
