package loadgen

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"pushbench/loadgen/schedule"
)

// senders take events from the pacer and put them on connections: what the application says on persistent publisher streams beside the server, what
// clients say on their own transports. Queues hold a whole round, so the pacer never waits for a connection: a server that does not read
// shows in the send delay, not in the lag.
type senders struct {
	round   *round
	streams []*stream
	// noMore closes the queues, once; done is closed when everything queued was sent or given up.
	noMore func()
	done   chan struct{}
}

// stream is one publisher with its queue.
type stream struct {
	mu        sync.Mutex // for who closes it: the goroutine that publishes may exchange the publisher
	publisher Publisher
	queue     chan uint32
	// handed is how many messages the publisher took; failed is set once it took one no more.
	handed int64
	failed bool
	// reopened is when the stream was opened again to another server, 0 if it never was; late is how many messages were due before and sent after.
	reopened time.Duration
	late     int64
}

// openSenders gives each client that sends an outbox, and opens the publisher streams if the application sends.
func (r *round) openSenders(ctx context.Context) error {
	s := &senders{round: r, done: make(chan struct{})}
	s.noMore = sync.OnceFunc(s.closeQueues)
	r.senders = s
	if r.layout.sends() {
		for _, c := range r.clients {
			c.outbox = make(chan uint32, r.schedule.Counts[r.layout.ownFlow(c.spec.ID)])
		}
	}
	if r.layout.speak {
		return nil
	}
	// A flow's messages must stay in order, so a flow keeps to one stream.
	for range min(publishers, r.layout.downs()) {
		p, err := r.target.OpenPublisher(ctx)
		if err != nil {
			return fmt.Errorf("open a publisher: %w", err)
		}
		if p, ok := p.(Complainer); ok {
			p.Complain(func(err error) { r.failed(err) })
		}
		s.streams = append(s.streams, &stream{publisher: p})
	}
	for i, st := range s.streams {
		st.queue = make(chan uint32, s.load(i))
	}
	return nil
}

// load is how many events a stream will carry.
func (s *senders) load(stream int) (n int) {
	for flow, count := range s.round.schedule.Counts[:s.round.schedule.Up] {
		if flow%len(s.streams) == stream {
			n += int(count)
		}
	}
	return n
}

// start starts the goroutines that send.
func (s *senders) start() {
	var working sync.WaitGroup
	for _, st := range s.streams {
		working.Go(func() { s.publish(st) })
	}
	for _, c := range s.round.clients {
		if c.outbox != nil {
			working.Go(c.send)
		}
	}
	go func() { working.Wait(); close(s.done) }()
}

// release queues an event. It never blocks.
func (s *senders) release(event uint32) {
	e := s.round.schedule.Events[event]
	if e.From != schedule.Application {
		s.round.clients[e.From].outbox <- event
		return
	}
	s.streams[int(e.Flow)%len(s.streams)].queue <- event
}

func (s *senders) publish(st *stream) {
	r := s.round
	names := map[uint32]string{}
	buffer := make([]byte, 0, 1024)
	for event := range st.queue {
		if st.failed || r.closing.Load() {
			continue // the queue is emptied, so that the pacer can go on counting
		}
		flow := r.schedule.Events[event].Flow
		if _, ok := names[flow]; !ok {
			names[flow] = r.layout.nameOf(flow)
		}
		buffer = r.payload(buffer[:0], event)
		if err := s.hand(st, event, names[flow], buffer); err != nil {
			st.failed = true
			if r.failed(err) {
				r.abort(fmt.Errorf("%w: a message could not be published: %w", ErrServerGone, err))
			}
			continue
		}
		st.handed++
	}
}

// hand hands a message to the stream's server: to the one in its place, once there is, if it is to be killed. The application keeps what it has to say meanwhile.
func (s *senders) hand(st *stream, event uint32, topic string, payload []byte) error {
	r := s.round
	for {
		if err := s.reopen(st); err != nil {
			return err
		}
		r.sending(event)
		err := st.publisher.Publish(topic, payload)
		if err == nil {
			if st.reopened > 0 && r.collector.ReleasedAt(event) < st.reopened {
				st.late++
			}
			return nil
		}
		if !r.killed() || st.reopened > 0 {
			return err
		}
	}
}

// reopening is how long the application waits between two attempts to reach a server that was killed.
const reopening = 20 * time.Millisecond

// reopen opens the stream again if its server was killed and it has not been: a stream that is closed says so at once to an application that reads, so none is
// written to after that.
func (s *senders) reopen(st *stream) error {
	r := s.round
	if !r.killed() || st.reopened > 0 {
		return nil
	}
	_ = st.publisher.Close()
	select {
	case <-r.outage.restarted:
	case <-r.living.Done():
		return context.Cause(r.living)
	}
	for {
		p, err := r.target.OpenPublisher(r.living)
		if err == nil {
			st.exchange(p)
			st.handed, st.reopened = 0, r.now()
			return nil
		}
		if !r.pause(reopening) {
			return err
		}
	}
}

func (st *stream) exchange(p Publisher) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.publisher = p
}

func (st *stream) close() {
	st.mu.Lock()
	defer st.mu.Unlock()
	// The messages are in the books by now; a stream that cannot be closed cleanly changes none.
	_ = st.publisher.Close()
}

// late is how many messages the application had to keep because there was no server to hand them to. The streams must have finished.
func (s *senders) late() (n int64) {
	for _, st := range s.streams {
		n += st.late
	}
	return n
}

func (s *senders) closeQueues() {
	for _, st := range s.streams {
		if st.queue != nil {
			close(st.queue)
		}
	}
	for _, c := range s.round.clients {
		if c != nil && c.outbox != nil {
			close(c.outbox)
		}
	}
}

// finished says whether everything queued was sent or given up.
func (s *senders) finished() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// syncTimeout bounds the wait for a server that may have stopped.
const syncTimeout = 2 * time.Second

// sync asks the server how many messages it accepted and compares. The streams must have finished: each is one goroutine's at a time.
func (s *senders) sync(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	for i, st := range s.streams {
		group.Go(func() error {
			accepted, err := st.publisher.Sync(ctx)
			if err != nil {
				return fmt.Errorf("publisher %d: %w", i, err)
			}
			if accepted != st.handed {
				return fmt.Errorf("publisher %d handed over %d messages, the server accepted %d", i, st.handed, accepted)
			}
			return nil
		})
	}
	return group.Wait()
}

// close ends the streams, also under a write that does not return. A nil receiver is a round that never got as far.
func (s *senders) close() {
	if s == nil {
		return
	}
	for _, st := range s.streams {
		st.close()
	}
}

// wait waits for the goroutines that send. The streams or sessions they write to must have been closed.
func (s *senders) wait() {
	if s == nil || s.round.start.IsZero() {
		return
	}
	s.noMore()
	<-s.done
}
