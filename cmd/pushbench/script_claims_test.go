package main

import (
	"github.com/rogpeppe/go-internal/testscript"

	"pushbench/report/review"
	"pushbench/results"
)

// claimed checks that a run file holds what every row of the claims table needs: claimed FILE. Its cells are taken as valid, since it is asked what was measured,
// not whether this machine could carry it.
func claimed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: claimed FILE")
	}
	run, err := results.Load(ts.MkAbs(args[0]))
	ts.Check(err)
	for i := range run.Cells {
		run.Cells[i].Verdict = results.Valid
	}
	said, err := review.Of(run, nil)
	ts.Check(err)
	for _, c := range said.Claims {
		if c.Verdict == review.NotMeasured || c.Measured == "" {
			ts.Fatalf("%q is %s: %s %s", c.Claim, c.Verdict, c.Scenario, c.Note)
		}
		ts.Logf("%s: %s. %s", c.ID, c.Verdict, c.Measured)
	}
}
