package server

import (
	"math/rand/v2"
	"sync/atomic"
)

// counters are summed when /stats asks.
type counters struct {
	websocket, longpoll, events counter // messages handed to connections
	missed                      counter // messages that subscribers found fallen out of the log
	slow                        counter // subscribers cut off
	pings, pongs                counter // pings sent, and answers to them
}

// counter is written by every delivery on every core. It is split over cache lines,
// so that counting does not become what the cores queue for; reading sums it.
type counter struct {
	cells [counterCells]struct {
		atomic.Uint64
		_ [56]byte
	}
}

const counterCells = 32

func (c *counter) add(n uint64) {
	c.cells[rand.Uint32()%counterCells].Add(n)
}

func (c *counter) sum() (n uint64) {
	for i := range c.cells {
		n += c.cells[i].Load()
	}
	return n
}
