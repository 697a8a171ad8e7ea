package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"pushbench/longpoll"
)

// Server is a running or startable reference server. Make one with [New].
type Server struct {
	cfg     Config
	hub     *hub
	inject  *injector // nil without injection
	poll    longpoll.Handler
	padding []string // value of X-Padding; nil = none

	listener *deadlineListener
	front    front
	started  time.Time
	serving  chan error    // the result of front.serve
	closing  chan struct{} // closed when shutdown begins

	sessions registry
	crew     crew      // writes to subscribers
	comments keeper    // keeps idle event streams alive
	pings    keeper    // and WebSockets
	batches  sync.Pool // *batch, for polls
	frames   sync.Pool // *[]byte, for what clients send, a frame at a time
	reads    buffers   // for reading sockets
	counts   counters
}

// New returns a server that is not listening yet, or what is wrong with cfg.
func New(cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("server configuration: %w", err)
	}
	s := &Server{
		cfg:     cfg,
		hub:     newHub(logLimits{messages: cfg.LogMessages, bytes: cfg.LogBytes, payload: cfg.MaxPayload}, cfg.MaxTopics),
		inject:  newInjector(cfg.Inject, cfg.Seed),
		padding: paddingValue(cfg.ResponseHeaderBytes),
		serving: make(chan error, 1),
		closing: make(chan struct{}),
	}
	s.poll = longpoll.Handler{
		Source:      &pollSource{server: s},
		MaxHold:     cfg.MaxHold,
		MaxMessages: cfg.MaxPollMessages,
		MaxBytes:    cfg.MaxPollBytes,
		Compress:    cfg.Compress,
	}
	s.sessions.open = make(map[*session]struct{})
	switch cfg.HTTP {
	case FastHTTP:
		s.front = newFastFront(s)
	default:
		s.front = newNetFront(s)
	}
	return s, nil
}

// front is what answers requests on the server's connections: an HTTP library.
type front interface {
	// serve answers on l until shutdown, and then returns [http.ErrServerClosed].
	serve(l net.Listener) error
	// shutdown stops listening, closes idle connections, lets requests end, and waits for the goroutines of all
	// connections. Connections still open when ctx ends are cut off; then it returns ctx's error.
	shutdown(ctx context.Context) error
}

// Start listens and serves in the background. End it with [Server.Shutdown].
func (s *Server) Start() error {
	tcp, err := net.Listen("tcp", s.cfg.Addr)
	if err != nil {
		return listenError(s.cfg.Addr, err)
	}
	s.started = time.Now()
	s.listener = &deadlineListener{Listener: tcp, timeout: s.cfg.WriteTimeout, nagle: s.cfg.Nagle, sendBuffer: s.cfg.SendBuffer}
	var listener net.Listener = s.listener
	if s.cfg.TLS != nil {
		listener = tls.NewListener(listener, s.encryption())
	}
	// A stream comes up twice in KeepAlive, and one to which nothing was written since gets its comment then: so none is silent for longer than that.
	s.comments.start(s.cfg.KeepAlive/2, (*session).remindSilent)
	if s.cfg.Ping > 0 {
		s.pings.start(s.cfg.Ping, (*session).remind)
	}
	go func() { s.serving <- s.front.serve(listener) }()
	return nil
}

// encryption is the configuration of TLS with the protocols that a client may choose among.
func (s *Server) encryption() *tls.Config {
	if !s.cfg.HTTP2 {
		return s.cfg.TLS
	}
	c := s.cfg.TLS.Clone()
	c.NextProtos = []string{"h2", "http/1.1"}
	return c
}

// listenError adds what to do about it.
func listenError(addr string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("listening on %s: another process has this port; stop it, or choose another port (0 = any free one): %w", addr, err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("listening on %s: not permitted; choose a port of 1024 or more: %w", addr, err)
	}
	return fmt.Errorf("listening on %s: check that it is host:port of this machine: %w", addr, err)
}

// Addr returns the address the server listens on. Start must have succeeded.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// URL returns the server's base URL, without a slash at its end.
func (s *Server) URL() string {
	if s.cfg.TLS != nil {
		return "https://" + s.Addr()
	}
	return "http://" + s.Addr()
}

// Serve starts the server, serves until ctx is done and shuts down gracefully. A
// nil error is a clean end.
func (s *Server) Serve(ctx context.Context) error {
	if err := s.Start(); err != nil {
		return err
	}
	return s.Wait(ctx)
}

// Wait serves until ctx is done and shuts down gracefully. Start must have succeeded. A nil error is a clean end.
func (s *Server) Wait(ctx context.Context) error {
	select {
	case err := <-s.serving:
		s.serving <- err // for Shutdown, which collects it
		return errors.Join(fmt.Errorf("serving on %s: %w", s.Addr(), err), s.Shutdown())
	case <-ctx.Done():
		return s.Shutdown()
	}
}

// Shutdown stops listening, answers parked polls with 503, closes WebSockets with
// status 1001, and waits for all goroutines. What has not ended after
// Config.ShutdownTimeout is cut off. It may be called once, after Start.
func (s *Server) Shutdown() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.ShutdownTimeout)
	defer cancel()
	close(s.closing)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		s.sessions.closeAll(ctx)
	}()
	s.listener.closeFresh()
	err := s.front.shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		s.cfg.Logger.Warn("shutdown: connections cut off", "after", s.cfg.ShutdownTimeout)
		err = nil
	}
	<-drained
	if served := <-s.serving; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	s.comments.close()
	s.pings.close()
	s.crew.close()
	return err
}

// ServeHTTP routes a request. A switch costs less than a ServeMux, and there are
// six paths.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.padding != nil {
		w.Header()["X-Padding"] = s.padding
	}
	if r.ContentLength != 0 && !s.admitBody(w, r) {
		return
	}
	switch r.URL.Path {
	case "/poll":
		s.poll.ServeHTTP(w, r)
	case "/ws":
		s.serveSubscribe(w, r)
	case "/sse":
		s.serveEvents(w, r)
	case "/publish":
		s.servePublish(w, r)
	case "/healthz":
		s.serveHealth(w)
	case "/stats":
		s.serveStats(w)
	default:
		http.Error(w, "no such path; there are /ws, /sse, /poll, /publish, /stats and /healthz", http.StatusNotFound)
	}
}

// admitBody puts a deadline on the body of a request, and refuses one where none
// belongs: net/http would wait for it after the answer. It returns false if it
// refused.
func (s *Server) admitBody(w http.ResponseWriter, r *http.Request) bool {
	// The error is for connections without deadlines; all of ours have them.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.cfg.BodyTimeout))
	if r.Method == http.MethodPost {
		return true
	}
	w.Header().Set("Connection", "close")
	http.Error(w, "a "+r.Method+" request has no body here", http.StatusBadRequest)
	return false
}

func (s *Server) serveHealth(w http.ResponseWriter) {
	if s.isClosing() {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "shutting down", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

func (s *Server) isClosing() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// minPadding is the shortest X-Padding line: name, colon, space, one byte, line end.
const minPadding = len("X-Padding: ") + 1 + len("\r\n")

// paddingValue returns the value that makes the X-Padding line n bytes long.
func paddingValue(n int) []string {
	if n == 0 {
		return nil
	}
	return []string{strings.Repeat("x", n-minPadding+1)}
}
