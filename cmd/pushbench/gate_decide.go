package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"pushbench/report/gate"
	"pushbench/results"
	"pushbench/scenarios"
)

const (
	// smallestRise in nanoseconds never fails a latency: nobody notices a millisecond, and a busy machine makes one.
	smallestRise = float64(time.Millisecond)
	// mostPairs bounds the pairs of a long budget; beyond it the decision would not get sharper as fast as it gets older.
	mostPairs = 200
	// fits is the share of the budget that pairs are planned for; the rest is for pairs that take longer than the first.
	fits = 0.95
)

// gateRun is a gate being measured: the policy that says when to look and when to stop.
type gateRun struct {
	pairing  *pairing
	design   gate.Design
	rules    []gate.Rule
	budget   time.Duration
	slices   []results.PairSlice
	decision gate.Decision
	// look is told the decision of each look.
	look func(gate.Decision)
}

// gateRules are a rule for each metric over each arm.
func gateRules(g scenarios.Gate, arms []scenarios.Arm, life serverLife) ([]gate.Rule, error) {
	var rules []gate.Rule
	for _, arm := range arms {
		for _, key := range g.Metrics {
			q, err := results.LookupQuantity(key)
			if err != nil {
				return nil, usage(fmt.Errorf("gate.metrics: %w", err))
			}
			if key == "server_rss_per_client" && life != lifeRound {
				return nil, usage(fmt.Errorf("%s needs --server-life round: a server that served others before holds their memory", key))
			}
			rule := gate.Rule{
				Scenario: arm.Scenario.Name, Transport: arm.Transport, Metric: key, Exact: q.Exact, Tolerance: float64(g.Tolerance), Limit: float64(g.Limit),
			}
			if q.Unit == "ns" && key != "server_cpu_per_message" {
				rule.MinRise = smallestRise
			}
			rules = append(rules, rule)
		}
	}
	if len(rules) == 0 {
		return nil, usage(fmt.Errorf("gate.metrics is empty: want some of %q", results.QuantityKeys()))
	}
	return rules, nil
}

// checkedRules are gateRules by which something can be decided.
func checkedRules(g scenarios.Gate, arms []scenarios.Arm, life serverLife) ([]gate.Rule, error) {
	rules, err := gateRules(g, arms, life)
	if err != nil {
		return nil, err
	}
	if err := gate.Check(gateDesign(g), rules); err != nil {
		return nil, usage(err)
	}
	return rules, checkAccepted(g)
}

// checkAccepted refuses an entry that can never be about anything.
func checkAccepted(g scenarios.Gate) error {
	for i, a := range g.Accept {
		if _, err := results.LookupQuantity(a.Metric); err != nil {
			return usage(fmt.Errorf("gate.accept[%d]: %w", i, err))
		}
	}
	return nil
}

// gateDesign is how a gate judges that has so many pairs as the scenario says. One without MaxPairs is planned after the first pair.
func gateDesign(g scenarios.Gate) gate.Design {
	return gate.Design{Alpha: float64(g.Alpha), MinPairs: g.MinPairs, MaxPairs: g.MaxPairs, Spare: g.MaxPairs / 4}
}

// run measures pairs until it is decided, the pairs are used up, or the budget is. What was measured is in slices, also after an error.
func (r *gateRun) run(ctx context.Context) error {
	began := time.Now()
	if err := r.pairing.warm(ctx); err != nil {
		return err
	}
	budget := r.budget - time.Since(began) // for pairs
	began = time.Now()
	var longest time.Duration
	for i := 0; r.design.MaxPairs == 0 || i < r.design.MaxPairs+r.design.Spare; i++ {
		if i > 0 && time.Since(began)+longest > budget {
			r.design = planned(r.design, i) // the clock decides, not the data
			break
		}
		pairBegan := time.Now()
		if err := r.pairing.pair(ctx, i); err != nil {
			return err
		}
		longest = max(longest, time.Since(pairBegan))
		if r.design.MaxPairs == 0 {
			r.design = planned(r.design, min(mostPairs, int(fits*float64(budget)/float64(longest))))
		}
		if err := r.decide(); err != nil || r.decision.Final {
			return err
		}
	}
	return r.decide()
}

