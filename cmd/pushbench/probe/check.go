package probe

import (
	"context"
	"errors"
)

// Check is one thing to try. Make one with checkOf.
type Check struct {
	Name string
	// Long checks wait for silence to be cut: they go on beside the others.
	Long bool
	// Harvest checks look at what all others brought: they come last.
	Harvest bool
	run     func(ctx context.Context, p *Path) []Finding
}

// plan is what a check is apart from what it observes.
type plan struct {
	name    string
	bears   []Transport
	long    bool
	harvest bool
	// tried is what the check does, for a report of one that could not.
	tried string
}

// checkOf makes a check of its two halves: try touches the network, judge only what try brought. judge leaves a finding's Check, Tried and Transports empty
// where they are the plan's.
func checkOf[T any](pl plan, try func(ctx context.Context, p *Path) (T, error), judge func(T) []Finding) Check {
	return Check{Name: pl.name, Long: pl.long, Harvest: pl.harvest, run: func(ctx context.Context, p *Path) []Finding {
		observed, err := try(ctx, p)
		if err != nil {
			return pl.fill([]Finding{unable(ctx, err)})
		}
		return pl.fill(judge(observed))
	}}
}

// fill completes findings with what the plan says.
func (pl plan) fill(findings []Finding) []Finding {
	for i := range findings {
		f := &findings[i]
		if f.Check == "" {
			f.Check = pl.name
		}
		if f.Tried == "" {
			f.Tried = pl.tried
		}
		if f.Transports == nil {
			f.Transports = pl.bears
		}
		if f.Change == nil {
			f.Change = []Change{}
		}
		if f.Measured == nil {
			f.Measured = map[string]float64{}
		}
	}
	return findings
}

// unable is the finding of a check that could not be carried out.
func unable(ctx context.Context, err error) Finding {
	f := Finding{Verdict: Untried, Happened: endingOf(err).How}
	var why *untriedError
	switch {
	case ctx.Err() != nil:
		f.Happened = "the probe was interrupted"
	case errors.As(err, &why):
		f.Happened = why.why
	}
	return f
}
