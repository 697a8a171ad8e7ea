package main

import (
	"fmt"
	"sync"

	"pushbench/loadgen"
	"pushbench/scenarios"
)

// samplesRead are the files of messages that scenarios named, read once.
var samplesRead sync.Map // of sampleFile to *scenarios.Samples

// sampleFile is what samples are read from.
type sampleFile struct{ path, field string }

// readSamples reads the messages that a scenario names a file of, if it does, and enters in it what a run file keeps of them.
func readSamples(s *scenarios.Scenario) error {
	if s.PayloadFile == "" {
		return nil
	}
	samples, err := scenarios.ReadSamples(s.PayloadFile, s.PayloadField)
	if err != nil {
		return usage(fmt.Errorf("payload_file: %w", err))
	}
	samplesRead.Store(sampleFile{s.PayloadFile, s.PayloadField}, samples)
	s.PayloadSamples = samples.Stats()
	return nil
}

// addSamples gives a plan the messages that its scenario names.
func addSamples(plan *loadgen.Plan) error {
	s := plan.Scenario
	if s.PayloadFile == "" {
		return nil
	}
	read, ok := samplesRead.Load(sampleFile{s.PayloadFile, s.PayloadField})
	if !ok {
		return fmt.Errorf("the messages of %s were not read", s.PayloadFile)
	}
	plan.Samples = read.(*scenarios.Samples)
	return nil
}
