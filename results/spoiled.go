package results

import (
	"fmt"
	"strings"
)

// The codes of warnings that a round may be rid of when it is measured again.
const (
	// WarnLag: the generator released messages late.
	WarnLag = "lag"
	// WarnRate: it did not release all of them in time.
	WarnRate = "rate"
)

// Spoiled says that what made a round invalid may be gone the next time: the generator was kept from its schedule, and not by more work than it can do.
func (r *Round) Spoiled() bool {
	spoiled := false
	for _, w := range r.Warnings {
		switch {
		case !w.Invalidates:
		case w.Code == WarnLag, w.Code == WarnRate:
			spoiled = true
		default:
			return false
		}
	}
	return spoiled
}

// repetitions tells of rounds that were measured again, and why.
func repetitions(spoiled []Round) []Warning {
	if len(spoiled) == 0 {
		return nil
	}
	words := make([]string, len(spoiled))
	for i, r := range spoiled {
		words[i] = fmt.Sprintf("round %d (%s)", r.Index+1, strings.Join(r.faults(), ", "))
	}
	return []Warning{{
		Code: WarnRepeated,
		Text: "measured again, because the generator had spoiled it: " + strings.Join(words, ", ") + "; the first try is in no figure and stands in run.json under spoiled_rounds",
	}}
}

// faults are what makes a round invalid, without what to do about it.
func (r *Round) faults() []string {
	var all []string
	for _, w := range r.Warnings {
		if w.Invalidates {
			fault, _, _ := strings.Cut(w.Text, ";")
			all = append(all, fault)
		}
	}
	return all
}
