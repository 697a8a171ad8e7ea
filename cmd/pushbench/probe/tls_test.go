package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"pushbench/server"
)

// started is the reference server on a real socket.
func started(t *testing.T, cfg server.Config) *server.Server {
	t.Helper()
	s, err := server.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// rootOf makes a server's own certificate a root.
func rootOf(t *testing.T, c *tls.Config) *x509.CertPool {
	t.Helper()
	root, err := x509.ParseCertificate(c.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	return pool
}

// run probes over real sockets. On any goroutine.
func run(t *testing.T, o Options) *Report {
	t.Helper()
	o.Tool = "test"
	p, err := New(o)
	if err != nil {
		t.Error(err)
		return &Report{}
	}
	r, err := p.Run(t.Context())
	if err != nil {
		t.Error(err)
		return &Report{}
	}
	return r
}

func TestEncryptedReferenceServer(t *testing.T) {
	for _, c := range []struct {
		version uint16
		resumes bool
		tls     Verdict
		resumed Verdict
	}{
		{tls.VersionTLS13, true, Fine, Fine},
		{tls.VersionTLS13, false, Fine, Impaired},
		{tls.VersionTLS12, true, Impaired, Fine},
	} {
		config, err := server.SelfSigned(c.version, c.resumes)
		if err != nil {
			t.Fatal(err)
		}
		s := started(t, server.Config{TLS: config})
		r := run(t, Options{URL: strings.Replace(s.URL(), "https", "wss", 1), Roots: rootOf(t, config), Idle: 200 * time.Millisecond})
		for check, want := range map[string]Verdict{"tls": c.tls, "tls-resumption": c.resumed, "upgrade": Fine, "delivery-websocket": Fine, "http2": Fine} {
			if f := find(t, r, check, WebSocket); f.Verdict != want {
				t.Errorf("%s, resumption %v: %s, want %s: %+v", tls.VersionName(c.version), c.resumes, f.Verdict, want, f)
			}
		}
		if r.Connections >= 20 || r.ReceivedBytes == 0 || r.SentBytes == 0 || len(r.Broken()) > 0 {
			t.Errorf("%+v", r)
		}
	}
}

// TestCertificateNobodyTrusts holds a probe to sending nothing to a server that it cannot tell from another.
func TestCertificateNobodyTrusts(t *testing.T) {
	config, err := server.SelfSigned(tls.VersionTLS13, true)
	if err != nil {
		t.Fatal(err)
	}
	s := started(t, server.Config{TLS: config})
	r := run(t, Options{URL: s.URL(), Idle: 200 * time.Millisecond})
	if f := find(t, r, "tls", WebSocket); f.Verdict != Broken || !strings.Contains(f.Happened, "no authority") {
		t.Errorf("%+v", f)
	}
	if len(r.Findings) != 1 || r.Requests != 0 || len(r.Broken()) != len(Transports) {
		t.Errorf("%d findings, %d requests, broken: %v", len(r.Findings), r.Requests, r.Broken())
	}
	r = run(t, Options{URL: s.URL(), Idle: 200 * time.Millisecond, Insecure: true})
	if f := find(t, r, "tls", WebSocket); f.Verdict != Broken {
		t.Errorf("%+v", f)
	}
	if f := find(t, r, "delivery-websocket", WebSocket); f.Verdict != Fine {
		t.Errorf("with --insecure: %+v", f)
	}
	r = run(t, Options{URL: "https://elsewhere.example", Idle: 200 * time.Millisecond, Roots: rootOf(t, config), Dial: dialing(s.Addr())})
	if f := find(t, r, "tls", WebSocket); f.Verdict != Broken || !strings.Contains(f.Happened, "another host name") {
		t.Errorf("%+v", f)
	}
}

// dialing dials one address, whatever is asked for.
func dialing(to string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, to)
	}
}

// TestOnlyHTTP2 meets a server without HTTP/1.1. Go's own lets clients without HTTP/2 in all the same, so this one is told to refuse.
func TestOnlyHTTP2(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if slices.Contains(hello.SupportedProtos, "h2") {
			return nil, nil
		}
		return &tls.Config{Certificates: s.TLS.Certificates, NextProtos: []string{"none"}}, nil
	}}
	s.StartTLS()
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	r := run(t, Options{URL: s.URL, Roots: pool})
	if f := find(t, r, "http2", WebSocket); f.Verdict != Broken {
		t.Errorf("%+v", f)
	}
	if f := find(t, r, "http2", LongPoll); f.Verdict != Untried {
		t.Errorf("%+v", f)
	}
}

// TestBothHTTPs meets one with both.
func TestBothHTTPs(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	r := run(t, Options{URL: s.URL, Roots: pool, Idle: 200 * time.Millisecond})
	if f := find(t, r, "http2", WebSocket); f.Verdict != Fine || !strings.Contains(f.Happened, "chose HTTP/2, without WebSocket") {
		t.Errorf("%+v", f)
	}
}

func TestExtendedConnect(t *testing.T) {
	setting := func(name uint16, value uint32) []byte {
		return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(nil, name), value)
	}
	for _, c := range []struct {
		settings []byte
		want     bool
	}{
		{nil, false},
		{setting(8, 1), true},
		{setting(8, 0), false},
		{bytes.Join([][]byte{setting(3, 100), setting(8, 1)}, nil), true},
		{setting(8, 1)[:5], false},
	} {
		if have := hasExtendedConnect(c.settings); have != c.want {
			t.Errorf("%x: %v", c.settings, have)
		}
	}
}

func FuzzSettings(f *testing.F) {
	f.Add([]byte{0, 8, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, settings []byte) { hasExtendedConnect(settings) })
}
