package review

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pushbench/report/format"
	"pushbench/report/internal/sample"
	"pushbench/report/recorded"
	"pushbench/results"
	"pushbench/scenarios"
)

const hostileText = "=HYPERLINK(\"http://x\",\"y\")|<script>alert('1')</script>\x1b[31m\x00\u202e[a](http://b) @all #1\r\n\t`code` ![i](x)"

func made(t testing.TB, n int, shapes ...sample.Shape) (*results.Run, *recorded.Histograms) {
	t.Helper()
	run, rounds, err := sample.Run(1, n, shapes...)
	if err != nil {
		t.Fatal(err)
	}
	return run, recorded.New(rounds)
}

func reviewed(t testing.TB, run *results.Run, h *recorded.Histograms) *Review {
	t.Helper()
	r, err := Of(run, h)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// hostile is a run in which everything that is text wants to be something else, and much is missing.
func hostile(t testing.TB) (*results.Run, *recorded.Histograms) {
	run, h := made(t, 100, sample.Default...)
	s := &run.Scenarios[0]
	s.Name, s.Title, s.Question = hostileText, "+"+hostileText, "-"+hostileText
	run.ID, run.Command, run.Tool.Version, run.Environment.CPUModel = hostileText, hostileText, hostileText, hostileText
	run.Warnings = []results.Warning{{Code: hostileText, Text: "@" + hostileText}}
	for i := range run.Cells {
		c := &run.Cells[i]
		c.Scenario, c.Target = s.Name, hostileText
		c.Warnings = []results.Warning{{Code: hostileText, Text: hostileText}}
		c.Generator.Client = hostileText
	}
	run.Cells[1].Verdict = results.Invalid
	run.Cells[2].Server = &results.Server{Injected: hostileText}
	run.Cells[3].Transport = scenarios.Transport("=1+1")
	return run, h
}

// cases are runs that a review must survive.
var cases = map[string]func(testing.TB) (*results.Run, *recorded.Histograms){
	"default":     func(t testing.TB) (*results.Run, *recorded.Histograms) { return made(t, 1000, sample.Default...) },
	"few":         func(t testing.TB) (*results.Run, *recorded.Histograms) { return made(t, 10, sample.Default...) },
	"no samples":  func(t testing.TB) (*results.Run, *recorded.Histograms) { return made(t, 0, sample.Default...) },
	"one message": func(t testing.TB) (*results.Run, *recorded.Histograms) { return made(t, 1, sample.Default...) },
	"one arm":     func(t testing.TB) (*results.Run, *recorded.Histograms) { return made(t, 100, sample.Default[0]) },
	"no cells":    func(t testing.TB) (*results.Run, *recorded.Histograms) { return made(t, 10) },
	"empty":       func(testing.TB) (*results.Run, *recorded.Histograms) { return &results.Run{}, nil },
	"no histograms": func(t testing.TB) (*results.Run, *recorded.Histograms) {
		run, _ := made(t, 100, sample.Default...)
		return run, nil
	},
	"hostile": hostile,
	"all invalid": func(t testing.TB) (*results.Run, *recorded.Histograms) {
		run, h := made(t, 100, sample.Default...)
		for i := range run.Cells {
			run.Cells[i].Verdict = results.Invalid
		}
		return run, h
	},
	"delayed": func(t testing.TB) (*results.Run, *recorded.Histograms) {
		run, h := made(t, 100, sample.Default...)
		run.Scenarios[0].Network.Delay = 20 * time.Millisecond
		return run, h
	},
	"minute": func(t testing.TB) (*results.Run, *recorded.Histograms) {
		slow := sample.Default[1]
		slow.Median, slow.P99 = 40*time.Second, 60*time.Second
		return made(t, 100, sample.Default[0], slow)
	},
	"bare cells": func(t testing.TB) (*results.Run, *recorded.Histograms) {
		run, _ := made(t, 100, sample.Default...)
		for i := range run.Cells {
			c := &run.Cells[i]
			run.Cells[i] = results.Cell{Scenario: c.Scenario, Transport: c.Transport, Target: c.Target, Verdict: results.Valid}
		}
		return run, nil
	},
	"sweep": func(t testing.TB) (*results.Run, *recorded.Histograms) {
		run, err := sample.RateSweep(1, 400)
		if err != nil {
			t.Fatal(err)
		}
		return run, nil
	},
	"storm": func(t testing.TB) (*results.Run, *recorded.Histograms) {
		run, h := made(t, 100, sample.Default...)
		sample.WithOutage(run)
		return run, h
	},
	"two sweeps": func(t testing.TB) (*results.Run, *recorded.Histograms) {
		run, err := sample.DelaySweep(1, 400)
		if err != nil {
			t.Fatal(err)
		}
		return run, nil
	},
}

// strings of a value, wherever they are in it, by path.
func visitStrings(path string, v reflect.Value, visit func(path, s string)) {
	switch v.Kind() {
	case reflect.String:
		visit(path, v.String())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				visitStrings(path+"."+v.Type().Field(i).Name, v.Field(i), visit)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			visitStrings(path+"[]", v.Index(i), visit)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			visitStrings(path+"{}", v.MapIndex(k), visit)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			visitStrings(path, v.Elem(), visit)
		}
	}
}

// TestEveryCaseReadsSensibly holds every string of every review to one clean line without numbers that are none.
func TestEveryCaseReadsSensibly(t *testing.T) {
	for name, build := range cases {
		t.Run(name, func(t *testing.T) {
			run, h := build(t)
			r := reviewed(t, run, h)
			visitStrings("", reflect.ValueOf(r), func(path, s string) {
				if strings.Contains(path, ".YAML") {
					return
				}
				if !strings.HasSuffix(path, ".Transport") && format.Clean(s) != s {
					t.Errorf("%s is not clean: %q", path, s)
				}
				for _, bad := range []string{"NaN", "Inf", "%!", "<nil>", "−0 ", "  "} {
					if strings.Contains(s, bad) {
						t.Errorf("%s holds %q: %q", path, bad, s)
					}
				}
			})
			names := map[string]bool{}
			for _, table := range r.Tables {
				if names[table.Name] {
					t.Errorf("two tables are called %s", table.Name)
				}
				names[table.Name] = true
				checkTable(t, table)
			}
			if len(r.Claims) != len(Rules) || len(r.Questions) != 3 {
				t.Errorf("%d claims, %d questions", len(r.Claims), len(r.Questions))
			}
		})
	}
}

func checkTable(t *testing.T, table Table) {
	t.Helper()
	for i, row := range table.Rows {
		if len(row.Cells) != len(table.Columns) {
			t.Fatalf("%s, row %d: %d cells under %d columns", table.Name, i, len(row.Cells), len(table.Columns))
		}
		for j, v := range row.Cells {
			if v.Text == "" && !table.Columns[j].Words {
				t.Errorf("%s, row %d, %s: no text", table.Name, i, table.Columns[j].Title)
			}
			if math.IsNaN(v.Number) || math.IsInf(v.Number, 0) {
				t.Errorf("%s, row %d, %s: %v", table.Name, i, table.Columns[j].Title, v.Number)
			}
		}
	}
}
