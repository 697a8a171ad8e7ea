package results

import (
	"fmt"
	"math"
	"slices"

	"pushbench/results/stats"
	"pushbench/scenarios"
)

// Outcome is what became of a rule.
type Outcome string

// The outcomes. Inconclusive is neither: what the rule needs was not measured, or may not be quoted.
const (
	Passed       Outcome = "pass"
	Failed       Outcome = "fail"
	Inconclusive Outcome = "inconclusive"
)

// ThresholdResult is one rule of a scenario held against one of its cells. A rule that found no cell has a single result without transport.
type ThresholdResult struct {
	Scenario string `json:"scenario"`
	// Rule is the rule as the scenario has it.
	Rule      string              `json:"rule"`
	Transport scenarios.Transport `json:"transport,omitempty"`
	Target    string              `json:"target,omitempty"`
	Params    map[string]string   `json:"params,omitempty"`
	Outcome   Outcome             `json:"outcome"`
	// Unit is that of Measured and Limit: ns, bytes, messages, percent or number. Measured is absent if there is nothing to judge.
	Unit     scenarios.Unit `json:"unit"`
	Measured *float64       `json:"measured,omitempty"`
	Limit    float64        `json:"limit"`
	// Note says why a rule is inconclusive, or how far its value may be trusted.
	Note string `json:"note,omitempty"`
}

// JudgeThresholds holds every rule of the run's scenarios against the cells it is about; histograms are those of each cell's rounds, in the order of
// run.Cells. A run that was cut short and a cell that is invalid decide nothing. The error is a rule that cannot be parsed, which a resolved
// scenario does not have, or a histogram that cannot be read.
func JudgeThresholds(run *Run, histograms [][]Histograms) ([]ThresholdResult, error) {
	var all []ThresholdResult
	for _, s := range run.Scenarios {
		for _, text := range s.Thresholds {
			rule, err := scenarios.ParseThreshold(text)
			if err != nil {
				return nil, fmt.Errorf("%s: threshold %q %w", s.Name, text, err)
			}
			judged, err := judgeRule(run, histograms, s.Name, rule)
			if err != nil {
				return nil, fmt.Errorf("%s: threshold %q: %w", s.Name, text, err)
			}
			all = append(all, judged...)
		}
	}
	return all, nil
}

func judgeRule(run *Run, histograms [][]Histograms, scenario string, rule scenarios.Threshold) ([]ThresholdResult, error) {
	var judged []ThresholdResult
	for i := range run.Cells {
		c := &run.Cells[i]
		if c.Scenario != scenario || !rule.Binds(c.Transport, c.Params) {
			continue
		}
		r := ThresholdResult{Scenario: scenario, Transport: c.Transport, Target: c.Target, Params: c.Params}
		var rounds []Histograms
		if i < len(histograms) {
			rounds = histograms[i]
		}
		if err := r.judge(c, rounds, rule); err != nil {
			return nil, err
		}
		if run.cutShort() {
			r.Outcome, r.Note = Inconclusive, "the run was cut short; run it again"
		}
		judged = append(judged, r)
	}
	if judged == nil {
		return []ThresholdResult{{
			Scenario: scenario, Rule: rule.Text, Outcome: Inconclusive, Unit: rule.Unit, Limit: rule.Limit,
			Note: "no cell of the run is what the rule is about: measure that transport and those parameters, or take the rule away",
		}}, nil
	}
	return judged, nil
}

// cutShort says that the run does not hold all that it was to measure.
func (r *Run) cutShort() bool {
	return r.Interrupted || slices.ContainsFunc(r.Warnings, func(w Warning) bool { return w.Invalidates })
}

func (r *ThresholdResult) judge(c *Cell, rounds []Histograms, rule scenarios.Threshold) error {
	r.Rule, r.Unit, r.Limit = rule.Text, rule.Unit, rule.Limit
	value, note, err := c.measured(rule, rounds)
	if err != nil {
		return err
	}
	r.Measured, r.Note, r.Outcome = value, note, Inconclusive
	switch {
	case c.Verdict != Valid:
		r.Note = "the cell is invalid; its warnings say why and what to do"
	case value == nil:
		r.Note = "it could not be measured here"
	case rule.Holds(*value):
		r.Outcome = Passed
	default:
		r.Outcome = Failed
	}
	return nil
}

// measured reads what a rule is about, nil where it is n/a, with a note on how far to trust it.
func (c *Cell) measured(rule scenarios.Threshold, rounds []Histograms) (*float64, string, error) {
	if rule.Statistic.Name == "" {
		return c.figure(rule), "", nil
	}
	metric := Metric(rule.Metric)
	place := c.Summary(metric)
	if place == nil || *place == nil || (*place).Count == 0 {
		return nil, "", nil
	}
	s := *place
	switch rule.Statistic.Name {
	case "avg":
		return &s.Mean, "", nil
	case "min":
		return wide(s.Min), "", nil
	case "max":
		return wide(s.Max), "", nil
	case "med":
		return wide(s.P50), trustNote(s, 0.5), nil
	}
	p := rule.Statistic.Percentile / 100
	v, err := percentileOf(s, metric, p, rounds)
	return v, trustNote(s, p), err
}

// percentileOf takes the summary's value, or for a percentile that it does not hold merges the rounds' histograms.
func percentileOf(s *Summary, metric Metric, p float64, rounds []Histograms) (*float64, error) {
	for _, known := range Percentiles {
		if v, ok := s.At(known.Key); ok && math.Abs(known.P-p) < 1e-9 {
			return wide(v), nil
		}
	}
	all := Histograms{}
	for _, h := range rounds {
		all[metric] = append(all[metric], h[metric]...)
	}
	h, err := all.Merge(metric)
	if err != nil || h == nil || h.TotalCount() == 0 {
		return nil, err
	}
	return wide(valueAt(h, p)), nil
}

// trustNote is empty where there are enough independent observations for the p-quantile.
func trustNote(s *Summary, p float64) string {
	if !s.TooFew(p) {
		return ""
	}
	return fmt.Sprintf("rough: %d independent messages, p(%.6g) needs %d", s.Independent, 100*p, stats.Needed(p))
}

// figure is a count or a cost of the cell in the rule's unit.
func (c *Cell) figure(rule scenarios.Threshold) *float64 {
	if n, ok := c.Delivery.counted(rule.Metric); ok {
		if rule.Unit == scenarios.UnitPercent {
			return quotient(100*float64(n), float64(c.Delivery.Expected))
		}
		return wide(n)
	}
	if rule.Metric == "requests" {
		return c.Wire.RequestsPerMessage
	}
	if c.Server == nil {
		return nil
	}
	switch rule.Metric {
	case "server_cpu":
		return c.Server.CPUPerMessage
	case "server_memory":
		return c.Server.RSSPerClient
	}
	if c.Server.CPUShare == nil {
		return nil
	}
	share := 100 * *c.Server.CPUShare
	return &share
}

// counted is one of the counts by its key in the run file.
func (d *Delivery) counted(key string) (n int64, ok bool) {
	switch key {
	case "missed":
		return d.Missed, true
	case "undelivered":
		return d.Undelivered, true
	case "duplicated":
		return d.Duplicated, true
	case "reordered":
		return d.Reordered, true
	case "delivered":
		return d.Delivered, true
	}
	return 0, false
}

func wide(v int64) *float64 {
	f := float64(v)
	return &f
}
