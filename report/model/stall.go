package model

import "time"

// Stall is a server (or a path) that stands still for Length, once in every Every; for a single stall in a run, Every is the run's length, for k of them it is
// the run's length ÷ k. What was due meanwhile leaves together when it ends.
//
// Messages are due at a steady rate and do not care that the server stands still, so a share Length ÷ Every is due within the stall, uniformly over it, and
// each waits for its end: [UniformWait] once more. The share that waits longer than y is (S − y)/E, and setting it to 1−q gives
//
//	Q(q) = base + S − (1−q)·E   where (1−q)·E < S, else base
//
// This is what an open loop must measure. Leaving it out is G. Tene's "coordinated omission" ("How NOT to Measure Latency", 2013–15).
type Stall struct {
	Length, Every time.Duration
}

// Latency is the truth: base, or with probability Length ÷ Every up to Length more. A Stall that is all there is (Length ≥ Every) delays everything.
func (s Stall) Latency(base time.Duration) UniformWait {
	if s.Length <= 0 || s.Every <= 0 {
		return UniformWait{Base: base}
	}
	share := float64(s.Length) / float64(s.Every)
	return UniformWait{Base: base, Gap: s.Length, Share: min(1, share)}
}

// ClosedLoopShare is the share of its samples in which a closed-loop client sees the stall: it sends the next request only after the last response, so it has one
// request out when the server stops and sends none until it goes on: 1 ÷ (1 + (E − S)/service). Its quantiles below 1 − that share show nothing at all.
func (s Stall) ClosedLoopShare(service time.Duration) float64 {
	if s.Length <= 0 {
		return 0
	}
	if s.Every <= s.Length {
		return 1
	}
	return float64(service) / float64(service+s.Every-s.Length)
}
