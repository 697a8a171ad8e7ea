package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/target"
	"pushbench/report/format"
	"pushbench/results"
	"pushbench/scenarios"
)

// isLocal says which addresses are this machine's own, where a run disturbs nobody else. A test has none be (TestMain).
var isLocal = netip.Addr.IsLoopback

// knocking is how many clients connect to a server beyond this machine before it is put under load.
const knocking = 10

// beyond says whether any of a target's addresses is not this machine's own, as far as that can be told: one that cannot be resolved is.
func (a *aim) beyond(ctx context.Context) bool {
	for _, host := range a.hosts() {
		addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil || slices.ContainsFunc(addrs, func(addr netip.Addr) bool { return !isLocal(addr.Unmap()) }) {
			return true
		}
	}
	return false
}

// hosts are all that its clients and publishers connect to.
func (a *aim) hosts() (hosts []string) {
	switch {
	case a.own():
		return nil
	case a.described == nil:
		return []string{a.url.Hostname()}
	}
	for _, u := range a.described.URLs() {
		hosts = append(hosts, u.Hostname())
	}
	return hosts
}

// checkBeyond protects servers that are not on this machine: it has a few clients connect, says what the run would put on them, and refuses the run unless
// that was agreed to.
func (e *experiment) checkBeyond(ctx context.Context, out io.Writer) error {
	var names []string
	var loads []load
	for _, a := range e.aims {
		if !a.beyond(ctx) {
			continue
		}
		names = append(names, a.name)
		for _, t := range append(slices.Clone(scenarios.Transports), scenarios.Mix) {
			if l, ok := e.loadOf(a, t); ok {
				knocked, err := a.knock(ctx, l.busiest)
				if err != nil {
					return err
				}
				l.learn(knocked)
				loads = append(loads, l)
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	if err := e.announce(out, names, loads); err != nil || e.flags.aim.yes {
		return err
	}
	return usage(fmt.Errorf("%s: beyond this machine; add --yes if this load may be put there", strings.Join(names, ", ")))
}

// load is the most that a run puts on a server over one transport, in any second unless it says otherwise. It is computed, not measured.
type load struct {
	target    string
	transport scenarios.Transport
	busiest   scenarios.Arm
	clients   int
	// published and delivered are messages, opened are connections once all clients are there, requests are polls and posts.
	published, delivered, opened, requests float64
	bytes                                  float64
	connect                                time.Duration // the slowest of those who knocked
}

// loadOf is the most of everything that any of the run's arms with a target and a transport has.
func (e *experiment) loadOf(a *aim, t scenarios.Transport) (most load, ok bool) {
	for _, c := range e.cells {
		if e.aimOf(c.arm) != a || c.arm.Transport != t {
			continue
		}
		most, ok = most.with(newLoad(a.name, c.arm)), true
	}
	return most, ok
}

// with is the most of two arms' loads.
func (l load) with(other load) load {
	if other.bytes+float64(other.clients) > l.bytes+float64(l.clients) {
		l.target, l.transport, l.busiest = other.target, other.transport, other.busiest
	}
	l.clients = max(l.clients, other.clients)
	l.published, l.delivered = max(l.published, other.published), max(l.delivered, other.delivered)
	l.opened, l.requests = max(l.opened, other.opened), max(l.requests, other.requests)
	l.bytes = max(l.bytes, other.bytes)
	return l
}

func newLoad(name string, arm scenarios.Arm) load {
	s := arm.Scenario
	l := load{target: name, transport: arm.Transport, busiest: arm, clients: s.Clients}
	rate := s.Rate
	for _, stage := range s.Stages {
		rate = max(rate, stage.Rate)
	}
	l.published = float64(rate + s.UplinkRate())
	l.delivered = float64(rate)*float64(s.Audience()) + float64(s.UplinkRate())
	switch arm.Transport {
	case scenarios.LongPoll, scenarios.LongPollNewConn, scenarios.Mix: // of a mix no more than if all were of the costliest kind
		l.requests = l.delivered + float64(s.Clients)/max(1, s.LongPoll.Hold.Seconds())
	case scenarios.ShortPoll:
		l.requests = float64(s.Clients) / s.ShortPoll.Interval.Seconds()
	}
	if arm.Transport == scenarios.WebSocket {
		l.requests = float64(s.Fallback) * (l.delivered + float64(s.Clients)/max(1, s.LongPoll.Hold.Seconds()))
	}
	if s.Pattern.ClientsSend() && arm.Transport != scenarios.WebSocket {
		l.requests += l.published
	}
	l.opened = comings(s)
	switch arm.Transport {
	case scenarios.LongPollNewConn, scenarios.Mix:
		l.opened += l.requests
	case scenarios.WebSocket: // who falls back has tried a WebSocket each time
		l.opened *= 1 + float64(s.Fallback)
	}
	l.bytes = (l.published + l.delivered) * float64(max(s.Payload, s.PayloadMax))
	return l
}

// comings is the most sessions that clients open in a second of the steady phase: those that come by plan, and after an outage all at once.
func comings(s *scenarios.Scenario) float64 {
	most := float64(s.Clients) * float64(s.Churn.Share)
	for i, stage := range s.Stages {
		most = max(most, float64(stage.Clients-s.Stages.Before(i).Clients)/max(1, stage.Duration.Seconds()))
	}
	if s.Outage.At > 0 && s.Reconnect.Backoff > 0 { // without a backoff nobody comes back
		most += float64(s.Clients)
	}
	return most
}

// answerHead is about what the head of an answer measures.
const answerHead = 200

// learn adds what the headers of requests take, which is known once somebody has sent them.
func (l *load) learn(k loadgen.Knocked) {
	l.connect = slices.Max(k.Took)
	if n := k.Traffic.Requests; n > 0 {
		l.bytes += l.requests * (float64(k.Traffic.Sent)/float64(n) + answerHead)
	}
}

// knock has a few clients connect.
func (a *aim) knock(ctx context.Context, arm scenarios.Arm) (loadgen.Knocked, error) {
	plan := loadgen.Plan{Transport: arm.Transport, Client: arm.Scenario.ClientKind(), Scenario: *arm.Scenario, Server: a.info(), Mark: rand.Uint32() | 1}
	plan.Scenario.Clients = min(knocking, plan.Scenario.Clients)
	t, err := target.Of(plan)
	if err != nil {
		return loadgen.Knocked{}, usage(err)
	}
	defer t.Close()
	k, err := loadgen.Knock(ctx, plan, t)
	if err != nil {
		return k, fmt.Errorf("%s over %s: %s; nothing was put under load", a.name, arm.Transport, t.Mask(err.Error()))
	}
	return k, nil
}

// announce prints what a run would put on servers beyond this machine.
func (e *experiment) announce(out io.Writer, names []string, loads []load) error {
	fmt.Fprintf(out, "beyond this machine: %s. Up to %d clients have connected over each transport, and left again.\nThe run would put this on it, one line after the other, for about %s in all:\n\n",
		strings.Join(names, ", "), knocking, format.Setting(e.expectedBeyond(names).Round(time.Second)))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "target\ttransport\tclients\tconnects in\tconnections/s\tpublished/s\tdelivered/s\trequests/s\tbytes/s\t")
	for _, l := range loads {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", l.target, l.transport, format.Count(int64(l.clients)), format.Nanoseconds(float64(l.connect)),
			format.Sig(l.opened), format.Sig(l.published), format.Sig(l.delivered), format.Sig(l.requests), format.Bytes(l.bytes))
	}
	fmt.Fprintf(w, "\n")
	fmt.Fprintf(w, "Before that the clients connect, up to %d at the same moment, those that fall back twice. These are the most of any second, as when all come back after an outage: bytes are payloads and heads, and a sweep's busiest value counts.\n\n", loadgen.Connecting)
	return w.Flush()
}

// expectedBeyond is how long the rounds take that measure these targets.
func (e *experiment) expectedBeyond(names []string) (sum time.Duration) {
	for _, s := range e.steps {
		if slices.Contains(names, cmp.Or(s.cell.arm.Target, results.ReferenceTarget)) {
			sum += s.expected()
		}
	}
	return sum
}