// leastPair is what a pair takes at least: the load alone, without starting servers and connecting clients.
func leastPair(arms []scenarios.Arm) time.Duration {
	var least time.Duration
	for _, arm := range arms {
		least += 2 * (arm.Scenario.Warmup + arm.Scenario.Duration)
	}
	return least
}

// planned is the design for so many pairs, one in five of them to spare: a generator that was late for one slice must not cost the whole gate, and a gate
// that sets aside more than that has no business deciding.
func planned(d gate.Design, pairs int) gate.Design {
	d.Spare = pairs / 5
	d.MaxPairs = max(1, pairs-d.Spare)
	d.MinPairs = min(d.MinPairs, d.MaxPairs)
	return d
}

// decide judges what there is. Between two looks the decision stays that of the first, so it can be asked after every pair.
func (r *gateRun) decide() error {
	decision, err := gate.Decide(r.design, evidence(r.rules, r.slices))
	if err != nil {
		return err
	}
	if decision.Look != r.decision.Look || decision.Final {
		r.look(decision)
	}
	r.decision = decision
	return nil
}

// evidence sorts slices by rule and pair. Pairs that are not whole for every rule are left out.
func evidence(rules []gate.Rule, measured []results.PairSlice) []gate.Evidence {
	type place struct {
		pair      int
		scenario  string
		transport scenarios.Transport
		side      string
	}
	at := map[place]results.PairSlice{}
	pairs := 0
	for _, s := range measured {
		at[place{s.Pair, s.Scenario, s.Transport, s.Side}] = s
		pairs = max(pairs, s.Pair+1)
	}
	all := make([]gate.Evidence, len(rules))
	for i, rule := range rules {
		all[i].Rule = rule
	}
	for index := range pairs {
		var whole []gate.Pair
		for _, rule := range rules {
			b, okB := at[place{index, rule.Scenario, rule.Transport, results.Baseline}]
			c, okC := at[place{index, rule.Scenario, rule.Transport, results.Candidate}]
			if okB && okC {
				whole = append(whole, gate.Pair{Index: index, CandidateFirst: c.First, Baseline: gateSlice(b, rule.Metric), Candidate: gateSlice(c, rule.Metric)})
			}
		}
		for i := range whole {
			if len(whole) == len(rules) {
				all[i].Pairs = append(all[i].Pairs, whole[i])
			}
		}
	}
	return all
}

// gateSlice is what a slice says of one metric.
func gateSlice(s results.PairSlice, metric string) gate.Slice {
	v, ok := s.Values[metric]
	problem := s.Problem
	if !ok && problem == "" {
		problem = metric + " was not measured"
	}
	return gate.Slice{Value: v.Value, Messages: v.Messages, Independent: v.Independent, LagP99: float64(s.LagP99), Problem: problem}
}

// acceptedWord begins the reason of a failure that was accepted.
const acceptedWord = "accepted"

// accept turns failures that somebody decided to live with into passes, and says so. An entry that is over no longer counts, and says that too.
func accept(d gate.Decision, entries []scenarios.Accepted, now time.Time) gate.Decision {
	d.Findings = slices.Clone(d.Findings)
	for i := range d.Findings {
		f := &d.Findings[i]
		for _, a := range entries {
			if f.Verdict != gate.Fail || !a.Covers(f.Rule.Metric, f.Rule.Transport) {
				continue
			}
			if a.Until.Passed(now) {
				f.Reason += fmt.Sprintf(" (accepted until %s, which is over: %s)", a.Until, a.Reason)
				continue
			}
			f.Verdict, f.Reason = gate.Pass, fmt.Sprintf(acceptedWord+" until %s: %s; it did fail: %s", a.Until, a.Reason, f.Reason)
		}
	}
	d.Verdict = worst(d.Findings)
	return d
}

// worst is the verdict of several findings: one that fails fails all, and one that cannot tell keeps all from passing. Nothing found is no pass.
func worst(findings []gate.Finding) gate.Verdict {
	if len(findings) == 0 {
		return gate.Inconclusive
	}
	v := gate.Pass
	for _, f := range findings {
		switch {
		case f.Verdict == gate.Fail:
			return gate.Fail
		case f.Verdict == gate.Inconclusive:
			v = gate.Inconclusive
		}
	}
	return v
}
