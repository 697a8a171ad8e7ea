package verify

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/loadgen/schedule"
	"pushbench/results"
	"pushbench/scenarios"
)

// simulated is a lab in which the protocols run in simulated time: it knows the legs of each exchange and a backlog, and nothing of gaps, shares or laws. What the
// checks must accept and reject can be tried in it without a socket.
type simulated struct {
	defect defect
	seed   uint64
}

// defect is what is wrong with the harness.
type defect int

const (
	none         defect = iota
	oneWay              // requests are not delayed
	twice               // arrivals are delayed twice
	freeDial            // connecting takes no time
	keepsConn           // "a new connection for each poll" keeps the old one
	dropsWaits          // samples of messages that waited are lost
	late                // everything is 2 ms late
	sleepsFixed         // a poller that shall sleep after its response keeps to the grid
	alwaysParked        // a poll is there all the time
	regular             // messages come at a steady pace instead of at random
	slowLoop            // a poller takes 5 ms between a response and the next poll
)

// Measure implements Lab.
func (s simulated) Measure(_ context.Context, scenario *scenarios.Scenario, _ Options) ([]Measurement, error) {
	arms, err := scenario.Arms()
	if err != nil {
		return nil, err
	}
	var all []Measurement
	for _, arm := range arms {
		m, err := s.measure(arm)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

func (s simulated) measure(arm scenarios.Arm) (Measurement, error) {
	w := arm.Scenario
	spec := schedule.Spec{
		Seed: s.seed, Flows: w.Clients, Arrivals: w.Arrivals, Rate: float64(w.Rate), Warmup: w.Warmup, Duration: w.Duration, Size: int(w.Payload),
	}
	if s.defect == regular {
		spec.Arrivals = scenarios.Constant
	}
	due, err := schedule.New(spec)
	if err != nil {
		return Measurement{}, err
	}
	session := session{simulated: s, scenario: w, transport: arm.Transport, random: rand.New(rand.NewPCG(s.seed, 1))}
	latency, connect, uplink := results.NewHistogram(), results.NewHistogram(), results.NewHistogram()
	for _, events := range due.Index() {
		_ = connect.RecordValue(int64(session.connect()))
		session.receive(due, events, func(event uint32, took time.Duration) {
			if int(event) >= due.Steady {
				_ = latency.RecordValue(int64(took))
			}
		})
	}
	for range int(float64(w.UplinkRate()) * w.Duration.Seconds()) {
		_ = uplink.RecordValue(int64(session.request()))
	}
	return session.measurement(results.Histograms{
		results.Latency: {slice(latency)}, results.Connect: {slice(connect)}, results.UplinkLatency: {slice(uplink)},
	})
}

func slice(h *hdrhistogram.Histogram) results.Slice {
	s, err := results.NewSlice(0, time.Second, h)
	if err != nil {
		panic(err)
	}
	return s
}

// session is one transport's clients.
type session struct {
	simulated
	scenario            *scenarios.Scenario
	transport           scenarios.Transport
	random              *rand.Rand
	responses, messages int64
}

func (s *session) measurement(h results.Histograms) (Measurement, error) {
	round := results.Round{Verdict: results.Valid}
	for _, metric := range []results.Metric{results.Latency, results.Connect} {
		summary, err := h.Summarise(metric, s.messages)
		if err != nil {
			return Measurement{}, err
		}
		*round.Summary(metric) = summary
	}
	if s.responses > 0 {
		round.Wire.MessagesPerResponse = new(float64(s.messages) / float64(s.responses))
	}
	cell := results.Cell{Transport: s.transport, Verdict: results.Valid, Measured: round.Measured, Rounds: []results.Round{round}}
	return Measurement{Cell: cell, Histograms: []results.Histograms{h}}, nil
}

// jitter is what a real path adds to each leg.
func (s *session) jitter() time.Duration {
	return time.Duration(s.random.ExpFloat64() * float64(30*time.Microsecond))
}

func (s *session) up() time.Duration {
	switch s.defect {
	case oneWay:
		return s.jitter()
	case late:
		return s.scenario.Network.Delay + 2*time.Millisecond + s.jitter()
	}
	return s.scenario.Network.Delay + s.jitter()
}

func (s *session) down() time.Duration {
	switch s.defect {
	case twice:
		return 2*s.scenario.Network.Delay + s.jitter()
	case late:
		return s.scenario.Network.Delay + 2*time.Millisecond + s.jitter()
	}
	return s.scenario.Network.Delay + s.jitter()
}

// dial is TCP's round trip and TLS's.
func (s *session) dial() time.Duration {
	trips := map[scenarios.TLSVersion]int{scenarios.TLSOff: 1, scenarios.TLS13: 2, scenarios.TLS12: 3}[s.scenario.TLS]
	var took time.Duration
	for range trips {
		took += s.up() + s.down()
	}
	if s.defect == freeDial {
		return 0
	}
	return took
}

func (s *session) connect() time.Duration { return s.dial() + s.up() + s.down() }

// request is from the wish to send one until it is at the server.
func (s *session) request() time.Duration {
	if s.transport == scenarios.LongPollNewConn && s.defect != keepsConn {
		return s.dial() + s.up()
	}
	return s.up()
}

// receive plays one client and reports its deliveries.
func (s *session) receive(due *schedule.Schedule, events []uint32, deliver func(uint32, time.Duration)) {
	born := make([]time.Duration, len(events))
	for i, e := range events {
		born[i] = due.Events[e].Due
	}
	report := func(i int, at time.Duration, waited bool) {
		if waited && s.defect == dropsWaits {
			return
		}
		deliver(events[i], at-due.Events[events[i]].Due)
	}
	switch s.transport {
	case scenarios.WebSocket:
		for i, b := range born {
			report(i, b+s.down(), false)
		}
	case scenarios.ShortPoll:
		s.shortPoll(born, report)
	default:
		s.longPoll(born, report)
	}
}

func (s *session) longPoll(born []time.Duration, report func(int, time.Duration, bool)) {
	var now time.Duration // when the poll reaches the server
	for next := 0; next < len(born); {
		now = max(now, born[next])
		first := next
		received := now + s.down()
		for ; next < len(born) && born[next] <= now; next++ {
			if s.defect == alwaysParked {
				received = born[next] + s.down()
			}
			report(next, received, born[next] < now)
		}
		s.responses++
		s.messages += int64(next - first)
		now = received + s.request()
		if s.defect == slowLoop {
			now += 5 * time.Millisecond
		}
	}
}

func (s *session) shortPoll(born []time.Duration, report func(int, time.Duration, bool)) {
	interval := s.scenario.ShortPoll.Interval
	start := time.Duration(s.random.Int64N(int64(interval)))
	for next := 0; next < len(born); {
		now := start + s.up()
		received := now + s.down()
		for ; next < len(born) && born[next] <= now; next++ {
			report(next, received, true)
		}
		if start += interval; s.scenario.ShortPoll.Schedule == scenarios.PollSleep && s.defect != sleepsFixed {
			start = received + interval + sleepTurnaround
		}
	}
}

func TestChecksAcceptAndReject(t *testing.T) {
	tests := []struct {
		check   Check
		rejects []defect
	}{
		{longpollModel, []defect{oneWay, twice, freeDial, keepsConn, dropsWaits, alwaysParked, regular, slowLoop}},
		{rfc6202, []defect{oneWay, twice, freeDial, keepsConn, dropsWaits, alwaysParked, slowLoop}},
		{periodic, []defect{oneWay, twice, alwaysParked}},
		{shortPoll, []defect{oneWay, sleepsFixed}},
		{post, []defect{oneWay, twice, freeDial, keepsConn, late}},
		{network, []defect{oneWay, twice, freeDial}},
	}
	for _, tt := range tests {
		t.Run(tt.check.Name, func(t *testing.T) {
			t.Parallel()
			if o := attempt(t.Context(), tt.check, simulated{seed: 1}, Default); !o.Pass() {
				t.Errorf("the right harness is rejected: %s", failure(o))
			}
			for _, d := range tt.rejects {
				if attempt(t.Context(), tt.check, simulated{defect: d, seed: 1}, Default).Pass() {
					t.Errorf("defect %d is accepted", d)
				}
			}
		})
	}
}
