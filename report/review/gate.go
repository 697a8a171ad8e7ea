package review

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"pushbench/report/format"
	"pushbench/report/gate"
	"pushbench/results"
	"pushbench/scenarios"
)

// Gated is what a gate measured and decided, as its file holds it.
type Gated struct {
	ID          string
	Created     time.Time
	Took        time.Duration
	Tool        results.Tool
	Environment results.Environment
	Seed        uint64
	Command     string
	Scenario    scenarios.Scenario
	Design      gate.Design
	Evidence    []gate.Evidence
	Decision    gate.Decision
	// Verdict is that of the whole, thresholds and an early end included.
	Verdict gate.Verdict
	// Said is what must be known with it, in sentences: what rise it would have caught, how it ended.
	Said []string
	// Baseline and Candidate are the ids of the runs that were compared; empty where pairs were measured.
	Baseline, Candidate string
}

// GateReview is everything a report says about a gate.
type GateReview struct {
	Run      Identity
	Title    string
	Name     string
	Workload string
	Verdict  gate.Verdict
	// Meaning is what the verdict says, and what it does not.
	Meaning string
	Said    []string
	Rules   []GateRule
	// Warnings are those of the rules, each once.
	Warnings []Warning
	// Design is how evidence was to be judged, decided before there was any.
	Design      []Fact
	Environment []Fact
	Resolved    []Resolved
	// Baseline and Candidate are those of [Gated].
	Baseline, Candidate string
	Tables              []Table
}

// GateRule is what was found of one rule.
type GateRule struct {
	Transport scenarios.Transport
	// Arm and Metric are its names, Scenario that of a gate over several.
	Arm, Metric string
	Verdict     gate.Verdict
	Reason      string
	// Baseline, Candidate and Change are the medians, or the totals of counts, and the change with its bounds, in words.
	Baseline, Candidate, Change string
	// Tolerated, Limit and Detectable are rises in words; the last is the smallest that would have been caught 80 % of the time, empty where it is not known.
	Tolerated, Limit, Detectable string
	Exact                        bool
	Pairs                        []GatePair
	// Tolerance and Most are the tolerated rise and the limit; Low, At and High the change with its bounds. All are logarithms of candidate ÷ baseline. At is NaN
	// where there is no change to tell.
	Tolerance, Most, Low, At, High float64
}

// GatePair is a slice of each side.
type GatePair struct {
	Index          int
	CandidateFirst bool
	// Baseline and Candidate are the two values in words, Log the logarithm of their ratio; NaN where the pair was set aside, with the Problem.
	Baseline, Candidate string
	Log                 float64
	Problem             string
}

// The tables of a gate.
const (
	TableGateRules = "rules"
	TableGatePairs = "pairs"
)

// OfGate reads a gate.
func OfGate(g Gated) *GateReview {
	run := &results.Run{ID: g.ID, Created: g.Created, Tool: g.Tool, Environment: g.Environment, Seed: g.Seed, Command: g.Command, Scenarios: []scenarios.Scenario{g.Scenario}}
	group := format.Group{Scenario: g.Scenario}
	r := &GateReview{
		Run: identity(run), Title: group.Title(), Name: sectionName(group), Workload: workload(g), Verdict: g.Verdict, Meaning: meaning(g.Verdict),
		Design: designFacts(g), Environment: environment(run), Resolved: resolved(run), Baseline: format.Clean(g.Baseline), Candidate: format.Clean(g.Candidate),
	}
	for _, s := range g.Said {
		if s = format.Clean(s); s != "" {
			r.Said = append(r.Said, s)
		}
	}
	for _, e := range g.Evidence {
		r.Rules = append(r.Rules, newGateRule(e, g.Decision))
	}
	for _, f := range g.Decision.Findings {
		r.warn(f)
	}
	r.Tables = []Table{r.rulesTable(), r.pairsTable(g.Evidence)}
	return r
}

// workload knows rounds only where finished runs were compared.
func workload(g Gated) string {
	if g.Baseline != "" {
		return format.Workload(g.Scenario)
	}
	return format.PairsWorkload(g.Scenario)
}

func meaning(v gate.Verdict) string {
	switch v {
	case gate.Pass:
		return "Every rule holds: a rise above its limit is ruled out."
	case gate.Fail:
		return "At least one rule is broken: the candidate is worse by more than is tolerated. Of latency and cost, identical servers get this verdict at most as often as alpha says."
	}
	return "Neither can be told within the budget. It is no pass: a rise above the limit is not ruled out."
}

