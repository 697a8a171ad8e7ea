package loadgen

import (
	"context"
	"fmt"
	"time"

	"pushbench/results"
)

// Inspector is a Target that can ask its server what faults the server made on purpose. Targets need not be: most servers make none.
type Inspector interface {
	// Inspect returns the faults made so far, since the server's start. It is called when everything that was published has arrived or was given up,
	// and before the sessions are closed.
	Inspect(ctx context.Context) (results.InjectedCounts, error)
}

// inspectTimeout bounds the wait for a server that may have stopped.
const inspectTimeout = 2 * time.Second

// inspection is what a server said of its faults: counts, or why there are none. The zero value is that it was not asked.
type inspection struct {
	counts *results.InjectedCounts
	err    error
}

// inspect asks the server, if it was told to misbehave and can be asked.
func (r *round) inspect(ctx context.Context) inspection {
	target, ok := r.target.(Inspector)
	if !ok || r.plan.Server.Injected == "" {
		return inspection{}
	}
	ctx, cancel := context.WithTimeout(ctx, inspectTimeout)
	defer cancel()
	counts, err := target.Inspect(ctx)
	if err != nil {
		return inspection{err: err}
	}
	return inspection{counts: &counts}
}

// addTo enters the faults in the round's figures, and returns a warning if the server could not say.
func (i inspection) addTo(s *results.Server) []results.Warning {
	if s != nil {
		s.InjectedCounts = i.counts
	}
	if i.err == nil {
		return nil
	}
	return []results.Warning{{Code: "uninspected", Text: fmt.Sprintf("the server could not say which faults it made: %v", i.err)}}
}
