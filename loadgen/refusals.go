package loadgen

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// refusals count the clients that got no session in the ramp. A round is one of all its clients or none, but how many were refused, and how, tells what ails the
// server: so the others try as well, until it is plain that they would fare the same, or it takes too long.
type refusals struct {
	mu           sync.Mutex
	opened, none int
	// since is when the first was refused.
	since time.Time
	kinds errorCounts
}

const (
	// refusedAtOnce is how many refusals are enough where nobody has a session.
	refusedAtOnce = 10
	// refusedFor is how long clients go on trying after the first refusal.
	refusedFor = 10 * time.Second
)

// open notes that a client has its session.
func (r *refusals) open() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opened++
}

func (r *refusals) add(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.none++; r.none == 1 {
		r.since = time.Now()
	}
	r.kinds.add(err)
}

// enough says whether no more clients need to try.
func (r *refusals) enough() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.none > 0 && (r.opened == 0 && r.none >= refusedAtOnce || time.Since(r.since) > refusedFor)
}

// err says how many of so many clients were refused, by kind, with the first as an example; nil if none was.
func (r *refusals) err(clients int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.none == 0 {
		return nil
	}
	counts, first := r.kinds.snapshot()
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		kinds = append(kinds, fmt.Sprintf("%s ×%d", kind, counts[kind]))
	}
	untried := ""
	if n := clients - r.opened - r.none; n > 0 {
		untried = fmt.Sprintf(", %d had not tried", n)
	}
	return fmt.Errorf("%d of %d clients were refused%s: %s; first: %w", r.none, clients, untried, strings.Join(kinds, ", "), first)
}
