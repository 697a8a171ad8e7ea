// Package verify proves the harness on the machine it runs on: it measures what theory or a published result already tells, and compares.
//
// Each check says what the source says, what was measured, how far the two may be apart and why. The checks measure with the same engine,
// processes and codecs as any run ([Lab]); none has a measuring path of its own, since that would prove something else. A check that fails means
// that either the harness is wrong or the machine cannot carry it at the moment: its text says which to suspect.
//
// One file per check; list.go has them in order.
package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pushbench/results"
	"pushbench/scenarios"
)

// Lab is what the checks measure with.
type Lab interface {
	// Measure runs a scenario's rounds, interleaved, each in fresh processes, and returns one measurement for each of its arms in their order.
	// It may be called concurrently, for what does not depend on load: bytes and counts.
	Measure(ctx context.Context, s *scenarios.Scenario, o Options) ([]Measurement, error)
}

// Options are what a measurement can be told beside its scenario. The zero value is the usual.
type Options struct {
	// Inject names faults the reference server shall make.
	Inject string
	// Library uses coder/websocket and net/http as clients.
	Library bool
	Seed    uint64
}

// Measurement is a cell with the histograms of its rounds, in their order.
type Measurement struct {
	Cell       results.Cell
	Histograms []results.Histograms
}

// Depth is how much time the checks may take.
type Depth int

// The depths: all default checks together stay under two minutes, the long ones have tighter tolerances.
const (
	Default Depth = iota
	Long
)

// Check is one comparison of the harness with what is known. It may compare several quantities.
type Check struct {
	// Name is short and stable; Source says where the expectation comes from.
	Name, Source string
	Run          func(ctx context.Context, lab Lab, depth Depth) ([]Finding, error)
}

// Finding is one quantity that was compared.
type Finding struct {
	What      string `json:"what"`
	Expected  string `json:"expected"`
	Measured  string `json:"measured"`
	Tolerance string `json:"tolerance"`
	Pass      bool   `json:"pass"`
}

// Outcome is a check that was carried out.
type Outcome struct {
	Name     string        `json:"name"`
	Source   string        `json:"source"`
	Findings []Finding     `json:"findings"`
	Took     time.Duration `json:"took_ns"`
	// Error says why the check could not be carried out; it then has not passed.
	Error string `json:"error,omitempty"`
}

// Pass says whether everything the check compared agreed.
func (o Outcome) Pass() bool {
	for _, f := range o.Findings {
		if !f.Pass {
			return false
		}
	}
	return o.Error == "" && len(o.Findings) > 0
}

// Perform carries out a check. Measurements on a machine shared with others are disturbed now and then, so a check that failed is carried out once more,
// and its outcome says so; a harness that is wrong fails twice.
func Perform(ctx context.Context, c Check, lab Lab, depth Depth) Outcome {
	began := time.Now()
	o := attempt(ctx, c, lab, depth)
	if !o.Pass() && ctx.Err() == nil {
		first := o
		if o = attempt(ctx, c, lab, depth); o.Pass() {
			o.Findings = append(o.Findings, Finding{What: "first attempt failed, second passed", Expected: "", Measured: failure(first), Tolerance: "one disturbance", Pass: true})
		}
	}
	o.Took = time.Since(began)
	return o
}

func attempt(ctx context.Context, c Check, lab Lab, depth Depth) Outcome {
	o := Outcome{Name: c.Name, Source: c.Source}
	findings, err := c.Run(ctx, lab, depth)
	o.Findings = findings
	if err != nil {
		o.Error = err.Error()
	}
	return o
}

// failure is why an outcome did not pass, in a few words.
func failure(o Outcome) string {
	if o.Error != "" {
		return o.Error
	}
	for _, f := range o.Findings {
		if !f.Pass {
			return fmt.Sprintf("%s: %s", f.What, f.Measured)
		}
	}
	return "nothing was compared"
}

// errInvalid is returned for a measurement that must not be compared with anything.
var errInvalid = errors.New("the measurement is invalid")

// valid returns an error unless every measurement may be quoted.
func valid(all []Measurement) error {
	for _, m := range all {
		if m.Cell.Verdict == results.Valid {
			continue
		}
		for _, w := range m.Cell.Warnings {
			if w.Invalidates {
				return fmt.Errorf("%w: %s: %s", errInvalid, m.Cell.Transport, w.Text)
			}
		}
		return fmt.Errorf("%w: %s", errInvalid, m.Cell.Transport)
	}
	return nil
}

// within is a finding that passes if measured is no further than tolerance from expected, all in one unit.
func within(what string, expected, measured, tolerance float64, unit, reason string) Finding {
	difference := measured - expected
	return Finding{
		What: what, Expected: fmt.Sprintf("%.4g %s", expected, unit), Measured: fmt.Sprintf("%.4g %s", measured, unit),
		Tolerance: fmt.Sprintf("±%.3g %s: %s", tolerance, unit, reason), Pass: difference >= -tolerance && difference <= tolerance,
	}
}

// exactly is a finding that passes if the two counts are equal.
func exactly(what string, expected, measured int64) Finding {
	return Finding{What: what, Expected: fmt.Sprint(expected), Measured: fmt.Sprint(measured), Tolerance: "exact", Pass: expected == measured}
}

// atMost is a finding that passes if measured does not exceed the limit.
func atMost(what string, limit, measured float64, unit, reason string) Finding {
	return Finding{
		What: what, Expected: fmt.Sprintf("≤ %.4g %s", limit, unit), Measured: fmt.Sprintf("%.4g %s", measured, unit),
		Tolerance: reason, Pass: measured <= limit,
	}
}
