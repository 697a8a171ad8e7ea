package target

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pushbench/loadgen"
	"pushbench/scenarios"
	"pushbench/server"
)

var (
	transports = []scenarios.Transport{scenarios.WebSocket, scenarios.SSE, scenarios.LongPoll, scenarios.LongPollNewConn, scenarios.ShortPoll}
	kinds      = loadgen.ClientKinds
)

// onEverything runs a test with each kind of client over each transport.
func onEverything(t *testing.T, test func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport)) {
	for _, transport := range transports {
		for _, kind := range kinds {
			t.Run(fmt.Sprintf("%s/%s", transport, kind), func(t *testing.T) { test(t, kind, transport) })
		}
	}
}

// deadline bounds a test that would otherwise hang; no test waits for it.
func deadline(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// plan is a plan for a server, with polls that are quick and header fields of a known size.
func plan(url string, kind loadgen.ClientKind, transport scenarios.Transport) loadgen.Plan {
	s := scenarios.Default()
	s.Clients = 1
	s.Headers = scenarios.Headers{Preset: scenarios.HeadersNone}
	s.ShortPoll.Interval = time.Millisecond
	return loadgen.Plan{Transport: transport, Client: kind, Scenario: s, Server: loadgen.ServerInfo{URL: url}}
}

func newTarget(t testing.TB, p loadgen.Plan) *Reference {
	t.Helper()
	target, err := New(p)
	return closedAfter(t, target, err)
}

// closedAfter is a target that was made, closed when the test ends.
func closedAfter[T Target](t testing.TB, target T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := target.Close(); err != nil {
			t.Error(err)
		}
	})
	return target
}

// fixture is the reference server in this process, a relay before it that sees every byte, and a target that reaches it through the relay.
type fixture struct {
	t      testing.TB
	server *server.Server
	relay  *relay
	plan   loadgen.Plan
	target *Reference
}

// start starts a server; change may change its configuration and the plan.
func start(t testing.TB, kind loadgen.ClientKind, transport scenarios.Transport, change func(*server.Config, *loadgen.Plan)) *fixture {
	t.Helper()
	f := &fixture{t: t, plan: plan("", kind, transport)}
	cfg := server.Config{}
	if change != nil {
		change(&cfg, &f.plan)
	}
	var err error
	if f.server, err = server.New(cfg); err != nil {
		t.Fatal(err)
	}
	if err := f.server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.server.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	f.relay = newRelay(t, f.server.Addr())
	f.plan.Server.URL = strings.Replace(f.server.URL(), f.server.Addr(), f.relay.addr(), 1)
	f.target = newTarget(t, f.plan)
	return f
}

func (f *fixture) open(sends bool) loadgen.Conn {
	f.t.Helper()
	c, err := f.target.Open(deadline(f.t), loadgen.ClientSpec{Transport: f.plan.Transport, Topic: "t000001", Sends: sends})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		if err := c.Close(); err != nil {
			f.t.Error(err)
		}
	})
	return c
}

// publisher opens a publish stream that does not go through the relay.
func (f *fixture) publisher() loadgen.Publisher {
	f.t.Helper()
	direct := f.plan
	direct.Server.URL = f.server.URL()
	p, err := newTarget(f.t, direct).OpenPublisher(deadline(f.t))
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		if err := p.Close(); err != nil {
			f.t.Error(err)
		}
	})
	return p
}

// publish publishes and waits until the server has everything.
func (f *fixture) publish(p loadgen.Publisher, messages ...[]byte) {
	f.t.Helper()
	for _, m := range messages {
		if err := p.Publish("t000001", m); err != nil {
			f.t.Fatal(err)
		}
	}
	if _, err := p.Sync(deadline(f.t)); err != nil {
		f.t.Fatal(err)
	}
}