func designFacts(g Gated) []Fact {
	d := g.Design
	looks := fmt.Sprint(d.Looks())
	facts := []Fact{
		{"Chance of a false alarm (alpha), all rules of latency and cost together", percentText(cmp.Or(d.Alpha, gate.DefaultAlpha))},
		{"Chance that a rise of the limit passes, each rule", percentText(cmp.Or(d.Miss, gate.DefaultMiss))},
		{"Decided after pairs", strings.ReplaceAll(strings.Trim(looks, "[]"), " ", ", ")},
		{"Test", "Wilcoxon's signed rank, exact, one-sided; Holm's adjustment over the rules"},
		{"Took", g.Took.Round(time.Second).String()},
	}
	if g.Decision.Look > 0 {
		facts = append(facts, Fact{"Decided at look", fmt.Sprint(g.Decision.Look)})
	}
	return facts
}

func percentText(share float64) string { return format.Trim(100*share) + " %" }

func newGateRule(e gate.Evidence, d gate.Decision) GateRule {
	look := format.LookOf(e.Rule.Transport)
	r := GateRule{
		Transport: e.Rule.Transport, Arm: look.Name, Metric: RuleName(e.Rule), Exact: e.Rule.Exact, Verdict: gate.Inconclusive, Reason: "not decided",
		Tolerated: riseText(e.Rule.Tolerance), Limit: riseText(e.Rule.Limit), Tolerance: math.Log1p(e.Rule.Tolerance), Most: math.Log1p(e.Rule.Limit),
		Low: math.Inf(-1), At: math.NaN(), High: math.Inf(1), Change: "unknown", Baseline: format.NA, Candidate: format.NA,
	}
	if r.Exact {
		r.Tolerated, r.Limit = "none: compared exactly", ""
	}
	for _, p := range e.Pairs {
		r.Pairs = append(r.Pairs, newGatePair(e, p))
	}
	for _, f := range d.Findings {
		if f.Rule.String() == e.Rule.String() {
			r.found(f)
		}
	}
	return r
}

func (r *GateRule) found(f gate.Finding) {
	r.Verdict, r.Reason, r.Change = f.Verdict, format.Clean(f.Reason), RuleChange(f)
	r.Baseline, r.Candidate = RuleSides(f)
	if f.Pairs > 0 && !math.IsNaN(f.Change) && !math.IsInf(f.Change, 0) {
		r.Low, r.At, r.High = math.Log1p(f.ChangeLo), math.Log1p(f.Change), math.Log1p(f.ChangeHi)
	}
	if !f.Rule.Exact && f.Detectable > 0 && !math.IsInf(f.Detectable, 0) {
		r.Detectable = riseText(f.Detectable)
	}
}

// warn enters a finding's warnings; rules that share one are named together.
func (r *GateReview) warn(f gate.Finding) {
	for _, w := range f.Warnings {
		text, where := format.Clean(w.Text), format.LookOf(f.Rule.Transport).Name+", "+RuleName(f.Rule)
		at := slices.IndexFunc(r.Warnings, func(o Warning) bool { return o.Text == text })
		if at < 0 {
			at = len(r.Warnings)
			r.Warnings = append(r.Warnings, Warning{Code: format.Clean(w.Code), Text: text})
		}
		r.Warnings[at].Where = append(r.Warnings[at].Where, where)
	}
}

// riseText is "+10 %".
func riseText(rise float64) string { return "+" + format.Trim(100*rise) + " %" }

func newGatePair(e gate.Evidence, p gate.Pair) GatePair {
	out := GatePair{
		Index: p.Index + 1, CandidateFirst: p.CandidateFirst, Baseline: RuleValue(e.Rule, p.Baseline.Value), Candidate: RuleValue(e.Rule, p.Candidate.Value), Log: math.NaN(),
		Problem: format.Clean(e.Problem(p)),
	}
	if out.Problem == "" && p.Baseline.Value > 0 && p.Candidate.Value > 0 {
		out.Log = math.Log(p.Candidate.Value / p.Baseline.Value)
	}
	return out
}

// RuleName is a rule's metric in words.
func RuleName(r gate.Rule) string {
	q, err := results.LookupQuantity(r.Metric)
	if err != nil {
		return format.Clean(r.Metric)
	}
	return q.Name
}

// RuleValue is a value of a rule's metric with its unit.
func RuleValue(r gate.Rule, v float64) string {
	q, _ := results.LookupQuantity(r.Metric)
	switch q.Unit {
	case "ns":
		return format.Nanoseconds(v)
	case "B":
		return format.Bytes(v)
	}
	return format.Plain(v)
}

