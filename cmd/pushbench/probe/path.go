package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"pushbench/loadgen/target/file"
	"pushbench/loadgen/wire"
)

const (
	// maxConnections is how many connections a probe may open in all.
	maxConnections = 19
	// answerTimeout bounds dialling, and any answer that nobody holds back on purpose.
	answerTimeout = 10 * time.Second
)

// Options are what a probe is told. URL is required.
type Options struct {
	// URL is the server's, http, https, ws or wss. With the reference server's protocol it is what comes before /ws and /poll.
	URL string
	// Header is sent with every request. The values are secrets.
	Header []wire.Field
	// Idle is how long to wait for silent connections to be cut; 0 means DefaultIdle.
	Idle time.Duration
	// Insecure goes on when the certificate is not valid; Roots are further authorities to trust.
	Insecure bool
	Roots    *x509.CertPool
	// Tool names this program and its version to the server.
	Tool string
	// Progress is told when a check begins and when it ends; nil for nobody. It is called by several goroutines.
	Progress func(check string, done bool)
	// File describes the server, as Source has it; then URL is not needed.
	File   *file.Target
	Source file.Source
	// Dial replaces net.Dialer's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// DefaultIdle sees the commonest limit of all, 60 s, with something to spare.
const DefaultIdle = 65 * time.Second

// Path is what checks work with: connections to the near end of the path, what came over them, and what is known of the server behind it. It counts and
// bounds everything.
type Path struct {
	url     *url.URL
	options Options
	mask    *mask
	topic   string
	service service
	idle    time.Duration
	// fields are a target file's; serverName is what the certificate must be for.
	fields     []wire.Field
	serverName string
	// resumes keeps TLS sessions of the connections that say so.
	resumes tls.ClientSessionCache

	sent, received atomic.Int64

	mu          sync.Mutex
	connections int
	requests    int
	published   int
	certificate error // why the certificate is not valid
	answers     []answer
	// trips and pings are how long plain requests on an open connection and pings took.
	trips, pings []time.Duration

	// hello is the first connection and what it brought. opened has a session of each transport: first messages go over them, then they are left idle.
	hello        greeting
	opened       map[Transport]*opening
	firstMessage []delivered
	publisher    reused
}

// newPath checks the options; its error is the caller's fault.
func newPath(o Options) (*Path, error) {
	if o.File != nil {
		o.URL = o.File.URL.Origin() + o.File.URL.Base
	}
	u, err := parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	if o.Idle == 0 {
		o.Idle = DefaultIdle
	}
	if o.Idle < 0 {
		return nil, fmt.Errorf("--idle %v: want more than 0s", o.Idle)
	}
	if _, err := wire.NewRequest(wire.RequestSpec{Host: u.Host, Target: "/", Header: o.Header}); err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "wire: "))
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	p := &Path{url: u, options: o, mask: &mask{}, idle: o.Idle, resumes: tls.NewLRUClientSessionCache(4), opened: map[Transport]*opening{}}
	p.topic, p.serverName = newTopic(), u.Hostname()
	if o.File != nil {
		if err := p.describe(); err != nil {
			return nil, err
		}
	}
	p.mask.addURL(u)
	for _, f := range o.Header {
		p.mask.add(f.Value)
	}
	return p, nil
}

// describe takes over what a target file says of connections.
func (p *Path) describe() error {
	f := p.options.File
	d := &described{path: p, file: f, source: p.options.Source}
	p.service, p.fields = d, d.fields()
	p.mask.add(f.Secrets()...)
	p.options.Insecure = p.options.Insecure || f.TLS.Insecure
	if f.TLS.ServerName != "" {
		p.serverName = f.TLS.ServerName
	}
	if f.TLS.CA == "" {
		return nil
	}
	text, err := os.ReadFile(f.TLS.CA)
	if err != nil {
		return fmt.Errorf("tls.ca: %w", err)
	}
	p.options.Roots = x509.NewCertPool()
	if !p.options.Roots.AppendCertsFromPEM(text) {
		return fmt.Errorf("tls.ca: no certificate in PEM in %s", f.TLS.CA)
	}
	return nil
}

// schemes are the schemes of URLs and whether they mean TLS.
var schemes = map[string]bool{"http": false, "ws": false, "https": true, "wss": true}

// parseURL reads the URL of a server. Its errors do not repeat it: it may hold a secret.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("the URL cannot be parsed; want one such as https://example.com/chat")
	}
	encrypted, known := schemes[u.Scheme]
	if !known || u.Host == "" {
		return nil, errors.New("the URL wants a scheme of http, https, ws or wss and a host, such as https://example.com/chat")
	}
	u.Scheme = "http"
	if encrypted {
		u.Scheme = "https"
	}
	return u, nil
}

