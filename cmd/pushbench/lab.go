package main

import (
	"cmp"
	"context"
	"fmt"

	"pushbench/cmd/pushbench/verify"
	"pushbench/scenarios"
)

// lab measures for verify with the same experiment as run does.
type lab struct {
	pin choice
}

// Measure implements verify.Lab.
func (l lab) Measure(ctx context.Context, s *scenarios.Scenario, o verify.Options) ([]verify.Measurement, error) {
	flags := &runFlags{seed: cmp.Or(o.Seed, defaultSeed), inject: o.Inject, pin: l.pin}
	if o.Library {
		s = s.Clone()
		s.Client = scenarios.Library
	}
	e, err := newExperiment(flags)
	if err != nil {
		return nil, err
	}
	if err := e.add(s); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", s.Name, err)
	}
	if err := e.checkLimits(); err != nil {
		return nil, err
	}
	e.display = silent{}
	measured, err := e.run(ctx)
	if err != nil {
		return nil, fmt.Errorf("scenario %s: %w", s.Name, err)
	}
	all := make([]verify.Measurement, len(measured.run.Cells))
	for i, c := range measured.run.Cells {
		all[i] = verify.Measurement{Cell: c, Histograms: measured.histograms[i]}
	}
	return all, nil
}
