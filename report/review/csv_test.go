package review

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"pushbench/report/internal/sample"
	"pushbench/results"
)

func records(t testing.TB, table Table) [][]string {
	t.Helper()
	var b bytes.Buffer
	if err := table.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatalf("%s does not read as CSV: %v", table.Name, err)
	}
	return lines
}

// TestNoFieldIsAFormula writes every table of every case and looks at every field as a spreadsheet would.
func TestNoFieldIsAFormula(t *testing.T) {
	for name, build := range cases {
		run, h := build(t)
		for _, table := range reviewed(t, run, h).Tables {
			for _, line := range records(t, table) {
				for _, field := range line {
					if _, err := strconv.ParseFloat(field, 64); err == nil || field == "" {
						continue
					}
					if start := strings.TrimLeft(field, " \u00a0"); strings.IndexAny(start, "=+-@\t\r\n＝＋－＠") == 0 {
						t.Errorf("%s, %s: field %q is a formula", name, table.Name, field)
					}
				}
			}
		}
	}
}

func FuzzInert(f *testing.F) {
	for _, s := range []string{"", "=1+1", " =1", "\t=1", "＝1", "-2+3", "@SUM(A1)", "plain", "'=1", "\u00a0+1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := inert(s)
		if strings.IndexAny(strings.TrimLeft(out, " \u00a0"), "=+-@\t\r\n＝＋－＠") == 0 {
			t.Errorf("%q stays a formula: %q", s, out)
		}
		if !strings.HasSuffix(out, s) {
			t.Errorf("%q became %q", s, out)
		}
	})
}

// TestCSVAgreesWithTheRunFile reads run.json without this program's types and finds its numbers in the CSV at full precision.
func TestCSVAgreesWithTheRunFile(t *testing.T) {
	run, h := made(t, 1000, sample.Default...)
	var encoded bytes.Buffer
	if err := results.EncodeRun(&encoded, run); err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cells []map[string]any `json:"cells"`
	}
	if err := json.Unmarshal(encoded.Bytes(), &file); err != nil {
		t.Fatal(err)
	}
	tables := map[string][][]string{}
	for _, table := range reviewed(t, run, h).Tables {
		tables[table.Name] = records(t, table)
	}
	for _, want := range []struct {
		table, column, path string
		scale               float64
	}{
		{"results", "p50 (ms)", "latency_ns.p50", 1e6},
		{"results", "p99 (ms)", "latency_ns.p99", 1e6},
		{"results", "max (ms)", "latency_ns.max", 1e6},
		{"results-2", "overhead per message (B)", "wire.overhead_bytes_per_message.mean", 1},
		{"results-2", "server CPU per message (µs)", "server.cpu_ns_per_message", 1e3},
		{"delivery", "expected", "delivery.expected", 1},
		{"delivery", "delivered", "delivery.delivered", 1},
		{"cost-per-client", "CPU per message (µs)", "server.cpu_ns_per_message", 1e3},
		{"cost-per-client", "memory per client (kB)", "server.rss_bytes_per_client", 1e3},
		{"messages-per-response", "messages per response", "wire.messages_per_response", 1},
	} {
		lines := tables[want.table]
		at := -1
		if len(lines) > 0 {
			for i, name := range lines[0] {
				if name == want.column {
					at = i
				}
			}
		}
		if at < 0 {
			t.Errorf("%s has no column %q: %q", want.table, want.column, lines[0])
			continue
		}
		for i, cell := range file.Cells {
			got, err := strconv.ParseFloat(lines[i+1][at], 64)
			if expected := lookup(cell, want.path) / want.scale; err != nil || math.Abs(got-expected) > 1e-9*math.Abs(expected) {
				t.Errorf("%s, %s: %q, the run file says %v", want.table, want.column, lines[i+1][at], expected)
			}
		}
	}
}

func lookup(cell map[string]any, path string) float64 {
	var at any = cell
	for key := range strings.SplitSeq(path, ".") {
		at = at.(map[string]any)[key]
	}
	return at.(float64)
}

// TestTextsAreTheNumbers: what a table shows is its number to three digits, and CSV's at full precision, in the column's unit.
func TestTextsAreTheNumbers(t *testing.T) {
	run, h := made(t, 1000, sample.Default...)
	for _, table := range reviewed(t, run, h).Tables {
		lines := records(t, table)
		for i, row := range table.Rows {
			field := 0
			for j, v := range row.Cells {
				c := table.Columns[j]
				if c.Interval {
					field += 2
					continue
				}
				if !c.Words && v.Known {
					shown, err := strconv.ParseFloat(strings.NewReplacer("~", "", "×", "", "%", "", ",", "", "−", "-").Replace(v.Text), 64)
					exact, errCSV := strconv.ParseFloat(lines[i+1][field], 64)
					if err != nil || errCSV != nil || math.Abs(shown-exact) > 0.0051*math.Abs(exact) {
						t.Errorf("%s, row %d, %s: shows %q, CSV has %q", table.Name, i, c.Title, v.Text, lines[i+1][field])
					}
				}
				field++
			}
		}
	}
}

func TestUnknownIsEmptyAndNotZero(t *testing.T) {
	run, h := made(t, 100, sample.Default...)
	run.Cells[0].Server = nil
	for _, table := range reviewed(t, run, h).Tables {
		if table.Name == TableCost {
			if got := records(t, table)[1][1]; got != "" {
				t.Errorf("CPU of a server that cannot be read: %q", got)
			}
		}
	}
}

// TestNotesTellColumnsApart: names of columns have spaces and commas.
func TestNotesTellColumnsApart(t *testing.T) {
	rough := Value{Known: true, Rough: true}
	table := Table{Columns: []Column{{Title: "p99", Size: 1}, {Title: "p99 ÷ WebSocket's", Size: 1}}, Rows: []Row{{Cells: []Value{rough, rough}}}}
	if got := records(t, table)[1][2]; got != "too few independent messages: p99; p99 ÷ WebSocket's" {
		t.Error(got)
	}
}
