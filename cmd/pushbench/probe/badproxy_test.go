package probe

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pushbench/server"
)

// network is a network in memory, so that tests can run in a synctest bubble, where silence of a minute takes no time.
type network struct {
	mu        sync.Mutex
	listeners map[string]*listener
	// dialled counts the connections to each host.
	dialled map[string]int
}

func newNetwork() *network {
	return &network{listeners: map[string]*listener{}, dialled: map[string]int{}}
}

func (n *network) listen(host string) *listener {
	l := &listener{host: host, accepted: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	n.listeners[host] = l
	n.mu.Unlock()
	return l
}

func (n *network) dial(_ context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[address]
	n.dialled[address]++
	n.mu.Unlock()
	if l == nil {
		return nil, &net.OpError{Op: "dial", Net: "memory", Err: io.EOF}
	}
	near, far := net.Pipe()
	if l.wrap != nil {
		far = l.wrap(far)
	}
	select {
	case l.accepted <- &named{far, l.host}:
		return &named{near, l.host}, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// named is an end of a pipe with an address.
type named struct {
	net.Conn
	host string
}

func (c *named) RemoteAddr() net.Addr { return address(c.host) }

type address string

func (a address) Network() string { return "memory" }
func (a address) String() string  { return string(a) }

type listener struct {
	host     string
	wrap     func(net.Conn) net.Conn
	accepted chan net.Conn
	once     sync.Once
	closed   chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accepted:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return address(l.host) }

// host serves a handler on the network until the test ends.
func (n *network) host(t *testing.T, name string, h http.Handler, change func(*http.Server)) {
	t.Helper()
	s := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	if change != nil {
		change(s)
	}
	served, l := make(chan struct{}), n.listen(name)
	go func() {
		defer close(served)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		_ = s.Close()
		<-served
		time.Sleep(time.Second) // handlers that sleep end, which takes no time in a bubble
	})
}

// reference serves the reference server's protocol.
func (n *network) reference(t *testing.T, name string) {
	t.Helper()
	s, err := server.New(server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	n.host(t, name, s, nil)
}

// badProxy is a reverse proxy that misbehaves as it is told. The zero value behaves.
type badProxy struct {
	backends []string // default: one, "backend:1"
	// dropUpgrade passes requests on without Upgrade and Connection.
	dropUpgrade bool
	// cutIdle closes connections that carried nothing for so long, cutAlways all that are so old.
	cutIdle, cutAlways time.Duration
	// holdLimit answers 504 for a server that has not answered for so long.
	holdLimit time.Duration
	// buffer passes bodies on in pieces of so many bytes, lag so much later.
	buffer int
	lag    time.Duration
	// closeAfter ends connections with so many requests, idleKeep those that have none for so long.
	closeAfter int
	idleKeep   time.Duration
	maxHeader  int
	redirect   string
	via        string
	noPublish  bool
}

// start serves it under a name.
func (b *badProxy) start(t *testing.T, n *network, name string) {
	t.Helper()
	if len(b.backends) == 0 {
		b.backends = []string{"backend:1"}
	}
	transport := &http.Transport{DialContext: n.dial, DisableCompression: true, ResponseHeaderTimeout: b.holdLimit}
	proxy := &httputil.ReverseProxy{
		Rewrite: b.rewrite(), Transport: transport, FlushInterval: -1, ModifyResponse: b.modify, ErrorLog: log.New(io.Discard, "", 0),
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusGatewayTimeout) },
	}
	n.host(t, name, b.front(proxy), func(s *http.Server) {
		s.MaxHeaderBytes, s.IdleTimeout = b.maxHeader, b.idleKeep
		s.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, requestsKey{}, new(int))
		}
	})
	n.listeners[name].wrap = b.cutting
	t.Cleanup(transport.CloseIdleConnections)
}

type requestsKey struct{}

// rewrite chooses a backend, in turn.
func (b *badProxy) rewrite() func(*httputil.ProxyRequest) {
	var mu sync.Mutex
	next := 0
	return func(r *httputil.ProxyRequest) {
		mu.Lock()
		defer mu.Unlock()
		r.Out.URL.Scheme, r.Out.URL.Host = "http", b.backends[next%len(b.backends)]
		next++
	}
}

// front is what happens before a request is passed on.
func (b *badProxy) front(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.redirect != "" {
			http.Redirect(w, r, b.redirect, http.StatusMovedPermanently)
			return
		}
		if b.noPublish && r.Method == http.MethodPost {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		if b.dropUpgrade {
			r.Header.Del("Upgrade")
			r.Header.Del("Connection")
		}
		served := r.Context().Value(requestsKey{}).(*int)
		if *served++; *served == b.closeAfter {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// modify changes an answer.
func (b *badProxy) modify(r *http.Response) error {
	if b.via != "" {
		r.Header.Set("Via", b.via)
	}
	if b.buffer > 0 && r.StatusCode != http.StatusSwitchingProtocols {
		r.Body = &collecting{ReadCloser: r.Body, size: b.buffer}
	}
	if b.lag > 0 && strings.HasPrefix(r.Header.Get("Content-Type"), "text/event-stream") {
		r.Body = &lagging{r.Body, b.lag}
	}
	return nil
}

// lagging waits after each read.
type lagging struct {
	io.ReadCloser
	lag time.Duration
}

func (l *lagging) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	time.Sleep(l.lag)
	return n, err
}

// collecting hands a body on in whole pieces.
type collecting struct {
	io.ReadCloser
	size  int
	piece bytes.Buffer
	err   error
}

func (c *collecting) Read(p []byte) (int, error) {
	for c.piece.Len() < c.size && c.err == nil {
		var buf [4096]byte
		n, err := c.ReadCloser.Read(buf[:min(len(buf), c.size-c.piece.Len())])
		c.piece.Write(buf[:n])
		c.err = err
	}
	if c.piece.Len() < c.size || c.piece.Len() > 0 && c.err != nil {
		n, _ := c.piece.Read(p)
		if n > 0 {
			return n, nil
		}
		return 0, c.err
	}
	return c.piece.Read(p)
}

// cutting makes a connection that the proxy accepted one that it cuts.
func (b *badProxy) cutting(c net.Conn) net.Conn {
	k := &cut{Conn: c, after: b.cutIdle}
	if b.cutIdle > 0 {
		k.idle = time.AfterFunc(b.cutIdle, func() { _ = c.Close() })
	}
	if b.cutAlways > 0 {
		time.AfterFunc(b.cutAlways, func() { _ = c.Close() })
	}
	return k
}

// cut closes a connection, as a proxy's far end would.
type cut struct {
	net.Conn
	after time.Duration
	idle  *time.Timer
}

func (c *cut) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.alive(n)
	return n, err
}

func (c *cut) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.alive(n)
	return n, err
}

func (c *cut) alive(n int) {
	if c.idle != nil && n > 0 {
		c.idle.Reset(c.after)
	}
}

// number reads what was measured.
func number(t *testing.T, f Finding, name string) float64 {
	t.Helper()
	v, ok := f.Measured[name]
	if !ok {
		t.Errorf("%s: %s was not measured: %v", f.Check, name, f.Measured)
	}
	return v
}

// summaryOf is a report's verdicts in one line, for comparing.
func summaryOf(r *Report) string {
	var words []string
	for _, h := range r.Health {
		words = append(words, string(h.Transport)+"="+string(h.Verdict))
	}
	return strings.Join(words, " ") + " connections=" + strconv.FormatBool(r.Connections < 20)
}
