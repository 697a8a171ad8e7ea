package results

import (
	"strings"
	"testing"
)

func TestSpoiled(t *testing.T) {
	warning := func(code string, invalidates bool) Warning { return Warning{Code: code, Invalidates: invalidates} }
	for name, c := range map[string]struct {
		warnings []Warning
		want     bool
	}{
		"a clean round":                  {nil, false},
		"late":                           {[]Warning{warning("arrivals", false), warning(WarnLag, true)}, true},
		"not all released":               {[]Warning{warning(WarnRate, true), warning(WarnLag, true)}, true},
		"late, because it was full":      {[]Warning{warning(WarnLag, true), warning("saturated", true)}, false},
		"late, and its books are wrong":  {[]Warning{warning(WarnLag, true), warning(WarnAccounting, true)}, false},
		"late by what nobody would mind": {[]Warning{warning(WarnLag, false)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if r := (&Round{Warnings: c.warnings}); r.Spoiled() != c.want {
				t.Errorf("spoiled: %v, want %v", !c.want, c.want)
			}
		})
	}
}

// TestSpoiledRoundsAreInNoFigure: the cell is that of its rounds, and tells of the others.
func TestSpoiledRoundsAreInNoFigure(t *testing.T) {
	good := RoundData{Round: Round{Index: 1, Verdict: Valid}}
	first := Round{Index: 1, Verdict: Invalid, Warnings: []Warning{{Code: WarnLag, Text: "released messages late: lag p99 3ms; use fewer clients", Invalidates: true}}}
	first.Delivery.Offered = 7
	c, err := NewCell(Cell{SpoiledRounds: []Round{first}}, []RoundData{good})
	if err != nil {
		t.Fatal(err)
	}
	if c.Verdict != Valid || c.Delivery.Offered != 0 || len(c.Rounds) != 1 || len(c.SpoiledRounds) != 1 {
		t.Errorf("%+v", c)
	}
	if len(c.Warnings) != 1 || c.Warnings[0].Code != WarnRepeated || !strings.Contains(c.Warnings[0].Text, "round 2 (released messages late: lag p99 3ms);") {
		t.Errorf("warnings %+v", c.Warnings)
	}
}
