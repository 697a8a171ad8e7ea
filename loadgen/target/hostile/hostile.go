// Package hostile is servers that misbehave, for tests of the clients: each accepts connections, reads requests, and answers them as its [Behaviour] says.
package hostile

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Behaviour is what a server does with a request, once it has read its head and body. What it writes goes to w; the connection is closed when it returns.
type Behaviour func(w *Writer, request *http.Request)

// Writer is the server's side of a connection.
type Writer struct {
	conn  net.Conn
	total *atomic.Int64
	over  chan struct{}
}

// Write says text, and returns false when nobody listens any more.
func (w *Writer) Write(text string) bool {
	n, err := w.conn.Write([]byte(text))
	w.total.Add(int64(n))
	return err == nil
}

// Wait waits, and returns false when the server is to end.
func (w *Writer) Wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-w.over:
		return false
	}
}

// forever repeats text until nobody listens any more.
func (w *Writer) forever(text string) {
	for w.Write(text) {
	}
}

// Behaviours are by name what there is. What is told to the server is told back by those whose names begin with "echo".
var Behaviours = map[string]Behaviour{
	"status 500":  says("HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\noops!"),
	"html":        says("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 31\r\n\r\n<html><h1>Please log in</h1></ht"),
	"redirect":    says("HTTP/1.1 302 Found\r\nLocation: https://elsewhere.invalid/login\r\nContent-Length: 0\r\n\r\n"),
	"garbage":     says("SSH-2.0-OpenSSH_9.9\r\n\r\n"),
	"short":       says("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf"),
	"negative":    says("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"),
	"two lengths": says("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\n1234567"),
	"bad chunks":  says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
	"huge chunk":  says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffff\r\n"),
	"huge length": says("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
	"endless headers": func(w *Writer, _ *http.Request) {
		w.Write("HTTP/1.1 200 OK\r\n")
		w.forever("X-Padding: " + strings.Repeat("a", 1000) + "\r\n")
	},
	"endless line": func(w *Writer, _ *http.Request) {
		w.Write("HTTP/1.1 200 OK\r\nX-Padding: ")
		w.forever(strings.Repeat("a", 1000))
	},
	"endless interim answers": func(w *Writer, _ *http.Request) { w.forever("HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n") },
	"endless body": func(w *Writer, _ *http.Request) {
		w.Write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
		w.forever(strings.Repeat(" ", 1000))
	},
	"endless chunks": func(w *Writer, _ *http.Request) {
		w.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		w.forever("3e8\r\n" + strings.Repeat(" ", 1000) + "\r\n")
	},
	"drip": func(w *Writer, _ *http.Request) {
		for _, c := range "HTTP/1.1 200 OK\r\nX-Padding: " + strings.Repeat("a", 1000) {
			if !w.Write(string(c)) || !w.Wait(50*time.Millisecond) {
				return
			}
		}
	},
	"wrong upgrade": says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"),
	"other upgrade": says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
	"echo":          echo,
	"echo escaped":  echoEscaped,
	"echo redirect": func(w *Writer, r *http.Request) {
		w.Write(fmt.Sprintf("HTTP/1.1 302 Found\r\nLocation: https://elsewhere.invalid/login?back=%s&token=%s\r\nContent-Length: 0\r\n\r\n", r.URL, r.Header.Get("Authorization")))
	},
}

func says(text string) Behaviour {
	return func(w *Writer, _ *http.Request) { w.Write(text) }
}

// echo tells back all that it was told, in every part of an answer.
func echo(w *Writer, r *http.Request) {
	told := toldBy(r)
	w.Write(fmt.Sprintf("HTTP/1.1 403 %s\r\nContent-Type: text/plain; told=%s\r\nX-Told: %s\r\nContent-Length: %d\r\n\r\n%[1]s", told, told, told, len(told)))
}

// toldBy is a request's address and header fields, and the values of its query once more as they were meant.
func toldBy(r *http.Request) string {
	told := r.URL.String()
	for _, fields := range []map[string][]string{r.URL.Query(), r.Header} {
		for name, values := range fields {
			told += "; " + name + ": " + strings.Join(values, ", ")
		}
	}
	return told
}

// echoEscaped tells it back in the ways of several languages' libraries, and so often that who shows a part of it cuts it somewhere.
func echoEscaped(w *Writer, r *http.Request) {
	told := toldBy(r)
	quoted, _ := json.Marshal(told) // a text always marshals
	escaped := []string{
		string(quoted), strings.ReplaceAll(string(quoted), "/", `\/`), html.EscapeString(told), url.QueryEscape(told), strings.ToLower(url.PathEscape(told)), url.QueryEscape(url.QueryEscape(told)),
	}
	body := strings.Repeat(strings.Join(escaped, "\n"), 3)
	w.Write(fmt.Sprintf("HTTP/1.1 302 Found\r\nLocation: /login?back=%s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s", url.QueryEscape(told), len(body), body))
}

// Server is one that misbehaves. Requests that are posted are all accepted, so that something can be published.
type Server struct {
	listener net.Listener
	behave   Behaviour
	total    atomic.Int64
	over     chan struct{}
	serving  sync.WaitGroup
	mu       sync.Mutex
	conns    map[net.Conn]bool
}

// Start starts a server on a free port of the loopback device; config is nil for one that does not encrypt.
func Start(b Behaviour, config *tls.Config) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	if config != nil {
		l = tls.NewListener(l, config)
	}
	s := &Server{listener: l, behave: b, over: make(chan struct{}), conns: map[net.Conn]bool{}}
	s.serving.Go(s.accept)
	return s, nil
}

// Addr is where it listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Written is how many bytes it could write so far.
func (s *Server) Written() int64 { return s.total.Load() }

// Close ends it and all its connections.
func (s *Server) Close() error {
	err := s.listener.Close()
	close(s.over)
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
	return err
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[conn] = true
		s.mu.Unlock()
		s.serving.Go(func() { s.serve(conn) })
	}
}

func (s *Server) serve(conn net.Conn) {
	defer func() {
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
		_ = conn.Close()
	}()
	w := &Writer{conn: conn, total: &s.total, over: s.over}
	requests := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(requests)
		if err != nil {
			return
		}
		if r.Method != http.MethodPost {
			s.behave(w, r)
			return
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		if !w.Write("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n") {
			return
		}
	}
}

// SelfSigned is a certificate for another name that nobody has signed but itself.
func SelfSigned() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"elsewhere.invalid"}, NotBefore: time.Unix(0, 0), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, nil
}
