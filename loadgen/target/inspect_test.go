package target

import (
	"strings"
	"testing"

	"pushbench/loadgen"
	"pushbench/scenarios"
	"pushbench/server"
)

func TestInspect(t *testing.T) {
	for name, c := range map[string]struct {
		inject server.Inject
		want   string
	}{
		"faults":    {inject: server.Inject{Drop: 50}},
		"no faults": {want: "without --inject"},
	} {
		s, err := server.New(server.Config{Inject: c.inject})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		target, err := New(loadgen.Plan{Scenario: scenarios.Default(), Server: loadgen.ServerInfo{URL: s.URL()}})
		if err != nil {
			t.Fatal(err)
		}
		counts, err := target.Inspect(t.Context())
		switch {
		case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %+v, %v", name, counts, err)
		}
		if err := s.Shutdown(); err != nil {
			t.Error(err)
		}
		if _, err := target.Inspect(t.Context()); err == nil {
			t.Errorf("%s: a stopped server answered", name)
		}
	}
}
