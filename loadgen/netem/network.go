package netem

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Network describes the path to emulate. Its zero value emulates nothing.
type Network struct {
	// Delay is the one-way delay of every byte, in each direction; a round trip takes twice as long.
	Delay time.Duration
	// Jitter adds a delay drawn uniformly from [0, Jitter) to each chunk of bytes. It never reorders: what
	// follows a late chunk is late too.
	Jitter time.Duration
	// Bandwidth is the rate in bytes per second, per connection and direction, at which bytes are put on the
	// path; 0 is unlimited.
	Bandwidth int64
	// ReadRate is the rate in bytes per second at which the client's program takes what arrives, per connection; 0 is at once. It keeps
	// only as much as it takes in a tenth of a second: the rest stays in the kernel, whose window closes, so that the peer is
	// held up as by any program that reads slowly. See Dialer.ReceiveBuffer.
	ReadRate int64
	// Seed fixes the jitter: the i-th connection of a Dialer draws the same sequence for the same Seed.
	Seed uint64
}

// Emulates reports whether the network differs from the real path.
func (n Network) Emulates() bool {
	return n.Delay > 0 || n.Jitter > 0 || n.Bandwidth > 0 || n.ReadRate > 0
}

// Validate returns an error when a field is negative.
func (n Network) Validate() error {
	if n.Delay < 0 || n.Jitter < 0 || n.Bandwidth < 0 || n.ReadRate < 0 {
		return fmt.Errorf("netem: delay %v, jitter %v, bandwidth %d bytes/s and read rate %d bytes/s must not be negative", n.Delay, n.Jitter, n.Bandwidth, n.ReadRate)
	}
	return nil
}

const (
	maxInFlight = 4 << 20  // bytes a direction holds at most, give or take a chunk
	minInFlight = 64 << 10 // so that a slow network does not hold up small messages
	maxChunk    = 64 << 10
	minChunk    = 1448 // one Ethernet segment's payload
)

// minTaken is the fewest bytes that a slow program takes at a time.
const minTaken = 64

// towards is the direction from the peer to a program that may read slowly: to the peer it is as if the path were that slow, and held little.
func (n Network) towards() Network {
	if n.ReadRate > 0 && (n.Bandwidth == 0 || n.ReadRate < n.Bandwidth) {
		n.Bandwidth = n.ReadRate
	}
	return n
}

// from is the direction to the peer, which does not know how the program reads.
func (n Network) from() Network {
	n.ReadRate = 0
	return n
}

// inFlight is the number of bytes above which a direction accepts no more: twice what fits on the path.
func (n Network) inFlight() int {
	if n.ReadRate > 0 { // a tenth of a second's: what the program has read and not taken yet
		return int(min(max(n.ReadRate/10, 2*minTaken), maxInFlight))
	}
	if n.Bandwidth == 0 {
		return maxInFlight
	}
	onPath := 2 * float64(n.Bandwidth) * (n.Delay + n.Jitter).Seconds()
	return int(min(max(onPath, minInFlight), maxInFlight))
}

// chunk is the number of bytes dated together: at most about 1 ms of the bandwidth.
func (n Network) chunk() int {
	if n.ReadRate > 0 { // a fiftieth of a second's: how finely the program takes
		return int(min(max(n.ReadRate/50, minTaken), maxChunk))
	}
	if n.Bandwidth == 0 {
		return maxChunk
	}
	return int(min(max(n.Bandwidth/1000, minChunk), maxChunk))
}

// serialisation is how long size bytes occupy the path.
func (n Network) serialisation(size int) time.Duration {
	if n.Bandwidth == 0 {
		return 0
	}
	return time.Duration(float64(size) / float64(n.Bandwidth) * float64(time.Second))
}

// A path dates the chunks of one direction of one connection. Instants are those of a line.
type path struct {
	network  Network
	jitter   rand.PCG
	departed time.Duration // when the last chunk has left
	due      time.Duration // when the last chunk arrives
}

func newPath(n Network, connection, direction uint64) path {
	p := path{network: n}
	p.jitter.Seed(n.Seed, connection<<1|direction)
	return p
}

// date returns when a chunk of size bytes handed over now arrives: never before the chunk ahead of it.
func (p *path) date(now time.Duration, size int) time.Duration {
	p.departed = max(now, p.departed) + p.network.serialisation(size)
	p.due = max(p.due, p.departed+p.oneWay())
	return p.due
}

func (p *path) oneWay() time.Duration {
	if p.network.Jitter == 0 {
		return p.network.Delay
	}
	return p.network.Delay + time.Duration(p.jitter.Uint64()%uint64(p.network.Jitter))
}
