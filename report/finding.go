package report

import "pushbench/report/format"

// Finding is what a run says to the question of one of its scenarios, in one sentence. Package finding makes it; every renderer shows it as it is. All
// texts are one line and safe for a terminal.
type Finding struct {
	Scenario, Title, Question string
	// Sentence answers the question with the numbers of this run, and is no stronger than they are.
	Sentence string
	// Caveat is what the sentence does not say.
	Caveat string
	// Chart is which of the scenario's charts shows it: its files are called <scenario>-<Chart>.
	Chart string
	Trust FindingTrust
}

// FindingOf is the finding of a group's scenario, the zero Finding where there is none.
func FindingOf(all []Finding, g format.Group) Finding {
	name := format.Clean(g.Scenario.Name)
	for _, f := range all {
		if f.Scenario == name {
			return f
		}
	}
	return Finding{}
}

// FindingTrust is the weakest thing that a finding stands on.
type FindingTrust string

// The kinds of trust, from best to worst.
const (
	// Firm: every comparison in it is told apart, or counted.
	Firm FindingTrust = "firm"
	// Alone: there is one transport, or no WebSocket arm, so that nothing is compared.
	Alone FindingTrust = "nothing to compare with"
	// NotTold: an interval of a difference holds zero.
	NotTold FindingTrust = "not told apart"
	// NoInterval: there is none to tell by.
	NoInterval FindingTrust = "no interval"
	// TooFew: too few independent messages carry a percentile.
	TooFew FindingTrust = "too few messages"
	// TookTurns: the server ran on more processors at once than it could use.
	TookTurns FindingTrust = "the server could not use so many processors"
	// CutShort: the run was interrupted.
	CutShort FindingTrust = "interrupted"
	// NotMeasured: a figure is not in the run.
	NotMeasured FindingTrust = "not measured"
	// NotValid: an arm may not be quoted.
	NotValid FindingTrust = "invalid"
)

// findingTrusts are in their order.
var findingTrusts = []FindingTrust{Firm, Alone, NotTold, NoInterval, TooFew, TookTurns, CutShort, NotMeasured, NotValid}

// Worse is the weaker of both; the zero value is stronger than any.
func (t FindingTrust) Worse(o FindingTrust) FindingTrust {
	if place(o) > place(t) {
		return o
	}
	return t
}

func place(t FindingTrust) int {
	for i, known := range findingTrusts {
		if known == t {
			return i
		}
	}
	return -1
}
