package html

import (
	"bytes"
	"html"
	"strings"
	"testing"
	"time"

	"pushbench/report/gate"
	"pushbench/report/internal/sample"
	"pushbench/report/review"
	"pushbench/scenarios"
)

// TestOverlayOfTwoBuildsComparesThem: the same work in both runs is compared round by round, and a gate's verdict stands above it.
func TestOverlayOfTwoBuildsComparesThem(t *testing.T) {
	run, _ := made(t, 100, sample.Default...)
	later := *run
	later.ID, later.Created = "later", run.Created.Add(time.Hour)
	over := review.Compare(run, &later)
	over.Gates = []*review.GateReview{review.OfGate(gated(gate.Fail))}
	var b bytes.Buffer
	if err := Runs(&b, over); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	checkWhole(t, page)
	for _, want := range []string{`class="told-same"`, "latency p99", `<abbr title="later">B</abbr>`, "What the gate decided", `verdict bad">fail<`, "2 runs, side by side"} {
		if !strings.Contains(page, want) {
			t.Errorf("there is no %s", want)
		}
	}
}

// gated is a gate of two rules, of which one pair was set aside.
func gated(v gate.Verdict) review.Gated {
	rule := gate.Rule{Scenario: "gate", Transport: scenarios.WebSocket, Metric: "latency_p99", Tolerance: 0.1, Limit: 0.25, MinRise: 1e6}
	exact := gate.Rule{Scenario: "gate", Transport: scenarios.LongPoll, Metric: "missed", Exact: true}
	var pairs, counts []gate.Pair
	for i := range 10 {
		slice := func(ms float64) gate.Slice {
			return gate.Slice{Value: ms * 1e6, Messages: 3000, Independent: 3000}
		}
		p := gate.Pair{Index: i, CandidateFirst: i%2 == 0, Baseline: slice(20 + float64(i)/10), Candidate: slice(26 + float64(i)/5)}
		if i == 3 {
			p.Candidate.Problem = "the generator released messages late"
		}
		pairs = append(pairs, p)
		counts = append(counts, gate.Pair{Index: i})
	}
	g := review.Gated{
		ID: "2026-11-26T00-57-47Z-gate-gate-f6c1", Created: time.Date(2026, 11, 26, 0, 57, 0, 0, time.UTC), Scenario: sample.Scenario(100), Verdict: v,
		Design: gate.Design{Alpha: 0.01, Miss: 0.05, MinPairs: 9, MaxPairs: 9, Spare: 1}, Evidence: []gate.Evidence{{Rule: rule, Pairs: pairs}, {Rule: exact, Pairs: counts}},
		Said: []string{"with noise as here, the smallest rise caught 80 % of the time is about 12 %."}, Command: "pushbench gate",
	}
	g.Decision, _ = gate.Decide(g.Design, g.Evidence)
	return g
}

func TestGate(t *testing.T) {
	g := gated(gate.Fail)
	said := review.OfGate(g)
	var b bytes.Buffer
	if err := Gate(&b, said); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	checkWhole(t, page)
	finding := g.Decision.Findings[0]
	for _, want := range []string{
		`verdict bad">fail<`, html.EscapeString(review.RuleChange(finding)), review.RuleValue(finding.Rule, finding.CandidateMedian), "+10 %", "+25 %", "1 not drawn",
		"the generator released messages late", "caught 80 % of the time is about 12 %", "Wilcoxon",
	} {
		if !strings.Contains(page, want) && !strings.Contains(page, strings.ReplaceAll(want, "+", "&#43;")) {
			t.Errorf("there is no %q", want)
		}
	}
	if n := strings.Count(page, `class="round-dot"`); n != 9 {
		t.Errorf("%d pairs are drawn, want the 9 that can be used", n)
	}
	if err := Gate(&b, nil); err == nil {
		t.Error("a page of no gate")
	}
}

// TestGateThatNeverDecided: no pairs, or no decision, leave a page that says so.
func TestGateThatNeverDecided(t *testing.T) {
	undecided, empty := gated(gate.Inconclusive), gated(gate.Inconclusive)
	undecided.Decision = gate.Decision{}
	empty.Evidence, empty.Decision = nil, gate.Decision{}
	for _, g := range []review.Gated{undecided, empty, {}} {
		var b bytes.Buffer
		if err := Gate(&b, review.OfGate(g)); err != nil {
			t.Fatal(err)
		}
		checkWhole(t, b.String())
		if !strings.Contains(b.String(), "It is no pass") {
			t.Error("the page does not say that it is no pass")
		}
	}
}
