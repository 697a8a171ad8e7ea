package html

import (
	"slices"

	"pushbench/report/review"
)

// pairView is a comparison with its bars.
type pairView struct {
	review.Pair
	Lines []lineView
}

// lineView is one quantity of a pair: two bars on one scale from zero.
type lineView struct {
	review.Comparison
	From, To bar
}

// Weight is how a verdict is coloured.
func (l lineView) Weight() string { return orderClass(l.Verdict) }

func orderClass(o review.Order) string {
	switch o {
	case review.WebSocketLower:
		return "good"
	case review.PollingLower:
		return "warn"
	}
	return "none"
}

func newPairs(pairs []review.Pair, arms []arm) []pairView {
	var out []pairView
	for _, p := range pairs {
		v := pairView{Pair: p}
		for _, l := range p.Lines {
			longest := max(l.From.Number, l.To.Number)
			v.Lines = append(v.Lines, lineView{l, decided(p.From, arms, l.From, l.Unit, longest), decided(p.To, arms, l.To, l.Unit, longest)})
		}
		out = append(out, v)
	}
	return out
}

func decided(ref review.ArmRef, arms []arm, v review.Value, unit string, longest float64) bar {
	b := bar{Arm: arm{ID: ref.Cell, Name: ref.Name, Invalid: ref.Invalid}, Text: withUnit(v.Text, unit)}
	if at := slices.IndexFunc(arms, func(a arm) bool { return a.ID == ref.Cell }); at >= 0 {
		b.Arm.Dash, b.Arm.Marker = arms[at].Dash, arms[at].Marker
	}
	if v.Known {
		b.Segments = []segment{{-1, b.Text, percent(0), percent(share(v.Number, longest))}}
	}
	return b
}

// overview is the first pair of every scenario, in a table: what somebody sees who has ten seconds.
type overview struct {
	Metrics []string
	Rows    []overviewRow
}

type overviewRow struct {
	Index       int
	Title, From string
	// Cells are in the order of the metrics; nil where there is no comparison.
	Cells []*review.Comparison
}

// newOverview is nil for a run of one scenario, whose card says the same.
func newOverview(sections []review.Section) *overview {
	if len(sections) < 2 {
		return nil
	}
	o := &overview{}
	for _, s := range sections {
		for _, p := range first(s) {
			for _, l := range p.Lines {
				if !slices.Contains(o.Metrics, l.Metric) {
					o.Metrics = append(o.Metrics, l.Metric)
				}
			}
		}
	}
	for i, s := range sections {
		row := overviewRow{Index: i, Title: s.Title, Cells: make([]*review.Comparison, len(o.Metrics))}
		for _, p := range first(s) {
			row.From = p.From.Name
			if p.At != "" {
				row.From += ", " + p.At
			}
			for j := range p.Lines {
				row.Cells[slices.Index(o.Metrics, p.Lines[j].Metric)] = &p.Lines[j]
			}
		}
		o.Rows = append(o.Rows, row)
	}
	return o
}

// first is the pair that the card shows first, if there is one.
func first(s review.Section) []review.Pair { return s.Decision.Pairs[:min(1, len(s.Decision.Pairs))] }

// evidence splits what a claim stands on: of each scenario the first, which is of the arm that people would move from first, and the others.
type evidence struct{ Lead, Rest []review.Evidence }

func splitEvidence(all []review.Evidence) evidence {
	var e evidence
	seen := map[string]bool{}
	for _, one := range all {
		if !seen[one.Scenario] {
			seen[one.Scenario] = true
			e.Lead = append(e.Lead, one)
			continue
		}
		e.Rest = append(e.Rest, one)
	}
	return e
}
