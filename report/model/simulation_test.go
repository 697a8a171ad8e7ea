package model

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const (
	ms     = time.Millisecond
	events = 100_000
)

// poisson is n arrivals at a rate per second.
func poisson(seed uint64, rate float64, n int) []time.Duration {
	r := rand.New(rand.NewPCG(seed, 7))
	at := make([]time.Duration, n)
	var now float64
	for i := range at {
		now += r.ExpFloat64() / rate
		at[i] = time.Duration(now * 1e9)
	}
	return at
}

// outcome is what a simulated client saw.
type outcome struct {
	latencies        []time.Duration
	responses, empty int
	end              time.Duration
}

// request carries a poll from the client to the server, leg by leg, with whatever setup comes first.
func (p Path) request(now time.Duration) time.Duration {
	for range p.Setup {
		now += p.Delay // our hello
		now += p.Delay // the server's
	}
	return now + p.Delay
}

// simulate is the protocol itself: it knows legs and a backlog, and nothing of gaps, shares or laws. each is the most messages one response carries.
func (p LongPoll) simulate(born []time.Duration, each int) outcome {
	var o outcome
	var now time.Duration // when a poll reaches the server
	for next := 0; next < len(born); {
		take := 0
		for take < each && next+take < len(born) && born[next+take] <= now {
			take++
		}
		switch {
		case take > 0:
		case p.Hold > 0 && born[next] > now+p.Hold:
			now += p.Hold
			o.empty++
		default:
			now = born[next]
			take = 1
		}
		received := now + p.Delay
		for _, b := range born[next : next+take] {
			o.latencies = append(o.latencies, received-b)
		}
		next += take
		o.responses++
		now = p.request(received + p.Turnaround)
		o.end = now
	}
	return o
}

// simulate is a client that polls at its ticks or sleeps after a response.
func (p ShortPoll) simulate(born []time.Duration) outcome {
	var o outcome
	var start time.Duration // when a poll leaves the client
	for next := 0; next < len(born); {
		now := p.request(start)
		for next < len(born) && born[next] <= now {
			o.latencies = append(o.latencies, now+p.Delay-born[next])
			next++
		}
		o.responses++
		ready := now + p.Delay + p.Turnaround
		if p.Sleeps {
			start = ready + p.Interval
		} else {
			for start += p.Interval; start < ready; start += p.Interval {
			}
		}
		o.end = start
	}
	return o
}

func empirical(latencies []time.Duration) *Empirical {
	bins := make([]Bin, len(latencies))
	for i, l := range latencies {
		bins[i] = Bin{l, 1}
	}
	return NewEmpirical(bins)
}

// follows holds simulated latencies against a law: the distance, the mean and the largest.
func follows(t *testing.T, latencies []time.Duration, law UniformWait) {
	t.Helper()
	seen := empirical(latencies)
	if d := Distance(seen, law); d > 0.006 {
		t.Errorf("the simulation is %.4f from the law", d)
	}
	if got, want := seen.Mean(), law.Mean(); !near(got, want, law.Gap/100) {
		t.Errorf("mean %v, the law says %v", got, want)
	}
	if longest := slices.Max(latencies); longest > law.Max() {
		t.Errorf("longest %v, the law allows %v", longest, law.Max())
	}
}

func near(a, b, tolerance time.Duration) bool { return (a - b).Abs() <= max(1, tolerance) }

func within(a, b, relative float64) bool { return math.Abs(a-b) <= relative*math.Abs(b) }

func TestLongPollAgainstSimulation(t *testing.T) {
	tests := []struct {
		name string
		poll LongPoll
		rate float64
	}{
		{"keep-alive, 1/s", LongPoll{Path: Path{Delay: 50 * ms}}, 1},
		{"keep-alive, 10/s", LongPoll{Path: Path{Delay: 50 * ms}}, 10},
		{"keep-alive, 100/s", LongPoll{Path: Path{Delay: 50 * ms}}, 100},
		{"turnaround", LongPoll{Path: Path{Delay: 20 * ms, Turnaround: 15 * ms}}, 12},
		{"new TCP", LongPoll{Path: Path{Delay: 50 * ms, Setup: NewTCP}}, 4},
		{"new TLS 1.3", LongPoll{Path: Path{Delay: 50 * ms, Setup: NewTLS13}}, 4},
		{"new TLS 1.2", LongPoll{Path: Path{Delay: 50 * ms, Setup: NewTLS12}}, 4},
		{"short hold", LongPoll{Path: Path{Delay: 50 * ms}, Hold: 300 * ms}, 2},
		{"short hold, idle", LongPoll{Path: Path{Delay: 50 * ms}, Hold: 200 * ms}, 0.5},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := tt.poll.simulate(poisson(uint64(i), tt.rate, events), math.MaxInt)
			follows(t, o.latencies, tt.poll.Latency(tt.rate))
			if got, want := float64(events)/float64(o.responses), tt.poll.MessagesPerResponse(tt.rate); !within(got, want, 0.01) {
				t.Errorf("%.4f messages per response, the model says %.4f", got, want)
			}
			if got, want := float64(o.responses)/o.end.Seconds(), tt.poll.RequestsPerSecond(tt.rate); !within(got, want, 0.01) {
				t.Errorf("%.4f requests per second, the model says %.4f", got, want)
			}
			if got, want := float64(o.empty)/float64(o.responses), tt.poll.EmptyShare(tt.rate); math.Abs(got-want) > 0.01 {
				t.Errorf("%.4f of responses empty, the model says %.4f", got, want)
			}
		})
	}
}

