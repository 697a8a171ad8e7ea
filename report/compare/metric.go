package compare

import (
	"cmp"
	"fmt"
	"math"

	"golang.org/x/perf/benchmath"

	"pushbench/results"
	"pushbench/scenarios"
)

// quantity is what is compared of a round.
type quantity struct {
	key string
	// name is the unit in Go's benchmark format.
	name string
	unit scenarios.Unit
	read func(*results.Measured) *float64
}

// quantities are compared, in this order.
var quantities = []quantity{
	{"latency_p50", "p50-ns", scenarios.UnitNanoseconds, latency(func(s *results.Summary) int64 { return s.P50 })},
	{"latency_p99", "p99-ns", scenarios.UnitNanoseconds, latency(func(s *results.Summary) int64 { return s.P99 })},
	{"server_cpu", "server-cpu-ns", scenarios.UnitNanoseconds, server(func(s *results.Server) *float64 { return s.CPUPerMessage })},
	{"server_memory", "server-B/client", scenarios.UnitBytes, server(func(s *results.Server) *float64 { return s.RSSPerClient })},
	{"overhead_bytes", "overhead-B/msg", scenarios.UnitBytes, readOverhead},
	{"missed", "missed", scenarios.UnitMessages, readMissed},
}

func latency(pick func(*results.Summary) int64) func(*results.Measured) *float64 {
	return func(m *results.Measured) *float64 {
		if m.Latency == nil || m.Latency.Count == 0 {
			return nil
		}
		v := float64(pick(m.Latency))
		return &v
	}
}

func server(pick func(*results.Server) *float64) func(*results.Measured) *float64 {
	return func(m *results.Measured) *float64 {
		if m.Server == nil {
			return nil
		}
		return pick(m.Server)
	}
}

// readOverhead is the mean over messages.
func readOverhead(m *results.Measured) *float64 {
	if m.Wire.Overhead == nil || m.Wire.Overhead.Count == 0 {
		return nil
	}
	return &m.Wire.Overhead.Mean
}

func readMissed(m *results.Measured) *float64 {
	v := float64(m.Delivery.Missed)
	return &v
}

// sane is a figure that statistics and JSON can take; a damaged run file may hold anything. No quantity here comes near the bound.
func sane(v *float64) bool { return v != nil && math.Abs(*v) < 1e18 }

func newSample(q quantity, cell *results.Cell) Sample {
	if cell == nil {
		return Sample{}
	}
	s := Sample{Invalid: cell.Verdict != results.Valid}
	for i := range cell.Rounds {
		if v := q.read(&cell.Rounds[i].Measured); sane(v) {
			s.Values = append(s.Values, *v)
		}
	}
	if len(s.Values) == 0 {
		return s
	}
	summary := benchmath.AssumeNothing.Summary(s.math(), Confidence)
	s.Median = &summary.Center
	if !math.IsInf(summary.Lo, 0) && !math.IsInf(summary.Hi, 0) {
		s.Low, s.High = &summary.Lo, &summary.Hi
	}
	for _, w := range summary.Warnings {
		s.Warnings = append(s.Warnings, results.Warning{Code: "too_few_rounds", Text: w.Error()})
	}
	return s
}

// math is the sample for benchmath, which sorts the values it is given.
func (s Sample) math() *benchmath.Sample {
	return benchmath.NewSample(append([]float64(nil), s.Values...), &benchmath.Thresholds{CompareAlpha: Alpha})
}

func newChange(a, b Sample) Change {
	change := Change{Outcome: NotCompared, N1: len(a.Values), N2: len(b.Values)}
	if a.Invalid || b.Invalid {
		change.Warnings = []results.Warning{{Code: "invalid_cell", Text: "an invalid cell is not compared; measure it again"}}
		return change
	}
	if a.Median == nil || b.Median == nil {
		return change
	}
	if *a.Median != 0 {
		if percent := 100 * (*b.Median / *a.Median - 1); sane(&percent) {
			change.Percent = &percent
		}
	}
	if constant(a, b) {
		change.Outcome = Same
		return change
	}
	test := benchmath.AssumeNothing.Compare(a.math(), b.math())
	change.P, change.Outcome = &test.P, outcomeOf(test, a.Values, b.Values)
	if change.Outcome == CannotTell && smallestP(test.N1, test.N2) > Alpha {
		change.Warnings = []results.Warning{{Code: "too_few_rounds", Text: tooFewRounds(test.N1, test.N2)}}
	}
	return change
}

// constant says that all values of both samples are the same one: there is nothing to test.
func constant(a, b Sample) bool {
	for _, s := range []Sample{a, b} {
		for _, v := range s.Values {
			if v != a.Values[0] {
				return false
			}
		}
	}
	return true
}

// outcomeOf takes the direction from what the test looks at, whether values of b are mostly above those of a: medians may be equal although they are not,
// as where messages were missed in less than half of the rounds.
func outcomeOf(test benchmath.Comparison, a, b []float64) Outcome {
	above := 0
	for _, x := range a {
		for _, y := range b {
			above += cmp.Compare(y, x)
		}
	}
	switch {
	case test.P > test.Alpha || above == 0:
		return CannotTell
	case above > 0:
		return Higher
	}
	return Lower
}

// smallestP is the least p that the two-sided U test can give for n1 and n2 values without ties, which is when one sample lies wholly below the other:
// two of the C(n1+n2, n1) orders (Mann and Whitney, 1947). benchmath warns only where both samples are small.
func smallestP(n1, n2 int) float64 {
	orders := 1.0
	for i := 1; i <= n1; i++ {
		orders *= float64(n2+i) / float64(i)
	}
	return min(1, 2/orders)
}

func tooFewRounds(n1, n2 int) string {
	need := 1
	for smallestP(need, need) > Alpha {
		need++
	}
	return fmt.Sprintf("need >= %d rounds on each side to tell a difference at α=%v, have %d and %d", need, Alpha, n1, n2)
}
