package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"

	"pushbench/loadgen/target/file"
	"pushbench/loadgen/wire"
)

// upgrade opens a WebSocket over conn, and closes conn if that fails or the context is done first.
func upgrade(ctx context.Context, conn net.Conn, r wire.UpgradeRequest, o wire.Options) (*wire.WebSocketConn, *wire.UpgradeResponse, error) {
	stop := closeWith(ctx, conn)
	r.Deadline, _ = ctx.Deadline()
	upgraded, response, err := wire.Upgrade(conn, r, o)
	if !stop() {
		err = interrupted(ctx, err)
	}
	if err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	return upgraded, response, nil
}

// interrupted is the error of what a context has ended: its cause, where there is none or one that only says that the connection was closed meanwhile. What was
// awaited is still told.
func interrupted(ctx context.Context, err error) error {
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	if e, ok := errors.AsType[*awaitedError](err); ok {
		return &awaitedError{e.what, interrupted(ctx, e.err)}
	}
	return context.Cause(ctx)
}

// awaitedError says in which place of a session, or while it waited for what, something failed.
type awaitedError struct {
	what string
	err  error
}

func (e *awaitedError) Error() string { return e.what + ": " + e.err.Error() }
func (e *awaitedError) Unwrap() error { return e.err }

// none says that so many frames or events came, and not the one that opens the session.
func none(came int, things string, expected file.Template) string {
	switch came {
	case 0:
		return fmt.Sprintf("no %s came, and one that contains %q is expected", things, expected)
	case 1:
		return fmt.Sprintf("1 %s came, and it does not contain %q", things, expected)
	}
	return fmt.Sprintf("%d %ss came, none of which contains %q", came, things, expected)
}

// closeWith closes a connection as soon as the context is done, which ends whatever waits for it. stop says whether it is still open.
func closeWith(ctx context.Context, conn net.Conn) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = conn.Close() })
}

// closed closes a connection; that it was closed already is fine.
func closed(c net.Conn) error {
	if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close a client's connection: %w", err)
	}
	return nil
}

// live is the connection that Close must close, which a poller may exchange at any time.
type live struct {
	mu    sync.Mutex
	conn  net.Conn
	ended bool
	// over is done when the session is closed: it ends a pause between polls, and a dial.
	over context.Context
	end  context.CancelFunc
}

func newLive() *live {
	l := &live{}
	l.over, l.end = context.WithCancel(context.Background())
	return l
}

// errSessionClosed ends a poller that was closed between two polls.
var errSessionClosed = fmt.Errorf("polling session: %w", net.ErrClosed)

// use makes c the connection to close; it fails if the session was closed meanwhile.
func (l *live) use(c net.Conn) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		_ = c.Close()
		return errSessionClosed
	}
	l.conn = c
	return nil
}

func (l *live) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return nil
	}
	l.ended = true
	l.end()
	if l.conn == nil {
		return nil
	}
	return closed(l.conn)
}

// stale says whether an exchange failed because the server had given up the connection before it: HTTP allows that at any time, and a client then
// tries once more on a new one.
func stale(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, wire.ErrNotReusable) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
