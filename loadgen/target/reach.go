package target

import (
	"crypto/tls"
	"errors"
	"net/netip"
	"sync"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/netem"
	"pushbench/loadgen/target/file"
	"pushbench/loadgen/wire"
	"pushbench/scenarios"
)

// reach is how simulated clients get to a server, whatever it speaks: their connections, what encrypts them, the header fields they send and the buffers they
// share.
type reach struct {
	host   string // host:port
	origin string
	// hostField is what the Host field says, and base the path before all others.
	hostField, base string
	// foreign is true for a server that is not ours: what it says may be a secret it was told, and a failed poll is tried again as real clients do.
	foreign  bool
	scenario scenarios.Scenario
	kind     loadgen.ClientKind
	// dialer makes the clients' connections, metered and delayed; publishers have their own.
	dialer *netem.Dialer
	// slow makes those of clients that read slowly; nil without any.
	slow *netem.Dialer
	// tls is what the clients' connections are encrypted with, nil for none.
	tls *tls.Config
	// caches holds, by client, that with its cache of TLS sessions.
	caches  *sync.Map
	options wire.Options
	batches *batches
	// began anchors the schedules of short pollers.
	began time.Time
}

// newReach is how a plan's clients get to the server at u.
func newReach(p loadgen.Plan, u file.URL, encryption *tls.Config) *reach {
	var sources []netip.Addr
	if loopback(u.Host) {
		sources = netem.LoopbackSources(connections(p))
	}
	t := &reach{
		host: u.Host, hostField: u.HostField(), base: u.Base, origin: u.Origin(), foreign: p.Server.Foreign, tls: encryption, caches: &sync.Map{},
		scenario: p.Scenario, kind: p.Client, began: time.Now(), dialer: newDialer(p, sources), options: options(p.Scenario), batches: &batches{},
	}
	if p.Scenario.SlowClients() > 0 {
		t.slow = newDialer(p, sources)
		t.slow.Network.ReadRate, t.slow.ReceiveBuffer = int64(p.Scenario.Slow.Rate), slowBuffer
	}
	return t
}

// slowBuffer is the kernel's receive buffer of a client that reads slowly, in bytes: as little as it allows, so that the server feels the client and not a
// buffer before it.
const slowBuffer = 4 << 10

func newDialer(p loadgen.Plan, sources []netip.Addr) *netem.Dialer {
	network := p.Scenario.Network
	return &netem.Dialer{
		Network: netem.Network{Delay: network.Delay, Jitter: network.Jitter, Bandwidth: int64(network.Bandwidth), Seed: p.Seed},
		Sources: sources, Nagle: network.Nagle, Outages: p.Scenario.Outage.At > 0 && !p.Scenario.Outage.Kill,
	}
}

// dialerOf makes a client's connections.
func (t *reach) dialerOf(c loadgen.ClientSpec) *netem.Dialer {
	if c.Slow {
		return t.slow
	}
	return t.dialer
}

// options sizes the codecs' limits and buffers for a scenario's payloads and header fields.
func options(s scenarios.Scenario) wire.Options {
	const head = 2 << 10 // of a request or answer, beyond the parts that the scenario sizes
	payload := int(s.LargestPayload())
	fields := int(s.Headers.Request + s.Headers.Cookie + s.Headers.Response)
	// Several messages of a batch fit a buffer, and one does always; a burst beyond that is read into a larger one, once.
	size := max(payload+fields+head, min(4*payload+fields+head, 256<<10), wire.DefaultBufferSize)
	return wire.Options{
		// What idles is bounded in bytes: 16 MiB, or 16 buffers.
		Pool:       &wire.Pool{Size: size, MaxIdle: min(wire.DefaultMaxIdle, max(16, 16<<20/size))},
		MaxMessage: max(wire.DefaultMaxMessage, payload),
		MaxHead:    wire.DefaultMaxHead + fields,
		MaxBody:    wire.DefaultMaxBody + payload + head,
	}
}

// pollOptions are those of a connection for polls: an answer that no hold delays must begin in time.
func (t *reach) pollOptions(transport scenarios.Transport) wire.Options {
	o := t.options
	if t.foreign && transport == scenarios.ShortPoll {
		o.BeginTimeout = openTimeout
	}
	return o
}

