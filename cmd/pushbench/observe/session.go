package observe

import (
	"cmp"
	"context"
	"errors"
	"sync"

	"pushbench/loadgen"
	"pushbench/loadgen/pace"
)

// session is a client of one side on one topic, opened again whenever it ends. Its goroutine owns all but what mu guards.
type session struct {
	side, topic int
	spec        loadgen.ClientSpec
	target      loadgen.Target
	key         Key

	// took is the traffic of the sessions that have ended, missed what the server said it could not deliver.
	took     loadgen.Traffic
	missed   int64
	reopened int
	errors   map[string]int64

	mu     sync.Mutex
	conn   loadgen.Conn
	closed bool
}

// open opens it, where its last session ended if that can be said.
func (s *session) open(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	conn, err := s.target.Open(ctx, s.spec)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.conn = conn
	closed := s.closed
	s.mu.Unlock()
	if closed {
		_ = conn.Close()
	}
	return nil
}

func (s *session) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil && !s.closed {
		_ = s.conn.Close()
	}
	s.closed = true
}

// run hands over what arrives until the context is done.
func (s *session) run(ctx context.Context, b *observation) {
	for {
		s.settle(ctx, s.receive(ctx, b.arrivals))
		for s.conn == nil {
			if !pace.Pause(ctx, reopenAfter) {
				return
			}
			s.reopened++
			if err := s.open(ctx); err != nil {
				s.count(ctx, err)
			}
		}
	}
}

// receive hands over what arrives until the session ends.
func (s *session) receive(ctx context.Context, to chan<- []arrival) error {
	for {
		batch, err := s.conn.Receive()
		if err != nil {
			return err
		}
		s.missed += batch.Missed
		if batch.Failed != nil { // and the session goes on
			s.count(ctx, batch.Failed)
		}
		if len(batch.Messages) == 0 {
			continue
		}
		select {
		case to <- s.arrivals(batch):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// arrivals is what a batch says to the pairer.
func (s *session) arrivals(batch *loadgen.Batch) []arrival {
	all := make([]arrival, len(batch.Messages))
	for i, m := range batch.Messages {
		key, ok := s.key.of(m)
		all[i] = arrival{side: s.side, topic: s.topic, key: key, unkeyed: !ok, at: batch.Received}
	}
	return all
}

// settle closes the books of a session that has ended.
func (s *session) settle(ctx context.Context, err error) {
	s.spec.Resume = s.conn.Place()
	_ = s.conn.Close()
	s.took = s.took.Plus(s.conn.Traffic())
	s.count(ctx, err)
	s.mu.Lock()
	s.conn = nil
	s.mu.Unlock()
}

// count counts an error by kind, but not those of the end.
func (s *session) count(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	if s.errors == nil {
		s.errors = map[string]int64{}
	}
	s.errors[kindOf(err)]++
}

// kindOf is the name of an error that a target gave it.
func kindOf(err error) string {
	var named interface{ Kind() string }
	if errors.As(err, &named) {
		return cmp.Or(named.Kind(), "connection")
	}
	return "connection"
}
