package finding

import (
	"fmt"

	"pushbench/report"
	"pushbench/report/format"
	"pushbench/report/review"
	"pushbench/scenarios"
)

// transits says how often the p99 at the farthest holds the way of one transit, which is what RFC 6202 counts a poll's delay in.
func (t told) transits(byCell map[int]review.Reading) saying {
	slice, at := t.Slices[0], t.Axis.Values[len(t.Axis.Values)-1]
	if t.Axis.Parameter != "network.delay" || len(t.Slices) > 1 || at.Number <= 0 {
		return saying{}
	}
	var parts []string
	for _, c := range slice.Curves[:min(len(slice.Curves), mostCurves)] {
		p := c.Points[len(c.Points)-1]
		if r, ok := byCell[p.Index]; p.Cell != nil && ok && !r.Arm.Invalid && tail(r).Value.Known {
			times := format.Sig(tail(r).Value.Number / at.Number)
			if len(parts) == 0 {
				times += " transits of " + at.Text
			}
			parts = append(parts, times+" "+wayOf(c))
		}
	}
	if len(parts) == 0 {
		return saying{}
	}
	return saying{report.Firm, "that is at last " + listing(parts)}
}

// slowReaders says what those saw that read slowly, of each transport where most of them did:
//
//	slow readers had their messages after a p99 of ~2.61 s over a WebSocket (37.5 % delivered) and ~3.78 s with long-polling (18.8 %)
func slowReaders(g format.Group) saying {
	most := scenarios.Fraction(0)
	for _, a := range g.Arms {
		most = max(most, slowShare(g, a))
	}
	said := saying{trust: report.Firm}
	var parts []string
	for _, a := range g.Arms {
		s := a.Cell.Slow
		if s == nil || a.Invalid() || slowShare(g, a) != most || len(parts) == mostCurves {
			continue
		}
		tail, delivered := review.SlowTail(a), format.NA
		if s.Expected > 0 {
			delivered = format.Sig(100*float64(s.Delivered)/float64(s.Expected)) + " %"
		}
		switch {
		case !tail.Known:
			said.trust = said.trust.Worse(report.NotMeasured)
		case tail.Rough:
			said.trust = said.trust.Worse(report.TooFew)
		}
		if len(parts) == 0 {
			delivered += " delivered"
		}
		parts = append(parts, tail.Text+" "+way(review.ArmRef{Name: a.Look.Name, Transport: a.Cell.Transport})+" ("+delivered+")")
	}
	if len(parts) == 0 {
		return saying{}
	}
	said.text = "slow readers' own p99 was " + listing(parts)
	return said
}

func slowShare(g format.Group, a format.Arm) scenarios.Fraction {
	return format.Resolved(g.Scenario, a.Cell.Params).Slow.Share
}

// turns says that the server could not use the processors that it was told to run on: more of them helped nothing then.
func turns(g format.Group) saying {
	for _, a := range g.Arms {
		if s := a.Cell.Server; s != nil && s.Cores > 0 && s.Procs > s.Cores {
			return saying{report.TookTurns, fmt.Sprintf("the server could use %s: told to run on more, its threads took turns", processors(s.Cores))}
		}
	}
	return saying{}
}

func processors(n int) string {
	if n == 1 {
		return "1 processor"
	}
	return fmt.Sprintf("%d processors", n)
}
