package netem

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// threads is the engine for platforms without epoll: two goroutines per connection, which make a blocking
// socket look like one that does not block. It is built everywhere, so that it is tested everywhere.
//
// Sent bytes are metered when they are handed to the writing goroutine, which is when the socket takes them
// unless it is full.
type threads struct{ running sync.WaitGroup }

func newThreads() (engine, error) { return new(threads), nil }

func (t *threads) stop() { t.running.Wait() }

func (t *threads) adopt(tcp *net.TCPConn, c *DelayedConn) error {
	s := &threadSocket{tcp: tcp, conn: c, closed: make(chan struct{})}
	s.taken, s.given = make(chan struct{}, 1), make(chan struct{}, 1)
	c.socket = s
	t.running.Go(s.readAll)
	t.running.Go(s.writeAll)
	return nil
}

// A threadSocket passes bytes between non-blocking calls and the two goroutines.
type threadSocket struct {
	tcp    *net.TCPConn
	conn   *DelayedConn
	taken  chan struct{} // in has been taken: read on
	given  chan struct{} // out or shut has been set: write on
	closed chan struct{}

	mu     sync.Mutex
	in     []byte // read, not taken yet
	inErr  error  // what follows in
	out    []byte // being written
	busy   bool   // out is not written yet
	shut   bool   // shut down for writing once out is written
	outErr error
}

func (s *threadSocket) readAll() {
	buf := make([]byte, 16<<10)
	for {
		n, err := s.tcp.Read(buf)
		s.mu.Lock()
		s.in, s.inErr = buf[:n], bare(err)
		s.mu.Unlock()
		s.conn.readable(false)
		if err != nil {
			return
		}
		select {
		case <-s.taken:
		case <-s.closed:
			return
		}
	}
}

func (s *threadSocket) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.in) == 0 {
		if s.inErr != nil {
			return 0, s.inErr
		}
		return 0, errWouldBlock
	}
	n := copy(p, s.in)
	if s.in = s.in[n:]; len(s.in) == 0 {
		notify(s.taken)
	}
	return n, nil
}

func (s *threadSocket) writeAll() {
	for open := true; open; {
		select {
		case <-s.given:
		case <-s.closed:
			open = false
		}
		s.writeOut()
		s.conn.writable()
	}
	s.tcp.Close()
}

// writeOut writes what was given, and shuts down if that is asked for.
func (s *threadSocket) writeOut() {
	s.mu.Lock()
	out, shut := s.out, s.shut
	s.mu.Unlock()
	var err error
	if len(out) > 0 {
		_, err = s.tcp.Write(out)
	}
	if shut {
		_ = s.tcp.CloseWrite()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out, s.busy = s.out[:0], false
	if err != nil {
		s.outErr = bare(err)
	}
}

func (s *threadSocket) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outErr != nil {
		return 0, s.outErr
	}
	if s.busy {
		return 0, errWouldBlock
	}
	s.out = append(s.out, p...)
	s.busy = true
	notify(s.given)
	return len(p), nil
}

func (s *threadSocket) closeWrite() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut = true
	notify(s.given)
	return nil
}

// close lets the writing goroutine finish and close; the deadlines bound that, and end the reading goroutine.
func (s *threadSocket) close() error {
	_ = s.tcp.SetWriteDeadline(time.Now().Add(s.conn.linger))
	_ = s.tcp.SetReadDeadline(time.Now())
	close(s.closed)
	return nil
}

func (s *threadSocket) abort() {
	reset(s.tcp)
	close(s.closed)
}

// bare takes the net package's wrapping off: the emulated connection puts its own around.
func bare(err error) error {
	if op, ok := err.(*net.OpError); ok {
		return op.Err
	}
	if err == io.EOF || err == nil {
		return err
	}
	return os.NewSyscallError("socket", err)
}
