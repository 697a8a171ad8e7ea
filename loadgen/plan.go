package loadgen

import (
	"errors"
	"fmt"
	"time"

	"pushbench/loadgen/schedule"
	"pushbench/results"
	"pushbench/scenarios"
)

// Plan is what one round of one arm shall do. It is plain data: a worker process reads it as JSON.
type Plan struct {
	// Index counts the rounds of the cell, Order those of the run.
	Index     int                 `json:"index"`
	Order     int                 `json:"order"`
	Transport scenarios.Transport `json:"transport"`
	Client    ClientKind          `json:"client"`
	Scenario  scenarios.Scenario  `json:"scenario"`
	// Seed makes the schedule; all arms of one round index share it.
	Seed   uint64     `json:"seed"`
	Server ServerInfo `json:"server"`
	// Samples are the messages to send, where the scenario names a file of them.
	Samples *scenarios.Samples `json:"samples,omitempty"`
	// Mark tells this round's topics and payloads from those of every other on a server that outlives them and keeps messages; 0 for a server of its own.
	Mark uint32 `json:"mark,omitempty"`
}

// ClientKind says whose protocol code the simulated clients run.
type ClientKind = scenarios.ClientKind

// The kinds of client.
const (
	Lean    = scenarios.Lean
	Library = scenarios.Library
)

// ClientKinds lists every kind of client.
var ClientKinds = scenarios.ClientKinds

// ServerInfo is the server to measure.
type ServerInfo struct {
	// URL is where it listens, such as http://127.0.0.1:8080.
	URL string `json:"url"`
	// Description says what it speaks and, if URL is empty, where; nil for the reference server's protocol.
	Description *Description `json:"description,omitempty"`
	// Foreign is true for a server that this program has not started.
	Foreign bool `json:"foreign,omitempty"`
	// PIDs and Cgroups are the processes and control groups whose costs together are the server's; none if it cannot be read here.
	PIDs    []int    `json:"pids,omitempty"`
	Cgroups []string `json:"cgroups,omitempty"`
	// Tree is true if what the processes started counts too: the cost is that of each process and of all below it.
	Tree bool `json:"tree,omitempty"`
	// Certificate is the one it proves itself with, in DER; only with TLS.
	Certificate []byte `json:"certificate,omitempty"`
	// Cores is how many processors it may use, and Procs on how many its Go code runs at once; 0 where that is not known.
	Cores int `json:"cores,omitempty"`
	Procs int `json:"procs,omitempty"`
	// HTTP names the library it answers requests with, if it is the reference server.
	HTTP string `json:"http,omitempty"`
	// Injected names the faults it was told to produce.
	Injected string `json:"injected,omitempty"`
}

// counted names what the cost of a server is read from that this program has not started.
func (s ServerInfo) counted() (names []string) {
	if !s.Foreign {
		return nil
	}
	for _, pid := range s.PIDs {
		names = append(names, fmt.Sprintf("process %d", pid))
	}
	for _, path := range s.Cgroups {
		names = append(names, "control group "+path)
	}
	return names
}

// Description is a target file as it was written. What it takes from the environment and from other files is not in it: whoever speaks by it resolves that
// itself, so that no secret travels.
type Description struct {
	Path string `json:"path"`
	Text []byte `json:"text"`
}

// Usable is how many processors the server can keep busy; 0 if that is not known.
func (s ServerInfo) Usable() int {
	if s.Procs > 0 && s.Procs < s.Cores {
		return s.Procs
	}
	return s.Cores
}

// RoundResult is what one round measured: also plain data.
type RoundResult = results.RoundData

// schedule makes the plan's schedule.
func (p Plan) schedule() (*schedule.Schedule, error) {
	l := newLayout(p.Scenario)
	spec := schedule.Spec{
		Seed: p.Seed, Flows: l.downs(), ClientsSend: l.speak, Arrivals: p.Scenario.Arrivals, Burst: p.Scenario.Burst, Rate: float64(p.Scenario.Rate),
		Warmup: p.Scenario.Warmup, Duration: p.Scenario.Duration, Size: int(p.Scenario.Payload), SizeMax: int(p.Scenario.PayloadMax),
	}
	spec.Parts = parts(p.Scenario.Stages)
	if err := p.fill(&spec); err != nil {
		return nil, err
	}
	down, err := schedule.New(spec)
	if err != nil || !l.up {
		return down, err
	}
	spec.Seed ^= upSeed
	spec.Flows, spec.ClientsSend, spec.Rate = l.clients, true, float64(p.Scenario.UplinkRate())
	up, err := schedule.New(spec)
	if err != nil {
		return nil, fmt.Errorf("messages to the application: %w", err)
	}
	return schedule.Join(down, up), nil
}

