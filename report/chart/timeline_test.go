package chart

import (
	"testing"
	"time"

	"pushbench/report/recorded"
)

func seconds(n int, stall int) []recorded.Second {
	var all []recorded.Second
	for i := range n {
		s := recorded.Second{Start: time.Duration(i) * time.Second, End: time.Duration(i+1) * time.Second, Warmup: i == 0, Count: 1, P50: 1, P99: 2, Max: 3}
		if i == stall {
			s.P50, s.P99, s.Max = 100, 200, 300
		}
		all = append(all, s)
	}
	return all
}

func TestRoundsStandOneAfterAnother(t *testing.T) {
	second := seconds(2, -1)
	for i := range second {
		second[i].Round = 1
		second[i].Start += 5 * time.Second
		second[i].End += 5 * time.Second
	}
	steps := inARow(append(seconds(3, -1), second...))
	if steps[3].from != 3*time.Second || !steps[3].first || steps[4].to != 5*time.Second {
		t.Errorf("%+v", steps[3:])
	}
	if n := len(stretches(steps)); n != 4 {
		t.Errorf("%d stretches, want the warm-up and the steady phase of each round", n)
	}
}

// TestAnHourKeepsItsStall: 3,600 seconds become few enough for the rasteriser, and the one stall among them stays.
func TestAnHourKeepsItsStall(t *testing.T) {
	steps := thinned(inARow(seconds(3600, 1234)))
	if len(steps) > maxSteps+2 || len(steps) < maxSteps/2 {
		t.Errorf("%d steps", len(steps))
	}
	highest := 0.0
	for _, s := range steps {
		highest = max(highest, s.max)
	}
	if highest != 300 || steps[0].p50 != 1 || !steps[0].warmup || steps[1].warmup || steps[len(steps)-1].to != time.Hour {
		t.Errorf("highest %v, first %+v, last %+v", highest, steps[0], steps[len(steps)-1])
	}
}

func TestMissingSecondsAreGaps(t *testing.T) {
	all := seconds(5, -1)
	if n := len(stretches(inARow(append(all[:2:2], all[3:]...)))); n != 3 {
		t.Errorf("%d stretches, want warm-up, one second, two seconds", n)
	}
}
