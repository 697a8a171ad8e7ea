package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
)

// fastFront answers with fasthttp: polls by its own means, which is what it is for, and all else through the same
// handlers as net/http (relay.go).
//
// The library is given one connection after the other on goroutines of ours. Its own Serve would leave goroutines behind
// for seconds, ends when it runs out of descriptors, and looks only ten times a second whether a shutdown is done.
type fastFront struct {
	server    *Server
	http      *fasthttp.Server
	accepting chan struct{}  // closed when serve has returned
	conns     sync.WaitGroup // a goroutine for each connection

	mu   sync.Mutex
	open map[*fastConn]struct{}
}

func newFastFront(s *Server) *fastFront {
	f := &fastFront{server: s, accepting: make(chan struct{}), open: make(map[*fastConn]struct{})}
	f.http = &fasthttp.Server{
		Handler:        f.answer,
		ErrorHandler:   f.refuse,
		HeaderReceived: f.expectBody,
		ConnState:      f.track,
		Logger:         slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelDebug),
		// Reading a request is all this bounds: a poll reads nothing while it is held. A write's deadline is deadlineConn's.
		ReadTimeout:        s.cfg.HeaderTimeout,
		IdleTimeout:        s.cfg.IdleTimeout,
		ReadBufferSize:     s.cfg.MaxHeaderBytes,
		MaxRequestBodySize: s.cfg.MaxPayload,
		// Buffers go back while a poll is held and between requests. It costs a read of one byte for each request.
		ReduceMemoryUsage: true,
		KeepHijackedConns: true,
		// The same header as net/http's, so that the bytes are too.
		NoDefaultServerHeader:        true,
		NoDefaultContentType:         true,
		DisablePreParseMultipartForm: true,
	}
	return f
}

// fastConn is a connection that fasthttp answers on.
type fastConn struct {
	net.Conn
	state   atomic.Int32
	upgrade *upgrade // a request to take the connection over
}

// States of a fastConn, so that a shutdown closes those on which no request is running.
const (
	connIdle int32 = iota
	connBusy
	connEnded
)

func (f *fastFront) serve(l net.Listener) error {
	defer close(f.accepting)
	for {
		conn, err := l.Accept()
		switch {
		case err == nil:
			f.begin(conn)
		case f.server.isClosing():
			return http.ErrServerClosed
		case !passing(err):
			return err
		case !f.pause(err):
			return http.ErrServerClosed
		}
	}
}

// passing reports whether accepting may work again later.
func passing(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ECONNABORTED)
}

// acceptPause is how long not to accept when there is no descriptor left.
const acceptPause = 50 * time.Millisecond

// pause returns false if the server shut down meanwhile.
func (f *fastFront) pause(err error) bool {
	f.server.cfg.Logger.Warn("accepting a connection failed; trying again", "error", err, "after", acceptPause)
	return stopper{closing: f.server.closing}.sleep(acceptPause)
}

func (f *fastFront) begin(conn net.Conn) {
	c := &fastConn{Conn: conn}
	f.mu.Lock()
	f.open[c] = struct{}{}
	f.mu.Unlock()
	f.conns.Go(func() { f.run(c) })
}

// run answers on a connection until it ends or is upgraded.
func (f *fastFront) run(c *fastConn) {
	defer f.end(c)
	err := f.http.ServeConn(c)
	switch {
	case err != nil:
		f.server.cfg.Logger.Debug("connection ended", "remote", c.RemoteAddr(), "error", err)
	case c.upgrade != nil:
		c.upgrade.serve(f.server, c.Conn)
	}
}

func (f *fastFront) end(c *fastConn) {
	f.mu.Lock()
	delete(f.open, c)
	f.mu.Unlock()
}

// track follows which connections are idle. A shutdown begins by closing the server's channel, so a request that ends
// after the idle ones were closed finds that out here.
func (f *fastFront) track(conn net.Conn, state fasthttp.ConnState) {
	c := conn.(*fastConn)
	switch state {
	case fasthttp.StateActive:
		c.state.CompareAndSwap(connIdle, connBusy)
	case fasthttp.StateIdle:
		if c.state.CompareAndSwap(connBusy, connIdle) && f.server.isClosing() {
			_ = c.Close()
		}
	}
}

func (f *fastFront) shutdown(ctx context.Context) error {
	err := f.server.listener.Close()
	<-f.accepting
	f.closeConns(func(c *fastConn) bool { return c.state.CompareAndSwap(connIdle, connEnded) })
	ended := make(chan struct{})
	go func() { f.conns.Wait(); close(ended) }()
	select {
	case <-ended:
		return err
	case <-ctx.Done():
	}
	f.closeConns(func(*fastConn) bool { return true })
	<-ended
	return errors.Join(err, ctx.Err())
}

func (f *fastFront) closeConns(which func(*fastConn) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.open {
		if which(c) {
			abort(c.Conn)
		}
	}
}

// expectBody gives a request that has a body the time for it.
func (f *fastFront) expectBody(header *fasthttp.RequestHeader) (c fasthttp.RequestConfig) {
	if header.ContentLength() != 0 {
		c.ReadTimeout = f.server.cfg.BodyTimeout
	}
	return c
}

func (f *fastFront) answer(ctx *fasthttp.RequestCtx) {
	if string(ctx.Path()) != "/poll" || len(ctx.Request.Body()) > 0 {
		f.relay(ctx)
		return
	}
	// The library does not say when a client leaves, so nothing but the server's end cuts a hold short.
	reply := f.server.poll.Reply(context.Background(), string(ctx.Method()), string(ctx.URI().QueryString()))
	defer reply.Release()
	f.server.poll.Pack(&reply, string(ctx.Request.Header.Peek("Accept-Encoding")))
	f.pad(ctx)
	for _, field := range reply.Fields() {
		ctx.Response.Header.Set(field.Name, field.Value[0])
	}
	ctx.SetStatusCode(reply.Status)
	ctx.Response.SetBody(reply.Body)
}

func (f *fastFront) pad(ctx *fasthttp.RequestCtx) {
	if f.server.padding != nil {
		ctx.Response.Header.Set("X-Padding", f.server.padding[0])
	}
}

// refuse answers a request that could not be read.
func (f *fastFront) refuse(ctx *fasthttp.RequestCtx, err error) {
	var tooLong *fasthttp.ErrSmallBuffer
	var network net.Error
	status, text := http.StatusBadRequest, "malformed request: "+err.Error()
	switch {
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		status, text = http.StatusRequestEntityTooLarge, f.server.tooLarge()
	case errors.As(err, &tooLong):
		status, text = http.StatusRequestHeaderFieldsTooLarge, "the header is too long"
	case errors.As(err, &network) && network.Timeout():
		status, text = http.StatusRequestTimeout, "the request did not arrive in time"
	}
	f.pad(ctx)
	ctx.SetContentType("text/plain; charset=utf-8")
	ctx.SetStatusCode(status)
	ctx.SetBodyString(text + "\n")
}
