package schedule

import (
	"math"
	"time"
)

// Part is a part of the steady phase in which the rate goes evenly from one value to another, in events per second over all flows.
type Part struct {
	Length   time.Duration
	From, To float64
}

// events is how many fall into the first d of the part.
func (p Part) events(d time.Duration) float64 {
	t := d.Seconds()
	return p.From*t + p.slope()/2*t*t
}

func (p Part) all() float64 { return (p.From + p.To) / 2 * p.Length.Seconds() }

// slope is how much the rate changes a second.
func (p Part) slope() float64 {
	if p.Length == 0 {
		return 0
	}
	return (p.To - p.From) / p.Length.Seconds()
}

// after is when n events have fallen into the part: the inverse of events, for an n between 0 and all of them.
func (p Part) after(n float64) time.Duration {
	if n <= 0 || p.all() == 0 {
		return 0
	}
	slope := p.slope()
	seconds := n / p.From
	if slope != 0 {
		// The root of slope/2·t² + From·t − n, in the form that does not subtract two numbers that are almost equal.
		seconds = 2 * n / (p.From + math.Sqrt(max(0, p.From*p.From+2*slope*n)))
	}
	return min(p.Length, time.Duration(seconds*float64(time.Second)))
}

func total(parts []Part) (n float64) {
	for _, p := range parts {
		n += p.all()
	}
	return n
}

// warp moves the steady phase's events, which were placed as if the rate were its mean, to where the parts have as many before them. Evenly spaced events are
// then spaced by the rate of the moment, and Poisson ones are a Poisson process of that rate given its count.
func (s *Schedule) warp(spec Spec) {
	if len(spec.Parts) == 0 {
		return
	}
	all := total(spec.Parts)
	steady := s.Events[s.Steady:]
	part, begins, before := 0, spec.Warmup, 0.0 // of the part that the event falls into
	for i := range steady {
		n := all * float64(steady[i].Due-spec.Warmup) / float64(spec.Duration)
		for part < len(spec.Parts)-1 && n >= before+spec.Parts[part].all() {
			before += spec.Parts[part].all()
			begins += spec.Parts[part].Length
			part++
		}
		steady[i].Due = min(begins+spec.Parts[part].after(max(0, n-before)), s.End()-1)
	}
}
