package loadgen

import (
	"context"
	"fmt"
	"time"
)

// Knocked is what became of clients that only came and went.
type Knocked struct {
	// Took is how long each needed for its session.
	Took []time.Duration
	// Traffic is of all of them.
	Traffic Traffic
}

// Knock opens a session for each of the plan's clients, one after the other and as a round would, and then ends them all: a server is seen to answer before
// it is put under load. Nothing is published. The error is of the first session that could not be opened; what came before it is told.
func Knock(ctx context.Context, plan Plan, target Target) (k Knocked, err error) {
	l := newLayout(plan.Scenario)
	l.mark = plan.Mark
	uses := plan.Scenario.Uses(plan.Transport)
	var open []Conn
	defer func() {
		for _, c := range open {
			_ = c.Close() // one that cannot be ended cleanly was open all the same
			k.Traffic.add(c.Traffic())
		}
	}()
	for id := range plan.Scenario.Clients {
		began := time.Now()
		c, err := target.Open(ctx, plan.client(l, id, uses[id%len(uses)], 0))
		if err != nil {
			return k, fmt.Errorf("client %d of %d: %w", id+1, plan.Scenario.Clients, err)
		}
		open = append(open, c)
		k.Took = append(k.Took, time.Since(began))
	}
	return k, nil
}