// connections is how many a plan's clients may hold at the same moment.
func connections(p loadgen.Plan) int {
	n := p.Scenario.Clients
	if !p.Scenario.Pattern.ClientsSend() {
		return n
	}
	users := p.Scenario.Users(p.Transport)
	for i, t := range p.Scenario.Uses(p.Transport) {
		if t != scenarios.WebSocket {
			n += users[i] // one parked, one to post on
		}
	}
	return n
}

// Close releases what the target holds beyond its sessions, which must have been closed.
func (t *reach) Close() error {
	err := t.dialer.Close()
	if t.slow != nil {
		err = errors.Join(err, t.slow.Close())
	}
	return err
}

// Mask implements Target: the reference server is told no secret.
func (t *reach) Mask(text string) string { return text }

// Cut implements loadgen.Cutter.
func (t *reach) Cut(refuse time.Duration) int {
	cut := t.dialer.Cut(refuse)
	if t.slow != nil {
		cut += t.slow.Cut(refuse)
	}
	return cut
}

// ResetLateness implements loadgen.Emulator.
func (t *reach) ResetLateness() { t.dialer.ResetLateness() }

// Lateness implements loadgen.Emulator.
func (t *reach) Lateness() (loadgen.Lateness, bool) {
	late := t.dialer.Lateness()
	return loadgen.Lateness{P50: late.P50, P99: late.P99, Max: late.Max}, t.dialer.Network.Emulates()
}

// headerFields are a request's fields; a client that makes a new connection for each request says so.
func (t *reach) headerFields(u use, transport scenarios.Transport) []wire.Field {
	f := fields(t.scenario.Headers, u, t.origin)
	if t.deflates() && u == forPoll && t.scenario.Headers.Preset != scenarios.HeadersBrowser { // a browser says it anyway
		f = append(f, wire.Field{Name: "Accept-Encoding", Value: "gzip"})
	}
	if transport == scenarios.LongPollNewConn && u != forUpgrade {
		f = append(without(f, "Connection"), wire.Field{Name: "Connection", Value: "close"})
	}
	return f
}

// deflates says whether clients ask for what the server compresses.
func (t *reach) deflates() bool { return t.scenario.Compression == scenarios.Deflate }

// unpack unpacks what a batch's messages are in, which stays with the batch.
func (t *reach) unpack(b *loadgen.Batch, packed []byte, by func(dst, p []byte, limit int) ([]byte, error)) ([]byte, error) {
	from := len(b.Room)
	room, err := by(b.Room, packed, t.options.MaxBody)
	if err != nil {
		return nil, &kindError{"compression", err}
	}
	b.Room = room
	return room[from:], nil
}

// keptRoom is how much of what a batch's messages were unpacked into is kept for the next.
const keptRoom = 1 << 20

// waits is what a poller does between a response and its next poll: nothing, a turnaround, or an interval.
func (t *reach) waits(c loadgen.ClientSpec) pollWaits {
	w := pollWaits{turnaround: t.scenario.LongPoll.Turnaround}
	if c.Transport == scenarios.ShortPoll {
		s := t.scenario.ShortPoll
		w = pollWaits{interval: s.Interval, sleeps: s.Schedule == scenarios.PollSleep}
		w.anchor = t.began.Add(time.Duration(c.Phase * float64(s.Interval)))
	}
	return w
}

// named gives an error of a session the kind that a reader can act on.
func (t *reach) named(err error) error {
	if t.foreign {
		return discreet(err)
	}
	return named(err)
}

// batches is a stack of batches: an idle session holds none.
type batches struct {
	mu   sync.Mutex
	free []*loadgen.Batch
}

func (p *batches) get() *loadgen.Batch {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.free)
	if n == 0 {
		return &loadgen.Batch{Messages: make([][]byte, 0, 16)}
	}
	b := p.free[n-1]
	p.free = p.free[:n-1]
	return b
}

func (p *batches) put(b *loadgen.Batch) {
	clear(b.Messages)
	b.Messages, b.Missed, b.Reset, b.Failed, b.Carried, b.Room = b.Messages[:0], 0, false, nil, b.Carried[:0], b.Room[:0]
	if cap(b.Room) > keptRoom {
		b.Room = nil
	}
	p.mu.Lock()
	p.free = append(p.free, b)
	p.mu.Unlock()
}
