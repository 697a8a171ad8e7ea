package target

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
)

// libraryHTTP2 returns an HTTP client of one session's own that speaks HTTP/2, over a metered connection.
//
// The library is told that it speaks in clear, and given a connection that is encrypted where the scenario says so: of one that it encrypts itself, or knows to be encrypted, nobody could
// count what is inside the records. All that differs on the wire is the :scheme, which takes one byte either way (RFC 7541, appendix A).
func (t *Reference) libraryHTTP2(client int, l *ledger, s *shared) *http.Client {
	session := t.session(client)
	if session != nil {
		session = session.Clone()
		session.NextProtos = []string{"h2"}
	}
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := t.dial(ctx, l, session)
			if err != nil {
				return nil, err
			}
			return conn, s.hold(conn)
		},
		Protocols: protocols, DisableCompression: true,
	}, CheckRedirect: stayHere}
}

// shared holds the connection that the requests of a session share. The library does not close it while one of them is being cancelled.
type shared struct {
	mu   sync.Mutex
	conn net.Conn
	over bool
}

// hold closes the connection before, and this one if the session is over.
func (s *shared) hold(conn net.Conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		_ = s.conn.Close() // the library has given it up
	}
	s.conn = conn
	if s.over {
		return errors.Join(errSessionClosed, conn.Close())
	}
	return nil
}

func (s *shared) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	if s.conn == nil {
		return nil
	}
	return closed(s.conn)
}
