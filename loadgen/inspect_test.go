package loadgen

import (
	"context"
	"errors"
	"testing"

	"pushbench/results"
)

// inspected is a target of which only the faults can be asked.
type inspected struct {
	Target
	counts results.InjectedCounts
	err    error
	asked  int
}

func (t *inspected) Inspect(context.Context) (results.InjectedCounts, error) {
	t.asked++
	return t.counts, t.err
}

func TestInspect(t *testing.T) {
	broken := errors.New("no statistics")
	for name, c := range map[string]struct {
		target   inspected
		injected string
		asked    int
		warnings int
		counted  bool
	}{
		"told to misbehave": {target: inspected{counts: results.InjectedCounts{Dropped: 3}}, injected: "drop=1%", asked: 1, counted: true},
		"well-behaved":      {target: inspected{counts: results.InjectedCounts{Dropped: 3}}},
		"cannot say":        {target: inspected{err: broken}, injected: "drop=1%", asked: 1, warnings: 1},
	} {
		r := &round{target: &c.target, plan: Plan{Server: ServerInfo{Injected: c.injected}}}
		s := &results.Server{}
		warnings := r.inspect(t.Context()).addTo(s)
		if c.target.asked != c.asked || len(warnings) != c.warnings || (s.InjectedCounts != nil) != c.counted {
			t.Errorf("%s: asked %d times, warnings %v, counts %v", name, c.target.asked, warnings, s.InjectedCounts)
		}
		if c.counted && *s.InjectedCounts != c.target.counts {
			t.Errorf("%s: %+v, want %+v", name, *s.InjectedCounts, c.target.counts)
		}
	}
	var plain struct{ Target }
	r := &round{target: &plain, plan: Plan{Server: ServerInfo{Injected: "drop=1%"}}}
	if i := r.inspect(t.Context()); i.counts != nil || i.addTo(nil) != nil {
		t.Errorf("a target that cannot be asked gives %+v", i)
	}
}