func TestUnbatchedAgainstSimulation(t *testing.T) {
	poll := LongPoll{Path: Path{Delay: 50 * ms}}
	for _, rate := range []float64{1, 4, 7} {
		o := poll.simulate(poisson(3, rate, 3*events), 1)
		mean, stable := poll.Unbatched(rate)
		if !stable || !near(empirical(o.latencies).Mean(), mean, mean/40) {
			t.Errorf("rate %v: mean %v, the model says %v, stable %v", rate, empirical(o.latencies).Mean(), mean, stable)
		}
	}
}

func TestUnbatchedIsUnstableAtCapacity(t *testing.T) {
	poll := LongPoll{Path: Path{Delay: 50 * ms}}
	if _, stable := poll.Unbatched(10); stable {
		t.Error("10/s with a gap of 100 ms is called stable")
	}
	o := poll.simulate(poisson(3, 12, 20_000), 1)
	if last := o.latencies[len(o.latencies)-1]; last < 100*time.Second {
		t.Errorf("at 12/s the last message took %v: the queue did not grow", last)
	}
}

func TestShortPollAgainstSimulation(t *testing.T) {
	path := Path{Delay: 30 * ms, Setup: NewTCP, Turnaround: 5 * ms} // a trip of 125 ms
	tests := []struct {
		name  string
		poll  ShortPoll
		cycle time.Duration
	}{
		{"fixed", ShortPoll{Path: path, Interval: time.Second}, time.Second},
		{"fixed, faster than the round trip", ShortPoll{Path: path, Interval: 50 * ms}, 150 * ms},
		{"fixed, exactly the round trip", ShortPoll{Path: path, Interval: 125 * ms}, 125 * ms},
		{"sleeping", ShortPoll{Path: path, Interval: 200 * ms, Sleeps: true}, 325 * ms},
		{"as fast as it can", ShortPoll{Path: path, Sleeps: true}, 125 * ms},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.poll.Cycle(); got != tt.cycle {
				t.Fatalf("cycle %v, want %v", got, tt.cycle)
			}
			const rate = 9
			o := tt.poll.simulate(poisson(uint64(i), rate, events))
			follows(t, o.latencies, tt.poll.Latency())
			if got := float64(o.responses) / o.end.Seconds(); !within(got, tt.poll.RequestsPerSecond(), 0.001) {
				t.Errorf("%v requests per second, want %v", got, tt.poll.RequestsPerSecond())
			}
			if got := float64(events) / float64(o.responses); !within(got, tt.poll.MessagesPerResponse(rate), 0.01) {
				t.Errorf("%v messages per response, want %v", got, tt.poll.MessagesPerResponse(rate))
			}
		})
	}
}

// every is n arrivals a period apart.
func every(period time.Duration, n int) []time.Duration {
	at := make([]time.Duration, n)
	for i := range at {
		at[i] = time.Duration(i) * period
	}
	return at
}

func TestPeriodicAgainstSimulation(t *testing.T) {
	const period = 250 * ms
	tests := []struct {
		name string
		poll LongPoll
		grid time.Duration // how much lower the mean is because the two never drift
	}{
		{"just below half a period", LongPoll{Path: Path{Delay: 124 * ms}}, 0},
		{"exactly half", LongPoll{Path: Path{Delay: 125 * ms}}, 0},
		{"just above", LongPoll{Path: Path{Delay: 126 * ms}}, 1 * ms},
		{"a gap of two periods, exact", LongPoll{Path: Path{Delay: 250 * ms}}, 125 * ms},
		{"a gap of two periods, drifting", LongPoll{Path: Path{Delay: 250 * ms, Turnaround: ms / 10}}, 0},
		{"an odd gap", LongPoll{Path: Path{Delay: 200 * ms, Turnaround: 12345678}}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := tt.poll.simulate(every(period, 100_000), math.MaxInt)
			want := tt.poll.Periodic(period).Mean() - tt.grid
			if got := empirical(o.latencies).Mean(); !near(got, want, want/50) {
				t.Errorf("mean %v, the model says %v", got, want)
			}
		})
	}
	jump := func(d time.Duration) float64 {
		return float64(LongPoll{Path: Path{Delay: d}}.Periodic(period).Mean()) / float64(d)
	}
	if jump(124*ms) != 1 || jump(126*ms) != 2 {
		t.Errorf("mean ÷ d is %v at 124 ms and %v at 126 ms, want 1 and 2", jump(124*ms), jump(126*ms))
	}
}

