package html

import (
	"errors"
	"html/template"
	"io"
	"math"
	"slices"

	"pushbench/report/format"
	"pushbench/report/gate"
	"pushbench/report/review"
	"pushbench/scenarios"
)

// gatePage is the page of a gate.
type gatePage struct {
	frame
	*review.GateReview
	Figures []gateFigure
	Whole   []figure
}

// Gate writes the page of a gate.
func Gate(w io.Writer, said *review.GateReview) error {
	if said == nil {
		return errors.New("html: no gate to show; load its file first")
	}
	p := gatePage{GateReview: said, Figures: gateFigures(said)}
	d := data{Tables: map[string]dataTable{}}
	for _, t := range said.Tables {
		f := newFigure(t, nil)
		p.Whole = append(p.Whole, f)
		if f.Long {
			d.Tables[t.Name] = newDataTable(t, f.Kind)
		}
	}
	p.frame = newFrame("Gate: "+string(said.Verdict)+" · "+said.Title+" · pushbench", gateLooks(said), d)
	return execute(w, "gate", p)
}

// gateLooks gives the rules' transports their colours, by the class that a figure's rows have.
func gateLooks(r *review.GateReview) template.CSS {
	var all []arm
	for i, t := range transportsOf(r) {
		all = append(all, arm{ID: i, look: format.Arm{Look: format.LookOf(t)}})
	}
	return looks(all)
}

// gateFigure is one metric: a strip for each transport.
type gateFigure struct {
	Metric string
	Ticks  []tick
	Strips []gateStrip
}

// gateStrip is the pairs of one rule, the bounds of the change and the lines that decide, on a scale of logarithms in percent of the width.
type gateStrip struct {
	Arm                    arm
	Verdict                gate.Verdict
	Change                 string
	Equal, Tolerated, Most string
	Dots                   []stripDot
	// From and Width are the bounds, At the estimate; empty where there is none.
	From, Width, At string
	// Aside counts pairs without a ratio.
	Aside int
}

type stripDot struct{ X, Y, Title string }

// gateFigures are of the rules that are not compared exactly: what is exact has no spread.
func gateFigures(r *review.GateReview) []gateFigure {
	var out []gateFigure
	for _, rule := range r.Rules {
		if rule.Exact || slices.ContainsFunc(out, func(f gateFigure) bool { return f.Metric == rule.Metric }) {
			continue
		}
		out = append(out, newGateFigure(r, rule.Metric))
	}
	return out
}

func newGateFigure(r *review.GateReview, metric string) gateFigure {
	f := gateFigure{Metric: metric}
	var rules []review.GateRule
	for _, rule := range r.Rules {
		if rule.Metric == metric && !rule.Exact {
			rules = append(rules, rule)
		}
	}
	x := changeScale(rules)
	for _, c := range changes {
		at := math.Log1p(c)
		near := slices.ContainsFunc(f.Ticks, func(t tick) bool { return math.Abs(t.at-x.at(at)) < 7 })
		if at >= x.lo && at <= x.hi && !near {
			f.Ticks = append(f.Ticks, tick{X: percent(x.at(at)), Text: changeText(c), at: x.at(at)})
		}
	}
	transports := transportsOf(r)
	for _, rule := range rules {
		s := newGateStrip(rule, x)
		s.Arm.ID = slices.Index(transports, rule.Transport)
		f.Strips = append(f.Strips, s)
	}
	return f
}

// linearScale maps to percent.
type linearScale struct{ lo, hi float64 }

func (s linearScale) at(v float64) float64 { return 100 * (v - s.lo) / (s.hi - s.lo) }

// within is at, held inside the drawing.
func (s linearScale) within(v float64) float64 { return s.at(min(max(v, s.lo), s.hi)) }

// changeScale holds all dots, estimates and lines; infinite bounds run off it.
func changeScale(rules []review.GateRule) linearScale {
	lo, hi := 0.0, math.Log1p(gate.DefaultTolerance)
	for _, r := range rules {
		values := []float64{r.Tolerance, r.Most, r.At}
		if !math.IsNaN(r.At) {
			values = append(values, r.Low, r.High)
		}
		for _, p := range r.Pairs {
			values = append(values, p.Log)
		}
		for _, v := range values {
			if !math.IsInf(v, 0) && !math.IsNaN(v) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	pad := 0.04 * (hi - lo)
	return linearScale{lo - pad, hi + pad}
}

// changes are the rises, as shares, that make clean ticks, those first that have the first claim to a place.
var changes = []float64{0, 1, 0.5, -0.5, 0.1, -0.1, 0.2, -0.2, 9, -0.9, 0.05, -0.05, 2, 4, 99, -0.99, 999, 0.02, -0.02, 0.01, -0.01, 0.3, -0.3, 0.005, -0.005, 0.002, -0.002, 0.001, -0.001}

func changeText(change float64) string {
	switch {
	case change == 0:
		return "equal"
	case change > 0:
		return "+" + format.Trim(100*change) + " %"
	}
	return "−" + format.Trim(-100*change) + " %"
}

func newGateStrip(r review.GateRule, x linearScale) gateStrip {
	look := format.LookOf(r.Transport)
	s := gateStrip{
		Arm: arm{Name: r.Arm, Dash: look.Dash, Marker: int(look.Marker)}, Verdict: r.Verdict, Change: r.Change,
		Equal: percent(x.at(0)), Tolerated: percent(x.at(r.Tolerance)), Most: percent(x.at(r.Most)),
	}
	for i, p := range r.Pairs {
		if math.IsNaN(p.Log) {
			s.Aside++
			continue
		}
		title := "pair " + format.Grouped(int64(p.Index)) + ": " + p.Baseline + " → " + p.Candidate
		s.Dots = append(s.Dots, stripDot{percent(x.at(p.Log)), percent(12 + 60*(float64(i)+0.5)/float64(len(r.Pairs))), title})
	}
	if !math.IsNaN(r.At) {
		from, to := x.within(r.Low), x.within(r.High)
		s.From, s.Width, s.At = percent(from), percent(to-from), percent(x.at(r.At))
	}
	return s
}

func transportsOf(r *review.GateReview) []scenarios.Transport {
	var out []scenarios.Transport
	for _, rule := range r.Rules {
		if !slices.Contains(out, rule.Transport) {
			out = append(out, rule.Transport)
		}
	}
	return out
}

// verdictWeight is how a gate's verdict is coloured.
func verdictWeight(v gate.Verdict) string {
	switch v {
	case gate.Pass:
		return "good"
	case gate.Fail:
		return "bad"
	}
	return "warn"
}
