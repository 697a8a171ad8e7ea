package results

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
)

func resolveSchema(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	var s jsonschema.Schema
	if err := json.Unmarshal(RunSchema, &s); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// asJSON is the run as a stranger sees it.
func asJSON(t *testing.T, run *Run) map[string]any {
	t.Helper()
	var b bytes.Buffer
	if err := EncodeRun(&b, run); err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(b.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestRunsFulfilTheSchema(t *testing.T) {
	full, _ := sampleRun(t)
	full.Cells[0].Server = &Server{CPU: ptr(int64(1)), CPUShare: ptr(0.5), Cores: 1}
	full.Warnings = []Warning{{Code: "a", Text: "b"}}
	machine, _ := sampleRun(t)
	machine.Environment = ReadEnvironment()
	for name, run := range map[string]*Run{"full": full, "this machine": machine, "no cells": {Schema: Schema}} {
		t.Run(name, func(t *testing.T) {
			if len(run.Scenarios) == 0 {
				run.Scenarios = full.Scenarios
			}
			if err := resolveSchema(t).Validate(asJSON(t, run)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSchemaRefuses(t *testing.T) {
	type object = map[string]any
	cell := func(run object) object { return run["cells"].([]any)[0].(object) }
	tests := map[string]func(object){
		"another schema":      func(r object) { r["schema"] = 2.0 },
		"no id":               func(r object) { delete(r, "id") },
		"no cells":            func(r object) { r["cells"] = nil },
		"unknown verdict":     func(r object) { cell(r)["verdict"] = "fine" },
		"duration as text":    func(r object) { r["scenarios"].([]any)[0].(object)["duration_ns"] = "5s" },
		"fractional duration": func(r object) { r["scenarios"].([]any)[0].(object)["duration_ns"] = 0.5 },
		"percentile missing":  func(r object) { delete(cell(r)["latency_ns"].(object), "p99") },
		"null for n/a":        func(r object) { cell(r)["server"] = nil },
		"count as text":       func(r object) { cell(r)["delivery"].(object)["missed"] = "0" },
		"interval of three":   func(r object) { cell(r)["latency_ns"].(object)["ci"] = object{"p50": []any{1.0, 2.0, 3.0}} },
		"time as number":      func(r object) { r["created"] = 5.0 },
	}
	schema := resolveSchema(t)
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			run, _ := sampleRun(t)
			v := asJSON(t, run)
			spoil(v)
			if schema.Validate(v) == nil {
				t.Error("the schema lets it pass")
			}
		})
	}
}

// A newer pushbench may add fields under the same schema number.
func TestSchemaAllowsNewFields(t *testing.T) {
	run, _ := sampleRun(t)
	v := asJSON(t, run)
	v["later"] = 1.0
	v["tool"].(map[string]any)["later"] = "x"
	if err := resolveSchema(t).Validate(v); err != nil {
		t.Error(err)
	}
}

func TestTimesAndDurations(t *testing.T) {
	run, _ := sampleRun(t)
	v := asJSON(t, run)
	if got := v["created"]; got != "2026-11-23T17:52:49.123456789Z" {
		t.Errorf("created is %v, want RFC 3339", got)
	}
	if got := v["scenarios"].([]any)[0].(map[string]any)["duration_ns"]; got != 5e9 {
		t.Errorf("duration_ns is %v, want 5e9", got)
	}
}
