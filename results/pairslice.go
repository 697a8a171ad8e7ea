package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"pushbench/scenarios"
)

// The sides of a pair.
const (
	Baseline  = "baseline"
	Candidate = "candidate"
)

// PairSlice is what one slice of a pair measured: one round of one side over one arm. It is one line of a recording (slices.jsonl), whose lines stand in
// the order in which the slices ran. The slices of one pair and arm share their seed.
type PairSlice struct {
	// Pair counts from 0; Side is Baseline or Candidate; First is true of the side that ran first in its pair.
	Pair      int                 `json:"pair"`
	Side      string              `json:"side"`
	First     bool                `json:"first"`
	Scenario  string              `json:"scenario"`
	Transport scenarios.Transport `json:"transport"`
	Seed      uint64              `json:"seed"`
	// ServerLife is for how long each server lived: "round", "pair" or "gate".
	ServerLife string `json:"server_life"`
	// Wall is what the slice took in all: starting processes, connecting, warming up, measuring, draining, stopping.
	Wall time.Duration `json:"wall_ns"`
	// Problem says why the slice cannot be used; empty if it can.
	Problem string `json:"problem,omitempty"`
	// Values are the round's by the key of their Quantity; what was not measured is absent.
	Values map[string]Reading `json:"values,omitempty"`
	// LagP99 is the generator's own lateness in nanoseconds.
	LagP99 int64 `json:"lag_p99_ns"`
	Round  Round `json:"round"`
}

// Fill enters what a round measured, and the first reason why it must not be quoted.
func (s *PairSlice) Fill(r Round) {
	s.Round, s.Values = r, map[string]Reading{}
	for _, q := range Quantities {
		if v, ok := q.Of(&r.Measured); ok {
			s.Values[q.Key] = v
		}
	}
	if r.Lag != nil {
		s.LagP99 = r.Lag.P99
	}
	for _, w := range r.Warnings {
		if w.Invalidates && s.Problem == "" {
			s.Problem = w.Text
		}
	}
}

// ReadPairSlices reads a recording. A last line that was cut off, as a crash leaves it, is passed over; any other damage is an error that names the line.
func ReadPairSlices(r io.Reader) ([]PairSlice, error) {
	decoder := json.NewDecoder(r)
	var all []PairSlice
	for {
		var s PairSlice
		switch err := decoder.Decode(&s); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return all, nil
		case err != nil:
			return all, fmt.Errorf("line %d: %w", len(all)+1, err)
		}
		all = append(all, s)
	}
}
