package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
)

// netFront answers with net/http.
type netFront struct {
	http  *http.Server
	conns sync.WaitGroup // net/http's goroutine of each connection
}

// newNetFront sets no ReadTimeout and no WriteTimeout: both would run during a
// hold and cut it. Slow senders meet ReadHeaderTimeout and the body's deadline,
// slow readers the deadline that deadlineConn sets for each write.
func newNetFront(s *Server) *netFront {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true) // the WebSocket library speaks HTTP/1.1 only
	protocols.SetHTTP2(s.cfg.HTTP2)
	protocols.SetUnencryptedHTTP2(s.cfg.HTTP2)
	f := &netFront{http: &http.Server{
		Handler:           s,
		Protocols:         protocols,
		ReadHeaderTimeout: s.cfg.HeaderTimeout,
		IdleTimeout:       s.cfg.IdleTimeout,
		MaxHeaderBytes:    s.cfg.MaxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelDebug),
	}}
	f.http.ConnState = f.track
	return f
}

// track counts the goroutines of net/http, which it has no way to wait for.
// Counting per connection keeps the count out of the path of a request.
func (f *netFront) track(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		f.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		f.conns.Done()
	}
}

func (f *netFront) serve(l net.Listener) error { return f.http.Serve(l) }

func (f *netFront) shutdown(ctx context.Context) error {
	err := f.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.Join(err, f.http.Close())
	}
	f.conns.Wait()
	return err
}
