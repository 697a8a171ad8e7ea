package main

import (
	"testing"

	"pushbench/results"
)

// TestSpareRounds: what the generator spoiled is measured again at the end of the run, once, while there are rounds to spare.
func TestSpareRounds(t *testing.T) {
	round := func(index, order int, code string) results.RoundData {
		r := results.Round{Index: index, Order: order, Verdict: results.Valid}
		if code != "" {
			r.Verdict, r.Warnings = results.Invalid, []results.Warning{{Code: code, Invalidates: true}}
		}
		return results.RoundData{Round: r}
	}
	c := &cellInProgress{}
	e := &experiment{spare: 1}
	for i := range 4 {
		e.steps = append(e.steps, step{cell: c, index: i})
	}
	codes := []string{"", results.WarnLag, results.WarnLag, "saturated"}
	for i, code := range codes {
		e.keep(e.steps[i], round(i, i, code))
	}
	if len(e.steps) != 5 || e.steps[4].index != 1 || e.spare != 0 {
		t.Fatalf("%d rounds, %d to spare: want round 2 once more, and none for those after it", len(e.steps), e.spare)
	}
	if len(c.rounds) != 4 || len(c.spoiled) != 0 || c.rounds[1].Round.Verdict != results.Invalid {
		t.Fatalf("before it is measured again the first try stands: %+v, aside %+v", c.rounds, c.spoiled)
	}
	e.spare = 1
	e.keep(e.steps[4], round(1, 4, results.WarnLag))
	if len(e.steps) != 5 || len(c.rounds) != 4 || c.rounds[1].Round.Order != 4 || len(c.spoiled) != 1 || c.spoiled[0].Order != 1 {
		t.Errorf("the second try stands whatever it is, and the first is kept aside: %+v, aside %+v", c.rounds, c.spoiled)
	}
}

func TestPercent(t *testing.T) {
	var p percent
	for text, want := range map[string]int{"25%": 3, "0%": 0, "100": 12, "1%": 1} {
		if err := p.Set(text); err != nil || p.of(12) != want {
			t.Errorf("%s of 12 is %d (%v), want %d", text, p.of(12), err, want)
		}
	}
	for _, text := range []string{"", "-1%", "101%", "a quarter", "2.5%"} {
		if err := p.Set(text); err == nil {
			t.Errorf("%q is a share of %v", text, &p)
		}
	}
}
