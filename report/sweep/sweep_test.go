package sweep

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pushbench/report/format"
	"pushbench/results"
	"pushbench/scenarios"
)

// point is one measured value: p99 and half the width of its interval, both in nanoseconds.
type point struct{ p99, half int64 }

// group is WebSocket and long-polling over the values of a parameter.
func group(path string, values []string, ws, lp []point) format.Group {
	run := &results.Run{}
	for i, v := range values {
		for j, p := range []point{ws[i], lp[i]} {
			transport := []scenarios.Transport{scenarios.WebSocket, scenarios.LongPoll}[j]
			run.Cells = append(run.Cells, results.Cell{
				Transport: transport, Verdict: results.Valid, Params: map[string]string{path: v},
				Measured: results.Measured{Latency: &results.Summary{
					Count: 1000, Independent: 1000, P99: p.p99, CI: map[string]results.Interval95{"p99": {p.p99 - p.half, p.p99 + p.half}},
				}},
			})
		}
	}
	return format.Groups(run)[0]
}

func finding(t *testing.T, g format.Group) string {
	t.Helper()
	s, ok := Of(g)
	if !ok || len(s.Slices) != 1 {
		t.Fatalf("no sweep: %+v", s)
	}
	_, said, _ := strings.Cut(s.Slices[0].Finding(s.Axis, P99), " — ")
	return said
}

// brief is what stands in brackets behind the numbers of the one curve beside WebSocket's.
func brief(g format.Group) string {
	s, _ := Of(g)
	return s.Slices[0].Compare(s.Axis, P99)[0].Brief()
}

func TestFindings(t *testing.T) {
	rates := []string{"10/s", "20/s", "40/s"}
	flat := []point{{100, 5}, {100, 5}, {100, 5}}
	for _, c := range []struct {
		name        string
		lp          []point
		want, brief string
	}{
		// ln(2) and −ln(2) on either side: the middle of 20 and 40 on a logarithmic axis is 28.28.
		{"halfway", []point{{200, 5}, {200, 5}, {50, 5}}, "Long-poll: falls below at ≈28/s", "falls below at ≈28/s"},
		{"upwards", []point{{50, 5}, {200, 5}, {200, 5}}, "Long-poll: rises above at ≈14/s", "rises above at ≈14/s"},
		{"there and back", []point{{50, 5}, {200, 5}, {50, 5}}, "Long-poll: rises above at ≈14/s, falls below at ≈28/s", "rises above at ≈14/s, falls below at ≈28/s"},
		{"overlap on the left", []point{{200, 5}, {102, 5}, {50, 5}}, "Long-poll: falls below somewhere between 10/s and 40/s", "falls below somewhere between 10/s and 40/s"},
		{"overlap at the end", []point{{200, 5}, {200, 5}, {92, 5}}, "Long-poll: no crossover can be told (higher at 2 of 3 values, undecided at 1)", "higher at 2 of 3 values"},
		{"touching intervals", []point{{200, 5}, {200, 5}, {90, 5}}, "Long-poll: no crossover can be told (higher at 2 of 3 values, undecided at 1)", "higher at 2 of 3 values"},
		// ln(2) ÷ (ln(2) − ln(0.89)) = 0.856 of the way: 20 × 2^0.856 = 36.2.
		{"apart by the least", []point{{200, 5}, {200, 5}, {89, 5}}, "Long-poll: falls below at ≈36/s", "falls below at ≈36/s"},
		{"higher", []point{{200, 5}, {200, 5}, {200, 5}}, "Long-poll: no crossover, higher throughout", "higher throughout"},
		{"lower", []point{{20, 5}, {20, 5}, {20, 5}}, "Long-poll: no crossover, lower throughout", "lower throughout"},
		{"the same", flat, "Long-poll: no crossover can be told (undecided at every value)", "not told apart"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := group("rate", rates, flat, c.lp)
			if got := finding(t, g); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if got := brief(g); got != c.brief {
				t.Errorf("in brackets: got %s, want %s", got, c.brief)
			}
		})
	}
}

func crossing() format.Group {
	return group("rate", []string{"10/s", "20/s", "40/s"}, []point{{100, 5}, {100, 5}, {100, 5}}, []point{{200, 5}, {200, 5}, {50, 5}})
}

