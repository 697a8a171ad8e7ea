package wire

import "sync"

// DefaultBufferSize is the size in bytes of a lent buffer: one TLS record's plaintext, and more than a hundred small
// frames, so that a burst is read with one system call.
const DefaultBufferSize = 16 << 10

// DefaultMaxIdle is how many returned buffers a pool keeps for the next borrower.
const DefaultMaxIdle = 256

// minBufferSize holds any frame header and some payload.
const minBufferSize = 64

// Pool lends fixed-size read and write buffers to the clients whose bytes are being moved at this moment.
//
// It is a stack behind a mutex rather than a sync.Pool, for three reasons. The collector empties a sync.Pool, and the
// buffers made again afterwards would be paid for by messages in the measured phase. A []byte put into a sync.Pool is
// boxed, which is an allocation per read. And last in, first out hands out the buffer that is still in the cache. The
// lock is held for some ten nanoseconds, once or twice a read, beside the microseconds of the read itself.
//
// The zero value is ready to use. A Pool is safe for concurrent use and must not be copied.
type Pool struct {
	// Size is the length in bytes of every lent buffer; 0 means DefaultBufferSize. Messages that do not fit are read
	// into a larger buffer made for them and dropped afterwards, so for large messages choose a Size that holds one.
	// Less than minBufferSize means that. It must not be changed after first use.
	Size int
	// MaxIdle bounds the buffers kept while nobody borrows them; 0 means DefaultMaxIdle.
	MaxIdle int
	// Grant is how many bytes the buffers beyond Size may have in all at one moment; 0 means any number. Without a grant, servers that never finish what
	// they say take as much memory as clients times the largest message.
	Grant int

	mu       sync.Mutex
	free     [][]byte
	messages [][]Message
	events   [][]Event
	lent     int
	grown    int // bytes of the buffers beyond Size
}

// Get borrows a buffer of the pool's size. Its contents are arbitrary.
func (p *Pool) Get() []byte {
	p.mu.Lock()
	p.lent++
	last := len(p.free) - 1
	if last < 0 {
		p.mu.Unlock()
		return make([]byte, p.size())
	}
	buf := p.free[last]
	p.free[last] = nil
	p.free = p.free[:last]
	p.mu.Unlock()
	return buf
}

// Put gives a borrowed buffer back at its full length. A buffer of another length (grown for a large message) is left
// to the collector. The caller must not touch buf afterwards.
func (p *Pool) Put(buf []byte) {
	p.mu.Lock()
	p.lent--
	p.take(buf)
	p.mu.Unlock()
}

// take keeps a returned buffer for the next borrower, or not.
func (p *Pool) take(buf []byte) {
	switch {
	case len(buf) > p.size():
		p.grown -= len(buf)
	case len(buf) == p.size() && len(p.free) < p.maxIdle():
		p.free = append(p.free, buf)
	}
}

// grow lends a buffer of twice the size, if the grant allows it, to a borrower who gives the old one back when it has been copied: still one loan.
func (p *Pool) grow(old []byte) (larger []byte, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	size := 2 * len(old)
	if p.Grant > 0 && p.grown+size > p.Grant {
		return nil, false
	}
	p.grown += size
	return make([]byte, size), true
}

// replaced takes back the buffer that a grown one has replaced.
func (p *Pool) replaced(old []byte) {
	p.mu.Lock()
	p.take(old)
	p.mu.Unlock()
}

// Lent is how many buffers are borrowed at this moment. With every client idle it is 0.
func (p *Pool) Lent() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lent
}

func (p *Pool) size() int {
	if p.Size > 0 {
		return max(p.Size, minBufferSize)
	}
	return DefaultBufferSize
}

func (p *Pool) maxIdle() int {
	if p.MaxIdle > 0 {
		return p.MaxIdle
	}
	return DefaultMaxIdle
}

// getMessages and getEvents borrow the array behind a batch. It is lent like a buffer because a client that once received a burst
// would otherwise keep an array of that burst's size while idle.
func (p *Pool) getMessages() []Message { return getArray(p, &p.messages) }
func (p *Pool) getEvents() []Event     { return getArray(p, &p.events) }

func (p *Pool) putMessages(m []Message) { putArray(p, &p.messages, m) }
func (p *Pool) putEvents(e []Event)     { putArray(p, &p.events, e) }

func getArray[T any](p *Pool, free *[][]T) []T {
	p.mu.Lock()
	last := len(*free) - 1
	if last < 0 {
		p.mu.Unlock()
		return make([]T, 0, 16)
	}
	a := (*free)[last]
	(*free)[last] = nil
	*free = (*free)[:last]
	p.mu.Unlock()
	return a
}

// putArray clears the payload slices first: they would keep a large message's buffer alive.
func putArray[T any](p *Pool, free *[][]T, a []T) {
	clear(a)
	p.mu.Lock()
	if len(*free) < p.maxIdle() {
		*free = append(*free, a[:0])
	}
	p.mu.Unlock()
}