// RuleSides are what was found of both sides, with the unit: the totals of what is counted, the medians of anything else.
func RuleSides(f gate.Finding) (baseline, candidate string) {
	switch {
	case f.Pairs == 0:
		return format.NA, format.NA
	case f.Totals != nil:
		return RuleValue(f.Rule, f.Totals.Baseline), RuleValue(f.Rule, f.Totals.Candidate)
	}
	return RuleValue(f.Rule, f.BaselineMedian), RuleValue(f.Rule, f.CandidateMedian)
}

// PairsText is "1 pair", "2 pairs".
func PairsText(n int) string {
	if n == 1 {
		return "1 pair"
	}
	return fmt.Sprintf("%d pairs", n)
}

// RuleChange is the rise with its bounds: "+3.1 % (−1.0 … +9.6 %)". What is exact and repeats has none.
func RuleChange(f gate.Finding) string {
	repeats := f.Rule.Exact && f.ChangeLo == f.ChangeHi
	switch {
	case f.Pairs == 0:
		return "unknown"
	case repeats && f.Change == 0:
		return "equal"
	case f.Rule.Exact && math.IsInf(f.Change, 1):
		return "up from none"
	case repeats:
		return fmt.Sprintf("%+.1f %%", 100*f.Change)
	case math.IsInf(f.ChangeHi, 0) || math.IsInf(f.Change, 0) || math.IsNaN(f.Change):
		return "unknown"
	}
	if f.ChangeLo <= -1 { // too few pairs for a bound from below
		return fmt.Sprintf("%+.1f %% (at most %+.1f %%)", 100*f.Change, 100*f.ChangeHi)
	}
	return fmt.Sprintf("%+.1f %% (%+.1f … %+.1f %%)", 100*f.Change, 100*f.ChangeLo, 100*f.ChangeHi)
}

func (r *GateReview) rulesTable() Table {
	t := Table{Name: TableGateRules, Title: "Rules", Shows: "What was found of each rule.", ShowsNot: "What was not gated."}
	for _, c := range []string{"rule", "verdict", "baseline, median or total", "candidate, median or total", "change, with the bounds that decide", "tolerated", "limit", "rise caught 80 % of the time", "pairs", "because"} {
		t.Columns = append(t.Columns, Column{Title: c, Words: true, Size: 1, Arm: -1})
	}
	for _, rule := range r.Rules {
		words := []string{
			rule.Arm + ", " + rule.Metric, string(rule.Verdict), rule.Baseline, rule.Candidate, rule.Change, rule.Tolerated, rule.Limit, rule.Detectable,
			fmt.Sprint(len(rule.Pairs)), rule.Reason,
		}
		row := Row{Arm: -1}
		for _, w := range words {
			row.Cells = append(row.Cells, word(w))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (r *GateReview) pairsTable(all []gate.Evidence) Table {
	t := Table{
		Name: TableGatePairs, Title: "Pairs", Shows: "Both sides of each pair: slices on one schedule, one right after the other, in random order.", ShowsNot: "A comparison of slices of different pairs: the machine changes between them.",
		Columns: []Column{
			{Title: "rule", Words: true, Size: 1, Arm: -1},
			{Title: "pair", Size: 1, Arm: -1},
			{Title: "first", Words: true, Size: 1, Arm: -1},
			{Title: "baseline", Size: 1, Arm: -1},
			{Title: "candidate", Size: 1, Arm: -1},
			{Title: "change", Unit: "%", Size: 1, Arm: -1},
			{Title: "set aside because", Words: true, Size: 1, Arm: -1},
		},
	}
	for i, rule := range r.Rules {
		for j, p := range rule.Pairs {
			first := "baseline"
			if p.CandidateFirst {
				first = "candidate"
			}
			measured := all[i].Pairs[j]
			change := unknown()
			if !math.IsNaN(p.Log) {
				change = number(100 * math.Expm1(p.Log)).in(plain[0])
			}
			base, cand := number(measured.Baseline.Value), number(measured.Candidate.Value)
			base.Text, cand.Text = p.Baseline, p.Candidate
			t.Rows = append(t.Rows, Row{Arm: -1, Invalid: p.Problem != "", Cells: []Value{
				word(rule.Arm + ", " + rule.Metric), count(int64(p.Index)), word(first), base, cand, change, word(p.Problem),
			}})
		}
	}
	return t
}
