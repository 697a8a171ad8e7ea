//go:build !race

package netem

import (
	"io"
	"testing"
	"time"
)

// Not under the race detector, where a sync.Pool drops what it is given at random.
func TestDelayedMessagesDoNotAllocate(t *testing.T) {
	p := newPair(t, &Dialer{Network: Network{Delay: 100 * time.Microsecond}})
	message, buf := make([]byte, 128), make([]byte, 128)
	allocs := testing.AllocsPerRun(200, func() {
		p.client.Write(message)
		io.ReadFull(p.server, buf)
		p.server.Write(message)
		io.ReadFull(p.client, buf)
	})
	if allocs >= 1 { // the collector empties the slab pools now and then
		t.Errorf("a round trip allocates %v times", allocs)
	}
}