// parts are what a scenario's stages say of the rate.
func parts(stages scenarios.Stages) (all []schedule.Part) {
	for i, stage := range stages {
		all = append(all, schedule.Part{Length: stage.Duration, From: float64(stages.Before(i).Rate), To: float64(stage.Rate)})
	}
	return all
}

// errNoSamples is for a plan that shall send messages it does not have.
var errNoSamples = errors.New("the scenario names a payload_file, but the plan has none of its messages")

// fill says what the payloads are, where they are not of one size or between two.
func (p Plan) fill(spec *schedule.Spec) error {
	for _, m := range p.Scenario.PayloadMix {
		spec.Choices = append(spec.Choices, schedule.Choice{Size: int(m.Size), Share: float64(m.Share)})
	}
	if p.Scenario.PayloadFile == "" {
		return nil
	}
	if p.Samples == nil || len(p.Samples.Bodies) == 0 {
		return errNoSamples
	}
	spec.Content = p.Samples.Digest
	for _, body := range p.Samples.Bodies {
		spec.Choices = append(spec.Choices, schedule.Choice{Size: body.Size(), Share: 1 / float64(len(p.Samples.Bodies))})
	}
	return nil
}

// upSeed makes what goes up independent of what comes down.
const upSeed = 0x7570

const (
	// drainAtLeast outlasts a server that was stopped for some seconds.
	drainAtLeast = 5 * time.Second
	// graceAtLeast is the shortest time that a complete round goes on listening for what must not come: duplicates.
	graceAtLeast = 150 * time.Millisecond
)

// slowestPoll is the longest time that a poller of the plan lets pass between an answer and its next poll; 0 without pollers.
func (p Plan) slowestPoll() (wait time.Duration) {
	for _, t := range p.Scenario.Uses(p.Transport) {
		switch t {
		case scenarios.ShortPoll:
			wait = max(wait, p.Scenario.ShortPoll.Interval)
		case scenarios.LongPoll, scenarios.LongPollNewConn:
			wait = max(wait, p.Scenario.LongPoll.Turnaround)
		}
	}
	return wait
}

// mixes says whether the plan's clients are told to use several transports.
func (p Plan) mixes() bool { return p.Transport == scenarios.Mix }

// apart are the transports whose clients have books of their own: those of a mix, or WebSocket and what a share of its clients falls back to; none where all use the
// same, or where the books of what goes up and of slow readers could not be kept apart.
func (p Plan) apart() []scenarios.Transport {
	if p.mixes() {
		return p.Scenario.Uses(p.Transport)
	}
	barred := len(p.barred())
	if barred == 0 || barred == p.Scenario.Clients || p.Scenario.Pattern == scenarios.Duplex || p.Scenario.Slow.Share > 0 {
		return nil
	}
	return []scenarios.Transport{scenarios.WebSocket, scenarios.LongPoll}
}

// grace is how long a complete round goes on listening: long enough for one more answer to every poller.
func (p Plan) grace() time.Duration {
	grace := graceAtLeast + 4*(p.Scenario.Network.Delay+p.Scenario.Network.Jitter)
	if p.Scenario.Fallback > 0 {
		grace += p.Scenario.LongPoll.Turnaround
	}
	return grace + p.slowestPoll()
}

// drain is the longest that a round waits for its last messages: at least two poll intervals, so that no poller is cut off by its own schedule.
func (p Plan) drain() time.Duration {
	limit := drainAtLeast + 10*(p.Scenario.Network.Delay+p.Scenario.Network.Jitter)
	limit = max(limit, 3*p.slowestPoll())
	if o := p.Scenario.Outage; o.At > 0 { // one at the end of the steady phase leaves its clients two waits and a while to come back
		limit += o.Refuse + 2*p.Scenario.Reconnect.Max
	}
	return limit
}
