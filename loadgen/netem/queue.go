package netem

import (
	"sync"
	"time"
)

// A chunk is some bytes on the path, or what ends the stream behind them.
type chunk struct {
	due  time.Duration
	slab *slab // holds data; nil for an end
	data []byte
	end  error // io.EOF, the socket's error, or what a side of the connection does at last; nil for data
}

// A queue holds the chunks of one direction, oldest first. Its memory is that of the chunks: an empty queue
// keeps nothing but a small ring.
type queue struct {
	ring  []chunk
	first int
	count int
	bytes int
}

func (q *queue) at(i int) *chunk { return &q.ring[(q.first+i)%len(q.ring)] }

func (q *queue) push(c chunk) {
	if q.count == len(q.ring) {
		q.grow()
	}
	q.count++
	*q.at(q.count - 1) = c
	q.bytes += len(c.data)
}

func (q *queue) grow() {
	ring := make([]chunk, max(4, 2*len(q.ring)))
	for i := range q.count {
		ring[i] = *q.at(i)
	}
	q.ring, q.first = ring, 0
}

// add copies data to the end of the queue.
func (q *queue) add(data []byte, due time.Duration) {
	s := getSlab(len(data))
	q.push(chunk{due: due, slab: s, data: s.bytes[:copy(s.bytes, data)]})
}

// consume drops n bytes of the oldest chunk, and the chunk if nothing of it is left.
func (q *queue) consume(n int) (dropped bool) {
	c := q.at(0)
	c.data = c.data[n:]
	q.bytes -= n
	if len(c.data) > 0 {
		return false
	}
	if c.slab != nil {
		putSlab(c.slab)
	}
	*c = chunk{}
	q.first = (q.first + 1) % len(q.ring)
	q.count--
	return true
}

// clear drops all chunks.
func (q *queue) clear() {
	for q.count > 0 {
		q.consume(len(q.at(0).data))
	}
	*q = queue{}
}

// A slab is memory for a chunk, pooled by size so that a small message does not occupy a large buffer. A
// sync.Pool fits here: what is in flight comes and goes in waves, and between them the memory should go.
type slab struct {
	bytes []byte
	pool  *sync.Pool
}

var slabPools = []*sync.Pool{newSlabPool(256), newSlabPool(2 << 10), newSlabPool(16 << 10), newSlabPool(maxChunk)}

func newSlabPool(size int) *sync.Pool {
	p := new(sync.Pool)
	p.New = func() any { return &slab{bytes: make([]byte, size), pool: p} }
	return p
}

// getSlab returns a slab of at least n bytes; n is at most maxChunk.
func getSlab(n int) *slab {
	for size, i := 256, 0; ; size, i = size<<3, i+1 {
		if n <= size || i == len(slabPools)-1 {
			return slabPools[i].Get().(*slab)
		}
	}
}

func putSlab(s *slab) { s.pool.Put(s) }
