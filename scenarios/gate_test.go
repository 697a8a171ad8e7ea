package scenarios

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestGateProblems(t *testing.T) {
	for text, want := range map[string]string{
		"gate: {tolerance: 30%}":                                      "gate.limit",
		"gate: {tolerance: 0, limit: 0}":                              "from 0.001 to 100",
		"gate: {alpha: 0.5}":                                          "to 0.49",
		"gate: {max_pairs: 2000}":                                     "from 0 to 1000",
		"gate: {min_pairs: 1001}":                                     "from 0 to 1000",
		"gate: {tolerance: lots}":                                     "is not a share",
		"gate: {min_pairs: 9, max_pairs: 8}":                          "is below gate.min_pairs",
		"gate: {transports: [pigeon]}":                                `"pigeon" is not a transport`,
		"gate: {accept: all}":                                         "gate.accept",
		"gate: {accept: [{metric: m, until: soon, reason: r}]}":       `until "soon" is not a day`,
		"gate: {accept: [{metric: m, until: 2027-01-31}]}":            "gives no reason",
		"gate: {accept: [{metric: m, for: ever, until: 2027-01-31}]}": `"for" is not a key`,
		"gate: {accept: [{until: 2027-01-31, reason: r}]}":            "names no metric",
		"gate: {toleranse: 3%}":                                       "tolerance",
		"sweep: {gate.tolerance: [1%, 2%]}":                           "gate.tolerance",
	} {
		if _, err := Decode("x.yaml", []byte(head+text+"\n")); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "x.yaml:3") {
			t.Errorf("%s: %v; want line 3 and %q", text, err, want)
		}
	}
}

func TestGateSurvivesYAML(t *testing.T) {
	s, err := Decode("x.yaml", []byte(head+"gate: {tolerance: 3%, accept: [{metric: m, until: 2027-01-31, reason: 'why: so'}]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := s.YAML()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Decode("again.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, again); diff != "" {
		t.Error(diff)
	}
}

// An entry holds through its last day, wherever the clock stands.
func TestAcceptedEnds(t *testing.T) {
	zone := time.FixedZone("east", 9*3600)
	if d := Date("2027-01-31"); d.Passed(time.Date(2027, 2, 1, 8, 0, 0, 0, zone)) || !d.Passed(time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error("an entry until 2027-01-31 must hold on that day, UTC, and not on the next")
	}
	a := Accepted{Metric: "m", Transport: LongPoll}
	if a.Covers("m", WebSocket) || !a.Covers("m", LongPoll) || a.Covers("n", LongPoll) || !(Accepted{Metric: "m"}).Covers("m", WebSocket) {
		t.Error("an entry covers its metric over its transport, or over all if it names none")
	}
}