// stalled delivers at once, except that each stall holds what is due in it until its end.
func stalled(s Stall, run, base time.Duration, n int) []time.Duration {
	latencies := make([]time.Duration, n)
	for i := range latencies {
		due := time.Duration(float64(run) * (float64(i) + 0.5) / float64(n))
		into := (due + s.Every/3) % s.Every
		latencies[i] = base + max(0, s.Length-into)
	}
	return latencies
}

func TestStallAgainstSimulation(t *testing.T) {
	tests := []struct {
		name  string
		stall Stall
		run   time.Duration
	}{
		{"once", Stall{500 * ms, 5 * time.Second}, 5 * time.Second},
		{"every second", Stall{200 * ms, time.Second}, 20 * time.Second},
		{"most of the time", Stall{900 * ms, time.Second}, 20 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			latencies := stalled(tt.stall, tt.run, 10*ms, events)
			law := tt.stall.Latency(10 * ms)
			follows(t, latencies, law)
			for _, q := range []float64{0.5, 0.9, 0.99, 0.999} {
				if got, want := empirical(latencies).Quantile(q), law.Quantile(q); !near(got, want, 2*ms) {
					t.Errorf("Q(%v) = %v, the law says %v", q, got, want)
				}
			}
		})
	}
}

// A closed loop in small steps: the next request leaves when the last response came.
func TestClosedLoopAgainstSimulation(t *testing.T) {
	stall, service := Stall{500 * ms, 5 * time.Second}, 10*ms
	var samples, hit int
	for now := time.Duration(0); now < 1000*time.Second; samples++ {
		end := now + service
		if begin := end - end%stall.Every; begin > now || begin == end { // a stall begins before the answer leaves
			end += stall.Length
			hit++
		}
		now = end
	}
	if got, want := float64(hit)/float64(samples), stall.ClosedLoopShare(service); !within(got, want, 0.02) {
		t.Errorf("%.5f of a closed loop's samples saw the stall, the model says %.5f", got, want)
	}
}

// jittered adds to each latency an independent lognormal jitter, the same law for every path.
func jittered(seed uint64, latencies []time.Duration) []time.Duration {
	r := rand.New(rand.NewPCG(seed, 99))
	out := slices.Clone(latencies)
	for i := range out {
		out[i] += time.Duration(float64(150*time.Microsecond) * math.Exp(r.NormFloat64()))
	}
	slices.SortFunc(out, cmp.Compare[time.Duration])
	return out
}

// The whole use: a WebSocket cell with jitter predicts a long-poll cell with jitter, and would notice a gap or a rate that is not the model's.
func TestPredictionFromAMeasuredCell(t *testing.T) {
	const rate = 6
	poll := LongPoll{Path: Path{Delay: 50 * ms, Turnaround: 2 * ms}, Hold: 25 * time.Second}
	pushed := make([]time.Duration, events)
	for i := range pushed {
		pushed[i] = poll.Delay
	}
	websocket := empirical(jittered(1, pushed))
	polled := empirical(jittered(2, poll.simulate(poisson(1, rate, events), math.MaxInt).latencies))

	model := LongPoll{Path: Measured(websocket, 2*ms), Hold: poll.Hold}
	if d := Distance(polled, model.Predict(websocket, rate)); d > Agreement {
		t.Errorf("the polled cell is %.4f from its prediction", d)
	}
	if d := Distance(polled, poll.Latency(rate)); d < 10*Agreement {
		t.Errorf("only %.4f from the law without jitter: then convolving proves nothing", d)
	}
	wrong := []struct {
		name string
		poll LongPoll
		rate float64
	}{
		{"another setup", LongPoll{Path: Path{Delay: model.Delay, Setup: NewTCP}}, rate},
		{"another rate", model, 2 * rate},
		{"a turnaround left out", LongPoll{Path: Path{Delay: model.Delay, Turnaround: 20 * ms}}, rate},
	}
	for _, tt := range wrong {
		if d := Distance(polled, tt.poll.Predict(websocket, tt.rate)); d <= Agreement {
			t.Errorf("%s is only %.4f away", tt.name, d)
		}
	}
	if d := Distance(polled, ShortPoll{Path: model.Path, Interval: 100 * ms}.Predict(websocket)); d <= Agreement {
		t.Errorf("a short poll is only %.4f away", d)
	}
}