func (p *Path) encrypted() bool { return p.url.Scheme == "https" }

// address is host:port to dial.
func (p *Path) address() string {
	port := p.url.Port()
	switch {
	case port == "" && p.encrypted():
		port = "443"
	case port == "":
		port = "80"
	}
	return net.JoinHostPort(p.url.Hostname(), port)
}

// errBudget is for what is not tried because it would take too many connections.
var errBudget = untried("the probe's %d connections are used up: most answers ended theirs", maxConnections)

// dialOptions are how to open a connection. The zero value is the usual.
type dialOptions struct {
	protocols []string // to offer by ALPN; nil means HTTP/1.1
	resume    bool     // keep and use TLS sessions
}

// connect opens a connection to the near end of the path. It is closed when ctx is done, which ends whatever waits for it.
func (p *Path) connect(ctx context.Context, o dialOptions) (*connection, error) {
	id, err := p.claim()
	if err != nil {
		return nil, err
	}
	interrupted := ctx
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	began := time.Now()
	raw, err := p.options.Dial(ctx, "tcp", p.address())
	if err != nil {
		return nil, err
	}
	c := &connection{Conn: &metered{Conn: raw, path: p}, path: p, id: id, tcp: time.Since(began)}
	c.released = context.AfterFunc(interrupted, func() { _ = raw.Close() })
	if p.encrypted() {
		if err := c.secure(ctx, p.tlsConfig(o)); err != nil {
			_ = raw.Close()
			return nil, err
		}
	}
	return c, nil
}

// claim takes a connection out of the budget and numbers it.
func (p *Path) claim() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.connections == maxConnections {
		return 0, errBudget
	}
	p.connections++
	return p.connections, nil
}

// tlsConfig verifies the certificate itself, so that the reason is known even where the probe goes on without.
func (p *Path) tlsConfig(o dialOptions) *tls.Config {
	c := &tls.Config{
		ServerName: p.serverName, NextProtos: o.protocols,
		InsecureSkipVerify: true, VerifyConnection: p.verify,
	}
	if len(o.protocols) == 0 {
		c.NextProtos = []string{"http/1.1"}
	}
	if o.resume {
		c.ClientSessionCache = p.resumes
	}
	return c
}

// certificateError says that clients refuse the server's certificate.
type certificateError struct{ err error }

func (e *certificateError) Error() string { return e.err.Error() }
func (e *certificateError) Unwrap() error { return e.err }

// verify is what every client does with a certificate.
func (p *Path) verify(s tls.ConnectionState) error {
	o := x509.VerifyOptions{Roots: p.options.Roots, DNSName: p.serverName, Intermediates: x509.NewCertPool()}
	for _, c := range s.PeerCertificates[1:] {
		o.Intermediates.AddCert(c)
	}
	_, err := s.PeerCertificates[0].Verify(o)
	if err == nil {
		return nil
	}
	p.mu.Lock()
	p.certificate = err
	p.mu.Unlock()
	if p.options.Insecure {
		return nil
	}
	return &certificateError{err}
}

// saw keeps an answer's head, for the checks that look at all of them, and learns its secrets.
func (p *Path) saw(a answer) {
	p.mask.addHeader(a.Header)
	a.Body = nil
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers = append(p.answers, a)
}

// harvest is every answer's head so far.
func (p *Path) harvest() []answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]answer(nil), p.answers...)
}

func (p *Path) countRequest() {
	p.mu.Lock()
	p.requests++
	p.mu.Unlock()
}

// header is the fields that every request carries.
func (p *Path) header(more ...wire.Field) []wire.Field {
	all := []wire.Field{{Name: "User-Agent", Value: p.options.Tool}}
	all = append(all, p.options.Header...)
	all = append(all, p.fields...)
	if u := p.url.User; u != nil && !hasField(p.options.Header, "Authorization") {
		password, _ := u.Password()
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(u.Username(), password)
		all = append(all, wire.Field{Name: "Authorization", Value: r.Header.Get("Authorization")})
	}
	return append(all, more...)
}

func hasField(fields []wire.Field, name string) bool {
	for _, f := range fields {
		if http.CanonicalHeaderKey(f.Name) == name {
			return true
		}
	}
	return false
}

// close closes what is still open.
func (p *Path) close() {
	p.hello.close()
	p.publisher.close()
	for _, o := range p.opened {
		if o.session != nil {
			o.session.close()
		}
	}
	if p.service != nil {
		p.service.close()
	}
}
