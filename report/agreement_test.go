package report

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushbench/report/format"
	"pushbench/report/internal/sample"
)

// numeral takes a cell apart: the mark, the number and what follows it.
var numeral = regexp.MustCompile(`^~?(-?[0-9.]+(?:e[+-][0-9]+)?)([×%]?)$`)

// reading is what a cell says, in base units.
func reading(t *testing.T, cell string, unit float64) float64 {
	t.Helper()
	m := numeral.FindStringSubmatch(cell)
	if m == nil {
		t.Fatalf("%q is no number", cell)
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v * unit
}

// sizes are the units as the header lines name them.
var sizes = map[string]float64{
	"": 1, "ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "B": 1, "kB": 1e3, "MB": 1e6,
}

// markdownCells reads the tables of a Markdown text: for each, its rows by name, each by column title.
func markdownCells(text string) []map[string]map[string]string {
	var tables []map[string]map[string]string
	var head []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.NewReplacer(`\~`, "~", "&lt;", "<").Replace(strings.TrimSpace(cells[i]))
		}
		if strings.HasPrefix(cells[1], "p50") || strings.HasPrefix(cells[1], "overhead") {
			head = cells
			tables = append(tables, map[string]map[string]string{})
			continue
		}
		row := map[string]string{}
		for i, c := range cells {
			if _, taken := row[head[i]]; taken {
				row[head[i-1]+" "+head[i]] = c
				continue
			}
			row[head[i]] = c
			row[head[max(0, i-1)]+" "+head[i]] = c
		}
		tables[len(tables)-1][cells[0]] = row
	}
	return tables
}

// TestNumbersAgreeWithTheRunFile writes run.json, reads it without this package's help, and finds its numbers in the Markdown.
func TestNumbersAgreeWithTheRunFile(t *testing.T) {
	run := made(t, 1000, sample.Default...)
	data, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cells []map[string]any `json:"cells"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	names := []string{"WebSocket", "Long-poll", "Long-poll new-conn", "Short poll"}
	tables := markdownCells(markdownOf(t, run))
	for i, cell := range file.Cells {
		for _, want := range []struct {
			table        int
			column, path string
		}{
			{0, "p50 ms", "latency_ns.p50"},
			{0, "p99 ms", "latency_ns.p99"},
			{0, "max ms", "latency_ns.max"},
			{0, "missed", "delivery.missed"},
			{0, "undeliv", "delivery.undelivered"},
			{0, "dupl", "delivery.duplicated"},
			{1, "overhead B/msg", "wire.overhead_bytes_per_message.mean"},
			{1, "reqs /msg", "wire.requests_per_message"},
			{1, "msgs /resp", "wire.messages_per_response"},
			{1, "server µs/msg", "server.cpu_ns_per_message"},
			{1, "server kB/client", "server.rss_bytes_per_client"},
			{1, "gen µs/msg", "generator.cpu_ns_per_message"},
		} {
			got := tables[want.table][names[i]][want.column]
			agree(t, names[i]+" "+want.column, reading(t, got, unitIn(want.column)), lookup(t, cell, want.path))
		}
		ratio := lookup(t, cell, "latency_ns.p99") / lookup(t, file.Cells[0], "latency_ns.p99")
		agree(t, names[i]+" p99 ratio", reading(t, tables[0][names[i]]["p99 ms ÷ WS"], 1), ratio)
	}
}

func unitIn(column string) float64 {
	words := strings.Fields(column)
	unit, _, _ := strings.Cut(words[len(words)-1], "/")
	if size, ok := sizes[unit]; ok {
		return size
	}
	return 1
}

func lookup(t *testing.T, cell map[string]any, path string) float64 {
	t.Helper()
	var at any = cell
	for key := range strings.SplitSeq(path, ".") {
		at = at.(map[string]any)[key]
	}
	v, ok := at.(float64)
	if !ok {
		t.Fatalf("%s is %T in the run file", path, at)
	}
	return v
}

// agree allows half a unit of the third digit.
func agree(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 0.0051*math.Abs(want) {
		t.Errorf("%s: the table says %v, the run file %v", what, got, want)
	}
}

// TestTerminalAndMarkdownShowTheSameCells holds the renderers to one row model.
func TestTerminalAndMarkdownShowTheSameCells(t *testing.T) {
	run := troubled(t)
	wide, md := printed(t, run, Style{Width: 200}), markdownOf(t, run)
	for _, g := range format.Groups(run) {
		for _, table := range newBlock(g).tables {
			for r := range table.rows {
				var cells []string
				for c := range table.columns {
					cells = append(cells, table.text(r, c))
				}
				line := findRow(wide, table.name(r), len(cells), cells[0])
				if diff := cmp.Diff(cells, line); diff != "" {
					t.Errorf("%s (-model +terminal):\n%s", table.name(r), diff)
				}
				if row := "| " + format.EscapeMarkdown(table.name(r)) + " | " + joined(cells) + " |\n"; !strings.Contains(md, row) {
					t.Errorf("no row %q in\n%s", row, md)
				}
			}
		}
	}
}

func joined(cells []string) string {
	var escaped []string
	for _, c := range cells {
		escaped = append(escaped, format.EscapeMarkdown(c))
	}
	return strings.Join(escaped, " | ")
}

// findRow returns the fields after the name on the line that begins with name and has first as its first field.
func findRow(text, name string, n int, first string) []string {
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, name+" ")
		if fields := strings.Fields(rest); ok && len(fields) == n && fields[0] == first {
			return fields
		}
	}
	return nil
}