func TestAnInvalidNeighbourMovesTheBracket(t *testing.T) {
	g := crossing()
	for _, a := range g.Arms {
		if a.Cell.Params["rate"] == "20/s" && a.Cell.Transport == scenarios.WebSocket {
			a.Cell.Verdict = results.Invalid
		}
	}
	if got, want := finding(t, g), "Long-poll: falls below somewhere between 10/s and 40/s"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestRoundsStandInForIntervals holds the fallback to its three rounds, and to not mixing the two kinds.
func TestRoundsStandInForIntervals(t *testing.T) {
	rounds := func(g format.Group, n int) format.Group {
		for _, a := range g.Arms {
			a.Cell.Latency.CI = nil
			for i := range n {
				l := *a.Cell.Latency
				l.P99 += int64(i)
				a.Cell.Rounds = append(a.Cell.Rounds, results.Round{Measured: results.Measured{Latency: &l}})
			}
		}
		return g
	}
	if got, want := finding(t, rounds(crossing(), 3)), "Long-poll: falls below at ≈28/s"; got != want {
		t.Errorf("three rounds: got %s, want %s", got, want)
	}
	untold := "Long-poll: no crossover can be told (undecided at every value)"
	two := rounds(crossing(), 2)
	if got := finding(t, two); got != untold || brief(two) != "no interval" {
		t.Errorf("two rounds: got %s (%s), want %s", got, brief(two), untold)
	}
	mixed := rounds(crossing(), 2)
	for _, a := range mixed.Arms {
		if a.Cell.Transport == scenarios.WebSocket {
			a.Cell.Latency.CI = map[string]results.Interval95{"p99": {95, 105}}
		}
	}
	if got := finding(t, mixed); got != untold {
		t.Errorf("an interval against two rounds: got %s, want %s", got, untold)
	}
}

func TestNoWebSocketNoCrossover(t *testing.T) {
	g := crossing()
	g.Arms = slices.DeleteFunc(g.Arms, func(a format.Arm) bool { return a.Cell.Transport == scenarios.WebSocket })
	if got := finding(t, g); !strings.HasPrefix(got, "no crossover can be told, because") {
		t.Errorf("got %s", got)
	}
}

func TestOtherTargetsAreNoBase(t *testing.T) {
	g := crossing()
	for _, a := range g.Arms {
		if a.Cell.Transport == scenarios.WebSocket {
			a.Cell.Target = "other"
		}
	}
	if got := finding(t, g); !strings.HasPrefix(got, "no crossover can be told, because") {
		t.Errorf("got %s", got)
	}
}

func TestAxes(t *testing.T) {
	for _, c := range []struct {
		path    string
		values  []string
		want    string // in order
		ordered bool
		log     bool
	}{
		{"rate", []string{"40/s", "10/s", "20/s"}, "10/s 20/s 40/s", true, true},
		{"rate", []string{"1/s", "30/min"}, "30/min 1/s", true, false},
		{"rate", []string{"1/s", "10/s"}, "1/s 10/s", true, true},
		{"network.delay", []string{"0s", "25ms", "50ms"}, "0s 25ms 50ms", true, false},
		{"network.delay", []string{"1s", "500ms", "1m30s"}, "500ms 1s 1m30s", true, true},
		{"clients", []string{"100", "200", "300", "400"}, "100 200 300 400", true, false},
		{"clients", []string{"100", "500", "1000", "5000"}, "100 500 1000 5000", true, true},
		{"payload", []string{"1KiB", "128B"}, "128B 1KiB", true, false},
		{"tls", []string{"off", "1.3"}, "off 1.3", false, false},
		{"rate", []string{"10/s", "\x1b[31mfast", ""}, "10/s fast unset", false, false},
		{"of a later version", []string{"2", "1"}, "2 1", false, false},
	} {
		a := newAxis(c.path, c.values)
		var texts []string
		for _, v := range a.Values {
			texts = append(texts, v.Text)
		}
		if got := strings.Join(texts, " "); got != c.want || a.Ordered != c.ordered || a.Log != c.log {
			t.Errorf("%s %q: got %s, ordered %v, log %v", c.path, c.values, got, a.Ordered, a.Log)
		}
	}
}

func TestValuesBetweenAreWrittenAsTheScenarioWould(t *testing.T) {
	for _, c := range []struct {
		path, lo, hi string
		at           float64
		want         string
	}{
		{"rate", "80/s", "160/s", 113.1, "110/s"},
		{"rate", "0.5/s", "1/s", 0.707, "0.7/s"},
		{"rate", "6/min", "12/min", 8.4 / 60, "8/min"},
		{"clients", "1000", "1100", 1049, "1050"},
		{"network.delay", "0s", "20ms", 7.4e6, "7ms"},
		{"network.delay", "1m30s", "5m0s", 134e9, "130 s"},
		{"payload", "128B", "1KiB", 312, "300B"},
		{"network.bandwidth", "1Mbit/s", "10Mbit/s", 450_000, "4Mbit/s"},
	} {
		a := newAxis(c.path, []string{c.lo, c.hi})
		position := c.at
		if a.Log {
			position = math.Log(c.at)
		}
		if got := a.between(position, 0, 1); got != c.want {
			t.Errorf("%v between %s and %s reads %s, want %s", c.at, c.lo, c.hi, got, c.want)
		}
	}
}

// TestCrossingsLieBetweenToldValuesOfOppositeOrder holds every crossing of random curves to the definition.
func TestCrossingsLieBetweenToldValuesOfOppositeOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := []string{"10/s", "20/s", "40/s", "80/s", "160/s"}
		draw := func(name string) []point {
			return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) point {
				return point{rapid.Int64Range(50, 100).Draw(t, "p99"), rapid.Int64Range(0, 30).Draw(t, "half")}
			}), len(values), len(values)).Draw(t, name)
		}
		ws, lp := draw("ws"), draw("lp")
		s, _ := Of(group("rate", values, ws, lp))
		c := s.Slices[0].Compare(s.Axis, P99)[0]
		if c.Below+c.Above+c.Untold != len(values) {
			t.Fatalf("%d + %d + %d values", c.Below, c.Above, c.Untold)
		}
		apart := func(i int) bool { return lp[i].p99+lp[i].half < ws[i].p99-ws[i].half }
		over := func(i int) bool { return lp[i].p99-lp[i].half > ws[i].p99+ws[i].half }
		for _, x := range c.Crossings {
			told := over(x.From) && apart(x.To)
			if !x.Falls {
				told = apart(x.From) && over(x.To)
			}
			if !told || x.Located != (x.To == x.From+1) {
				t.Fatalf("%+v of %v against %v", x, lp, ws)
			}
			if x.Located && (x.Position <= s.Axis.Position(x.From) || x.Position >= s.Axis.Position(x.To)) {
				t.Fatalf("%+v lies outside its neighbours", x)
			}
		}
	})
}

