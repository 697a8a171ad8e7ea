package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"pushbench/scenarios"
)

// workload reads a check's own scenario: the same text as in a file, so that a check shows at a glance what it measures.
func workload(text string) (*scenarios.Scenario, error) {
	s, err := scenarios.Parse("verify", []byte(text)).Resolve()
	if err != nil {
		return nil, fmt.Errorf("the check's own scenario: %w", err)
	}
	return s, nil
}

// measureText measures a scenario given as text. Whether the cells are valid is for the caller to ask.
func measureText(ctx context.Context, lab Lab, text string, o Options) ([]Measurement, error) {
	s, err := workload(text)
	if err != nil {
		return nil, err
	}
	return lab.Measure(ctx, s, o)
}

// measureValid is measureText for cells that must be fit to be quoted.
func measureValid(ctx context.Context, lab Lab, text string, o Options) ([]Measurement, error) {
	all, err := measureText(ctx, lab, text, o)
	return all, errors.Join(err, valid(all))
}

// allExactly is a finding that passes if two lists of counts are equal, one by one.
func allExactly(what string, expected, measured []int64) Finding {
	return Finding{What: what, Expected: listed(expected), Measured: listed(measured), Tolerance: "exact", Pass: slices.Equal(expected, measured)}
}

func listed[T any](values []T) string { return strings.Trim(fmt.Sprint(values), "[]") }

// note is information that stands beside findings and is compared with nothing.
func note(what, measured, why string) Finding {
	return Finding{What: what, Expected: "-", Measured: measured, Tolerance: "not compared: " + why, Pass: true}
}