// receive receives until it has n messages, and returns copies of them and in how many batches they came.
func receive(t testing.TB, c loadgen.Conn, n int) (got [][]byte, batches int) {
	t.Helper()
	for len(got) < n {
		before := time.Now()
		b, err := c.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if b.Received.Before(before) || b.Received.After(time.Now()) || b.Missed != 0 {
			t.Errorf("batch received at %v with %d missed, asked for at %v", b.Received, b.Missed, before)
		}
		for _, m := range b.Messages {
			got = append(got, bytes.Clone(m))
		}
		if len(b.Messages) > 0 {
			batches++
		}
	}
	if len(got) > n {
		t.Errorf("received %d messages, want %d", len(got), n)
	}
	return got, batches
}

func expect(t testing.TB, c loadgen.Conn, want ...[]byte) (batches int) {
	t.Helper()
	got, batches := receive(t, c, len(want))
	for i := range want {
		if !bytes.Equal(got[i], want[i]) {
			t.Errorf("message %d is %.60q…, want %.60q…", i, got[i], want[i])
		}
	}
	return batches
}

// message is n bytes that no other message has.
func message(number, n int) []byte {
	m := bytes.Repeat([]byte{'.'}, n)
	copy(m, fmt.Sprintf("message %d ", number))
	return m
}

// relay stands between clients and a server, and counts the bytes that pass.
type relay struct {
	t        testing.TB
	listener net.Listener
	server   string
	work     sync.WaitGroup

	up, down atomic.Int64 // bytes from and to clients
	accepted atomic.Int64

	mu    sync.Mutex
	conns map[*net.TCPConn]struct{}
	// said is what each connection's client has said, in the order of the connections.
	said []*bytes.Buffer
}

func newRelay(t testing.TB, server string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{t: t, listener: listener, server: server, conns: map[*net.TCPConn]struct{}{}}
	r.work.Go(r.serve)
	t.Cleanup(func() {
		_ = listener.Close()
		r.cut(false)
		r.work.Wait()
	})
	return r
}

func (r *relay) addr() string { return r.listener.Addr().String() }

func (r *relay) serve() {
	for {
		c, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.accepted.Add(1)
		s, err := net.Dial("tcp", r.server)
		if err != nil {
			r.t.Error(err)
			_ = c.Close()
			continue
		}
		client, said := c.(*net.TCPConn), &bytes.Buffer{}
		r.mu.Lock()
		r.conns[client] = struct{}{}
		r.said = append(r.said, said)
		r.mu.Unlock()
		r.work.Go(func() { r.copy(s, client, &r.up, said); _ = s.Close() })
		r.work.Go(func() {
			r.copy(client, s, &r.down, nil)
			_ = client.Close()
			_ = s.Close()
			r.mu.Lock()
			delete(r.conns, client)
			r.mu.Unlock()
		})
	}
}

// copy passes bytes on, and counts them before anyone can have seen them.
func (r *relay) copy(to, from net.Conn, count *atomic.Int64, said *bytes.Buffer) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		count.Add(int64(n))
		if said != nil {
			r.mu.Lock()
			said.Write(buffer[:n])
			r.mu.Unlock()
		}
		if _, writeErr := to.Write(buffer[:n]); err != nil || writeErr != nil {
			return
		}
	}
}

// cut closes every connection on the client's side: as a server does that finds them idle, or by a reset.
func (r *relay) cut(reset bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.conns {
		if reset {
			_ = c.SetLinger(0)
		}
		_ = c.Close()
	}
}

// requests are what clients said on each connection.
func (r *relay) requests() (all []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.said {
		all = append(all, b.String())
	}
	return all
}

// eventually waits for what nothing announces.
func eventually(t testing.TB, cond func() bool) {
	t.Helper()
	ctx, tick := deadline(t), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Error("it has not come to pass")
			return
		}
	}
}

// silent is a server that accepts connections and never says anything.
func silent(t testing.TB) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			work.Go(func() { _, _ = io.Copy(io.Discard, c); _ = c.Close() })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); work.Wait() })
	return "http://" + listener.Addr().String()
}

// encrypted makes a server and a plan speak TLS 1.3.
func encrypted(t testing.TB, cfg *server.Config, p *loadgen.Plan) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cfg.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	p.Scenario.TLS, p.Server.Certificate = scenarios.TLS13, der
}