func TestSlicesAndTheirOrder(t *testing.T) {
	run := &results.Run{Scenarios: []scenarios.Scenario{{Name: "s"}}}
	for _, delay := range []string{"100ms", "0s"} {
		for _, rate := range []string{"20/s", "10/s", "40/s"} {
			for _, target := range []string{"go", "node"} {
				run.Cells = append(run.Cells, results.Cell{Scenario: "s", Transport: scenarios.WebSocket, Target: target, Params: map[string]string{"rate": rate, "network.delay": delay, "fixed": "x"}})
			}
		}
	}
	run.Cells = append(run.Cells, run.Cells[0])
	s, ok := Of(format.Groups(run)[0])
	if !ok || s.Axis.Parameter != "rate" || s.Columns() != "network.delay" {
		t.Fatalf("%+v", s)
	}
	var names []string
	for _, slice := range s.Slices {
		names = append(names, slice.Name)
		for _, c := range slice.Curves {
			names = append(names, c.Arm.Name)
		}
	}
	want := "network.delay = 0s; WebSocket @go; WebSocket @node; network.delay = 100ms; WebSocket @go; WebSocket @node; WebSocket @go #2"
	if got := strings.Join(names, "; "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, g := range []format.Group{{}, {Arms: format.Groups(run)[0].Arms[:1]}} {
		if _, swept := Of(g); swept {
			t.Error("a sweep of one value")
		}
	}
}
