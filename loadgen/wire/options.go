package wire

import "time"

// Defaults of Options, in bytes.
const (
	DefaultMaxHead = 64 << 10
	DefaultMaxBody = 16 << 20
)

// Options are the limits of a connection and the pool it borrows from. The zero value is ready to use.
type Options struct {
	Pool       *Pool // nil: one pool shared by the process
	MaxMessage int   // largest WebSocket message in bytes; 0: DefaultMaxMessage
	MaxHead    int   // largest response head, and largest chunked trailer, in bytes; 0: DefaultMaxHead
	MaxBody    int   // largest response body in bytes; 0: DefaultMaxBody
	// AnswerTimeout bounds what comes of a response after its first bytes, for servers that drip; 0: no bound. It costs nothing where a response comes with one read.
	AnswerTimeout time.Duration
	// BeginTimeout bounds the wait for a response's first bytes, to within a second; 0: no bound, as for a poll that the server may hold.
	BeginTimeout time.Duration
}

var sharedPool Pool

func (o Options) pool() *Pool {
	if o.Pool != nil {
		return o.Pool
	}
	return &sharedPool
}

func positive(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}
